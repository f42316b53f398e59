//! Reads the values that fields are made of: numbers, addresses, strings.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::unescape;
use crate::encoding;
use crate::mnemonics::{self, Mnemonics};
use crate::rule::Rule;
use crate::tokens::{Broken, Token};
use crate::words::Words;

pub(super) fn push_u16(out: &mut Vec<u8>, value: u32) {
    out.extend_from_slice(&(value as u16).to_be_bytes());
}

pub(super) fn push_u32(out: &mut Vec<u8>, value: u32) {
    out.extend_from_slice(&value.to_be_bytes());
}

/// The decimal number that `word` is, at most `max`.
pub(crate) fn number(word: &Token<'_>, max: u32) -> Result<u32, Broken> {
    let digits = word
        .plain()
        .filter(|text| !text.is_empty() && text.iter().all(u8::is_ascii_digit));
    let digits = digits.ok_or_else(|| no_number(word, max))?;
    digits
        .iter()
        .try_fold(0_u32, |value, digit| {
            value.checked_mul(10)?.checked_add(u32::from(digit - b'0'))
        })
        .filter(|value| *value <= max)
        .ok_or_else(|| no_number(word, max))
}

fn no_number(word: &Token<'_>, max: u32) -> Broken {
    word.broken(format!("is not a number from 0 to {max}"))
}

pub(super) fn mnemonic(word: &Token<'_>, known: &Mnemonics, max: u32) -> Result<u32, Broken> {
    match word.plain().and_then(|text| mnemonics::number(known, text)) {
        Some(value) => Ok(u32::from(value)),
        None if word.text.first().is_some_and(u8::is_ascii_digit) => number(word, max),
        None => Err(word.broken("is neither a known mnemonic nor a number")),
    }
}

fn parsed<T: std::str::FromStr>(word: &Token<'_>) -> Option<T> {
    std::str::from_utf8(word.plain()?).ok()?.parse().ok()
}

pub(crate) fn read_ipv4(word: &Token<'_>, out: &mut Vec<u8>) -> Result<(), Broken> {
    let address: Ipv4Addr = parsed(word).ok_or_else(|| {
        word.broken(match parsed::<Ipv6Addr>(word) {
            Some(_) => "is an IPv6 address where an IPv4 address should stand",
            None => "is not an IPv4 address",
        })
    })?;
    out.extend_from_slice(&address.octets());
    Ok(())
}

pub(crate) fn read_ipv6(word: &Token<'_>, out: &mut Vec<u8>) -> Result<(), Broken> {
    let address: Ipv6Addr = parsed(word).ok_or_else(|| {
        word.broken(match parsed::<Ipv4Addr>(word) {
            Some(_) => "is an IPv4 address where an IPv6 address should stand",
            None => "is not an IPv6 address",
        })
    })?;
    out.extend_from_slice(&address.octets());
    Ok(())
}

pub(super) fn hex_groups(
    word: &Token<'_>,
    separator: u8,
    digits: usize,
    groups: usize,
    rule: Rule,
    out: &mut Vec<u8>,
) -> Result<(), Broken> {
    let text = word.plain().ok_or_else(|| word.broken(rule))?;
    let mut count = 0;
    for group in text.split(|&byte| byte == separator) {
        count += 1;
        if group.len() != digits || encoding::HEX.read_text(group, out).is_err() {
            return Err(word.broken(rule));
        }
    }
    if count == groups {
        Ok(())
    } else {
        Err(word.broken(rule))
    }
}

/// Four groups of one to four hexadecimal digits.
pub(super) fn locator(word: &Token<'_>, out: &mut Vec<u8>) -> Result<(), Broken> {
    let fault = || word.broken("is not a locator of four hexadecimal groups");
    let text = word
        .plain()
        .and_then(|text| std::str::from_utf8(text).ok())
        .ok_or_else(fault)?;
    let mut count = 0;
    for group in text.split(':') {
        count += 1;
        if !group.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(fault());
        }
        let value = u16::from_str_radix(group, 16).map_err(|_| fault())?;
        out.extend_from_slice(&value.to_be_bytes());
    }
    if count == 4 { Ok(()) } else { Err(fault()) }
}

pub(super) fn nsap(word: &Token<'_>, out: &mut Vec<u8>) -> Result<(), Broken> {
    let fault = || word.broken("is not an NSAP address (0x and hexadecimal)");
    let [b'0', b'x' | b'X', digits @ ..] = word.plain().unwrap_or_default() else {
        return Err(fault());
    };
    let digits: Vec<u8> = digits
        .iter()
        .copied()
        .filter(|&byte| byte != b'.')
        .collect();
    if digits.is_empty() {
        return Err(fault());
    }
    encoding::HEX.read_text(&digits, out).map_err(|_| fault())
}

/// Reads with `read` and puts the number of octets in front, at most 255.
pub(super) fn counted(
    word: &Token<'_>,
    out: &mut Vec<u8>,
    read: impl FnOnce(&Token<'_>, &mut Vec<u8>) -> Result<(), Broken>,
) -> Result<(), Broken> {
    let at = out.len();
    out.push(0);
    read(word, out)?;
    out[at] =
        u8::try_from(out.len() - at - 1).map_err(|_| word.broken("is longer than 255 octets"))?;
    Ok(())
}

pub(super) fn read_char_string(word: &Token<'_>, out: &mut Vec<u8>) -> Result<(), Broken> {
    counted(word, out, |word, out| {
        unescape(word.text, out).map_err(|rule| word.broken(rule))
    })
}

/// One character-string or more. Where that is allowed, one of more than 255 octets becomes several.
pub(super) fn read_char_strings(
    words: &mut Words<'_, '_>,
    out: &mut Vec<u8>,
) -> Result<(), Broken> {
    let mut next = Some(words.word("a character-string")?);
    while let Some(word) = next {
        words.seen.look(&word);
        let at = out.len();
        out.push(0);
        unescape(word.text, out).map_err(|rule| word.broken(rule))?;
        match u8::try_from(out.len() - at - 1) {
            Ok(len) => out[at] = len,
            Err(_) if words.split_long => {
                words.seen.split.get_or_insert((word, out.len() - at - 1));
                let long = out.split_off(at);
                for piece in long[1..].chunks(255) {
                    out.push(piece.len() as u8);
                    out.extend_from_slice(piece);
                }
            }
            Err(_) => return Err(word.broken("is longer than 255 octets")),
        }
        next = words.optional()?;
    }
    Ok(())
}

pub(super) fn read_tag(word: &Token<'_>, out: &mut Vec<u8>) -> Result<(), Broken> {
    match word.plain() {
        Some(text) if text.iter().all(u8::is_ascii_alphanumeric) => read_char_string(word, out),
        _ => Err(word.broken("is not a tag of letters and digits")),
    }
}

pub(super) fn read_text(word: &Token<'_>, out: &mut Vec<u8>) -> Result<(), Broken> {
    unescape(word.text, out).map_err(|rule| word.broken(rule))
}
