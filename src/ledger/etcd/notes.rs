//! Notes, and the leases that they are under.

use std::sync::atomic::Ordering;

use bytes::Bytes;
use futures_util::stream;
use tokio::time::{Instant, timeout};

use super::keys::end;
use super::txn::{RANGE, TXN, delete, found, made_at, one, put, read, revision, unsigned};
use super::wire::{ATTEMPT, Failure, Kind, Trouble, rpc};
use super::{Etcd, SMALL};
use crate::ledger::{Claim, Fence, Lease, LedgerError, Note, Stamp};

const GRANT: &str = "/etcdserverpb.Lease/LeaseGrant";
const REVOKE: &str = "/etcdserverpb.Lease/LeaseRevoke";
const KEEP_ALIVE: &str = "/etcdserverpb.Lease/LeaseKeepAlive";

/// Most notes that are read at once.
const NOTES: i64 = 100_000;

impl Etcd {
    pub(super) async fn grant_lease(&self, seconds: u32) -> Result<Lease, LedgerError> {
        let request = rpc::LeaseGrantRequest {
            ttl: seconds.into(),
        };
        let until = Instant::now() + SMALL;
        let asked = self
            .wire
            .ask::<_, rpc::LeaseGrantResponse>(GRANT, request, until, ATTEMPT);
        let answer = asked
            .await
            .map_err(|trouble| trouble.error("get a lease of etcd"))?;
        Ok(Lease(answer.id))
    }

    pub(super) async fn keep_lease(&self, lease: Lease) -> Result<bool, LedgerError> {
        let until = Instant::now() + SMALL;
        let mut last = None;
        for _ in 0..self.wire.count() {
            let at = self.wire.good();
            match self.keep_at(at, lease).await {
                Ok(lasts) => {
                    self.wire.up();
                    return Ok(lasts);
                }
                Err(failure) => {
                    self.wire.leave(at);
                    last = Some(format!("{}: {}", self.wire.name(at), failure.cause));
                }
            }
            if until < Instant::now() {
                break;
            }
        }
        let cause = last.unwrap_or_default();
        self.wire.down(&cause);
        Err(LedgerError::new("keep a lease of etcd", cause))
    }

    async fn keep_at(&self, at: usize, lease: Lease) -> Result<bool, Failure> {
        let one = stream::iter([rpc::LeaseKeepAliveRequest { id: lease.0 }]);
        let mut answers = self
            .wire
            .stream::<_, rpc::LeaseKeepAliveResponse>(at, KEEP_ALIVE, one)
            .await?;
        match timeout(ATTEMPT, answers.message()).await {
            Ok(Ok(Some(answer))) => Ok(answer.ttl > 0),
            Ok(Ok(None)) => Err(Failure::new(Kind::Unsure, "it ended without an answer")),
            Ok(Err(status)) => Err(Failure::from(&status)),
            Err(_) => Err(Failure::new(Kind::Unsure, "no answer about a lease")),
        }
    }

    pub(super) async fn end_lease(&self, lease: Lease) -> Result<(), LedgerError> {
        let request = rpc::LeaseRevokeRequest { id: lease.0 };
        let until = Instant::now() + SMALL;
        match self
            .wire
            .ask::<_, rpc::LeaseRevokeResponse>(REVOKE, request, until, ATTEMPT)
            .await
        {
            Ok(_) => Ok(()),
            Err(trouble) if trouble.failure.kind == Kind::NoLease => Ok(()),
            Err(trouble) => Err(trouble.error("end a lease of etcd")),
        }
    }

    pub(super) async fn claim_note(
        &self,
        name: &str,
        lease: Lease,
        value: Bytes,
    ) -> Result<Claim, LedgerError> {
        let key = self.keys.note(name);
        let request = rpc::TxnRequest {
            compare: vec![made_at(key.clone(), 0)],
            success: vec![put(key.clone(), value, lease.0)],
            failure: vec![read(one(key))],
        };
        // Asked again after a lost answer, it finds that it is ours already.
        let answer = self
            .small_txn(request)
            .await
            .map_err(|trouble| claim_failed(name, trouble))?;
        if answer.succeeded {
            return Ok(Claim::Ours(Fence(revision(answer.header.as_ref()))));
        }
        let Some(there) = found(&answer, 0) else {
            let cause = "etcd gave no answer that can be understood";
            return Err(LedgerError::new(format!("claim {name} in etcd"), cause));
        };
        Ok(match there.lease == lease.0 {
            true => Claim::Ours(Fence(unsigned(there.create_revision))),
            false => Claim::Theirs(there.value.clone()),
        })
    }

    pub(super) async fn write_note(
        &self,
        name: &str,
        value: Bytes,
        lease: Option<Lease>,
        claimed: Option<(&str, Fence)>,
    ) -> Result<bool, LedgerError> {
        let lease = lease.map_or(0, |lease| lease.0);
        let claim = claimed.map(|(name, fence)| made_at(self.keys.note(name), fence.0));
        let request = rpc::TxnRequest {
            compare: claim.into_iter().collect(),
            success: vec![put(self.keys.note(name), value, lease)],
            failure: Vec::new(),
        };
        let answer = self.small_txn(request).await;
        let answer =
            answer.map_err(|trouble| trouble.error(format!("write the note {name} to etcd")))?;
        Ok(answer.succeeded)
    }

    pub(super) async fn read_notes(&self, prefix: &str) -> Result<Vec<Note>, LedgerError> {
        let key = self.keys.note(prefix);
        let request = rpc::RangeRequest {
            range_end: end(&key).into(),
            limit: NOTES,
            ..one(key)
        };
        let until = Instant::now() + SMALL;
        let asked = self
            .wire
            .ask::<_, rpc::RangeResponse>(RANGE, request, until, ATTEMPT);
        let answer = asked
            .await
            .map_err(|trouble| trouble.error("read notes of etcd"))?;
        let newest = revision(answer.header.as_ref());
        self.newest.fetch_max(newest, Ordering::Relaxed);
        let note = |key: rpc::KeyValue| {
            Some(Note {
                name: self.keys.note_of(&key.key)?,
                made: Fence(unsigned(key.create_revision)),
                stamp: Stamp(unsigned(key.mod_revision)),
                value: key.value,
            })
        };
        Ok(answer.kvs.into_iter().filter_map(note).collect())
    }

    pub(super) async fn remove_note(&self, name: &str) -> Result<(), LedgerError> {
        let request = rpc::TxnRequest {
            success: vec![delete(self.keys.note(name), Vec::new())],
            ..rpc::TxnRequest::default()
        };
        let removed = self.small_txn(request).await;
        removed
            .map(drop)
            .map_err(|trouble| trouble.error(format!("remove the note {name} from etcd")))
    }

    async fn small_txn(&self, request: rpc::TxnRequest) -> Result<rpc::TxnResponse, Trouble> {
        let until = Instant::now() + SMALL;
        self.wire.ask(TXN, request, until, ATTEMPT).await
    }
}

fn claim_failed(name: &str, trouble: Trouble) -> LedgerError {
    trouble.error(format!("claim {name} in etcd"))
}
