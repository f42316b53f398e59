//! Variables that Kubernetes and Docker put into every container beside a service called `dadns`.
//!
//! They begin like ours and nobody set them on purpose. Names *and* values have to be of the injected
//! form, so that `DADNS_PORT=2222`, which somebody did set, is still told to be no key.

use std::net::IpAddr;

const PROTOCOLS: [&str; 3] = ["TCP", "UDP", "SCTP"];

/// Whether the variable `name`, with `value`, is one of those.
pub(super) fn is_injected(name: &str, value: &str) -> bool {
    match name.strip_prefix("DADNS_") {
        Some("PORT") => is_endpoint(value),
        Some("SERVICE_HOST") => is_host(value),
        Some("SERVICE_PORT") => is_port(value),
        Some(rest) => match rest.strip_prefix("SERVICE_PORT_") {
            // The name of a port.
            Some(port) => !port.is_empty() && is_port(value),
            None => rest
                .strip_prefix("PORT_")
                .is_some_and(|rest| is_of_port(rest, value)),
        },
        None => false,
    }
}

/// What follows `DADNS_PORT_`: `2222_TCP`, alone or with what it tells about that port.
fn is_of_port(rest: &str, value: &str) -> bool {
    let mut parts = rest.splitn(3, '_');
    let port = parts.next().is_some_and(is_port);
    let protocol = parts.next().is_some_and(|part| PROTOCOLS.contains(&part));
    let told = match parts.next() {
        None => is_endpoint(value),
        Some("ADDR") => is_host(value),
        Some("PORT") => is_port(value),
        Some("PROTO") => is_protocol(value),
        Some(_) => false,
    };
    port && protocol && told
}

/// `tcp://10.0.0.1:2222`.
fn is_endpoint(value: &str) -> bool {
    let Some((protocol, place)) = value.split_once("://") else {
        return false;
    };
    let place = place.rsplit_once(':');
    is_protocol(protocol) && place.is_some_and(|(host, port)| is_host(host) && is_port(port))
}

fn is_protocol(value: &str) -> bool {
    PROTOCOLS
        .iter()
        .any(|known| known.to_ascii_lowercase() == value)
}

fn is_host(value: &str) -> bool {
    let bare = value
        .strip_prefix('[')
        .and_then(|value| value.strip_suffix(']'));
    bare.unwrap_or(value).parse::<IpAddr>().is_ok()
}

fn is_port(value: &str) -> bool {
    value.parse::<u16>().is_ok()
}
