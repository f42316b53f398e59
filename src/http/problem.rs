//! Answers in JSON, and why something cannot be answered.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use dadns_zone::{NameError, ZoneName};
use serde::Serialize;

use super::status::shape::RefusedPush;
use crate::store::{CannotRollBack, NothingHeld, Store, StoreError};

/// Why something cannot be answered, with the status that says so.
#[derive(Debug, thiserror::Error)]
pub(super) enum Problem {
    #[error(transparent)]
    Name(#[from] NameError),
    #[error("{0}")]
    Unknown(String),
    #[error("{said}")]
    Refused {
        said: String,
        push: Box<RefusedPush>,
    },
    #[error("the request makes no sense: {0}")]
    Unreadable(String),
    #[error("{0}")]
    Conflict(String),
    #[error(transparent)]
    CannotRollBack(#[from] CannotRollBack),
    #[error(transparent)]
    NothingHeld(#[from] NothingHeld),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the gateway is stopping")]
    Stopping,
    #[error(
        "this account may not order or decide: app.operators names those that may, and the command line \
         uses the first of them"
    )]
    NotAnOperator,
}

impl actix_web::ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::Name(_) | Self::Unreadable(_) => StatusCode::BAD_REQUEST,
            Self::Unknown(_) | Self::Refused { .. } => StatusCode::NOT_FOUND,
            Self::NotAnOperator => StatusCode::FORBIDDEN,
            Self::CannotRollBack(_) | Self::NothingHeld(_) | Self::Conflict(_) => {
                StatusCode::CONFLICT
            }
            Self::Store(StoreError::NoRoom { .. } | StoreError::Stopped) | Self::Stopping => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            Self::Store(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn error_response(&self) -> HttpResponse {
        let error = self.to_string();
        let answer = match self {
            Self::Refused { push, .. } => {
                serde_json::json!({ "error": error, "last_refused": push })
            }
            _ => serde_json::json!({ "error": error }),
        };
        HttpResponse::build(self.status_code()).json(answer)
    }
}

/// Reads from the store where that may take its time.
pub(super) async fn reading<T: Send + 'static>(
    store: web::Data<Store>,
    read: impl FnOnce(&Store) -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    match web::block(move || read(&store)).await {
        Ok(read) => read,
        Err(_) => Err(Problem::Stopping),
    }
}

pub(super) fn unreadable(error: &dyn std::fmt::Display) -> actix_web::Error {
    Problem::Unreadable(error.to_string()).into()
}

pub(super) fn json(found: impl Serialize) -> HttpResponse {
    HttpResponse::Ok().json(found)
}

/// Nothing is known of a zone but, it may be, that a push of it was refused.
pub(super) fn unknown(store: &Store, name: &ZoneName) -> Problem {
    let said = store.why_unknown(name);
    match store.refused(name) {
        Some(refused) => Problem::Refused {
            said,
            push: Box::new(RefusedPush::of(name, refused)),
        },
        None => Problem::Unknown(said),
    }
}
