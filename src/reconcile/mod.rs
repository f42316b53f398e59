//! Reconciles desired state with the masters' own lists of zones.
//!
//! A pass changes desired state and nothing else; the lanes do the rest. Each change is made only if the
//! zone is still as it was when that was planned: a push always wins.

pub mod plan;

mod carry_out;
mod counts;
mod pass;
mod settings;

use dadns_zone::Limits;
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;

use crate::ledger::{Holder, Turn};
use crate::logging::error;
use crate::masters::Master;
use crate::metrics::Metrics;
use crate::report::shape::{PastPass, Reconciliation, Summary};
use crate::report::{Ended, Report};
use crate::store::{Store, StoreError};
use counts::Counts;
use plan::Absent;

pub use settings::Settings;

/// How a pass is made.
#[derive(Debug, Clone, Copy)]
pub struct How {
    /// Only report what would be done.
    pub dry_run: bool,
    /// Remove what is gone, however much that is.
    pub confirm: bool,
    /// Whether the pass counts as one of two in a row.
    pub remember: bool,
}

/// Compares with the masters, one pass at a time.
#[derive(Debug)]
pub struct Reconciler {
    store: Store,
    counts: Counts,
    settings: Settings,
    masters: Vec<Master>,
    /// The host names of the masters in the configuration, also where they cannot be asked.
    hosts: Vec<String>,
    limits: Limits,
    /// When it works by itself: all the time, unless there are other nodes.
    turn: Turn,
    /// What the pass before did not find; locked during a pass. After a start nothing is absent yet.
    absent: Mutex<Absent>,
    /// What the last pass found.
    last: parking_lot::Mutex<Option<PastPass>>,
}

impl Reconciler {
    /// A reconciler with `masters`, of which the configuration has `hosts`. Zones that it fetches keep to
    /// `limits`. Passes are made when it is its `turn`.
    pub fn new(
        settings: Settings,
        masters: Vec<Master>,
        hosts: Vec<String>,
        store: Store,
        metrics: &Metrics,
        limits: Limits,
        turn: Turn,
    ) -> Self {
        // Counts from 0 on, so that the first of a kind is an increase.
        let counts = Counts::new(metrics);
        for master in masters.iter().filter(|_| settings.enabled) {
            counts.begin(master.host());
        }
        Self {
            store,
            counts,
            settings,
            masters,
            hosts,
            limits,
            turn,
            absent: Mutex::default(),
            last: parking_lot::Mutex::default(),
        }
    }

    /// Makes a pass every now and then, until `stop`.
    pub async fn run(&self, stop: CancellationToken) {
        let work = async {
            tokio::time::sleep(self.settings.initial_delay).await;
            let (mut turn, mut now) = (self.turn.clone(), self.turn.clone());
            loop {
                let begun = turn.begin().await;
                tokio::select! {
                    () = now.over(begun) => {}
                    () = self.passes() => {}
                }
            }
        };
        tokio::select! {
            () = stop.cancelled() => {}
            () = work => {}
        }
    }

    async fn passes(&self) {
        loop {
            let how = How {
                dry_run: self.settings.dry_run,
                confirm: false,
                remember: true,
            };
            if let Err(cause) = self.pass(how, None).await {
                error!("reconciliation: pass aborted: {cause}; next pass at the usual interval");
            }
            tokio::time::sleep(self.settings.interval).await;
        }
    }

    /// Whether `host` is one of the masters that are compared, or would be if that were switched on.
    pub(crate) fn is_configured(&self, host: &str) -> bool {
        self.hosts.iter().any(|other| other == host)
    }

    /// A pass that an operator has requested.
    pub(crate) async fn requested(
        &self,
        dry_run: bool,
        confirm: bool,
        report: &Report,
    ) -> Result<Summary, Ended> {
        if self.masters.is_empty() {
            let detail = "there is no master to ask: reconciliation.directadmin_servers is empty";
            return Err(Ended::Failed(detail.into()));
        }
        let dry_run = dry_run || self.settings.dry_run;
        // What was absent twice in a row only that node knows. To look is fine anywhere.
        if let Some(Holder::Theirs(node)) = self.turn.holder().filter(|_| !dry_run) {
            return Err(Ended::Failed(format!(
                "node {node} compares with the masters: run dadns reconcile there, or with --dry-run here"
            )));
        }
        let how = How {
            dry_run,
            confirm,
            remember: !dry_run,
        };
        if self.absent.try_lock().is_err() {
            report
                .master(None, None, "waiting", "another pass is in progress")
                .await?;
        }
        Ok(self.pass(how, Some(report)).await?)
    }

    async fn pass(&self, how: How, report: Option<&Report>) -> Result<Summary, StoreError> {
        let mut absent = self.absent.lock().await;
        let pass = pass::Run::new(self, how, report).go(&mut absent).await?;
        let summary = pass.summary.clone();
        *self.last.lock() = Some(pass);
        Ok(summary)
    }

    /// How the masters are compared with, and what the last pass found.
    pub(crate) fn overview(&self) -> Reconciliation {
        let Settings {
            enabled,
            dry_run,
            interval,
            ..
        } = self.settings;
        Reconciliation {
            enabled,
            every_s: interval.as_secs(),
            dry_run,
            masters: self.hosts.clone(),
            running: self.absent.try_lock().is_err(),
            last: self.last.lock().clone(),
        }
    }
}
