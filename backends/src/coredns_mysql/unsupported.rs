//! What the readers of the database cannot serve of a zone.
//!
//! Seen on real servers, CoreDNS 1.15.0 with each of the plugins. `mysql_extend` looks up the rows of one
//! owner and type, so all that needs a look at other rows is beyond it. Ours serves what CoreDNS's own
//! zone lookup does.

use dadns_zone::{DomainName, NameText, Rrset, Rtype, TypeName, Zone};

use super::settings::Plugin;
use crate::Unsupported;

/// Goes through `zone` for what `plugin` does not serve.
pub(super) fn unsupported(zone: &Zone, plugin: Plugin) -> Vec<Unsupported> {
    let apex = zone.name().to_domain_name();
    let unserved = zone.rrsets().iter().filter_map(|set| {
        let reason = match plugin {
            Plugin::MysqlExtend => mysql_extend(set, zone, &apex),
            Plugin::Dadns => dadns(set),
        }?;
        Some(Unsupported {
            record: format!("{} {}", NameText(set.owner()), TypeName(set.rtype())),
            reason: format!("readers ({plugin}) {reason}"),
            fatal: false,
        })
    });
    unserved.collect()
}

fn dadns(set: &Rrset) -> Option<&'static str> {
    // In the last field of these miekg/dns takes a backslash for an escape when it writes a message.
    let unescaped = match set.rtype() {
        Rtype::CAA => 1,
        Rtype::URI => 4,
        _ => usize::MAX,
    };
    let escapes = |rdata: &dadns_zone::Rdata| {
        let text = rdata.as_bytes().get(unescaped..);
        text.is_some_and(|text| text.contains(&b'\\'))
    };
    if set.rdata().iter().any(escapes) {
        return Some("answer it without its backslashes");
    }
    match set.covered().unwrap_or(set.rtype()) {
        Rtype::NSEC3 | Rtype::NSEC3PARAM => {
            Some("cannot load it: what does not exist is answered without NSEC3 records")
        }
        _ => None,
    }
}

fn mysql_extend(set: &Rrset, zone: &Zone, apex: &DomainName) -> Option<&'static str> {
    let owner = set.owner();
    match set.rtype() {
        Rtype::RRSIG => return Some("send no signatures with answers"),
        Rtype::NSEC | Rtype::NSEC3 | Rtype::NSEC3PARAM => {
            return Some("send no records that deny what does not exist");
        }
        Rtype::DNAME => return Some("answer SERVFAIL for the names below it"),
        Rtype::NS if owner != apex => {
            return Some("answer it only when asked for it, and SERVFAIL for the names below it");
        }
        _ => {}
    }
    if owner.first().as_slice() == b"*" {
        return Some(match owner.parent().as_ref() == Some(apex) {
            true => "answer it also for names that exist with other types",
            false => "do not find it: SERVFAIL",
        });
    }
    let leaves = |target: &DomainName| zone.at(target).is_empty();
    if set.rtype() == Rtype::CNAME && set.rdata().iter().filter_map(target).any(|to| leaves(&to)) {
        return Some("answer SERVFAIL, since it leads to a name that the zone does not have");
    }
    None
}

/// The name that the data of a CNAME is.
fn target(rdata: &dadns_zone::Rdata) -> Option<DomainName> {
    DomainName::from_octets(rdata.as_bytes().to_vec().into()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::zone;

    const ZONE: &str = "www A 192.0.2.1\nin CNAME www\nout CNAME www.example.net.\n\
         none CNAME nowhere\n* A 192.0.2.2\n*.deep A 192.0.2.3\nchild NS ns.child\n\
         ns.child A 192.0.2.4\ndn DNAME other.example.\n@ NSEC3PARAM 1 0 0 -\n";

    fn told(plugin: Plugin) -> Vec<String> {
        let found = unsupported(&zone("a.example", 1, ZONE), plugin);
        assert!(found.iter().all(|found| !found.fatal));
        let mut told: Vec<_> = found.into_iter().map(|found| found.record).collect();
        told.sort_unstable();
        told
    }

    #[test]
    fn each_record_that_mysql_extend_does_not_serve_is_told() {
        let expected = [
            "*.a.example. A",
            "*.deep.a.example. A",
            "a.example. NSEC3PARAM",
            "child.a.example. NS",
            "dn.a.example. DNAME",
            "none.a.example. CNAME",
            "out.a.example. CNAME",
        ];
        assert_eq!(told(Plugin::MysqlExtend), expected);
    }

    #[test]
    fn our_plugin_serves_all_but_nsec3_and_backslashes() {
        assert_eq!(told(Plugin::Dadns), ["a.example. NSEC3PARAM"]);
        let text = "a CAA 92 issue \"a\"\nb CAA 0 issue \"a\\\\b\"\nc URI 1 92 \"x\"\nd URI 1 1 \"\\\\\"\n";
        let found = unsupported(&zone("a.example", 1, text), Plugin::Dadns);
        let records: Vec<_> = found.iter().map(|found| found.record.as_str()).collect();
        assert_eq!(records, ["b.a.example. CAA", "d.a.example. URI"]);
    }
}
