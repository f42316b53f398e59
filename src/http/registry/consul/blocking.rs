//! Reads that wait for a change, and the index that every read carries.

use std::time::Duration;

use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;
use tokio::time::{Instant, timeout_at};

use super::fields::duration;
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
        let pairs = form_urlencoded::parse(request.query_string().as_bytes());
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

/// Answers with what `look` sees, once the index is another than the one that the query names, or when its time is
/// over. `service`: the index of this one; without, that of all.
pub(super) async fn read<T: Serialize>(
    registry: &Registry,
    query: &Query,
    service: Option<&str>,
    look: impl Fn(&Book) -> T,
) -> Result<HttpResponse, Fault> {
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
    let mut changes = registry.changes();
    loop {
        changes.mark_unchanged();
        let seen = registry.look(|book, _| {
            let index = service.map_or_else(|| book.index(), |service| book.index_of(service));
            (known != Some(index)).then(|| (index, look(book)))
        });
        if let Some((index, seen)) = seen {
            return Ok(answer(index, seen));
        }
        let changed = tokio::select! {
            waited = timeout_at(deadline, changes.changed()) => matches!(waited, Ok(Ok(()))),
            () = registry.stopping() => false,
        };
        if !changed {
            let index = known.unwrap_or(1);
            return Ok(answer(index, registry.look(|book, _| look(book))));
        }
    }
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
