//! Reads that wait for a change, and the index that every read carries.

use std::sync::Arc;
use std::time::Duration;

use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;
use tokio::time::{Instant, timeout_at};

use super::fields::duration;
use super::filter::{Filter, Judge};
use crate::http::registry::fault::Fault;
use crate::registry::Registry;
use crate::registry::rules::Book;

/// How long a read waits where nothing is said, and at most.
const WAIT: Duration = Duration::from_secs(300);
const LONGEST_WAIT: Duration = Duration::from_secs(600);

/// The members of a query.
#[derive(Debug)]
pub(super) struct Query(Vec<(String, String)>);

impl Query {
    pub fn of(request: &HttpRequest) -> Self {
        Self::of_text(request.query_string())
    }

    pub fn of_text(text: &str) -> Self {
        let pairs = form_urlencoded::parse(text.as_bytes());
        Self(
            pairs
                .map(|(name, value)| (name.into_owned(), value.into_owned()))
                .collect(),
        )
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        let mut found = self.0.iter().filter(|(known, _)| known == name);
        found.next().map(|(_, value)| value.as_str())
    }

    pub fn all<'q>(&'q self, name: &'q str) -> impl Iterator<Item = &'q str> {
        let found = self.0.iter().filter(move |(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }
}

/// Answers with what `show` makes of what `look` copies, once the index is another than the one that the query names, or
/// when its time is over. `service`: the index of this one; without, that of all.
pub(super) async fn read<S, T>(
    registry: &Registry,
    query: &Query,
    filter: &Arc<Filter>,
    service: Option<&str>,
    look: impl Fn(&Book) -> S,
    show: impl FnOnce(S, &Judge) -> Result<T, Fault> + Send + 'static,
) -> Result<HttpResponse, Fault>
where
    S: Send + 'static,
    T: Serialize + Send + 'static,
{
    let number = |text: &str| {
        text.parse::<u64>()
            .map_err(|_| Fault::invalid("Invalid index"))
    };
    let known = query
        .get("index")
        .filter(|text| !text.is_empty())
        .map(number);
    let known = known.transpose()?.filter(|known| *known > 0);
    let wait = match query.get("wait").filter(|text| !text.is_empty()) {
        Some(text) => duration(text).ok_or_else(|| Fault::invalid("Invalid wait time"))?,
        None => WAIT,
    };
    let wait = if wait.is_zero() {
        WAIT
    } else {
        wait.min(LONGEST_WAIT)
    };
    // So that those who began together do not all come back together.
    let deadline = Instant::now() + wait + wait.mul_f64(fastrand::f64() / 16.0);
    let index = |book: &Book| service.map_or_else(|| book.index(), |one| book.index_of(one));
    let mut changes = registry.changes();
    loop {
        changes.mark_unchanged();
        if known != Some(registry.look(|book, _| index(book))) {
            break;
        }
        let changed = tokio::select! {
            waited = timeout_at(deadline, changes.changed()) => matches!(waited, Ok(Ok(()))),
            () = registry.stopping() => false,
        };
        if !changed {
            break;
        }
    }
    let look = || registry.look(|book, _| (index(book), look(book)));
    let shown =
        Arc::clone(filter).judged(look, |(index, seen), judge| Ok((index, show(seen, judge)?)));
    let (index, shown) = shown.await?;
    Ok(answer(index, shown))
}

/// What is read, with its index.
pub(super) fn answer(index: u64, body: impl Serialize) -> HttpResponse {
    indexed(HttpResponse::Ok(), index).json(body)
}

fn indexed(
    mut response: actix_web::HttpResponseBuilder,
    index: u64,
) -> actix_web::HttpResponseBuilder {
    response
        .insert_header(("X-Consul-Index", index.max(1).to_string()))
        .insert_header(("X-Consul-KnownLeader", "true"))
        .insert_header(("X-Consul-LastContact", "0"));
    response
}
