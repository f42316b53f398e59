//! What several faces read in the same way.

use std::net::IpAddr;

use crate::registry::rules::Address;

/// Where an instance is, as its client says it. A client that names nothing, or only itself, is where it comes from.
pub(super) fn address(said: Option<&str>, from: IpAddr) -> Address {
    let said = said.unwrap_or_default().trim();
    match said.parse::<IpAddr>() {
        Ok(ip) if ip.is_loopback() || ip.is_unspecified() => Address::Ip(from),
        Ok(ip) => Address::Ip(ip.to_canonical()),
        Err(_) if said.is_empty() || said.eq_ignore_ascii_case("localhost") => Address::Ip(from),
        Err(_) => Address::Host(said.to_ascii_lowercase()),
    }
}

/// `http://` and where an instance is.
pub(super) fn url(address: &Address, port: Option<u16>) -> String {
    let host = match address {
        Address::Ip(IpAddr::V6(ip)) => format!("[{ip}]"),
        address => address.to_string(),
    };
    match port {
        Some(port) => format!("http://{host}:{port}"),
        None => format!("http://{host}"),
    }
}
