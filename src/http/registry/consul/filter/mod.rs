//! Filter expressions of Consul: `Service.Meta.version == "2" and not (Tags contains "old")`.
//!
//! An expression is read once, against the fields that the answer has ([`Shape`]): a field that is not there is an
//! error, and not an answer that is always empty. Then it judges each entry of the answer, as JSON. Whoever asks says how
//! long that takes, so that nobody else waits for it: it judges copies, when the book is free again, on a thread that
//! may block, for a limited time ([`Filter::judged`]).
//! Grammar: <https://developer.hashicorp.com/consul/api-docs/features/filtering>.

mod read;
mod shape;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_web::http::StatusCode;
use actix_web::web;
use regex_lite::Regex;
use serde_json::Value;
use tokio::sync::Semaphore;

pub(super) use shape::{CHECK, HEALTH, NODE, SERVICE, SERVICE_NODE, Shape};

use super::blocking::Query;
use crate::http::problem::Problem;
use crate::http::registry::fault::Fault;

/// Octets of the longest text that a pattern is tried on.
const MATCHED: usize = 1_024;

/// How long the entries of one answer may take.
const LONGEST: Duration = Duration::from_secs(5);

/// How many filters judge at once. Others wait, before they copy anything.
static AT_ONCE: Semaphore = Semaphore::const_new(2);

/// An expression that has been read; without one, all suits.
#[derive(Debug, Default)]
pub(super) struct Filter(Option<Expression>);

#[derive(Debug)]
enum Expression {
    All(Vec<Self>),
    Any(Vec<Self>),
    Not(Box<Self>),
    Match { path: Vec<String>, test: Test },
}

/// What is asked of a field.
#[derive(Debug)]
enum Test {
    /// It is this.
    Equals(Value),
    /// It is a list with this text, a map with this key, or a text with this in it.
    Has(String),
    IsEmpty,
    Matches(Regex),
}

impl Filter {
    /// That of a query: its `filter`, for entries of this shape.
    ///
    /// # Errors
    /// Where the expression cannot be read, and why: 400.
    pub fn of(query: &Query, shape: &Shape) -> Result<Self, Fault> {
        let text = query.get("filter").filter(|text| !text.trim().is_empty());
        let expression = text.map(|text| read::expression(text, shape)).transpose();
        let failed = |why: String| Fault::invalid(format!("failed to create filter: {why}"));
        expression.map(Self).map_err(failed)
    }

    /// Whether there is none.
    pub fn is_none(&self) -> bool {
        self.0.is_none()
    }

    /// What `show` makes of what `look` copies out of the book.
    ///
    /// # Errors
    /// That judging took too long: 503. Or what `show` says.
    pub async fn judged<S, T>(
        self: Arc<Self>,
        look: impl FnOnce() -> S,
        show: impl FnOnce(S, &Judge) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, Fault>
    where
        S: Send + 'static,
        T: Send + 'static,
    {
        if self.is_none() {
            return show(look(), &Judge::begin(self, LONGEST));
        }
        let permit = tokio::time::timeout(LONGEST, AT_ONCE.acquire()).await;
        let permit = permit.map_err(|_| too_long())?;
        let permit = permit.map_err(|_| Problem::stopping())?;
        let seen = look();
        let shown = web::block(move || {
            // Who leaves does not end it: the next one begins when it has ended.
            let _permit = permit;
            show(seen, &Judge::begin(self, LONGEST))
        });
        shown.await.map_err(|_| Problem::stopping())?
    }

    fn suits(&self, entry: &Value) -> bool {
        let expression = self.0.as_ref();
        expression.is_none_or(|expression| expression.holds(entry))
    }
}

fn too_long() -> Fault {
    let seconds = LONGEST.as_secs();
    let why = format!(
        "the filter was not done after {seconds} s: ask for one service, or with fewer patterns"
    );
    Fault::new(StatusCode::SERVICE_UNAVAILABLE, why)
}

/// A filter at work.
#[derive(Debug)]
pub(super) struct Judge {
    filter: Arc<Filter>,
    until: Instant,
}

impl Judge {
    fn begin(filter: Arc<Filter>, within: Duration) -> Self {
        let until = Instant::now() + within;
        Self { filter, until }
    }

    /// Whether an entry suits.
    ///
    /// # Errors
    /// That the time is over.
    pub fn suits(&self, entry: &Value) -> Result<bool, Fault> {
        if !self.filter.is_none() && Instant::now() >= self.until {
            return Err(too_long());
        }
        Ok(self.filter.suits(entry))
    }

    /// Those of these entries that suit.
    ///
    /// # Errors
    /// That the time is over.
    pub fn all(&self, entries: impl Iterator<Item = Value>) -> Result<Vec<Value>, Fault> {
        let mut suited = Vec::new();
        for entry in entries {
            if self.suits(&entry)? {
                suited.push(entry);
            }
        }
        Ok(suited)
    }
}

impl Expression {
    fn holds(&self, entry: &Value) -> bool {
        match self {
            Self::All(all) => all.iter().all(|one| one.holds(entry)),
            Self::Any(any) => any.iter().any(|one| one.holds(entry)),
            Self::Not(inner) => !inner.holds(entry),
            Self::Match { path, test } => test.holds(path, entry),
        }
    }
}

impl Test {
    /// Of a list within the path one element has to hold it.
    fn holds(&self, path: &[String], value: &Value) -> bool {
        let Some((first, rest)) = path.split_first() else {
            return self.is(value);
        };
        match value {
            Value::Array(list) => list.iter().any(|value| self.holds(path, value)),
            value => match value.get(first) {
                Some(value) => self.holds(rest, value),
                // A key that a map has not.
                None => matches!(self, Self::IsEmpty),
            },
        }
    }

    fn is(&self, value: &Value) -> bool {
        match (self, value) {
            (Self::Equals(wanted), value) => wanted == value,
            (Self::Has(wanted), Value::String(text)) => text.contains(wanted),
            (Self::Has(wanted), Value::Array(list)) => list.iter().any(|value| value == wanted),
            (Self::Has(wanted), Value::Object(map)) => map.contains_key(wanted),
            (Self::IsEmpty, Value::String(text)) => text.is_empty(),
            (Self::IsEmpty, Value::Array(list)) => list.is_empty(),
            (Self::IsEmpty, Value::Object(map)) => map.is_empty(),
            (Self::Matches(pattern), Value::String(text)) => {
                text.len() <= MATCHED && pattern.is_match(text)
            }
            _ => false,
        }
    }
}
