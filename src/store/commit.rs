//! The one writer: takes what waits, writes it as one batch, syncs once, answers all.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use dadns_backends::BackendId;
use dadns_zone::ZoneName;
use jiff::Timestamp;
use tokio::sync::oneshot;

use super::decide::{LayerEdit, decide};
use super::model::{Accepted, Change, Edit, Head};
use super::pending::PendingEntry;
use super::receipt::{Receipt, Settled, Settlement};
use super::{Shared, StoreError, keys};
use crate::logging::warning;

/// How many messages one sync may serve. Past this the answers wait longer than they gain.
const GROUP: usize = 256;

/// How long settlements may go unsynced.
const UNSYNCED: Duration = Duration::from_millis(500);

/// How many of the last changes are remembered for `/status`.
const RECENT: usize = 20;

type Reply<T> = oneshot::Sender<Result<T, StoreError>>;

/// What the committer is asked to do.
pub(super) enum Message {
    Accept(Box<Change>, Reply<Accepted>),
    Settle(BackendId, Vec<Settlement>, Reply<()>),
    Stop,
}

type Accept = (Box<Change>, Reply<Accepted>);
type Settle = (BackendId, Vec<Settlement>, Reply<()>);

/// Owns all writing to the store.
pub(super) struct Committer {
    shared: Arc<Shared>,
    inbox: Receiver<Message>,
    /// Since when something is written and not synced.
    unsynced: Option<Instant>,
}

/// What a group of changes adds up to before it is written.
#[derive(Default)]
struct Group {
    batch: sled::Batch,
    bytes: u64,
    heads: HashMap<ZoneName, Head>,
    marks: HashMap<ZoneName, u64>,
}

impl Committer {
    pub fn new(shared: Arc<Shared>, inbox: Receiver<Message>) -> Self {
        Self {
            shared,
            inbox,
            unsynced: None,
        }
    }

    /// Works until it is told to stop or every sender is gone, then syncs a last time.
    pub fn run(mut self) {
        let mut stop = false;
        while !stop && let Some(group) = self.next_group() {
            let mut accepts = Vec::new();
            let mut settles = Vec::new();
            for message in group {
                match message {
                    Message::Accept(change, reply) => accepts.push((change, reply)),
                    Message::Settle(id, settlements, reply) => {
                        settles.push((id, settlements, reply));
                    }
                    Message::Stop => stop = true,
                }
            }
            self.accept(accepts);
            // After the accepts: a settlement must not clear what a newer revision has just marked.
            for settle in settles {
                self.settle(settle);
            }
        }
        self.sync();
    }

    /// What waits, up to [`GROUP`]; syncs what nobody waits for when its time has come, so that a
    /// disk that fails is noticed before a push needs it. `None`: every sender is gone.
    fn next_group(&mut self) -> Option<Vec<Message>> {
        let first = if let Some(since) = self.unsynced {
            match self
                .inbox
                .recv_timeout(UNSYNCED.saturating_sub(since.elapsed()))
            {
                Err(RecvTimeoutError::Timeout) => {
                    self.sync();
                    self.inbox.recv().ok()?
                }
                received => received.ok()?,
            }
        } else {
            self.inbox.recv().ok()?
        };
        let more = self.inbox.try_iter().take(GROUP - 1);
        Some(std::iter::once(first).chain(more).collect())
    }

    fn sync(&mut self) {
        self.unsynced = None;
        if let Err(error) = self.shared.db.sync() {
            self.shared.fail(&error);
        }
    }

    fn accept(&mut self, accepts: Vec<Accept>) {
        if accepts.is_empty() {
            return;
        }
        let now = Timestamp::now();
        let mut group = Group::default();
        let mut answers = Vec::with_capacity(accepts.len());
        for (change, reply) in accepts {
            match self.plan(&mut group, &change, now) {
                Ok(accepted) => answers.push((accepted, reply)),
                Err(error) => drop(reply.send(Err(error))),
            }
        }
        let committed = self
            .check_room(group.bytes)
            .and_then(|()| self.commit(group, now));
        for (accepted, reply) in answers {
            drop(reply.send(committed.clone().map(|()| accepted)));
        }
        if let Err(error @ StoreError::Write { .. }) = &committed {
            self.shared.fail(error);
        }
    }

    fn check_room(&self, bytes: u64) -> Result<(), StoreError> {
        match self.shared.failure.get() {
            Some(error) => Err(error.clone()),
            None => self.shared.db.check_room(bytes),
        }
    }

    /// Adds one change to the group. Nothing of it is added on an error.
    fn plan(
        &self,
        group: &mut Group,
        change: &Change,
        now: Timestamp,
    ) -> Result<Accepted, StoreError> {
        let db = &self.shared.db;
        let name = change.edit.zone();
        let stored = match group.heads.get(name) {
            Some(_) => None,
            None => db.head(name)?,
        };
        let current = group.heads.get(name).or(stored.as_ref());
        let decision = decide(current, &change.author, &change.edit, now);
        let encoded = decision.head.as_ref().map(|head| db.encode(head));
        let encoded = encoded.transpose()?;
        let layer = keys::layer(name, keys::PUSH);
        match (&decision.layer, &change.edit) {
            (LayerEdit::Replace, Edit::Push { zone, .. }) => {
                let packed = zone.pack();
                group.bytes += packed.len() as u64;
                group.batch.insert(layer, packed);
            }
            (LayerEdit::Remove, _) => group.batch.remove(layer),
            (LayerEdit::Keep | LayerEdit::Replace, _) => {}
        }
        if let (Some(head), Some(encoded)) = (decision.head, encoded) {
            group.batch.insert(keys::head(name), encoded);
            group.heads.insert(name.clone(), head);
        }
        if let Some(revision) = decision.mark {
            group.marks.insert(name.clone(), revision);
        }
        Ok(decision.accepted)
    }

    /// Writes and syncs a group, then lets the lanes know.
    fn commit(&mut self, mut group: Group, now: Timestamp) -> Result<(), StoreError> {
        let mut entries = Vec::with_capacity(group.marks.len() * self.shared.queues.len());
        for (backend, queue) in &self.shared.queues {
            let pending = queue.pending.lock();
            for (zone, revision) in &group.marks {
                let entry = PendingEntry::fresh(*revision, pending.get(zone), now);
                let key = keys::pending(backend, zone);
                group.batch.insert(key, self.shared.db.encode(&entry)?);
                entries.push((queue, zone.clone(), entry));
            }
        }
        self.shared.db.write(group.batch)?;
        self.shared.db.sync()?;
        self.unsynced = None;
        for (queue, zone, entry) in entries {
            queue.pending.lock().put(zone, entry);
        }
        if !group.marks.is_empty() {
            let mut recent = self.shared.recent.lock();
            recent.extend(
                group
                    .marks
                    .into_iter()
                    .map(|(zone, revision)| (zone, revision, now)),
            );
            let surplus = recent.len().saturating_sub(RECENT);
            recent.drain(..surplus);
            for queue in self.shared.queues.values() {
                queue.wake.notify_one();
            }
        }
        Ok(())
    }

    /// Synced only after a while: what a crash loses of it is only done once more.
    fn settle(&mut self, (backend, settlements, reply): Settle) {
        let result = self.write_settlements(&backend, &settlements);
        self.unsynced.get_or_insert_with(Instant::now);
        if let Err(error) = &result {
            self.shared.fail(error);
        }
        drop(reply.send(result));
    }

    fn write_settlements(
        &self,
        backend: &BackendId,
        settlements: &[Settlement],
    ) -> Result<(), StoreError> {
        let db = &self.shared.db;
        let Some(queue) = self.shared.queues.get(backend) else {
            return Ok(());
        };
        let now = Timestamp::now();
        let mut batch = sled::Batch::default();
        let mut entries = Vec::with_capacity(settlements.len());
        {
            let pending = queue.pending.lock();
            for settlement in settlements {
                let zone = &settlement.zone;
                let mut receipt = match db.receipt(zone, backend) {
                    Ok(receipt) => receipt.unwrap_or_default(),
                    Err(error) => {
                        // Only history: what matters is what is pending.
                        warning!("{error}; a new receipt is begun");
                        Receipt::default()
                    }
                };
                receipt.note(settlement, now);
                batch.insert(keys::receipt(zone, backend), db.encode(&receipt)?);
                // A push of the same text meanwhile has made the zone due afresh: an old failure
                // must not put it off.
                let current = pending.get(zone).filter(|entry| {
                    entry.revision == settlement.revision
                        && (entry.attempts == settlement.attempts
                            || matches!(settlement.settled, Settled::Proven { .. }))
                });
                let Some(current) = current else { continue };
                let key = keys::pending(backend, zone);
                match &settlement.settled {
                    Settled::Proven { .. } => {
                        batch.remove(key);
                        entries.push((zone.clone(), None));
                    }
                    Settled::Failed { cause, retry } | Settled::Unproven { cause, retry } => {
                        let failed = matches!(settlement.settled, Settled::Failed { .. });
                        let entry = PendingEntry {
                            due: *retry,
                            attempts: current.attempts.saturating_add(u32::from(failed)),
                            cause: Some(cause.clone()),
                            ..current.clone()
                        };
                        batch.insert(key, db.encode(&entry)?);
                        entries.push((zone.clone(), Some(entry)));
                    }
                }
            }
        }
        db.write(batch)?;
        let mut pending = queue.pending.lock();
        for (zone, entry) in entries {
            match entry {
                Some(entry) => pending.put(zone, entry),
                None => pending.remove(&zone),
            }
        }
        Ok(())
    }
}
