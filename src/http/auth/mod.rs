//! Who asks: credentials of a request become a [`Principal`], and every route needs one of its rights.

mod gate;
mod suspects;

use std::future::{Ready, ready};

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::http::header::WWW_AUTHENTICATE;
use actix_web::middleware::Next;
use actix_web::{FromRequest, HttpMessage, HttpRequest, HttpResponse, web};

use super::problem::{Problem, is_api};
use super::{body, reply};
use crate::access::{Principal, Right};
pub use gate::Gate;
use gate::Ruling;
pub(super) use suspects::network_of;

const CHALLENGE: (actix_web::http::header::HeaderName, &str) =
    (WWW_AUTHENTICATE, "Basic realm=\"dadns\", charset=\"UTF-8\"");

/// Middleware: lets requests pass whose credentials are right, before their body is read, and notes the
/// [`Principal`].
pub async fn require(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let ruling = match request.app_data::<web::Data<Gate>>() {
        Some(gate) => gate.rule(request.request()),
        None => Ruling::Refuse,
    };
    let problem = match ruling {
        Ruling::Pass(principal) => {
            request.extensions_mut().insert(principal);
            return Ok(next.call(request).await?.map_into_left_body());
        }
        Ruling::Refuse => Problem::not_logged_in(),
        Ruling::Wait(wait) => Problem::too_many_failures(wait),
    };
    Ok(turn_away(request, &problem).map_into_right_body())
}

/// Middleware of one route: lets a principal pass that has `right`, which acts with it from here on.
pub async fn permit(
    right: Right,
    request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let principal = request.extensions_mut().remove::<Principal>();
    let problem = match principal.map(|principal| principal.acting(right)) {
        Some(Ok(principal)) => {
            request.extensions_mut().insert(principal);
            return next.call(request).await;
        }
        Some(Err(denied)) => Problem::from(denied),
        None => Problem::not_logged_in(),
    };
    Ok(turn_away(request, &problem))
}

/// Answers without reading the body, in the words of the face that was asked.
fn turn_away(request: ServiceRequest, problem: &Problem) -> ServiceResponse<BoxBody> {
    let mut response = match is_api(request.path()) {
        true => problem.response(),
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
            response.headers_mut().insert(name, challenge);
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
