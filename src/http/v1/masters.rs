//! Masters, as owners of zones; and removing a zone whose owner is gone.

use std::collections::{BTreeMap, BTreeSet};

use actix_web::{HttpResponse, web};
use dadns_zone::ZoneName;

use super::shape::{ForgetRequest, MasterStatus, RemoveRequest, Removed};
use super::{Code, Problem, json, operations, reading, unknown};
use crate::access::Principal;
use crate::http::{Identity, hostname};
use crate::logging::info;
use crate::operations::{Forget, Operations, Task};
use crate::store::{AtMoment, Author, Moment, Owner, Removed as Removal, Store};

/// `GET /api/v1/masters`: those that own zones here, and how many have no owner.
pub async fn list(
    store: web::Data<Store>,
    identity: web::Data<Identity>,
    operations: web::Data<Operations>,
) -> Result<HttpResponse, Problem> {
    let configured = operations.reconciliation().masters;
    let all = reading(store, move |store| {
        Ok(masters(store, &identity, &configured))
    });
    Ok(json(all.await?))
}

/// `GET /api/v1/reconcile`: how the masters are compared with, and what the last pass found.
pub async fn reconciliation(operations: web::Data<Operations>) -> HttpResponse {
    json(operations.reconciliation())
}

/// The masters that own zones; those of which no one is known come last, as one.
pub(in crate::http) fn masters(
    store: &Store,
    identity: &Identity,
    configured: &[String],
) -> Vec<MasterStatus> {
    let mut masters = BTreeMap::<Option<String>, (MasterStatus, BTreeSet<String>)>::new();
    for (_, row) in store.rows(None).filter(|(_, row)| row.present) {
        let (master, user) = Owner::parts(row.owner.as_deref().cloned());
        let (status, users) = masters.entry(master.clone()).or_insert_with(|| {
            let host = master.as_deref();
            let status = MasterStatus {
                last_push: host.and_then(|host| identity.health.last_push(host)),
                configured: host.is_some_and(|host| configured.iter().any(|one| one == host)),
                master,
                zones: 0,
                users: 0,
                last_change: row.changed,
            };
            (status, BTreeSet::new())
        });
        status.zones += 1;
        status.last_change = status.last_change.max(row.changed);
        users.extend(user);
    }
    // Those without an owner come last.
    let nobody = masters.remove(&None);
    let all = masters.into_values().chain(nobody);
    all.map(|(status, users)| MasterStatus {
        users: users.len(),
        ..status
    })
    .collect()
}

/// `POST /api/v1/masters/HOST/forget`.
pub async fn forget(
    principal: Principal,
    operations: web::Data<Operations>,
    host: web::Path<String>,
    asked: web::Json<ForgetRequest>,
) -> Result<HttpResponse, Problem> {
    let ForgetRequest { dry_run, confirm } = asked.into_inner();
    let task = forgetting(&principal, &host, dry_run, confirm)?;
    operations::run(&principal, &operations, task).await
}

/// The task that forgets a master.
pub(in crate::http) fn forgetting(
    principal: &Principal,
    host: &str,
    dry_run: bool,
    confirm: bool,
) -> Result<Task, Problem> {
    Ok(Task::Forget(Forget {
        master: exact_master(host)?,
        dry_run,
        confirm,
        principal: principal.clone(),
    }))
}

/// `POST /api/v1/zones/NAME/remove`: whoever removes a zone says whose it is.
pub async fn remove(
    principal: Principal,
    store: web::Data<Store>,
    name: web::Path<String>,
    asked: web::Json<RemoveRequest>,
) -> Result<HttpResponse, Problem> {
    let name = ZoneName::parse(&name)?;
    let owner = asked.owner.as_deref();
    Ok(json(removed(&store, principal, &name, owner).await?))
}

/// Removes a zone that belongs to `owner`; `None`: to nobody.
pub(in crate::http) async fn removed(
    store: &web::Data<Store>,
    principal: Principal,
    name: &ZoneName,
    owner: Option<&str>,
) -> Result<Removed, Problem> {
    let owner = owner.map(master).transpose()?;
    let head = {
        let (name, owner) = (name.clone(), owner.clone());
        reading(store.clone(), move |store| {
            check(store, &name, owner.as_deref())
        })
        .await?
    };
    let by = principal.clone();
    let author = Author {
        master: owner.clone(),
        ..Author::new(principal)
    };
    let removed = store.remove_at(Moment::at(head), author, name.clone());
    let revision = match removed.await? {
        AtMoment::Made(Removal::Removed { revision }) => revision,
        AtMoment::Made(
            Removal::NotPresent { .. } | Removal::NotOwner { .. } | Removal::NotPushed,
        )
        | AtMoment::Overtaken => {
            let detail = format!("zone {name} has changed meanwhile; nothing was removed");
            return Err(Problem::new(Code::ChangedMeanwhile, detail));
        }
    };
    let whose = owner.as_deref().unwrap_or("nobody that is known");
    info!(
        zone = %name,
        master = owner,
        principal = %by,
        "zone {name}: removed by {by}; it belonged to {whose}"
    );
    Ok(Removed {
        zone: name.to_string(),
        revision,
        before: head,
    })
}

/// Whether `owner` (`None`: nobody) is the owner of a zone and may lose it; returns its revision.
fn check(store: &Store, name: &ZoneName, owner: Option<&str>) -> Result<u64, Problem> {
    let head = store.head(name)?.ok_or_else(|| unknown(store, name))?;
    if !head.present {
        let detail = format!("zone {name} is removed already");
        return Err(Problem::new(Code::ZoneNotPresent, detail));
    }
    let not_owner = |detail: String, hint| Err(Problem::new(Code::NotOwner, detail).hint(hint));
    match (&head.owner, owner) {
        (Some(known), Some(owner)) if known.master == *owner => {}
        (None, None) => {}
        (Some(known), _) => {
            return not_owner(
                format!("zone {name} belongs to {known}; nothing was removed"),
                "--owner has to name that master",
            );
        }
        (None, Some(_)) => {
            return not_owner(
                format!("zone {name} has no owner; nothing was removed"),
                "--no-owner says that you know",
            );
        }
    }
    let pusher = store.held(name)?.and_then(|held| held.owner);
    match pusher.filter(|pusher| owner != Some(&pusher.master)) {
        Some(pusher) => {
            let detail = format!("a push of zone {name} by {pusher} is held; nothing was removed");
            Err(Problem::new(Code::PushHeld, detail))
        }
        None => Ok(head.revision),
    }
}

/// A master as owners name it.
fn master(sent: &str) -> Result<String, Problem> {
    let read = hostname::read(sent).map_err(Problem::invalid)?;
    Ok(read.host)
}

/// The same, but nothing is guessed: another name than was meant would lose all its zones.
fn exact_master(sent: &str) -> Result<String, Problem> {
    let host = master(sent)?;
    match host.eq_ignore_ascii_case(sent) {
        true => Ok(host),
        false => Err(
            Problem::invalid(format!("{sent:?} is not how a master is named here"))
                .hint(format!("did you mean {host}?")),
        ),
    }
}
