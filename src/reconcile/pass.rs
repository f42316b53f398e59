//! One pass: asks the masters, plans, carries out, and reports.

use std::collections::BTreeMap;

use dadns_zone::ZoneName;
use futures_util::future::join_all;
use jiff::Timestamp;

use super::counts::Ended;
use super::plan::{Absent, Asked, Desired, Input, Listing, Plan, Threshold, plan};
use super::{How, Reconciler};
use crate::blocking::blocking;
use crate::logging::{counted, error, success, warning};
use crate::report::Report;
use crate::report::shape::{Item, PastPass, Summary};
use crate::store::{Head, StoreError};

/// How much of what a pass found is remembered.
const REMEMBERED: usize = 1_000;

/// The zones that are known here, each with its revision.
pub(super) type Zones = BTreeMap<ZoneName, (Desired, u64)>;

/// A pass under way.
pub(super) struct Run<'a> {
    pub reconciler: &'a Reconciler,
    pub how: How,
    /// Where it reports, if an operator has requested it.
    report: Option<&'a Report>,
    summary: Summary,
    /// What was found and done, as it is remembered.
    items: Vec<Item>,
    more: usize,
    pub zones: Zones,
    /// When each master was asked.
    pub began: BTreeMap<String, Timestamp>,
}

impl<'a> Run<'a> {
    pub fn new(reconciler: &'a Reconciler, how: How, report: Option<&'a Report>) -> Self {
        Self {
            reconciler,
            how,
            report,
            summary: Summary::default(),
            items: Vec::new(),
            more: 0,
            zones: Zones::new(),
            began: BTreeMap::new(),
        }
    }

    pub async fn go(mut self, absent: &mut Absent) -> Result<PastPass, StoreError> {
        let began = Timestamp::now();
        let requested = self.report.is_some();
        // Before the zones are read: what changes here while a master is asked is not compared with its list.
        let masters = self.ask().await;
        self.began = masters
            .iter()
            .map(|(host, asked)| (host.clone(), asked.began))
            .collect();
        self.zones = self.known().await?;
        let zones = self
            .zones
            .iter()
            .map(|(zone, (desired, _))| (zone.clone(), desired.clone()))
            .collect();
        let settings = &self.reconciler.settings;
        let plan = plan(Input {
            masters: &masters,
            zones: &zones,
            absent,
            threshold: Threshold {
                percent: settings.orphan_threshold_percent,
                zones: settings.orphan_threshold_zones,
            },
            confirm: self.how.confirm,
        });
        if self.how.remember {
            absent.clone_from(&plan.remember);
        }
        self.stopped(&plan).await;
        self.count_passes(&masters, &plan);
        self.owners(&plan).await;
        self.removals(&plan).await;
        // Last: this can take long.
        self.fetches(&plan).await;
        let (items, more) = (std::mem::take(&mut self.items), self.more);
        let dry_run = self.how.dry_run;
        let summary = self.finish(&masters);
        Ok(PastPass {
            began,
            ended: Timestamp::now(),
            requested,
            dry_run,
            summary,
            items,
            more,
        })
    }

    /// Asks all masters at once.
    async fn ask(&mut self) -> BTreeMap<String, Asked> {
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
                warning!(
                    master = host,
                    "reconciliation: {cause}; no zone of any master is removed in this pass"
                );
                self.item(None, host, "unknown", cause).await;
            }
        }
        asked
    }

    async fn known(&self) -> Result<Zones, StoreError> {
        let store = self.reconciler.store.clone();
        blocking(move || {
            let zone = |found: Result<_, StoreError>| {
                let (name, head): (ZoneName, Head) = found?;
                let desired = Desired {
                    present: head.present,
                    owner: head.owner,
                    changed: head.changed,
                };
                Ok((name, (desired, head.revision)))
            };
            store.heads().map(zone).collect()
        })
        .await
    }

    async fn stopped(&mut self, plan: &Plan) {
        for stopped in &plan.stopped {
            error!(
                master = stopped.master,
                "RECONCILIATION STOPPED: {stopped}. Look at that master; if it is right, run `dadns \
                 reconcile --confirm`"
            );
            self.item(None, &stopped.master, "stopped", &stopped.to_string())
                .await;
        }
    }

    fn count_passes(&self, masters: &BTreeMap<String, Asked>, plan: &Plan) {
        for (host, asked) in masters {
            let stopped = plan.stopped.iter().any(|stopped| stopped.master == *host);
            let result = match asked.listing {
                Listing::Unknown(_) => Ended::Unknown,
                Listing::Known(_) if stopped => Ended::Stopped,
                Listing::Known(_) => Ended::Ok,
            };
            self.reconciler.counts.passed(host, result);
        }
    }

    pub async fn item(
        &mut self,
        zone: Option<&ZoneName>,
        master: &str,
        result: &str,
        detail: &str,
    ) {
        self.summary.count(result);
        match self.items.len() < REMEMBERED {
            true => self.items.push(Item {
                zone: zone.map(ToString::to_string),
                backend: None,
                master: Some(master.to_owned()),
                result: result.to_owned(),
                detail: detail.to_owned(),
            }),
            false => self.more += 1,
        }
        if let Some(report) = self.report
            && report
                .master(zone, Some(master), result, detail)
                .await
                .is_err()
        {
            // A pass is made to its end, though nobody reads its lines any more.
            self.report = None;
        }
    }

    fn finish(self, masters: &BTreeMap<String, Asked>) -> Summary {
        let Self {
            mut summary, how, ..
        } = self;
        summary.ok = summary.counts.is_empty();
        let counts: Vec<_> = summary
            .counts
            .iter()
            .map(|(result, count)| format!("{count} {result}"))
            .collect();
        summary.detail = format!(
            "{} asked: {}{}",
            counted(masters.len(), "master"),
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
        let detail = &summary.detail;
        match ["unknown", "stopped", "failed"]
            .iter()
            .any(|result| summary.of(result) > 0)
        {
            true => warning!("reconciliation: {detail}"),
            false => success!("reconciliation: {detail}"),
        }
        summary
    }
}
