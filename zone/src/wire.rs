//! Walks wire RDATA field by field: checks it, and lower-cases the names that canonical form wants so.

use std::cmp::Ordering;

use bytes::Bytes;

use crate::DomainName;
use crate::layout::{Field, Layout};
use crate::rule::Rule;
use crate::{apl, bitmap, svcb};

/// Where and how RDATA breaks a rule: offset in octets, rule.
pub(crate) type Fault = (usize, Rule);

/// Checks `wire` against `layout`. Returns the canonical form where that differs from `wire`.
pub(crate) fn canonical(layout: &Layout, wire: &[u8]) -> Result<Option<Vec<u8>>, Fault> {
    let mut at = 0;
    let mut lowered: Option<Vec<u8>> = None;
    for field in layout.fields {
        let len = field_len(*field, &wire[at..], wire).map_err(|rule| (at, rule))?;
        let octets = &wire[at..at + len];
        if *field == Field::Name && octets.iter().any(u8::is_ascii_uppercase) {
            lowered.get_or_insert_with(|| wire.to_vec())[at..at + len].make_ascii_lowercase();
        }
        at += len;
    }
    if at < wire.len() {
        return Err((at, "octets left over"));
    }
    (layout.check)(wire).map_err(|rule| (0, rule))?;
    Ok(lowered)
}

/// Octets that `field` takes at the start of `rest`. `whole` is the RDATA from its start, for fields
/// whose shape an earlier one decides.
pub(crate) fn field_len(field: Field, rest: &[u8], whole: &[u8]) -> Result<usize, Rule> {
    let exactly = |len: usize| {
        if rest.len() < len {
            Err("ends too early")
        } else {
            Ok(len)
        }
    };
    let at_least = |len: usize| {
        if rest.len() < len {
            Err("ends too early")
        } else {
            Ok(rest.len())
        }
    };
    match field {
        Field::Name | Field::NameAsIs | Field::Target => name_len(rest),
        Field::U8 | Field::Mnemonic8(_) => exactly(1),
        Field::U16 | Field::Mnemonic16(_) | Field::Type => exactly(2),
        Field::U32 | Field::Period | Field::Time | Field::Ipv4 => exactly(4),
        Field::Ipv6 => exactly(16),
        Field::Eui48 => exactly(6),
        Field::Eui64 | Field::Locator64 => exactly(8),
        Field::CharString => char_string_len(rest),
        Field::Tag => tag_len(rest),
        Field::OptionalCharString if rest.is_empty() => Ok(0),
        Field::OptionalCharString => char_string_len(rest),
        Field::CharStrings => char_strings_len(rest),
        Field::Text
        | Field::QuotedText
        | Field::OptionalHex
        | Field::OptionalBase64
        | Field::DashOrBase64 => at_least(0),
        Field::Hex | Field::Base64 | Field::Nsap => at_least(1),
        Field::Salt => char_string_len(rest),
        Field::NextHash => match char_string_len(rest)? {
            1 => Err("the next hash is empty"),
            len => Ok(len),
        },
        Field::Bitmap => bitmap::check(rest).map(|()| rest.len()),
        Field::SvcParams => svcb::check(rest).map(|()| rest.len()),
        Field::Apl => apl::check(rest).map(|()| rest.len()),
        Field::Loc => crate::loc::wire_len(rest),
        Field::Gateway(gateway) => crate::gateway::wire_len(gateway, rest, whole),
        Field::Hip => crate::hip::wire_len(rest),
    }
}

/// Octets of the uncompressed name at the start of `wire`, with its root label.
pub(crate) fn name_len(wire: &[u8]) -> Result<usize, Rule> {
    let mut at = 0;
    loop {
        match wire.get(at) {
            None => return Err("the name ends too early"),
            Some(0) if at < 255 => return Ok(at + 1),
            Some(0) => return Err("the name is longer than 255 octets"),
            Some(&len) if len > 63 => {
                return Err("the name is compressed or has an unknown label type");
            }
            Some(&len) => at += usize::from(len) + 1,
        }
        if at > 254 {
            return Err("the name is longer than 255 octets");
        }
    }
}

fn char_string_len(wire: &[u8]) -> Result<usize, Rule> {
    match wire.split_first() {
        Some((&len, rest)) if rest.len() >= usize::from(len) => Ok(usize::from(len) + 1),
        _ => Err("a character-string ends too early"),
    }
}

fn tag_len(wire: &[u8]) -> Result<usize, Rule> {
    let len = char_string_len(wire)?;
    if len > 1 && wire[1..len].iter().all(u8::is_ascii_alphanumeric) {
        Ok(len)
    } else {
        Err("the tag is not made of letters and digits")
    }
}

fn char_strings_len(wire: &[u8]) -> Result<usize, Rule> {
    let mut at = 0;
    while at < wire.len() || at == 0 {
        at += char_string_len(&wire[at..])?;
    }
    Ok(at)
}

/// A name from octets that are known to be a complete, uncompressed one. Octets that are not become
/// the root.
pub(crate) fn name_from_checked(wire: Bytes) -> DomainName {
    DomainName::from_octets(wire).unwrap_or_else(|_| DomainName::root_bytes())
}

/// `name` in lower case; shares its octets where it is so already.
pub(crate) fn lower_cased(name: &DomainName) -> DomainName {
    if name.as_slice().iter().any(u8::is_ascii_uppercase) {
        name_from_checked(name.as_slice().to_ascii_lowercase().into())
    } else {
        name.clone()
    }
}

/// Whether the lower-case name `name` is `suffix` or below it.
pub(crate) fn ends_with(name: &[u8], suffix: &[u8]) -> bool {
    let Some(start) = name.len().checked_sub(suffix.len()) else {
        return false;
    };
    if name[start..] != *suffix {
        return false;
    }
    // The same octets could be in the middle of a label.
    let mut at = 0;
    while at < start {
        at += usize::from(name[at]) + 1;
    }
    at == start
}

/// Whether a name in wire form ends in the same labels twice, as a name does that lacks its final dot.
pub(crate) fn ends_twice(name: &[u8]) -> bool {
    let bare = &name[..name.len().saturating_sub(1)];
    let mut at = 0;
    while at < bare.len() {
        let rest = &bare[at..];
        let (left, right) = rest.split_at(rest.len() / 2);
        if left == right && ends_with(rest, right) {
            return true;
        }
        at += usize::from(bare[at]) + 1;
    }
    false
}

/// The canonical order of lower-case names: by label from the right, shorter first (RFC 4034 §6.1).
pub(crate) fn canonical_cmp(left: &DomainName, right: &DomainName) -> Ordering {
    canonical_cmp_labels(left.as_slice(), right.as_slice())
}

/// As [`canonical_cmp`], for names or for what is left of them without a common end.
pub(crate) fn canonical_cmp_labels(left: &[u8], right: &[u8]) -> Ordering {
    if left == right {
        return Ordering::Equal;
    }
    let ours = Labels::new(left);
    let theirs = Labels::new(right);
    ours.rightmost_first().cmp(theirs.rightmost_first())
}

/// Where the labels of a name start, so that they can be walked from the right.
struct Labels<'a> {
    name: &'a [u8],
    starts: [u8; 128],
    count: usize,
}

impl<'a> Labels<'a> {
    fn new(name: &'a [u8]) -> Self {
        let mut starts = [0; 128];
        let (mut count, mut at) = (0, 0);
        while at < name.len() && count < starts.len() {
            // A name has at most 255 octets, of which 128 start a label.
            starts[count] = at as u8;
            count += 1;
            at += usize::from(name[at]) + 1;
        }
        Self {
            name,
            starts,
            count,
        }
    }

    fn rightmost_first(&self) -> impl Iterator<Item = &'a [u8]> + '_ {
        self.starts[..self.count].iter().rev().map(|&start| {
            let start = usize::from(start) + 1;
            &self.name[start..start + usize::from(self.name[start - 1])]
        })
    }
}
