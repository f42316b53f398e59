//! The rules of a ledger, on maps.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use bytes::Bytes;

use super::super::{
    Claim, Document, Fence, FollowError, Landmark, Lease, LedgerError, News, Note, Refused, Stamp,
    Write,
};

/// Most writes that are taken or refused together.
const SHARED: usize = 64;

/// Most documents that a follower is given at once, but for those of one stamp.
const NEWS: usize = 256;

/// All that the engine knows.
#[derive(Debug, Clone, Default)]
pub(super) struct State {
    pub stamp: u64,
    /// The cluster, and when it was made.
    pub cluster: Option<(Bytes, u64)>,
    pub documents: BTreeMap<String, Document>,
    notes: BTreeMap<String, (Note, Option<Lease>)>,
    leases: BTreeMap<i64, Granted>,
    /// The time of leases.
    clock: Duration,
    /// Every write of a document.
    history: BTreeSet<Landmark>,
    /// What was written before is forgotten.
    pub forgotten: u64,
    /// Whether nobody gets an answer.
    pub stopped: bool,
}

#[derive(Debug, Clone)]
struct Granted {
    lasts: Duration,
    over: Duration,
}

/// What a follower is told next.
pub(super) enum Next {
    News(News),
    Nothing,
    Over(FollowError),
}

impl State {
    fn tick(&mut self) -> u64 {
        self.stamp += 1;
        self.stamp
    }

    /// Writes what still stands as it was seen: up to 64 together, or else each alone.
    pub fn commit(&mut self, writes: &[Write], ours: &(Bytes, u64)) -> Vec<Result<Stamp, Refused>> {
        if self.cluster.as_ref() != Some(ours) {
            let cause = "the engine holds another cluster than at the start: restart dadns and see dadns cluster status";
            let refused = Refused::Rejected(LedgerError::new("write", cause));
            return writes.iter().map(|_| Err(refused.clone())).collect();
        }
        let mut results = Vec::with_capacity(writes.len());
        for group in writes.chunks(SHARED) {
            if group.iter().all(|write| self.stands(write)) {
                self.put(group);
                results.extend(group.iter().map(|write| Ok(self.stamp_of(write))));
            } else {
                results.extend(group.iter().map(|write| self.commit_one(write)));
            }
        }
        results
    }

    fn commit_one(&mut self, write: &Write) -> Result<Stamp, Refused> {
        if self.stands(write) {
            self.put(std::slice::from_ref(write));
            return Ok(self.stamp_of(write));
        }
        match self.documents.get(&write.name) {
            Some(document) if document.id == write.id => Ok(document.stamp),
            found => Err(Refused::Changed(found.cloned())),
        }
    }

    fn stands(&self, write: &Write) -> bool {
        self.stamp_of(write) == write.seen
    }

    fn stamp_of(&self, write: &Write) -> Stamp {
        let found = self.documents.get(&write.name);
        found.map_or_else(Stamp::default, |document| document.stamp)
    }

    fn put(&mut self, writes: &[Write]) {
        if writes.iter().all(|write| write.value.is_none()) {
            return;
        }
        let stamp = Stamp(self.tick());
        for write in writes {
            let Some(value) = write.value.clone() else {
                continue;
            };
            let document = Document {
                name: write.name.clone(),
                stamp,
                id: write.id,
                value,
            };
            self.history.insert(Landmark::from(&document));
            self.documents.insert(write.name.clone(), document);
        }
    }

    /// Writes a document whatever it says.
    pub fn overwrite(&mut self, name: String, value: Bytes) {
        let write = Write {
            name,
            seen: Stamp::default(),
            id: [0xff; 16],
            value: Some(value),
        };
        self.put(&[write]);
    }

    pub fn forget_before(&mut self, stamp: Stamp) {
        self.forgotten = self.forgotten.max(stamp.0);
        let documents = &self.documents;
        self.history.retain(|known| {
            let stands = documents.get(&known.name);
            known.stamp >= stamp || stands.is_some_and(|document| document.stamp == known.stamp)
        });
    }

    pub fn below(&self, prefix: &str) -> Vec<Document> {
        let from = self.documents.range(prefix.to_owned()..);
        let below = from.take_while(|(name, _)| name.starts_with(prefix));
        below.map(|(_, document)| document.clone()).collect()
    }

    /// What a follower with this cursor is told; `first`: it has been told nothing yet; `last`: what it was told last.
    pub fn next(
        &self,
        cursor: Stamp,
        known: Option<&(Bytes, u64)>,
        last: Option<&Landmark>,
        first: bool,
    ) -> Next {
        let name = |cluster: Option<&(Bytes, u64)>| {
            let value = cluster.map(|(value, _)| String::from_utf8_lossy(value).into_owned());
            value.unwrap_or_default()
        };
        if self.cluster.is_none() || known.is_some() && known != self.cluster.as_ref() {
            return Next::Over(FollowError::Other {
                found: name(self.cluster.as_ref()),
                known: name(known),
            });
        }
        if self.stamp < cursor.0 {
            return Next::Over(FollowError::Behind {
                engine: Stamp(self.stamp),
                seen: cursor,
            });
        }
        if let Some(last) = last.filter(|last| !self.history.contains(last)) {
            return Next::Over(match last.stamp.0 < self.forgotten {
                true => FollowError::Forgotten(last.stamp),
                false => FollowError::Restored(last.stamp),
            });
        }
        if cursor.0 < self.forgotten {
            return Next::Over(FollowError::Forgotten(Stamp(self.forgotten)));
        }
        if cursor.0 == self.stamp && !first {
            return Next::Nothing;
        }
        let mut documents: Vec<_> = self
            .documents
            .values()
            .filter(|document| document.stamp > cursor)
            .cloned()
            .collect();
        documents.sort_by_key(|document| document.stamp);
        let mut cursor = Stamp(self.stamp);
        if documents.len() > NEWS {
            let last = documents[NEWS - 1].stamp;
            documents.retain(|document| document.stamp <= last);
            cursor = last;
        }
        Next::News(News { documents, cursor })
    }

    /// Makes a cluster where there is none.
    pub fn found(&mut self, cluster: Bytes) -> Option<(Bytes, u64)> {
        if self.cluster.is_some() {
            return None;
        }
        self.cluster = Some((cluster, self.tick()));
        self.cluster.clone()
    }

    pub fn grant(&mut self, seconds: u32) -> Lease {
        let lasts = Duration::from_secs(seconds.into());
        let over = self.clock + lasts;
        let last = self.leases.last_key_value().map_or(0, |(lease, _)| *lease);
        // A number that was used before must not come back to life.
        let lease = last.max(i64::try_from(self.stamp).unwrap_or(i64::MAX)) + 1;
        self.tick();
        self.leases.insert(lease, Granted { lasts, over });
        Lease(lease)
    }

    pub fn keep_alive(&mut self, lease: Lease) -> bool {
        let Some(granted) = self.leases.get_mut(&lease.0) else {
            return false;
        };
        granted.over = self.clock + granted.lasts;
        true
    }

    pub fn revoke(&mut self, lease: Lease) {
        self.leases.remove(&lease.0);
        let before = self.notes.len();
        self.notes.retain(|_, (_, under)| *under != Some(lease));
        if self.notes.len() < before {
            self.tick();
        }
    }

    /// Lets time pass, and ends what is over.
    pub fn pass(&mut self, time: Duration) {
        self.clock += time;
        let over = self
            .leases
            .iter()
            .filter(|(_, granted)| granted.over <= self.clock);
        let over: Vec<_> = over.map(|(lease, _)| Lease(*lease)).collect();
        for lease in over {
            self.revoke(lease);
        }
    }

    pub fn claim(&mut self, name: &str, lease: Lease, value: Bytes) -> Result<Claim, LedgerError> {
        if let Some((note, under)) = self.notes.get(name) {
            return Ok(match *under == Some(lease) {
                true => Claim::Ours(note.made),
                false => Claim::Theirs(note.value.clone()),
            });
        }
        self.note(name, value, Some(lease), None)?;
        Ok(Claim::Ours(Fence(self.stamp)))
    }

    pub fn note(
        &mut self,
        name: &str,
        value: Bytes,
        lease: Option<Lease>,
        claimed: Option<(&str, Fence)>,
    ) -> Result<bool, LedgerError> {
        let made = |name: &str| self.notes.get(name).map(|(note, _)| note.made);
        if claimed.is_some_and(|(name, fence)| made(name) != Some(fence)) {
            return Ok(false);
        }
        if lease.is_some_and(|lease| !self.leases.contains_key(&lease.0)) {
            return Err(LedgerError::new("write a note", "the lease is over"));
        }
        let made = made(name);
        let stamp = self.tick();
        let note = Note {
            name: name.into(),
            made: made.unwrap_or(Fence(stamp)),
            stamp: Stamp(stamp),
            value,
        };
        self.notes.insert(name.into(), (note, lease));
        Ok(true)
    }

    pub fn notes_below(&self, prefix: &str) -> Vec<Note> {
        let from = self.notes.range(prefix.to_owned()..);
        let below = from.take_while(|(name, _)| name.starts_with(prefix));
        below.map(|(_, (note, _))| note.clone()).collect()
    }

    pub fn remove_note(&mut self, name: &str) {
        if self.notes.remove(name).is_some() {
            self.tick();
        }
    }
}
