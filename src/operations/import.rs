//! Takes over a running host: zones of a backend that nobody pushed become desired state as they are, so
//! that every other backend gets them too and none stops being served.
//!
//! They have no owner until a master claims them. Only zones that the gateway does not know are imported:
//! a second import changes nothing.

use std::collections::BTreeSet;

use dadns_backends::{Backend, BackendError, BackendId};
use dadns_zone::{Zone, ZoneName};
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;

use super::Runner;
use crate::access::Part;
use crate::check;
use crate::logging::{counted, info, warning};
use crate::report::shape::Summary;
use crate::report::{Ended, Report};
use crate::store::{self, Author, StoreError};

/// How many zones are read together, and share a sync.
const SLICE: usize = 32;

/// Imports the zones that are on `id` and that the store does not know.
pub(super) async fn import(
    runner: &Runner,
    id: &BackendId,
    dry_run: bool,
    report: &Report,
) -> Result<Summary, Ended> {
    let Some(backend) = runner.backends.get(id) else {
        let known: Vec<_> = runner.backends.keys().map(BackendId::as_str).collect();
        return Err(Ended::Failed(format!(
            "there is no backend {id}; the enabled ones are {}",
            known.join(", ")
        )));
    };
    let failed = |error: BackendError| Ended::Failed(error.to_string());
    let unmanaged = match backend.unmanaged() {
        Some(unmanaged) => unmanaged.list().await.map_err(failed)?,
        None => BTreeSet::new(),
    };
    let ours = backend.list().await.map_err(failed)?;
    let known = check::all(&runner.store).await?;
    // Zones that we put there once, and of which the store knows nothing since it was lost.
    let lost = ours.iter().filter(|zone| !known.has(zone)).cloned();
    let zones: BTreeSet<ZoneName> = unmanaged.iter().cloned().chain(lost).collect();
    let total = zones.len();
    let mut summary = Summary::default();
    let zones: Vec<_> = zones.into_iter().collect();
    let mut done = 0;
    for slice in zones.chunks(SLICE) {
        let (known, unknown): (Vec<_>, Vec<_>) =
            slice.iter().cloned().partition(|zone| known.has(zone));
        let (theirs, ours): (Vec<_>, Vec<_>) = unknown
            .into_iter()
            .partition(|zone| unmanaged.contains(zone));
        let mut found: Vec<_> = known.into_iter().map(|zone| (zone, None)).collect();
        found.extend(read(backend.as_ref(), theirs, ours).await);
        let mut importing: FuturesUnordered<_> = found
            .into_iter()
            .map(|(name, read)| async {
                let imported = match read {
                    None => Ok(Imported::Known),
                    Some(read) => take(runner, id, read, dry_run).await,
                };
                imported.map(|imported| (name, imported))
            })
            .collect();
        while let Some(imported) = importing.next().await {
            let (name, imported) = imported?;
            let (result, detail) = imported.told();
            summary.count(result);
            report.backend(Some(&name), id, result, detail).await?;
            done += 1;
            report.progress(done, total).await?;
        }
    }
    let of = |result| summary.of(result);
    let ok = of("unreadable") == 0;
    let detail = format!(
        "{} on {id} that this gateway does not serve there: {} {}, {} known already, {} \
         could not be read",
        counted(total, "zone"),
        of("imported"),
        if dry_run {
            "would be imported"
        } else {
            "imported"
        },
        of("known"),
        of("unreadable"),
    );
    match (dry_run, ok) {
        (true, _) => {}
        (false, true) => info!(backend = %id, "import: {detail}"),
        (false, false) => warning!(backend = %id, "import: {detail}"),
    }
    Ok(Summary {
        ok,
        detail,
        ..summary
    })
}

/// What became of one zone.
enum Imported {
    Yes { records: usize, serial: u32 },
    Known,
    Unreadable(String),
}

impl Imported {
    fn told(&self) -> (&'static str, String) {
        match self {
            Self::Yes { records, serial } => (
                "imported",
                format!("{}, serial {serial}", counted(*records, "record")),
            ),
            Self::Known => (
                "known",
                "it was pushed or removed here before; nothing was changed".into(),
            ),
            Self::Unreadable(why) => ("unreadable", format!("{why}; left unchanged")),
        }
    }
}

/// A zone as it was read.
type Read = Result<Option<Zone>, BackendError>;

/// Reads zones that dadns did not put there, and others that it did.
async fn read(
    backend: &dyn Backend,
    theirs: Vec<ZoneName>,
    ours: Vec<ZoneName>,
) -> Vec<(ZoneName, Option<Read>)> {
    let mut all = Vec::with_capacity(theirs.len() + ours.len());
    if let (Some(unmanaged), false) = (backend.unmanaged(), theirs.is_empty()) {
        let read = unmanaged.read(&theirs).await;
        let read = read.into_iter().map(|read| Some(read.map(Some)));
        all.extend(theirs.into_iter().zip(read));
    }
    if !ours.is_empty() {
        let read = backend.read(&ours).await;
        all.extend(ours.into_iter().zip(read.into_iter().map(Some)));
    }
    all
}

async fn take(
    runner: &Runner,
    id: &BackendId,
    read: Read,
    dry_run: bool,
) -> Result<Imported, StoreError> {
    let zone = match read {
        Ok(Some(zone)) => zone,
        Ok(None) => return Ok(Imported::Unreadable("it is gone".into())),
        Err(error) => return Ok(Imported::Unreadable(error.to_string())),
    };
    let imported = Imported::Yes {
        records: zone.record_count(),
        serial: zone.serial(),
    };
    if dry_run {
        return Ok(imported);
    }
    let author = Author::new(Part::Import(id.clone()));
    Ok(match runner.store.import(author, zone).await? {
        store::Imported::Stored(_) => imported,
        store::Imported::Known => Imported::Known,
    })
}
