//! After a failed write: refuses changes, waits until the disk takes writes again, opens the engine anew, and
//! goes on with what is on disk.
//!
//! What a failed write has left on disk nobody knows: a change that was answered with an error may be there or
//! not. So all that is mirrored in memory is read again, and lanes are woken for what is pending now.
//!
//! Results that lanes bring meanwhile are only noted in memory: what was done is not done again, and a zone
//! that is delivered twice after all is as harmless as after a crash.
//!
//! Tokens are not read again: one that was revoked is revoked, whatever the disk says.

use std::time::{Duration, Instant};

use super::commit::Committer;
use super::pending;
use super::roster::Roster;
use super::serials::Serials;
use super::{Shared, StoreError};
use crate::engine::OpenError;
use crate::logging::{error, success};

/// How often it is tried whether the disk takes writes again.
pub(super) const PAUSE: Duration = Duration::from_secs(1);

/// What the committer knows of the trouble.
#[derive(Debug)]
pub(super) struct Trouble {
    /// Whether a write failed, so that the engine has to be opened anew.
    failed: bool,
    next_try: Instant,
}

impl Trouble {
    /// How long until the next try.
    pub fn wait(&self) -> Duration {
        self.next_try.saturating_duration_since(Instant::now())
    }
}

impl Committer {
    /// A write failed. Changes are refused from now on.
    pub(super) fn fail(&mut self, cause: &StoreError) {
        if self.trouble.as_ref().is_some_and(|trouble| trouble.failed) {
            return;
        }
        self.unsynced = None;
        self.trouble = Some(Trouble {
            failed: true,
            next_try: Instant::now() + PAUSE,
        });
        self.shared.failure.begin(cause);
        error!(
            "the store can no longer be written: {cause}; changes are refused, and the disk is tried \
             every second until it takes writes again"
        );
    }

    /// Whether results and the like can be written now. Where they cannot for want of room, what is pending
    /// is read again once there is some: nothing of what comes meanwhile is on disk.
    pub(super) fn takes_notes(&mut self) -> bool {
        if self.trouble.is_some() {
            return false;
        }
        let room = self.shared.db.check_room(0).is_ok();
        if !room {
            self.trouble = Some(Trouble {
                failed: false,
                next_try: Instant::now() + PAUSE,
            });
        }
        room
    }

    /// Goes on, if the time for a try has come and the disk takes writes again.
    pub(super) fn recover(&mut self) {
        let Some(trouble) = &mut self.trouble else {
            return;
        };
        if !trouble.wait().is_zero() {
            return;
        }
        trouble.next_try = Instant::now() + PAUSE;
        let failed = trouble.failed;
        match self.shared.recovered(failed) {
            Ok(()) => {
                self.trouble = None;
                self.shared.failure.end();
                if failed {
                    success!("the store can be written again: changes are accepted");
                }
            }
            // What is still read of the old one ends in a moment.
            Err(StoreError::Open(OpenError::InUse { .. })) => {}
            Err(cause) if failed => self.told(&cause),
            Err(_) => {}
        }
    }

    /// Says why it cannot go on yet, once for each cause.
    fn told(&mut self, cause: &StoreError) {
        let cause = cause.to_string();
        if self.told != cause {
            error!("the store cannot be written yet: {cause}");
            self.told = cause;
        }
    }
}

impl Shared {
    /// Goes on with what is on disk, from an engine that is opened anew where it has failed.
    fn recovered(&self, failed: bool) -> Result<(), StoreError> {
        self.db.try_disk()?;
        if failed {
            self.db.reopen()?;
            // Pushes that the guard holds.
            *self.held.lock() = self.db.held_zones()?;
            *self.edited.lock() = self.db.edited()?;
            self.serials.replace(Serials::load(&self.db)?);
            self.roster.replace(Roster::load(&self.db)?);
            self.placed.reload(&self.db)?;
            if let Some(sharing) = &self.sharing {
                sharing.reload(&self.db)?;
            }
            self.cache.clear();
            self.fresh.clear();
        }
        for (backend, queue) in &self.queues {
            let set = pending::of(&self.db, backend)?;
            *queue.pending.lock() = set;
            queue.wake.notify_one();
        }
        self.recorded.send_modify(|count| *count += 1);
        Ok(())
    }
}
