//! Which pushes are held.

use dadns_zone::{Limits, ZoneName, read};

use super::*;

const PLAIN: &str = "@ NS ns1\n@ NS ns2\n@ MX 10 mail\nns1 A 192.0.2.1\nns2 A 192.0.2.2\n\
                     mail A 192.0.2.3\nwww A 192.0.2.4\n";

fn zone(records: &str) -> Zone {
    let text = format!("$TTL 300\n@ SOA ns1 host 1 3600 600 86400 300\n{records}");
    let name = ZoneName::parse("a.example").unwrap();
    read(&name, text.as_bytes(), &Limits::default())
        .unwrap()
        .zone
}

fn signature(expiration: &str) -> String {
    format!("www RRSIG A 13 3 300 {expiration} 20200101000000 1 a.example. AAAA\n")
}

fn now() -> Timestamp {
    "2026-11-24T12:00:00Z".parse().unwrap()
}

/// Everything on, at 40 percent.
fn strict() -> Guard {
    Guard {
        removed_percent: 40,
        apex_ns: true,
        apex_mx: true,
        unsigned: true,
        expired_signatures: true,
        signed_serial: true,
    }
}

fn reasons(old: &str, new: &str) -> String {
    strict()
        .review(Some(&zone(old)), &zone(new), now())
        .join("; ")
}

#[test]
fn an_ordinary_change_passes() {
    assert_eq!(reasons(PLAIN, &PLAIN.replace("192.0.2.4", "192.0.2.9")), "");
    assert_eq!(reasons(PLAIN, &format!("{PLAIN}new A 192.0.2.7\n")), "");
}

#[test]
fn all_addresses_at_once_may_change() {
    assert_eq!(
        reasons(PLAIN, &PLAIN.replace("192.0.2.", "198.51.100.")),
        ""
    );
}

#[test]
fn a_push_that_empties_the_zone_is_held_with_the_count() {
    let said = reasons(PLAIN, "@ NS ns1\nns1 A 192.0.2.1\n");
    assert!(said.contains("removes 5 of 7 records"), "{said}");
    assert!(said.contains("removes the MX"), "{said}");
}

#[test]
fn the_share_that_may_go_is_the_one_that_is_set() {
    let mut guard = Guard {
        removed_percent: 30,
        ..strict()
    };
    let (old, new) = (
        zone(PLAIN),
        zone(
            &PLAIN
                .replace("www A 192.0.2.4\n", "")
                .replace("@ NS ns2\n", ""),
        ),
    );
    assert!(guard.review(Some(&old), &new, now()).is_empty());
    guard.removed_percent = 28;
    assert_eq!(guard.review(Some(&old), &new, now()).len(), 1);
}

#[test]
fn other_name_servers_altogether_are_held_and_one_more_is_not() {
    let other = PLAIN.replace(
        "@ NS ns1\n@ NS ns2",
        "@ NS ns8.example.net.\n@ NS ns9.example.net.",
    );
    assert!(reasons(PLAIN, &other).contains("none of the NS records"));
    assert_eq!(
        reasons(PLAIN, &PLAIN.replace("@ NS ns2", "@ NS ns3.example.net.")),
        ""
    );
}

#[test]
fn a_signed_zone_that_comes_unsigned_is_held() {
    let signed = format!("{PLAIN}{}", signature("20271231000000"));
    assert!(reasons(&signed, PLAIN).contains("the push is not"));
    assert_eq!(reasons(PLAIN, &signed), "");
}

#[test]
fn expired_signatures_are_held_also_of_a_new_zone() {
    let signed = format!("{PLAIN}{}", signature("20261124115959"));
    let said = Guard::default()
        .review(None, &zone(&signed), now())
        .join("; ");
    assert!(
        said.contains("1 of 1 signatures have expired, the first at 2026-11-24T11:59:59Z"),
        "{said}"
    );
    let valid = format!("{PLAIN}{}", signature("20261124120001"));
    assert!(
        Guard::default()
            .review(None, &zone(&valid), now())
            .is_empty()
    );
}

#[test]
fn by_default_nothing_else_is_held() {
    let emptied = zone("@ NS ns9.example.net.\n");
    assert!(
        Guard::default()
            .review(Some(&zone(PLAIN)), &emptied, now())
            .is_empty()
    );
    assert!(!Guard::default().compares());
}

#[test]
fn times_of_signatures_compare_across_their_wrap_around() {
    // 2106-02-07 is where seconds start again from 0.
    let signed = format!("{PLAIN}{}", signature("20260101000000"));
    let late: Timestamp = "2106-03-01T00:00:00Z".parse().unwrap();
    // Eighty years later 2026 lies ahead, by serial number arithmetic.
    assert!(
        Guard::default()
            .review(None, &zone(&signed), late)
            .is_empty()
    );
}
