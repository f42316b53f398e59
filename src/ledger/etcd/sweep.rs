//! Removes pieces that no document names: of writes that were cut short, and of documents that were written anew.
//!
//! The age of pieces counts from when this process saw them first, so that no clock has to be right. A write on its
//! way is in no danger: pieces go only if their document is still as it was when it was asked whether it names them,
//! and a document that would name pieces which are gone is not written.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use tokio::time::Instant;

use super::envelope::{Content, Envelope};
use super::keys::end;
use super::txn::{RANGE, TXN, delete, one, removed, unsigned, written_at};
use super::wire::{ATTEMPT, LONG_ATTEMPT, Trouble, rpc};
use super::{Etcd, READ};
use crate::ledger::LedgerError;

/// Names of keys that are asked for at once.
const PAGE: i64 = 10_000;

impl Etcd {
    pub(super) async fn sweep_pieces(&self, age: Duration) -> Result<usize, LedgerError> {
        let error = |trouble: Trouble| trouble.error("sweep pieces in etcd");
        let there = self.all_pieces().await.map_err(error)?;
        let now = Instant::now();
        let old: Vec<_> = {
            let mut seen = self.unnamed.lock();
            seen.retain(|id, _| there.contains(id));
            let is_old = |id: &[u8; 16], seen: &mut HashMap<_, _>| {
                now - *seen.entry(*id).or_insert(now) >= age
            };
            there
                .into_iter()
                .filter(|id| is_old(id, &mut seen))
                .collect()
        };
        let mut swept = 0;
        for id in old {
            swept += self.sweep_one(&id).await.map_err(error)?;
        }
        Ok(swept)
    }

    /// The ids of all pieces.
    async fn all_pieces(&self) -> Result<BTreeSet<[u8; 16]>, Trouble> {
        let start = self.keys.pieces();
        let end = end(&start);
        let mut next = start;
        let mut all = BTreeSet::new();
        loop {
            let request = rpc::RangeRequest {
                key: next.into(),
                range_end: end.clone().into(),
                limit: PAGE,
                serializable: true,
                keys_only: true,
                ..rpc::RangeRequest::default()
            };
            let until = Instant::now() + READ;
            let answer: rpc::RangeResponse =
                self.wire.ask(RANGE, request, until, LONG_ATTEMPT).await?;
            all.extend(
                answer
                    .kvs
                    .iter()
                    .filter_map(|key| self.keys.id_of(&key.key)),
            );
            match answer.kvs.last() {
                Some(last) if answer.more => {
                    next = last.key.to_vec();
                    next.push(0);
                }
                _ => return Ok(all),
            }
        }
    }

    /// Removes the pieces of one id, unless their document names them; says how many there were.
    async fn sweep_one(&self, id: &[u8; 16]) -> Result<usize, Trouble> {
        let Some(owner) = self.read_one(self.keys.pieces_are_of(id)).await? else {
            // Without it no document can come to name them.
            return self.remove_pieces(id, Vec::new()).await;
        };
        let name = String::from_utf8_lossy(&owner.value);
        let key = self.keys.document(&name);
        let document = self.read_one(key.clone()).await?;
        let names_them = document
            .as_ref()
            .is_some_and(|key| match Envelope::decode(&key.value) {
                Ok(envelope) => {
                    matches!(envelope.content, Content::Pieces(pieces) if pieces.id == *id)
                }
                // Nobody knows what it names.
                Err(_) => true,
            });
        if names_them {
            return Ok(0);
        }
        let stands = document.map_or(0, |key| unsigned(key.mod_revision));
        self.remove_pieces(id, vec![written_at(key, stands)]).await
    }

    async fn remove_pieces(
        &self,
        id: &[u8; 16],
        compare: Vec<rpc::Compare>,
    ) -> Result<usize, Trouble> {
        let start = self.keys.pieces_of(id);
        let request = rpc::TxnRequest {
            compare,
            success: vec![delete(start.clone(), end(&start))],
            failure: Vec::new(),
        };
        let until = Instant::now() + READ;
        let answer: rpc::TxnResponse = self.wire.ask(TXN, request, until, ATTEMPT).await?;
        Ok(usize::try_from(removed(&answer, 0)).unwrap_or(0))
    }

    async fn read_one(&self, key: Vec<u8>) -> Result<Option<rpc::KeyValue>, Trouble> {
        let until = Instant::now() + READ;
        let answer: rpc::RangeResponse = self.wire.ask(RANGE, one(key), until, ATTEMPT).await?;
        Ok(answer.kvs.into_iter().next())
    }
}
