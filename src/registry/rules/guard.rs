//! A mass expiry is not truth: when most of a service vanishes at once, it is more likely that the reports of its
//! instances do not come through. Then what was published last stays published, and is marked stale.

use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

use super::Key;

/// When a loss of instances is not believed.
#[derive(Debug, Clone, Copy)]
pub struct GuardRule {
    /// More than this share, in percent.
    pub percent: usize,
    /// Of at least so many.
    pub from: usize,
    /// Within this time.
    pub within: Duration,
}

/// What a service lost lately, and what of it stays published.
#[derive(Debug, Default)]
pub struct Losses {
    /// Who became critical without having said so, and when.
    recent: VecDeque<(Duration, Key)>,
    /// Who stays published though critical; empty: nobody.
    kept: BTreeSet<Key>,
}

impl Losses {
    /// An instance became critical by itself. `healthy` are still published.
    pub fn lost(&mut self, rule: &GuardRule, now: Duration, key: &Key, healthy: usize) -> bool {
        self.recent
            .retain(|(at, known)| *at + rule.within > now && known != key);
        self.recent.push_back((now, key.clone()));
        if self.is_stale() {
            self.kept.insert(key.clone());
            return false;
        }
        let lost = self.recent.len();
        let all = healthy + lost;
        if all < rule.from || lost * 100 <= all * rule.percent {
            return false;
        }
        self.kept = self.recent.iter().map(|(_, key)| key.clone()).collect();
        true
    }

    /// An instance works again, is taken out, or is removed. Whether the loss of the others is believed from now
    /// on, as most work.
    pub fn gone(&mut self, rule: &GuardRule, key: &Key, healthy: usize) -> bool {
        self.recent.retain(|(_, known)| known != key);
        if !self.kept.remove(key) {
            return false;
        }
        self.is_over(rule, healthy)
    }

    fn is_over(&mut self, rule: &GuardRule, healthy: usize) -> bool {
        let lost = self.kept.len();
        let over = lost * 100 <= (healthy + lost) * rule.percent;
        if over {
            self.kept.clear();
            self.recent.clear();
        }
        over
    }

    /// The loss is believed, as an operator says so. Whether there was one.
    pub fn believe(&mut self) -> bool {
        self.recent.clear();
        !std::mem::take(&mut self.kept).is_empty()
    }

    /// Whether somebody stays published though critical.
    pub fn is_stale(&self) -> bool {
        !self.kept.is_empty()
    }

    /// Whether this one does.
    pub fn keeps(&self, key: &Key) -> bool {
        self.kept.contains(key)
    }

    /// Who does.
    pub fn kept(&self) -> &BTreeSet<Key> {
        &self.kept
    }

    /// These do, as before a restart.
    pub fn keep(&mut self, keys: impl IntoIterator<Item = Key>) {
        self.kept.extend(keys);
    }
}
