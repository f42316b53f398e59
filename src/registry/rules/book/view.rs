//! What is asked of the book.

use std::collections::VecDeque;

use serde_json::Value;

use super::{Book, Entry, Group};
use crate::registry::rules::find::Wish;
use crate::registry::rules::{Change, Instance, Key, Status};

impl Book {
    /// The index: higher after each change, never 0.
    pub fn index(&self) -> u64 {
        self.index
    }

    /// The index after the last change of a service, or of what it was.
    pub fn index_of(&self, service: &str) -> u64 {
        let known = self.services.get(service);
        known.map_or(self.removed, |service| service.index)
    }

    /// How many instances there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Whether anything of it is in DNS, or was and is kept there.
    pub fn publishes(&self) -> bool {
        let mut services = self.services.values();
        services.any(|service| service.healthy > 0 || service.losses.is_stale())
    }

    /// An instance.
    pub fn get(&self, key: &Key) -> Option<&Instance> {
        self.entries.get(key).map(|entry| &entry.instance)
    }

    /// All instances, in the order of their keys.
    pub fn all(&self) -> impl Iterator<Item = &Instance> {
        self.entries.values().map(|entry| &entry.instance)
    }

    /// The instances of an agent, in the order of their ids.
    pub fn of_agent<'b>(&'b self, agent: &'b str) -> impl Iterator<Item = &'b Instance> {
        let first = Key {
            agent: agent.to_owned(),
            id: String::new(),
        };
        let from = self.entries.range(first..);
        let own = from.take_while(move |(key, _)| key.agent == agent);
        own.map(|(_, entry)| &entry.instance)
    }

    /// What its client said of an instance with its last heartbeat.
    pub fn metrics(&self, key: &Key) -> Option<&Value> {
        self.entries.get(key)?.metrics.as_ref()
    }

    /// The last changes of an instance, the newest last.
    pub fn history(&self, key: &Key) -> Option<&VecDeque<Change>> {
        self.entries.get(key).map(|entry| &entry.history)
    }

    /// The names of all services, in their order.
    pub fn services(&self) -> impl Iterator<Item = &str> {
        self.services.keys().map(String::as_str)
    }

    /// Whether there is a service of this name.
    pub fn has_service(&self, service: &str) -> bool {
        self.services.contains_key(service)
    }

    /// The instances of a service, in the order of their keys.
    pub fn of_service(&self, service: &str) -> impl Iterator<Item = &Instance> {
        self.entries_of(service).map(|entry| &entry.instance)
    }

    fn entries_of(&self, service: &str) -> impl Iterator<Item = &Entry> {
        let known = self.services.get(service);
        let keys = known.into_iter().flat_map(|service| &service.members);
        keys.filter_map(|key| self.entries.get(key))
    }

    /// How many instances of a service are published by their own status.
    pub(super) fn healthy(&self, service: &str) -> usize {
        self.services
            .get(service)
            .map_or(0, |service| service.healthy)
    }

    /// Whether what is published of a service is what it was before most of it vanished.
    pub fn is_stale(&self, service: &str) -> bool {
        let known = self.services.get(service);
        known.is_some_and(|service| service.losses.is_stale())
    }

    /// Whether an instance is published.
    pub fn is_published(&self, instance: &Instance) -> bool {
        let service = self.services.get(&instance.registered.service);
        let kept = |service: &super::Service| service.losses.keeps(instance.key());
        instance.status().is_published()
            || instance.status() == Status::Critical && service.is_some_and(kept)
    }

    /// What is published of a group: of a service those that are healthy, of a node or an address all.
    pub fn published(&self, group: &Group) -> Vec<&Instance> {
        let keys = self.groups.get(group).into_iter().flatten();
        let all = keys.filter_map(|key| self.get(key));
        let whole = matches!(group, Group::Node(_) | Group::Address(_));
        all.filter(|instance| whole || self.is_published(instance))
            .collect()
    }

    /// Every group that there is.
    pub fn groups(&self) -> Vec<Group> {
        self.groups.keys().cloned().collect()
    }

    /// The instances that suit a wish, the best first; what is given out counts.
    pub fn find(&mut self, wish: &Wish, random: impl FnMut() -> f64) -> Vec<Key> {
        let suits =
            |entry: &&Entry| self.is_published(&entry.instance) && wish.suits(&entry.instance);
        let suited: Vec<_> = self.entries_of(&wish.service).filter(suits).collect();
        let seen: Vec<_> = suited
            .iter()
            .map(|entry| (&entry.instance, entry.metrics.as_ref(), entry.picked))
            .collect();
        let turn = self
            .services
            .get(&wish.service)
            .map_or(0, |service| service.turn);
        let found = wish.sorted(seen, turn, random);
        if let Some(first) = found.first().and_then(|key| self.entries.get_mut(key)) {
            first.picked += 1;
        }
        if let Some(service) = self.services.get_mut(&wish.service) {
            service.turn = service.turn.wrapping_add(1);
        }
        found
    }
}
