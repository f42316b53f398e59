use super::super::{Denied, Login, Principal};
use super::*;

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

fn grant(zones: &[&str], actions: &[&str]) -> Grant {
    Grant {
        zones: texts(zones),
        actions: texts(actions),
        ..Grant::default()
    }
}

fn token(grant: &Grant) -> Principal {
    let scope = Scope::read(grant).unwrap();
    Principal::Token(Login {
        name: "t".into(),
        address: [192, 0, 2, 1].into(),
        rights: scope.rights(),
        scope: Some(scope.into()),
    })
}

fn zone(text: &str) -> ZoneName {
    ZoneName::parse(text).unwrap()
}

fn key(owner: &str, rtype: Rtype) -> RrsetKey {
    RrsetKey::new(&zone(owner).to_domain_name(), rtype)
}

fn said(result: Result<(), Denied>) -> String {
    result.map_or_else(|denied| denied.to_string(), |()| "yes".to_owned())
}

#[test]
fn a_token_may_do_what_its_actions_say_in_its_zones() {
    let token = token(&grant(&["example.com", "*.example.org"], &["read", "edit"]));
    for (right, name, expected) in [
        (Right::Read, "example.com", "yes"),
        (Right::Edit, "a.b.example.org", "yes"),
        (
            Right::Read,
            "example.org",
            "this token may not read zones or status: zone example.org is not among its zones \
             (example.com, *.example.org)",
        ),
        (
            Right::Delete,
            "example.com",
            "this token may not delete zones: it lacks the action \"delete\"",
        ),
        (
            Right::Push,
            "example.com",
            "this token may not push zones: it lacks the action \"push\"",
        ),
    ] {
        assert_eq!(said(token.may(right, &zone(name))), expected);
    }
    assert!(token.sees(&zone("example.com")));
    assert!(!token.sees(&zone("other.example")));
}

#[test]
fn no_actions_let_a_token_push_and_operate_gives_both_rights_of_operators() {
    let all = ["read", "edit", "create", "delete", "operate"];
    let token = token(&grant(&["*"], &all));
    for right in Right::ALL {
        let may = token.may_everywhere(right).is_ok();
        assert_eq!(may, right != Right::Push, "{right:?}");
        assert!(token.may_unlimited(right).is_err(), "{right:?}");
    }
}

#[test]
fn the_preset_for_acme_edits_challenges_and_nothing_else() {
    let token = token(&Grant::acme(texts(&["example.com"])));
    let zone = zone("example.com");
    for (owner, rtype, expected) in [
        ("_acme-challenge.example.com", Rtype::TXT, "yes"),
        ("_acme-challenge.a.b.example.com", Rtype::TXT, "yes"),
        (
            "_acme-challenge.example.com",
            Rtype::CNAME,
            "this token may not edit records: type CNAME is not among its types (TXT)",
        ),
        (
            "www.example.com",
            Rtype::TXT,
            "this token may not edit records: owner name www.example.com. is not among its names \
             (_acme-challenge, _acme-challenge.*)",
        ),
    ] {
        let result = token.may_edit(&zone, &key(owner, rtype), Some(60));
        assert_eq!(said(result), expected);
    }
    let other = ZoneName::parse("example.net").unwrap();
    let challenge = key("_acme-challenge.example.net", Rtype::TXT);
    assert!(token.may_edit(&other, &challenge, None).is_err());
}

#[test]
fn a_ttl_above_the_limit_is_refused() {
    let limited = token(&Grant {
        ttl_max: Some(300),
        ..grant(&["*"], &["edit"])
    });
    let (zone, key) = (zone("example.com"), key("www.example.com", Rtype::A));
    for (ttl, expected) in [
        (None, true),
        (Some(0), true),
        (Some(300), true),
        (Some(301), false),
    ] {
        assert_eq!(
            limited.may_edit(&zone, &key, ttl).is_ok(),
            expected,
            "{ttl:?}"
        );
    }
    let refused = said(limited.may_edit(&zone, &key, Some(301)));
    assert!(
        refused.ends_with("a TTL of 301 is above its limit of 300"),
        "{refused}"
    );
}

#[test]
fn what_concerns_whole_zones_needs_all_names_and_types() {
    let actions = ["read", "edit", "create", "delete", "operate"];
    for limited in [
        Grant {
            names: texts(&["www"]),
            ..grant(&["*"], &actions)
        },
        Grant {
            types: texts(&["A"]),
            ..grant(&["*"], &actions)
        },
    ] {
        let token = token(&limited);
        for (right, expected) in [
            (Right::Read, true),
            (Right::Edit, true),
            (Right::Create, false),
            (Right::Delete, false),
            (Right::Operate, false),
            (Right::Decide, false),
        ] {
            assert_eq!(
                token.may(right, &zone("a.example")).is_ok(),
                expected,
                "{right:?}"
            );
            assert_eq!(token.may_everywhere(right).is_ok(), expected, "{right:?}");
        }
    }
}

#[test]
fn the_gateway_as_a_whole_needs_all_zones() {
    let some = token(&grant(&["*.example"], &["read"]));
    assert_eq!(
        said(some.may_everywhere(Right::Read)),
        "this token may not read zones or status: that takes all zones, and it has some (*.example)"
    );
    let all = token(&grant(&["a.example", "*"], &["read"]));
    assert_eq!(all.may_everywhere(Right::Read), Ok(()));
}

#[test]
fn a_scope_holds_from_its_networks_until_it_expires() {
    let expires: Timestamp = "2026-11-28T12:00:00Z".parse().unwrap();
    let scope = Scope::read(&Grant {
        from: texts(&["192.0.2.0/24", "2001:db8::1"]),
        expires: Some(expires),
        ..grant(&["*"], &["read"])
    })
    .unwrap();
    let before = expires - jiff::SignedDuration::from_secs(1);
    for (address, now, expected) in [
        ("192.0.2.7", before, true),
        ("::ffff:192.0.2.7", before, true),
        ("2001:db8::1", before, true),
        ("2001:db8::2", before, false),
        ("198.51.100.1", before, false),
        ("192.0.2.7", expires, false),
    ] {
        let admitted = scope.admits(address.parse().unwrap(), now);
        assert_eq!(admitted.is_ok(), expected, "{address} {now}");
    }
}

#[test]
fn all_that_is_wrong_with_a_grant_is_said_at_once() {
    let errors = Scope::read(&Grant {
        zones: texts(&["a..b"]),
        names: texts(&["a b"]),
        types: texts(&["NOTYPE", "ANY", "AXFR", "OPT"]),
        actions: texts(&["push"]),
        from: texts(&["here"]),
        ..Grant::default()
    })
    .unwrap_err();
    let parts: Vec<_> = errors.0.iter().map(|error| error.part).collect();
    assert_eq!(
        parts,
        [
            "zones", "names", "types", "types", "types", "types", "from", "actions"
        ]
    );
    let empty = Scope::read(&Grant::default()).unwrap_err().to_string();
    assert!(
        empty.contains("zones: ") && empty.contains("actions: "),
        "{empty}"
    );
}

#[test]
fn types_are_read_in_any_case_and_by_number() {
    let scope = Scope::read(&Grant {
        types: texts(&["txt", "TYPE65280"]),
        ..grant(&["*"], &["edit"])
    });
    assert_eq!(scope.unwrap().types, [Rtype::TXT, Rtype::from_int(65280)]);
}
