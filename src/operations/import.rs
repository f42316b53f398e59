//! Taking over a running host: the zones of a backend that nobody pushed become desired state as they
//! are, so that every other backend gets them too and nothing goes dark.
//!
//! They have no owner until a master claims them, and only what the gateway has never heard of is taken:
//! doing it twice does nothing more.

use std::collections::BTreeSet;

use dadns_backends::{Backend, BackendId};
use dadns_zone::{Zone, ZoneName};
use futures_util::{StreamExt, stream};

use super::shape::Summary;
use super::{Ended, Operator, Told};
use crate::check;
use crate::logging::{info, warning};
use crate::store::{Author, Imported, StoreError};

/// How many zones are read at once, and share a sync.
const AT_ONCE: usize = 32;

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
    let failed = |error: dadns_backends::BackendError| Ended::Failed(error.to_string());
    let unmanaged = backend.unmanaged().await.map_err(failed)?;
    let ours = backend.list().await.map_err(failed)?;
    let known = check::all(&operator.store).await?;
    // Zones that we put there once, and of which the store knows nothing since it was lost.
    let lost = ours.iter().filter(|zone| !known.has(zone)).cloned();
    let zones: BTreeSet<ZoneName> = unmanaged.iter().cloned().chain(lost).collect();
    let total = zones.len();
    let mut summary = Summary::default();
    let mut taking = stream::iter(zones)
        .map(|name| async {
            let found = match known.has(&name) {
                true => Taken::Known,
                false => {
                    take(
                        operator,
                        backend.as_ref(),
                        &name,
                        unmanaged.contains(&name),
                        dry_run,
                    )
                    .await?
                }
            };
            Ok::<_, StoreError>((name, found))
        })
        .buffer_unordered(AT_ONCE);
    let mut done = 0;
    while let Some(taken) = taking.next().await {
        let (name, taken) = taken?;
        let (what, said) = taken.told();
        summary.count(what);
        told.item(Some(&name), id, what, said).await?;
        done += 1;
        told.progress(done, total).await?;
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

async fn take(
    operator: &Operator,
    backend: &dyn Backend,
    name: &ZoneName,
    unmanaged: bool,
    dry_run: bool,
) -> Result<Taken, StoreError> {
    let read = match unmanaged {
        true => backend.read_unmanaged(name).await.map(Some),
        false => backend.read(name).await,
    };
    let zone: Zone = match read {
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
    let author = Author::gateway(format!("import from {}", backend.id()));
    Ok(match operator.store.import(author, zone).await? {
        Imported::Stored(_) => taken,
        Imported::Known => Taken::Known,
    })
}
