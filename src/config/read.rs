//! What the values of keys may be: one small reader per type.
//!
//! A reader takes the raw text and returns the value in the form in which it is extracted later,
//! or what was expected instead. It never repeats the text: the caller does, unless it is secret.

use std::fmt::Display;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use dadns_backends::bind::View;
use dadns_backends::builtin::{Allowed, Follow, Secondary, TsigKey};
use dadns_backends::coredns_mysql::{Plugin, TableName, Tls};
use dadns_zone::ZoneName;
use figment::value::{Empty, Value};
use ipnet::IpNet;
use jiff::tz::TimeZone;

use crate::logging::Level;

use super::model::Account;

/// Reads one scalar.
pub(super) type Reader = fn(&str) -> Result<Value, String>;

/// Any text but none.
pub(super) fn text(text: &str) -> Result<Value, String> {
    match text {
        "" => Err("text that is not empty".to_owned()),
        text => Ok(Value::from(text)),
    }
}

/// Text; empty for none.
pub(super) fn optional(text: &str) -> Result<Value, String> {
    Ok(match text {
        "" => Value::from(Empty::None),
        text => Value::from(text),
    })
}

/// A user name of HTTP Basic authentication, where a colon ends the name.
pub(super) fn username(text: &str) -> Result<Value, String> {
    match text.is_empty() || text.contains(':') {
        true => Err("a user name without ':'".to_owned()),
        false => Ok(Value::from(text)),
    }
}

/// Yes or no, in the spellings of YAML and of DirectAdmin.
pub(super) fn boolean(text: &str) -> Result<Value, String> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "yes" | "on" | "1" => Ok(Value::from(true)),
        "false" | "no" | "off" | "0" => Ok(Value::from(false)),
        _ => Err("true or false (yes, no, on, off, 1 and 0 do as well)".to_owned()),
    }
}

/// A whole number from `LEAST` to `MOST`.
pub(super) fn whole<const LEAST: u64, const MOST: u64>(text: &str) -> Result<Value, String> {
    match text.parse::<u64>() {
        Ok(number) if (LEAST..=MOST).contains(&number) => Ok(Value::from(number)),
        _ => Err(format!("a whole number from {LEAST} to {MOST}")),
    }
}

/// A log level by its name, in any case.
pub(super) fn level(text: &str) -> Result<Value, String> {
    let level: Level = text
        .parse()
        .map_err(|_| format!("one of {}", Level::NAMES))?;
    Ok(Value::from(level.name()))
}

/// A time zone by its IANA name; empty for the system's.
pub(super) fn time_zone(text: &str) -> Result<Value, String> {
    match text.is_empty() || TimeZone::get(text).is_ok() {
        true => optional(text),
        false => Err("an IANA time zone such as UTC or Pacific/Auckland".to_owned()),
    }
}

/// An address to listen on; empty for none.
pub(super) fn optional_ip(text: &str) -> Result<Value, String> {
    match text.is_empty() || text.parse::<IpAddr>().is_ok() {
        true => optional(text),
        false => Err("an IP address, or nothing".to_owned()),
    }
}

/// A network such as `10.0.0.0/8`; an address stands for itself alone.
pub(super) fn network(text: &str) -> Result<Value, String> {
    let single = |_| text.parse::<IpAddr>().map(IpNet::from);
    let network: Result<IpNet, _> = text.parse().or_else(single);
    match network {
        Ok(network) => Ok(Value::from(network.to_string())),
        Err(_) => Err("IP addresses and networks such as 10.0.0.0/8".to_owned()),
    }
}

/// `address:port`; port 0 is any that is free.
pub(super) fn socket(text: &str) -> Result<Value, String> {
    match text.parse::<SocketAddr>() {
        // A mapped address is the one that it stands for.
        Ok(address) => Ok(Value::from(match address.ip().to_canonical() {
            IpAddr::V4(ip) => SocketAddr::from((ip, address.port())).to_string(),
            IpAddr::V6(_) => address.to_string(),
        })),
        Err(_) => Err("addresses with a port such as 127.0.0.1:53 or [::1]:53".to_owned()),
    }
}

/// `address:port`, or `none`.
pub(super) fn socket_or_none(text: &str) -> Result<Value, String> {
    match text {
        "" | "none" => Ok(Value::from(Empty::None)),
        text if text.parse::<SocketAddr>().is_ok() => Ok(Value::from(text)),
        _ => Err("an address with a port such as 127.0.0.1:53 or [::1]:53, or none".to_owned()),
    }
}

/// The name or address of a host, lower-case; IPv6 addresses without brackets.
pub(super) fn host(text: &str) -> Result<Value, String> {
    let text = text.trim_end_matches('.').to_ascii_lowercase();
    let bare = text.trim_start_matches('[').trim_end_matches(']');
    match bare.parse::<IpAddr>() {
        Ok(address) => Ok(Value::from(address.to_string())),
        Err(_) if is_host_name(&text) => Ok(Value::from(text)),
        Err(_) => Err("a host name such as da1.example.com, or an IP address".to_owned()),
    }
}

fn is_host_name(text: &str) -> bool {
    let known = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    !text.is_empty() && text.bytes().all(known)
}

/// `host:port`, or `none`.
pub(super) fn endpoint_or_none(text: &str) -> Result<Value, String> {
    let port = |port: &str| port.parse::<u16>().is_ok_and(|port| port > 0);
    let named = || {
        text.rsplit_once(':')
            .is_some_and(|(h, p)| is_host_name(h) && port(p))
    };
    match text {
        "" | "none" => Ok(Value::from(Empty::None)),
        text if text.parse::<SocketAddr>().is_ok() || named() => Ok(Value::from(text)),
        _ => Err("host:port such as 127.0.0.1:953, or none".to_owned()),
    }
}

/// Text that fits one string of a TXT record; empty for none.
pub(super) fn version(text: &str) -> Result<Value, String> {
    match text.len() <= 255 {
        true => optional(text),
        false => Err("at most 255 octets".to_owned()),
    }
}

/// The name of a zone; empty for none.
pub(super) fn zone_or_none(text: &str) -> Result<Value, String> {
    match text.parse::<ZoneName>() {
        Ok(name) => Ok(Value::from(name.as_str())),
        Err(_) if text.is_empty() => optional(text),
        Err(_) => Err("the name of a zone such as catalog.example, or nothing".to_owned()),
    }
}

/// A view of `named`.
pub(super) fn view(text: &str) -> Result<Value, String> {
    parsed::<View>(text).map(|view| Value::from(view.to_string()))
}

/// Who may transfer zones.
pub(super) fn allowed(text: &str) -> Result<Value, String> {
    parsed::<Allowed>(text).map(|allowed| Value::from(allowed.to_string()))
}

/// A secondary to notify.
pub(super) fn secondary(text: &str) -> Result<Value, String> {
    parsed::<Secondary>(text).map(|secondary| Value::from(secondary.to_string()))
}

/// A TSIG key with its secret.
pub(super) fn tsig_key(text: &str) -> Result<Value, String> {
    parsed::<TsigKey>(text).map(|_| Value::from(text))
}

/// Into which zones answers go on.
pub(super) fn follow(text: &str) -> Result<Value, String> {
    parsed::<Follow>(text).map(|_| Value::from(text))
}

/// An account of an operator with its password.
pub(super) fn account(text: &str) -> Result<Value, String> {
    parsed::<Account>(text).map(|_| Value::from(text))
}

/// How far a connection to a database is encrypted.
pub(super) fn database_tls(text: &str) -> Result<Value, String> {
    parsed::<Tls>(text).map(|_| Value::from(text))
}

/// The name of a table.
pub(super) fn table(text: &str) -> Result<Value, String> {
    parsed::<TableName>(text).map(|_| Value::from(text))
}

/// A CoreDNS plugin.
pub(super) fn plugin(text: &str) -> Result<Value, String> {
    parsed::<Plugin>(text).map(|_| Value::from(text))
}

/// A value whose type says itself what it expected.
fn parsed<T: FromStr<Err: Display>>(text: &str) -> Result<T, String> {
    text.parse().map_err(|why: T::Err| why.to_string())
}
