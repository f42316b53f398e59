//! Service parameters from text (RFC 9460 §2.1).

use std::net::{Ipv4Addr, Ipv6Addr};

use super::{
    ALPN, DOHPATH, ECH, IPV4HINT, IPV6HINT, MANDATORY, NAMES, NO_DEFAULT_ALPN, PORT, check,
};
use crate::encoding;
use crate::rule::Rule;
use crate::text::unescape;
use crate::tokens::{Broken, Token};
use crate::words::Words;

const VALUE: Rule = "has a value that its key does not allow";

/// Reads the parameters to the end of the record, in any order.
pub(crate) fn read(words: &mut Words<'_, '_>, out: &mut Vec<u8>) -> Result<(), Broken> {
    let mut params: Vec<Param<'_>> = Vec::new();
    let mut size = 0;
    while let Some(word) = words.optional()? {
        let param = read_param(word, words)?;
        size += 4 + param.value.len();
        if size > usize::from(u16::MAX) {
            return Err(word.starts("the service parameters are longer than 65535 octets"));
        }
        params.push(param);
    }
    let Some(first) = params.first().map(|param| param.word) else {
        return Ok(());
    };
    params.sort_by_key(|param| param.key);
    if let Some(pair) = params.windows(2).find(|pair| pair[0].key == pair[1].key) {
        return Err(pair[1].word.broken("is given twice"));
    }
    let start = out.len();
    for Param { key, value, .. } in &params {
        out.extend_from_slice(&key.to_be_bytes());
        out.extend_from_slice(&(value.len() as u16).to_be_bytes());
        out.extend_from_slice(value);
    }
    check(&out[start..]).map_err(|rule| first.starts(rule))
}

/// A service parameter, and the word that gives it.
struct Param<'a> {
    word: Token<'a>,
    key: u16,
    value: Vec<u8>,
}

/// Splits `key=value`, whose value may be a quoted word glued to the `=`.
fn read_param<'a>(word: Token<'a>, words: &mut Words<'_, 'a>) -> Result<Param<'a>, Broken> {
    let text = word
        .plain()
        .ok_or_else(|| word.broken("is quoted where key=value should be"))?;
    let equals = text.iter().position(|&byte| byte == b'=');
    let (name, mut value) = equals.map_or((text, &[][..]), |at| (&text[..at], &text[at + 1..]));
    if equals == Some(text.len() - 1)
        && let Some(quoted) = words.peek()?.filter(|next| next.quoted && next.glued)
    {
        words.optional()?;
        value = quoted.text;
    }
    let fault = |rule| word.broken(rule);
    let (key, by_name) =
        key_named(name).ok_or_else(|| fault("is not a service parameter that is known"))?;
    let mut octets = Vec::new();
    read_value(key, by_name, value, &mut octets).map_err(fault)?;
    Ok(Param {
        word,
        key,
        value: octets,
    })
}

/// The number of a key, and whether it was given by name rather than as `keyNNN`.
fn key_named(name: &[u8]) -> Option<(u16, bool)> {
    if let Some(key) = (0..)
        .zip(NAMES)
        .find_map(|(key, known)| (known.as_bytes() == name).then_some(key))
    {
        return Some((key, true));
    }
    let digits = name.strip_prefix(b"key")?;
    let canonical = digits.iter().all(u8::is_ascii_digit)
        && (digits.len() == 1 || digits.first() != Some(&b'0'));
    let key = std::str::from_utf8(digits).ok()?.parse().ok()?;
    canonical.then_some((key, false))
}

fn read_value(key: u16, by_name: bool, value: &[u8], out: &mut Vec<u8>) -> Result<(), Rule> {
    match key {
        // Given by number, the value is the octets themselves.
        _ if !by_name => unescape(value, out),
        MANDATORY => read_mandatory(value, out),
        ALPN => read_alpn(value, out),
        NO_DEFAULT_ALPN if value.is_empty() => Ok(()),
        NO_DEFAULT_ALPN => Err(VALUE),
        PORT => {
            let port = parse::<u16>(value)
                .filter(|_| value.iter().all(u8::is_ascii_digit))
                .ok_or(VALUE)?;
            out.extend_from_slice(&port.to_be_bytes());
            Ok(())
        }
        IPV4HINT => items(value).try_for_each(|item| {
            out.extend_from_slice(&parse::<Ipv4Addr>(item).ok_or(VALUE)?.octets());
            Ok(())
        }),
        IPV6HINT => items(value).try_for_each(|item| {
            out.extend_from_slice(&parse::<Ipv6Addr>(item).ok_or(VALUE)?.octets());
            Ok(())
        }),
        ECH => encoding::BASE64.read_text(value, out),
        DOHPATH => unescape(value, out),
        _ => unescape(value, out),
    }
}

fn items(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    value.split(|&byte| byte == b',')
}

fn parse<T: std::str::FromStr>(text: &[u8]) -> Option<T> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

fn read_mandatory(value: &[u8], out: &mut Vec<u8>) -> Result<(), Rule> {
    let keys = items(value).map(|item| key_named(item).map(|(key, _)| key).ok_or(VALUE));
    let mut keys = keys.collect::<Result<Vec<u16>, Rule>>()?;
    keys.sort_unstable();
    out.extend(keys.iter().flat_map(|key| key.to_be_bytes()));
    Ok(())
}

/// A list of protocol names: escapes are resolved once for the value, once for the list.
fn read_alpn(value: &[u8], out: &mut Vec<u8>) -> Result<(), Rule> {
    let mut list = Vec::new();
    unescape(value, &mut list)?;
    let mut start = out.len();
    out.push(0);
    let mut rest = list.iter();
    while let Some(&byte) = rest.next() {
        match byte {
            b',' => {
                close(start, out)?;
                start = out.len();
                out.push(0);
            }
            b'\\' => out.push(*rest.next().ok_or(VALUE)?),
            _ => out.push(byte),
        }
    }
    close(start, out)
}

fn close(start: usize, out: &mut [u8]) -> Result<(), Rule> {
    match u8::try_from(out.len() - start - 1) {
        Ok(len @ 1..) => {
            out[start] = len;
            Ok(())
        }
        _ => Err("has a protocol name that is empty or longer than 255 octets"),
    }
}
