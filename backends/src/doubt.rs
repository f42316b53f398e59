//! Zones that a place holds as it should and does not answer so.
//!
//! To compare and write only what differs would leave them so for ever: what the servers have loaded is
//! something else than what is written now. So such a zone is written anew the next time it is put.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use dadns_zone::ZoneName;

use crate::Answers;

/// The zones that were last found to be answered otherwise than they should be.
#[derive(Debug, Default)]
pub(crate) struct Doubted(Mutex<BTreeSet<ZoneName>>);

impl Doubted {
    /// Takes note of what `name` was found to be answered with.
    pub fn note(&self, name: &ZoneName, answers: &Answers) {
        let mut all = self.lock();
        match answers {
            Answers::Checked {
                wrong_count: 1.., ..
            } => {
                all.insert(name.clone());
            }
            _ => {
                all.remove(name);
            }
        }
    }

    /// Takes note that the servers did not load `name`.
    pub fn doubt(&self, name: &ZoneName) {
        self.lock().insert(name.clone());
    }

    /// Whether `name` has to be written anew; not any more after that.
    pub fn take(&self, name: &ZoneName) -> bool {
        self.lock().remove(name)
    }

    fn lock(&self) -> MutexGuard<'_, BTreeSet<ZoneName>> {
        // A set is whole after any panic.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
