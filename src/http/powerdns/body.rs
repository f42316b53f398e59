//! Bodies in JSON, whatever Content-Type they are sent with, and what is in them.

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, web};
use serde_json::{Map, Value};

use super::Fault;
use crate::http::body;

/// How long the body of a request may take.
const TIMEOUT: Duration = Duration::from_secs(60);

/// An object of JSON.
pub(super) type Object = Map<String, Value>;

/// The body of a request.
pub(super) async fn read(
    request: &HttpRequest,
    payload: web::Payload,
) -> Result<web::Bytes, Fault> {
    let read = body::read(request, payload, TIMEOUT).await;
    read.map_err(|unread| {
        let status = StatusCode::from_u16(unread.status).unwrap_or(StatusCode::BAD_REQUEST);
        Fault::new(status, unread.reason)
    })
}

/// The object that a body is.
pub(super) fn object(body: &[u8]) -> Result<Object, Fault> {
    match serde_json::from_slice(body) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err(Fault::unprocessable("the body is not a JSON object")),
        Err(error) => Err(Fault::new(
            StatusCode::BAD_REQUEST,
            format!("the body is not JSON: {error}"),
        )),
    }
}

/// The text under `key`; `None`: it is not there, or `null`.
pub(super) fn text<'o>(object: &'o Object, key: &str) -> Result<Option<&'o str>, String> {
    match object.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(format!("Key '{key}' is not a String")),
    }
}

/// As [`text`], of a key that has to be there.
pub(super) fn required<'o>(object: &'o Object, key: &str) -> Result<&'o str, String> {
    text(object, key)?.ok_or_else(|| format!("Key '{key}' not present or not a String"))
}

/// The boolean under `key`; `None`: it is not there, or `null`.
pub(super) fn flag(object: &Object, key: &str) -> Result<Option<bool>, String> {
    match object.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Bool(flag)) => Ok(Some(*flag)),
        Some(_) => Err(format!("Key '{key}' is not a Boolean")),
    }
}

/// The list under `key`; `None`: it is not there, or `null`.
pub(super) fn list<'o>(object: &'o Object, key: &str) -> Result<Option<&'o Vec<Value>>, String> {
    match object.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Array(list)) => Ok(Some(list)),
        Some(_) => Err(format!("Key '{key}' is not an array")),
    }
}

/// The texts under `key`, as [`list`].
pub(super) fn texts(object: &Object, key: &str) -> Result<Option<Vec<String>>, String> {
    let Some(list) = list(object, key)? else {
        return Ok(None);
    };
    let texts = list.iter().map(|value| value.as_str().map(str::to_owned));
    let texts: Option<Vec<_>> = texts.collect();
    let texts = texts.ok_or_else(|| format!("Key '{key}' is not an array of Strings"))?;
    Ok(Some(texts))
}

/// A parameter of the query that is a boolean.
pub(super) fn parameter(
    query: &[(String, String)],
    name: &str,
    default: bool,
) -> Result<bool, Fault> {
    let Some(value) = value(query, name) else {
        return Ok(default);
    };
    match value.to_ascii_lowercase().as_str() {
        "1" | "true" => Ok(true),
        "0" | "false" => Ok(false),
        _ => Err(Fault::unprocessable(format!(
            "'{name}' request parameter value '{value}' is not supported: it is true or false"
        ))),
    }
}

/// A parameter of the query that is not empty.
pub(super) fn value<'q>(query: &'q [(String, String)], name: &str) -> Option<&'q str> {
    let found = query.iter().find(|(found, _)| found == name);
    found
        .map(|(_, value)| value.as_str())
        .filter(|value| !value.is_empty())
}

/// The parameters of the query.
pub(super) fn query(request: &HttpRequest) -> Vec<(String, String)> {
    form_urlencoded::parse(request.query_string().as_bytes())
        .into_owned()
        .collect()
}
