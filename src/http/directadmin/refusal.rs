//! Why a call is answered with an error, and how that looks.

use std::borrow::Cow;

use actix_web::HttpResponse;
use actix_web::http::header::{ALLOW, HeaderValue};
use dadns_zone::NameError;

use super::respond;
use crate::http::reply;
use crate::store::StoreError;

/// Why a call is answered with an error.
#[derive(Debug)]
pub(super) enum Refusal {
    /// The request is at fault: HTTP 200 with `error=1`, as DirectAdmin does.
    Request {
        text: &'static str,
        details: Cow<'static, str>,
    },
    /// The call changes something and came as GET.
    WrongMethod,
    /// The store is: HTTP 503, so that a client that looks at the status retries.
    Store(StoreError),
}

impl Refusal {
    pub fn new(text: &'static str, details: impl Into<Cow<'static, str>>) -> Self {
        Self::Request {
            text,
            details: details.into(),
        }
    }

    pub fn into_response(self) -> HttpResponse {
        match self {
            Self::Request { text, details } => respond(200, reply::error(text, &details)),
            Self::WrongMethod => {
                let mut response = respond(
                    405,
                    reply::error("Wrong method", "rawsave has to be sent with POST"),
                );
                let post = HeaderValue::from_static("POST");
                response.headers_mut().insert(ALLOW, post);
                response
            }
            Self::Store(error) => {
                crate::logging::error!("a request could not be served: {error}");
                respond(503, reply::error("Not done", &error.to_string()))
            }
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
