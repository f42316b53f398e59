//! Whether etcd still has the history that this node has seen.
//!
//! A backup that was restored counts on from where it was saved, so that its revision says little: it soon is past all
//! that a node has seen. What tells is a write that the node knows of. It stands at its revision for as long as etcd
//! remembers that, and in another history it does not.

use crate::ledger::{Remembered, Stamp, WriteId};

use super::Etcd;
use super::envelope::Envelope;
use super::txn::{RANGE, one, revision, signed, unsigned};
use super::wire::{ATTEMPT, Failure, Kind, rpc};

/// A write that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mark {
    pub key: Vec<u8>,
    pub revision: u64,
    /// Which write it was; `None`: not known, or a note.
    pub id: Option<WriteId>,
}

impl Mark {
    pub fn stamp(&self) -> Stamp {
        Stamp(self.revision)
    }

    /// Whether this is how that write left the key.
    fn made(&self, key: &rpc::KeyValue) -> bool {
        let is_same = |id| Envelope::decode(&key.value).is_ok_and(|envelope| envelope.id == id);
        unsigned(key.mod_revision) == self.revision && self.id.is_none_or(is_same)
    }
}

impl Etcd {
    /// Notes a write by which the history is known again, if it is the last one so far.
    pub(super) fn mark(&self, mark: Mark) {
        let mut last = self.mark.lock();
        if last
            .as_ref()
            .is_none_or(|last| last.revision < mark.revision)
        {
            *last = Some(mark);
        }
    }

    /// Whether a write is in the history of etcd, as one member says after it has asked the majority.
    pub(super) async fn remembers_at(&self, at: usize, mark: &Mark) -> Result<Remembered, Failure> {
        let answer = self.key_at(at, mark, 0).await?;
        let now = answer.kvs.first();
        if now.is_some_and(|key| mark.made(key)) {
            return Ok(Remembered::Yes);
        }
        let is_older = now.is_some_and(|key| unsigned(key.mod_revision) <= mark.revision);
        if is_older || revision(answer.header.as_ref()) < mark.revision {
            return Ok(Remembered::No);
        }
        // It was written again, or removed.
        match self.key_at(at, mark, mark.revision).await {
            Ok(answer) => Ok(match answer.kvs.first().is_some_and(|key| mark.made(key)) {
                true => Remembered::Yes,
                false => Remembered::No,
            }),
            Err(failure) if failure.kind == Kind::Compacted => Ok(Remembered::Forgotten),
            Err(failure) => Err(failure),
        }
    }

    /// The key of a mark as it was at a revision; 0: as it is now.
    async fn key_at(
        &self,
        at: usize,
        mark: &Mark,
        then: u64,
    ) -> Result<rpc::RangeResponse, Failure> {
        let request = rpc::RangeRequest {
            revision: signed(then),
            ..one(mark.key.clone())
        };
        self.wire.call(at, RANGE, &request, ATTEMPT).await
    }
}
