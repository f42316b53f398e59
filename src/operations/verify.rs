//! Verifying at once, at full speed: what the audit does all the time.

use std::collections::BTreeSet;
use std::sync::Arc;

use dadns_backends::Backend;
use dadns_zone::ZoneName;
use futures_util::future::join_all;
use tokio::sync::Mutex;

use super::shape::Summary;
use super::{Ended, Operator, Told};
use crate::check::{self, Found, Known, Listed, Pass, Wanted};

/// After how many looks progress is told.
const PROGRESS: usize = 64;

/// Looks at zones (`None`: at all) on all backends at once, and repairs what is otherwise if it is to.
pub(super) async fn verify(
    operator: &Operator,
    zones: Option<Vec<ZoneName>>,
    repair: bool,
    told: &Told,
) -> Result<Summary, Ended> {
    let known = check::all(&operator.store).await?;
    let whole = zones.is_none();
    let zones: Vec<ZoneName> = zones.map_or_else(
        || known.present.iter().map(|(zone, _)| zone.clone()).collect(),
        |zones| BTreeSet::from_iter(zones).into_iter().collect(),
    );
    if let Some(unknown) = zones.iter().find(|zone| !known.has(zone)) {
        return Err(Ended::Failed(operator.store.why_unknown(unknown)));
    }
    let run = Run {
        operator,
        repair,
        told,
        total: zones.len() * operator.backends.len(),
        known,
        summary: Mutex::default(),
    };
    let looks = operator.backends.values().map(|backend| async {
        if whole {
            run.beside(backend).await?;
        }
        run.over(backend, zones.clone()).await
    });
    for looked in join_all(looks).await {
        looked?;
    }
    let summary = run.summary.into_inner();
    let of = |what| summary.of(what);
    let well = of("otherwise") == 0 && of("unjudged") == 0;
    let mut said = format!(
        "{} look(s) at {} zone(s) on {} backend(s): {} as they should be, {} otherwise, {} not judged",
        of("looked"),
        zones.len(),
        operator.backends.len(),
        of("well"),
        of("otherwise"),
        of("unjudged"),
    );
    if of("unmanaged") + of("unknown") > 0 {
        said += &format!(
            "; beside them {} zone(s) of others and {} that the store does not know, left alone",
            of("unmanaged"),
            of("unknown")
        );
    }
    if of("otherwise") > 0 {
        said += match repair {
            true => "; what is otherwise is put there again now",
            false => "; nothing was changed",
        };
    }
    Ok(Summary {
        well,
        said,
        ..summary
    })
}

struct Run<'a> {
    operator: &'a Operator,
    repair: bool,
    told: &'a Told,
    total: usize,
    known: Known,
    summary: Mutex<Summary>,
}

impl Run<'_> {
    async fn over(&self, backend: &Arc<dyn Backend>, zones: Vec<ZoneName>) -> Result<(), Ended> {
        let Operator { store, health, .. } = self.operator;
        let mut pass = Pass::over(store, health, backend, zones, None);
        while let Some((wanted, found)) = pass.next().await? {
            self.note(backend, &wanted, found).await?;
        }
        Ok(())
    }

    async fn note(
        &self,
        backend: &Arc<dyn Backend>,
        wanted: &Wanted,
        found: Found,
    ) -> Result<(), Ended> {
        let (id, name) = (backend.id(), &wanted.name);
        let (what, said) = match found {
            Found::InSync => {
                self.operator.health.note_in_sync(id, name, wanted.revision);
                ("well", None)
            }
            Found::Skipped(why) => {
                let pending = self.operator.store.pending_entry(id, name);
                let why = match pending.filter(|_| self.repair) {
                    Some(entry) => {
                        self.operator.store.hasten(id, name);
                        let cause = entry.cause.unwrap_or(why);
                        format!("it is pending, and is tried now: {cause}")
                    }
                    None => why,
                };
                ("unjudged", Some(why))
            }
            Found::Drifted(finding) => {
                let left = finding.left(&self.operator.store, wanted);
                if self.repair && left.is_none() {
                    let Operator {
                        store,
                        health,
                        counts,
                        ..
                    } = self.operator;
                    let backend = backend.as_ref();
                    check::repair(store, health, counts, backend, wanted, &finding).await?;
                }
                ("otherwise", Some(left.unwrap_or(finding.said)))
            }
        };
        let done = {
            let mut summary = self.summary.lock().await;
            summary.count("looked");
            summary.count(what);
            summary.of("looked")
        };
        if let Some(said) = said {
            self.told.item(Some(name), id, what, said).await?;
        }
        if done.is_multiple_of(PROGRESS) || done == self.total {
            self.told.progress(done, self.total.max(done)).await?;
        }
        Ok(())
    }

    /// What is there beside the zones that should be.
    async fn beside(&self, backend: &Arc<dyn Backend>) -> Result<(), Ended> {
        let id = backend.id();
        let present = match Listed::on(backend.as_ref(), &self.operator.store, &self.known).await {
            Ok(present) => present,
            Err(away) => {
                self.summary.lock().await.count("unjudged");
                return self.told.item(None, id, "unjudged", away).await;
            }
        };
        for (zones, what, said) in [
            (
                &present.unmanaged,
                "unmanaged",
                "it was put there by others and is left alone",
            ),
            (
                &present.unknown,
                "unknown",
                "dadns put it there, but the store knows nothing of it; it is left alone",
            ),
        ] {
            for zone in zones {
                self.summary.lock().await.count(what);
                self.told.item(Some(zone), id, what, said).await?;
            }
        }
        let removed = present.removed.into_iter().collect();
        self.over(backend, removed).await
    }
}
