//! Which TTL a set gets when its records disagree, as BIND decides it while it reads.
//!
//! BIND collects the records of a name as long as they follow one another (a *run*). Within a run the
//! first record of a type sets its TTL. When a later run comes back to a set, its TTL replaces the
//! set's. Glue of the delegation in hand does not end a run: it is collected beside it.

use std::collections::{HashMap, HashSet};

use crate::Rtype;

/// A type with what it covers.
type Key = (Rtype, Option<Rtype>);

/// Consecutive records of one name.
#[derive(Default)]
struct Run {
    /// The owner as it was written: another case starts another run.
    owner: Vec<u8>,
    ttls: Ttls,
    /// The name servers that the run has named, in lower case.
    servers: HashSet<Vec<u8>>,
}

/// The TTL that each type of a run has. Few names have more types than a short search takes in.
#[derive(Default)]
struct Ttls {
    few: Vec<(Key, u32)>,
    many: HashMap<Key, u32>,
}

impl Ttls {
    const FEW: usize = 16;

    /// The TTL of a type: the first that it was given.
    fn of(&mut self, key: Key, ttl: u32) -> u32 {
        if let Some((_, first)) = self.few.iter().find(|(known, _)| *known == key) {
            return *first;
        }
        if self.few.len() < Self::FEW {
            self.few.push((key, ttl));
            return ttl;
        }
        *self.many.entry(key).or_insert(ttl)
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
            !current.servers.is_empty() && current.servers.contains(&owner.to_ascii_lowercase())
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
        if key.0 == Rtype::NS && !in_glue && !run.servers.contains(rdata) {
            run.servers.insert(rdata.to_vec());
        }
        run.ttls.of(key, ttl)
    }
}
