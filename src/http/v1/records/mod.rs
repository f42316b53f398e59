//! RRsets by API: read with their layers, edited, and zones that are created and deleted here.

mod change;
mod repeat;
mod search;
pub mod shape;
mod shown;

use actix_web::http::StatusCode;
use actix_web::http::header::{ETAG, IF_MATCH};
use actix_web::{HttpRequest, HttpResponse, web};
use dadns_zone::ZoneName;

pub(in crate::http) use repeat::Repeats;
pub(in crate::http) use search::search;
pub(in crate::http) use shown::{lost_by_change, shadowed};

use self::change::{new_zone, read, wrong};
use self::shape::{Changed, Changes, Deleted, How, NewZone, RrsetQuery, Rrsets};
use super::wait::until_verified;
use super::{Code, Problem, json, reading, unknown};
use crate::access::{Denied, Principal, Right};
use crate::http::{Identity, terms};
use crate::logging::info;
use crate::records;
use crate::store::{
    Attributes, Author, Deletion, Edited, Edits, Mode, NotCreated, NotDeleted, NotEdited, Owner,
    Store,
};

/// `GET /api/v1/zones/NAME/rrsets`: the RRsets of all layers, those that are not served too.
pub(in crate::http) async fn list(
    request: HttpRequest,
    store: web::Data<Store>,
    name: web::Path<String>,
    query: web::Query<RrsetQuery>,
) -> Result<HttpResponse, Problem> {
    let name = ZoneName::parse(&name)?;
    let query = query.into_inner();
    let page = reading(store, move |store| rrsets(store, &name, &query)).await?;
    let tag = terms::tag(page.revision);
    if terms::has(&request, page.revision) {
        return Ok(HttpResponse::NotModified()
            .insert_header((ETAG, tag))
            .finish());
    }
    let mut response = json(page);
    response.headers_mut().insert(ETAG, tag);
    Ok(response)
}

/// The RRsets that `query` asks for.
pub(in crate::http) fn rrsets(
    store: &Store,
    name: &ZoneName,
    query: &RrsetQuery,
) -> Result<Rrsets, Problem> {
    let layers = store.layers(name)?;
    let layers = layers.ok_or_else(|| not_present(store, name))?;
    shown::page(name, &layers, query)
}

/// `PATCH /api/v1/zones/NAME/rrsets`: all changes or none.
pub(in crate::http) async fn edit(
    request: HttpRequest,
    principal: Principal,
    parts: Parts,
    name: web::Path<String>,
    how: web::Query<How>,
    body: web::Json<Changes>,
) -> Result<HttpResponse, Problem> {
    let name = ZoneName::parse(&name)?;
    let once = parts.repeats.begin(&request, &principal, &*body).await?;
    if let Some(again) = once.answer() {
        return Ok(again);
    }
    let revisions = terms::revisions(&request, &IF_MATCH);
    let mode = mode(&how);
    let edited = make(&parts, &principal, &name, &body, revisions, mode).await?;
    let response = answer(&request, &parts, &name, edited, mode, StatusCode::OK).await?;
    once.end(response).await
}

/// Edits a zone, or says what that would come to; where `revisions` are said, only at one of them.
pub(in crate::http) async fn make(
    parts: &Parts,
    principal: &Principal,
    name: &ZoneName,
    changes: &Changes,
    revisions: Option<Vec<u64>>,
    mode: Mode,
) -> Result<Edited, Problem> {
    let steps = read(name, changes)?;
    let judged: Vec<_> = steps.iter().map(change::Step::judged).collect();
    records::permit(principal, name, &judged).map_err(denied)?;
    let (ttl, by, zone) = (parts.settings.ttl, principal.clone(), name.clone());
    let author = Author::new(principal.clone());
    let edited = parts
        .store
        .edit(author, name.clone(), mode, move |standing| {
            let revision = standing.head.revision;
            if revisions.is_some_and(|revisions| !revisions.contains(&revision)) {
                return Err(Problem::other_revision(revision));
            }
            let steps = steps.into_iter();
            let edits: Vec<_> = steps.filter_map(|step| step.at(standing, ttl)).collect();
            records::permit(&by, &zone, &edits).map_err(denied)?;
            records::permit_hiding(&by, standing.zone, &edits).map_err(denied)?;
            Ok(Edits::of(edits))
        });
    let edited = edited.await?.map_err(|why| match why {
        NotEdited::NotPresent => not_present(&parts.store, name),
        NotEdited::Signed => Problem::new(
            Code::ZoneIsSigned,
            format!("zone {name} is signed: any edit would break its signatures"),
        )
        .hint("edit it where it is signed, and push it again"),
        NotEdited::Invalid(errors) => {
            let errors = errors.iter().map(ToString::to_string).map(wrong);
            Problem::all(Code::InvalidRecords, errors.collect())
        }
        NotEdited::TooMany(why) => why.into(),
        NotEdited::Refused(problem) => problem,
    })?;
    if mode == Mode::Make {
        records::note(name, principal, &edited.stored);
    }
    Ok(edited)
}

/// `POST /api/v1/zones`: a zone that no master has.
pub(in crate::http) async fn create(
    request: HttpRequest,
    principal: Principal,
    parts: Parts,
    how: web::Query<How>,
    body: web::Json<NewZone>,
) -> Result<HttpResponse, Problem> {
    let name = ZoneName::parse(body.zone.trim_end_matches('.'))?;
    principal.may(Right::Create, &name)?;
    let once = parts.repeats.begin(&request, &principal, &*body).await?;
    if let Some(again) = once.answer() {
        return Ok(again);
    }
    let zone = new_zone(&parts.settings, &name, &body)?;
    let mode = mode(&how);
    let author = Author::new(principal.clone());
    let created = parts.store.create(author, zone, Attributes::new(), mode);
    let created = created.await?.map_err(|why| match why {
        NotCreated::Present => {
            let detail = format!("zone {name} is present already");
            Problem::new(Code::ZoneExists, detail)
        }
        NotCreated::Held => {
            let detail = format!("a push of zone {name} is held");
            Problem::new(Code::PushHeld, detail)
        }
        NotCreated::TooMany(why) => why.into(),
    })?;
    if mode == Mode::Make {
        info!(zone = %name, principal = %principal, "zone {name}: created by {principal}");
    }
    let response = answer(&request, &parts, &name, created, mode, StatusCode::CREATED).await?;
    once.end(response).await
}

/// `DELETE /api/v1/zones/NAME`: the zone with all its layers.
pub(in crate::http) async fn delete(
    request: HttpRequest,
    principal: Principal,
    parts: Parts,
    name: web::Path<String>,
    how: web::Query<How>,
) -> Result<HttpResponse, Problem> {
    let name = ZoneName::parse(&name)?;
    let mode = mode(&how);
    let author = Author::new(principal.clone());
    let deletion = Deletion {
        pushed: how.pushed,
        revisions: terms::revisions(&request, &IF_MATCH),
        attributes: None,
        mode,
    };
    let deleted = parts.store.delete(author, name.clone(), deletion);
    let revision = deleted.await?.map_err(|why| match why {
        NotDeleted::NotPresent => not_present(&parts.store, &name),
        NotDeleted::OtherRevision(revision) => Problem::other_revision(revision),
        NotDeleted::Pushed(owner) => {
            let owner = owner.as_ref().map(Owner::to_string);
            let owner = owner.unwrap_or_else(|| "a master".to_owned());
            let detail = format!("zone {name} was pushed by {owner}, which may push it again");
            Problem::new(Code::ZonePushed, detail)
        }
    })?;
    if mode == Mode::Make {
        info!(
            zone = %name,
            principal = %principal,
            "zone {name}: deleted by {principal}; `dadns rollback` brings it back"
        );
    }
    Ok(json(Deleted {
        zone: name.to_string(),
        revision,
        dry_run: mode == Mode::DryRun,
    }))
}

/// What every request that changes records works with.
pub(in crate::http) struct Parts {
    store: web::Data<Store>,
    identity: web::Data<Identity>,
    settings: web::Data<records::Settings>,
    repeats: web::Data<Repeats>,
}

impl actix_web::FromRequest for Parts {
    type Error = actix_web::Error;
    type Future = std::future::Ready<Result<Self, Self::Error>>;

    fn from_request(request: &HttpRequest, _: &mut actix_web::dev::Payload) -> Self::Future {
        fn data<T: 'static>(request: &HttpRequest) -> Option<web::Data<T>> {
            request.app_data::<web::Data<T>>().cloned()
        }
        let parts = (|| {
            Some(Self {
                store: data(request)?,
                identity: data(request)?,
                settings: data(request)?,
                repeats: data(request)?,
            })
        })();
        std::future::ready(parts.ok_or_else(|| Problem::stopping().into()))
    }
}

fn mode(how: &How) -> Mode {
    match how.dry_run {
        true => Mode::DryRun,
        false => Mode::Make,
    }
}

fn denied(denied: Vec<Denied>) -> Problem {
    let errors = denied.iter().map(ToString::to_string).map(wrong);
    Problem::all(Code::NotAllowed, errors.collect())
}

fn not_present(store: &Store, name: &ZoneName) -> Problem {
    match store.head(name) {
        Ok(Some(_)) => Problem::new(Code::ZoneNotPresent, format!("zone {name} is removed")),
        Ok(None) => unknown(store, name),
        Err(error) => error.into(),
    }
}

/// Says what a change came to; where the client prefers to wait, once it is verified everywhere.
async fn answer(
    request: &HttpRequest,
    parts: &Parts,
    name: &ZoneName,
    edited: Edited,
    mode: Mode,
    done: StatusCode,
) -> Result<HttpResponse, Problem> {
    let stored = edited.stored;
    let diff = edited.diff.to_string();
    let mut changed = Changed {
        zone: name.to_string(),
        revision: stored.revision,
        serial: stored.serial,
        changed: stored.changed,
        diff: diff.lines().map(str::to_owned).collect(),
        shadowed: shown::lost_by_change(&edited.shadowed),
        dry_run: mode == Mode::DryRun,
        missing: Vec::new(),
    };
    let mut status = match mode {
        Mode::Make => done,
        Mode::DryRun => StatusCode::OK,
    };
    if let (Mode::Make, Some(wait)) = (mode, terms::preferred(request)) {
        let (store, identity) = (parts.store.clone(), parts.identity.clone());
        let revision = Some(stored.revision);
        let waited = until_verified(store, identity, name.clone(), revision, wait).await?;
        if !waited.verified {
            status = StatusCode::ACCEPTED;
        }
        changed.missing = waited.missing;
    }
    let mut response = HttpResponse::build(status).json(changed);
    let tag = terms::tag(stored.revision);
    response.headers_mut().insert(ETAG, tag);
    Ok(response)
}
