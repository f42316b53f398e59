//! Escapes and domain names as a master file writes them (RFC 1035 §5.1).

use crate::rule::Rule;
use crate::tokens::{Broken, Token};

/// Most octets of a name in wire form (RFC 1035 §3.1).
const MAX_LEN: usize = 255;
const TOO_LONG: Rule = "is longer than 255 octets as a domain name";

/// Appends `text` with its escapes resolved (RFC 1035 §5.1: `\DDD` and `\X`).
pub(crate) fn unescape(text: &[u8], out: &mut Vec<u8>) -> Result<(), Rule> {
    let mut rest = text;
    while let Some(at) = rest.iter().position(|&byte| byte == b'\\') {
        out.extend_from_slice(&rest[..at]);
        let (octet, len) = escape(&rest[at..])?;
        out.push(octet);
        rest = &rest[at + len..];
    }
    out.extend_from_slice(rest);
    Ok(())
}

/// The octet that the escape at the start of `text` stands for, and the escape's length.
fn escape(text: &[u8]) -> Result<(u8, usize), Rule> {
    match text {
        [_, a @ b'0'..=b'9', b @ b'0'..=b'9', c @ b'0'..=b'9', ..] => {
            let value = u16::from(a - b'0') * 100 + u16::from(b - b'0') * 10 + u16::from(c - b'0');
            u8::try_from(value)
                .map(|octet| (octet, 4))
                .map_err(|_| "has an escape above \\255")
        }
        [_, b'0'..=b'9', ..] => Err("has an escape of fewer than three digits"),
        [_, octet, ..] => Ok((*octet, 2)),
        _ => Err("ends in a lone \"\\\""),
    }
}

/// Appends the name that an unquoted word is; relative names end in `origin`.
pub(crate) fn read_name(
    word: &Token<'_>,
    origin: &[u8],
    lower: bool,
    out: &mut Vec<u8>,
) -> Result<(), Broken> {
    let text = word
        .plain()
        .ok_or_else(|| word.broken("is quoted where a domain name should be"))?;
    push_name(text, origin, lower, out).map_err(|rule| word.broken(rule))
}

/// Appends the name `text` in wire form.
pub(crate) fn push_name(
    text: &[u8],
    origin: &[u8],
    lower: bool,
    out: &mut Vec<u8>,
) -> Result<(), Rule> {
    let start = out.len();
    match text {
        b"." => out.push(0),
        b"@" => out.extend_from_slice(origin),
        _ if push_labels(text, out)? => out.push(0),
        _ => out.extend_from_slice(origin),
    }
    if out.len() - start > MAX_LEN {
        return Err(TOO_LONG);
    }
    if lower {
        // Lengths are below 64, so only letters change.
        out[start..].make_ascii_lowercase();
    }
    Ok(())
}

/// Appends the labels of `text`. Returns whether a final dot makes the name absolute.
fn push_labels(text: &[u8], out: &mut Vec<u8>) -> Result<bool, Rule> {
    let start = out.len();
    let mut label = start;
    out.push(0);
    let mut at = 0;
    while let Some(&byte) = text.get(at) {
        at += 1;
        match byte {
            b'.' => {
                close_label(label, out)?;
                if at == text.len() {
                    return Ok(true);
                }
                label = out.len();
                out.push(0);
            }
            b'\\' => {
                if out.len() == label + 1 && text.get(at) == Some(&b'[') {
                    return Err("has a bit-string label, which is obsolete");
                }
                let (octet, len) = escape(&text[at - 1..])?;
                out.push(octet);
                at += len - 1;
            }
            _ => out.push(byte),
        }
        if out.len() - start > MAX_LEN {
            return Err(TOO_LONG);
        }
    }
    close_label(label, out)?;
    Ok(false)
}

fn close_label(label: usize, out: &mut [u8]) -> Result<(), Rule> {
    match out.len() - label - 1 {
        0 => Err("has an empty label (two dots in a row, or one in front)"),
        len @ 1..=63 => {
            out[label] = len as u8;
            Ok(())
        }
        _ => Err("has a label longer than 63 octets"),
    }
}
