//! The book: every instance, whose it is and how it is. All that happens goes through it, one step after the other.
//!
//! Each step leaves [`Effects`]: what has to be on disk before anybody is told, what is to be published anew, and what
//! the log has to say. So the book itself needs no disk, and its tests no time.

mod effects;
mod load;
mod pools;
mod renew;
mod report;
mod time;
mod view;

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::net::IpAddr;
use std::time::Duration;

use serde_json::Value;

use super::change::REMEMBERED;
use super::guard::Losses;
use super::timers::{Due, Timers};
use super::{Address, Change, Client, Instance, Key, Now, Refused, Registration, Status, Terms};
pub use effects::{Effects, Group, News, Write};
pub use renew::Renewal;
use renew::renew;
pub use report::Beat;

/// All instances.
#[derive(Debug)]
pub struct Book {
    terms: Terms,
    entries: BTreeMap<Key, Entry>,
    services: BTreeMap<String, Service>,
    /// What is published together.
    groups: BTreeMap<Group, BTreeSet<Key>>,
    /// How many instances are at each address.
    addresses: HashMap<IpAddr, usize>,
    /// How many instances each client has.
    counts: HashMap<String, usize>,
    pub(super) timers: Timers,
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
    /// The timer of its removal.
    removal: Option<Duration>,
}

/// A service.
#[derive(Debug, Default)]
struct Service {
    members: BTreeSet<Key>,
    /// The index after its last change.
    index: u64,
    losses: Losses,
    /// How many of them are published by their own status.
    healthy: usize,
    /// Whose turn it is.
    turn: usize,
}

impl Book {
    /// An empty book.
    pub fn new(terms: Terms) -> Self {
        Self {
            terms,
            entries: BTreeMap::new(),
            services: BTreeMap::new(),
            groups: BTreeMap::new(),
            addresses: HashMap::new(),
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
        self.give_address(&mut new)?;
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
        self.renewed(now, client, client, new);
        Ok(())
    }

    /// Whether `client` may register this.
    fn may_register(&self, client: &Client, new: &Registration) -> Result<(), Refused> {
        let known = self.entries.get(&new.key);
        if let Some(known) = known
            && !client.may_replace(&known.instance.owner)
        {
            return Err(Refused::taken(&known.instance));
        }
        // Who is one of the service already does not join it.
        if known.is_some_and(|known| known.instance.registered.service == new.service) {
            return Ok(());
        }
        // By the name in DNS, which has no case.
        let members = self.groups.get(&Group::service(&new.service));
        let members = members.into_iter().flatten();
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

    /// `client` has it registered, for `owner`.
    fn put(&mut self, now: Now, client: &Client, owner: &Client, new: Registration) {
        let key = new.key.clone();
        let before = self.unlink(&key);
        self.index += 1;
        let known = before.is_some();
        let mut instance = Instance {
            registered: new,
            owner: owner.clone(),
            maintenance: None,
            created: self.index,
            modified: self.index,
            critical_since: None,
        };
        let mut history = VecDeque::new();
        let (mut was, mut removal) = (None, None);
        if let Some(before) = before {
            was = Some(before.instance.registered.service);
            removal = before.removal;
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
            removal,
        });
        self.note(now, &key, &why);
        self.arm(&key);
        self.arm_probes(now, &key);
        self.watch_critical(now, &key);
        self.left(was, &key);
        self.drop_old_timers();
    }

    /// An instance that was one of service `was` is registered anew: as another one's, or healthy.
    fn left(&mut self, was: Option<String>, key: &Key) {
        let (Some(was), Some(entry)) = (was, self.entries.get(key)) else {
            return;
        };
        let instance = &entry.instance;
        let moved = instance.registered.service != was;
        if moved || instance.status() != Status::Critical {
            self.recovered(&was, key);
        }
        if moved {
            self.touch(&was);
            self.forget_if_empty(&was);
        }
    }

    /// A service without instances is none.
    fn forget_if_empty(&mut self, service: &str) {
        let known = self.services.get(service);
        if known.is_some_and(|known| known.members.is_empty()) {
            self.services.remove(service);
            self.removed = self.index;
        }
    }

    /// Removes an instance.
    ///
    /// # Errors
    /// Why it is refused; then nothing changes.
    pub fn deregister(&mut self, client: &Client, key: &Key) -> Result<(), Refused> {
        let entry = self.entry(key)?;
        if !client.may_report(&entry.instance.owner) {
            return Err(Refused::taken(&entry.instance));
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
        self.forget_if_empty(&service);
    }

    /// Puts an entry where it is found.
    fn link(&mut self, entry: Entry) {
        let key = entry.instance.key().clone();
        let service = &entry.instance.registered.service;
        let members = self.services.entry(service.clone()).or_default();
        members.members.insert(key.clone());
        members.index = self.index;
        members.healthy += usize::from(entry.instance.status().is_published());
        for group in entry.instance.groups() {
            self.groups.entry(group).or_default().insert(key.clone());
        }
        if let Address::Ip(ip) = entry.instance.registered.address {
            *self.addresses.entry(ip).or_default() += 1;
        }
        let counted = self.counts.entry(entry.instance.owner.counted_as());
        *counted.or_default() += 1;
        self.effects.publish(&entry.instance);
        self.entries.insert(key, entry);
    }

    /// Takes an entry from where it is found.
    fn unlink(&mut self, key: &Key) -> Option<Entry> {
        let entry = self.entries.remove(key)?;
        if let Some(service) = self.services.get_mut(&entry.instance.registered.service) {
            service.members.remove(key);
            service.healthy -= usize::from(entry.instance.status().is_published());
        }
        for group in entry.instance.groups() {
            if let Some(keys) = self.groups.get_mut(&group) {
                keys.remove(key);
                if keys.is_empty() {
                    self.groups.remove(&group);
                }
            }
        }
        if let Address::Ip(ip) = entry.instance.registered.address
            && let Some(count) = self.addresses.get_mut(&ip)
        {
            *count -= 1;
            if *count == 0 {
                self.addresses.remove(&ip);
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
        self.entries
            .get(key)
            .ok_or_else(|| Refused::Unknown(key.clone()))
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

    fn arm(&mut self, key: &Key) {
        if let Some(entry) = self.entries.get_mut(key) {
            entry.arm(&mut self.timers);
        }
    }
}

impl Entry {
    /// Sets the timers of leases that have none in time.
    fn arm(&mut self, timers: &mut Timers) {
        let Registration { key, checks, .. } = &mut self.instance.registered;
        for check in checks {
            let pulse = &mut check.pulse;
            let Some(deadline) = pulse.deadline.filter(|_| check.status < Status::Critical) else {
                continue;
            };
            if pulse.armed.is_none_or(|armed| armed > deadline) {
                pulse.armed = Some(deadline);
                timers.set(deadline, Due::Lease(key.clone(), check.id.clone()));
            }
        }
    }
}
