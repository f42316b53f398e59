//! How texts are read that keys of several owners take.
//!
//! A reader returns the text in its one spelling, or what was expected instead. It never repeats the
//! text: the caller does, unless it is secret.

use std::net::{IpAddr, SocketAddr};

use ipnet::IpNet;

/// The text in its one spelling, or what was expected.
pub type Expected = Result<String, String>;

/// A network such as `10.0.0.0/8`; an address stands for itself alone.
pub fn network(text: &str) -> Expected {
    let single = |_| text.parse::<IpAddr>().map(IpNet::from);
    let network: Result<IpNet, _> = text.parse().or_else(single);
    let expected = |_| "an IP address or a network such as 10.0.0.0/8".to_owned();
    network.map(|network| network.to_string()).map_err(expected)
}

/// `address:port`; port 0 is any that is free.
pub fn socket(text: &str) -> Expected {
    match text.parse::<SocketAddr>() {
        // A mapped address is the one that it stands for.
        Ok(address) => Ok(match address.ip().to_canonical() {
            IpAddr::V4(ip) => SocketAddr::from((ip, address.port())).to_string(),
            IpAddr::V6(_) => address.to_string(),
        }),
        Err(_) => Err("an address with a port such as 127.0.0.1:53 or [::1]:53".to_owned()),
    }
}

/// The name or address of a host, lower-case; IPv6 addresses without brackets.
pub fn host(text: &str) -> Expected {
    let text = text.trim_end_matches('.').to_ascii_lowercase();
    let bare = text.trim_start_matches('[').trim_end_matches(']');
    match bare.parse::<IpAddr>() {
        Ok(address) => Ok(address.to_string()),
        Err(_) if is_host_name(&text) => Ok(text),
        Err(_) => Err("a host name such as da1.example.com, or an IP address".to_owned()),
    }
}

/// `host:port`.
pub fn endpoint(text: &str) -> Expected {
    let is_port = |port: &str| port.parse::<u16>().is_ok_and(|port| port > 0);
    let is_named = |(host, port): (&str, &str)| is_host_name(host) && is_port(port);
    match text.parse::<SocketAddr>().is_ok() || text.rsplit_once(':').is_some_and(is_named) {
        true => Ok(text.to_owned()),
        false => Err("host:port such as 127.0.0.1:953".to_owned()),
    }
}

/// A user name of HTTP Basic authentication, where a colon ends the name.
pub fn user_name(text: &str) -> Expected {
    match text.is_empty() || text.contains(':') {
        true => Err("a user name without ':'".to_owned()),
        false => Ok(text.to_owned()),
    }
}

fn is_host_name(text: &str) -> bool {
    let known = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    !text.is_empty() && text.bytes().all(known)
}
