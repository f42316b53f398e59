//! Names in data that lead nowhere.

use super::NoteKind;
use super::names::{has_odd_octets, in_ascii, is_address, is_host, is_twice, name};
use crate::Rtype;
use crate::checks::lookup::{Lookup, Target};
use crate::wire::{ends_with, name_len};

/// What there is to say of the names in the data of one record.
pub(super) fn of_record(
    zone: &Lookup<'_>,
    owner: &[u8],
    rtype: Rtype,
    data: &[u8],
    mut note: impl FnMut(NoteKind),
) {
    let apex = zone.apex().as_slice();
    if rtype == Rtype::SOA {
        return of_soa(apex, data, note);
    }
    let Some(target) = target(rtype, data) else {
        return;
    };
    match () {
        // The root says that there is none.
        () if target == [0] => {}
        () if has_odd_octets(target) => note(NoteKind::TargetNotAscii {
            target: name(target),
            hint: in_ascii(target),
        }),
        () if rtype == Rtype::CNAME && target == owner => note(NoteKind::Itself),
        () if is_address(target, apex) && missing_or_elsewhere(zone.target(target)) => {
            note(NoteKind::TargetAddress(name(target)));
        }
        () if rtype == Rtype::PTR && is_reverse(apex) && ends_with(target, apex) => {
            note(NoteKind::TargetReverse(name(target)));
        }
        // A wildcard would answer for it, and hide the mistake.
        () if is_twice(target, apex) && !zone.has(target) => {
            note(NoteKind::TargetTwice(name(target)));
        }
        () if wants_host(rtype, owner) && !is_host(target) => {
            note(NoteKind::TargetNotHost(name(target)));
        }
        () => {
            if let Some(kind) = by_lookup(zone, owner, rtype, target) {
                note(kind);
            }
        }
    }
}

fn missing_or_elsewhere(target: Target) -> bool {
    matches!(target, Target::Missing | Target::Elsewhere)
}

/// What the zone itself has for a target.
fn by_lookup(zone: &Lookup<'_>, owner: &[u8], rtype: Rtype, target: &[u8]) -> Option<NoteKind> {
    let apex = zone.apex().as_slice();
    if !ends_with(target, apex) {
        return None;
    }
    // Name servers of the zone itself are refused where they have no address.
    if matches!(rtype, Rtype::PTR | Rtype::DNAME) || (rtype == Rtype::NS && owner == apex) {
        return None;
    }
    let found = zone.target(target);
    match (rtype, found) {
        (Rtype::NS, Target::Elsewhere) => {
            (!zone.has_address(target)).then(|| NoteKind::GlueMissing(name(target)))
        }
        (Rtype::NS | Rtype::MX | Rtype::SRV, Target::Other | Target::Missing) => {
            Some(NoteKind::TargetWithoutAddress {
                target: name(target),
                exists: found == Target::Other,
            })
        }
        (Rtype::NS | Rtype::MX | Rtype::SRV, Target::Alias) => {
            Some(NoteKind::TargetAlias(name(target)))
        }
        (Rtype::NS | Rtype::MX | Rtype::SRV, Target::BelowDname) => {
            Some(NoteKind::TargetBelowDname(name(target)))
        }
        (Rtype::CNAME | Rtype::HTTPS | Rtype::SVCB, Target::Missing) => {
            Some(NoteKind::TargetMissing(name(target)))
        }
        _ => None,
    }
}

/// The name that a record points to.
fn target(rtype: Rtype, data: &[u8]) -> Option<&[u8]> {
    let at = match rtype {
        Rtype::NS | Rtype::CNAME | Rtype::DNAME | Rtype::PTR => 0,
        Rtype::MX | Rtype::HTTPS | Rtype::SVCB => 2,
        Rtype::SRV => 6,
        _ => return None,
    };
    let rest = data.get(at..)?;
    rest.get(..name_len(rest).ok()?)
}

/// Whether check-names wants the target to be a host.
fn wants_host(rtype: Rtype, owner: &[u8]) -> bool {
    match rtype {
        Rtype::NS | Rtype::MX | Rtype::SRV => true,
        Rtype::PTR => is_reverse(owner),
        _ => false,
    }
}

fn is_reverse(name: &[u8]) -> bool {
    ends_with(name, b"\x07in-addr\x04arpa\0") || ends_with(name, b"\x03ip6\x04arpa\0")
}

/// Name server and mail address of the SOA.
fn of_soa(apex: &[u8], data: &[u8], mut note: impl FnMut(NoteKind)) {
    let Ok(len) = name_len(data) else { return };
    let (server, rest) = data.split_at(len);
    let Ok(len) = name_len(rest) else { return };
    let mail = &rest[..len];
    for part in [server, mail] {
        if is_twice(part, apex) {
            note(NoteKind::TargetTwice(name(part)));
        }
    }
    let first = mail.get(1..=usize::from(mail[0])).unwrap_or_default();
    if first.contains(&b'@') {
        note(NoteKind::MailAt(name(mail)));
    }
    if !is_host(server) {
        note(NoteKind::TargetNotHost(name(server)));
    }
}
