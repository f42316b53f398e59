//! Owners that are served as nobody asks for them.

use super::super::odd;
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
    // The name of the zone itself is nothing that the text could change.
    let relative = &owner[..owner.len() - apex.len()];
    if relative.is_empty() {
        return;
    }
    let Some(first) = records.iter().min_by_key(|record| record.position) else {
        return;
    };
    if has_odd_octets(relative) {
        let hint = in_ascii(relative);
        return note(first, NoteKind::OwnerNotAscii { hint });
    }
    if is_twice(owner, apex) {
        note(first, NoteKind::OwnerTwice);
    }
    if labels(relative).skip(1).any(|label| label == b"*") {
        return note(first, NoteKind::InnerWildcard);
    }
    let wants_host = |rtype| matches!(rtype, Rtype::A | Rtype::AAAA | Rtype::MX);
    let of_host = records.iter().filter(|record| wants_host(record.rtype));
    if let Some(record) = of_host.min_by_key(|record| record.position)
        && !is_host(relative.strip_prefix(b"\x01*").unwrap_or(relative))
        && !is_address_of_a_service(relative)
        && !begins_as_a_comment(relative)
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

/// Whether a name has octets that nobody types on purpose. Names of services (RFC 6763 §4.1.1) may have.
pub(super) fn has_odd_octets(name: &[u8]) -> bool {
    let of_service = || labels(name).any(|label| matches!(label, b"_tcp" | b"_udp"));
    labels(name).any(is_odd) && !of_service()
}

fn is_odd(label: &[u8]) -> bool {
    label.iter().any(|byte| *byte > b'~' || *byte < b' ')
}

/// What to write instead of a name that is not ASCII.
pub(super) fn in_ascii(name: &[u8]) -> String {
    let Some(label) = labels(name).find(|label| is_odd(label)) else {
        return String::new();
    };
    match (puny::a_label(label), odd::rule(label)) {
        (_, Some(rule)) => format!("it {rule}"),
        (Some(a_label), None) => format!("write it {a_label}"),
        (None, None) if label.is_ascii() => "it has control characters".into(),
        (None, None) => "write its A-label (xn--…)".into(),
    }
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

/// Whether a name begins with what is a comment elsewhere, which has a note of its own.
fn begins_as_a_comment(owner: &[u8]) -> bool {
    labels(owner).next().is_some_and(|label| {
        label.starts_with(b"#") || label.starts_with(b"//") || label.starts_with(b"/*")
    })
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
