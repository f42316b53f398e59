//! One pass: asks the masters, plans, carries out, and tells.

use std::collections::BTreeMap;

use dadns_zone::{Limits, ZoneName, read};
use futures_util::future::join_all;
use futures_util::{StreamExt, stream};
use jiff::Timestamp;

use super::plan::{Asked, Desired, Input, Listing, Plan, Threshold, plan};
use super::{How, Reconciler};
use crate::logging::{error, info, success, warning};
use crate::masters::Master;
use crate::metrics::Pass;
use crate::operations::shape::Summary;
use crate::operations::{Ended, Told};
use crate::store::{Accepted, Author, Change, Edit, Head, StoreError};

/// How many texts of zones are fetched at once.
const FETCHES: usize = 4;

/// Who is said to have made the changes of a pass.
const AUTHOR: &str = "reconciliation";

/// The zones that are known here, each with its revision.
type Zones = BTreeMap<ZoneName, (Desired, u64)>;

/// A pass under way.
pub(super) struct Run<'a> {
    reconciler: &'a Reconciler,
    how: How,
    /// Who ordered it, if somebody did.
    told: Option<&'a Told>,
    summary: Summary,
    zones: Zones,
}

impl<'a> Run<'a> {
    pub fn new(reconciler: &'a Reconciler, how: How, told: Option<&'a Told>) -> Self {
        Self {
            reconciler,
            how,
            told,
            summary: Summary::default(),
            zones: Zones::new(),
        }
    }

    pub async fn go(mut self) -> Result<Summary, Ended> {
        // Before the zones are read: what changes here while a master is asked is not judged by its list.
        let masters = self.ask().await?;
        self.zones = self.known().await?;
        let mut absent = self.reconciler.absent.lock().await;
        let zones = self
            .zones
            .iter()
            .map(|(zone, (desired, _))| (zone.clone(), desired.clone()))
            .collect();
        let settings = &self.reconciler.settings;
        let plan = plan(Input {
            masters: &masters,
            zones: &zones,
            absent: &absent,
            threshold: Threshold {
                percent: settings.orphan_threshold_percent,
                zones: settings.orphan_threshold_zones,
            },
            confirm: self.how.confirm,
        });
        if self.how.remember {
            absent.clone_from(&plan.remember);
        }
        drop(absent);
        self.stopped(&plan).await?;
        self.count_passes(&masters, &plan);
        self.owners(&plan).await?;
        self.pulls(&plan).await?;
        self.removals(&plan).await?;
        Ok(self.finish(&masters))
    }

    /// Asks all masters at once.
    async fn ask(&mut self) -> Result<BTreeMap<String, Asked>, Ended> {
        let asked = self.reconciler.masters.iter().map(|master| async {
            let began = Timestamp::now();
            let listing = match master.zones().await {
                Ok(list) => Listing::Known(list),
                Err(error) => Listing::Unknown(error.to_string()),
            };
            (master.host().to_owned(), Asked { began, listing })
        });
        let asked: BTreeMap<_, _> = join_all(asked).await.into_iter().collect();
        for (host, Asked { listing, .. }) in &asked {
            if let Listing::Unknown(cause) = listing {
                warning!("reconciliation: {cause}; nothing of master {host} is removed");
                self.item(None, host, "unknown", cause).await?;
            }
        }
        Ok(asked)
    }

    async fn known(&self) -> Result<Zones, StoreError> {
        let store = self.reconciler.store.clone();
        let reading = tokio::task::spawn_blocking(move || {
            let zone = |found: Result<_, StoreError>| {
                let (name, head): (ZoneName, Head) = found?;
                let desired = Desired {
                    held: head.held,
                    owner: head.owner,
                    changed: head.changed,
                };
                Ok((name, (desired, head.revision)))
            };
            store.heads().map(zone).collect()
        });
        match reading.await {
            Ok(known) => known,
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        }
    }

    async fn stopped(&mut self, plan: &Plan) -> Result<(), Ended> {
        for stopped in &plan.stopped {
            error!(
                "RECONCILIATION STOPPED: {stopped}. Look at that master; if it is right, run `dadns \
                 reconcile --confirm`"
            );
            self.item(None, &stopped.master, "stopped", &stopped.to_string())
                .await?;
        }
        Ok(())
    }

    fn count_passes(&self, masters: &BTreeMap<String, Asked>, plan: &Plan) {
        for (host, asked) in masters {
            let stopped = plan.stopped.iter().any(|stopped| stopped.master == *host);
            let result = match asked.listing {
                Listing::Unknown(_) => Pass::Unknown,
                Listing::Known(_) if stopped => Pass::Stopped,
                Listing::Known(_) => Pass::Ok,
            };
            self.reconciler.metrics.master(host).passed(result);
        }
    }

    async fn owners(&mut self, plan: &Plan) -> Result<(), Ended> {
        let owners = plan.owners.iter().map(|claim| (claim, "owner"));
        let moved = plan.moved.iter().map(|claim| (claim, "moved"));
        for ((zone, owner), what) in owners.chain(moved) {
            let from = self
                .zones
                .get(zone)
                .and_then(|(known, _)| known.owner.clone());
            let said = match &from {
                Some(from) => format!("it belongs to {owner}, no longer to {from}"),
                None => format!("it belongs to {owner}"),
            };
            let edit = Edit::Claim {
                zone: zone.clone(),
                from,
                owner: owner.clone(),
            };
            let author = Author::gateway(AUTHOR);
            self.make(zone, &owner.master, what, &said, author, edit)
                .await?;
        }
        Ok(())
    }

    async fn removals(&mut self, plan: &Plan) -> Result<(), Ended> {
        let each = |(host, zones): (&'_ String, &'_ std::collections::BTreeSet<ZoneName>)| {
            let host = host.clone();
            zones
                .iter()
                .cloned()
                .map(move |zone| (host.clone(), zone))
                .collect::<Vec<_>>()
        };
        for (host, zone) in plan.absent.iter().flat_map(each) {
            let said =
                "its master does not list it; if it still does not at the next pass, it is removed";
            self.item(Some(&zone), &host, "absent", said).await?;
        }
        for (host, zone) in plan.orphans.iter().flat_map(each) {
            let said = "its master has not listed it twice in a row: it is removed";
            let author = Author {
                master: Some(host.clone()),
                ..Author::gateway(AUTHOR)
            };
            let edit = Edit::Remove(zone.clone());
            let made = self
                .make(&zone, &host, "removed", said, author, edit)
                .await?;
            if made {
                self.reconciler.metrics.master(&host).deleted();
            }
        }
        Ok(())
    }

    async fn pulls(&mut self, plan: &Plan) -> Result<(), Ended> {
        let reconciler = self.reconciler;
        let fetch = !self.how.dry_run;
        let mut fetched = stream::iter(plan.pull.clone())
            .map(|(zone, owner)| async move {
                let master = reconciler
                    .masters
                    .iter()
                    .find(|master| master.host() == owner.master);
                let text = match master {
                    Some(master) if fetch => Some(pulled(master, &zone, &reconciler.limits).await),
                    _ => None,
                };
                (zone, owner, text)
            })
            .buffer_unordered(FETCHES);
        while let Some((zone, owner, text)) = fetched.next().await {
            let said = format!("{} lists it and it was not held here", owner);
            match text {
                None => {
                    self.item(Some(&zone), &owner.master, "pulled", &said)
                        .await?
                }
                Some(Ok(edit)) => {
                    let author = Author {
                        master: Some(owner.master.clone()),
                        user: owner.user.clone(),
                        ..Author::gateway(AUTHOR)
                    };
                    self.make(&zone, &owner.master, "pulled", &said, author, edit)
                        .await?;
                }
                Some(Err(cause)) => {
                    warning!(
                        "reconciliation: zone {zone} of {owner} is missing here and cannot be taken: \
                         {cause}; it is tried again at the next pass"
                    );
                    self.item(Some(&zone), &owner.master, "failed", &cause)
                        .await?;
                }
            }
        }
        Ok(())
    }

    /// Makes a change, if the zone is as it was when that was planned. Returns whether it was made.
    async fn make(
        &mut self,
        zone: &ZoneName,
        master: &str,
        what: &str,
        said: &str,
        author: Author,
        edit: Edit,
    ) -> Result<bool, Ended> {
        if self.how.dry_run {
            self.item(Some(zone), master, what, said).await?;
            return Ok(false);
        }
        let revision = self.zones.get(zone).map_or(0, |(_, revision)| *revision);
        let change = Change {
            only_at: Some(revision),
            ..Change::new(author, edit)
        };
        match self.reconciler.store.accept(change).await {
            Ok(Accepted::Overtaken | Accepted::NotOwner { .. } | Accepted::NotHeld { .. }) => {
                let said = "it has changed since; left to the next pass";
                self.item(Some(zone), master, "overtaken", said).await?;
                Ok(false)
            }
            Ok(Accepted::Held { reasons }) => {
                let reasons = reasons.join("; ");
                warning!("reconciliation: zone {zone} from {master} is held: {reasons}");
                self.item(Some(zone), master, "held", &reasons).await?;
                Ok(false)
            }
            Ok(_) => {
                info!("reconciliation: zone {zone} {what}: {said}");
                self.item(Some(zone), master, what, said).await?;
                Ok(true)
            }
            Err(error) => {
                warning!("reconciliation: zone {zone} could not be changed ({what}): {error}");
                self.item(Some(zone), master, "failed", &error.to_string())
                    .await?;
                Ok(false)
            }
        }
    }

    async fn item(
        &mut self,
        zone: Option<&ZoneName>,
        master: &str,
        what: &str,
        said: &str,
    ) -> Result<(), Ended> {
        self.summary.count(what);
        match self.told {
            Some(told) => told.item(zone, master, what, said).await,
            None => Ok(()),
        }
    }

    fn finish(self, masters: &BTreeMap<String, Asked>) -> Summary {
        let Self {
            mut summary, how, ..
        } = self;
        summary.well = summary.counts.is_empty();
        let counts: Vec<_> = summary
            .counts
            .iter()
            .map(|(what, count)| format!("{count} {what}"))
            .collect();
        summary.said = format!(
            "{} master(s) asked: {}{}",
            masters.len(),
            match counts.is_empty() {
                true => "nothing differs".to_owned(),
                false => counts.join(", "),
            },
            if how.dry_run {
                " (dry run: nothing was done)"
            } else {
                ""
            }
        );
        let said = &summary.said;
        match ["unknown", "stopped", "failed"]
            .iter()
            .any(|what| summary.of(what) > 0)
        {
            true => warning!("reconciliation: {said}"),
            false => success!("reconciliation: {said}"),
        }
        summary
    }
}

/// The zone as its master has it.
async fn pulled(master: &Master, zone: &ZoneName, limits: &Limits) -> Result<Edit, String> {
    let text = master
        .zone_text(zone)
        .await
        .map_err(|error| error.to_string())?;
    let (name, limits) = (zone.clone(), *limits);
    let reading = tokio::task::spawn_blocking(move || read(&name, &text, &limits));
    let reading = match reading.await {
        Ok(reading) => reading.map_err(|error| error.to_string())?,
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    };
    Ok(Edit::Push {
        zone: reading.zone,
        warnings: reading.warnings.iter().map(ToString::to_string).collect(),
        guarded: true,
    })
}
