//! `PATCH /zones/ID`: RRsets are edited, all of them or none.

use actix_web::{HttpRequest, HttpResponse, web};
use dadns_zone::ZoneName;
use jiff::Timestamp;

use super::{Change, Reader, Requested, What, judge};
use crate::access::{Principal, Right};
use crate::http::Identity;
use crate::http::powerdns::terms::{self, Condition};
use crate::http::powerdns::{Fault, blocking, body, id};
use crate::logging::warning;
use crate::records;
use crate::store::{Author, Edited, Mode, NotEdited, RecordEdit, Store};

pub async fn patch(
    request: HttpRequest,
    principal: Principal,
    store: web::Data<Store>,
    identity: web::Data<Identity>,
    zone: web::Path<String>,
    payload: web::Payload,
) -> Result<HttpResponse, Fault> {
    let name = id::read(&zone)?;
    let patched = async {
        principal.may(Right::Edit, &name)?;
        let bytes = body::read(&request, payload).await?;
        let condition = Condition::of(&request);
        let of = name.clone();
        let change = blocking(move || {
            let object = body::object(&bytes)?;
            let sets = body::list(&object, "rrsets").map_err(Fault::unprocessable)?;
            let sets =
                sets.ok_or_else(|| Fault::unprocessable("No rrsets given in update request"))?;
            let sets = Reader::new(&of, Timestamp::now()).all(sets, false);
            Ok(Change {
                condition,
                sets: sets.map_err(Fault::all)?,
                ..Change::default()
            })
        });
        edit(&store, &principal, &name, change.await?).await
    };
    let edited = patched.await;
    let edited = edited.inspect_err(|fault| refused(&name, &principal, fault))?;
    terms::answer(&request, store, identity, name, &edited).await
}

/// Some clients look at no status: that records are missing shows in the log only.
pub fn refused(name: &ZoneName, principal: &Principal, fault: &Fault) {
    let status = fault.status().as_u16();
    warning!(
        zone = %name,
        principal = %principal,
        status,
        "zone {name}: an edit by {principal} was refused: {fault}"
    );
}

/// Has the store make a change within what `principal` may.
pub async fn edit(
    store: &Store,
    principal: &Principal,
    name: &ZoneName,
    change: Change,
) -> Result<Edited, Fault> {
    permit(principal, name, &change.sets)?;
    let by = principal.clone();
    let author = Author::new(principal.clone());
    let zone = name.clone();
    let edited = store.edit(author, name.clone(), Mode::Make, move |standing| {
        let whole = change.whole;
        let edits = judge(change, standing)?;
        // What goes because the request does not have it.
        if whole {
            records::permit(&by, &zone, &edits.records)?;
        }
        Ok(edits)
    });
    let edited = edited.await?.map_err(|why| match why {
        NotEdited::NotPresent => Fault::no_zone(name.as_str()),
        NotEdited::Signed => Fault::unprocessable(format!(
            "zone {name}. is signed before it comes here: any edit would break its signatures; edit it where \
             it is signed"
        )),
        NotEdited::Invalid(errors) => Fault::all(errors.iter().map(ToString::to_string).collect()),
        NotEdited::TooMany(why) => Fault::unprocessable(why.to_string()),
        NotEdited::Refused(fault) => fault,
    })?;
    records::note(name, principal, &edited.stored);
    Ok(edited)
}

/// Whether `principal` may make all of these edits, whatever they come to.
fn permit(principal: &Principal, name: &ZoneName, sets: &[Requested]) -> Result<(), Fault> {
    let steps = sets.iter().map(|set| match &set.what {
        What::Replace(rrset) => RecordEdit::Replace(rrset.clone()),
        What::Extend(ttl, rdata) => RecordEdit::Add {
            key: set.key.clone(),
            ttl: *ttl,
            rdata: rdata.clone(),
        },
        What::Delete | What::Prune(..) | What::Keep => RecordEdit::Delete(set.key.clone()),
    });
    let steps: Vec<_> = steps.collect();
    Ok(records::permit(principal, name, &steps)?)
}
