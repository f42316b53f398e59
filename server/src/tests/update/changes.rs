//! What changes (RFC 2136 §2.5, §3.4).

use super::*;
use dadns_zone::{NameText, TypeName, presentation};

/// A step as text: `+` adds, `=` replaces, `-` removes.
fn told(step: &Step) -> String {
    let key = |key: &dadns_zone::RrsetKey| {
        let name = NameText(key.owner()).to_string();
        let name = name.trim_end_matches("a.example.").trim_end_matches('.');
        format!("{name} {}", TypeName(key.rtype()))
    };
    match step {
        Step::Add(set, ttl, data) => {
            format!("+{} {ttl} {}", key(set), presentation(set.rtype(), data))
        }
        Step::Replace(set, ttl, data) => {
            format!("={} {ttl} {}", key(set), presentation(set.rtype(), data))
        }
        Step::Remove(set, data) => format!("-{} {}", key(set), presentation(set.rtype(), data)),
        Step::RemoveSet(set) => format!("-{}", key(set)),
    }
}

async fn steps(zone: Zone, changes: &[&str]) -> Vec<String> {
    let (answered, plan) = made(zone, &[], changes).await;
    assert_eq!(answered, 0, "{changes:?}");
    plan.unwrap().steps.iter().map(told).collect()
}

#[tokio::test]
async fn changes_are_made_in_order_and_what_makes_no_difference_is_passed_over() {
    let nothing: &[&str] = &[];
    for (changes, expected) in [
        (&["IN 60 new A 192.0.2.7"][..], &["+new A 60 192.0.2.7"][..]),
        // The TTL is that of the whole RRset.
        (&["IN 60 www A 192.0.2.3"], &["+www A 60 192.0.2.3"]),
        (&["IN 60 www A 192.0.2.1"], &["+www A 60 192.0.2.1"]),
        (&["IN 300 WWW A 192.0.2.1"], nothing),
        (&["IN 4294967295 n A 192.0.2.7"], &["+n A 0 192.0.2.7"]),
        (
            &["IN 60 new A 192.0.2.7", "IN 60 new A 192.0.2.7"],
            &["+new A 60 192.0.2.7"],
        ),
        // RRsets.
        (&["ANY 0 www A"], &["-www A"]),
        (&["ANY 0 www AAAA"], nothing),
        (&["ANY 0 www A", "ANY 0 www A"], &["-www A"]),
        (
            &["ANY 0 www TXT", "IN 60 www TXT \"new\""],
            &["-www TXT", "+www TXT 60 \"new\""],
        ),
        // Names.
        (&["ANY 0 www ANY"], &["-www A", "-www TXT"]),
        (&["ANY 0 gone ANY"], nothing),
        (&["ANY 0 ent ANY"], nothing),
        (
            &["ANY 0 www ANY", "IN 60 www CNAME other"],
            &["-www A", "-www TXT", "+www CNAME 60 other.a.example."],
        ),
        // Records.
        (&["NONE 0 www A 192.0.2.1"], &["-www A 192.0.2.1"]),
        (&["NONE 0 www A 192.0.2.9"], nothing),
        (
            &["NONE 0 www A 192.0.2.1", "NONE 0 www A 192.0.2.1"],
            &["-www A 192.0.2.1"],
        ),
        (
            &[
                "NONE 0 www A 192.0.2.1",
                "NONE 0 www A 192.0.2.2",
                "NONE 0 www TXT \"hello\"",
                "IN 60 www CNAME other",
            ],
            &[
                "-www A 192.0.2.1",
                "-www A 192.0.2.2",
                "-www TXT \"hello\"",
                "+www CNAME 60 other.a.example.",
            ],
        ),
        // An alias stands alone: what clashes is passed over.
        (&["IN 60 www CNAME other"], nothing),
        (&["IN 60 alias A 192.0.2.7"], nothing),
        (
            &["IN 60 alias CNAME www"],
            &["=alias CNAME 60 www.a.example."],
        ),
        (&["IN 3600 alias CNAME www"], nothing),
        (
            &["IN 60 alias CNAME other"],
            &["=alias CNAME 60 other.a.example."],
        ),
        (
            &["ANY 0 alias CNAME", "IN 60 alias A 192.0.2.7"],
            &["-alias CNAME", "+alias A 60 192.0.2.7"],
        ),
        (
            &[
                "IN 60 n CNAME one",
                "IN 60 n CNAME two",
                "IN 60 n TXT \"x\"",
            ],
            &["+n CNAME 60 one.a.example.", "=n CNAME 60 two.a.example."],
        ),
        (&["IN 60 @ CNAME www"], nothing),
        // The zone keeps its SOA and a name server.
        (&["ANY 0 @ SOA"], nothing),
        (&["ANY 0 @ NS"], nothing),
        (&["NONE 0 @ NS ns.example.net."], nothing),
        (
            &[
                "IN 3600 @ NS ns2.example.net.",
                "NONE 0 @ NS ns.example.net.",
            ],
            &["+ NS 3600 ns2.example.net.", "- NS ns.example.net."],
        ),
        (&["ANY 0 @ ANY"], nothing),
        (
            &["IN 60 @ MX 1 mail.example.", "ANY 0 @ ANY"],
            &["+ MX 60 1 mail.example.", "- MX"],
        ),
        (
            &["NONE 0 @ SOA ns.example.net. host.example.net. 7 7200 3600 1209600 300"],
            nothing,
        ),
        (
            &["IN 60 www NS ns", "ANY 0 www NS"],
            &["+www NS 60 ns.a.example.", "-www NS"],
        ),
        // A SOA counts if it is ahead.
        (&["IN 60 @ SOA m h 7 2 3 4 5"], nothing),
        (&["IN 60 @ SOA m h 6 2 3 4 5"], nothing),
        (&["IN 60 www SOA m h 9 2 3 4 5"], nothing),
        (
            &["IN 60 @ SOA m h 9 2 3 4 5", "IN 60 @ SOA m h 8 2 3 4 5"],
            &["= SOA 60 m.a.example. h.a.example. 9 2 3 4 5"],
        ),
    ] {
        let found = steps(the_zone(), changes).await;
        assert_eq!(found, expected, "{changes:?}");
    }
}

#[tokio::test]
async fn all_changes_are_looked_at_before_any_is_made() {
    for (line, code) in [
        ("CH 60 www A 192.0.2.1", FORMERR),
        ("CH 0 www A", FORMERR),
        ("ANY 60 www A", FORMERR),
        ("NONE 60 www A 192.0.2.1", FORMERR),
        ("ANY 0 www A 192.0.2.1", FORMERR),
        ("NONE 0 www ANY", FORMERR),
        ("NONE 0 www A", FORMERR),
        ("IN 0 www ANY", FORMERR),
        ("IN 60 www AXFR", FORMERR),
        ("ANY 0 www AXFR", FORMERR),
        ("IN 60 www A", FORMERR),
        ("IN 60 www A raw three", FORMERR),
        ("NONE 0 www A raw three", FORMERR),
        ("IN 60 www NSEC www A", REFUSED),
        ("NONE 0 www NSEC www A", REFUSED),
        (
            "IN 60 www NSEC3 1 0 1 ab 00000000000000000000000000000000 A",
            REFUSED,
        ),
        (
            "IN 60 www RRSIG A 8 3 60 20300101000000 20200101000000 1 a.example. AAAA",
            REFUSED,
        ),
    ] {
        let (answered, plan) = made(the_zone(), &[], &["IN 60 new A 192.0.2.7", line]).await;
        assert_eq!((answered, plan), (code, None), "{line}");
    }
}

#[tokio::test]
async fn a_signed_zone_is_not_changed_but_its_prerequisites_are_answered() {
    let records = "www A 192.0.2.1\n\
                   www RRSIG A 8 3 3600 20300101000000 20200101000000 1 a.example. AAAA\n";
    let signed = || zone(ZONE, 7, records);
    let (answered, _) = made(signed(), &[], &["IN 60 new A 192.0.2.7"]).await;
    assert_eq!(answered, REFUSED);
    let (answered, _) = made(signed(), &["ANY 0 gone ANY"], &["IN 60 n A 192.0.2.7"]).await;
    assert_eq!(answered, NXDOMAIN);
    let (answered, _) = made(signed(), &["ANY 0 www ANY"], &[]).await;
    assert_eq!(answered, 0);
}

#[tokio::test]
async fn what_a_key_has_to_be_allowed_is_all_that_it_asks_for() {
    let changes = [
        "IN 300 www A 192.0.2.1",
        "ANY 0 gone A",
        "NONE 0 alias CNAME other",
        "ANY 0 www ANY",
        "ANY 0 @ ANY",
    ];
    let (_, plan) = made(the_zone(), &[], &changes).await;
    let asked: Vec<_> = plan
        .unwrap()
        .asked
        .iter()
        .map(|(key, ttl)| {
            let (name, rtype) = (NameText(key.owner()), TypeName(key.rtype()));
            format!("{name} {rtype} {ttl:?}")
        })
        .collect();
    assert_eq!(
        asked,
        [
            "www.a.example. A Some(300)",
            "gone.a.example. A None",
            "alias.a.example. CNAME None",
            "www.a.example. A None",
            "www.a.example. TXT None",
        ]
    );
}

#[tokio::test]
async fn names_in_the_data_may_be_compressed() {
    // `new` in the zone: its end points to the name of the zone, behind the header.
    let owner = b"\x03new\xc0\x0c";
    let mut request = message(&[], &[]);
    request[9] = 3;
    let add = |rtype: u8, data: &[u8]| {
        let fixed = [0, rtype, 0, 1, 0, 0, 0, 60, 0, data.len() as u8];
        [&owner[..], &fixed, data].concat()
    };
    request.extend(add(15, b"\0\x0a\x04MAIL\xc0\x0c"));
    request.extend(add(33, b"\0\x01\0\x02\0\x03\xc0\x0c"));
    request.extend(add(35, b"\0\x01\0\x02\x01U\x00\x00\xc0\x0c"));
    let (server, plans) = judging(the_zone());
    let answer = server.updated(&signed(request), CLIENT).await;
    assert_eq!(answer[3] & 0xf, 0);
    let plan = plans.lock().unwrap().pop().unwrap();
    let told: Vec<_> = plan.steps.iter().map(told).collect();
    assert_eq!(
        told,
        [
            "+new MX 60 10 mail.a.example.",
            "+new SRV 60 1 2 3 a.example.",
            "+new NAPTR 60 1 2 \"U\" \"\" \"\" a.example.",
        ]
    );
}
