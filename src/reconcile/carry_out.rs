//! Carries out a plan: each change only if its zone is still as it was when that was planned.

use std::collections::BTreeMap;
use std::sync::Arc;

use dadns_zone::{Limits, Reading, ZoneName, read};
use futures_util::{StreamExt, stream};
use parking_lot::Mutex;

use super::pass::Run;
use super::plan::{Plan, each};
use crate::access::Part;
use crate::blocking::blocking;
use crate::logging::{counted, info, warning};
use crate::masters::{Master, MasterError};
use crate::store::{AtMoment, Author, Claimed, Moment, Owner, Pushed, Removed, Store, StoreError};

/// How many texts of zones are fetched at once.
const FETCHES: usize = 4;

impl Run<'_> {
    pub(super) async fn owners(&mut self, plan: &Plan) {
        let owners = plan.owners.iter().map(|claim| (claim, "owner"));
        let moved = plan.moved.iter().map(|claim| (claim, "moved"));
        for ((zone, owner), result) in owners.chain(moved) {
            let from = self
                .zones
                .get(zone)
                .and_then(|(known, _)| known.owner.clone());
            let detail = match &from {
                Some(from) => format!("it belongs to {owner}, no longer to {from}"),
                None => format!("it belongs to {owner}"),
            };
            let edit = Edit::Claim {
                from,
                owner: owner.clone(),
            };
            let author = Author::new(Part::Reconciliation);
            self.make(zone, &owner.master, result, &detail, author, edit)
                .await;
        }
    }

    pub(super) async fn removals(&mut self, plan: &Plan) {
        let detail = match plan.stopped.is_empty() {
            true => {
                "its master does not list it; if it still does not at the next pass, it is removed"
            }
            false => "its master does not list it",
        };
        for (host, zone) in each(&plan.absent) {
            self.item(Some(zone), host, "absent", detail).await;
        }
        for (host, zone) in each(&plan.orphans) {
            let detail = "its master has not listed it twice in a row: it is removed";
            let author = Author {
                master: Some(host.to_owned()),
                ..Author::new(Part::Reconciliation)
            };
            let edit = Edit::Remove;
            let made = self.make(zone, host, "removed", detail, author, edit).await;
            if made {
                self.reconciler.counts.deleted();
            }
        }
    }

    pub(super) async fn fetches(&mut self, plan: &Plan) {
        let reconciler = self.reconciler;
        let fetch = !self.how.dry_run;
        let gone = Arc::new(Mutex::new(BTreeMap::<String, usize>::new()));
        let mut fetched = stream::iter(plan.fetch.clone())
            .map(|(zone, owner)| {
                let gone = Arc::clone(&gone);
                async move {
                    let master = reconciler
                        .masters
                        .iter()
                        .find(|master| master.host() == owner.master);
                    if let Some(skipped) = gone.lock().get_mut(&owner.master) {
                        *skipped += 1;
                        return None;
                    }
                    let text = match master {
                        Some(master) if fetch => {
                            let fetched = fetch_zone(master, &zone, &reconciler.limits).await;
                            if matches!(fetched, Err(NotFetched::Unreachable(_))) {
                                gone.lock().entry(owner.master.clone()).or_default();
                            }
                            Some(fetched)
                        }
                        _ => None,
                    };
                    Some((zone, owner, text))
                }
            })
            .buffer_unordered(FETCHES)
            .filter_map(|fetched| async { fetched })
            .boxed();
        while let Some((zone, owner, text)) = fetched.next().await {
            let detail = format!("{owner} lists it and it was not present here");
            match text {
                None => {
                    self.item(Some(&zone), &owner.master, "fetched", &detail)
                        .await;
                }
                Some(Ok(reading)) => {
                    let edit = Edit::Fetch(reading);
                    let author = Author::of(Part::Reconciliation, &owner);
                    self.make(&zone, &owner.master, "fetched", &detail, author, edit)
                        .await;
                }
                Some(Err(NotFetched::Unreachable(cause) | NotFetched::Unfit(cause))) => {
                    warning!(
                        %zone,
                        master = owner.master,
                        "reconciliation: zone {zone} of {owner} is missing here and cannot be fetched: \
                         {cause}; retrying at the next pass"
                    );
                    self.item(Some(&zone), &owner.master, "failed", &cause)
                        .await;
                }
            }
        }
        drop(fetched);
        let gone = std::mem::take(&mut *gone.lock());
        for (host, skipped) in gone.into_iter().filter(|(_, skipped)| *skipped > 0) {
            let detail = format!(
                "{} missing here not fetched: the master does not answer",
                counted(skipped, "more zone")
            );
            warning!(master = host, "reconciliation: master {host}: {detail}");
            self.item(None, &host, "failed", &detail).await;
        }
    }

    /// Makes a change, if the zone is as it was when that was planned. Returns whether it was made.
    async fn make(
        &mut self,
        zone: &ZoneName,
        master: &str,
        result: &str,
        detail: &str,
        author: Author,
        edit: Edit,
    ) -> bool {
        if self.how.dry_run {
            self.item(Some(zone), master, result, detail).await;
            return false;
        }
        let moment = Moment {
            revision: self.zones.get(zone).map_or(0, |(_, revision)| *revision),
            // What was pushed since, be it as it was, is what its master wants.
            since: self.began.get(master).copied(),
        };
        let store = &self.reconciler.store;
        match edit.made_in(store, moment, author, zone).await {
            Ok(Made::Overtaken) => {
                let detail = "it has changed meanwhile; left to the next pass";
                self.item(Some(zone), master, "overtaken", detail).await;
                false
            }
            Ok(Made::Held { reasons }) => {
                let reasons = reasons.join("; ");
                warning!(
                    %zone,
                    master,
                    "reconciliation: zone {zone} from {master} is held: {reasons}"
                );
                self.item(Some(zone), master, "held", &reasons).await;
                false
            }
            Ok(Made::Done) => {
                info!(%zone, master, "reconciliation: zone {zone} {result}: {detail}");
                self.item(Some(zone), master, result, detail).await;
                true
            }
            Err(error) => {
                warning!(
                    %zone,
                    master,
                    "reconciliation: zone {zone} could not be changed ({result}): {error}"
                );
                self.item(Some(zone), master, "failed", &error.to_string())
                    .await;
                false
            }
        }
    }
}

/// An edit of one zone that a plan asks for.
enum Edit {
    /// The zone is as its master has it.
    Fetch(Reading),
    /// Its master has it no more.
    Remove,
    /// It belongs to `owner`, and no longer to `from`.
    Claim { from: Option<Owner>, owner: Owner },
}

/// What came of it.
enum Made {
    Done,
    /// The guard holds it.
    Held {
        reasons: Vec<String>,
    },
    Overtaken,
}

impl Edit {
    async fn made_in(
        self,
        store: &Store,
        moment: Moment,
        author: Author,
        zone: &ZoneName,
    ) -> Result<Made, StoreError> {
        let zone = zone.clone();
        Ok(match self {
            Self::Fetch(reading) => {
                let (zone, warnings) = (reading.zone, reading.notes.lines());
                match store.fetched(moment, author, zone, warnings).await? {
                    AtMoment::Made(Pushed::Stored(_)) => Made::Done,
                    AtMoment::Made(Pushed::Held { reasons }) => Made::Held { reasons },
                    AtMoment::Overtaken => Made::Overtaken,
                }
            }
            Self::Remove => match store.remove_at(moment, author, zone).await? {
                AtMoment::Made(Removed::Removed { .. }) => Made::Done,
                AtMoment::Made(
                    Removed::NotPresent { .. } | Removed::NotOwner { .. } | Removed::NotPushed,
                )
                | AtMoment::Overtaken => Made::Overtaken,
            },
            Self::Claim { from, owner } => {
                match store.claim(moment, author, zone, from, owner).await? {
                    Claimed::Claimed => Made::Done,
                    Claimed::NotPresent | Claimed::Overtaken => Made::Overtaken,
                }
            }
        })
    }
}

/// Why a zone could not be fetched.
enum NotFetched {
    /// Its master does not answer, so that no other zone of it can be fetched either.
    Unreachable(String),
    /// The master's text of it is no zone that is accepted.
    Unfit(String),
}

/// The zone as its master has it.
async fn fetch_zone(
    master: &Master,
    zone: &ZoneName,
    limits: &Limits,
) -> Result<Reading, NotFetched> {
    let text = master.zone_text(zone).await.map_err(|error| match &error {
        MasterError::Unreachable { .. } => NotFetched::Unreachable(error.to_string()),
        _ => NotFetched::Unfit(error.to_string()),
    })?;
    let (name, limits) = (zone.clone(), *limits);
    let reading = blocking(move || read(&name, &text, &limits)).await;
    reading.map_err(|error| NotFetched::Unfit(error.to_string()))
}
