//! The book after a restart: nobody could report meanwhile, so that each lease has its full time again.

use super::{Book, Entry};
use crate::registry::rules::check::Pulse;
use crate::registry::rules::{Change, Instance, Key, Now, Terms};

impl Book {
    /// The book of what was written: `index` is the highest that there was, `kept` who stays published though critical
    /// of each service.
    pub fn load(
        terms: Terms,
        index: u64,
        instances: impl IntoIterator<Item = (Instance, Vec<Change>)>,
        kept: impl IntoIterator<Item = (String, Vec<Key>)>,
        now: Now,
    ) -> Self {
        let mut book = Self::new(terms);
        // Readers that wait for a change have to look anew.
        book.index = index + 1;
        book.removed = book.index;
        let mut keys: Vec<Key> = Vec::new();
        for (mut instance, history) in instances {
            instance.critical_since = None;
            for check in &mut instance.registered.checks {
                check.pulse = Pulse::default();
                check.begin_lease(now.since);
            }
            keys.push(instance.key().clone());
            book.link(Entry {
                instance,
                history: history.into(),
                metrics: None,
                picked: 0,
                removal: None,
            });
        }
        for (service, kept) in kept {
            if let Some(known) = book.services.get_mut(&service) {
                let kept = kept.into_iter();
                known
                    .losses
                    .keep(kept.filter(|key| known.members.contains(key)));
            }
        }
        for key in &keys {
            book.arm(key);
            book.arm_probes(now, key);
            book.watch_critical(now, key);
        }
        book
    }
}
