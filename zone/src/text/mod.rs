//! Reads the fields of a record from words, straight into wire RDATA.

mod names;

use std::net::{Ipv4Addr, Ipv6Addr};

pub(crate) use names::{push_name, read_name, unescape};

use crate::layout::{Field, Layout};
use crate::mnemonics::{self, Mnemonics};
use crate::rule::Rule;
use crate::tokens::{Broken, Token};
use crate::words::Words;
use crate::{Rtype, apl, bitmap, encoding, gateway, hip, loc, svcb, time, wire};

/// Appends the RDATA that `words` say for `rtype`, canonical. `layout` is `None` for unknown types,
/// which have only the generic form `\# length hex` (RFC 3597 §5).
pub(crate) fn read_rdata(
    rtype: Rtype,
    layout: Option<&'static Layout>,
    words: &mut Words<'_, '_>,
    out: &mut Vec<u8>,
) -> Result<(), Broken> {
    let start = out.len();
    let first = words.optional()?;
    let place = first.map_or(words.place(), |first| first.place);
    let whole = |rule: Rule| Broken {
        place,
        text: None,
        rule: rule.into(),
    };
    let is_mark = first.is_some_and(|word| word.plain() == Some(b"\\#"));
    if is_mark && (rtype != Rtype::TXT || words.peek_is_number()?) {
        read_generic(words, out)?;
        if let Some(layout) = layout {
            let canonical =
                wire::canonical(layout, &out[start..]).map_err(|(_, rule)| whole(rule))?;
            if let Some(lowered) = canonical {
                out.truncate(start);
                out.extend_from_slice(&lowered);
            }
        }
    } else {
        let layout = layout.ok_or_else(|| {
            whole("data of an unknown type needs the form \\# length hexadecimal")
        })?;
        if let Some(first) = first {
            words.put_back(first);
        }
        for field in layout.fields {
            read_field(*field, words, out, start)?;
        }
        (layout.check)(&out[start..]).map_err(whole)?;
    }
    if let Some(extra) = words.optional()? {
        return Err(extra.broken("is more than the record takes"));
    }
    if out.len() - start > usize::from(u16::MAX) {
        return Err(whole("the data is longer than 65535 octets"));
    }
    Ok(())
}

/// What follows `\#`: a length, and as many octets in hexadecimal.
fn read_generic(words: &mut Words<'_, '_>, out: &mut Vec<u8>) -> Result<(), Broken> {
    let start = out.len();
    let len_word = words.word("a length in octets")?;
    let len = number(&len_word, u32::from(u16::MAX))? as usize;
    encoding::HEX.read_rest(words, out)?;
    if out.len() - start != len {
        return Err(len_word.broken("is not the number of octets that follow"));
    }
    Ok(())
}

/// Appends one field; the RDATA it belongs to starts at `start`.
fn read_field(
    field: Field,
    words: &mut Words<'_, '_>,
    out: &mut Vec<u8>,
    start: usize,
) -> Result<(), Broken> {
    match field {
        Field::Name => read_name(&words.word("a domain name")?, words.origin(), true, out),
        Field::NameAsIs => read_name(&words.word("a domain name")?, words.origin(), false, out),
        Field::Target => {
            let word = words.word("a domain name")?;
            push_name(word.text, words.origin(), false, out).map_err(|rule| word.broken(rule))
        }
        Field::U8 => number(&words.word("a number")?, 0xff).map(|value| out.push(value as u8)),
        Field::U16 => number(&words.word("a number")?, 0xffff).map(|value| push_u16(out, value)),
        Field::U32 => number(&words.word("a number")?, u32::MAX).map(|value| push_u32(out, value)),
        Field::Period => {
            let word = words.word("a period of time")?;
            let period = word.plain().and_then(time::period);
            period
                .map(|seconds| push_u32(out, seconds))
                .ok_or_else(|| word.broken("is not a period of time"))
        }
        Field::Time => {
            let word = words.word("a point in time")?;
            let time = word.plain().and_then(time::timestamp);
            time.map(|seconds| push_u32(out, seconds))
                .ok_or_else(|| word.broken("is not a point in time (YYYYMMDDHHmmSS or seconds)"))
        }
        Field::Mnemonic8(known) => mnemonic(&words.word("a mnemonic or number")?, known, 0xff)
            .map(|value| out.push(value as u8)),
        Field::Mnemonic16(known) => mnemonic(&words.word("a mnemonic or number")?, known, 0xffff)
            .map(|value| push_u16(out, value)),
        Field::Type => {
            let word = words.word("a record type")?;
            let named = word
                .plain()
                .and_then(Layout::rtype_named)
                .map(|rtype| u32::from(rtype.to_int()));
            let code = named.or_else(|| number(&word, 0xffff).ok());
            code.map(|code| push_u16(out, code))
                .ok_or_else(|| word.broken("is not a record type"))
        }
        Field::Ipv4 => read_ipv4(&words.word("an IPv4 address")?, out),
        Field::Ipv6 => read_ipv6(&words.word("an IPv6 address")?, out),
        Field::Eui48 => hex_groups(
            &words.word("an EUI-48 address")?,
            b'-',
            2,
            6,
            "is not an EUI-48 address",
            out,
        ),
        Field::Eui64 => hex_groups(
            &words.word("an EUI-64 address")?,
            b'-',
            2,
            8,
            "is not an EUI-64 address",
            out,
        ),
        Field::Locator64 => locator(&words.word("a 64-bit locator")?, out),
        Field::CharString => read_char_string(&words.word("a character-string")?, out),
        Field::OptionalCharString => match words.optional()? {
            Some(word) => read_char_string(&word, out),
            None => Ok(()),
        },
        Field::CharStrings => read_char_strings(words, out),
        Field::Tag => read_tag(&words.word("a tag")?, out),
        Field::Text => read_text(&words.word("a text")?, out),
        Field::QuotedText => {
            let word = words.word("a quoted text")?;
            if !word.quoted {
                return Err(word.broken("is not quoted"));
            }
            read_text(&word, out)
        }
        Field::Hex => some(
            encoding::HEX.read_rest(words, out)?,
            words,
            "hexadecimal data",
        ),
        Field::OptionalHex => encoding::HEX.read_rest(words, out).map(drop),
        Field::Base64 => some(
            encoding::BASE64.read_rest(words, out)?,
            words,
            "Base 64 data",
        ),
        Field::OptionalBase64 => encoding::BASE64.read_rest(words, out).map(drop),
        Field::DashOrBase64 => {
            let word = words.word("Base 64 data or \"-\"")?;
            if word.plain() == Some(b"-") {
                return Ok(());
            }
            words.put_back(word);
            encoding::BASE64.read_rest(words, out).map(drop)
        }
        Field::Nsap => nsap(&words.word("an NSAP address")?, out),
        Field::Salt => {
            let word = words.word("a salt in hexadecimal or \"-\"")?;
            if word.plain() == Some(b"-") {
                out.push(0);
                return Ok(());
            }
            counted(&word, out, |word, out| encoding::HEX.read_word(word, out))
        }
        Field::NextHash => counted(&words.word("a hashed name")?, out, |word, out| {
            encoding::BASE32HEX.read_word(word, out)
        }),
        Field::Bitmap => bitmap::read(words, out),
        Field::SvcParams => svcb::read(words, out),
        Field::Apl => apl::read(words, out),
        Field::Loc => loc::read(words, out),
        Field::Gateway(gateway) => gateway::read(gateway, words, out, start),
        Field::Hip => hip::read(words, out),
    }
}

fn push_u16(out: &mut Vec<u8>, value: u32) {
    out.extend_from_slice(&(value as u16).to_be_bytes());
}

fn push_u32(out: &mut Vec<u8>, value: u32) {
    out.extend_from_slice(&value.to_be_bytes());
}

fn some(any: bool, words: &mut Words<'_, '_>, wanted: &str) -> Result<(), Broken> {
    if any {
        Ok(())
    } else {
        words.word(wanted).map(drop)
    }
}

/// The decimal number that `word` is, at most `max`.
pub(crate) fn number(word: &Token<'_>, max: u32) -> Result<u32, Broken> {
    let digits = word
        .plain()
        .filter(|text| !text.is_empty() && text.iter().all(u8::is_ascii_digit));
    let digits = digits.ok_or_else(|| word.broken("is not a number"))?;
    digits
        .iter()
        .try_fold(0_u32, |value, digit| {
            value.checked_mul(10)?.checked_add(u32::from(digit - b'0'))
        })
        .filter(|value| *value <= max)
        .ok_or_else(|| word.broken("is too large a number here"))
}

fn mnemonic(word: &Token<'_>, known: &Mnemonics, max: u32) -> Result<u32, Broken> {
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
    let address: Ipv4Addr = parsed(word).ok_or_else(|| word.broken("is not an IPv4 address"))?;
    out.extend_from_slice(&address.octets());
    Ok(())
}

pub(crate) fn read_ipv6(word: &Token<'_>, out: &mut Vec<u8>) -> Result<(), Broken> {
    let address: Ipv6Addr = parsed(word).ok_or_else(|| word.broken("is not an IPv6 address"))?;
    out.extend_from_slice(&address.octets());
    Ok(())
}

fn hex_groups(
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
fn locator(word: &Token<'_>, out: &mut Vec<u8>) -> Result<(), Broken> {
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

fn nsap(word: &Token<'_>, out: &mut Vec<u8>) -> Result<(), Broken> {
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
fn counted(
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

fn read_char_string(word: &Token<'_>, out: &mut Vec<u8>) -> Result<(), Broken> {
    counted(word, out, |word, out| {
        unescape(word.text, out).map_err(|rule| word.broken(rule))
    })
}

/// One character-string or more. Where that is allowed, one of more than 255 octets becomes several.
fn read_char_strings(words: &mut Words<'_, '_>, out: &mut Vec<u8>) -> Result<(), Broken> {
    let mut next = Some(words.word("a character-string")?);
    while let Some(word) = next {
        let at = out.len();
        out.push(0);
        unescape(word.text, out).map_err(|rule| word.broken(rule))?;
        match u8::try_from(out.len() - at - 1) {
            Ok(len) => out[at] = len,
            Err(_) if words.split_long => {
                words.split.get_or_insert((word, out.len() - at - 1));
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

fn read_tag(word: &Token<'_>, out: &mut Vec<u8>) -> Result<(), Broken> {
    match word.plain() {
        Some(text) if text.iter().all(u8::is_ascii_alphanumeric) => read_char_string(word, out),
        _ => Err(word.broken("is not a tag of letters and digits")),
    }
}

fn read_text(word: &Token<'_>, out: &mut Vec<u8>) -> Result<(), Broken> {
    unescape(word.text, out).map_err(|rule| word.broken(rule))
}
