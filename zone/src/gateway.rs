//! Gateways of IPSECKEY (RFC 4025 §2.5) and relays of AMTRELAY (RFC 8777 §4.2): an address or a name,
//! as an octet before it says.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

use crate::layout::Gateway;
use crate::rule::Rule;
use crate::text::{number, read_ipv4, read_ipv6, read_name};
use crate::tokens::Broken;
use crate::words::Words;
use crate::{present, wire};

const UNKNOWN: Rule = "the gateway type is unknown";

/// Octets of the gateway at the start of `rest`; `whole` is all the RDATA.
pub(crate) fn wire_len(gateway: Gateway, rest: &[u8], whole: &[u8]) -> Result<usize, Rule> {
    let (head, form) = match gateway {
        Gateway::Ipseckey => (0, whole.get(1).copied()),
        Gateway::Amtrelay => (1, rest.first().map(|octet| octet & 0x7f)),
    };
    let rest = rest.get(head..).unwrap_or_default();
    let len = match form.ok_or("ends too early")? {
        0 => 0,
        1 => 4,
        2 => 16,
        3 => wire::name_len(rest)?,
        _ => return Err(UNKNOWN),
    };
    if rest.len() < len {
        Err("the gateway ends too early")
    } else {
        Ok(head + len)
    }
}

/// Writes a checked gateway; `before` is the RDATA in front of it.
pub(crate) fn write(
    gateway: Gateway,
    wire: &[u8],
    before: &[u8],
    f: &mut impl fmt::Write,
) -> fmt::Result {
    match (gateway, wire) {
        (Gateway::Ipseckey, _) => write_as(before.get(1).copied(), wire, f),
        (Gateway::Amtrelay, [form, relay @ ..]) => {
            write!(f, "{} {} ", form >> 7, form & 0x7f)?;
            write_as(Some(form & 0x7f), relay, f)
        }
        (Gateway::Amtrelay, []) => Ok(()),
    }
}

fn write_as(form: Option<u8>, wire: &[u8], f: &mut impl fmt::Write) -> fmt::Result {
    match (form, wire) {
        (Some(1), &[a, b, c, d]) => write!(f, "{}", Ipv4Addr::from([a, b, c, d])),
        (Some(2), _) => match <[u8; 16]>::try_from(wire) {
            Ok(octets) => write!(f, "{}", Ipv6Addr::from(octets)),
            Err(_) => Ok(()),
        },
        (Some(3), _) => present::write_name(wire, f),
        _ => f.write_char('.'),
    }
}

/// Reads a gateway; `before` is the RDATA read so far.
pub(crate) fn read(
    gateway: Gateway,
    words: &mut Words<'_, '_>,
    out: &mut Vec<u8>,
    before: usize,
) -> Result<(), Broken> {
    let form = match gateway {
        Gateway::Ipseckey => out.get(before + 1).copied().unwrap_or_default(),
        Gateway::Amtrelay => {
            let discovery = number(&words.word("a discovery bit")?, 1)?;
            let form = number(&words.word("a relay type")?, 3)?;
            out.push((discovery as u8) << 7 | form as u8);
            form as u8
        }
    };
    let word = words.word("a gateway")?;
    match form {
        0 if word.plain() == Some(b".") => Ok(()),
        0 => Err(word.broken("is not \".\", which stands for no gateway")),
        1 => read_ipv4(&word, out),
        2 => read_ipv6(&word, out),
        3 => read_name(&word, words.origin(), false, out),
        _ => Err(word.broken("follows an unknown gateway type")),
    }
}
