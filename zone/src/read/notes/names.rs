//! Owners that are served as nobody asks for them.

use super::super::reader::Record;
use super::NoteKind;
use super::puny;
use crate::wire::ends_with;
use crate::{DomainName, Rtype};

/// What there is to say of an owner, which has these records, in the zone `apex`.
pub(super) fn of_owner(
    apex: &[u8],
    owner: &[u8],
    records: &[Record],
    mut note: impl FnMut(&Record, NoteKind),
) {
    let Some(first) = records.iter().min_by_key(|record| record.place) else {
        return;
    };
    if has_odd_octets(owner) {
        let a_label = a_label(owner);
        return note(first, NoteKind::OwnerNotAscii { a_label });
    }
    if is_twice(owner, apex) {
        note(first, NoteKind::OwnerTwice);
    }
    if labels(owner).skip(1).any(|label| label == b"*") {
        note(first, NoteKind::InnerWildcard);
    }
    let wants_host = |rtype| matches!(rtype, Rtype::A | Rtype::AAAA | Rtype::MX);
    let of_host = records.iter().filter(|record| wants_host(record.rtype));
    if let Some(record) = of_host.min_by_key(|record| record.place)
        && !is_host(owner.strip_prefix(b"\x01*").unwrap_or(owner))
        && !is_address_of_a_service(owner)
    {
        note(record, NoteKind::OwnerNotHost);
    }
}

/// The labels of a name in wire form, without the root.
pub(super) fn labels(mut name: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let (&len, rest) = name.split_first().filter(|(len, _)| **len > 0)?;
        let (label, rest) = rest.split_at_checked(usize::from(len))?;
        name = rest;
        Some(label)
    })
}

/// Whether a name has octets that nobody types on purpose.
pub(super) fn has_odd_octets(name: &[u8]) -> bool {
    name.iter().any(|byte| *byte > b'~')
}

/// The first label that is not ASCII, as it should be written.
pub(super) fn a_label(name: &[u8]) -> Option<String> {
    labels(name)
        .find(|label| has_odd_octets(label))
        .and_then(puny::a_label)
}

/// Whether a name in the zone ends in the zone's name twice.
pub(super) fn is_twice(name: &[u8], apex: &[u8]) -> bool {
    let Some(relative) = name.strip_suffix(apex) else {
        return false;
    };
    let bare = &apex[..apex.len() - 1];
    relative.len() >= bare.len() && ends_with(relative, bare) && ends_with(name, apex)
}

/// Whether a name may be that of a host (RFC 1123 §2.1), as BIND's check-names has it.
pub(super) fn is_host(name: &[u8]) -> bool {
    labels(name).all(|label| {
        let inside = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'-';
        label.iter().all(inside) && !label.starts_with(b"-") && !label.ends_with(b"-")
    })
}

/// Owners of addresses that BIND lets pass, though they are not hosts: those of Active Directory and of
/// SPF macros (RFC 7208 §5.7).
fn is_address_of_a_service(owner: &[u8]) -> bool {
    const OF_SPF: [&[u8]; 3] = [b"_spf", b"_spf_verify", b"_spf_rate"];
    let gc = owner.strip_prefix(b"\x02gc\x06_msdcs");
    gc.is_some_and(is_host) || labels(owner).any(|label| OF_SPF.contains(&label))
}

/// Whether a name is an address in the zone `apex`, or alone.
pub(super) fn is_address(name: &[u8], apex: &[u8]) -> bool {
    let relative = name.strip_suffix(apex).unwrap_or(name);
    let octet = |label: &[u8]| {
        let digits = std::str::from_utf8(label)
            .ok()
            .filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
        digits.is_some_and(|digits| digits.parse::<u8>().is_ok())
    };
    labels(relative).count() == 4 && labels(relative).all(octet)
}

/// The wire form as a name.
pub(super) fn name(wire: &[u8]) -> DomainName {
    crate::wire::name_from_checked(wire.to_vec().into())
}
