//! Writing documents: many in one transaction, which costs the members one sync together.
//!
//! # How an answer that was lost is found out
//!
//! Each transaction compares the revision at which its documents were seen, and each document says which write made
//! it. So a transaction is simply sent again: if the first was carried out, the second is refused and shows our own
//! id; if the first comes late, it is refused itself. Others may have written the document again by then: what was
//! carried out is the version right after the one that was seen, and etcd still has it. Nothing is guessed, and nothing
//! is written twice.

use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::{StreamExt, stream};
use tokio::time::Instant;

use super::envelope::{Content, Envelope, INLINE, Pieces, digest};
use super::txn::{
    RANGE, TXN, found, is_there, made_at, one, put, read, revision, says, signed, unsigned,
    written_at,
};
use super::wire::{ATTEMPT, Kind, Trouble, rpc};
use super::{Cluster, Etcd};
use crate::ledger::{LedgerError, Refused, Stamp, Write};

/// Most documents of one transaction: etcd takes 128 comparisons and 1.5 MiB.
const SHARED: usize = 64;
const SHARED_BYTES: usize = 1 << 20;

/// Transactions that are on their way at once.
const AT_ONCE: usize = 16;

/// How many versions of a document are looked at one by one, for a write that others followed.
const LAST_FEW: u32 = 16;

/// How often pieces are written anew that were swept before their document named them.
const PIECES_AGAIN: usize = 3;

type Results = Vec<(usize, Result<Stamp, Refused>)>;

/// A write as it is sent.
struct Item<'a> {
    /// Its place among all.
    at: usize,
    write: &'a Write,
    /// What stands in the key of the document; `None`: it is only compared.
    envelope: Option<Bytes>,
    pieces: Option<Pieces>,
}

impl Item<'_> {
    fn bytes(&self) -> usize {
        self.write.name.len() + self.envelope.as_ref().map_or(0, Bytes::len)
    }
}

/// What came of one transaction with one document.
enum Single {
    Done(Result<Stamp, Refused>),
    /// Its pieces are gone.
    NoPieces,
}

impl Etcd {
    pub(super) async fn commit_all(
        &self,
        writes: &[Write],
        until: Instant,
    ) -> Vec<Result<Stamp, Refused>> {
        let ours = match self.cluster_of_ours(until).await {
            Ok(ours) => ours,
            Err(trouble) => {
                // Nothing was written yet, whatever became of the question.
                let unsure = false;
                let refused = Trouble { unsure, ..trouble }.refused();
                return writes.iter().map(|_| Err(refused.clone())).collect();
            }
        };
        let is_large = |write: &Write| {
            write
                .value
                .as_ref()
                .is_some_and(|value| value.len() > INLINE)
        };
        let ours = &ours;
        let mut work: Vec<BoxFuture<'_, Results>> = Vec::new();
        let mut group = Vec::new();
        let mut bytes = 0;
        for (at, write) in writes.iter().enumerate() {
            if is_large(write) {
                work.push(Box::pin(async move {
                    vec![(at, self.commit_large(write, ours, until).await)]
                }));
                continue;
            }
            let item = small(at, write);
            if group.len() == SHARED || bytes + item.bytes() > SHARED_BYTES {
                let full = std::mem::take(&mut group);
                work.push(Box::pin(self.commit_group(full, ours, until)));
                bytes = 0;
            }
            bytes += item.bytes();
            group.push(item);
        }
        if !group.is_empty() {
            work.push(Box::pin(self.commit_group(group, ours, until)));
        }
        let parts: Vec<Results> = stream::iter(work).buffer_unordered(AT_ONCE).collect().await;
        let mut results: Results = parts.into_iter().flatten().collect();
        results.sort_by_key(|(at, _)| *at);
        results.into_iter().map(|(_, result)| result).collect()
    }

    /// Writes several documents with one transaction; if one of them does not stand as it was seen, each alone.
    async fn commit_group(&self, group: Vec<Item<'_>>, ours: &Cluster, until: Instant) -> Results {
        if let [one] = &group[..] {
            return vec![(one.at, self.commit_single(one, ours, until, false).await)];
        }
        let request = self.transaction(&group, ours, Vec::new());
        let (answer, unsure) = self.wire.ask_and_tell(TXN, request, until).await;
        let answer: rpc::TxnResponse = match answer {
            Ok(answer) => answer,
            Err(trouble) => {
                let refused = trouble.refused();
                return group
                    .iter()
                    .map(|item| (item.at, Err(refused.clone())))
                    .collect();
            }
        };
        if answer.succeeded {
            let now = Stamp(revision(answer.header.as_ref()));
            return group
                .iter()
                .map(|item| (item.at, Ok(taken(item, now))))
                .collect();
        }
        let mut singles: Vec<BoxFuture<'_, _>> = Vec::with_capacity(group.len());
        for item in &group {
            singles.push(Box::pin(async move {
                (item.at, self.commit_single(item, ours, until, unsure).await)
            }));
        }
        stream::iter(singles)
            .buffer_unordered(AT_ONCE)
            .collect()
            .await
    }

    /// Writes one document; `unsure`: an earlier try may have been carried out.
    async fn commit_single(
        &self,
        item: &Item<'_>,
        ours: &Cluster,
        until: Instant,
        unsure: bool,
    ) -> Result<Stamp, Refused> {
        match self.try_single(item, ours, until, unsure).await {
            Single::Done(result) => result,
            Single::NoPieces => Err(pieces_lost()),
        }
    }

    /// Writes pieces, and then the document that names them.
    async fn commit_large(
        &self,
        write: &Write,
        ours: &Cluster,
        until: Instant,
    ) -> Result<Stamp, Refused> {
        let Some(value) = &write.value else {
            return Err(pieces_lost());
        };
        let digest = digest(value);
        for _ in 0..PIECES_AGAIN {
            let pieces = self
                .put_pieces(&write.name, value, until)
                .await
                .map_err(Trouble::refused)?;
            let envelope = Envelope {
                id: write.id,
                digest,
                content: Content::Pieces(pieces),
            };
            let item = Item {
                at: 0,
                write,
                envelope: Some(envelope.encode()),
                pieces: Some(pieces),
            };
            if let Single::Done(result) = self.try_single(&item, ours, until, false).await {
                return result;
            }
        }
        Err(pieces_lost())
    }

    async fn try_single(
        &self,
        item: &Item<'_>,
        ours: &Cluster,
        until: Instant,
        unsure: bool,
    ) -> Single {
        let write = item.write;
        let how_it_stands = vec![
            read(one(self.keys.cluster())),
            read(one(self.keys.document(&write.name))),
        ];
        let request = self.transaction(std::slice::from_ref(item), ours, how_it_stands);
        let (answer, unsure_now) = self.wire.ask_and_tell(TXN, request, until).await;
        let unsure = unsure || unsure_now;
        let answer: rpc::TxnResponse = match answer {
            Ok(answer) => answer,
            Err(mut trouble) => {
                trouble.unsure |= unsure;
                return Single::Done(Err(trouble.refused()));
            }
        };
        let now = revision(answer.header.as_ref());
        if answer.succeeded {
            return Single::Done(Ok(taken(item, Stamp(now))));
        }
        if found(&answer, 0).map(Cluster::from).as_ref() != Some(ours) {
            return Single::Done(Err(Refused::Rejected(other_cluster())));
        }
        let Some(key) = found(&answer, 1) else {
            return match write.seen == Stamp(0) {
                true => Single::NoPieces,
                false => Single::Done(Err(Refused::Changed(None))),
            };
        };
        let stamp = Stamp(unsigned(key.mod_revision));
        let is_ours = Envelope::decode(&key.value).is_ok_and(|envelope| envelope.id == write.id);
        if is_ours {
            return Single::Done(Ok(stamp));
        }
        if stamp == write.seen {
            return Single::NoPieces;
        }
        if unsure && item.envelope.is_some() {
            match self.made_before(write, stamp, until).await {
                Ok(None) => {}
                Ok(Some(made)) => return Single::Done(Ok(made)),
                Err(trouble) => return Single::Done(Err(trouble.refused())),
            }
        }
        Single::Done(match self.document(&write.name, key, now).await {
            Ok(Some(document)) => Err(Refused::Changed(Some(document))),
            // Written once more since: it is told as it stands then.
            Ok(None) => match self.read_documents(std::slice::from_ref(&write.name)).await {
                Ok(mut documents) => Err(Refused::Changed(documents.pop().flatten())),
                Err(error) => Err(Refused::Unavailable(error)),
            },
            Err(bad) => Err(Refused::Unavailable(bad.error(&write.name))),
        })
    }

    /// The stamp at which this write was made, if it was the first after what it saw and others wrote since, the last
    /// of them at `now`. The last few versions are looked at first; then each step halves what is left. Versions that
    /// etcd has forgotten leave it unknown, unless a later one is ours.
    async fn made_before(
        &self,
        write: &Write,
        now: Stamp,
        until: Instant,
    ) -> Result<Option<Stamp>, Trouble> {
        let (mut seen, mut after) = (write.seen.0, now.0);
        let mut forgotten = None;
        let mut at = after - 1;
        for step in 0_u32.. {
            if at <= seen {
                break;
            }
            let request = rpc::RangeRequest {
                revision: signed(at),
                ..one(self.keys.document(&write.name))
            };
            let asked = self.wire.ask(RANGE, request, until, ATTEMPT).await;
            let answer: rpc::RangeResponse = match asked {
                Ok(answer) => answer,
                Err(trouble) => {
                    let unsure = true;
                    let trouble = Trouble { unsure, ..trouble };
                    if trouble.failure.kind != Kind::Compacted {
                        return Err(trouble);
                    }
                    forgotten = Some(trouble);
                    rpc::RangeResponse::default()
                }
            };
            match answer.kvs.first() {
                Some(key) if unsigned(key.mod_revision) > write.seen.0 => {
                    after = unsigned(key.mod_revision);
                    if Envelope::decode(&key.value).is_ok_and(|made| made.id == write.id) {
                        return Ok(Some(Stamp(after)));
                    }
                }
                _ => seen = at,
            }
            at = match step < LAST_FEW && forgotten.is_none() {
                true => after - 1,
                false => seen + (after - seen) / 2,
            };
        }
        forgotten.map_or(Ok(None), Err)
    }

    /// Writes all of these, if all stand as they were seen and it is our cluster.
    fn transaction(
        &self,
        items: &[Item<'_>],
        ours: &Cluster,
        failure: Vec<rpc::RequestOp>,
    ) -> rpc::TxnRequest {
        let mut compare = vec![
            made_at(self.keys.cluster(), ours.made),
            says(self.keys.cluster(), ours.value.clone()),
        ];
        let mut success = Vec::with_capacity(items.len());
        for item in items {
            let key = self.keys.document(&item.write.name);
            compare.push(written_at(key.clone(), item.write.seen.0));
            if let Some(pieces) = &item.pieces {
                compare.push(is_there(self.keys.pieces_are_of(&pieces.id)));
                compare
                    .extend((0..pieces.count).map(|at| is_there(self.keys.piece(&pieces.id, at))));
            }
            success.extend(item.envelope.clone().map(|envelope| put(key, envelope, 0)));
        }
        rpc::TxnRequest {
            compare,
            success,
            failure,
        }
    }
}

/// A write that needs no pieces.
fn small(at: usize, write: &Write) -> Item<'_> {
    let envelope = write.value.as_ref().map(|value| {
        let envelope = Envelope {
            id: write.id,
            digest: digest(value),
            content: Content::Value(value.clone()),
        };
        envelope.encode()
    });
    Item {
        at,
        write,
        envelope,
        pieces: None,
    }
}

/// The stamp of a write that was taken now.
fn taken(item: &Item<'_>, now: Stamp) -> Stamp {
    match item.envelope {
        Some(_) => now,
        None => item.write.seen,
    }
}

fn other_cluster() -> LedgerError {
    let cause = "the engine holds another cluster than at the start: restart dadns and see dadns cluster status";
    LedgerError::new("write to etcd", cause)
}

fn pieces_lost() -> Refused {
    let cause = "its pieces were swept before it was written: try again";
    Refused::Unavailable(LedgerError::new("write to etcd", cause))
}

impl Trouble {
    /// What no member would do.
    pub(super) fn rejected(cause: impl Into<String>) -> Self {
        Self {
            unsure: false,
            failure: super::wire::Failure::new(Kind::Rejected, cause),
        }
    }
}
