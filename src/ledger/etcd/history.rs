//! Whether etcd still has the history that this node has seen.
//!
//! A backup that was restored counts on from where it was saved, so that its revision says little: it soon is past all
//! that a node has seen. What tells is a document that the node was given. It stands at its revision for as long as etcd
//! remembers that, and in another history it does not.

use crate::ledger::{FollowError, Landmark};

use super::Etcd;
use super::envelope::Envelope;
use super::txn::{RANGE, one, one_stamp, revision, signed, unsigned};
use super::wire::{ATTEMPT, Failure, Kind, LONG_ATTEMPT, rpc};

impl Etcd {
    /// Why a landmark is not found, as one member says after it has asked the majority; `None`: it is.
    pub(super) async fn misses(
        &self,
        at: usize,
        landmark: &Landmark,
    ) -> Result<Option<FollowError>, Failure> {
        let stamp = landmark.stamp;
        let key = self.keys.document(&landmark.name);
        let request = one_stamp(key.clone());
        let now: rpc::RangeResponse = self.wire.call(at, RANGE, &request, ATTEMPT).await?;
        let last = now.kvs.first().map(|key| unsigned(key.mod_revision));
        if last.is_some_and(|last| last < stamp.0) || revision(now.header.as_ref()) < stamp.0 {
            return Ok(Some(FollowError::Restored(stamp)));
        }
        // As it stands now it is known for ever; what was written over, or removed by hand, only for a while.
        let then = match last == Some(stamp.0) {
            true => 0,
            false => signed(stamp.0),
        };
        let request = rpc::RangeRequest {
            revision: then,
            ..one(key)
        };
        let found = self.wire.call(at, RANGE, &request, LONG_ATTEMPT).await;
        match found {
            Ok(rpc::RangeResponse { kvs, .. }) => {
                let found = kvs.first().is_some_and(|key| is_at(landmark, key));
                Ok((!found).then_some(FollowError::Restored(stamp)))
            }
            Err(failure) if failure.kind == Kind::Compacted => {
                Ok(Some(FollowError::Forgotten(stamp)))
            }
            Err(failure) => Err(failure),
        }
    }
}

/// Whether this is how that write left the key.
fn is_at(landmark: &Landmark, key: &rpc::KeyValue) -> bool {
    unsigned(key.mod_revision) == landmark.stamp.0
        && Envelope::decode(&key.value).is_ok_and(|envelope| envelope.id == landmark.id)
}
