//! What the built-in server cannot serve of a zone.

use dadns_dns::MAX_NAME;
use dadns_zone::{NameText, Rrset, Rtype, TypeName, Unsupported, Zone, ZoneName};

use crate::image::MAX_ITERATIONS;
use crate::transfer::MAX_TCP;

/// Octets that a message needs besides the records of one set: header, question, OPT, TSIG.
const OVERHEAD: usize = 12 + MAX_NAME + 4 + 11 + 700;
/// Octets that a record takes at least besides its data, its owner being a pointer.
const RECORD: usize = 12;

/// Goes through `zone` for what cannot be answered as it stands.
pub(crate) fn unsupported(zone: &Zone, catalog: Option<&ZoneName>) -> Vec<Unsupported> {
    let mut found = Vec::new();
    if catalog == Some(zone.name()) {
        found.push(Unsupported {
            record: format!("{}. SOA", zone.name()),
            reason: "the catalog zone has this name (catalog_zone)".to_owned(),
            fatal: true,
        });
    }
    for set in zone.rrsets() {
        if size(set) > MAX_TCP {
            found.push(of_set(
                set,
                "the RRset does not fit into one DNS message: never answered",
            ));
        }
        if set.rtype() == Rtype::NSEC3PARAM && iterations(set) > MAX_ITERATIONS {
            found.push(of_set(
                set,
                "more than 150 iterations (RFC 9276 §3.2): negative answers come without NSEC3 records",
            ));
        }
    }
    found
}

fn of_set(set: &Rrset, reason: &str) -> Unsupported {
    Unsupported {
        record: format!("{} {}", NameText(set.owner()), TypeName(set.rtype())),
        reason: reason.to_owned(),
        fatal: false,
    }
}

fn size(set: &Rrset) -> usize {
    let records = set
        .rdata()
        .iter()
        .map(|rdata| RECORD + rdata.as_bytes().len());
    OVERHEAD + records.sum::<usize>()
}

/// The most iterations that any of the parameters asks for (RFC 5155 §4.2).
fn iterations(set: &Rrset) -> u16 {
    let all = set.rdata().iter().map(|rdata| match rdata.as_bytes() {
        [_, _, high, low, ..] => u16::from_be_bytes([*high, *low]),
        _ => 0,
    });
    all.max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use dadns_zone::testing::zone;

    #[test]
    fn what_cannot_be_answered_is_told_with_its_record() {
        // They fit into an answer, but not with all that has to stand beside them.
        let strings = |count| format!("\"{}\" ", "x".repeat(250)).repeat(count);
        let many = format!("@ TXT {}\n@ TXT {}\n", strings(250), strings(8));
        let zone = zone("a.example", 1, &format!("{many}@ NSEC3PARAM 1 0 151 -\n"));
        let found: Vec<_> = unsupported(&zone, None)
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[0].starts_with("a.example. TXT: "), "{found:?}");
        assert!(found[1].starts_with("a.example. NSEC3PARAM: "), "{found:?}");
    }

    #[test]
    fn a_zone_called_like_the_catalog_is_refused() {
        let zone = zone("catalog.example", 1, "");
        assert!(unsupported(&zone, None).is_empty());
        assert!(unsupported(&zone, Some(zone.name()))[0].fatal);
    }
}
