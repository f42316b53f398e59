//! Requests to etcd: one member after the other until one answers.
//!
//! # Why no client library
//!
//! `etcd-client` builds only where `protoc` is installed, gives all members one connection that goes on asking one
//! that hangs, and leaves streams to those who use it. What is needed of the protocol is one file of messages.

mod choice;
mod failure;
mod login;
mod member;
#[allow(clippy::all, missing_docs)]
#[rustfmt::skip]
pub(super) mod rpc;

use std::sync::atomic::AtomicUsize;
use std::time::Duration;

use futures_util::Stream;
use futures_util::future::join_all;
use jiff::Timestamp;
use parking_lot::Mutex;
use prost::Message;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout};
use tonic::client::Grpc;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::metadata::MetadataValue;
use tonic::transport::Channel;
use tonic::{Request, Status, Streaming};
use tonic_prost::ProstCodec;

pub(super) use failure::{Failure, Kind, Trouble};
use login::{Login, Token};
use member::Member;

use super::EtcdSettings;
use super::version::{Version, judge};
use crate::ledger::{LedgerError, Outage, SLOWEST};
use crate::logging::{debug, warning};

/// How long a member may take to answer before another is asked. When the leader hangs, what a follower passed on to
/// it is lost, and the next that is asked may be the leader itself: two attempts have to fit into 3 s.
pub(super) const ATTEMPT: Duration = Duration::from_millis(1_200);

/// The same, where much is read.
pub(super) const LONG_ATTEMPT: Duration = Duration::from_secs(10);

/// Most bytes of one answer.
pub(super) const MAX_ANSWER: usize = 64 << 20;

/// The pause after all members failed: at first, and at most.
const PAUSE: (Duration, Duration) = (Duration::from_millis(50), Duration::from_millis(500));

const STATUS: &str = "/etcdserverpb.Maintenance/Status";

/// The members, of which one is asked until it fails: the first, as operators name the nearest first. A farther one costs
/// another round between sites with each change.
#[derive(Debug)]
pub(super) struct Wire {
    members: Vec<Member>,
    /// The one that answered last.
    good: AtomicUsize,
    /// When another one was left last.
    left: Mutex<Option<Instant>>,
    login: Login,
    outage: watch::Sender<Option<Outage>>,
}

impl Wire {
    pub fn new(settings: &EtcdSettings) -> Result<Self, LedgerError> {
        let tls = member::tls(settings)?;
        let members = settings.endpoints.iter();
        let members: Vec<_> = members
            .map(|name| Member::new(name.trim_end_matches('/'), tls.as_ref()))
            .collect::<Result<_, _>>()?;
        if members.is_empty() {
            let cause = "it is empty: name the members of etcd";
            return Err(LedgerError::new("cluster.endpoints", cause));
        }
        Ok(Self {
            good: AtomicUsize::new(0),
            left: Mutex::default(),
            members,
            login: Login::new(settings)?,
            outage: watch::Sender::new(None),
        })
    }

    pub fn answers(&self) -> watch::Receiver<Option<Outage>> {
        self.outage.subscribe()
    }

    pub fn name(&self, at: usize) -> &str {
        &self.members[at].name
    }

    pub fn count(&self) -> usize {
        self.members.len()
    }

    /// The engine answers.
    pub fn up(&self) {
        self.outage
            .send_if_modified(|outage| outage.take().is_some());
    }

    /// No member answers.
    pub fn down(&self, cause: &str) {
        self.outage.send_if_modified(|outage| {
            let since = outage
                .as_ref()
                .map_or_else(Timestamp::now, |known| known.since);
            let is_new = outage.as_ref().is_none_or(|known| known.cause != cause);
            let cause = cause.to_owned();
            *outage = Some(Outage { since, cause });
            is_new
        });
    }

    /// Asks one member after the other until one answers, or `until`.
    pub async fn ask<Q, A>(
        &self,
        path: &'static str,
        request: Q,
        until: Instant,
        attempt: Duration,
    ) -> Result<A, Trouble>
    where
        Q: Message + Clone + 'static,
        A: Message + Default + 'static,
    {
        let mut unsure = false;
        let asked = self.ask_all(path, &request, until, attempt, &mut unsure);
        asked.await.map_err(|failure| Trouble { unsure, failure })
    }

    /// The same, and whether a member that gave no answer may have done it before.
    pub async fn ask_and_tell<Q, A>(
        &self,
        path: &'static str,
        request: Q,
        until: Instant,
    ) -> (Result<A, Trouble>, bool)
    where
        Q: Message + Clone + 'static,
        A: Message + Default + 'static,
    {
        let mut unsure = false;
        let asked = self.ask_all(path, &request, until, ATTEMPT, &mut unsure);
        let answer = asked.await.map_err(|failure| Trouble { unsure, failure });
        (answer, unsure)
    }

    async fn ask_all<Q, A>(
        &self,
        path: &'static str,
        request: &Q,
        until: Instant,
        attempt: Duration,
        unsure: &mut bool,
    ) -> Result<A, Failure>
    where
        Q: Message + Clone + 'static,
        A: Message + Default + 'static,
    {
        let attempt =
            attempt + Duration::from_secs_f64(request.encoded_len() as f64 / f64::from(SLOWEST));
        let mut pause = PAUSE.0;
        let mut tried = 0;
        loop {
            let at = self.good();
            let left = until.saturating_duration_since(Instant::now());
            let failure = match self.call(at, path, request, left.min(attempt)).await {
                Ok(answer) => {
                    self.up();
                    return Ok(answer);
                }
                Err(failure) => failure,
            };
            if !failure.is_of_member() {
                return Err(failure);
            }
            *unsure |= failure.kind == Kind::Unsure;
            let name = self.name(at);
            debug!("etcd: {name}: {}", failure.cause);
            self.leave(at);
            tried += 1;
            let is_round = tried % self.in_turn() == 0;
            let left = until.saturating_duration_since(Instant::now());
            let is_over = left.is_zero() || is_round && left <= pause;
            if is_round || is_over {
                self.down(&format!("{name}: {}", failure.cause));
            }
            if is_over {
                return Err(failure);
            }
            if is_round {
                sleep(pause.mul_f64(0.5 + fastrand::f64() / 2.0)).await;
                pause = (pause * 2).min(PAUSE.1);
            }
        }
    }

    /// Asks one member.
    pub async fn call<Q, A>(
        &self,
        at: usize,
        path: &'static str,
        request: &Q,
        limit: Duration,
    ) -> Result<A, Failure>
    where
        Q: Message + Clone + 'static,
        A: Message + Default + 'static,
    {
        let mut again = true;
        loop {
            let (mut grpc, token) = self.ready(at).await?;
            let request = with(request.clone(), token.as_ref());
            let asked = grpc.unary(
                request,
                PathAndQuery::from_static(path),
                ProstCodec::default(),
            );
            let failure = match timeout(limit, asked).await {
                Ok(Ok(answer)) => return Ok(answer.into_inner()),
                Ok(Err(status)) => Failure::from(&status),
                Err(_) => {
                    self.members[at].silent_for(limit).await;
                    let cause = format!("no answer within {:.1} s", limit.as_secs_f64());
                    Failure::new(Kind::Unsure, cause)
                }
            };
            if failure.kind != Kind::Token {
                return Err(failure);
            }
            if !self.login.forget(token) || !std::mem::take(&mut again) {
                return Err(Failure::new(Kind::Rejected, failure.cause));
            }
        }
    }

    /// Opens a stream to one member.
    pub async fn stream<Q, A>(
        &self,
        at: usize,
        path: &'static str,
        requests: impl Stream<Item = Q> + Send + 'static,
    ) -> Result<Streaming<A>, Failure>
    where
        Q: Message + 'static,
        A: Message + Default + 'static,
    {
        let (mut grpc, token) = self.ready(at).await?;
        let requests = with(requests, token.as_ref());
        let opened = grpc.streaming(
            requests,
            PathAndQuery::from_static(path),
            ProstCodec::default(),
        );
        let failure = match timeout(ATTEMPT, opened).await {
            Ok(Ok(stream)) => return Ok(stream.into_inner()),
            Ok(Err(status)) => Failure::from(&status),
            Err(_) => {
                self.members[at].silent_for(ATTEMPT).await;
                Failure::new(Kind::Unsure, "it opens no stream")
            }
        };
        if failure.kind == Kind::Token {
            self.login.forget(token);
        }
        Err(failure)
    }

    /// A connection that takes a request, and our token. What fails here was not sent.
    async fn ready(&self, at: usize) -> Result<(Grpc<Channel>, Option<Token>), Failure> {
        let not_sent = |failure: Failure| match failure.kind {
            Kind::Unsure => Failure::new(Kind::NotSent, failure.cause),
            _ => failure,
        };
        let greeted = self.members[at].channel(|channel| self.greet(at, channel));
        let channel = greeted.await.map_err(not_sent)?;
        let token = self.login.token(&channel).await.map_err(not_sent)?;
        let mut grpc = Grpc::new(channel).max_decoding_message_size(MAX_ANSWER);
        let ready = timeout(ATTEMPT, grpc.ready()).await;
        match ready {
            Ok(Ok(())) => Ok((grpc, token)),
            Ok(Err(error)) => {
                self.members[at].reset().await;
                Err(Failure::new(Kind::NotSent, failure::chain(&error)))
            }
            Err(_) => Err(Failure::new(
                Kind::NotSent,
                "its connection takes no request",
            )),
        }
    }

    /// Asks a member for its version before it is asked for anything else.
    async fn greet(&self, at: usize, channel: Channel) -> Result<(), Failure> {
        let status = self.status_on(channel).await?;
        let name = self.name(at);
        match judge(&status.version) {
            Version::Good => {}
            Version::Doubtful(why) => warning!("etcd {} at {name}: {why}", status.version),
            Version::TooOld(why) => {
                let cause = format!("etcd {} is too old: {why}", status.version);
                return Err(Failure::new(Kind::NotSent, cause));
            }
        }
        Ok(())
    }

    async fn status_on(&self, channel: Channel) -> Result<rpc::StatusResponse, Failure> {
        let mut again = true;
        loop {
            let token = self.login.token(&channel).await?;
            let mut grpc = Grpc::new(channel.clone());
            let asked = async {
                let ready = grpc.ready().await;
                ready.map_err(|error| Status::unavailable(failure::chain(&error)))?;
                let request = with(rpc::StatusRequest {}, token.as_ref());
                grpc.unary(
                    request,
                    PathAndQuery::from_static(STATUS),
                    ProstCodec::default(),
                )
                .await
            };
            let failure = match timeout(ATTEMPT, asked).await {
                Ok(Ok(status)) => return Ok(status.into_inner()),
                Ok(Err(status)) => Failure::from(&status),
                Err(_) => Failure::new(Kind::NotSent, "it does not tell its version"),
            };
            let is_old = failure.kind == Kind::Token && self.login.forget(token);
            if !is_old || !std::mem::take(&mut again) {
                return Err(failure);
            }
        }
    }

    /// What each member says of itself, in the order of the configuration.
    pub async fn statuses(&self) -> Vec<(&str, Result<rpc::StatusResponse, Failure>)> {
        let ask = |at| async move {
            let asked = self.call(at, STATUS, &rpc::StatusRequest {}, ATTEMPT);
            (self.name(at), asked.await)
        };
        join_all((0..self.members.len()).map(ask)).await
    }
}

/// A request that only a member with a leader takes, from us.
fn with<T>(message: T, token: Option<&Token>) -> Request<T> {
    let mut request = Request::new(message);
    let metadata = request.metadata_mut();
    // Without this a member that lost its leader would let us wait, and a watch of it would just be silent.
    metadata.insert("hasleader", MetadataValue::from_static("true"));
    if let Some(token) = token {
        metadata.insert("token", token.clone());
    }
    request
}

#[cfg(test)]
mod tests;
