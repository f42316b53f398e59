//! The one writer: takes what waits, writes it as one batch, syncs once, answers all.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use dadns_backends::BackendId;
use dadns_zone::ZoneName;
use jiff::Timestamp;
use tokio::sync::oneshot;

use super::cluster::{Flights, Join, Landed, Reached, TokenFlights, Unshared};
use super::db::Db;
use super::drifted::Drifted;
use super::edits::{Answer, AnyChange};
use super::group::Group;
use super::pending::PendingEntry;
use super::receipt::Tried;
use super::recovery::Trouble;
use super::tokens::TokenEdit;
use super::{Shared, StoreError, keys, published};
use crate::engine::Batch;
use crate::ledger::News;
use crate::logging::{info, warning};

/// How many messages one sync may serve. Past this the answers wait longer than they gain.
const GROUP: usize = 256;

/// How long results may go unsynced.
const UNSYNCED: Duration = Duration::from_millis(500);

pub(super) type Reply<T> = oneshot::Sender<Result<T, StoreError>>;

/// What the committer is asked to do.
pub(super) enum Message {
    Change(Box<dyn AnyChange>),
    Record(BackendId, Vec<Tried>, Reply<()>),
    Drifted(BackendId, Drifted, Reply<bool>),
    Tokens(TokenEdit, Reply<bool>),
    /// A token was used; nobody waits for it.
    TokenUsed(String),
    Forget(ZoneName, u64, Reply<usize>),
    /// What writes came to that left for the ledger.
    Landed(Vec<Landed>),
    /// What other nodes wrote.
    News(News, Reply<()>),
    /// What is not shared yet is to be sent.
    Share(Reply<usize>),
    Join(Join, Reply<()>),
    /// Zones become as the ledger has them, whatever they are here.
    GiveUp(Vec<ZoneName>, Reply<()>),
    /// Zones are to be shared.
    Unshared(Vec<(ZoneName, Unshared)>, Reply<usize>),
    /// Another node has verified zones on a backend.
    Reached(BackendId, Reached, Reply<usize>),
    /// There are refusals to write; nobody waits for it.
    Refused,
    Stop,
}

/// Owns all writing to the store.
pub(super) struct Committer {
    pub(super) shared: Arc<Shared>,
    inbox: Receiver<Message>,
    /// Since when something is written and not synced.
    pub(super) unsynced: Option<Instant>,
    /// What keeps it from writing.
    pub(super) trouble: Option<Trouble>,
    /// What was last told of it.
    pub(super) told: String,
    /// What is on its way to the ledger.
    pub(super) flights: Flights,
    pub(super) token_flights: TokenFlights,
}

impl Committer {
    pub fn new(shared: Arc<Shared>, inbox: Receiver<Message>) -> Self {
        Self {
            shared,
            inbox,
            unsynced: None,
            trouble: None,
            told: String::new(),
            flights: Flights::new(),
            token_flights: TokenFlights::new(),
        }
    }

    /// Works until it is told to stop or every sender is gone, then syncs a last time.
    pub fn run(mut self) {
        let mut stop = false;
        while !stop && let Some(group) = self.next_group() {
            self.recover();
            let mut changes = Vec::new();
            let mut others = Vec::new();
            for message in group {
                match message {
                    Message::Change(change) => changes.push(change),
                    Message::Stop => stop = true,
                    other => others.push(other),
                }
            }
            match self.shared.is_shared() {
                true => self.accept_shared(changes),
                false => self.accept(changes),
            }
            // After the changes: a result must not clear what a newer revision has just marked.
            for other in others {
                self.note(other);
            }
        }
        if self.trouble.is_some() {
            return;
        }
        if let Err(error) = self.write_token_uses() {
            self.fail(&error);
        }
        self.sync();
    }

    /// What waits, up to [`GROUP`]; nothing when it is time to see to the disk: to sync what nobody waits
    /// for, so that a disk that fails is noticed before a push needs it, or to try one that has failed.
    /// `None`: every sender is gone.
    fn next_group(&mut self) -> Option<Vec<Message>> {
        let wait = match (&self.trouble, self.unsynced) {
            (Some(trouble), _) => Some(trouble.wait()),
            (None, Some(since)) => Some(UNSYNCED.saturating_sub(since.elapsed())),
            (None, None) => None,
        };
        let first = match wait {
            Some(wait) => match self.inbox.recv_timeout(wait) {
                Err(RecvTimeoutError::Timeout) => {
                    if self.unsynced.is_some() {
                        self.sync();
                    }
                    return Some(Vec::new());
                }
                received => received.ok()?,
            },
            None => self.inbox.recv().ok()?,
        };
        let more = self.inbox.try_iter().take(GROUP - 1);
        Some(std::iter::once(first).chain(more).collect())
    }

    fn sync(&mut self) {
        self.unsynced = None;
        if let Err(error) = self.shared.db.sync() {
            self.fail(&error);
        }
    }

    fn accept(&mut self, changes: Vec<Box<dyn AnyChange>>) {
        let now = Timestamp::now();
        let mut group = Group::default();
        let mut answers = Vec::with_capacity(changes.len());
        for change in changes {
            // What it has to read is not on disk yet.
            let reads = change.reads_records(&self.shared) || group.edited.contains(change.zone());
            if group.touches(change.zone()) && reads {
                self.finish(&mut group, &mut answers, now);
            }
            answers.extend(change.plan(&self.shared, &mut group, now));
        }
        self.finish(&mut group, &mut answers, now);
    }

    /// Makes a group durable and answers those who wait for it.
    fn finish(&mut self, group: &mut Group, answers: &mut Vec<Answer>, now: Timestamp) {
        if answers.is_empty() {
            return;
        }
        let group = std::mem::take(group);
        let committed = self
            .check_room(group.bytes)
            .and_then(|()| self.commit(group, now));
        for answer in answers.drain(..) {
            answer(committed.clone());
        }
        if let Err(error @ StoreError::Write { .. }) = &committed {
            self.fail(error);
        }
    }

    pub(super) fn check_room(&self, bytes: u64) -> Result<(), StoreError> {
        match self.shared.failure.now() {
            Some(error) => Err(error),
            None => self.shared.db.check_room(bytes),
        }
    }

    /// Writes and syncs a group, then lets the lanes know.
    pub(super) fn commit(&mut self, group: Group, now: Timestamp) -> Result<(), StoreError> {
        self.write_group(group, now, Db::sync)?;
        self.unsynced = None;
        Ok(())
    }

    /// The same of a group that the ledger has: it is synced after a while, as what a crash loses of it comes again.
    pub(super) fn commit_later(&mut self, group: Group, now: Timestamp) -> Result<(), StoreError> {
        self.write_group(group, now, |_| Ok(()))?;
        self.unsynced.get_or_insert_with(Instant::now);
        Ok(())
    }

    fn write_group(
        &self,
        mut group: Group,
        now: Timestamp,
        sync: impl FnOnce(&Db) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let mut entries = Vec::with_capacity(group.marks.len() * self.shared.queues.len());
        for (backend, queue) in &self.shared.queues {
            let pending = queue.pending.lock();
            for (zone, revision) in &group.marks {
                let before = pending.get(zone);
                if !self.shared.concerns(&group, backend, zone, before)? {
                    continue;
                }
                let entry = PendingEntry::fresh(*revision, before, now);
                let key = keys::pending(backend, zone);
                group.batch.insert(key, self.shared.db.encode(&entry)?);
                entries.push((queue, zone.clone(), entry));
            }
        }
        let news = published::of_group(&group);
        // Before it is written: who reads a zone looks here whether anything stands above its push.
        let edited = std::mem::take(&mut group.edited);
        self.shared.edited.lock().extend(edited);
        self.shared.placed.note(&group.placements);
        let db = &self.shared.db;
        let batch = std::mem::take(&mut group.batch);
        if let Err(error) = db.write(batch).and_then(|()| sync(db)) {
            // Nobody knows whether it is on disk: no lane shall deliver it until that is known.
            for queue in self.shared.queues.values() {
                group.marks.keys().for_each(|zone| queue.remove(zone));
            }
            return Err(error);
        }
        self.shared.roster.note(&group);
        self.shared.note_recent(&group, now);
        for (zone, whole) in group.whole {
            match whole {
                Some(whole) => self.shared.cache.put(&zone, whole),
                None => self.shared.cache.remove(&zone),
            }
        }
        for (revision, zone) in group.fresh {
            let lanes = self.shared.queues.keys();
            let lanes = lanes.filter(|id| self.shared.placed.is_at(id, zone.name()));
            let lanes = lanes.count();
            self.shared.fresh.put(revision, zone, lanes);
        }
        for warning in group.warnings {
            self.shared.serials.count();
            warning!("{warning}");
        }
        group.notes.iter().for_each(|note| info!("{note}"));
        for (zone, highest) in group.highest {
            self.shared.serials.set(zone, highest);
        }
        for (queue, zone, entry) in entries {
            queue.put(zone, entry);
        }
        {
            let mut held = self.shared.held.lock();
            for (zone, holds) in group.held {
                match holds {
                    true => held.insert(zone),
                    false => held.remove(&zone),
                };
            }
        }
        if let Some(sharing) = &self.shared.sharing {
            sharing.note_stamps(&group.stamps);
            sharing.note_unshared(group.unshared);
        }
        if !group.over.is_empty() {
            let mut refused = self.shared.refused.lock();
            group.over.iter().for_each(|zone| refused.end(zone, now));
        }
        if !group.marks.is_empty() {
            for queue in self.shared.queues.values() {
                queue.wake.notify_one();
            }
            self.shared.recorded.send_modify(|count| *count += 1);
        }
        self.shared.feed.publish(news);
        Ok(())
    }

    /// What is no change of desired state. Synced only after a while: what a crash loses of it is
    /// only done once more.
    fn note(&mut self, message: Message) {
        let writes = self.takes_notes();
        let failed = match message {
            Message::Record(backend, tries, reply) => {
                let written = self.write_results(&backend, &tries, writes);
                self.shared.recorded.send_modify(|count| *count += 1);
                let failed = written.as_ref().err().cloned();
                // They are noted: the lane can go on, and the trouble with the disk is not its own.
                drop(reply.send(Ok(())));
                failed
            }
            Message::Drifted(backend, drifted, reply) => {
                answer(self.write_drifted(&backend, drifted, writes), reply)
            }
            Message::Forget(zone, last, reply) => {
                let written = self.forget(&zone, last, writes);
                answer(written, reply)
            }
            Message::Landed(landed) => {
                self.take_landed(landed);
                return;
            }
            Message::News(news, reply) => {
                drop(reply.send(self.take_news(news)));
                return;
            }
            Message::Share(reply) => {
                drop(reply.send(self.send_unshared()));
                return;
            }
            Message::Join(join, reply) => answer(self.write_join(join), reply),
            Message::Reached(backend, reached, reply) => {
                answer(self.write_reached(&backend, &reached), reply)
            }
            Message::GiveUp(zones, reply) => answer(self.give_up(zones), reply),
            Message::Unshared(marks, reply) => answer(self.write_unshared(marks), reply),
            Message::Tokens(edit, reply) if self.shared.is_shared() => {
                self.send_token(edit, reply);
                return;
            }
            Message::Tokens(edit, reply) => answer(self.write_tokens(edit), reply),
            Message::TokenUsed(name) if writes => self.write_token_use(&name).err(),
            Message::Refused => self.write_refused(writes).err(),
            Message::TokenUsed(_) | Message::Change(_) | Message::Stop => return,
        };
        if writes {
            self.unsynced.get_or_insert_with(Instant::now);
        }
        if let Some(error @ StoreError::Write { .. }) = failed {
            self.fail(&error);
        }
    }

    fn forget(&self, zone: &ZoneName, last: u64, writes: bool) -> Result<usize, StoreError> {
        if !writes {
            self.shared.db.check_room(0)?;
            return Err(self.shared.failure.now().unwrap_or(StoreError::Stopped));
        }
        let mut batch = Batch::default();
        let count = self.shared.forget_up_to(&mut batch, zone, last)?;
        self.shared.db.write(batch)?;
        Ok(count)
    }
}

/// Answers who waits; returns a failure.
fn answer<T>(result: Result<T, StoreError>, reply: Reply<T>) -> Option<StoreError> {
    let failed = result.as_ref().err().cloned();
    drop(reply.send(result));
    failed
}
