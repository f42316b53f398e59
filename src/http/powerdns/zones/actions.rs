//! What is done with a zone as a whole.

use actix_web::http::header::IF_MATCH;
use actix_web::{HttpRequest, HttpResponse, web};
use dadns_zone::ZoneName;
use serde_json::json;

use super::seen;
use crate::access::{Principal, Right};
use crate::http::powerdns::terms::{Condition, Tag};
use crate::http::powerdns::{Fault, blocking, body, id};
use crate::http::terms::revisions;
use crate::logging::info;
use crate::store::{Attributes, Author, Deletion, Mode, NotDeleted, Owner, Store};

fn result(text: &str) -> HttpResponse {
    HttpResponse::Ok().json(json!({"result": text}))
}

/// `PUT /zones/ID/notify`: backends notify by themselves after each change. Clients give up on anything but 200.
pub async fn notify(
    principal: Principal,
    store: web::Data<Store>,
    zone: web::Path<String>,
) -> Result<HttpResponse, Fault> {
    seen(&store, &principal, &zone).await?;
    Ok(result("Notification queued"))
}

/// `PUT /zones/ID/rectify`: there is nothing to rectify.
pub async fn rectify(
    principal: Principal,
    store: web::Data<Store>,
    zone: web::Path<String>,
) -> Result<HttpResponse, Fault> {
    seen(&store, &principal, &zone).await?;
    Ok(result("Rectified"))
}

/// `PUT /zones/ID/axfr-retrieve`: no zone here comes from a primary.
pub async fn axfr(
    principal: Principal,
    store: web::Data<Store>,
    zone: web::Path<String>,
) -> Result<HttpResponse, Fault> {
    let (name, _) = seen(&store, &principal, &zone).await?;
    Err(Fault::unprocessable(format!(
        "Domain '{name}.' is not a secondary domain: this server gets no zones from primaries"
    )))
}

/// `DELETE /zones/ID`: the zone with all its layers; one that a master pushed only with `?pushed=true`.
pub async fn delete(
    request: HttpRequest,
    principal: Principal,
    store: web::Data<Store>,
    zone: web::Path<String>,
) -> Result<HttpResponse, Fault> {
    let name = id::read(&zone)?;
    principal.may(Right::Delete, &name)?;
    let pushed = body::parameter(&body::query(&request), "pushed", false)?;
    let named = revisions(&request, &IF_MATCH);
    let attributes = match &named {
        Some(_) => Some(unchanged(&request, &store, &name).await?),
        None => None,
    };
    let deletion = Deletion {
        pushed,
        revisions: named,
        attributes,
        mode: Mode::Make,
    };
    let author = Author::new(principal.clone());
    match store.delete(author, name.clone(), deletion).await? {
        Ok(revision) => {
            info!(
                zone = %name,
                principal = %principal,
                "zone {name}: deleted by {principal}: revision {revision}"
            );
            Ok(HttpResponse::NoContent().finish())
        }
        Err(NotDeleted::NotPresent) => Err(Fault::no_zone(&zone)),
        Err(NotDeleted::OtherRevision(revision)) => Err(Fault::changed(revision)),
        Err(NotDeleted::Pushed(owner)) => Err(pushed_by(&name, owner)),
    }
}

/// What is kept of a zone that stands as `If-Match` says.
async fn unchanged(
    request: &HttpRequest,
    store: &web::Data<Store>,
    name: &ZoneName,
) -> Result<Attributes, Fault> {
    let condition = Condition::of(request);
    let (store, name) = (store.clone(), name.clone());
    let read = blocking(move || {
        let head = store.head(&name)?.filter(|head| head.present);
        let head = head.ok_or_else(|| Fault::no_zone(name.as_str()))?;
        let attributes = store.attributes(&name)?;
        condition.check(&Tag::of(head.revision, &attributes))?;
        Ok(attributes)
    });
    read.await
}

fn pushed_by(name: &ZoneName, owner: Option<Owner>) -> Fault {
    let owner = owner.map_or_else(String::new, |owner| format!(" ({owner})"));
    Fault::unprocessable(format!(
        "Domain '{name}.' was pushed by a master{owner}, which will push it again: delete it there, or say \
         ?pushed=true"
    ))
}
