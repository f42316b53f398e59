//! The book: every instance, whose it is and how it is. All that happens goes through it, one step after the other.
//!
//! Each step leaves [`Effects`]: what has to be on disk before anybody is told, what is to be published anew, and what
//! the log has to say. So the book itself needs no disk, and its tests no time.

mod effects;
mod load;
mod report;
mod time;
mod view;

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use serde_json::Value;

use super::change::REMEMBERED;
use super::guard::Losses;
use super::timers::{Due, Timers};
use super::{Change, Client, Instance, Key, Now, Refused, Registration, Status, Terms};
pub use effects::{Effects, Group, News, Write};
pub use report::Beat;

/// All instances.
#[derive(Debug)]
pub struct Book {
    terms: Terms,
    entries: BTreeMap<Key, Entry>,
    services: BTreeMap<String, Service>,
    nodes: BTreeMap<String, BTreeSet<Key>>,
    /// How many instances each client has.
    counts: HashMap<String, usize>,
    timers: Timers,
    /// Counts changes; never 0.
    index: u64,
    /// The index after the last removal.
    removed: u64,
    effects: Effects,
}

/// An instance with what is known of it beside.
#[derive(Debug)]
struct Entry {
    instance: Instance,
    history: VecDeque<Change>,
    /// What its client said of itself with the last heartbeat.
    metrics: Option<Value>,
    /// How often it was given out.
    picked: u64,
}

/// A service.
#[derive(Debug, Default)]
struct Service {
    members: BTreeSet<Key>,
    /// The index after its last change.
    index: u64,
    losses: Losses,
    /// Whose turn it is.
    turn: usize,
}

/// What stays of a registration that is made anew.
#[derive(Debug, Clone, Copy, Default)]
pub struct Renewal {
    /// Checks with the same id and of the same kind keep their status.
    pub keeps_status: bool,
    /// Checks that are not named any more stay.
    pub keeps_checks: bool,
}

impl Book {
    /// An empty book.
    pub fn new(terms: Terms) -> Self {
        Self {
            terms,
            entries: BTreeMap::new(),
            services: BTreeMap::new(),
            nodes: BTreeMap::new(),
            counts: HashMap::new(),
            timers: Timers::default(),
            index: 1,
            removed: 1,
            effects: Effects::default(),
        }
    }

    /// What the steps since the last call have left.
    pub fn take_effects(&mut self) -> Effects {
        std::mem::take(&mut self.effects)
    }

    /// Registers an instance, or replaces what was registered by its key.
    ///
    /// # Errors
    /// Why it is refused; then nothing changes.
    pub fn register(
        &mut self,
        now: Now,
        client: &Client,
        mut new: Registration,
        renewal: Renewal,
    ) -> Result<(), Refused> {
        new.check()?;
        let key = new.key.clone();
        self.may_register(client, &new)?;
        let before = self.entries.get(&key);
        if let Some(before) = before {
            let known = &before.instance.registered.checks;
            renew(&mut new.checks, known, renewal);
            new.check()?;
        }
        for check in &mut new.checks {
            if check.lease().is_some() {
                check.beat(now.since);
            }
        }
        let same = |entry: &Entry| {
            let known = &entry.instance;
            let same = Registration {
                checks: without_pulse(&known.registered.checks),
                ..known.registered.clone()
            };
            let checks = without_pulse(&new.checks);
            same == Registration { checks, ..new.clone() } && known.owner.is(client)
        };
        if let Some(entry) = self.entries.get_mut(&key)
            && same(entry)
        {
            entry.instance.registered.checks = new.checks;
            self.arm(&key);
            self.arm_probes(now, &key);
            return Ok(());
        }
        self.put(now, client, new);
        Ok(())
    }

    /// Whether `client` may register this.
    fn may_register(&self, client: &Client, new: &Registration) -> Result<(), Refused> {
        let known = self.entries.get(&new.key);
        if let Some(known) = known
            && !client.may_replace(&known.instance.owner)
        {
            return Err(taken(&known.instance));
        }
        let members = self.services.get(&new.service);
        let members = members.into_iter().flat_map(|service| &service.members);
        let mut owners = members.filter_map(|key| Some(&self.entries.get(key)?.instance.owner));
        if client.account.is_none() && owners.any(|owner| owner.account.is_some()) {
            return Err(Refused::NeedsToken(new.service.clone()));
        }
        if known.is_some() {
            return Ok(());
        }
        let limits = &self.terms.limits;
        let own = self.counts.get(&client.counted_as()).copied();
        if self.entries.len() >= limits.instances {
            let (most, key) = (limits.instances, "registry.instances");
            return Err(Refused::TooMany { most, key });
        }
        if own.unwrap_or_default() >= limits.per_client {
            let (most, key) = (limits.per_client, "registry.instances_per_client");
            return Err(Refused::TooMany { most, key });
        }
        Ok(())
    }

    fn put(&mut self, now: Now, client: &Client, new: Registration) {
        let key = new.key.clone();
        let before = self.unlink(&key);
        self.index += 1;
        let known = before.is_some();
        let mut instance = Instance {
            registered: new,
            owner: client.clone(),
            maintenance: None,
            created: self.index,
            modified: self.index,
            critical_since: None,
        };
        let mut history = VecDeque::new();
        if let Some(before) = before {
            history = before.history;
            instance.created = before.instance.created;
            instance.maintenance = before.instance.maintenance;
            instance.critical_since = before.instance.critical_since;
        }
        let why = match known {
            true => format!("registered again by {client}"),
            false => format!("registered by {client}"),
        };
        self.effects.news.push(News::Registered {
            key: key.clone(),
            service: instance.registered.service.clone(),
            by: client.to_string(),
            again: known,
        });
        self.link(Entry {
            instance,
            history,
            metrics: None,
            picked: 0,
        });
        self.note(now, &key, &why);
        self.arm(&key);
        self.arm_probes(now, &key);
        self.watch_critical(now, &key);
    }

    /// Removes an instance.
    ///
    /// # Errors
    /// Why it is refused; then nothing changes.
    pub fn deregister(&mut self, client: &Client, key: &Key) -> Result<(), Refused> {
        let entry = self.entry(key)?;
        if !client.may_report(&entry.instance.owner) {
            return Err(taken(&entry.instance));
        }
        self.remove(key, &format!("deregistered by {client}"));
        Ok(())
    }

    fn remove(&mut self, key: &Key, why: &str) {
        let Some(entry) = self.unlink(key) else {
            return;
        };
        self.index += 1;
        self.removed = self.index;
        let service = entry.instance.registered.service;
        if let Some(left) = self.services.get_mut(&service) {
            left.index = self.index;
        }
        let changes = entry.history.iter();
        let forgotten = changes.map(|change| Write::Forgotten(key.clone(), change.index));
        self.effects.writes.extend(forgotten);
        self.effects.writes.push(Write::Removed(key.clone()));
        self.effects.news.push(News::Removed {
            key: key.clone(),
            service: service.clone(),
            why: why.to_owned(),
        });
        self.recovered(&service, key);
        if self.services.get(&service).is_some_and(|left| left.members.is_empty()) {
            self.services.remove(&service);
        }
    }

    /// Puts an entry where it is found.
    fn link(&mut self, entry: Entry) {
        let key = entry.instance.key().clone();
        let Registration { service, node, .. } = &entry.instance.registered;
        let members = self.services.entry(service.clone()).or_default();
        members.members.insert(key.clone());
        members.index = self.index;
        if !node.is_empty() {
            let node = self.nodes.entry(node.clone()).or_default();
            node.insert(key.clone());
        }
        let counted = self.counts.entry(entry.instance.owner.counted_as());
        *counted.or_default() += 1;
        self.effects.publish(&entry.instance);
        self.entries.insert(key, entry);
    }

    /// Takes an entry from where it is found.
    fn unlink(&mut self, key: &Key) -> Option<Entry> {
        let entry = self.entries.remove(key)?;
        let Registration { service, node, .. } = &entry.instance.registered;
        if let Some(service) = self.services.get_mut(service) {
            service.members.remove(key);
        }
        if let Some(keys) = self.nodes.get_mut(node) {
            keys.remove(key);
            if keys.is_empty() {
                self.nodes.remove(node);
            }
        }
        let counted = entry.instance.owner.counted_as();
        if let Some(count) = self.counts.get_mut(&counted) {
            *count -= 1;
            if *count == 0 {
                self.counts.remove(&counted);
            }
        }
        self.effects.publish(&entry.instance);
        Some(entry)
    }

    fn entry(&self, key: &Key) -> Result<&Entry, Refused> {
        self.entries.get(key).ok_or_else(|| Refused::Unknown(key.clone()))
    }

    /// Notes that an instance is as it is now: in its history, and to be written.
    fn note(&mut self, now: Now, key: &Key, why: &str) {
        let Some(entry) = self.entries.get_mut(key) else {
            return;
        };
        let change = Change::new(self.index, now.at, entry.instance.status(), why);
        entry.history.push_back(change.clone());
        let writes = &mut self.effects.writes;
        if entry.history.len() > REMEMBERED
            && let Some(oldest) = entry.history.pop_front()
        {
            writes.push(Write::Forgotten(key.clone(), oldest.index));
        }
        writes.push(Write::Change(key.clone(), change));
        writes.push(Write::Instance(Box::new(entry.instance.clone())));
    }

    /// Sets the timers of leases that have none in time.
    fn arm(&mut self, key: &Key) {
        let Some(entry) = self.entries.get_mut(key) else {
            return;
        };
        for check in &mut entry.instance.registered.checks {
            let pulse = &mut check.pulse;
            let Some(deadline) = pulse.deadline.filter(|_| check.status < Status::Critical) else {
                continue;
            };
            if pulse.armed.is_none_or(|armed| armed > deadline) {
                pulse.armed = Some(deadline);
                self.timers.set(deadline, Due::Lease(key.clone(), check.id.clone()));
            }
        }
    }
}

/// Carries over what stays of the checks that an instance had.
fn renew(new: &mut Vec<super::Check>, known: &[super::Check], renewal: Renewal) {
    for check in new.iter_mut() {
        let before = known.iter().find(|before| before.id == check.id);
        let same = |before: &&super::Check| {
            std::mem::discriminant(&before.kind) == std::mem::discriminant(&check.kind)
        };
        let Some(before) = before.filter(same) else {
            continue;
        };
        check.pulse = before.pulse.clone();
        if renewal.keeps_status {
            check.status = before.status;
            check.output.clone_from(&before.output);
        }
    }
    if renewal.keeps_checks {
        let missing = |check: &&super::Check| new.iter().all(|other| other.id != check.id);
        let missing: Vec<_> = known.iter().filter(missing).cloned().collect();
        new.extend(missing);
    }
}

fn without_pulse(checks: &[super::Check]) -> Vec<super::Check> {
    let checks = checks.iter().cloned();
    checks
        .map(|check| super::Check {
            pulse: super::check::Pulse::default(),
            ..check
        })
        .collect()
}

fn taken(instance: &Instance) -> Refused {
    Refused::Taken {
        key: instance.key().clone(),
        owner: match instance.owner.account {
            Some(_) => "one with a token or account",
            None => "one without a token, from another address",
        },
    }
}
