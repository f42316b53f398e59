//! `POST /records`: differences become one edit of each zone.

use std::collections::{BTreeMap, BTreeSet};

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use dadns_zone::{Rdata, Rrset, RrsetKey, Zone, ZoneName};
use serde::Deserialize;

use super::endpoint::Endpoint;
use super::{Face, not_present};
use crate::access::Principal;
use crate::http::problem::{Code, Problem};
use crate::http::registry::body::json_of;
use crate::http::registry::client::Asking;
use crate::http::registry::fault::{Fault, not_edited};
use crate::records;
use crate::store::{Author, Edits, Mode, NotEdited, RecordEdit, Store, StoreError};

/// What a request changes. Older clients begin its members with upper-case letters.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Changes {
    #[serde(default, alias = "Create")]
    create: Option<Vec<Endpoint>>,
    #[serde(default, alias = "UpdateOld")]
    update_old: Option<Vec<Endpoint>>,
    #[serde(default, alias = "UpdateNew")]
    update_new: Option<Vec<Endpoint>>,
    #[serde(default, alias = "Delete")]
    delete: Option<Vec<Endpoint>>,
}

/// What becomes of the RRsets of a zone.
#[derive(Debug, Clone, Default)]
struct Plan(BTreeMap<RrsetKey, Difference>);

/// What becomes of an RRset. Records that are in neither stay: somebody else has added them.
#[derive(Debug, Clone, Default)]
struct Difference {
    removed: BTreeSet<Rdata>,
    added: BTreeSet<Rdata>,
    ttl: Option<u32>,
}

/// `POST /records`: 204 when all of it is on disk.
pub(super) async fn make(
    request: HttpRequest,
    asking: Asking,
    face: web::Data<Face>,
    store: web::Data<Store>,
    payload: web::Payload,
) -> Result<HttpResponse, Fault> {
    let (principal, zones) = face.enter(&asking)?;
    let changes: Changes = json_of(&request, payload, "the body is no changes").await?;
    // All of it is read before any of it is made.
    let plans = plans(&changes, &zones).map_err(|why| {
        let problem = Problem::new(Code::InvalidRecords, why);
        Fault::from(problem)
    })?;
    for (name, plan) in plans {
        edit(&store, &principal, name, plan, face.ttl).await?;
    }
    Ok(HttpResponse::NoContent().finish())
}

/// What is to be done in each zone.
fn plans(changes: &Changes, zones: &[ZoneName]) -> Result<BTreeMap<ZoneName, Plan>, String> {
    let mut plans: BTreeMap<ZoneName, Plan> = BTreeMap::new();
    let removed = [&changes.update_old, &changes.delete].into_iter().flatten();
    let added = [&changes.create, &changes.update_new].into_iter().flatten();
    let removed = removed.flatten().map(|endpoint| (endpoint, false));
    let added = added.flatten().map(|endpoint| (endpoint, true));
    for (endpoint, is_added) in removed.chain(added) {
        let wrong = |why: String| format!("{}: {why}", endpoint.label());
        let zone = endpoint.zone(zones);
        let zone =
            zone.ok_or_else(|| wrong("it is in no zone of registry.webhook_zones".to_owned()))?;
        let key = endpoint.key(zone).map_err(wrong)?;
        let plan = plans.entry(zone.clone()).or_default();
        let difference = plan.0.entry(key.clone()).or_default();
        for target in &endpoint.targets {
            match (endpoint.rdata(zone, &key, target), is_added) {
                (Ok(rdata), true) => drop(difference.added.insert(rdata)),
                (Ok(rdata), false) => drop(difference.removed.insert(rdata)),
                (Err(why), true) => return Err(wrong(why)),
                // No zone can have it.
                (Err(_), false) => {}
            }
        }
        if is_added {
            difference.ttl = endpoint.ttl().map_err(wrong)?;
        }
    }
    Ok(plans)
}

async fn edit(
    store: &Store,
    principal: &Principal,
    name: ZoneName,
    plan: Plan,
    ttl: u32,
) -> Result<(), Fault> {
    let (by, author) = (principal.clone(), Author::new(principal.clone()));
    let edited = store.edit(author, name.clone(), Mode::Make, move |standing| {
        let zone = standing.zone;
        let steps = plan.steps(zone, ttl)?;
        records::permit(&by, zone.name(), &steps)?;
        let aliases = records::aliases(zone, &steps);
        match aliases.is_empty() {
            true => Ok(Edits::of(steps)),
            false => Err(Problem::new(Code::RrsetConflicts, aliases.join("; ")).into()),
        }
    });
    let edited = edited.await.map_err(|error| match error {
        // The next try may do it.
        StoreError::Contended { .. } => {
            Fault::new(StatusCode::SERVICE_UNAVAILABLE, error.to_string())
        }
        error => error.into(),
    })?;
    let edited = edited.map_err(|why| match why {
        NotEdited::NotPresent => not_present(&name),
        why => not_edited(&name, why),
    })?;
    if edited.stored.changed {
        records::note(&name, principal, &edited.stored);
    }
    Ok(())
}

impl Plan {
    /// The steps that it takes in a zone as it stands. What is done already takes none.
    fn steps(self, zone: &Zone, default: u32) -> Result<Vec<RecordEdit>, Fault> {
        let mut steps = Vec::new();
        for (key, difference) in self.0 {
            let set = zone.get(key.owner(), key.rtype());
            let before: BTreeSet<_> = set.iter().flat_map(|set| set.rdata()).cloned().collect();
            let ttl = difference.ttl.or(set.map(Rrset::ttl)).unwrap_or(default);
            let mut after = &before - &difference.removed;
            after.extend(difference.added);
            if after.is_empty() {
                steps.extend(set.map(|_| RecordEdit::Delete(key)));
            } else if after != before || set.is_some_and(|set| set.ttl() != ttl) {
                let wrong = |error: dadns_zone::RrsetError| {
                    Fault::from(Problem::new(Code::InvalidRecords, error.to_string()))
                };
                let set = Rrset::new(key.owner(), key.rtype(), ttl, after).map_err(wrong)?;
                steps.push(RecordEdit::Replace(set));
            }
        }
        Ok(steps)
    }
}
