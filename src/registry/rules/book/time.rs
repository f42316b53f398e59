//! What time does: leases end, and who is critical for too long is removed.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::time::Duration;

use super::Book;
use crate::registry::rules::timers::Due;
use crate::registry::rules::{Key, Kind, Now, Status};

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
                Some((at, Due::Probe(key, check))) => self.probe_is_due(now, at, &key, &check),
                Some((at, Due::Removal(key))) => self.removal_is_due(now, at, &key),
                None => return false,
            }
        }
        true
    }

    fn lease_ends(&mut self, now: Now, at: Duration, key: &Key, id: &str) {
        let Some(entry) = self.entries.get_mut(key) else {
            return;
        };
        let before = entry.instance.statuses();
        let mut checks = entry.instance.registered.checks.iter_mut();
        let Some(check) = checks.find(|check| check.id == id) else {
            return;
        };
        if check.pulse.armed != Some(at) {
            return;
        }
        check.pulse.armed = None;
        let overdue = check
            .pulse
            .deadline
            .is_some_and(|deadline| deadline <= now.since);
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
        self.follow(now, key, &before, &why, true);
    }

    /// Sets the timers of probes that have none. The first comes at a time within the interval that differs from check to
    /// check, so that they do not come all at once.
    pub(super) fn arm_probes(&mut self, now: Now, key: &Key) {
        let Some(entry) = self.entries.get_mut(key) else {
            return;
        };
        for check in &mut entry.instance.registered.checks {
            let Kind::Probe(probe) = &check.kind else {
                continue;
            };
            if check.pulse.armed.is_some() {
                continue;
            }
            let mut hasher = DefaultHasher::new();
            (key, &check.id).hash(&mut hasher);
            let share = hasher.finish() % 1_024;
            let first = now.since + probe.every.mul_f64(share as f64 / 1_024.0);
            check.pulse.armed = Some(first);
            self.timers
                .set(first, Due::Probe(key.clone(), check.id.clone()));
        }
    }

    fn probe_is_due(&mut self, now: Now, at: Duration, key: &Key, id: &str) {
        let Some(entry) = self.entries.get_mut(key) else {
            return;
        };
        let mut checks = entry.instance.registered.checks.iter_mut();
        let Some(check) = checks.find(|check| check.id == id) else {
            return;
        };
        let Kind::Probe(probe) = &check.kind else {
            return;
        };
        if check.pulse.armed != Some(at) {
            return;
        }
        let probe = probe.clone();
        // One that is late, as the process was stopped for a while, does not come many times.
        let next = (at + probe.every).max(now.since);
        check.pulse.armed = Some(next);
        self.timers
            .set(next, Due::Probe(key.clone(), id.to_owned()));
        self.effects
            .probes
            .push((key.clone(), id.to_owned(), probe));
    }

    /// A probe has found this.
    pub fn probed(&mut self, now: Now, key: &Key, id: &str, found: Status, output: &str) {
        let Some(entry) = self.entries.get_mut(key) else {
            return;
        };
        let before = entry.instance.statuses();
        let mut checks = entry.instance.registered.checks.iter_mut();
        let Some(check) = checks.find(|check| check.id == id) else {
            return;
        };
        check.probed(found, output);
        let why = format!("{}: {output}", check.name);
        self.follow(now, key, &before, &why, true);
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
            let at = since + after;
            // One that is due sooner looks again.
            if entry.removal.is_none_or(|removal| removal > at) {
                entry.removal = Some(at);
                self.timers.set(at, Due::Removal(key.clone()));
            }
        }
    }

    /// Drops the timers of checks that are no more, when they are most of all: a client that registers again and again
    /// with other checks must not fill the memory.
    pub(super) fn drop_old_timers(&mut self) {
        if self.timers.len() < 10_000 + 8 * self.entries.len() {
            return;
        }
        let entries = &self.entries;
        self.timers.retain(|at, due| match due {
            Due::Lease(key, id) | Due::Probe(key, id) => entries.get(key).is_some_and(|entry| {
                let mut checks = entry.instance.registered.checks.iter();
                checks.any(|check| check.id == *id && check.pulse.armed == Some(at))
            }),
            Due::Removal(key) => entries.get(key).is_some_and(|one| one.removal == Some(at)),
        });
    }

    fn removal_is_due(&mut self, now: Now, at: Duration, key: &Key) {
        let otherwise = self.terms.deregister_after;
        let Some(entry) = self.entries.get_mut(key) else {
            return;
        };
        if entry.removal != Some(at) {
            return;
        }
        entry.removal = None;
        let instance = &entry.instance;
        let after = instance.registered.deregister_after.or(otherwise);
        let (Some(since), Some(after)) = (instance.critical_since, after) else {
            return;
        };
        let due = since + after;
        if due > now.since {
            entry.removal = Some(due);
            self.timers.set(due, Due::Removal(key.clone()));
            return;
        }
        let service = self.services.get(&instance.registered.service);
        if service.is_some_and(|service| service.losses.keeps(key)) {
            // Its loss is not believed: asked again later.
            let again = now.since + after.max(Duration::from_secs(1));
            entry.removal = Some(again);
            self.timers.set(again, Due::Removal(key.clone()));
            return;
        }
        self.remove(
            key,
            &format!("critical for more than {} s", after.as_secs()),
        );
    }
}
