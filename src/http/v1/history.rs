//! What a zone was before, what changed, and the way back.

use actix_web::http::header::ETAG;
use actix_web::{HttpRequest, HttpResponse, web};
use dadns_zone::{Zone, ZoneName};

use super::shape::{Difference, Made, Revision, Rollback, Sides};
use super::{Problem, json, lines, made, reading, unknown};
use crate::access::Principal;
use crate::http::terms;
use crate::store::{Author, CannotRollBack, NothingHeld, Owner, Store, Version, VersionKind};

/// `GET /api/v1/zones/NAME/history`: the revisions that are kept, newest first.
pub async fn history(
    request: HttpRequest,
    store: web::Data<Store>,
    name: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let name = ZoneName::parse(&name)?;
    let shown = reading(store, move |store| revisions(store, &name)).await?;
    let newest = shown.first().map_or(0, |newest| newest.revision);
    if terms::has(&request, newest) {
        let tag = (ETAG, terms::tag(newest));
        return Ok(HttpResponse::NotModified().insert_header(tag).finish());
    }
    let mut response = json(shown);
    response.headers_mut().insert(ETAG, terms::tag(newest));
    Ok(response)
}

/// The revisions of a zone that are kept, newest first.
pub(in crate::http) fn revisions(store: &Store, name: &ZoneName) -> Result<Vec<Revision>, Problem> {
    let history = store.history(name)?;
    match history.is_empty() && store.head(name)?.is_none() {
        true => Err(unknown(store, name)),
        false => Ok(history.into_iter().map(revision).collect()),
    }
}

/// At most `limit` of them, newest first, before the revision `before`.
pub(in crate::http) fn some_revisions(
    store: &Store,
    name: &ZoneName,
    before: Option<u64>,
    limit: usize,
) -> Result<Vec<Revision>, Problem> {
    let history = store.history_before(name, before, limit)?;
    Ok(history.into_iter().map(revision).collect())
}

fn revision((revision, version): (u64, Version)) -> Revision {
    let layer = version.layer().map(|layer| layer.to_string());
    let (master, user) = Owner::parts(version.owner);
    Revision {
        layer,
        revision,
        at: version.at,
        by: version.by,
        master,
        user,
        how: match version.kind {
            VersionKind::Pushed => "pushed".into(),
            VersionKind::Removed => "removed".into(),
            VersionKind::RolledBack(to) => format!("rolled back to {to}"),
            VersionKind::Advanced => "advanced".into(),
            VersionKind::Approved => "approved".into(),
            VersionKind::Fetched => "fetched".into(),
            VersionKind::Imported => "imported".into(),
            VersionKind::Edited => "edited".into(),
            VersionKind::Created => "created".into(),
        },
        serial: version.serial,
        records: version.records,
    }
}

/// `GET /api/v1/zones/NAME/diff?from=N&to=N&held=true`: `held` is the push that the guard holds.
pub async fn diff(
    store: web::Data<Store>,
    name: web::Path<String>,
    sides: web::Query<Sides>,
) -> Result<HttpResponse, Problem> {
    let name = ZoneName::parse(&name)?;
    let sides = sides.into_inner();
    let difference = reading(store, move |store| compare(store, &name, &sides));
    Ok(json(difference.await?))
}

/// What `sides` of a zone differ in.
pub(in crate::http) fn compare(
    store: &Store,
    name: &ZoneName,
    sides: &Sides,
) -> Result<Difference, Problem> {
    let head = store.head(name)?;
    if sides.held {
        let held = store.held(name)?;
        let held = held.ok_or_else(|| NothingHeld(name.clone()))?;
        let present = store.desired(name)?;
        return Ok(Difference {
            from: head.map_or_else(|| "nothing".into(), |head| head.revision.to_string()),
            to: "held".into(),
            lines: lines(
                present.zone.as_ref(),
                Some(&store.under_edits(held.zone(name)?)?),
            ),
        });
    }
    let head = head.ok_or_else(|| unknown(store, name))?;
    let to = sides.to.unwrap_or(head.revision);
    let from = match sides.from {
        Some(from) => from,
        // The one before it that is kept, if any is.
        None => store
            .history(name)?
            .into_iter()
            .map(|(revision, _)| revision)
            .find(|revision| *revision < to)
            .unwrap_or(0),
    };
    let old = match from {
        0 => None,
        from => at(store, name, from)?,
    };
    let new = at(store, name, to)?;
    Ok(Difference {
        from: match from {
            0 => "nothing".into(),
            from => from.to_string(),
        },
        to: to.to_string(),
        lines: lines(old.as_ref(), new.as_ref()),
    })
}

fn at(store: &Store, name: &ZoneName, revision: u64) -> Result<Option<Zone>, Problem> {
    let content = store.content(name, revision)?;
    let content = content.ok_or_else(|| CannotRollBack::NoSuchRevision {
        zone: name.clone(),
        revision,
    })?;
    Ok(content)
}

/// `POST /api/v1/zones/NAME/rollback`.
pub async fn rollback(
    principal: Principal,
    store: web::Data<Store>,
    name: web::Path<String>,
    body: web::Json<Rollback>,
) -> Result<HttpResponse, Problem> {
    let name = ZoneName::parse(&name)?;
    Ok(json(
        roll_back(&store, principal, &name, body.revision).await?,
    ))
}

/// Makes a zone what it was at `revision`.
pub(in crate::http) async fn roll_back(
    store: &Store,
    principal: Principal,
    name: &ZoneName,
    revision: u64,
) -> Result<Made, Problem> {
    let by = principal.clone();
    let author = Author::new(principal);
    let stored = store.rollback(author, name.clone(), revision).await??;
    let what = format!("rolled back to revision {revision}");
    Ok(made(name, &what, &by, &stored))
}
