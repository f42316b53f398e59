//! Pushes that the guard holds: what they would change, and whether they shall.

use actix_web::{HttpResponse, web};
use dadns_zone::ZoneName;

use super::shape::{HeldPush, Made};
use super::{Problem, json, made, reading, some_lines};
use crate::access::Principal;
use crate::logging::info;
use crate::store::{Author, Owner, Store, StoreError};

/// `GET /api/v1/held`.
pub async fn list(principal: Principal, store: web::Data<Store>) -> Result<HttpResponse, Problem> {
    let held = reading(store, move |store| Ok(all(store, &principal)?));
    Ok(json(held.await?))
}

/// The pushes that are held of zones that `principal` sees.
pub(in crate::http) fn all(
    store: &Store,
    principal: &Principal,
) -> Result<Vec<HeldPush>, StoreError> {
    let shown = store
        .held_zones()
        .into_iter()
        .filter(|name| principal.sees(name))
        .map(|name| show(store, &name));
    // One may be decided upon meanwhile.
    shown.filter_map(Result::transpose).collect()
}

fn show(store: &Store, name: &ZoneName) -> Result<Option<HeldPush>, StoreError> {
    let Some(held) = store.held(name)? else {
        return Ok(None);
    };
    let present = store.desired(name)?.zone;
    let pushed = store.under_edits(held.zone(name)?)?;
    let (master, user) = Owner::parts(held.owner);
    Ok(Some(HeldPush {
        zone: name.to_string(),
        at: held.at,
        by: held.by,
        master,
        user,
        reasons: held.reasons,
        lines: some_lines(present.as_ref(), Some(&pushed)),
    }))
}

/// `POST /api/v1/zones/NAME/approve`.
pub async fn approve(
    principal: Principal,
    store: web::Data<Store>,
    name: web::Path<String>,
    _body: web::Json<serde_json::Value>,
) -> Result<HttpResponse, Problem> {
    let name = ZoneName::parse(&name)?;
    Ok(json(approved(&store, principal, &name).await?))
}

/// Accepts the push of a zone that is held.
pub(in crate::http) async fn approved(
    store: &Store,
    principal: Principal,
    name: &ZoneName,
) -> Result<Made, Problem> {
    let by = principal.clone();
    let stored = store
        .approve(Author::new(principal), name.clone())
        .await??;
    Ok(made(name, "the held push was approved", &by, &stored))
}

/// `POST /api/v1/zones/NAME/reject`.
pub async fn reject(
    principal: Principal,
    store: web::Data<Store>,
    name: web::Path<String>,
    _body: web::Json<serde_json::Value>,
) -> Result<HttpResponse, Problem> {
    let name = ZoneName::parse(&name)?;
    rejected(&store, principal, &name).await?;
    Ok(json(serde_json::json!({ "rejected": true })))
}

/// Drops the push of a zone that is held.
pub(in crate::http) async fn rejected(
    store: &Store,
    principal: Principal,
    name: &ZoneName,
) -> Result<(), Problem> {
    let by = principal.clone();
    store.reject(Author::new(principal), name.clone()).await??;
    info!(zone = %name, principal = %by, "zone {name}: the held push was rejected by {by}");
    Ok(())
}
