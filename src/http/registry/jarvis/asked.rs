//! What a call names: the same things by different names in each dialect.

use std::time::Duration;

use serde_json::{Map, Value};

use crate::http::registry::fault::Fault;
use crate::http::registry::terms;
use crate::registry::rules::{Check, Client, Key, Kind, Registration, Status};

/// The check that heartbeats report to.
pub(super) const HEARTBEAT: &str = "heartbeat";

/// The text at the first of these names; a number is taken for its text.
pub(in crate::http::registry) fn text(
    body: &Map<String, Value>,
    names: &[&str],
) -> Result<Option<String>, Fault> {
    let found = names.iter().find_map(|name| Some((name, body.get(*name)?)));
    match found {
        None | Some((_, Value::Null)) => Ok(None),
        Some((_, Value::String(text))) => Ok(Some(text.clone())),
        Some((_, Value::Number(number))) => Ok(Some(number.to_string())),
        Some((name, _)) => Err(Fault::invalid(format!(
            "{name} is neither text nor a number"
        ))),
    }
}

/// The service and the id of the instance that a body names.
pub(super) fn key(body: &Map<String, Value>) -> Result<(String, Key), Fault> {
    let service = service(body)?;
    let instance = match text(body, &["instance_id", "id"])? {
        Some(instance) => instance,
        // The second form of a registration has none: an instance is where it is.
        None => match (text(body, &["ip", "host"])?, text(body, &["port"])?) {
            (Some(host), Some(port)) => format!("{host}:{port}"),
            _ => return Err(Fault::invalid("instance_id is missing")),
        },
    };
    let key = Key::of(&service, &instance);
    Ok((service, key))
}

/// The service that a body names.
pub(super) fn service(body: &Map<String, Value>) -> Result<String, Fault> {
    let service = text(body, &["server", "service_type", "service"])?;
    let service = service.filter(|service| !service.is_empty());
    service.ok_or_else(|| Fault::invalid("server (or service_type) is missing"))
}

/// Whether a flag is set; `None`: nothing is said of it.
pub(super) fn flag(body: &Map<String, Value>, name: &str) -> Result<Option<bool>, Fault> {
    match body.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Bool(flag)) => Ok(Some(*flag)),
        Some(_) => Err(Fault::invalid(format!("{name} is neither true nor false"))),
    }
}

/// What a body registers.
pub(super) fn registration(
    body: &Map<String, Value>,
    client: &Client,
    lease: Duration,
) -> Result<Registration, Fault> {
    let (service, key) = key(body)?;
    let host = text(body, &["host", "ip"])?;
    let port = text(body, &["port"])?;
    let port = port.ok_or_else(|| Fault::invalid("port is missing"))?;
    let port = port.parse::<u16>().ok().filter(|port| *port > 0);
    let port = port.ok_or_else(|| Fault::invalid("port is no number from 1 to 65535"))?;
    let meta = match body.get("metadata") {
        None | Some(Value::Null) => Map::new(),
        Some(Value::Object(meta)) => meta.clone(),
        Some(_) => return Err(Fault::invalid("metadata is no object")),
    };
    let kind = Kind::Lease {
        ttl: lease,
        grows: true,
    };
    let address = terms::address(host.as_deref(), client.address);
    Ok(Registration {
        port: Some(port),
        tags: tags(body)?,
        meta,
        checks: vec![Check::new(HEARTBEAT, kind, Status::Passing)],
        pool: text(body, &["pool"])?.filter(|pool| !pool.is_empty()),
        busy: flag(body, "busy")?.unwrap_or_default(),
        ..Registration::new(key, service, address)
    })
}

/// The tags that a body names, each once.
pub(in crate::http::registry) fn tags(body: &Map<String, Value>) -> Result<Vec<String>, Fault> {
    let wrong = || Fault::invalid("tags is no list of texts");
    let tags = match body.get("tags") {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::Array(tags)) => tags,
        Some(_) => return Err(wrong()),
    };
    let mut found: Vec<String> = Vec::new();
    for tag in tags {
        let tag = tag.as_str().ok_or_else(wrong)?.to_owned();
        if !found.contains(&tag) {
            found.push(tag);
        }
    }
    Ok(found)
}

/// The status that a word means.
pub(super) fn status(word: &str) -> Result<Status, Fault> {
    Ok(match word.to_ascii_lowercase().as_str() {
        "active" | "healthy" | "alive" | "ok" | "up" | "passing" | "idle" | "busy" => {
            Status::Passing
        }
        "degraded" | "warning" => Status::Warning,
        "dead" | "unhealthy" | "inactive" | "error" | "down" | "critical" | "offline" => {
            Status::Critical
        }
        _ => return Err(Fault::invalid("status is none of active, warning and dead")),
    })
}
