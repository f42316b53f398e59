//! Following: a watch that goes on at another member from where it was.
//!
//! A member that lost its leader ends its watches, because we ask it to (`hasleader`); one that hangs is noticed,
//! because it is asked for its progress every 5 s and has to say something.

use std::time::Duration;

use futures_util::{FutureExt, StreamExt, stream};
use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep};
use tonic::{Status, Streaming};

use super::history::Mark;
use super::keys::end;
use super::read::Bad;
use super::txn::{RANGE, one, one_stamp, revision, signed, unsigned};
use super::wire::rpc::event::EventType;
use super::wire::rpc::watch_request::RequestUnion;
use super::wire::{ATTEMPT, Failure, rpc};
use super::{Cluster, Etcd, READ};
use crate::ledger::{Document, FollowError, News, Remembered, Stamp};
use crate::logging::{debug, error, warning};

const WATCH: &str = "/etcdserverpb.Watch/Watch";

/// How often a member is asked how far it is.
const ASK: Duration = Duration::from_secs(5);

/// How often it is looked whether a member is silent.
const TICK: Duration = Duration::from_secs(1);

/// How long a member may say nothing, and how long one that other requests have left.
const SILENCE: Duration = Duration::from_secs(10);
const DOUBTED: Duration = Duration::from_secs(3);

/// Most documents that are given at once, but for those of one stamp.
const NEWS: usize = 256;

/// Bytes of documents that are enough to give.
const NEWS_BYTES: usize = 8 << 20;

/// The longest pause after all members failed.
const PAUSE: Duration = Duration::from_secs(1);

/// Why a watch ended.
enum Ended {
    Over(FollowError),
    /// The member gives no more.
    Member(String),
}

impl From<Failure> for Ended {
    fn from(failure: Failure) -> Self {
        Self::Member(failure.cause)
    }
}

impl From<FollowError> for Ended {
    fn from(error: FollowError) -> Self {
        Self::Over(error)
    }
}

/// What was read and not given yet.
#[derive(Default)]
struct Ready {
    documents: Vec<Document>,
    bytes: usize,
    /// All up to here was read.
    whole: Stamp,
}

impl Etcd {
    pub(super) async fn follow_from(
        &self,
        mut cursor: Stamp,
        news: &mpsc::Sender<News>,
    ) -> FollowError {
        let mut failed = 0;
        let mut pause = Duration::from_millis(50);
        loop {
            let at = self.wire.good();
            let ours = self.still_ours(at, &mut cursor).await;
            let before = cursor;
            let followed = match ours {
                Ok(()) => self.follow_at(at, &mut cursor, news).await,
                Err(ended) => Err(ended),
            };
            let cause = match followed {
                Err(Ended::Over(error)) => return error,
                Err(Ended::Member(cause)) => cause,
                Ok(()) => return FollowError::Closed,
            };
            let name = self.wire.name(at);
            debug!(
                "etcd: {name} gives no more changes: {cause}; another member is followed from {cursor}"
            );
            self.wire.leave(at);
            if cursor > before {
                (failed, pause) = (0, Duration::from_millis(50));
            }
            failed += 1;
            if failed % self.wire.count() == 0 {
                self.wire.down(&format!("{name}: {cause}"));
                tokio::select! {
                    () = news.closed() => return FollowError::Closed,
                    () = sleep(pause.mul_f64(0.5 + fastrand::f64() / 2.0)) => {}
                }
                pause = (pause * 2).min(PAUSE);
            }
        }
    }

    /// Follows one member as long as it gives something. `Ok`: nobody listens any more.
    async fn follow_at(
        &self,
        at: usize,
        cursor: &mut Stamp,
        news: &mpsc::Sender<News>,
    ) -> Result<(), Ended> {
        let (ask, mut messages) = self.watch(at, *cursor).await?;
        let mut ticks = interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let (mut heard, mut asked) = (Instant::now(), None::<Instant>);
        // Across messages: the rest of a revision may come with the next.
        let mut ready = Ready::default();
        loop {
            let message = tokio::select! {
                () = news.closed() => return Ok(()),
                message = messages.message() => message,
                _ = ticks.tick() => {
                    // Another request found that this member fails.
                    let is_doubted = self.wire.good() != at;
                    let silence = if is_doubted { DOUBTED } else { SILENCE };
                    if heard.elapsed() > silence {
                        return Err(Ended::Member(format!("nothing for {} s", silence.as_secs())));
                    }
                    if is_doubted || asked.is_none_or(|asked| asked.elapsed() >= ASK) {
                        let progress = RequestUnion::ProgressRequest(rpc::WatchProgressRequest {});
                        // Full: it takes nothing from us, and will be found silent.
                        let _ = ask.try_send(request(progress));
                        asked = Some(Instant::now());
                    }
                    continue;
                }
            };
            self.take(message, *cursor, &mut ready).await?;
            // What is there already is given together.
            while ready.documents.len() < NEWS && ready.bytes < NEWS_BYTES {
                let Some(message) = messages.message().now_or_never() else {
                    break;
                };
                self.take(message, *cursor, &mut ready).await?;
            }
            if !give(&mut ready, cursor, news).await {
                return Ok(());
            }
            heard = Instant::now();
        }
    }

    /// Whether it is still the engine that was followed: asked of a member, which asks the majority. Goes back to the
    /// last write that is known to have been made, as nothing is known of those after it.
    async fn still_ours(&self, at: usize, cursor: &mut Stamp) -> Result<(), Ended> {
        let request = one(self.keys.cluster());
        let asked = self.wire.call(at, RANGE, &request, ATTEMPT);
        let answer: rpc::RangeResponse = asked.await?;
        let found = answer.kvs.first().map(Cluster::from);
        self.is_ours(found)?;
        let engine = Stamp(revision(answer.header.as_ref()));
        if engine < *cursor {
            let seen = *cursor;
            return Err(FollowError::Behind { engine, seen }.into());
        }
        let last = self.mark.lock().clone();
        let Some(mark) = last else {
            return Ok(());
        };
        let over = match self.remembers_at(at, &mark).await? {
            Remembered::Yes => {
                *cursor = mark.stamp().min(*cursor);
                return Ok(());
            }
            Remembered::No => FollowError::Restored(mark.stamp()),
            Remembered::Forgotten => FollowError::Forgotten(mark.stamp()),
        };
        // Whoever follows next has compared everything.
        self.mark.lock().take_if(|last| *last == mark);
        Err(over.into())
    }

    /// Whether this is the cluster that this node belongs to.
    fn is_ours(&self, found: Option<Cluster>) -> Result<(), FollowError> {
        let mut belongs = self.belongs.lock();
        if belongs.is_none() {
            belongs.clone_from(&found);
        }
        if found.is_some() && *belongs == found {
            return Ok(());
        }
        let name = |cluster: Option<&Cluster>| {
            let name = cluster.map(|cluster| String::from_utf8_lossy(&cluster.value).into_owned());
            name.unwrap_or_default()
        };
        let (found, known) = (name(found.as_ref()), name(belongs.as_ref()));
        Err(FollowError::Other { found, known })
    }

    async fn watch(
        &self,
        at: usize,
        cursor: Stamp,
    ) -> Result<
        (
            mpsc::Sender<rpc::WatchRequest>,
            Streaming<rpc::WatchResponse>,
        ),
        Failure,
    > {
        let (ask, asked) = mpsc::channel(4);
        let key = self.keys.document("");
        let create = rpc::WatchCreateRequest {
            range_end: end(&key).into(),
            key: key.into(),
            // What we have already is left out again. A watch that begins after the last write gets no progress.
            start_revision: signed(cursor.0.max(1)),
            progress_notify: true,
            fragment: true,
        };
        let first = stream::iter([request(RequestUnion::CreateRequest(create))]);
        let more = stream::unfold(asked, |mut asked: mpsc::Receiver<_>| async move {
            asked.recv().await.map(|request| (request, asked))
        });
        let messages = self.wire.stream(at, WATCH, first.chain(more)).await?;
        Ok((ask, messages))
    }

    /// Reads what one message says.
    async fn take(
        &self,
        message: Result<Option<rpc::WatchResponse>, Status>,
        cursor: Stamp,
        ready: &mut Ready,
    ) -> Result<(), Ended> {
        let message = match message {
            Ok(Some(message)) => message,
            Ok(None) => return Err(Ended::Member("it ended the watch".into())),
            Err(status) => return Err(Failure::from(&status).into()),
        };
        self.wire.up();
        if message.compact_revision > 0 {
            return Err(FollowError::Forgotten(Stamp(unsigned(message.compact_revision))).into());
        }
        if message.canceled {
            return Err(Ended::Member(format!(
                "it ended the watch: {}",
                message.cancel_reason
            )));
        }
        let Some(last) = message.events.last().and_then(|event| event.kv.as_ref()) else {
            // Without events it tells how far it is, but for the first, which only says that the watch is made.
            if !message.created {
                ready.whole = ready.whole.max(Stamp(revision(message.header.as_ref())));
            }
            return Ok(());
        };
        // The rest of the last revision may be in the next fragment.
        let whole =
            unsigned(last.mod_revision) - u64::from(message.fragment && last.mod_revision > 0);
        for event in &message.events {
            if let Some(document) = self.read_event(event, cursor).await? {
                ready.bytes += document.name.len() + document.value.len();
                ready.documents.push(document);
            }
        }
        ready.whole = ready.whole.max(Stamp(whole));
        Ok(())
    }

    /// The document of an event; `None`: there is none to give.
    async fn read_event(
        &self,
        event: &rpc::Event,
        cursor: Stamp,
    ) -> Result<Option<Document>, Ended> {
        let Some(key) = &event.kv else {
            return Ok(None);
        };
        let Some(name) = self.keys.document_of(&key.key) else {
            return Ok(None);
        };
        let stamp = Stamp(unsigned(key.mod_revision));
        if stamp <= cursor {
            return Ok(None);
        }
        if event.r#type() == EventType::Delete {
            warning!(
                "etcd: {name} was removed by hand at revision {stamp}: nodes keep it as they have it, and the next \
                 write of it puts it back"
            );
            return Ok(None);
        }
        match self.document(&name, key, 0).await {
            Ok(Some(document)) => {
                self.mark(Mark {
                    key: key.key.to_vec(),
                    revision: stamp.0,
                    id: Some(document.id),
                });
                Ok(Some(document))
            }
            Ok(None) if self.is_newer(&name, stamp).await? => Ok(None),
            Ok(None) => {
                error!(
                    "etcd: pieces of {name} at revision {stamp} are missing: it is left as it was; write it again"
                );
                Ok(None)
            }
            Err(Bad::Trouble(trouble)) => Err(trouble.failure.into()),
            Err(bad) => {
                error!(
                    "{}; it is left as it was, revision {stamp}",
                    bad.error(&name)
                );
                Ok(None)
            }
        }
    }

    /// Whether a document was written after a stamp.
    async fn is_newer(&self, name: &str, stamp: Stamp) -> Result<bool, Ended> {
        let until = Instant::now() + READ;
        let request = one_stamp(self.keys.document(name));
        let asked = self
            .wire
            .ask::<_, rpc::RangeResponse>(RANGE, request, until, ATTEMPT)
            .await;
        let answer = asked.map_err(|trouble| Ended::from(trouble.failure))?;
        let now = answer.kvs.first().map(|key| unsigned(key.mod_revision));
        // Removed by hand: that follows as well.
        Ok(now.is_none_or(|now| now > stamp.0))
    }
}

fn request(union: RequestUnion) -> rpc::WatchRequest {
    rpc::WatchRequest {
        request_union: Some(union),
    }
}

/// Gives what is whole, and keeps the rest; `false`: nobody listens any more.
async fn give(ready: &mut Ready, cursor: &mut Stamp, news: &mpsc::Sender<News>) -> bool {
    let whole = ready.whole;
    let count = ready
        .documents
        .partition_point(|document| document.stamp <= whole);
    let rest = ready.documents.split_off(count);
    let mut documents = std::mem::replace(&mut ready.documents, rest);
    ready.bytes = ready
        .documents
        .iter()
        .map(|document| document.value.len())
        .sum();
    while documents.len() > NEWS {
        let last = documents[NEWS - 1].stamp;
        let rest =
            documents.split_off(documents.partition_point(|document| document.stamp <= last));
        if rest.is_empty() {
            break;
        }
        *cursor = last;
        let next = News {
            documents: std::mem::replace(&mut documents, rest),
            cursor: last,
        };
        if news.send(next).await.is_err() {
            return false;
        }
    }
    if documents.is_empty() && (whole < *cursor || whole == Stamp(0)) {
        return true;
    }
    *cursor = whole.max(*cursor);
    let cursor = *cursor;
    news.send(News { documents, cursor }).await.is_ok()
}
