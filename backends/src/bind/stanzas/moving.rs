//! Back from the database of `named` into the include file.
//!
//! A zone in both places would keep `named` from starting, and `named` forgets a zone some moments after it
//! has said so. So zones go some at a time: they are forgotten, a moment passes, their stanzas go in, and
//! `named` reads them. Meanwhile `named` refuses queries for those zones, which resolvers then ask of another server.

use std::time::Duration;

use dadns_zone::ZoneName;
use tokio::time::sleep;

use crate::BackendError;
use crate::bind::addzone::{Kept, forget, kept};
use crate::bind::channel::Rndc;
use crate::bind::disk::Disk;
use crate::bind::{Bind, addzone};

/// How many zones are moved together: forgetting as many takes about as long as a small `reconfig`.
const SOME: usize = 100;
/// What `named` needs to forget zones, and how often more time than that.
const MOMENT: Duration = Duration::from_millis(50);
const TRIES: u32 = 4;

/// Gives those of `names` that `named` has in its database a stanza instead.
pub(in crate::bind) async fn move_back(
    bind: &Bind,
    rndc: &Rndc,
    names: &[ZoneName],
) -> Result<(), BackendError> {
    if !bind.disk.is_marked() {
        return Ok(());
    }
    let names = names.to_vec();
    let left = bind
        .on_disk(move |disk| disk.without_stanza(&names))
        .await?;
    for some in left.chunks(SOME) {
        let mut added = Vec::new();
        for name in some {
            match kept(bind, rndc, name).await? {
                Kept::Saved | Kept::SavedOtherwise | Kept::Unsaved => added.push(name.clone()),
                Kept::Nowhere | Kept::InConfiguration { .. } | Kept::Elsewhere => {}
            }
        }
        if added.is_empty() {
            continue;
        }
        for name in &added {
            forget(bind, rndc, name).await?;
        }
        give_stanzas(bind, rndc, &added).await?;
    }
    Ok(())
}

async fn give_stanzas(bind: &Bind, rndc: &Rndc, names: &[ZoneName]) -> Result<(), BackendError> {
    let mut said = String::new();
    for attempt in 1..=TRIES {
        sleep(MOMENT * attempt).await;
        let names = names.to_vec();
        let Some(before) = bind.on_disk(move |disk| disk.add(&names)).await? else {
            return Ok(());
        };
        match rndc.call("reconfig").await {
            Ok(Ok(_)) => return Ok(()),
            Ok(Err(refused)) => said = refused,
            Err(error) => {
                bind.on_disk(move |disk| disk.restore(&before, &[])).await?;
                return Err(error);
            }
        }
        bind.on_disk(move |disk| disk.restore(&before, &[])).await?;
    }
    // Better from its database than not at all.
    for name in names {
        let _ = addzone::put(bind, rndc, name, true).await?;
    }
    Err(super::refused(bind, &said).await)
}

/// Forgets that `named` had zones of ours in its database, once it has none.
pub(in crate::bind) async fn unmark(bind: &Bind) -> Result<(), BackendError> {
    if !bind.disk.is_marked() {
        return Ok(());
    }
    match bind.on_disk(|disk| disk.has_without_stanza()).await? {
        false => bind.on_disk(Disk::unmark).await,
        true => Ok(()),
    }
}
