//! Whether etcd still has the history that this node has seen.
//!
//! A backup that was restored counts on from where it was saved, so that its revision says little: it soon is past all
//! that a node has seen. What tells is a document that the node was given. It stands at its revision for as long as etcd
//! remembers that, and in another history it does not.

use crate::ledger::{FollowError, Landmark};

use super::Etcd;
use super::envelope::Envelope;
use super::txn::{RANGE, one, revision, signed, unsigned};
use super::wire::{ATTEMPT, Failure, Kind, rpc};

impl Etcd {
    /// Why a landmark is not found, as one member says after it has asked the majority; `None`: it is.
    pub(super) async fn misses(
        &self,
        at: usize,
        landmark: &Landmark,
    ) -> Result<Option<FollowError>, Failure> {
        let stamp = landmark.stamp;
        let answer = self.key_at(at, landmark, 0).await?;
        let now = answer.kvs.first();
        if now.is_some_and(|key| is_at(landmark, key)) {
            return Ok(None);
        }
        let is_older = now.is_some_and(|key| unsigned(key.mod_revision) <= stamp.0);
        if is_older || revision(answer.header.as_ref()) < stamp.0 {
            return Ok(Some(FollowError::Restored(stamp)));
        }
        // It was written again, or removed by hand.
        match self.key_at(at, landmark, stamp.0).await {
            Ok(answer) => {
                let found = answer.kvs.first().is_some_and(|key| is_at(landmark, key));
                Ok((!found).then_some(FollowError::Restored(stamp)))
            }
            Err(failure) if failure.kind == Kind::Compacted => {
                Ok(Some(FollowError::Forgotten(stamp)))
            }
            Err(failure) => Err(failure),
        }
    }

    /// The key of a landmark as it was at a revision; 0: as it is now.
    async fn key_at(
        &self,
        at: usize,
        landmark: &Landmark,
        then: u64,
    ) -> Result<rpc::RangeResponse, Failure> {
        let request = rpc::RangeRequest {
            revision: signed(then),
            ..one(self.keys.document(&landmark.name))
        };
        self.wire.call(at, RANGE, &request, ATTEMPT).await
    }
}

/// Whether this is how that write left the key.
fn is_at(landmark: &Landmark, key: &rpc::KeyValue) -> bool {
    unsigned(key.mod_revision) == landmark.stamp.0
        && Envelope::decode(&key.value).is_ok_and(|envelope| envelope.id == landmark.id)
}
