//! Whether the store can be written, and why not.

use parking_lot::RwLock;
use tokio::sync::Notify;

use super::{Store, StoreError};

/// What keeps the store from being written, if anything does.
#[derive(Debug, Default)]
pub(super) struct Failure {
    state: RwLock<State>,
    /// Rings when it has failed for good.
    ended: Notify,
}

#[derive(Debug, Default)]
struct State {
    cause: Option<StoreError>,
    for_good: bool,
}

impl Failure {
    /// Why it cannot be written now.
    pub fn now(&self) -> Option<StoreError> {
        self.state.read().cause.clone()
    }

    /// It could not be written. Only the first failure tells why: the others follow from it.
    pub fn begin(&self, cause: &StoreError) {
        self.state
            .write()
            .cause
            .get_or_insert_with(|| cause.clone());
    }

    /// It can be written again, unless nobody is there who would.
    pub fn end(&self) {
        let mut state = self.state.write();
        if !state.for_good {
            state.cause = None;
        }
    }

    /// It cannot be written by this process any more.
    pub fn for_good(&self, cause: StoreError) {
        let mut state = self.state.write();
        state.cause.get_or_insert(cause);
        state.for_good = true;
        drop(state);
        self.ended.notify_waiters();
    }

    fn ended(&self) -> Option<StoreError> {
        let state = self.state.read();
        state.cause.clone().filter(|_| state.for_good)
    }
}

impl Store {
    /// Why the store can take no changes now, because it could not be written, if that is so.
    pub fn failure(&self) -> Option<StoreError> {
        self.shared.failure.now()
    }

    /// Waits until the store has failed for good.
    pub async fn failed(&self) -> StoreError {
        loop {
            let ended = self.shared.failure.ended.notified();
            if let Some(error) = self.shared.failure.ended() {
                return error;
            }
            ended.await;
        }
    }
}
