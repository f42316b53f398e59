//! Forgets a master that is gone: every zone that belongs to it is removed, as if the master had removed it.
//! Nothing else would: only the owner removes a zone, and reconciliation asks only masters that are
//! configured.

use std::collections::BTreeMap;

use dadns_zone::ZoneName;
use futures_util::{StreamExt, stream};
use jiff::Timestamp;

use super::Runner;
use crate::access::Principal;
use crate::blocking::blocking;
use crate::logging::{counted, info, warning};
use crate::report::shape::Summary;
use crate::report::{Ended, Report};
use crate::store::{AtMoment, Author, Moment, Owner, Removed, Store, StoreError};

/// How many zones are removed at once, and share a sync.
const AT_ONCE: usize = 32;

/// How many masters or zones a sentence names.
const NAMED: usize = 10;

/// What is asked for.
#[derive(Debug)]
pub struct Forget {
    /// The host name of the master, as owners are noted.
    pub master: String,
    /// Only report what would be done.
    pub dry_run: bool,
    /// Do it, however many zones these are.
    pub confirm: bool,
    /// Who asks.
    pub principal: Principal,
}

/// Removes the zones of a master.
pub(super) async fn forget(
    runner: &Runner,
    asked: Forget,
    report: &Report,
) -> Result<Summary, Ended> {
    let Forget {
        master,
        dry_run,
        confirm,
        principal,
    } = asked;
    if runner.reconciler.is_configured(&master) {
        return Err(Ended::Failed(format!(
            "{master} is one of reconciliation.directadmin_servers, so that what it still has would be \
             fetched again: take it out of the configuration and restart dadns first"
        )));
    }
    let began = Timestamp::now();
    let store = runner.store.clone();
    let mut masters = blocking(move || zones_by_master(&store)).await?;
    let Some(zones) = masters.remove(&master) else {
        return Err(Ended::Failed(owns_nothing(&master, &masters)));
    };
    let total = counted(zones.len(), "zone");
    if !dry_run && !confirm {
        return Err(Ended::Failed(format!(
            "{total} of {master} would be removed ({}), and none was: --dry-run shows them all, --confirm \
             removes them",
            some(zones.iter().map(|zone| zone.name.to_string()))
        )));
    }
    let author = Author {
        master: Some(master.clone()),
        ..Author::new(principal.clone())
    };
    let all = zones.len();
    let mut summary = Summary::default();
    let mut removing = stream::iter(zones)
        .map(|zone| remove(&runner.store, &author, zone, began, dry_run))
        .buffer_unordered(AT_ONCE);
    let mut done = 0;
    while let Some(removed) = removing.next().await {
        let (name, result, detail) = removed?;
        summary.count(result);
        report
            .master(Some(&name), Some(&master), result, detail)
            .await?;
        done += 1;
        report.progress(done, all).await?;
    }
    let skipped = summary.of("skipped");
    let mut detail = match dry_run {
        true => format!("{total} of {master} would be removed (dry run: nothing was done)"),
        false => format!(
            "{} of {master} removed; `dadns rollback` brings each back",
            counted(summary.of("removed"), "zone")
        ),
    };
    if skipped > 0 {
        detail += &format!("; {} skipped, see above", counted(skipped, "zone"));
    }
    match (dry_run, skipped) {
        (true, _) => {}
        (false, 0) => {
            info!(master, %principal, "master {master} forgotten by {principal}: {detail}");
        }
        (false, _) => warning!(
            master,
            %principal,
            "master {master} not wholly forgotten by {principal}: {detail}"
        ),
    }
    Ok(Summary {
        ok: skipped == 0,
        detail,
        ..summary
    })
}

/// A zone of the master.
struct Owned {
    name: ZoneName,
    revision: u64,
    owner: Owner,
}

fn zones_by_master(store: &Store) -> Result<BTreeMap<String, Vec<Owned>>, StoreError> {
    let mut masters = BTreeMap::<String, Vec<Owned>>::new();
    for found in store.heads() {
        let (name, head) = found?;
        if let (true, Some(owner)) = (head.present, head.owner) {
            let zones = masters.entry(owner.master.clone()).or_default();
            zones.push(Owned {
                name,
                revision: head.revision,
                owner,
            });
        }
    }
    Ok(masters)
}

/// Removes one zone, if it is as it was when it was listed: what is pushed meanwhile has a master.
async fn remove(
    store: &Store,
    author: &Author,
    zone: Owned,
    began: Timestamp,
    dry_run: bool,
) -> Result<(ZoneName, &'static str, String), StoreError> {
    let Owned {
        name,
        revision,
        owner,
    } = zone;
    if dry_run {
        return Ok((name, "would be removed", format!("it belongs to {owner}")));
    }
    let moment = Moment {
        revision,
        since: Some(began),
    };
    let removed = store.remove_at(moment, author.clone(), name.clone());
    let (result, detail) = match removed.await? {
        AtMoment::Made(Removed::Removed { .. }) => {
            let principal = &author.principal;
            info!(
                zone = %name,
                master = owner.master,
                %principal,
                "zone {name}: removed by {principal}; it belonged to {owner}"
            );
            ("removed", format!("it belonged to {owner}"))
        }
        AtMoment::Made(Removed::NotOwner { owner }) => {
            let detail = format!("it, or a held push of it, belongs to {owner}");
            ("skipped", detail)
        }
        AtMoment::Made(Removed::NotPresent { .. } | Removed::NotPushed) | AtMoment::Overtaken => {
            ("skipped", "it has changed meanwhile".to_owned())
        }
    };
    Ok((name, result, detail))
}

fn owns_nothing(master: &str, masters: &BTreeMap<String, Vec<Owned>>) -> String {
    let others = masters
        .iter()
        .map(|(master, zones)| format!("{master} ({})", counted(zones.len(), "zone")));
    match masters.is_empty() {
        true => format!("{master} owns no zone here, nor does any other master"),
        false => format!(
            "{master} owns no zone here; these masters do: {}",
            some(others)
        ),
    }
}

/// The first of `all`, and how many more there are.
fn some(all: impl ExactSizeIterator<Item = String>) -> String {
    let more = all.len().saturating_sub(NAMED);
    let mut named: Vec<String> = all.take(NAMED).collect();
    if more > 0 {
        named.push(format!("and {more} more"));
    }
    named.join(", ")
}
