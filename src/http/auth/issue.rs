//! `POST /token`: a short-lived signed JWT for an account or a token.

use actix_web::http::header::RETRY_AFTER;
use actix_web::{HttpRequest, HttpResponse, web};
use jiff::Timestamp;
use serde_json::json;

use super::CHALLENGE;
use super::gate::{Gate, Holder, Stopped};
use super::sent::Sent;
use crate::access::Right;
use crate::access::jwt::{SigningKey, Subject};
use crate::http::problem::{Code, Problem};
use crate::logging::{info, warning};
use crate::store::{Store, StoreError};

/// Has the store have a key that signs, so that the first JWT waits for nothing.
pub async fn prepare(store: &Store) {
    if let Err(error) = sign_with_fresh_key(store).await {
        warning!("the key that signs JWTs cannot be made now: {error}; POST /token tries again");
    }
}

async fn sign_with_fresh_key(store: &Store) -> Result<(), StoreError> {
    let now = Timestamp::now();
    if !store.signing_keys().are_due(now) {
        return Ok(());
    }
    let key = SigningKey::fresh(now).map_err(|error| StoreError::Write {
        cause: error.to_string(),
    })?;
    store.rotate_signing_key(key).await
}

/// `POST /token`.
pub async fn token(request: HttpRequest, gate: web::Data<Gate>) -> HttpResponse {
    let sent = Sent::basic(&request);
    match gate.enter_with(&request, &sent) {
        Ok((principal, holder)) => {
            let (subject, digest, ends) = match &holder {
                Holder::Account(account) => {
                    (Subject::Account(account.name.clone()), account.digest, None)
                }
                Holder::Token(token) => (
                    Subject::Token(token.record().name.clone()),
                    token.record().hash(),
                    token.scope().expires(),
                ),
            };
            let signed = sign(&gate, &subject, &digest, ends).await;
            let (Subject::Account(username) | Subject::Token(username)) = subject;
            let (token, expires_in) = match signed {
                Ok(signed) => signed,
                Err(problem) => return refused(&problem, "Token not granted"),
            };
            info!(%principal, "a JWT for {expires_in} s was given to {principal}");
            let operates = principal.may_everywhere(Right::Operate).is_ok();
            HttpResponse::Ok().json(json!({
                "token": token,
                "token_type": "Bearer",
                "expires_in": expires_in,
                "username": username,
                "message": match operates {
                    true => "Token created, admin access granted",
                    false => "Token created",
                },
            }))
        }
        Err(stopped) => {
            let message = match stopped {
                Stopped::Nothing => "Could not verify",
                _ => "Token not granted",
            };
            refused(&stopped.into(), message)
        }
    }
}

async fn sign(
    gate: &Gate,
    subject: &Subject,
    digest: &blake3::Hash,
    ends: Option<Timestamp>,
) -> Result<(String, i64), Problem> {
    let store = gate.store().ok_or_else(Problem::stopping)?;
    sign_with_fresh_key(store).await?;
    let keys = store.signing_keys();
    let signed = keys.sign(subject, digest, ends, Timestamp::now());
    signed.ok_or_else(|| Problem::new(Code::StoreFailed, "the JWT cannot be signed"))
}

/// Clients of this path read JSON whatever the status.
fn refused(problem: &Problem, message: &str) -> HttpResponse {
    let mut answer = HttpResponse::build(problem.status());
    if let Some(wait) = problem.wait() {
        answer.insert_header((RETRY_AFTER, wait.as_secs().max(1).to_string()));
    } else if problem.status().as_u16() == 401 {
        answer.insert_header(CHALLENGE);
    }
    answer.json(json!({ "message": message, "error": problem.detail() }))
}
