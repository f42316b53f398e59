//! `PUT /zones/ID`: the settings of a zone, and all its content where the request has RRsets.

use actix_web::{HttpRequest, HttpResponse, web};
use dadns_zone::Rtype;
use jiff::Timestamp;

use super::metadata::permit;
use crate::access::Principal;
use crate::http::Identity;
use crate::http::powerdns::rrsets::patch::{edit, refused};
use crate::http::powerdns::rrsets::{Change, Reader};
use crate::http::powerdns::terms::{self, Condition};
use crate::http::powerdns::{Fault, blocking, body, id};
use crate::store::Store;

pub async fn put(
    request: HttpRequest,
    principal: Principal,
    store: web::Data<Store>,
    identity: web::Data<Identity>,
    zone: web::Path<String>,
    payload: web::Payload,
) -> Result<HttpResponse, Fault> {
    let name = id::read(&zone)?;
    let made = async {
        permit(&principal, &name)?;
        let bytes = body::read(&request, payload).await?;
        let condition = Condition::of(&request);
        let of = name.clone();
        let change = blocking(move || {
            let object = body::object(&bytes)?;
            let sets = body::list(&object, "rrsets").map_err(Fault::unprocessable)?;
            let whole = sets.is_some();
            let sets = sets.map_or(&[][..], Vec::as_slice);
            let sets = Reader::new(&of, Timestamp::now()).all(sets, true);
            let sets = sets.map_err(Fault::all)?;
            if whole && !sets.iter().any(|set| set.key.rtype() == Rtype::SOA) {
                return Err(Fault::unprocessable(
                    "Must give SOA record for zone when replacing all RR sets",
                ));
            }
            Ok(Change {
                condition,
                sets,
                whole,
                settings: Some(object),
                ..Change::default()
            })
        });
        edit(&store, &principal, &name, change.await?).await
    };
    let edited = made.await;
    let edited = edited.inspect_err(|fault: &Fault| refused(&name, &principal, fault))?;
    terms::answer(&request, store, identity, name, &edited).await
}
