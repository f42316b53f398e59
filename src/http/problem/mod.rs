//! Answers in JSON, and why something cannot be answered: `application/problem+json` (RFC 9457) with a
//! stable `code`, a sentence, and a `hint` where there is a next step.

mod code;
pub mod shape;

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use actix_web::error::JsonPayloadError;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use dadns_zone::{NameError, ZoneName};
use serde::Serialize;

use super::powerdns::{Fault, is_powerdns};
use super::rest::is_rest;
use super::status::shape::RefusedPush;
use crate::access::Denied;
use crate::store::{CannotRollBack, NothingHeld, Store, StoreError, TooMany};
pub use code::Code;
use shape::{ProblemDetails, RecordError};

/// The media type of problems.
const CONTENT_TYPE: &str = "application/problem+json";

/// Why something cannot be answered.
#[derive(Debug)]
pub(super) struct Problem {
    code: Code,
    detail: Cow<'static, str>,
    hint: Option<Cow<'static, str>>,
    /// The refused push that a zone is only known by.
    last_refused: Option<Box<RefusedPush>>,
    /// How long the client has to wait.
    wait: Option<Duration>,
    /// The revision of the zone, where the request named another one.
    revision: Option<u64>,
    /// All that is wrong with a request that edits records.
    errors: Vec<RecordError>,
}

/// Whether a path is below `/api` or one of plain REST, where every error is a problem.
pub(super) fn is_api(path: &str) -> bool {
    if is_rest(path) {
        return true;
    }
    let below = path.strip_prefix("/api");
    below.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

impl Problem {
    pub fn new(code: Code, detail: impl Into<Cow<'static, str>>) -> Self {
        Self {
            code,
            detail: detail.into(),
            hint: None,
            last_refused: None,
            wait: None,
            revision: None,
            errors: Vec::new(),
        }
    }

    /// The request may only be made at other revisions than this, which the zone has.
    pub fn other_revision(revision: u64) -> Self {
        let detail = format!("the zone is at revision {revision}, which If-Match does not name");
        Self {
            revision: Some(revision),
            ..Self::new(Code::RevisionDiffers, detail)
        }
    }

    /// All that is wrong with a request; there is something.
    pub fn all(code: Code, errors: Vec<RecordError>) -> Self {
        let detail = match errors.as_slice() {
            [only] => only.to_string(),
            all => format!(
                "{} errors, the first: {}",
                all.len(),
                all.first().map_or("", |one| &one.detail)
            ),
        };
        Self {
            errors,
            ..Self::new(code, detail)
        }
    }

    /// The same, with the next step.
    #[must_use]
    pub fn hint(self, hint: impl Into<Cow<'static, str>>) -> Self {
        Self {
            hint: Some(hint.into()),
            ..self
        }
    }

    pub fn not_logged_in() -> Self {
        let detail = "wrong or missing user name or password";
        Self::new(Code::NotLoggedIn, detail)
    }

    pub fn too_many_failures(wait: Duration) -> Self {
        let detail = "this address has to wait before it may try again";
        Self {
            wait: Some(wait),
            ..Self::new(Code::TooManyFailures, detail)
        }
    }

    pub fn invalid(why: impl fmt::Display) -> Self {
        Self::new(Code::InvalidRequest, format!("invalid request: {why}"))
    }

    pub fn stopping() -> Self {
        Self::new(Code::Stopping, "the gateway is stopping")
    }

    pub fn status(&self) -> StatusCode {
        self.code.status()
    }

    pub fn title(&self) -> &'static str {
        self.code.title()
    }

    pub fn detail(&self) -> &str {
        &self.detail
    }

    /// The revision that the zone has instead of the one that was named.
    pub fn revision(&self) -> Option<u64> {
        self.revision
    }

    pub fn wait(&self) -> Option<Duration> {
        self.wait
    }

    /// As an answer in the words of the face at `path`, which is one with JSON.
    pub fn response_at(&self, path: &str) -> HttpResponse {
        match is_powerdns(path) {
            true => Fault::from(self).response(),
            false => self.response(),
        }
    }

    pub fn response(&self) -> HttpResponse {
        HttpResponse::build(self.status())
            .content_type(CONTENT_TYPE)
            .json(ProblemDetails {
                kind: format!("urn:dadns:problem:{}", self.code.as_str()),
                title: self.title().into(),
                status: self.status().as_u16(),
                detail: self.detail.as_ref().into(),
                code: self.code.as_str().into(),
                hint: self.hint.as_deref().unwrap_or(self.code.hint()).into(),
                last_refused: self.last_refused.as_deref().cloned(),
                revision: self.revision,
                errors: self.errors.clone(),
            })
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.detail)
    }
}

impl actix_web::ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.status()
    }

    fn error_response(&self) -> HttpResponse {
        self.response()
    }
}

impl From<NameError> for Problem {
    fn from(error: NameError) -> Self {
        Self::new(Code::InvalidZoneName, error.to_string())
    }
}

impl From<Denied> for Problem {
    fn from(denied: Denied) -> Self {
        let problem = Self::new(Code::NotAllowed, denied.to_string());
        match denied.who {
            "token" => problem.hint("dadns token list shows the scope of each token"),
            _ => problem,
        }
    }
}

impl From<CannotRollBack> for Problem {
    fn from(why: CannotRollBack) -> Self {
        let code = match &why {
            CannotRollBack::NoSuchRevision { .. } => Code::NoSuchRevision,
            CannotRollBack::Removal { .. } => Code::RevisionIsRemoval,
            CannotRollBack::Signed(_) => Code::ZoneIsSigned,
        };
        Self::new(code, why.to_string())
    }
}

impl From<TooMany> for Problem {
    fn from(why: TooMany) -> Self {
        Self::new(Code::TooManyRecords, why.to_string())
    }
}

impl From<NothingHeld> for Problem {
    fn from(why: NothingHeld) -> Self {
        Self::new(Code::NothingHeld, why.to_string())
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        let code = match &error {
            StoreError::NoRoom { .. } => Code::NoRoom,
            StoreError::NoLedger { .. } => Code::NoQuorum,
            StoreError::AnswerLost { .. } => Code::AnswerLost,
            StoreError::Rejected { .. } | StoreError::Edge => Code::ClusterRefused,
            StoreError::Contended { .. } => Code::ChangedMeanwhile,
            StoreError::Stopped => Code::Stopping,
            _ => Code::StoreFailed,
        };
        Self::new(code, error.to_string())
    }
}

/// A JSON body that cannot be taken.
pub(super) fn bad_body(error: &JsonPayloadError) -> actix_web::Error {
    let problem = match error {
        JsonPayloadError::Overflow { .. } | JsonPayloadError::OverflowKnownLength { .. } => {
            Problem::new(Code::BodyTooLarge, format!("invalid request: {error}"))
        }
        JsonPayloadError::ContentType => {
            Problem::invalid(error).hint("send the body as Content-Type: application/json")
        }
        error => Problem::invalid(error),
    };
    problem.into()
}

/// Reads from the store where that may take its time.
pub(super) async fn reading<T: Send + 'static>(
    store: web::Data<Store>,
    read: impl FnOnce(&Store) -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    match web::block(move || read(&store)).await {
        Ok(read) => read,
        Err(_) => Err(Problem::stopping()),
    }
}

pub(super) fn json(found: impl Serialize) -> HttpResponse {
    HttpResponse::Ok().json(found)
}

/// Nothing is known of a zone but, it may be, that a push of it was refused.
pub(super) fn unknown(store: &Store, name: &ZoneName) -> Problem {
    let detail = store.why_unknown(name);
    match store.refused(name) {
        Some(refused) => Problem {
            last_refused: Some(Box::new(RefusedPush::of(name, refused))),
            ..Problem::new(Code::PushRefused, detail)
        },
        None => Problem::new(Code::UnknownZone, detail),
    }
}

#[cfg(test)]
mod tests {
    use actix_web::body::to_bytes;

    use super::*;

    #[actix_web::test]
    async fn a_problem_has_the_members_of_rfc_9457_and_a_code_and_a_hint() {
        let denied = Denied::from(crate::access::Right::Operate);
        let response = Problem::from(denied).response();
        assert_eq!(response.status(), 403);
        assert_eq!(
            response.headers().get("content-type").unwrap(),
            CONTENT_TYPE
        );
        let body = to_bytes(response.into_body()).await.unwrap();
        let read: ProblemDetails = serde_json::from_slice(&body).unwrap();
        assert_eq!(read.kind, "urn:dadns:problem:not_allowed");
        assert_eq!((read.title.as_str(), read.status), ("Not allowed", 403));
        assert_eq!(read.code, Code::NotAllowed.as_str());
        assert_eq!(
            read.to_string(),
            "this account may not run operations: it lacks the right \"operate\"; app.operators names the accounts that may; the \
             command line uses the first of them"
        );
    }

    #[test]
    fn only_what_is_below_api_or_plain_rest_is_answered_with_problems() {
        for (path, api) in [
            ("/api", true),
            ("/api/v1/zones", true),
            ("/", true),
            ("/txt/www", true),
            ("/apis", false),
            ("/status", false),
            ("/CMD_API_DNS_ADMIN", false),
        ] {
            assert_eq!(is_api(path), api, "{path}");
        }
    }
}
