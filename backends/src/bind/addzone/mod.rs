//! The second way to provision: zones are added, changed and removed over the control channel, and `named`
//! keeps them in its own database of added zones (the NZD). For a `named` with `allow-new-zones yes`.
//!
//! A new zone then costs a millisecond however many there are, where a `reconfig` reads every stanza again
//! and stops all answers meanwhile. The price: the list of zones is where operators do not look, and the
//! control channel cannot list it. So the zone files are the list: what stands in our directory with our
//! first words, and has no note of its removal, is ours and should be in the NZD.
//!
//! What `named` really does (tried on 9.18; read in 9.20 and 9.21), and what follows:
//!
//! | `named` | so |
//! |---|---|
//! | a zone in the NZD and in `named.conf` keeps it from starting, and from reading its configuration | the stanza leaves the include file before the record comes, and a step that fails leaves neither |
//! | `addzone` is durable when it answers | it is believed, but for what follows |
//! | `delzone` is not: a crash within some milliseconds brings the zone back | a removal waits, looks again, and leaves a [note](super::disk) until it is certain |
//! | a late `delzone` can take a new record of the same name away | what comes back waits, and is looked up afterwards |
//! | on a full database a zone is served and not saved | the check looks at both, and `modzone` saves it again |
//! | `showzone` tells what is saved, `zonestatus` from where the zone is | both are asked to judge a zone |
//!
//! Rejected: to write a text file of zones (NZF) and have `named` migrate it. That moves thousands at once,
//! but needs to write where `named` keeps its database, and a failure in between loses what others added.

mod command;
mod heal;
mod removals;

use std::time::Duration;

use dadns_zone::ZoneName;
use tokio::time::sleep;

pub(super) use self::command::{Kept, detect, forget, kept};
pub(super) use self::heal::{fault, finish_moves, heal, move_some};
pub(super) use self::removals::Removals;

use self::command::{add, modify};
use super::apply::Work;
use super::channel::{Answer, Rndc};
use super::disk::{Added, Change, Step};
use super::{Bind, diagnose, views};
use crate::BackendError;

/// How long after a removal the record of a zone may still vanish.
const LATE: Duration = Duration::from_millis(200);

/// What of a batch is `named`'s to do before it reloads.
#[derive(Debug)]
pub(super) struct Batch {
    added: Added,
}

impl Batch {
    /// Writes `changes` on disk.
    pub(super) async fn write(bind: &Bind, changes: Vec<Change>) -> Result<Self, BackendError> {
        let added = bind.on_disk(move |disk| {
            disk.mark()?;
            disk.write_added(&changes)
        });
        Ok(Self {
            added: added.await?,
        })
    }
}

/// Adds the new zones of a batch, moves those that had a stanza, and removes others.
pub(super) async fn provision(
    bind: &Bind,
    rndc: &Rndc,
    names: Vec<ZoneName>,
    batch: Batch,
    removals: &mut Removals,
) -> Result<Work, BackendError> {
    let Added {
        written,
        withdrawn,
        last_removed,
    } = batch.added;
    let mut work = Work::new(names, written);
    // Removals first: they take time to become certain.
    for (name, step) in work.steps() {
        if let Ok(Step::Removed { listed }) = step {
            let known = withdrawn.contains(name);
            *listed |= removals.remove(bind, rndc, name, known).await?;
        }
    }
    if let Some(early) = last_removed.and_then(|ago| LATE.checked_sub(ago)) {
        sleep(early).await;
    }
    for (name, step) in work.steps() {
        let Ok(Step::Put { written, new, .. }) = step else {
            continue;
        };
        let moved = withdrawn.contains(name);
        if moved {
            forget(bind, rndc, name).await?;
        }
        if moved || *new {
            *written = true;
            if let Err(said) = put(bind, rndc, name, last_removed.is_some()).await? {
                *step = Err(failed(bind, name, said).await);
            }
        }
    }
    removals.confirm(bind, rndc).await?;
    Ok(work)
}

/// Has `named` add a zone whose file stands there. `late`: a removal may still take its record away.
/// What it says to that, and that it is saved, is in the answer.
pub(super) async fn put(
    bind: &Bind,
    rndc: &Rndc,
    name: &ZoneName,
    late: bool,
) -> Result<Result<(), String>, BackendError> {
    match add(bind, rndc, name).await? {
        Err(said) => Ok(Err(said)),
        Ok(()) if late => save(bind, rndc, name).await,
        Ok(()) => Ok(Ok(())),
    }
}

/// What to do where `named` has answered so to the reload of a zone: it lacks the zone, or refuses what its
/// record says of it. `None`: nothing.
pub(super) async fn instead(
    bind: &Bind,
    rndc: &Rndc,
    name: &ZoneName,
    answer: &Answer,
) -> Result<Option<Result<(), String>>, BackendError> {
    if views::is_unknown(answer) {
        return put(bind, rndc, name, false).await.map(Some);
    }
    if answer.is_ok() {
        return Ok(None);
    }
    // The record may have options of another time, such as lower limits.
    match kept(bind, rndc, name).await? {
        Kept::Saved | Kept::SavedOtherwise | Kept::Unsaved => {}
        _ => return Ok(None),
    }
    if modify(bind, rndc, name).await?.is_err() {
        return Ok(None);
    }
    match views::reload(bind, rndc, name).await? {
        Ok(_) => Ok(Some(Ok(()))),
        Err(_) => Ok(None),
    }
}

/// Looks at a zone that is loaded: whether `named` has it from its database and has it saved there. Puts
/// right what is not so.
pub(super) async fn save(
    bind: &Bind,
    rndc: &Rndc,
    name: &ZoneName,
) -> Result<Result<(), String>, BackendError> {
    match kept(bind, rndc, name).await? {
        Kept::Nowhere => add(bind, rndc, name).await,
        Kept::Saved => Ok(Ok(())),
        Kept::Unsaved => modify(bind, rndc, name).await,
        Kept::SavedOtherwise => match modify(bind, rndc, name).await? {
            Ok(()) => Ok(views::reload(bind, rndc, name).await?.map(drop)),
            refused => Ok(refused),
        },
        // Its stanza is gone, and with the next reconfig it would be too.
        Kept::InConfiguration { ours: true } => {
            forget(bind, rndc, name).await?;
            add(bind, rndc, name).await
        }
        Kept::InConfiguration { ours: false } | Kept::Elsewhere => {
            Ok(Err(command::IS_OF_OTHERS.to_owned()))
        }
    }
}

/// Why `named` did not take the zone, as its result.
pub(super) async fn failed(bind: &Bind, name: &ZoneName, said: String) -> BackendError {
    let why = match command::explained(&said) {
        Some(why) => why,
        None => diagnose::why_not_loaded(bind, name, &said).await,
    };
    BackendError::zone(name, "adding it to named", why)
}
