//! One stream of events: made when its client reads, so that one that never does costs nothing.

use std::convert::Infallible;
use std::fmt::Write as _;
use std::time::Duration;

use actix_web::web::Bytes;
use dadns_zone::ZoneName;
use futures_util::stream::{self, Stream};
use jiff::Timestamp;
use tokio::time::{Instant, timeout_at};

use super::shape::{Event, What};
use crate::access::{Principal, Right};
use crate::feed::{Id, Listener, News};
use crate::store::Store;

/// How long a client waits before it connects again, in milliseconds.
const RETRY_MS: u32 = 2_000;

/// Which events a stream shows.
pub(super) struct Shown {
    pub principal: Principal,
    /// Those of one zone only.
    pub zone: Option<ZoneName>,
}

/// Reads the feed for one client.
pub(super) struct Reader {
    listener: Listener,
    shown: Shown,
    store: Store,
    keep_alive: Duration,
    ends: Instant,
    begun: bool,
    /// Whether what it was opened with is still good.
    lasts: Box<dyn Fn() -> bool>,
}

impl Reader {
    pub fn new(
        listener: Listener,
        shown: Shown,
        store: Store,
        keep_alive: Duration,
        longest: Duration,
    ) -> Self {
        Self {
            listener,
            shown,
            store,
            keep_alive,
            ends: Instant::now() + longest,
            begun: false,
            lasts: Box::new(|| true),
        }
    }

    /// The same, which ends when it does not last any more.
    #[must_use]
    pub fn lasting(self, lasts: impl Fn() -> bool + 'static) -> Self {
        Self {
            lasts: Box::new(lasts),
            ..self
        }
    }

    /// The stream, piece by piece.
    pub fn pieces(self) -> impl Stream<Item = Result<Bytes, Infallible>> {
        stream::unfold(self, |mut reader| async move {
            let piece = reader.next().await?;
            Some((Ok(Bytes::from(piece)), reader))
        })
    }

    /// What is sent next; `None`: the stream ends.
    async fn next(&mut self) -> Option<String> {
        let mut piece = String::new();
        if !self.begun {
            self.begun = true;
            let _ = write!(piece, "retry: {RETRY_MS}\n{}", still(self.listener.id()));
        }
        let silent_until = Instant::now() + self.keep_alive;
        loop {
            // A token may be revoked or expire meanwhile: nothing is shown that it may not see now.
            if Instant::now() >= self.ends || !self.is_admitted() {
                return None;
            }
            let batch = self.listener.take();
            if let Some(missed) = batch.missed {
                // How much happens elsewhere is not for those who see a part only.
                let missed = missed.filter(|_| self.shown.all());
                let lagged = Event {
                    at: None,
                    what: What::Lagged { missed },
                };
                let before = batch.news.first().map_or(self.listener.id(), |first| {
                    self.listener.id_of(first.number.saturating_sub(1))
                });
                piece.push_str(&text(before, &lagged));
            }
            let more = !batch.news.is_empty();
            for numbered in batch.news {
                if self.shown.shows(&numbered.news) {
                    let id = self.listener.id_of(numbered.number);
                    piece.push_str(&text(id, &Event::from(&*numbered)));
                }
            }
            if !piece.is_empty() {
                return Some(piece);
            }
            if more {
                continue;
            }
            let until = silent_until.min(self.ends);
            match timeout_at(until, self.listener.wait()).await {
                Ok(true) => {}
                Ok(false) => return None,
                Err(_) => return self.is_admitted().then(|| still(self.listener.id())),
            }
        }
    }

    /// Whether its principal may still log in.
    fn is_admitted(&self) -> bool {
        if !(self.lasts)() {
            return false;
        }
        let Principal::Token(login) = &self.shown.principal else {
            return true;
        };
        let token = self.store.token(&login.name);
        token.is_some_and(|token| {
            let same = login.scope.as_deref() == Some(token.scope());
            same && token
                .scope()
                .admits(login.address, Timestamp::now())
                .is_ok()
        })
    }
}

impl Shown {
    fn shows(&self, news: &News) -> bool {
        match (news.zone(), &self.zone) {
            (Some(zone), Some(only)) => zone == only && self.principal.sees(zone),
            (Some(zone), None) => self.principal.sees(zone),
            (None, Some(_)) => false,
            (None, None) => self.all(),
        }
    }

    /// Whether all zones are shown to its principal.
    fn all(&self) -> bool {
        self.principal.may_everywhere(Right::Read).is_ok()
    }
}

/// An event as it is sent.
fn text(id: Id, event: &Event) -> String {
    // JSON has its line ends escaped.
    let data = serde_json::to_string(event).unwrap_or_default();
    format!("id: {id}\nevent: {}\ndata: {data}\n\n", event.what.name())
}

/// A sign of life that is no event, and has the client go on from here when it comes back.
fn still(id: Id) -> String {
    format!(": still there\nid: {id}\n\n")
}
