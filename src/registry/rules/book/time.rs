//! What time does: leases end, and who is critical for too long is removed.

use std::time::Duration;

use super::Book;
use crate::registry::rules::timers::Due;
use crate::registry::rules::{Key, Now, Status};

/// How many timers one step looks at: whoever waits for the book is let in between.
const AT_ONCE: usize = 1_000;

impl Book {
    /// When something is due next, by the clock of [`Now::since`].
    pub fn next_due(&self) -> Option<Duration> {
        self.timers.next()
    }

    /// Does what is due. Whether there is more of it.
    pub fn tick(&mut self, now: Now) -> bool {
        for _ in 0..AT_ONCE {
            match self.timers.pop(now.since) {
                Some((at, Due::Lease(key, check))) => self.lease_ends(now, at, &key, &check),
                Some((_, Due::Removal(key))) => self.removal_is_due(now, &key),
                None => return false,
            }
        }
        true
    }

    fn lease_ends(&mut self, now: Now, at: Duration, key: &Key, id: &str) {
        let Some(entry) = self.entries.get_mut(key) else {
            return;
        };
        let before = entry.instance.status();
        let mut checks = entry.instance.registered.checks.iter_mut();
        let Some(check) = checks.find(|check| check.id == id) else {
            return;
        };
        if check.pulse.armed != Some(at) {
            return;
        }
        check.pulse.armed = None;
        let overdue = check.pulse.deadline.is_some_and(|deadline| deadline <= now.since);
        if !overdue || check.status >= Status::Critical {
            self.arm(key);
            return;
        }
        let lease = check.lease().unwrap_or_default().as_secs();
        check.status = Status::Critical;
        check.output = match check.output.as_str() {
            "" => "TTL expired".to_owned(),
            said => format!("TTL expired (last output before timeout follows): {said}"),
        };
        let why = format!("no heartbeat came for {lease} s");
        self.follow(now, key, before, &why, true);
    }

    /// Has an instance that is critical be removed in time.
    pub(super) fn watch_critical(&mut self, now: Now, key: &Key) {
        let otherwise = self.terms.deregister_after;
        let Some(entry) = self.entries.get_mut(key) else {
            return;
        };
        let instance = &mut entry.instance;
        if instance.status() != Status::Critical {
            instance.critical_since = None;
            return;
        }
        let since = *instance.critical_since.get_or_insert(now.since);
        if let Some(after) = instance.registered.deregister_after.or(otherwise) {
            self.timers.set(since + after, Due::Removal(key.clone()));
        }
    }

    fn removal_is_due(&mut self, now: Now, key: &Key) {
        let otherwise = self.terms.deregister_after;
        let Some(entry) = self.entries.get(key) else {
            return;
        };
        let instance = &entry.instance;
        let after = instance.registered.deregister_after.or(otherwise);
        let (Some(since), Some(after)) = (instance.critical_since, after) else {
            return;
        };
        if since + after > now.since {
            return;
        }
        let service = self.services.get(&instance.registered.service);
        if service.is_some_and(|service| service.losses.keeps(key)) {
            // Its loss is not believed: asked again later.
            let again = now.since + after.max(Duration::from_secs(1));
            self.timers.set(again, Due::Removal(key.clone()));
            return;
        }
        self.remove(key, &format!("critical for more than {} s", after.as_secs()));
    }
}
