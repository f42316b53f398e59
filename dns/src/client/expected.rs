//! Which RRsets of a zone a server can be asked for, and how it answers them.
//!
//! Left out are
//!
//! - what lies below a zone cut or below a DNAME, and at a cut all but NS and DS: it is occluded, servers
//!   answer with a referral or with the DNAME (RFC 1034 §4.2.1, RFC 6672 §2.4);
//! - DS at the apex: it is the parent's to answer (RFC 4035 §3.1.4.1);
//! - RRSIG as such: signatures go with the RRset that they cover, which is asked for with the DO bit. In
//!   a zone without a signed DNSKEY some servers send none, so they are not looked for;
//! - NSEC beside a CNAME, which CoreDNS follows instead;
//! - NSEC3 and its signatures: no name that can be asked for owns them (RFC 5155 §7.2.8);
//! - types 128 to 255, which servers take for questions of their own kind (RFC 6895 §3.1).

use std::collections::HashSet;

use dadns_zone::{DomainName, NameText, Rrset, Rtype, TypeName, Zone};

/// An RRset and the answer that it should have.
#[derive(Debug, Clone, Copy)]
pub(super) struct Expected<'z> {
    pub set: &'z Rrset,
    /// The signatures that go with it.
    pub signatures: Option<&'z Rrset>,
    /// Whether it is at a zone cut, so that it comes in the authority section, without authority.
    pub referral: bool,
}

impl Expected<'_> {
    /// `owner TYPE`.
    pub fn record(&self) -> String {
        record(self.set)
    }
}

fn record(set: &Rrset) -> String {
    format!("{} {}", NameText(set.owner()), TypeName(set.rtype()))
}

/// All that can be asked for of `zone`, without the records that are `unsupported`.
pub(super) fn of_zone<'z>(zone: &'z Zone, unsupported: &HashSet<&str>) -> Vec<Expected<'z>> {
    let apex = zone.name().to_domain_name();
    let signed = zone.signatures(&apex, Rtype::DNSKEY).is_some();
    let mut all = Vec::with_capacity(zone.rrsets().len());
    let mut occluder: Option<&DomainName> = None;
    let by_owner = zone
        .rrsets()
        .chunk_by(|one, next| one.owner().as_slice() == next.owner().as_slice());
    for sets in by_owner {
        let Some(owner) = sets.first().map(Rrset::owner) else {
            continue;
        };
        // In canonical order all that is below a name comes right after it.
        if occluder.is_some_and(|occluder| owner.ends_with(occluder)) {
            continue;
        }
        let is_apex = *owner == apex;
        let has = |rtype| sets.iter().any(|set| set.rtype() == rtype);
        let is_cut = !is_apex && has(Rtype::NS);
        occluder = (is_cut || has(Rtype::DNAME)).then_some(owner);
        for set in sets {
            let asked = match set.rtype() {
                Rtype::RRSIG | Rtype::NSEC3 => false,
                rtype if (128..=255).contains(&rtype.to_int()) => false,
                Rtype::NS => true,
                Rtype::DS => !is_apex,
                Rtype::NSEC => !is_cut && !has(Rtype::CNAME),
                _ => !is_cut,
            };
            let is_unsupported = || !unsupported.is_empty() && unsupported.contains(&*record(set));
            if !asked || is_unsupported() {
                continue;
            }
            let covers = |other: &&Rrset| other.covered() == Some(set.rtype());
            all.push(Expected {
                set,
                signatures: sets.iter().find(|other| signed && covers(other)),
                referral: is_cut && set.rtype() == Rtype::NS,
            });
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use dadns_zone::testing::zone;

    #[test]
    fn what_is_occluded_or_has_no_answer_of_its_own_is_left_out() {
        let zone = zone(
            "a.example",
            1,
            "cut NS ns.cut\ncut DS 1 13 2 00\ncut TXT a\nns.cut A 192.0.2.1\ncut-b A 192.0.2.1\n\
             dn DNAME other.example.\nx.dn A 192.0.2.1\nwww A 192.0.2.1\nwww RRSIG A 13 3 3600 \
             20380101000000 20200101000000 1 a.example. AAAA\nt TXT b\nal CNAME www\n\
             al NSEC www CNAME NSEC\n"
                .replace("DS 1 13 2 00", &format!("DS 1 13 2 {}", "0".repeat(64)))
                .as_str(),
        );
        let all = of_zone(&zone, &HashSet::from(["t.a.example. TXT"]));
        let records: Vec<_> = all.iter().map(Expected::record).collect();
        assert_eq!(
            records,
            [
                "a.example. SOA",
                "a.example. NS",
                "al.a.example. CNAME",
                "cut.a.example. NS",
                "cut.a.example. DS",
                "cut-b.a.example. A",
                "dn.a.example. DNAME",
                "www.a.example. A",
            ]
        );
        let referrals = all.iter().filter(|expected| expected.referral);
        assert_eq!(referrals.count(), 1);
        assert!(
            all.iter().all(|expected| expected.signatures.is_none()),
            "the zone is not signed"
        );
    }
}
