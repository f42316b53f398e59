//! nsupdate: what it adds and removes is served at once, survives a push, and its prerequisites hold.

use crate::support::dns::NameServer;
use crate::support::{eventually, zone_text};
use crate::{SECRET, gateway, needs, nsupdate, short};

const ZONE: &str = "a.example";
const KEY: &str = "hmac-sha256:ddns";

#[test]
fn what_is_updated_is_served_at_once_and_stays_when_the_master_pushes_again() {
    needs!("nsupdate", "dig");
    let (mut gateway, dns) = gateway("hmac-sha256", "ddns");
    gateway.push(ZONE, &zone_text(ZONE, 7, "192.0.2.1"));
    gateway.until(ZONE, "served");
    let before = dns.serial(ZONE).unwrap();
    let (well, printed) = nsupdate(
        dns,
        KEY,
        "update add _acme-challenge.a.example 60 TXT \"one two\"\n\
         update add www.A.example 60 A 192.0.2.9\nupdate delete ns2.a.example AAAA",
    );
    assert!(well, "{printed}");
    // No waiting: the answer came when it was served.
    assert_eq!(
        short(dns, "_acme-challenge.a.example", "TXT"),
        ["\"one two\""]
    );
    assert_eq!(short(dns, "www.a.example", "A"), ["192.0.2.1", "192.0.2.9"]);
    assert_eq!(dns.serial(ZONE), Some(before + 1));
    let key = format!("{KEY}:{SECRET}");
    let transferred = dns.dig(&["-y", &key, "+noall", "+answer", "AXFR", ZONE]);
    assert!(transferred.contains("\"one two\""), "{transferred}");
    gateway.logs(
        "zone a.example updated by key ddns from 127.0.0.1: added _acme-challenge.a.example. \
         TXT, another TTL for www.a.example. A, added www.a.example. A; revision 2, serial 8",
    );
    // The master knows nothing of it, and pushes another address.
    gateway.push(ZONE, &zone_text(ZONE, 20, "192.0.2.5"));
    eventually("the push is served", || {
        let found = short(dns, "www.a.example", "A");
        (found == ["192.0.2.5", "192.0.2.9"]).then_some(())
    });
    assert_eq!(
        short(dns, "_acme-challenge.a.example", "TXT"),
        ["\"one two\""]
    );
    let (well, printed) = nsupdate(
        dns,
        KEY,
        "update delete _acme-challenge.a.example TXT \"one two\"\nupdate delete www.a.example A 192.0.2.9",
    );
    assert!(well, "{printed}");
    assert_eq!(short(dns, "_acme-challenge.a.example", "TXT"), [""; 0]);
    assert_eq!(short(dns, "www.a.example", "A"), ["192.0.2.5"]);
}

#[test]
fn prerequisites_hold_and_an_update_is_made_whole_or_not_at_all() {
    needs!("nsupdate", "dig");
    let (gateway, dns) = gateway("hmac-sha256", "ddns");
    gateway.push(ZONE, &zone_text(ZONE, 7, "192.0.2.1"));
    gateway.until(ZONE, "served");
    for (prerequisite, code) in [
        ("prereq nxdomain www.a.example", "YXDOMAIN"),
        ("prereq yxdomain new.a.example", "NXDOMAIN"),
        ("prereq nxrrset www.a.example A", "YXRRSET"),
        ("prereq yxrrset www.a.example AAAA", "NXRRSET"),
        ("prereq yxrrset www.a.example A 192.0.2.2", "NXRRSET"),
        (
            "prereq yxrrset www.a.example A 192.0.2.1\nprereq yxdomain new.a.example",
            "NXDOMAIN",
        ),
    ] {
        let commands = format!("{prerequisite}\nupdate add new.a.example 60 A 192.0.2.7");
        let (well, printed) = nsupdate(dns, KEY, &commands);
        assert!(!well && printed.contains(code), "{prerequisite}: {printed}");
        assert_eq!(short(dns, "new.a.example", "A"), [""; 0]);
    }
    let (well, printed) = nsupdate(
        dns,
        KEY,
        "prereq yxrrset www.a.example A 192.0.2.1\nprereq nxdomain new.a.example\n\
         update add new.a.example 60 A 192.0.2.7",
    );
    assert!(well, "{printed}");
    assert_eq!(short(dns, "new.a.example", "A"), ["192.0.2.7"]);
    // What changes nothing makes no revision.
    let serial = dns.serial(ZONE);
    for nothing in [
        "update add new.a.example 60 A 192.0.2.7",
        "update delete gone.a.example A",
        "update add new.a.example 60 CNAME www.a.example.",
        "update delete a.example SOA",
        "update delete a.example NS",
    ] {
        let (well, printed) = nsupdate(dns, KEY, nothing);
        assert!(well, "{nothing}: {printed}");
        assert_eq!(dns.serial(ZONE), serial, "{nothing}");
    }
}

#[test]
fn a_large_update_comes_over_tcp_in_one_revision() {
    needs!("nsupdate", "dig");
    let (gateway, dns) = gateway("hmac-sha512", "ddns");
    gateway.push(ZONE, &zone_text(ZONE, 7, "192.0.2.1"));
    gateway.until(ZONE, "served");
    let adds: String = (0..1000)
        .map(|n| format!("update add h{n}.a.example 60 TXT \"some text of record {n}\"\n"))
        .collect();
    let (well, printed) = nsupdate(dns, "hmac-sha512:ddns", &adds);
    assert!(well, "{printed}");
    assert_eq!(dns.serial(ZONE), Some(8));
    for n in [0, 999] {
        let found = short(dns, &format!("h{n}.a.example"), "TXT");
        assert_eq!(found, [format!("\"some text of record {n}\"")]);
    }
}

#[test]
fn the_old_algorithms_work_where_a_key_asks_for_them_for_updates_and_transfers() {
    needs!("nsupdate", "dig");
    for algorithm in ["hmac-md5", "hmac-sha1", "hmac-sha224", "hmac-sha384"] {
        let (gateway, dns) = gateway(algorithm, "old.key");
        gateway.push(ZONE, &zone_text(ZONE, 7, "192.0.2.1"));
        gateway.until(ZONE, "served");
        let key = format!("{algorithm}:old.key");
        let (well, printed) = nsupdate(dns, &key, "update add new.a.example 60 A 192.0.2.7");
        assert!(well, "{algorithm}: {printed}");
        let key = format!("{key}:{SECRET}");
        let transferred = dns.dig(&["-y", &key, "AXFR", ZONE]);
        assert!(
            transferred.contains("new.a.example.") && !transferred.contains("NOTAUTH"),
            "{algorithm}: {transferred}"
        );
        assert!(!transferred.contains("BADSIG"), "{transferred}");
    }
}

#[test]
fn a_zone_that_is_not_here_or_is_signed_is_not_updated() {
    needs!("nsupdate", "dig");
    let (mut gateway, dns) = gateway("hmac-sha256", "ddns");
    gateway.push(ZONE, &zone_text(ZONE, 7, "192.0.2.1"));
    let signed = "signed.example";
    gateway.push(signed, &crate::support::sample("signed.example.zone"));
    gateway.until(ZONE, "served");
    gateway.until(signed, "served");
    let (well, printed) = nsupdate(
        dns,
        KEY,
        "zone b.example\nupdate add www.b.example 60 A 192.0.2.7",
    );
    assert!(!well && printed.contains("NOTAUTH"), "{printed}");
    let (well, printed) = nsupdate(
        dns,
        KEY,
        "zone a.example\nupdate add www.b.example 60 A 192.0.2.7",
    );
    assert!(!well && printed.contains("NOTZONE"), "{printed}");
    let (well, printed) = nsupdate(dns, KEY, "update add new.signed.example 60 A 192.0.2.7");
    assert!(!well && printed.contains("REFUSED"), "{printed}");
    gateway.logs(
        "an update of zone signed.example by key ddns from 127.0.0.1 was refused: it is signed",
    );
    let (_, printed) = nsupdate(
        dns,
        KEY,
        "prereq yxdomain nobody.signed.example\nupdate add new.signed.example 60 A 192.0.2.7",
    );
    assert!(printed.contains("NXDOMAIN"), "{printed}");
}
