//! The body of a request: one record.

use std::time::Duration;

use actix_web::{HttpRequest, web};
use dadns_zone::{Rtype, TypeName, record_type};
use serde::Deserialize;

use super::wrong;
use crate::http::body;
use crate::http::problem::{Code, Problem};

/// How long a body may take.
const TIMEOUT: Duration = Duration::from_secs(60);

/// A record, as clients write it.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Sent {
    pub name: String,
    #[serde(default)]
    class: Option<String>,
    #[serde(default)]
    record_type: Option<String>,
    pub value: String,
    #[serde(default)]
    pub ttl: Option<u32>,
}

impl Sent {
    /// Reads it, whatever its Content-Type: 400 where it is no JSON, 422 where it is no record of `rtype`.
    pub async fn read(
        request: &HttpRequest,
        payload: web::Payload,
        rtype: Rtype,
    ) -> Result<Self, Problem> {
        let read = body::read(request, payload, TIMEOUT).await;
        let bytes = read.map_err(|unread| match unread.status {
            413 => Problem::new(Code::BodyTooLarge, unread.reason),
            _ => Problem::invalid(unread.reason),
        })?;
        let value: serde_json::Value = serde_json::from_slice(&bytes).map_err(Problem::invalid)?;
        let sent: Self = serde_json::from_value(value).map_err(wrong)?;
        if sent
            .class
            .as_ref()
            .is_some_and(|class| !class.eq_ignore_ascii_case("IN"))
        {
            return Err(wrong("class is not IN: there is no other here"));
        }
        let other = |text: &String| record_type(text).ok() != Some(rtype);
        if sent.record_type.as_ref().is_some_and(other) {
            let rtype = TypeName(rtype);
            return Err(wrong(format!(
                "record_type is not {rtype}, as the path says"
            )));
        }
        Ok(sent)
    }
}
