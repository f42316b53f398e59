//! What is said of an instance: heartbeats, reports of its checks, maintenance.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Book, Entry, News, Write};
use crate::registry::rules::change::shortened;
use crate::registry::rules::limits::OUTPUT;
use crate::registry::rules::{Client, Key, Now, Refused, Status};

/// What a client says of an instance with a heartbeat.
#[derive(Debug, Clone, Default)]
pub struct Beat {
    /// Whether it wants no more work; `None`: as before.
    pub busy: Option<bool>,
    /// What it says of itself; `None`: nothing new.
    pub metrics: Option<Value>,
}

impl Book {
    /// An instance is alive: all its leases begin anew, and pass.
    ///
    /// # Errors
    /// Why it is refused; then nothing changes.
    pub fn heartbeat(
        &mut self,
        now: Now,
        client: &Client,
        key: &Key,
        beat: Beat,
    ) -> Result<(), Refused> {
        let entry = reported(&mut self.entries, client, key)?;
        entry.instance.registered.busy = beat.busy.unwrap_or(entry.instance.registered.busy);
        if beat.metrics.is_some() {
            entry.metrics = beat.metrics;
        }
        let before = entry.instance.statuses();
        for check in &mut entry.instance.registered.checks {
            if check.lease().is_some() {
                check.beat(now.since);
                check.status = Status::Passing;
                check.output.clear();
            }
        }
        self.effects.heartbeats += 1;
        entry.arm(&mut self.timers);
        // Almost always nothing follows, and thousands come in a second.
        if entry.instance.statuses() != before {
            self.follow(now, key, &before, "its heartbeat came", false);
        }
        Ok(())
    }

    /// An instance, or one of its checks, is like this.
    ///
    /// # Errors
    /// Why it is refused; then nothing changes.
    pub fn report(
        &mut self,
        now: Now,
        client: &Client,
        key: &Key,
        check: Option<&str>,
        status: Status,
        output: &str,
    ) -> Result<(), Refused> {
        let entry = reported(&mut self.entries, client, key)?;
        let before = entry.instance.statuses();
        let checks = &mut entry.instance.registered.checks;
        let mut found = false;
        for known in checks {
            if check.is_none_or(|id| known.id == id) {
                found = true;
                known.status = status;
                shortened(output, OUTPUT).clone_into(&mut known.output);
                if known.lease().is_some() {
                    known.beat(now.since);
                }
            }
        }
        if let (false, Some(check)) = (found, check) {
            let (key, check) = (key.clone(), check.to_owned());
            return Err(Refused::NoCheck { key, check });
        }
        self.effects.heartbeats += 1;
        entry.arm(&mut self.timers);
        let why = match output.is_empty() {
            true => format!("{client} reported it {status}"),
            false => format!("{client} reported it {status}: {output}"),
        };
        self.follow(now, key, &before, &why, false);
        Ok(())
    }

    /// An instance is taken out, or back in: `None`.
    ///
    /// # Errors
    /// Why it is refused; then nothing changes.
    pub fn maintain(
        &mut self,
        now: Now,
        client: &Client,
        key: &Key,
        why: Option<&str>,
    ) -> Result<(), Refused> {
        let entry = reported(&mut self.entries, client, key)?;
        let before = entry.instance.statuses();
        entry.instance.maintenance = why.map(|why| shortened(why, OUTPUT).to_owned());
        let said = match why {
            Some("") => format!("taken out by {client}"),
            Some(why) => format!("taken out by {client}: {why}"),
            None => format!("taken back in by {client}"),
        };
        self.follow(now, key, &before, &said, false);
        Ok(())
    }

    /// What is published of a service is from now on what is healthy, as an operator says so. Whether it was not.
    pub fn believe(&mut self, service: &str) -> bool {
        let Some(known) = self.services.get_mut(service) else {
            return false;
        };
        let was_stale = known.losses.believe();
        if was_stale {
            self.index += 1;
            self.touch(service);
            self.effects
                .writes
                .push(Write::Kept(service.to_owned(), Vec::new()));
            let service = service.to_owned();
            self.effects.news.push(News::Fresh { service });
        }
        was_stale
    }

    /// What follows when an instance and its checks had the status `before`. `by_itself`: nobody said so, a report is missing.
    pub(super) fn follow(
        &mut self,
        now: Now,
        key: &Key,
        before: &(Status, Vec<Status>),
        why: &str,
        by_itself: bool,
    ) {
        let Some(entry) = self.entries.get_mut(key) else {
            return;
        };
        let after = entry.instance.statuses();
        if after == *before {
            return;
        }
        self.index += 1;
        entry.instance.modified = self.index;
        let service = entry.instance.registered.service.clone();
        let (status, before) = (after.0, before.0);
        if status == before {
            // Only one of its checks.
            let written = Write::Instance(Box::new(entry.instance.clone()));
            self.effects.writes.push(written);
            self.touch(&service);
            return;
        }
        self.effects.publish(&entry.instance);
        if let Some(known) = self.services.get_mut(&service) {
            known.healthy += usize::from(status.is_published());
            known.healthy -= usize::from(before.is_published());
        }
        self.effects.news.push(News::Status {
            key: key.clone(),
            service: service.clone(),
            status,
            why: why.to_owned(),
        });
        self.note(now, key, why);
        self.touch(&service);
        self.watch_critical(now, key);
        match (by_itself && !status.is_published(), before.is_published()) {
            (true, true) => self.lost(now, &service, key),
            (true, false) => {}
            (false, _) => self.recovered(&service, key),
        }
    }

    /// A service has changed.
    pub(super) fn touch(&mut self, service: &str) {
        if let Some(known) = self.services.get_mut(service) {
            known.index = self.index;
        }
        self.effects.groups.insert(super::Group::service(service));
    }

    /// An instance became critical by itself.
    fn lost(&mut self, now: Now, service: &str, key: &Key) {
        let healthy = self.healthy(service);
        let Some(known) = self.services.get_mut(service) else {
            return;
        };
        let begins = known
            .losses
            .lost(&self.terms.guard, now.since, key, healthy);
        if known.losses.is_stale() {
            self.effects.keep(service, &known.losses);
        }
        if begins {
            let kept = known.losses.kept().len();
            let service = service.to_owned();
            self.effects.news.push(News::Stale { service, kept });
        }
    }

    /// An instance works again, or was taken out by who may.
    pub(super) fn recovered(&mut self, service: &str, key: &Key) {
        let healthy = self.healthy(service);
        let Some(known) = self.services.get_mut(service) else {
            return;
        };
        let was_kept = known.losses.keeps(key);
        let is_over = known.losses.gone(&self.terms.guard, key, healthy);
        if was_kept {
            self.effects.keep(service, &known.losses);
        }
        if is_over {
            let service = service.to_owned();
            self.effects.news.push(News::Fresh { service });
        }
    }
}

/// The instance of `key`, if `client` may report on it.
fn reported<'e>(
    entries: &'e mut BTreeMap<Key, Entry>,
    client: &Client,
    key: &Key,
) -> Result<&'e mut Entry, Refused> {
    let entry = entries.get_mut(key);
    let entry = entry.ok_or_else(|| Refused::Unknown(key.clone()))?;
    match client.may_report(&entry.instance.owner) {
        true => Ok(entry),
        false => Err(Refused::taken(&entry.instance)),
    }
}
