//! Instances as these clients read them.

use serde_json::{Value, json};

use crate::http::registry::terms::url;
use crate::registry::rules::{Book, Instance, Now, Status};

/// The id as it was sent: a number is one again.
pub(super) fn id(instance: &Instance) -> Value {
    let id = instance.short_id();
    let number = id.parse::<i64>().ok();
    // `007` is no number, as it would come back as 7.
    let number = number.filter(|number| number.to_string() == id);
    number.map_or_else(|| id.into(), Value::from)
}

/// The status in these clients' words.
pub(super) fn status(status: Status) -> &'static str {
    match status {
        Status::Passing => "active",
        Status::Warning => "warning",
        Status::Critical => "dead",
        Status::Maintenance => "maintenance",
    }
}

/// An instance with all that either server said of one.
pub(super) fn instance(book: &Book, instance: &Instance, now: Now) -> Value {
    let registered = &instance.registered;
    let id = id(instance);
    let history = book.history(instance.key());
    let first = history.and_then(|changes| changes.front());
    json!({
        "server": registered.service,
        "service_type": registered.service,
        "name": registered.service,
        "instance_id": id,
        "host": registered.address.to_string(),
        "ip": registered.address.to_string(),
        "port": registered.port,
        "url": url(&registered.address, registered.port),
        "status": status(instance.status()),
        "health": book.is_published(instance),
        "busy": registered.busy,
        "tags": registered.tags,
        "metadata": registered.meta,
        "performance_metrics": book.metrics(instance.key()),
        "last_heartbeat_age": age(instance, now),
        "registered_at": first.map(|change| change.at.to_string()),
    })
}

/// Seconds since the last report, in hundredths; nothing if there was none since the start of the gateway.
fn age(instance: &Instance, now: Now) -> Option<f64> {
    let checks = instance.registered.checks.iter();
    let last = checks.filter_map(|check| check.pulse.last).max()?;
    let age = now.since.saturating_sub(last).as_secs_f64();
    Some((age * 100.0).round() / 100.0)
}
