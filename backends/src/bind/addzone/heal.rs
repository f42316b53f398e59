//! Whether `named` keeps our zones as it should, and what is done where it does not.

use dadns_zone::ZoneName;

use super::command::{Kept, kept};
use super::{put, save};
use crate::bind::Bind;
use crate::bind::channel::Rndc;
use crate::bind::disk::Disk;
use crate::{BackendError, Served};

/// How many zones are looked at in a row, and of how many stanzas zones are moved at a probe.
const SOME: usize = 500;

/// What is wrong with how `named` keeps a zone that it serves. `None`: nothing.
pub(in crate::bind) async fn fault(
    bind: &Bind,
    rndc: &Rndc,
    name: &ZoneName,
) -> Result<Option<Served>, BackendError> {
    // It is to be moved, and served all the same.
    if bind.disk.lists(name) {
        return Ok(None);
    }
    let said = match kept(bind, rndc, name).await? {
        Kept::Saved | Kept::SavedOtherwise | Kept::Nowhere => return Ok(None),
        Kept::Unsaved => {
            "as named has it, but named has not saved it: a restart of named would lose it"
        }
        Kept::InConfiguration { ours: true } => {
            "from a stanza that is gone: the next reconfig would lose it"
        }
        Kept::InConfiguration { ours: false } | Kept::Elsewhere => super::command::IS_OF_OTHERS,
    };
    Ok(Some(Served::Broken(said.to_owned())))
}

/// After a start of `named`, looks whether it has our zones, and adds those that it lacks. It looks at some,
/// and goes on for as long as it finds something to do: the check looks at all of them.
pub(in crate::bind) async fn heal(bind: &Bind, rndc: &Rndc) -> Result<(), BackendError> {
    let names = bind.on_disk(|disk| Ok(disk.scan()?.0)).await?;
    let stanzas = bind.on_disk(Disk::stanzas).await?;
    let names: Vec<_> = names.difference(&stanzas).collect();
    for some in names.chunks(SOME) {
        let mut healed = false;
        for name in some {
            let is_fine = match kept(bind, rndc, name).await? {
                Kept::Saved => true,
                // Somebody else's is left to the check, which says so.
                Kept::Elsewhere | Kept::InConfiguration { ours: false } => true,
                Kept::Nowhere => {
                    // What named refuses is pending, or is found by the check.
                    let _ = put(bind, rndc, name, false).await?;
                    false
                }
                Kept::SavedOtherwise | Kept::Unsaved | Kept::InConfiguration { ours: true } => {
                    let _ = save(bind, rndc, name).await?;
                    false
                }
            };
            healed |= !is_fine;
        }
        if !healed {
            break;
        }
    }
    Ok(())
}

/// Moves some of the zones that have a stanza still, while nothing else is to be done. `moving`: those whose
/// stanza is gone already.
pub(in crate::bind) async fn move_some(
    bind: &Bind,
    rndc: &Rndc,
    moving: &mut Vec<ZoneName>,
) -> Result<(), BackendError> {
    if moving.is_empty() {
        *moving = bind
            .on_disk(|disk| {
                disk.mark()?;
                disk.withdraw_some(SOME)
            })
            .await?;
    }
    finish_moves(bind, rndc, moving).await
}

/// Adds the zones whose stanza is gone.
pub(in crate::bind) async fn finish_moves(
    bind: &Bind,
    rndc: &Rndc,
    moving: &mut Vec<ZoneName>,
) -> Result<(), BackendError> {
    while let Some(name) = moving.last() {
        // What named refuses then, the check finds and tells.
        if !bind.disk.is_removed(name) {
            let _ = save(bind, rndc, name).await?;
        }
        moving.pop();
    }
    Ok(())
}
