//! Reads the fields of a record from words, straight into wire RDATA.

mod fields;
mod names;
mod values;

pub(crate) use names::{push_name, read_name, unescape};
use values::{
    counted, hex_groups, locator, mnemonic, nsap, push_u16, push_u32, read_char_string,
    read_char_strings, read_tag, read_text,
};
pub(crate) use values::{number, read_ipv4, read_ipv6};

use crate::layout::{Field, Layout};
use crate::rule::Rule;
use crate::tokens::Broken;
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
    let position = first.map_or(words.position(), |first| first.position);
    let whole = |rule: Rule| Broken::new(position, None, rule);
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
        for (index, field) in layout.fields.iter().enumerate() {
            read_field(*field, words, out, start)
                .map_err(|broken| fields::in_field(rtype, index, broken, &out[start..]))?;
        }
        (layout.check)(&out[start..]).map_err(whole)?;
    }
    if let Some(extra) = words.optional()? {
        return Err(fields::extra(rtype, &extra));
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
                .ok_or_else(|| word.broken(time::no_period(word.text, "period of time")))
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

fn some(any: bool, words: &mut Words<'_, '_>, wanted: &str) -> Result<(), Broken> {
    if any {
        Ok(())
    } else {
        words.word(wanted).map(drop)
    }
}
