//! Address prefix lists (RFC 3123).

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

use crate::rule::Rule;
use crate::tokens::Broken;
use crate::words::Words;

const IPV4: u16 = 1;
const IPV6: u16 = 2;

/// One address prefix.
struct Item<'a> {
    family: u16,
    /// Leading bits that count.
    prefix: u8,
    negated: bool,
    /// The address without trailing zero octets.
    address: &'a [u8],
}

/// Splits the first item off.
fn item(wire: &[u8]) -> Result<(Item<'_>, &[u8]), Rule> {
    const SHORT: Rule = "an address prefix ends too early";
    let [high, low, prefix, len, rest @ ..] = wire else {
        return Err(SHORT);
    };
    let (address, rest) = rest
        .split_at_checked(usize::from(len & 0x7f))
        .ok_or(SHORT)?;
    let family = u16::from_be_bytes([*high, *low]);
    Ok((
        Item {
            family,
            prefix: *prefix,
            negated: len & 0x80 != 0,
            address,
        },
        rest,
    ))
}

pub(crate) fn check(mut wire: &[u8]) -> Result<(), Rule> {
    while !wire.is_empty() {
        let (item, rest) = item(wire)?;
        let (bits, octets) = match item.family {
            IPV4 => (32, 4),
            IPV6 => (128, 16),
            _ => return Err("an address prefix has an unknown family"),
        };
        if item.prefix > bits || item.address.len() > octets {
            return Err("an address prefix is longer than its family allows");
        }
        if item.address.last() == Some(&0) {
            return Err("an address prefix has trailing zero octets");
        }
        wire = rest;
    }
    Ok(())
}

/// Writes a checked list.
pub(crate) fn write(mut wire: &[u8], f: &mut impl fmt::Write) -> fmt::Result {
    let mut first = true;
    while let Ok((
        Item {
            family,
            prefix,
            negated,
            address,
        },
        rest,
    )) = item(wire)
    {
        if !std::mem::take(&mut first) {
            f.write_char(' ')?;
        }
        f.write_str(if negated { "!" } else { "" })?;
        let mut octets = [0; 16];
        octets[..address.len()].copy_from_slice(address);
        match octets {
            [a, b, c, d, ..] if family == IPV4 => {
                write!(f, "1:{}/{prefix}", Ipv4Addr::from([a, b, c, d]))?
            }
            _ => write!(f, "2:{}/{prefix}", Ipv6Addr::from(octets))?,
        }
        wire = rest;
    }
    Ok(())
}

pub(crate) fn read(words: &mut Words<'_, '_>, out: &mut Vec<u8>) -> Result<(), Broken> {
    const SHAPE: Rule = "is not an address prefix like 1:192.0.2.0/24 or !2:2001:db8::/32";
    while let Some(word) = words.optional()? {
        let fault = || word.broken(SHAPE);
        let text = word
            .plain()
            .and_then(|text| std::str::from_utf8(text).ok())
            .ok_or_else(fault)?;
        let bare = text.strip_prefix('!');
        let negated = bare.is_some();
        let (family, rest) = bare.unwrap_or(text).split_once(':').ok_or_else(fault)?;
        let (address, prefix) = rest.split_once('/').ok_or_else(fault)?;
        let digits = !prefix.is_empty() && prefix.bytes().all(|byte| byte.is_ascii_digit());
        let prefix = prefix
            .parse::<u8>()
            .ok()
            .filter(|_| digits)
            .ok_or_else(fault)?;
        let (family, octets, bits) = match family {
            "1" => (
                IPV4,
                address
                    .parse::<Ipv4Addr>()
                    .map_err(|_| fault())?
                    .octets()
                    .to_vec(),
                32,
            ),
            "2" => (
                IPV6,
                address
                    .parse::<Ipv6Addr>()
                    .map_err(|_| fault())?
                    .octets()
                    .to_vec(),
                128,
            ),
            _ => return Err(fault()),
        };
        if prefix > bits {
            return Err(fault());
        }
        let len = octets
            .iter()
            .rposition(|&octet| octet != 0)
            .map_or(0, |last| last + 1);
        out.extend_from_slice(&family.to_be_bytes());
        out.extend([prefix, len as u8 | if negated { 0x80 } else { 0 }]);
        out.extend_from_slice(&octets[..len]);
    }
    Ok(())
}
