//! Who asks: credentials of a request become a [`Principal`], and every route needs one of its rights.

mod account;
mod gate;
mod issue;
mod second;
mod sent;
mod suspects;

use std::future::{Ready, ready};
use std::net::IpAddr;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::WWW_AUTHENTICATE;
use actix_web::middleware::Next;
use actix_web::{FromRequest, HttpMessage, HttpRequest, HttpResponse, web};
use dadns_zone::{Excerpt, ZoneName};

use super::notices::{Kind, Notices};
use super::problem::{Problem, is_api};
use super::{body, reply};
use crate::access::{Denied, Principal, Right};
pub(super) use account::Account;
pub use gate::Gate;
pub(super) use gate::{Entered, Holder};
pub use issue::{prepare, token};
pub(super) use sent::Sent;
pub(super) use suspects::network_of;

const CHALLENGE: (actix_web::http::header::HeaderName, &str) =
    (WWW_AUTHENTICATE, "Basic realm=\"dadns\", charset=\"UTF-8\"");

/// What `/api` takes as well.
const KEY_CHALLENGE: &str = "X-API-Key realm=\"dadns\"";

/// Middleware: lets requests pass whose credentials are right, before their body is read, and notes the
/// [`Principal`].
pub async fn require(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let entered = match request.app_data::<web::Data<Gate>>() {
        Some(gate) => gate.enter(request.request()).map_err(Problem::from),
        None => Err(Problem::not_logged_in()),
    };
    match entered {
        Ok(principal) => {
            let token = match &principal {
                Principal::Token(login) => Some((principal.to_string(), login.address)),
                _ => None,
            };
            request.extensions_mut().insert(principal);
            let answer = next.call(request).await?;
            if let Some((token, address)) = token
                && answer.status() == StatusCode::FORBIDDEN
            {
                note_refused(&answer, &token, address);
            }
            Ok(answer.map_into_left_body())
        }
        Err(problem) => Ok(turn_away(request, &problem).map_into_right_body()),
    }
}

/// Says in the log that a token was refused: some clients look at no answer.
fn note_refused(answer: &ServiceResponse<impl MessageBody>, token: &str, address: IpAddr) {
    let request = answer.request();
    let Some(notices) = request.app_data::<web::Data<Notices>>() else {
        return;
    };
    notices.write(address, Kind::Scope, || {
        // Without the query, in which clients may send secrets.
        let path = Excerpt::new(request.path().as_bytes());
        let method = request.method();
        format!(
            "{method} {path} by {token} was refused; dadns token list shows what that token may do"
        )
    });
}

/// How far a route reaches, beside the zone that its path names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// To the zone of its path; without one, it judges by itself and shows only what a principal sees.
    Zone,
    /// To the gateway as a whole: a scope has to cover all zones.
    Everywhere,
    /// To what scopes are made of: no scope is wide enough.
    Unlimited,
}

/// Middleware of one route: lets a principal pass that has `right` as far as the route reaches, which acts
/// with it from here on.
pub async fn permit(
    right: Right,
    reach: Reach,
    request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    match judge(right, reach, &request) {
        Ok(()) => next.call(request).await,
        Err(problem) => Ok(turn_away(request, &problem)),
    }
}

/// Whether the principal of a request has `right` as far as a route reaches. It acts with it from here on.
pub(in crate::http) fn judge(
    right: Right,
    reach: Reach,
    request: &ServiceRequest,
) -> Result<(), Problem> {
    let principal = request.extensions_mut().remove::<Principal>();
    let principal = principal.ok_or_else(Problem::not_logged_in)?;
    let principal = principal.acting(right)?;
    reaches(&principal, right, reach, request)?;
    request.extensions_mut().insert(principal);
    Ok(())
}

fn reaches(
    principal: &Principal,
    right: Right,
    reach: Reach,
    request: &ServiceRequest,
) -> Result<(), Denied> {
    match reach {
        Reach::Zone => {}
        Reach::Everywhere => principal.may_everywhere(right)?,
        Reach::Unlimited => principal.may_unlimited(right)?,
    }
    // As the handler reads it. It refuses what is no name; a scope does not depend on that.
    let zone = request.match_info().get("zone");
    let zone = zone.map(|zone| percent_encoding::percent_decode_str(zone).decode_utf8_lossy());
    match zone.map(|zone| ZoneName::parse(&zone)) {
        Some(Ok(zone)) => principal.may(right, &zone),
        Some(Err(_)) => principal.may_everywhere(right),
        None => Ok(()),
    }
}

/// Answers without reading the body, in the words of the face that was asked.
fn turn_away(request: ServiceRequest, problem: &Problem) -> ServiceResponse<BoxBody> {
    let mut response = match is_api(request.path()) {
        true => problem.response_at(request.path()),
        false => HttpResponse::build(problem.status())
            .content_type(reply::CONTENT_TYPE)
            .body(reply::error(problem.title(), problem.detail())),
    };
    let (name, challenge) = CHALLENGE;
    match problem.wait() {
        Some(wait) => {
            response.headers_mut().insert(
                actix_web::http::header::RETRY_AFTER,
                wait.as_secs().max(1).into(),
            );
        }
        None if problem.status().as_u16() == 401 => {
            let challenge = actix_web::http::header::HeaderValue::from_static(challenge);
            response.headers_mut().insert(name.clone(), challenge);
            if is_api(request.path()) {
                let challenge = actix_web::http::header::HeaderValue::from_static(KEY_CHALLENGE);
                response.headers_mut().append(name, challenge);
            }
        }
        None => {}
    }
    body::unread(request, response)
}

/// Who asks, as a handler takes it.
impl FromRequest for Principal {
    type Error = actix_web::Error;
    type Future = Ready<Result<Self, Self::Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let principal = request.extensions().get::<Self>().cloned();
        ready(principal.ok_or_else(|| Problem::not_logged_in().into()))
    }
}
