//! Records are added, replaced and removed.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use dadns_zone::{NameText, Rrset, RrsetKey, Rtype, TypeName, Zone, ZoneName};

use super::body::Sent;
use super::target::{self, Target};
use super::{Rest, shown, wrong};
use crate::access::{Denied, Principal, Right};
use crate::http::problem::{Code, Problem, reading};
use crate::records;
use crate::store::{Author, Edited, Edits, Mode, NotEdited, RecordEdit, Standing, Store};

/// `POST /TYPE`: a record is added to those of its name.
pub(in crate::http) async fn create(
    request: HttpRequest,
    principal: Principal,
    store: web::Data<Store>,
    rest: web::Data<Rest>,
    path: web::Path<String>,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    let rtype = target::known(&path)?;
    let sent = Sent::read(&request, payload, rtype).await?;
    let target = Target::of_name(&request, &rest, &sent.name)?;
    let zone = find(&store, &principal, target).await?;
    let (key, rdata) = record(&zone, &sent, rtype)?;
    let step = RecordEdit::Add {
        key: key.clone(),
        ttl: sent.ttl,
        rdata: rdata.clone(),
    };
    let at = key.clone();
    let edited = edit(&store, &principal, &zone, move |standing| {
        let before = standing.zone.get(at.owner(), at.rtype());
        let has = before.is_some_and(|set| set.rdata().contains(&rdata));
        if before.is_some() && !has && is_single(at.rtype()) {
            return Err(exists(&at));
        }
        beside(standing.zone, &at)?;
        Ok(vec![step])
    });
    let status = match edited.await?.stored.changed {
        true => StatusCode::CREATED,
        false => StatusCode::OK,
    };
    answer(&request, store, zone, key, status).await
}

/// `PUT /TYPE/NAME`: the records of a name are this one; it may get another name.
pub(in crate::http) async fn replace(
    request: HttpRequest,
    principal: Principal,
    store: web::Data<Store>,
    rest: web::Data<Rest>,
    settings: web::Data<records::Settings>,
    path: web::Path<(String, String)>,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    let (rtype, name) = path.into_inner();
    let rtype = target::known(&rtype)?;
    let sent = Sent::read(&request, payload, rtype).await?;
    let target = Target::of_name(&request, &rest, &name)?;
    let zone = find(&store, &principal, target).await?;
    let old = target::key(&zone, &name, rtype)?;
    let (key, rdata) = record(&zone, &sent, rtype)?;
    let (ttl, new) = (settings.ttl, key.clone());
    edit(&store, &principal, &zone, move |standing| {
        let Some(before) = standing.zone.get(old.owner(), old.rtype()) else {
            return Err(target::nothing(&old));
        };
        let mut steps = Vec::new();
        if old != new {
            if standing.zone.get(new.owner(), new.rtype()).is_some() {
                return Err(exists(&new));
            }
            beside(standing.zone, &new)?;
            steps.push(RecordEdit::Delete(old));
        }
        let ttl = sent.ttl.unwrap_or(match before.ttl() {
            0 => ttl,
            has => has,
        });
        let set = Rrset::new(new.owner(), new.rtype(), ttl, vec![rdata]).map_err(wrong)?;
        steps.push(RecordEdit::Replace(set));
        Ok(steps)
    })
    .await?;
    answer(&request, store, zone, key, StatusCode::OK).await
}

/// `DELETE /TYPE/NAME`: the records of a name are removed.
pub(in crate::http) async fn remove(
    request: HttpRequest,
    principal: Principal,
    store: web::Data<Store>,
    rest: web::Data<Rest>,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let (rtype, name) = path.into_inner();
    let rtype = target::known(&rtype)?;
    let target = Target::of_name(&request, &rest, &name)?;
    let zone = find(&store, &principal, target).await?;
    let key = target::key(&zone, &name, rtype)?;
    edit(&store, &principal, &zone, move |standing| {
        match standing.zone.get(key.owner(), key.rtype()) {
            Some(_) => Ok(vec![RecordEdit::Delete(key)]),
            None => Err(target::nothing(&key)),
        }
    })
    .await?;
    Ok(HttpResponse::NoContent().finish())
}

async fn find(
    store: &web::Data<Store>,
    principal: &Principal,
    target: Target,
) -> Result<ZoneName, Problem> {
    let principal = principal.clone();
    reading(store.clone(), move |store| target.find(store, &principal)).await
}

/// The record that was sent, of `zone`.
fn record(
    zone: &ZoneName,
    sent: &Sent,
    rtype: Rtype,
) -> Result<(RrsetKey, dadns_zone::Rdata), Problem> {
    let owner = target::owner(zone, &sent.name)?;
    records::rdata(zone, &owner, &TypeName(rtype).to_string(), &sent.value).map_err(wrong)
}

/// Makes the steps that `plan` returns, as far as the principal may.
async fn edit(
    store: &Store,
    principal: &Principal,
    zone: &ZoneName,
    plan: impl FnOnce(&Standing<'_>) -> Result<Vec<RecordEdit>, Problem> + Clone + Send + 'static,
) -> Result<Edited, Problem> {
    principal.may(Right::Edit, zone)?;
    let (by, name) = (principal.clone(), zone.clone());
    let author = Author::new(principal.clone());
    let edited = store.edit(author, zone.clone(), Mode::Make, move |standing| {
        let steps = plan(standing)?;
        records::permit(&by, &name, &steps).map_err(denied)?;
        Ok(Edits::of(steps))
    });
    let edited = edited.await?.map_err(|why| match why {
        NotEdited::NotPresent => target::no_zone(zone),
        NotEdited::Signed => Problem::new(
            Code::ZoneIsSigned,
            format!("zone {zone} is signed: any edit would break its signatures"),
        ),
        NotEdited::Invalid(errors) => {
            let errors: Vec<_> = errors.iter().map(ToString::to_string).collect();
            wrong(errors.join("; "))
        }
        NotEdited::TooMany(why) => why.into(),
        NotEdited::Refused(problem) => problem,
    })?;
    if edited.stored.changed {
        records::note(zone, principal, &edited.stored);
    }
    Ok(edited)
}

/// The RRset as it is served now.
async fn answer(
    request: &HttpRequest,
    store: web::Data<Store>,
    zone: ZoneName,
    key: RrsetKey,
    status: StatusCode,
) -> Result<HttpResponse, Problem> {
    let read = move |store: &Store| super::one(store, &zone, &key);
    let mut response = shown::set(request, &reading(store, read).await?);
    *response.status_mut() = status;
    Ok(response)
}

/// Whether there can be only one record of this type at a name.
fn is_single(rtype: Rtype) -> bool {
    matches!(rtype, Rtype::CNAME | Rtype::DNAME | Rtype::SOA)
}

/// Whether an alias would stand beside other records. The store would hide one of them.
fn beside(zone: &Zone, key: &RrsetKey) -> Result<(), Problem> {
    let others = zone.at(key.owner()).iter().map(Rrset::rtype);
    let mut others = others.filter(|rtype| *rtype != key.rtype());
    let other = match key.rtype() {
        Rtype::CNAME => others.next(),
        _ => others.find(|rtype| *rtype == Rtype::CNAME),
    };
    match other {
        None => Ok(()),
        Some(other) => Err(Problem::new(
            Code::RrsetConflicts,
            format!(
                "{} has a {} record, beside which there can be no {}",
                NameText(key.owner()),
                TypeName(other),
                TypeName(key.rtype())
            ),
        )),
    }
}

fn exists(key: &RrsetKey) -> Problem {
    let (owner, rtype) = (NameText(key.owner()), TypeName(key.rtype()));
    Problem::new(
        Code::RrsetConflicts,
        format!("{owner} has a {rtype} record already"),
    )
}

fn denied(denied: Vec<Denied>) -> Problem {
    let all: Vec<_> = denied.iter().map(ToString::to_string).collect();
    Problem::new(Code::NotAllowed, all.join("; "))
}
