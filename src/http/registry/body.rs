//! Bodies of requests: JSON, whatever their Content-Type says.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, web};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::fault::Fault;
use super::{BODY_TIMEOUT, ZONE_TIMEOUT};
use crate::http::body;

/// The body of a request.
pub(super) async fn octets(
    request: &HttpRequest,
    payload: web::Payload,
) -> Result<web::Bytes, Fault> {
    let read = body::read(request, payload, BODY_TIMEOUT).await;
    read.map_err(|unread| match status(&unread) {
        too_large @ StatusCode::PAYLOAD_TOO_LARGE => {
            Fault::new(too_large, "the body is larger than registry.max_body_bytes")
        }
        status => Fault::new(status, unread.reason),
    })
}

fn status(unread: &body::Unread) -> StatusCode {
    StatusCode::from_u16(unread.status).unwrap_or(StatusCode::BAD_REQUEST)
}

fn no_json(error: serde_json::Error) -> Fault {
    Fault::invalid(format!("the body is no JSON: {error}"))
}

/// The JSON object that a body is; one that is empty is an object without members.
pub(super) async fn object(
    request: &HttpRequest,
    payload: web::Payload,
) -> Result<Map<String, Value>, Fault> {
    let octets = octets(request, payload).await?;
    if octets.iter().all(u8::is_ascii_whitespace) {
        return Ok(Map::new());
    }
    match serde_json::from_slice(&octets).map_err(no_json)? {
        Value::Object(object) => Ok(object),
        _ => Err(Fault::invalid("the body is JSON, but no object")),
    }
}

/// What a body is which may be as large as a zone. Nothing is kept of its JSON but what `T` has: all of it as a tree would
/// be many times as large. `wrong`: what it is not, in words.
pub(super) async fn json_of<T: DeserializeOwned>(
    request: &HttpRequest,
    payload: web::Payload,
    wrong: &str,
) -> Result<T, Fault> {
    let read = body::read(request, payload, ZONE_TIMEOUT).await;
    let octets = read.map_err(|unread| Fault::new(status(&unread), unread.reason))?;
    serde_json::from_slice(&octets).map_err(|error| match error.is_data() {
        true => Fault::invalid(format!("{wrong}: {error}")),
        false => no_json(error),
    })
}
