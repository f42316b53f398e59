//! Zones that are removed, until `named` is known to have forgotten them.

use std::collections::BTreeMap;
use std::time::Duration;

use dadns_zone::ZoneName;
use tokio::time::{Instant, sleep};

use super::command::{Kept, forget, kept};
use crate::BackendError;
use crate::bind::Bind;
use crate::bind::channel::Rndc;
use crate::bind::disk::Disk;

/// After this long the record of a zone is gone, but for a `named` that is very busy.
const SOON: Duration = Duration::from_millis(30);
/// After this long it is certain: if `named` does not have the zone by then, no restart brings it back.
const CERTAIN: Duration = Duration::from_secs(1);
/// How often a zone that comes back is removed before the batch fails.
const TRIES: usize = 3;

/// Zones that `named` was told to forget, and since when.
#[derive(Debug, Default)]
pub(in crate::bind) struct Removals {
    waiting: BTreeMap<ZoneName, Instant>,
    /// Those of this batch.
    new: Vec<ZoneName>,
    /// Whether those that an earlier process noted are among them.
    loaded: bool,
}

impl Removals {
    /// Whether any zone may not be certainly gone.
    pub(in crate::bind) fn are_waiting(&self) -> bool {
        !self.loaded || !self.waiting.is_empty()
    }

    /// Has `named` forget the zone if it is ours. `known`: its stanza was. Says whether there was one.
    pub(super) async fn remove(
        &mut self,
        bind: &Bind,
        rndc: &Rndc,
        name: &ZoneName,
        known: bool,
    ) -> Result<bool, BackendError> {
        let had = known || is_ours(kept(bind, rndc, name).await?);
        if had {
            forget(bind, rndc, name).await?;
            self.new.push(name.clone());
        }
        if had || bind.disk.is_removed(name) {
            self.waiting.insert(name.clone(), Instant::now());
        }
        Ok(had)
    }

    /// Waits until the zones that this batch removed are gone, though `named` should be restarted now.
    pub(super) async fn confirm(&mut self, bind: &Bind, rndc: &Rndc) -> Result<(), BackendError> {
        for _ in 0..TRIES {
            let Some(last) = self
                .new
                .iter()
                .filter_map(|name| self.waiting.get(name))
                .max()
            else {
                return Ok(());
            };
            sleep(SOON.saturating_sub(last.elapsed())).await;
            let mut back = Vec::new();
            for name in std::mem::take(&mut self.new) {
                if is_ours(kept(bind, rndc, &name).await?) {
                    forget(bind, rndc, &name).await?;
                    self.waiting.insert(name.clone(), Instant::now());
                    back.push(name);
                }
            }
            self.new = back;
        }
        match std::mem::take(&mut self.new).first() {
            Some(name) => Err(BackendError::unreachable(
                format!("removing zone {name} from named"),
                "it comes back each time it is removed",
            )),
            None => Ok(()),
        }
    }

    /// Removes the files of zones that are certainly gone, and removes again what has come back.
    /// `restarted`: `named` was, so anything may have.
    pub(in crate::bind) async fn finish(
        &mut self,
        bind: &Bind,
        rndc: &Rndc,
        restarted: bool,
    ) -> Result<(), BackendError> {
        if !self.loaded {
            let (_, noted) = bind.on_disk(Disk::scan).await?;
            let now = Instant::now();
            self.waiting
                .extend(noted.into_iter().map(|name| (name, now)));
            self.loaded = true;
        }
        let due = self.waiting.iter();
        let due = due.filter(|(_, since)| restarted || since.elapsed() >= CERTAIN);
        let due: Vec<_> = due.map(|(name, since)| (name.clone(), *since)).collect();
        let mut gone = Vec::new();
        for (name, since) in due {
            if !bind.disk.is_removed(&name) {
                // It was put again, or its file was none of ours.
                self.waiting.remove(&name);
            } else if is_ours(kept(bind, rndc, &name).await?) {
                forget(bind, rndc, &name).await?;
                self.waiting.insert(name, Instant::now());
            } else if since.elapsed() >= CERTAIN {
                gone.push(name);
            }
        }
        if gone.is_empty() {
            return Ok(());
        }
        for name in &gone {
            self.waiting.remove(name);
        }
        bind.on_disk(move |disk| disk.finish_removals(&gone)).await
    }
}

fn is_ours(kept: Kept) -> bool {
    matches!(
        kept,
        Kept::Saved | Kept::SavedOtherwise | Kept::Unsaved | Kept::InConfiguration { ours: true }
    )
}
