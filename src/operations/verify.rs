//! Verifies at once and at full speed what the check verifies all the time.

use std::collections::BTreeSet;
use std::sync::Arc;

use dadns_backends::{Backend, BackendId};
use dadns_zone::ZoneName;
use futures_util::future::join_all;
use tokio::sync::Mutex;

use super::Runner;
use crate::blocking::blocking;
use crate::check::{self, DesiredZone, Found, Known, Listed, Pass};
use crate::logging::counted;
use crate::report::shape::Summary;
use crate::report::{Ended, Report};
use crate::store::Store;

/// After how many zones progress is reported.
const PROGRESS: usize = 64;

/// Verifies zones (`None`: all) on all backends at once, and repairs drift if it is to.
pub(super) async fn verify(
    runner: &Runner,
    zones: Option<Vec<ZoneName>>,
    repair: bool,
    report: &Report,
) -> Result<Summary, Ended> {
    let whole = zones.is_none();
    let (zones, known) = match zones {
        None => {
            let known = check::all(&runner.store).await?;
            let zones = known.present.iter().map(|(zone, _)| zone.clone());
            (zones.collect(), known)
        }
        Some(zones) => (named(&runner.store, zones).await?, Known::default()),
    };
    let placed = |id: &BackendId| {
        let (store, id) = (runner.store.clone(), id.clone());
        zones.iter().filter(move |zone| store.is_placed(&id, zone))
    };
    let run = Run {
        runner,
        repair,
        report,
        total: runner.backends.keys().map(|id| placed(id).count()).sum(),
        known,
        summary: Mutex::default(),
    };
    let backends = runner.backends.values().map(|backend| async {
        if whole {
            run.beside(backend).await?;
        }
        let here = placed(backend.id()).cloned().collect();
        run.over(backend, here).await
    });
    for verified in join_all(backends).await {
        verified?;
    }
    let summary = run.summary.into_inner();
    let of = |what| summary.of(what);
    let ok = of("drifted") == 0 && of("skipped") == 0;
    let mut detail = format!(
        "checked {} on {}: {} in sync, {} drifted, {} skipped",
        counted(zones.len(), "zone"),
        counted(runner.backends.len(), "backend"),
        of("in sync"),
        of("drifted"),
        of("skipped"),
    );
    if of("unmanaged") > 0 {
        detail += &format!(
            "; {} left unchanged",
            counted(of("unmanaged"), "unmanaged zone")
        );
    }
    if of("unknown") > 0 {
        let unknown = counted(of("unknown"), "zone");
        detail += &format!("; {unknown} that the store does not know left unchanged");
    }
    if of("drifted") > 0 {
        detail += match repair {
            true => "; drift is being repaired",
            false => "; nothing was changed",
        };
    }
    Ok(Summary {
        ok,
        detail,
        ..summary
    })
}

/// The zones that were named, each once, if the gateway knows them all.
async fn named(store: &Store, zones: Vec<ZoneName>) -> Result<Vec<ZoneName>, Ended> {
    let store = store.clone();
    let zones: Vec<_> = BTreeSet::from_iter(zones).into_iter().collect();
    blocking(move || {
        for zone in &zones {
            if store.head(zone)?.is_none() {
                return Err(Ended::Failed(store.why_unknown(zone)));
            }
        }
        Ok(zones)
    })
    .await
}

struct Run<'a> {
    runner: &'a Runner,
    repair: bool,
    report: &'a Report,
    total: usize,
    /// Those that the gateway knows, where all are verified.
    known: Known,
    summary: Mutex<Summary>,
}

impl Run<'_> {
    async fn over(&self, backend: &Arc<dyn Backend>, zones: Vec<ZoneName>) -> Result<(), Ended> {
        let Runner { store, health, .. } = self.runner;
        let mut pass = Pass::over(store, health, backend, zones, None);
        while let Some((desired, found)) = pass.next().await? {
            self.note(backend, &desired, found).await?;
        }
        Ok(())
    }

    async fn note(
        &self,
        backend: &Arc<dyn Backend>,
        desired: &DesiredZone,
        found: Found,
    ) -> Result<(), Ended> {
        let (id, name) = (backend.id(), &desired.name);
        let (result, detail) = match found {
            Found::InSync => {
                self.runner.health.note_in_sync(id, name, desired.revision);
                ("in sync", None)
            }
            Found::Skipped(why) => {
                let pending = self.runner.store.pending_entry(id, name);
                let why = match pending.filter(|_| self.repair) {
                    Some(entry) => {
                        self.runner.store.hasten(id, name);
                        let cause = entry.cause.unwrap_or(why);
                        format!("pending, retrying now: {cause}")
                    }
                    None => why,
                };
                ("skipped", Some(why))
            }
            Found::Drifted(finding) => {
                let left = finding.left(&self.runner.store, desired);
                if self.repair && left.is_none() {
                    let Runner {
                        store,
                        health,
                        counts,
                        ..
                    } = self.runner;
                    let backend = backend.as_ref();
                    check::repair(store, health, counts, backend, desired, &finding).await?;
                }
                ("drifted", Some(left.unwrap_or(finding.said)))
            }
        };
        let done = {
            let mut summary = self.summary.lock().await;
            summary.count("checked");
            summary.count(result);
            summary.of("checked")
        };
        if let Some(detail) = detail {
            self.report.backend(Some(name), id, result, detail).await?;
        }
        if done.is_multiple_of(PROGRESS) || done == self.total {
            self.report.progress(done, self.total.max(done)).await?;
        }
        Ok(())
    }

    /// Zones on a backend that should not be there, or that dadns does not manage.
    async fn beside(&self, backend: &Arc<dyn Backend>) -> Result<(), Ended> {
        let id = backend.id();
        let present = match Listed::on(backend.as_ref(), &self.runner.store, &self.known).await {
            Ok(present) => present,
            Err(unavailable) => {
                self.summary.lock().await.count("skipped");
                return self.report.backend(None, id, "skipped", unavailable).await;
            }
        };
        for (zones, result, detail) in [
            (
                &present.unmanaged,
                "unmanaged",
                "dadns does not manage it; left unchanged",
            ),
            (
                &present.unknown,
                "unknown",
                "dadns put it there, but the store does not know it; left unchanged",
            ),
        ] {
            for zone in zones {
                self.summary.lock().await.count(result);
                self.report.backend(Some(zone), id, result, detail).await?;
            }
        }
        let removed = present.removed.into_iter().collect();
        self.over(backend, removed).await
    }
}
