//! Why a call is answered with an error, how that looks, and what the log says of it.

use std::borrow::Cow;
use std::fmt;

use actix_web::HttpResponse;
use actix_web::http::header::{ALLOW, HeaderValue};
use dadns_zone::NameError;

use super::counts::{Push, Removal};
use super::{Call, address_of, respond};
use crate::http::body::Unread;
use crate::http::reply;
use crate::logging::{error, warning};
use crate::store::StoreError;

/// Why a call is answered with an error.
#[derive(Debug)]
pub(super) enum Refusal {
    /// The request is at fault: HTTP 200 with `error=1`, as DirectAdmin does.
    Request {
        text: &'static str,
        details: Cow<'static, str>,
    },
    /// The guard holds the push for an operator.
    Held(String),
    /// The call changes something and did not come as POST.
    WrongMethod(&'static str),
    /// The request did not come whole.
    Unread(Unread),
    /// The store is: HTTP 503, so that a client that looks at the status retries.
    Store(StoreError),
    /// The log knows of this one already.
    Logged(Box<Refusal>),
}

impl Refusal {
    pub fn new(text: &'static str, details: impl Into<Cow<'static, str>>) -> Self {
        Self::Request {
            text,
            details: details.into(),
        }
    }

    /// This refusal, which the log knows of already.
    pub fn logged(self) -> Self {
        Self::Logged(Box::new(self))
    }

    /// This refusal, whether or not the log knows of it.
    fn itself(&self) -> &Self {
        match self {
            Self::Logged(refusal) => refusal.itself(),
            other => other,
        }
    }

    pub fn into_response(self) -> HttpResponse {
        let details = self.to_string();
        match self {
            Self::Request { text, .. } => respond(200, reply::error(text, &details)),
            Self::Held(_) => respond(200, reply::error("Zone held", &details)),
            Self::WrongMethod(_) => {
                let mut response = respond(405, reply::error("Wrong method", &details));
                let post = HeaderValue::from_static("POST");
                response.headers_mut().insert(ALLOW, post);
                response
            }
            Self::Unread(Unread { status, .. }) => {
                respond(status, reply::error("Not done", &details))
            }
            Self::Store(_) => respond(503, reply::error("Not done", &details)),
            Self::Logged(refusal) => refusal.into_response(),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Request { details, .. } => f.write_str(details),
            Self::Held(details) => f.write_str(details),
            Self::WrongMethod(action) => write!(f, "{action} has to be sent with POST"),
            Self::Unread(Unread { reason, .. }) => f.write_str(reason),
            Self::Store(error) => error.fmt(f),
            Self::Logged(refusal) => refusal.fmt(f),
        }
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<NameError> for Refusal {
    fn from(error: NameError) -> Self {
        Self::new("Invalid domain", error.to_string())
    }
}

impl Call<'_> {
    /// Counts a refusal of what would have changed something. A removal that went as far as single zones
    /// has logged and counted what became of each.
    pub(super) fn count(&self, refusal: &Refusal) {
        let counts = &self.face.counts;
        match (self.params.get("action"), refusal.itself()) {
            (Some("rawsave"), Refusal::Store(_)) => counts.pushed(Push::Failed),
            (Some("rawsave"), Refusal::Held(_)) => counts.pushed(Push::Held),
            (Some("rawsave"), _) => counts.pushed(Push::Refused),
            (Some("delete"), _) if matches!(refusal, Refusal::Logged(_)) => {}
            (Some("delete"), Refusal::Store(_)) => counts.removed(Removal::Failed),
            (Some("delete"), _) => counts.removed(Removal::Refused),
            _ => {}
        }
    }

    /// Has the store remember a push that was refused, for those who do not see the log. One that the guard
    /// holds is shown as such.
    pub(super) fn remember(&self, refusal: &Refusal) {
        if self.params.get("action") != Some("rawsave")
            || matches!(refusal.itself(), Refusal::Held(_))
        {
            return;
        }
        if let (Ok(zone), Ok(origin)) = (self.domain(), self.origin()) {
            let reason = refusal.to_string();
            self.store.note_refused(&zone, &origin.author, &reason);
        }
    }

    /// Logs a refusal: masters show theirs to nobody, and do not try again.
    ///
    /// What only asked is not worth a line. Names are logged as fields, as they were sent.
    pub(super) fn log(&self, refusal: &Refusal) {
        let master = self.params.get("hostname");
        let (what, zone) = match self.params.get("action") {
            Some("delete") => ("a delete", Some(self.params.selected().join(" "))),
            Some("rawsave") => ("a rawsave", self.params.get("domain").map(str::to_owned)),
            _ => ("a request", self.params.get("domain").map(str::to_owned)),
        };
        let client =
            address_of(self.request).map_or_else(|| "nobody".into(), |address| address.to_string());
        match refusal {
            Refusal::Logged(_) => {}
            Refusal::Store(_) => error!(zone, master, "{what} from {client} failed: {refusal}"),
            Refusal::Request { .. } if what == "a request" => {}
            _ => warning!(zone, master, "{what} from {client} was refused: {refusal}"),
        }
    }
}
