//! What an operator should hear of while the server runs.

use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

/// The pause between lines about what others bring about and could flood the log with.
const PAUSE: Duration = Duration::from_secs(10);

/// Something that an operator should hear of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// It does not go as it should.
    Trouble(String),
    /// It does again.
    Well(String),
}

/// Whoever tells the operator.
pub type Tell = Arc<dyn Fn(News) + Send + Sync>;

/// Tells of what clients bring about, now and then.
#[derive(Default)]
pub(super) struct Reporter {
    tell: OnceLock<Tell>,
    told: Mutex<Option<Instant>>,
}

impl Reporter {
    /// From now on `tell` is told; the first one that is set stays.
    pub fn tell_to(&self, tell: Tell) {
        let _ = self.tell.set(tell);
    }

    /// Tells of trouble, if the last such line is long enough ago.
    pub fn trouble(&self, what: impl FnOnce() -> String) {
        let Some(tell) = self.tell.get() else {
            return;
        };
        {
            let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
            if told.is_some_and(|told| told.elapsed() < PAUSE) {
                return;
            }
            *told = Some(Instant::now());
        }
        tell(News::Trouble(what()));
    }
}

impl fmt::Debug for Reporter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Reporter")
    }
}
