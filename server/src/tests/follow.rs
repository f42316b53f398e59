//! Into which zones an answer goes on.

use hickory_proto::op::{Message, ResponseCode};
use hickory_proto::rr::RecordType;

use super::answers::{ask, server_with, told};
use super::*;

/// Two customers, of whom the second has a zone that the first leads into, and one below the first's.
const ZONES: &[(&str, &str)] = &[
    (
        "a.example",
        "to CNAME www.b.example.\nmissing CNAME no.b.example.\nempty CNAME text.b.example.\n\
         moved DNAME b.example.\nnear CNAME www.sub.a.example.\nback CNAME up.b.example.\n\
         www A 192.0.2.1\nin CNAME www\nmoved2 DNAME c\nwww.c A 192.0.2.3\n\
         @ MX 10 mail.b.example.\n_s SRV 1 2 3 mail.b.example.\n@ MX 20 mail\nmail A 192.0.2.4\n\
         cut NS ns.b.example.\n_t SRV 1 2 3 glue.cut.b.example.\n",
    ),
    (
        "b.example",
        "www A 192.0.2.66\ntext TXT x\nmail A 192.0.2.67\nns A 192.0.2.68\nup CNAME www.a.example.\n\
         cut NS glue.cut\nglue.cut A 192.0.2.69\n",
    ),
    ("sub.a.example", "www A 192.0.2.70\n"),
];

fn asked(follow: Follow, name: &str, rtype: RecordType) -> Message {
    let settings = Settings {
        follow,
        ..settings()
    };
    ask(&server_with(settings, ZONES), name, rtype)
}

/// The code and how many records each section has, always of an authoritative answer.
#[track_caller]
fn counts(follow: Follow, name: &str, rtype: RecordType) -> (ResponseCode, [usize; 3]) {
    let (code, authoritative, sections) = told(&asked(follow, name, rtype));
    assert!(authoritative, "{name}");
    (code, sections.map(|section| section.len()))
}

#[test]
fn by_default_an_alias_into_another_zone_is_the_end_of_the_answer() {
    use ResponseCode::NoError;
    // A resolver asks for the rest itself: that a name of another zone is missing is not for us to say.
    for name in ["to", "missing", "empty", "near", "back"] {
        let name = format!("{name}.a.example.");
        let told = counts(Follow::OwnZone, &name, RecordType::A);
        assert_eq!(told, (NoError, [1, 0, 0]), "{name}");
    }
    // A DNAME and the CNAME that follows from it.
    for name in ["www", "no", "text"] {
        let name = format!("{name}.moved.a.example.");
        let told = counts(Follow::OwnZone, &name, RecordType::A);
        assert_eq!(told, (NoError, [2, 0, 0]), "{name}");
    }
    let default = counts(Follow::default(), "to.a.example.", RecordType::A);
    assert_eq!(default, (NoError, [1, 0, 0]));
}

#[test]
fn by_default_an_alias_within_the_zone_is_followed() {
    use ResponseCode::NoError;
    for (name, records) in [("in", 2), ("www.moved2", 3)] {
        let name = format!("{name}.a.example.");
        let told = counts(Follow::OwnZone, &name, RecordType::A);
        assert_eq!(told, (NoError, [records, 0, 0]), "{name}");
    }
}

#[test]
fn where_all_zones_are_followed_into_an_alias_ends_where_its_records_are() {
    use ResponseCode::{NXDomain, NoError};
    for (name, code, sections) in [
        ("to", NoError, [2, 0, 0]),
        ("missing", NXDomain, [1, 1, 0]),
        ("empty", NoError, [1, 1, 0]),
        ("near", NoError, [2, 0, 0]),
        ("back", NoError, [3, 0, 0]),
        ("www.moved", NoError, [3, 0, 0]),
        ("no.moved", NXDomain, [2, 1, 0]),
    ] {
        let name = format!("{name}.a.example.");
        let told = counts(Follow::All, &name, RecordType::A);
        assert_eq!(told, (code, sections), "{name}");
    }
}

#[test]
fn addresses_of_other_zones_are_added_only_where_all_are_followed_into() {
    let added = |follow, name: &str, rtype| {
        let (_, _, [_, _, additional]) = told(&asked(follow, name, rtype));
        additional
    };
    let own = "mail.a.example. 3600 IN A 192.0.2.4";
    let other = "mail.b.example. 3600 IN A 192.0.2.67";
    let of = |follow| {
        let (mx, srv) = ("a.example.", "_s.a.example.");
        let servers = added(follow, "www.cut.a.example.", RecordType::A);
        (
            added(follow, mx, RecordType::MX),
            added(follow, srv, RecordType::SRV),
            servers,
        )
    };
    let (mx, srv, servers) = of(Follow::OwnZone);
    assert_eq!(mx, [own]);
    assert!(srv.is_empty() && servers.is_empty(), "{srv:?} {servers:?}");
    let (mx, srv, servers) = of(Follow::All);
    assert_eq!(mx, [own, other]);
    assert_eq!(srv, [other]);
    assert_eq!(servers, ["ns.b.example. 3600 IN A 192.0.2.68"]);
    // Glue is the other zone's, and not an address that it answers with.
    assert!(added(Follow::All, "_t.a.example.", RecordType::SRV).is_empty());
}

#[test]
fn a_ds_behind_an_alias_is_the_parents_who_may_be_the_zone_of_the_question() {
    let zones = [
        (
            "a.example",
            "to CNAME sub\nsub NS ns.elsewhere.test.\n\
             sub DS 1 13 2 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\n",
        ),
        ("sub.a.example", ""),
    ];
    for follow in [Follow::OwnZone, Follow::All] {
        let settings = Settings {
            follow,
            ..settings()
        };
        let server = server_with(settings, &zones);
        let (_, _, [answer, _, _]) = told(&ask(&server, "to.a.example.", RecordType::DS));
        assert_eq!(answer.len(), 2, "{follow:?}");
    }
}
