//! Why a request to the registry is not answered, in the words that each kind of client reads.

use std::fmt;

use actix_web::body::BoxBody;
use actix_web::dev::ServiceResponse;
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpResponse, ResponseError};
use dadns_zone::{Excerpt, ZoneName};
use serde_json::json;

use crate::access::Denied;
use crate::http::problem::{Code, Problem};
use crate::logging::error;
use crate::registry::NotDone;
use crate::registry::rules::Refused;
use crate::store::{NotEdited, StoreError};

/// Which clients ask at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    /// `{"detail": …}`, as FastAPI has it.
    Detail,
    /// Short text, as Consul has it.
    Text,
    /// `{"error": …}`, as the key-value store has it.
    Error,
}

impl Dialect {
    /// That of a path.
    pub fn of(path: &str) -> Self {
        if path.starts_with("/v1/") && !path.starts_with("/v1/pools") {
            Self::Text
        } else if path.starts_with("/key/") {
            Self::Error
        } else {
            Self::Detail
        }
    }
}

/// What a handler answers, with what it refuses in the words of the clients that ask there.
pub(super) fn in_dialect(
    answer: ServiceResponse<BoxBody>,
    dialect: Dialect,
) -> ServiceResponse<BoxBody> {
    let fault = answer
        .response()
        .error()
        .and_then(|error| error.as_error::<Fault>());
    match fault.map(|fault| fault.in_the_words_of(dialect)) {
        Some(said) if dialect != Dialect::Detail => answer.into_response(said),
        _ => answer,
    }
}

/// Why a request is not answered.
#[derive(Debug)]
pub(super) struct Fault {
    status: StatusCode,
    why: String,
}

impl Fault {
    pub fn new(status: StatusCode, why: impl Into<String>) -> Self {
        let why = why.into();
        Self { status, why }
    }

    /// The request makes no sense.
    pub fn invalid(why: impl fmt::Display) -> Self {
        Self::new(StatusCode::BAD_REQUEST, format!("invalid request: {why}"))
    }

    pub fn not_found(why: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, why)
    }

    pub fn nothing_here(method: &Method, path: &str) -> Self {
        let path = Excerpt::new(path.as_bytes());
        Self::not_found(format!("there is nothing at {method} {path}"))
    }

    pub fn in_the_words_of(&self, dialect: Dialect) -> HttpResponse {
        let mut response = HttpResponse::build(self.status);
        if self.status == StatusCode::PAYLOAD_TOO_LARGE {
            response.force_close();
        }
        match dialect {
            Dialect::Detail => response.json(json!({"detail": self.why})),
            Dialect::Error => response.json(json!({"error": self.why})),
            Dialect::Text => {
                let status = match self.status {
                    // Clients of Consul know no other.
                    StatusCode::UNAUTHORIZED => StatusCode::FORBIDDEN,
                    status => status,
                };
                let why = match status {
                    StatusCode::FORBIDDEN => format!("Permission denied: {}", self.why),
                    _ => self.why.clone(),
                };
                response
                    .status(status)
                    .content_type("text/plain; charset=utf-8")
                    .insert_header(("X-Consul-Index", "1"))
                    .insert_header(("X-Consul-KnownLeader", "true"))
                    .insert_header(("X-Consul-LastContact", "0"))
                    .body(why)
            }
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.why)
    }
}

impl ResponseError for Fault {
    fn status_code(&self) -> StatusCode {
        self.status
    }

    fn error_response(&self) -> HttpResponse {
        self.in_the_words_of(Dialect::Detail)
    }
}

impl From<Problem> for Fault {
    fn from(problem: Problem) -> Self {
        Self::new(problem.status(), problem.detail())
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        Problem::from(error).into()
    }
}

impl From<Denied> for Fault {
    fn from(denied: Denied) -> Self {
        Self::new(StatusCode::FORBIDDEN, denied.to_string())
    }
}

impl From<Vec<Denied>> for Fault {
    fn from(denied: Vec<Denied>) -> Self {
        let all: Vec<_> = denied.iter().map(ToString::to_string).collect();
        Self::new(StatusCode::FORBIDDEN, all.join("; "))
    }
}

/// Why records of zone `name` were not edited.
pub(super) fn not_edited(name: &ZoneName, why: NotEdited<Fault>) -> Fault {
    match why {
        NotEdited::NotPresent => Fault::not_found(format!("zone {name} is not present")),
        NotEdited::Signed => {
            let why = format!("zone {name} is signed: any edit would break its signatures");
            Problem::new(Code::ZoneIsSigned, why).into()
        }
        NotEdited::Invalid(errors) => {
            let errors: Vec<_> = errors.iter().map(ToString::to_string).collect();
            Problem::new(Code::InvalidRecords, errors.join("; ")).into()
        }
        NotEdited::TooMany(why) => Problem::from(why).into(),
        NotEdited::Refused(fault) => fault,
    }
}

impl From<Refused> for Fault {
    fn from(refused: Refused) -> Self {
        let status = match refused {
            Refused::Invalid(_) => StatusCode::BAD_REQUEST,
            Refused::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Refused::Unknown(_) | Refused::NoCheck { .. } | Refused::NoPool(_) => {
                StatusCode::NOT_FOUND
            }
            Refused::Taken { .. } | Refused::NeedsToken(_) => StatusCode::FORBIDDEN,
            Refused::PoolIsEmpty(_) => StatusCode::CONFLICT,
            Refused::TooMany { .. } => StatusCode::TOO_MANY_REQUESTS,
        };
        Self::new(status, refused.to_string())
    }
}

impl From<NotDone> for Fault {
    fn from(not_done: NotDone) -> Self {
        match not_done {
            NotDone::Refused(refused) => refused.into(),
            NotDone::Keep(failed) => {
                error!("{failed}");
                Self::new(StatusCode::SERVICE_UNAVAILABLE, failed.to_string())
            }
        }
    }
}
