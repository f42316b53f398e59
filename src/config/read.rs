//! What the values of keys may be: one small reader per type.
//!
//! A reader takes the raw text and returns the value in the form in which it is extracted later,
//! or what was expected instead. It never repeats the text: the caller does, unless it is secret.

use std::net::{IpAddr, SocketAddr};

use figment::value::{Empty, Value};
use ipnet::IpNet;
use jiff::tz::TimeZone;

use super::yaml::{self, Node};
use crate::logging::Level;

/// Reads one scalar.
pub(super) type Reader = fn(&str) -> Result<Value, String>;

/// What a key takes.
#[derive(Debug, Clone, Copy)]
pub(super) enum Takes {
    /// One value.
    One(Reader),
    /// A list; a scalar is read as one whose items are parted by commas.
    Many(Reader),
    /// Text that is never shown.
    Secret,
}

/// What is wrong with a value, and on which line.
pub(super) struct Misfit {
    pub line: usize,
    pub message: String,
}

impl Takes {
    /// The value that `node` stands for.
    pub fn read(self, node: &Node) -> Result<Value, Misfit> {
        match self {
            Self::One(reader) => scalar(node, reader),
            Self::Secret => match node.text() {
                Some(text) => secret(text).map_err(|why| misfit(node, why)),
                None => Err(misfit(node, "takes one value")),
            },
            Self::Many(reader) => match &node.value {
                yaml::Value::List(items) => {
                    let items: Result<Vec<Value>, Misfit> =
                        items.iter().map(|item| scalar(item, reader)).collect();
                    items.map(Value::from)
                }
                yaml::Value::Text(text) => {
                    let items = text
                        .split(',')
                        .map(str::trim)
                        .filter(|item| !item.is_empty());
                    let items: Result<Vec<Value>, Misfit> =
                        items.map(|item| one(node, item, reader)).collect();
                    items.map(Value::from)
                }
                _ => Err(misfit(node, "takes a list")),
            },
        }
    }
}

fn scalar(node: &Node, reader: Reader) -> Result<Value, Misfit> {
    match node.text() {
        Some(text) => one(node, text, reader),
        None => Err(misfit(node, "takes one value, not a list or a mapping")),
    }
}

fn one(node: &Node, text: &str, reader: Reader) -> Result<Value, Misfit> {
    let text = text.trim();
    let read = match text.chars().any(char::is_control) {
        true => Err("text without control characters".to_owned()),
        false => reader(text),
    };
    read.map_err(|expected| {
        let shown: String = text.chars().take(80).collect();
        misfit(node, format!("{shown:?} does not fit: it takes {expected}"))
    })
}

fn misfit(node: &Node, message: impl Into<String>) -> Misfit {
    Misfit {
        line: node.line,
        message: message.into(),
    }
}

fn secret(text: &str) -> Result<Value, &'static str> {
    if text.is_empty() {
        Err("must not be empty")
    } else if text.chars().any(char::is_control) {
        Err("must not contain line ends or other control characters")
    } else {
        Ok(Value::from(text))
    }
}

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

/// `address:port`, or `none`.
pub(super) fn socket_or_none(text: &str) -> Result<Value, String> {
    match text {
        "" | "none" => Ok(Value::from(Empty::None)),
        text if text.parse::<SocketAddr>().is_ok() => Ok(Value::from(text)),
        _ => Err("an address with a port such as 127.0.0.1:53 or [::1]:53, or none".to_owned()),
    }
}

/// `host:port`, or `none`.
pub(super) fn endpoint_or_none(text: &str) -> Result<Value, String> {
    let port = |port: &str| port.parse::<u16>().is_ok_and(|port| port > 0);
    let host = |host: &str| {
        !host.is_empty()
            && host
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'))
    };
    let named = || {
        text.rsplit_once(':')
            .is_some_and(|(h, p)| host(h) && port(p))
    };
    match text {
        "" | "none" => Ok(Value::from(Empty::None)),
        text if text.parse::<SocketAddr>().is_ok() || named() => Ok(Value::from(text)),
        _ => Err("host:port such as 127.0.0.1:953, or none".to_owned()),
    }
}
