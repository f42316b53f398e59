//! Which TTL a set gets when its records disagree, as BIND decides it while it reads.
//!
//! BIND collects the records of a name as long as they follow one another (a *run*). Within a run the
//! first record of a type sets its TTL. When a later run comes back to a set, its TTL replaces the
//! set's. Glue of the delegation in hand does not end a run: it is collected beside it.

use crate::{MAX_SET_LEN, MAX_TYPES_PER_NAME, Rtype};

/// A type with what it covers.
type Key = (Rtype, Option<Rtype>);

/// Consecutive records of one name.
#[derive(Default)]
struct Run {
    /// The owner as it was written: another case starts another run.
    owner: Vec<u8>,
    ttls: Vec<(Key, u32)>,
    /// The name servers that the run has named.
    servers: Vec<Vec<u8>>,
}

impl Run {
    fn add_server(&mut self, server: &[u8]) {
        let known = |known: &Vec<u8>| known == server;
        if self.servers.len() <= MAX_SET_LEN && !self.servers.iter().any(known) {
            self.servers.push(server.to_vec());
        }
    }
}

/// The runs that records are being added to. What a run remembers is bounded: a zone with more types at
/// a name or more records in a set is refused when it is complete.
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
            current
                .servers
                .iter()
                .any(|server| server.eq_ignore_ascii_case(owner))
        };
        if self.current.as_ref().is_some_and(is_glue) {
            self.glue = Some(run);
        } else {
            self.current = Some(run);
        }
    }

    /// Adds a record to the run in hand. Returns the TTL that counts.
    pub(super) fn add(&mut self, key: Key, ttl: u32, rdata: &[u8]) -> u32 {
        let in_glue = self.glue.is_some();
        let Some(run) = self.glue.as_mut().or(self.current.as_mut()) else {
            return ttl;
        };
        if key.0 == Rtype::NS && !in_glue {
            run.add_server(rdata);
        }
        match run.ttls.iter().find(|(known, _)| *known == key) {
            Some((_, first)) => *first,
            None => {
                if run.ttls.len() <= MAX_TYPES_PER_NAME {
                    run.ttls.push((key, ttl));
                }
                ttl
            }
        }
    }
}
