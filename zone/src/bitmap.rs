//! Type bitmaps of NSEC, NSEC3 and CSYNC (RFC 4034 §4.1.2).

use std::fmt;

use crate::Rtype;
use crate::layout::Layout;
use crate::present::TypeName;
use crate::rule::Rule;
use crate::tokens::Broken;
use crate::words::Words;

/// Checks windows: rising, of 1 to 32 octets, the last not zero. Whether the set may be empty is the
/// type's business.
pub(crate) fn check(mut wire: &[u8]) -> Result<(), Rule> {
    let mut last = None;
    while let [window, len @ 1..=32, rest @ ..] = wire {
        let Some((bits, rest)) = rest.split_at_checked(usize::from(*len)) else {
            return Err("a type bitmap ends too early");
        };
        if last.is_some_and(|last| *window <= last) {
            return Err("the windows of a type bitmap are out of order");
        }
        if bits.last() == Some(&0) {
            return Err("a type bitmap has a trailing zero octet");
        }
        last = Some(*window);
        wire = rest;
    }
    if wire.is_empty() {
        Ok(())
    } else {
        Err("a type bitmap window has no valid length")
    }
}

/// The types of a checked bitmap, in order.
pub(crate) fn types(wire: &[u8]) -> impl Iterator<Item = Rtype> + '_ {
    let mut rest = wire;
    let windows = std::iter::from_fn(move || {
        let [window, len, tail @ ..] = rest else {
            return None;
        };
        let (bits, tail) = tail.split_at_checked(usize::from(*len))?;
        rest = tail;
        Some((u16::from(*window) << 8, bits))
    });
    windows.flat_map(|(base, bits)| {
        (0..).zip(bits).flat_map(move |(octet, bits): (u16, &u8)| {
            (0..8)
                .filter(move |bit| bits & (0x80 >> bit) != 0)
                .map(move |bit| Rtype::from_int(base + octet * 8 + bit))
        })
    })
}

pub(crate) fn write(wire: &[u8], f: &mut impl fmt::Write) -> fmt::Result {
    for (index, rtype) in types(wire).enumerate() {
        if index > 0 {
            f.write_char(' ')?;
        }
        write!(f, "{}", TypeName(rtype))?;
    }
    Ok(())
}

pub(crate) fn read(words: &mut Words<'_, '_>, out: &mut Vec<u8>) -> Result<(), Broken> {
    let mut types = Vec::new();
    while let Some(word) = words.optional()? {
        let rtype = word
            .plain()
            .and_then(Layout::rtype_named)
            .ok_or_else(|| word.broken("is not a record type"))?;
        types.push(rtype.to_int());
    }
    types.sort_unstable();
    for window in types.chunk_by(|left, right| left >> 8 == right >> 8) {
        let mut bits = [0_u8; 32];
        let mut len = 0;
        for rtype in window {
            let octet = usize::from(rtype & 0xff) / 8;
            bits[octet] |= 0x80 >> (rtype % 8);
            len = octet + 1;
        }
        out.extend([(window[0] >> 8) as u8, len as u8]);
        out.extend_from_slice(&bits[..len]);
    }
    Ok(())
}
