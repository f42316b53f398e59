//! Which TTL a set gets when its records disagree, as BIND decides it while it reads.
//!
//! BIND collects the records of a name as long as they follow one another (a *run*). Within a run the
//! first record of a type sets its TTL. When a later run comes back to a set, its TTL replaces the
//! set's. Glue of the delegation in hand does not end a run: it is collected beside it.

use std::collections::HashMap;
use std::hash::Hash;

use crate::Rtype;

/// A type with what it covers.
type Key = (Rtype, Option<Rtype>);

/// Consecutive records of one name.
#[derive(Default)]
struct Run {
    /// The owner as it was written: another case starts another run.
    owner: Vec<u8>,
    /// The TTL that each type has: the first that it was given.
    ttls: Known<Key, u32>,
    /// The name servers that the run has named, in lower case.
    servers: Known<Vec<u8>, ()>,
}

/// A map that is mostly small: few names have more types or name servers than a short search takes in.
struct Known<K, V> {
    few: Vec<(K, V)>,
    many: Option<HashMap<K, V>>,
}

impl<K, V> Default for Known<K, V> {
    fn default() -> Self {
        Self {
            few: Vec::new(),
            many: None,
        }
    }
}

impl<K: Eq + Hash, V: Copy> Known<K, V> {
    const FEW: usize = 16;

    fn get(&self, key: &K) -> Option<V> {
        let few = self.few.iter().find(|(known, _)| known == key);
        few.map(|(_, value)| *value)
            .or_else(|| self.many.as_ref()?.get(key).copied())
    }

    fn insert(&mut self, key: K, value: V) {
        if self.few.len() < Self::FEW {
            self.few.push((key, value));
        } else {
            self.many.get_or_insert_default().insert(key, value);
        }
    }
}

/// The runs that records are being added to.
#[derive(Default)]
pub(super) struct Runs {
    current: Option<Run>,
    glue: Option<Run>,
}

impl Runs {
    /// Goes on with `owner`, in wire form and in the case that it was written in.
    pub(super) fn enter(&mut self, owner: &[u8]) {
        if self.glue.as_ref().is_some_and(|glue| glue.owner != owner) {
            self.glue = None;
        }
        if self.glue.is_some()
            || self
                .current
                .as_ref()
                .is_some_and(|current| current.owner == owner)
        {
            return;
        }
        let run = Run {
            owner: owner.to_vec(),
            ..Run::default()
        };
        let is_glue = |current: &Run| {
            !current.servers.few.is_empty()
                && current.servers.get(&owner.to_ascii_lowercase()).is_some()
        };
        if self.current.as_ref().is_some_and(is_glue) {
            self.glue = Some(run);
        } else {
            self.current = Some(run);
        }
    }

    /// Adds a record, its data canonical, to the run in hand. Returns the TTL that counts.
    pub(super) fn add(&mut self, key: Key, ttl: u32, rdata: &[u8]) -> u32 {
        let in_glue = self.glue.is_some();
        let Some(run) = self.glue.as_mut().or(self.current.as_mut()) else {
            return ttl;
        };
        if key.0 == Rtype::NS && !in_glue {
            let server = rdata.to_vec();
            if run.servers.get(&server).is_none() {
                run.servers.insert(server, ());
            }
        }
        run.ttls.get(&key).unwrap_or_else(|| {
            run.ttls.insert(key, ttl);
            ttl
        })
    }
}
