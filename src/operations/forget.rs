//! Forgetting a master that is gone: every zone that belongs to it is removed, as if it had asked for that.
//! Nobody else would: a removal has to come from the owner, and reconciliation asks only masters that are
//! configured.

use std::collections::BTreeMap;

use dadns_zone::ZoneName;
use futures_util::{StreamExt, stream};
use jiff::Timestamp;

use super::shape::Summary;
use super::{Ended, Operator, Told};
use crate::blocking::blocking;
use crate::logging::{info, warning};
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
    /// Only tell what would be done.
    pub dry_run: bool,
    /// Do it, however many zones these are.
    pub confirm: bool,
    /// Who asks.
    pub by: Author,
}

/// Removes the zones of a master.
pub(super) async fn forget(
    operator: &Operator,
    order: Forget,
    told: &Told,
) -> Result<Summary, Ended> {
    let Forget {
        master,
        dry_run,
        confirm,
        by,
    } = order;
    if operator.reconciler.is_configured(&master) {
        return Err(Ended::Failed(format!(
            "{master} is one of reconciliation.directadmin_servers, so that what it still has would be \
             fetched again: take it out of the configuration and restart dadns first"
        )));
    }
    let began = Timestamp::now();
    let store = operator.store.clone();
    let mut masters = blocking(move || zones_by_master(&store)).await?;
    let Some(zones) = masters.remove(&master) else {
        return Err(Ended::Failed(owns_nothing(&master, &masters)));
    };
    let total = in_words(zones.len());
    if !dry_run && !confirm {
        return Err(Ended::Failed(format!(
            "{total} of {master} would be removed ({}), and none was: --dry-run shows them all, --confirm \
             removes them",
            some(zones.iter().map(|zone| zone.name.to_string()))
        )));
    }
    let author = Author {
        master: Some(master.clone()),
        ..by
    };
    let all = zones.len();
    let mut summary = Summary::default();
    let mut removing = stream::iter(zones)
        .map(|zone| remove(&operator.store, &author, zone, began, dry_run))
        .buffer_unordered(AT_ONCE);
    let mut done = 0;
    while let Some(removed) = removing.next().await {
        let (name, what, said) = removed?;
        summary.count(what);
        told.item(Some(&name), &master, what, said).await?;
        done += 1;
        told.progress(done, all).await?;
    }
    let left = summary.of("left");
    let mut said = match dry_run {
        true => format!("{total} of {master} would be removed (dry run: nothing was done)"),
        false => format!(
            "{} of {master} removed; `dadns rollback` brings each back",
            in_words(summary.of("removed"))
        ),
    };
    if left > 0 {
        said += &format!("; {} left, see above", in_words(left));
    }
    let by = author.signature();
    match (dry_run, left) {
        (true, _) => {}
        (false, 0) => info!("{master} is forgotten by {by}: {said}"),
        (false, _) => warning!("{master} is not forgotten in full by {by}: {said}"),
    }
    Ok(Summary {
        well: left == 0,
        said,
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
    let (what, said) = match removed.await? {
        AtMoment::Made(Removed::Removed { .. }) => {
            info!(
                "zone {name}: removed by {}; it belonged to {owner}",
                author.signature()
            );
            ("removed", format!("it belonged to {owner}"))
        }
        AtMoment::Made(Removed::NotOwner { owner }) => {
            let said = format!("it, or a push of it that is held, belongs to {owner}");
            ("left", said)
        }
        AtMoment::Made(Removed::NotPresent { .. }) | AtMoment::Overtaken => {
            ("left", "it has changed meanwhile".to_owned())
        }
    };
    Ok((name, what, said))
}

fn owns_nothing(master: &str, masters: &BTreeMap<String, Vec<Owned>>) -> String {
    let others = masters
        .iter()
        .map(|(master, zones)| format!("{master} ({})", in_words(zones.len())));
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

fn in_words(zones: usize) -> String {
    match zones {
        1 => "1 zone".to_owned(),
        zones => format!("{zones} zones"),
    }
}
