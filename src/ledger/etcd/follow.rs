//! Following: a watch that goes on at another member from where it was.
//!
//! A member that lost its leader ends its watches, because we ask it to (`hasleader`); one that hangs is noticed,
//! because it is asked for its progress every 5 s and has to say something.

use std::time::Duration;

use futures_util::{FutureExt, StreamExt, stream};
use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep};
use tonic::{Status, Streaming};

use super::keys::end;
use super::read::Bad;
use super::txn::{RANGE, one, one_stamp, revision, signed, unsigned};
use super::wire::rpc::event::EventType;
use super::wire::rpc::watch_request::RequestUnion;
use super::wire::{ATTEMPT, Failure, rpc};
use super::{Cluster, Etcd, READ};
use crate::ledger::{Document, FollowError, Landmark, News, Stamp};
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

/// How far a follower is.
#[derive(Debug)]
pub(super) struct Place {
    /// All up to here was given.
    pub cursor: Stamp,
    /// The document that was given last.
    pub last: Option<Landmark>,
}

impl Place {
    /// Goes back to the document that was given last: of what was written after it, nothing is known of this engine.
    fn go_back(&mut self) {
        if let Some(last) = &self.last {
            self.cursor = last.stamp;
        }
    }

    /// Notes what is given.
    fn given(&mut self, documents: &[Document], cursor: Stamp) {
        self.last = documents.last().map(Landmark::from).or(self.last.take());
        self.cursor = cursor;
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
        mut place: Place,
        news: &mpsc::Sender<News>,
    ) -> FollowError {
        let mut failed = 0;
        let mut pause = Duration::from_millis(50);
        loop {
            let at = self.wire.good();
            place.go_back();
            let before = place.cursor;
            let followed = match self.still_ours(at, &place).await {
                Ok(()) if begin(before, news).await => self.follow_at(at, &mut place, news).await,
                followed => followed,
            };
            let cause = match followed {
                Err(Ended::Over(error)) => return error,
                Err(Ended::Member(cause)) => cause,
                Ok(()) => return FollowError::Closed,
            };
            let name = self.wire.name(at);
            debug!(
                "etcd: {name} gives no more changes: {cause}; another member is followed from {}",
                place.cursor
            );
            self.wire.leave(at);
            if place.cursor > before {
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
        place: &mut Place,
        news: &mpsc::Sender<News>,
    ) -> Result<(), Ended> {
        let (ask, mut messages) = self.watch(at, place.cursor).await?;
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
            self.take(message, place.cursor, &mut ready).await?;
            // What is there already is given together.
            while ready.documents.len() < NEWS && ready.bytes < NEWS_BYTES {
                let Some(message) = messages.message().now_or_never() else {
                    break;
                };
                self.take(message, place.cursor, &mut ready).await?;
            }
            if !give(&mut ready, place, news).await {
                return Ok(());
            }
            heard = Instant::now();
        }
    }

    /// Whether it is still the engine that was followed: asked of a member, which asks the majority.
    async fn still_ours(&self, at: usize, place: &Place) -> Result<(), Ended> {
        let request = one(self.keys.cluster());
        let asked = self.wire.call(at, RANGE, &request, ATTEMPT);
        let answer: rpc::RangeResponse = asked.await?;
        let found = answer.kvs.first().map(Cluster::from);
        self.same_cluster(found)?;
        let engine = Stamp(revision(answer.header.as_ref()));
        let seen = place.cursor;
        if engine < seen {
            return Err(FollowError::Behind { engine, seen }.into());
        }
        let missed = match &place.last {
            Some(landmark) => self.misses(at, landmark).await?,
            None => None,
        };
        missed.map_or(Ok(()), |missed| Err(missed.into()))
    }

    /// Whether this is the cluster that this node belongs to; if that is not known yet, it is this one.
    fn same_cluster(&self, found: Option<Cluster>) -> Result<(), FollowError> {
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
            Ok(Some(document)) => Ok(Some(document)),
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

/// Tells that the engine is the one that was followed; `false`: nobody listens any more.
async fn begin(cursor: Stamp, news: &mpsc::Sender<News>) -> bool {
    let documents = Vec::new();
    news.send(News { documents, cursor }).await.is_ok()
}

/// Gives what is whole, and keeps the rest; `false`: nobody listens any more.
async fn give(ready: &mut Ready, place: &mut Place, news: &mpsc::Sender<News>) -> bool {
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
        place.given(&documents, last);
        let next = News {
            documents: std::mem::replace(&mut documents, rest),
            cursor: last,
        };
        if news.send(next).await.is_err() {
            return false;
        }
    }
    if documents.is_empty() && (whole < place.cursor || whole == Stamp(0)) {
        return true;
    }
    let cursor = whole.max(place.cursor);
    place.given(&documents, cursor);
    news.send(News { documents, cursor }).await.is_ok()
}
