//! Values that are too large for one key: pieces beside their document, which names them. They become visible
//! with the document, in one transaction that compares that all are there.

use bytes::{Bytes, BytesMut};
use futures_util::{StreamExt, TryStreamExt, stream};
use tokio::time::Instant;

use super::envelope::{MAX_PIECES, PIECE, Pieces};
use super::txn::{PUT, RANGE, signed};
use super::wire::{ATTEMPT, Failure, Kind, LONG_ATTEMPT, Trouble, rpc};
use super::{Etcd, READ};

/// Pieces of one document that are on their way at once.
const AT_ONCE: usize = 8;

/// Pieces that are read with one request.
const TOGETHER: usize = 4;

impl Etcd {
    /// Writes a value in pieces with a fresh id.
    pub(super) async fn put_pieces(
        &self,
        name: &str,
        value: &Bytes,
        until: Instant,
    ) -> Result<Pieces, Trouble> {
        let count = value.len().div_ceil(PIECE);
        if count > MAX_PIECES {
            let cause = format!(
                "it has {} MiB, and a document may have {}: make the zone smaller",
                value.len() >> 20,
                (MAX_PIECES * PIECE) >> 20
            );
            let failure = Failure::new(Kind::Rejected, cause);
            let unsure = false;
            return Err(Trouble { unsure, failure });
        }
        let mut id = [0; 16];
        fastrand::fill(&mut id);
        let pieces = Pieces {
            id,
            count,
            length: value.len(),
        };
        // First of all whose they are, so that a sweep can always ask.
        let owner = Bytes::copy_from_slice(name.as_bytes());
        self.put(self.keys.pieces_are_of(&id), owner, until).await?;
        let puts = (0..count).map(|at| {
            let end = value.len().min((at + 1) * PIECE);
            self.put(
                self.keys.piece(&id, at),
                value.slice(at * PIECE..end),
                until,
            )
        });
        let all = stream::iter(puts).buffer_unordered(AT_ONCE);
        all.try_for_each(|()| async { Ok(()) }).await?;
        Ok(pieces)
    }

    /// Writes a key whatever stands there. A lost answer does no harm: the same is written again.
    async fn put(&self, key: Vec<u8>, value: Bytes, until: Instant) -> Result<(), Trouble> {
        let request = rpc::PutRequest {
            key: key.into(),
            value,
            lease: 0,
        };
        let asked = self
            .wire
            .ask::<_, rpc::PutResponse>(PUT, request, until, ATTEMPT)
            .await;
        asked.map(drop).map_err(|mut trouble| {
            // No document names it yet.
            trouble.unsure = false;
            trouble
        })
    }

    /// Reads a value that is in pieces, as they were at a revision, or are now (0); `None`: some are not there.
    pub(super) async fn read_pieces(
        &self,
        pieces: &Pieces,
        revision: u64,
    ) -> Result<Option<Bytes>, Trouble> {
        let until = Instant::now() + READ;
        let reads = (0..pieces.count).step_by(TOGETHER).map(|first| {
            let request = rpc::RangeRequest {
                key: self.keys.piece(&pieces.id, first).into(),
                range_end: self
                    .keys
                    .piece(&pieces.id, pieces.count.min(first + TOGETHER))
                    .into(),
                revision: signed(revision),
                ..rpc::RangeRequest::default()
            };
            self.wire
                .ask::<_, rpc::RangeResponse>(RANGE, request, until, LONG_ATTEMPT)
        });
        let mut reads = stream::iter(reads).buffered(2);
        let mut value = BytesMut::with_capacity(pieces.length);
        while let Some(read) = reads.try_next().await? {
            for piece in read.kvs {
                value.extend_from_slice(&piece.value);
            }
        }
        Ok((value.len() == pieces.length).then(|| value.freeze()))
    }
}
