//! HIP records (RFC 8005 §5): lengths first, so that the record is one field.

use std::fmt;

use crate::encoding;
use crate::rule::Rule;
use crate::text::{number, read_name};
use crate::tokens::Broken;
use crate::words::Words;
use crate::{present, wire};

/// The parts of the RDATA.
struct Parts<'a> {
    algorithm: u8,
    /// Host identity tag.
    tag: &'a [u8],
    key: &'a [u8],
    /// Names of rendezvous servers, one after the other.
    servers: &'a [u8],
}

fn parts(wire: &[u8]) -> Option<Parts<'_>> {
    let [tag_len, algorithm, high, low, rest @ ..] = wire else {
        return None;
    };
    let (tag, rest) = rest.split_at_checked(usize::from(*tag_len))?;
    let (key, servers) = rest.split_at_checked(usize::from(u16::from_be_bytes([*high, *low])))?;
    Some(Parts {
        algorithm: *algorithm,
        tag,
        key,
        servers,
    })
}

pub(crate) fn wire_len(wire: &[u8]) -> Result<usize, Rule> {
    let Parts {
        tag,
        key,
        mut servers,
        ..
    } = parts(wire).ok_or("the host identity ends too early")?;
    if tag.is_empty() || key.is_empty() {
        return Err("the host identity is empty");
    }
    while !servers.is_empty() {
        servers = &servers[wire::name_len(servers)?..];
    }
    Ok(wire.len())
}

/// Writes checked RDATA.
pub(crate) fn write(wire: &[u8], f: &mut impl fmt::Write) -> fmt::Result {
    let Some(Parts {
        algorithm,
        tag,
        key,
        mut servers,
    }) = parts(wire)
    else {
        return Ok(());
    };
    write!(f, "{algorithm} ")?;
    encoding::write_hex(tag, f)?;
    f.write_char(' ')?;
    encoding::write_base64(key, f)?;
    while let Ok(len) = wire::name_len(servers) {
        f.write_char(' ')?;
        present::write_name(&servers[..len], f)?;
        servers = &servers[len..];
    }
    Ok(())
}

pub(crate) fn read(words: &mut Words<'_, '_>, out: &mut Vec<u8>) -> Result<(), Broken> {
    let algorithm = number(&words.word("an algorithm")?, 255)? as u8;
    let start = out.len();
    out.extend([0, algorithm, 0, 0]);
    let tag = words.word("a host identity tag in hexadecimal")?;
    encoding::HEX.read_word(&tag, out)?;
    let tag_len =
        u8::try_from(out.len() - start - 4).map_err(|_| tag.broken("is longer than 255 octets"))?;
    let key = words.word("a public key in Base 64")?;
    let key_start = out.len();
    encoding::BASE64.read_word(&key, out)?;
    let key_len = u16::try_from(out.len() - key_start)
        .map_err(|_| key.broken("is longer than 65535 octets"))?;
    out[start] = tag_len;
    out[start + 2..start + 4].copy_from_slice(&key_len.to_be_bytes());
    while let Some(server) = words.optional()? {
        read_name(&server, words.origin(), false, out)?;
        // A short word can stand for a long name, so this does not wait for the end of the record.
        if out.len() - start > usize::from(u16::MAX) {
            return Err(server.starts("the data is longer than 65535 octets"));
        }
    }
    Ok(())
}
