//! Service parameters of SVCB and HTTPS (RFC 9460 §2): keys, checks, printing. Reading is next door.

mod dohpath;
mod read;

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

use crate::encoding;
use crate::escape::write_escaped;
use crate::rule::Rule;

pub(crate) use read::read;

const MANDATORY: u16 = 0;
const ALPN: u16 = 1;
const NO_DEFAULT_ALPN: u16 = 2;
const PORT: u16 = 3;
const IPV4HINT: u16 = 4;
const ECH: u16 = 5;
const IPV6HINT: u16 = 6;
const DOHPATH: u16 = 7;

/// The keys that have names, each at the index that is its number. BIND 9.18 knows no others.
const NAMES: [&str; 8] = [
    "mandatory",
    "alpn",
    "no-default-alpn",
    "port",
    "ipv4hint",
    "ech",
    "ipv6hint",
    "dohpath",
];

struct KeyName(u16);

impl fmt::Display for KeyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match NAMES.get(usize::from(self.0)) {
            Some(name) => f.write_str(name),
            None => write!(f, "key{}", self.0),
        }
    }
}

/// Splits the first parameter off: key, value, rest.
fn param(wire: &[u8]) -> Result<(u16, &[u8], &[u8]), Rule> {
    let [a, b, c, d, rest @ ..] = wire else {
        return Err("a service parameter ends too early");
    };
    let len = usize::from(u16::from_be_bytes([*c, *d]));
    let (value, rest) = rest
        .split_at_checked(len)
        .ok_or("a service parameter ends too early")?;
    Ok((u16::from_be_bytes([*a, *b]), value, rest))
}

fn keys(value: &[u8]) -> impl Iterator<Item = u16> + '_ {
    value
        .chunks_exact(2)
        .map(|pair| u16::from_be_bytes([pair[0], pair[1]]))
}

/// Checks parameters: keys rise, values have the form of their key, keys that are said to be
/// mandatory are there.
pub(crate) fn check(mut wire: &[u8]) -> Result<(), Rule> {
    let mut last = None;
    let mut mandatory: &[u8] = &[];
    let mut has_alpn = false;
    while !wire.is_empty() {
        let (key, value, rest) = param(wire)?;
        if last.is_some_and(|last| key <= last) {
            return Err("service parameters are out of order or given twice");
        }
        check_value(key, value)?;
        if mandatory.first_chunk() == Some(&key.to_be_bytes()) {
            mandatory = &mandatory[2..];
        }
        match key {
            MANDATORY => mandatory = value,
            ALPN => has_alpn = true,
            NO_DEFAULT_ALPN if !has_alpn => return Err("no-default-alpn is given without alpn"),
            _ => {}
        }
        last = Some(key);
        wire = rest;
    }
    if mandatory.is_empty() {
        Ok(())
    } else {
        Err("a mandatory service parameter is missing")
    }
}

fn check_value(key: u16, value: &[u8]) -> Result<(), Rule> {
    let valid = match key {
        MANDATORY => {
            let rising = keys(value)
                .zip(keys(value).skip(1))
                .all(|(left, right)| left < right);
            let whole = !value.is_empty() && value.len().is_multiple_of(2);
            whole && rising && keys(value).next() != Some(MANDATORY)
        }
        ALPN => alpn_is_valid(value),
        NO_DEFAULT_ALPN => value.is_empty(),
        PORT => value.len() == 2,
        IPV4HINT => !value.is_empty() && value.len().is_multiple_of(4),
        IPV6HINT => !value.is_empty() && value.len().is_multiple_of(16),
        DOHPATH => dohpath::is_valid(value),
        _ => true,
    };
    if valid {
        Ok(())
    } else {
        Err("a service parameter has a value that its key does not allow")
    }
}

fn alpn_is_valid(mut value: &[u8]) -> bool {
    while let [len @ 1..=255, rest @ ..] = value {
        match rest.get(usize::from(*len)..) {
            Some([]) => return true,
            Some(rest) => value = rest,
            None => return false,
        }
    }
    false
}

/// Writes checked parameters, with a space in front of each.
pub(crate) fn write(mut wire: &[u8], f: &mut impl fmt::Write) -> fmt::Result {
    while let Ok((key, value, rest)) = param(wire) {
        write!(f, " {}", KeyName(key))?;
        if !value.is_empty() {
            f.write_char('=')?;
            write_value(key, value, f)?;
        }
        wire = rest;
    }
    Ok(())
}

fn write_value(key: u16, value: &[u8], f: &mut impl fmt::Write) -> fmt::Result {
    match key {
        MANDATORY => write_list(keys(value).map(KeyName), f),
        ALPN => write_alpn(value, f),
        PORT => write_list(keys(value), f),
        IPV4HINT => write_list(
            value
                .as_chunks()
                .0
                .iter()
                .map(|octets: &[u8; 4]| Ipv4Addr::from(*octets)),
            f,
        ),
        IPV6HINT => write_list(
            value
                .as_chunks()
                .0
                .iter()
                .map(|octets: &[u8; 16]| Ipv6Addr::from(*octets)),
            f,
        ),
        ECH => encoding::write_base64(value, f),
        _ => {
            f.write_char('"')?;
            value.iter().try_for_each(|&byte| write_escaped(f, byte))?;
            f.write_char('"')
        }
    }
}

fn write_list(
    items: impl Iterator<Item = impl fmt::Display>,
    f: &mut impl fmt::Write,
) -> fmt::Result {
    for (index, item) in items.enumerate() {
        write!(f, "{}{item}", if index > 0 { "," } else { "" })?;
    }
    Ok(())
}

/// Protocol names with commas between; commas and backslashes inside are escaped twice, for the list
/// and for the quotes (RFC 9460 appendix A.1).
fn write_alpn(mut value: &[u8], f: &mut impl fmt::Write) -> fmt::Result {
    f.write_char('"')?;
    while let [len, rest @ ..] = value {
        let (name, rest) = rest.split_at_checked(usize::from(*len)).ok_or(fmt::Error)?;
        for &byte in name {
            if matches!(byte, b',' | b'\\') {
                f.write_str("\\\\")?;
            }
            write_escaped(f, byte)?;
        }
        if !rest.is_empty() {
            f.write_char(',')?;
        }
        value = rest;
    }
    f.write_char('"')
}
