//! What a key may update: only what `allow_update` and its grant say.

use crate::support::dns::NameServer;
use crate::support::zone_text;
use crate::{gateway, gateway_with, needs, nsupdate, short};

const ZONE: &str = "a.example";

#[test]
fn a_key_that_may_transfer_may_not_update_and_neither_may_whoever_has_no_key() {
    needs!("nsupdate", "dig");
    let (mut gateway, dns) = gateway("hmac-sha256", "ddns");
    gateway.push(ZONE, &zone_text(ZONE, 7, "192.0.2.1"));
    gateway.until(ZONE, "served");
    let add = "update add new.a.example 60 A 192.0.2.7";
    let (well, printed) = nsupdate(dns, "hmac-sha256:other", add);
    assert!(!well && printed.contains("REFUSED"), "{printed}");
    gateway.logs(
        "an update of a.example. by 127.0.0.1 with the key other was refused: allow_update does not name it",
    );
    for (key, error) in [
        ("hmac-sha256:unknown", "BADKEY"),
        ("hmac-sha512:ddns", "BADKEY"),
    ] {
        let (well, printed) = nsupdate(dns, key, add);
        assert!(!well && printed.contains(error), "{key}: {printed}");
    }
    let commands = format!("server {} {}\n{add}\nsend\n", dns.ip(), dns.port());
    let (well, printed) = crate::client("nsupdate", &[], &commands);
    assert!(!well && printed.contains("REFUSED"), "{printed}");
    let wrong = ["-y", "hmac-sha256:ddns:d3Jvbmc="];
    let (well, printed) = crate::client("nsupdate", &wrong, &commands);
    assert!(!well && printed.contains("BADSIG"), "{printed}");
    assert_eq!(short(dns, "new.a.example", "A"), [""; 0]);
    assert_eq!(dns.serial(ZONE), Some(7));
}

#[test]
fn a_grant_limits_a_key_to_zones_names_types_and_ttls() {
    needs!("nsupdate", "dig");
    let grants = "updates:\n  grants:\n    - key: Certbot\n      zones: [a.example, \"*.b.example\"]\n      \
                  names: [_acme-challenge, _acme-challenge.*]\n      types: [TXT]\n      ttl_max: 300\n";
    let (mut gateway, dns) = gateway_with(grants, "hmac-sha256", "certbot");
    for zone in [ZONE, "b.example", "c.b.example"] {
        gateway.push(zone, &zone_text(zone, 7, "192.0.2.1"));
        gateway.until(zone, "served");
    }
    for (update, why) in [
        (
            "add www.a.example 60 TXT \"x\"",
            "owner name www.a.example. is not among its names (_acme-challenge, _acme-challenge.*)",
        ),
        ("delete www.a.example", "owner name www.a.example."),
        (
            "add _acme-challenge.a.example 60 SRV 0 0 1 www.a.example.",
            "type SRV is not among its types (TXT)",
        ),
        (
            "add _acme-challenge.a.example 301 TXT \"x\"",
            "a TTL of 301 is above its limit of 300",
        ),
        (
            "add _acme-challenge.b.example 60 TXT \"x\"",
            "zone b.example is not among its zones (a.example, *.b.example)",
        ),
    ] {
        let (well, printed) = nsupdate(dns, "hmac-sha256:certbot", &format!("update {update}"));
        assert!(!well && printed.contains("REFUSED"), "{update}: {printed}");
        gateway.logs(why);
    }
    gateway.logs("an update of zone a.example by key certbot from 127.0.0.1 was refused: this key may not edit records");
    // What is there in zones of others is none of its business, so that no prerequisite tells.
    let prerequisite =
        "prereq yxdomain nothing.b.example\nupdate add _acme-challenge.b.example 60 TXT x";
    let (well, printed) = nsupdate(dns, "hmac-sha256:certbot", prerequisite);
    assert!(!well && printed.contains("REFUSED"), "{printed}");
    for name in [
        "_acme-challenge.a.example",
        "_acme-challenge.www.a.example",
        "_acme-challenge.c.b.example",
    ] {
        let commands = format!("update delete {name} TXT\nupdate add {name} 300 TXT \"x\"");
        let (well, printed) = nsupdate(dns, "hmac-sha256:certbot", &commands);
        assert!(well, "{name}: {printed}");
        assert_eq!(short(dns, name, "TXT"), ["\"x\""]);
    }
    // All at a name: only what is there counts.
    let all = "update delete _acme-challenge.a.example";
    let (well, printed) = nsupdate(dns, "hmac-sha256:certbot", all);
    assert!(well, "{printed}");
    assert_eq!(short(dns, "_acme-challenge.a.example", "TXT"), [""; 0]);
}
