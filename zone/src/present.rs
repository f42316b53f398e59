//! Presentation form: how types, names and RDATA are written in a master file.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

use crate::escape::write_escaped;
use crate::layout::{Field, Layout};
use crate::record::Rdata;
use crate::{DomainName, Rtype, apl, bitmap, encoding, gateway, hip, loc, svcb, time, wire};

/// A record type by its mnemonic, or `TYPEnnn` if it has none here (RFC 3597 §5).
#[derive(Clone, Copy)]
pub struct TypeName(pub Rtype);

impl fmt::Display for TypeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Layout::of(self.0) {
            Ok(Some(layout)) => f.pad(layout.mnemonic),
            _ => write!(f, "TYPE{}", self.0.to_int()),
        }
    }
}

/// An absolute name with its final dot, special characters escaped (RFC 1035 §5.1).
#[derive(Clone, Copy)]
pub struct NameText<'a>(pub &'a DomainName);

impl fmt::Display for NameText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_name(self.0.as_slice(), f)
    }
}

/// RDATA as a master file has it, its names absolute; of unknown types `\# length hex` (RFC 3597 §5).
#[derive(Clone, Copy)]
pub struct Presentation<'a> {
    /// The type of the data.
    pub rtype: Rtype,
    /// The data.
    pub rdata: &'a Rdata,
}

/// `rdata` in presentation form, as [`Presentation`] writes it.
pub fn presentation(rtype: Rtype, rdata: &Rdata) -> String {
    Presentation { rtype, rdata }.to_string()
}

impl fmt::Display for Presentation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let octets = self.rdata.as_bytes();
        match Layout::of(self.rtype) {
            Ok(Some(layout)) => write_fields(layout, octets, f),
            _ => write_opaque(octets, f),
        }
    }
}

/// `rdata` by its octets alone, whatever its type: `\# length hex` (RFC 3597 §5).
pub fn opaque(rdata: &Rdata) -> String {
    let mut text = String::new();
    // A string takes all that is written.
    let _ = write_opaque(rdata.as_bytes(), &mut text);
    text
}

fn write_opaque(octets: &[u8], f: &mut impl fmt::Write) -> fmt::Result {
    write!(f, "\\# {}", octets.len())?;
    if !octets.is_empty() {
        f.write_char(' ')?;
    }
    encoding::write_hex(octets, f)
}

fn write_fields(layout: &Layout, octets: &[u8], f: &mut impl fmt::Write) -> fmt::Result {
    let mut at = 0;
    for field in layout.fields {
        let len = wire::field_len(*field, &octets[at..], octets).map_err(|_| fmt::Error)?;
        let value = &octets[at..at + len];
        // Service parameters bring their own spaces; other fields that are empty are not written.
        let spaced = *field == Field::SvcParams || (value.is_empty() && !shown_if_empty(*field));
        if at > 0 && !spaced {
            f.write_char(' ')?;
        }
        write_field(*field, value, &octets[..at], f)?;
        at += len;
    }
    Ok(())
}

/// Whether a field without octets still has a text.
fn shown_if_empty(field: Field) -> bool {
    matches!(
        field,
        Field::Text | Field::QuotedText | Field::DashOrBase64 | Field::Gateway(_)
    )
}

fn write_field(field: Field, value: &[u8], before: &[u8], f: &mut impl fmt::Write) -> fmt::Result {
    match (field, value) {
        (Field::Name | Field::NameAsIs | Field::Target, _) => write_name(value, f),
        (Field::U8 | Field::Mnemonic8(_), [octet]) => write!(f, "{octet}"),
        (Field::U16 | Field::Mnemonic16(_), &[a, b]) => write!(f, "{}", u16::from_be_bytes([a, b])),
        (Field::Type, &[a, b]) => write!(
            f,
            "{}",
            TypeName(Rtype::from_int(u16::from_be_bytes([a, b])))
        ),
        (Field::U32 | Field::Period, &[a, b, c, d]) => {
            write!(f, "{}", u32::from_be_bytes([a, b, c, d]))
        }
        (Field::Time, &[a, b, c, d]) => time::write_timestamp(u32::from_be_bytes([a, b, c, d]), f),
        (Field::Ipv4, &[a, b, c, d]) => write!(f, "{}", Ipv4Addr::from([a, b, c, d])),
        (Field::Ipv6, _) => write!(
            f,
            "{}",
            Ipv6Addr::from(<[u8; 16]>::try_from(value).map_err(|_| fmt::Error)?)
        ),
        (Field::Eui48 | Field::Eui64, _) => write_groups(value, 1, '-', f),
        (Field::Locator64, _) => write_groups(value, 2, ':', f),
        (Field::Tag, [_, tag @ ..]) => tag.iter().try_for_each(|&byte| write_escaped(f, byte)),
        (Field::CharString | Field::OptionalCharString | Field::CharStrings, _) => {
            write_char_strings(value, f)
        }
        (Field::Text | Field::QuotedText, _) => write_quoted(value, f),
        (Field::Hex | Field::OptionalHex, _) => encoding::write_hex(value, f),
        (Field::DashOrBase64, []) | (Field::Salt, [0]) => f.write_char('-'),
        (Field::Base64 | Field::OptionalBase64 | Field::DashOrBase64, _) => {
            encoding::write_base64(value, f)
        }
        (Field::Nsap, _) => f
            .write_str("0x")
            .and_then(|()| encoding::write_hex(value, f)),
        (Field::Salt, [_, salt @ ..]) => encoding::write_hex(salt, f),
        (Field::NextHash, [_, hash @ ..]) => encoding::write_base32hex(hash, f),
        (Field::Bitmap, _) => bitmap::write(value, f),
        (Field::SvcParams, _) => svcb::write(value, f),
        (Field::Apl, _) => apl::write(value, f),
        (Field::Loc, _) => loc::write(value, f),
        (Field::Gateway(gateway), _) => gateway::write(gateway, value, before, f),
        (Field::Hip, _) => hip::write(value, f),
        // The lengths were checked when the RDATA came in.
        _ => Err(fmt::Error),
    }
}

fn write_groups(
    value: &[u8],
    size: usize,
    separator: char,
    f: &mut impl fmt::Write,
) -> fmt::Result {
    for (index, group) in value.chunks(size).enumerate() {
        if index > 0 {
            f.write_char(separator)?;
        }
        encoding::write_hex(group, f)?;
    }
    Ok(())
}

fn write_char_strings(mut value: &[u8], f: &mut impl fmt::Write) -> fmt::Result {
    let mut first = true;
    while let [len, rest @ ..] = value {
        let (string, rest) = rest.split_at_checked(usize::from(*len)).ok_or(fmt::Error)?;
        if !std::mem::take(&mut first) {
            f.write_char(' ')?;
        }
        write_quoted(string, f)?;
        value = rest;
    }
    Ok(())
}

pub(crate) fn write_quoted(text: &[u8], f: &mut impl fmt::Write) -> fmt::Result {
    f.write_char('"')?;
    write_runs(
        text,
        |byte| matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'\\'),
        f,
    )?;
    f.write_char('"')
}

/// Writes octets that are `plain` as they are, in long runs, and escapes the others.
fn write_runs(text: &[u8], plain: impl Fn(u8) -> bool, f: &mut impl fmt::Write) -> fmt::Result {
    let mut rest = text;
    while !rest.is_empty() {
        let run = rest
            .iter()
            .position(|&byte| !plain(byte))
            .unwrap_or(rest.len());
        f.write_str(std::str::from_utf8(&rest[..run]).map_err(|_| fmt::Error)?)?;
        rest = &rest[run..];
        if let Some((&byte, tail)) = rest.split_first() {
            match byte {
                b'!'..=b'~' => write!(f, "\\{}", char::from(byte))?,
                _ => write!(f, "\\{byte:03}")?,
            }
            rest = tail;
        }
    }
    Ok(())
}

/// Writes an uncompressed name with its final dot. What a master file would read as something else is
/// escaped.
pub(crate) fn write_name(wire: &[u8], f: &mut impl fmt::Write) -> fmt::Result {
    let plain = |byte| {
        matches!(byte, b'!'..=b'~')
            && !matches!(byte, b'"' | b'$' | b'(' | b')' | b'.' | b';' | b'@' | b'\\')
    };
    let mut rest = wire;
    if rest == [0] {
        return f.write_char('.');
    }
    while let [len @ 1..=255, tail @ ..] = rest {
        let (label, tail) = tail.split_at_checked(usize::from(*len)).ok_or(fmt::Error)?;
        write_runs(label, plain, f)?;
        f.write_char('.')?;
        rest = tail;
    }
    Ok(())
}
