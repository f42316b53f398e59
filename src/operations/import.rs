//! Taking over a running host: the zones of a backend that nobody pushed become desired state as they
//! are, so that every other backend gets them too and nothing goes dark.
//!
//! They have no owner until a master claims them, and only what the gateway has never heard of is taken:
//! doing it twice does nothing more.

use std::collections::BTreeSet;

use dadns_backends::{Backend, BackendError, BackendId};
use dadns_zone::{Zone, ZoneName};
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;

use super::shape::Summary;
use super::{Ended, Operator, Told};
use crate::check;
use crate::logging::{info, warning};
use crate::store::{Accepted, Author, Change, Edit, Moment, StoreError, VersionKind};

/// How many zones are read together, and share a sync.
const SLICE: usize = 32;

/// Takes in the zones that `id` holds and the store has never heard of.
pub(super) async fn import(
    operator: &Operator,
    id: &BackendId,
    dry_run: bool,
    told: &Told,
) -> Result<Summary, Ended> {
    let Some(backend) = operator.backends.get(id) else {
        let known: Vec<_> = operator.backends.keys().map(BackendId::as_str).collect();
        return Err(Ended::Failed(format!(
            "there is no backend {id} that is enabled; there are {}",
            known.join(", ")
        )));
    };
    let failed = |error: BackendError| Ended::Failed(error.to_string());
    let unmanaged = match backend.unmanaged() {
        Some(unmanaged) => unmanaged.list().await.map_err(failed)?,
        None => BTreeSet::new(),
    };
    let ours = backend.list().await.map_err(failed)?;
    let known = check::all(&operator.store).await?;
    // Zones that we put there once, and of which the store knows nothing since it was lost.
    let lost = ours.iter().filter(|zone| !known.has(zone)).cloned();
    let zones: BTreeSet<ZoneName> = unmanaged.iter().cloned().chain(lost).collect();
    let total = zones.len();
    let mut summary = Summary::default();
    let zones: Vec<_> = zones.into_iter().collect();
    let mut done = 0;
    for slice in zones.chunks(SLICE) {
        let unknown = slice.iter().filter(|zone| !known.has(zone));
        let (theirs, ours): (Vec<_>, Vec<_>) =
            unknown.cloned().partition(|zone| unmanaged.contains(zone));
        let mut found = Vec::with_capacity(slice.len());
        found.extend(
            slice
                .iter()
                .filter(|zone| known.has(zone))
                .map(|zone| (zone.clone(), None)),
        );
        found.extend(read(backend.as_ref(), theirs, ours).await);
        let mut taking: FuturesUnordered<_> = found
            .into_iter()
            .map(|(name, read)| async {
                let taken = match read {
                    None => Ok(Taken::Known),
                    Some(read) => take(operator, id, read, dry_run).await,
                };
                taken.map(|taken| (name, taken))
            })
            .collect();
        while let Some(taken) = taking.next().await {
            let (name, taken) = taken?;
            let (what, said) = taken.told();
            summary.count(what);
            told.item(Some(&name), id, what, said).await?;
            done += 1;
            told.progress(done, total).await?;
        }
    }
    let of = |what| summary.of(what);
    let well = of("unreadable") == 0;
    let said = format!(
        "{total} zone(s) on {id} that this gateway does not serve there: {} {}, {} known already, {} \
         could not be read",
        of("taken"),
        if dry_run {
            "would be taken in"
        } else {
            "taken in"
        },
        of("known"),
        of("unreadable"),
    );
    match (dry_run, well) {
        (true, _) => {}
        (false, true) => info!("import: {said}"),
        (false, false) => warning!("import: {said}"),
    }
    Ok(Summary {
        well,
        said,
        ..summary
    })
}

/// What became of one zone.
enum Taken {
    In { records: usize, serial: u32 },
    Known,
    Unreadable(String),
}

impl Taken {
    fn told(&self) -> (&'static str, String) {
        match self {
            Self::In { records, serial } => {
                ("taken", format!("{records} record(s), serial {serial}"))
            }
            Self::Known => (
                "known",
                "it is known here: what was pushed or removed here holds".into(),
            ),
            Self::Unreadable(why) => ("unreadable", format!("{why}; it is left as it is")),
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
    operator: &Operator,
    id: &BackendId,
    read: Read,
    dry_run: bool,
) -> Result<Taken, StoreError> {
    let zone = match read {
        Ok(Some(zone)) => zone,
        Ok(None) => return Ok(Taken::Unreadable("it is gone".into())),
        Err(error) => return Ok(Taken::Unreadable(error.to_string())),
    };
    let taken = Taken::In {
        records: zone.record_count(),
        serial: zone.serial(),
    };
    if dry_run {
        return Ok(taken);
    }
    let edit = Edit::Push {
        zone,
        warnings: Vec::new(),
        kind: VersionKind::Imported,
    };
    let change = Change {
        only_at: Some(Moment::at(0)),
        ..Change::new(Author::gateway(format!("import from {id}")), edit)
    };
    Ok(match operator.store.accept(change).await? {
        Accepted::Overtaken => Taken::Known,
        _ => taken,
    })
}
