//! Zones as values: built, compared, packed, told apart.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use dadns_zone::{
    Diff, Digest, DomainName, Limits, Peeked, Rdata, ReadErrors, Rrset, RrsetError, Rtype,
    UnpackError, Zone, ZoneError, ZoneName, owner_name, presentation, read,
};

fn zone(lines: &str) -> Zone {
    try_zone(lines).unwrap()
}

fn try_zone(lines: &str) -> Result<Zone, ReadErrors> {
    let text = format!("$TTL 60\n@ SOA ns.x. h.x. 1 2 3 4 5\n@ NS ns.x.\n{lines}");
    let name = ZoneName::parse("z.example").unwrap();
    read(&name, text.as_bytes(), &Limits::default()).map(|reading| reading.zone)
}

fn name(text: &str) -> DomainName {
    ZoneName::parse(text).unwrap().to_domain_name()
}

#[test]
fn order_case_and_formatting_do_not_matter() {
    let left = zone("a A 192.0.2.1\nA 60 IN A 192.0.2.2\nb MX 10 Mail.X.\n");
    let right = zone("b.Z.EXAMPLE. 1M MX ( 10\n mail.x. )\na A 192.0.2.2\na A 192.0.2.1\n");
    assert_eq!(left, right);
    assert_eq!(left.digest(), right.digest());
    assert!(Diff::between(&left, &right).is_empty());
    assert_eq!(zone("$ORIGIN SUB\nA MX 1 b\n"), zone("a.sub MX 1 b.sub\n"));
}

#[test]
fn every_part_of_a_record_is_in_the_digest() {
    let base = zone("a A 192.0.2.1\n");
    for other in [
        "",
        "b A 192.0.2.1\n",
        "a A 192.0.2.2\n",
        "a 61 A 192.0.2.1\n",
        "a TXT \"\\192\\000\\002\\001\"\n",
    ] {
        assert_ne!(zone(other).digest(), base.digest(), "{other}");
        assert_ne!(
            zone(other).content_digest(),
            base.content_digest(),
            "{other}"
        );
    }
}

#[test]
fn only_the_serial_is_left_out_of_the_content() {
    let base = zone("a A 192.0.2.1\n");
    let renumbered = base.with_serial(77);
    assert_eq!((base.serial(), renumbered.serial()), (1, 77));
    assert_ne!(renumbered.digest(), base.digest());
    assert_eq!(renumbered.content_digest(), base.content_digest());
    assert_eq!(
        Diff::between(&renumbered, &base.with_serial(77)).to_string(),
        ""
    );
    assert_ne!(base.content_digest(), base.with_serial(0).digest());
}

#[test]
fn a_digest_stays_what_it_was() {
    let text = "ab1bfc8d910ff6306c6fc35a373c09ae7c1741c153478aef89907d0b77f83451";
    let digest = zone("a A 192.0.2.1\n").digest();
    assert_eq!(
        digest.to_string(),
        text,
        "stored digests would no longer match"
    );
    assert_eq!(text.parse(), Ok(digest));
    assert_eq!(Digest::from_bytes(*digest.as_bytes()), digest);
    assert!("ab".parse::<Digest>().is_err());
}

#[test]
fn a_diff_shows_what_went_came_and_changed() {
    let old = zone("a A 192.0.2.1\na A 192.0.2.2\nb TXT \"gone\"\nc 60 A 192.0.2.3\n");
    let new = zone("a A 192.0.2.2\na A 192.0.2.9\nc 90 A 192.0.2.3\nd AAAA ::1\n").with_serial(2);
    assert_eq!(
        Diff::between(&old, &new).to_string(),
        "- z.example. 60 SOA ns.x. h.x. 1 2 3 4 5
+ z.example. 60 SOA ns.x. h.x. 2 2 3 4 5
- a.z.example. 60 A 192.0.2.1
+ a.z.example. 60 A 192.0.2.9
- b.z.example. 60 TXT \"gone\"
- c.z.example. 60 A 192.0.2.3
+ c.z.example. 90 A 192.0.2.3
+ d.z.example. 60 AAAA ::1
"
    );
}

#[test]
fn damaged_packs_are_refused_and_never_panic() {
    let zone = zone("a A 192.0.2.1\na TXT \"x\"\nb.a MX 10 a\n* CNAME a\n");
    let packed = zone.pack();
    assert_eq!(Zone::unpack(zone.name().clone(), &packed), Ok(zone.clone()));
    for len in 0..packed.len() {
        assert!(
            Zone::unpack(zone.name().clone(), &packed[..len]).is_err(),
            "cut at {len}"
        );
    }
    for at in 0..packed.len() {
        for flip in [1, 0x80, 0xff] {
            let mut damaged = packed.clone();
            damaged[at] ^= flip;
            if let Ok(other) = Zone::unpack(zone.name().clone(), &damaged) {
                assert_ne!(other, zone, "octet {at} is in the pack for nothing");
            }
        }
    }
    assert_eq!(
        Zone::unpack(zone.name().clone(), &[2]),
        Err(UnpackError::Version(2))
    );
    let promises_too_much = [1, 0xff, 0xff, 0xff, 0xff, 0x0f];
    assert_eq!(
        Zone::unpack(zone.name().clone(), &promises_too_much),
        Err(UnpackError::Length)
    );
}

#[test]
fn one_name_of_a_pack_is_what_the_whole_zone_has_there() {
    let signed = "b.a RRSIG A 13 3 300 20400101000000 20200101000000 1 a.example. AAAA\n";
    for (more, is_signed) in [("", false), (signed, true)] {
        let text =
            format!("a A 192.0.2.1\na TXT \"x\"\nb.a MX 10 a\n* CNAME a\nxa A 192.0.2.2\n{more}");
        let zone = zone(&text);
        let packed = zone.pack();
        let other: ZoneName = "other.example".parse().unwrap();
        let owners = zone.rrsets().iter().map(|set| set.owner().clone());
        let absent =
            ["c.a", "a.a", "A", "B.a"].map(|owner| owner_name(zone.name(), owner).unwrap());
        for owner in owners.chain(absent).chain([other.to_domain_name()]) {
            let peeked = Peeked::at(zone.name(), &packed, &owner).unwrap();
            assert_eq!(peeked.sets, zone.at(&owner), "{owner}");
            assert_eq!(peeked.is_signed, is_signed);
        }
        let apex = zone.name().to_domain_name();
        for len in 0..packed.len() {
            assert!(Peeked::at(zone.name(), &packed[..len], &apex).is_err());
        }
        for at in 0..packed.len() {
            for flip in [1, 0x80, 0xff] {
                let mut damaged = packed.clone();
                damaged[at] ^= flip;
                // Whatever comes of it, it is no panic.
                let _ = Peeked::at(zone.name(), &damaged, &apex);
            }
        }
    }
}

#[test]
fn sets_are_in_canonical_order() {
    let text = "a.example TXT x\nyljkjljk.a TXT x\nZ.a TXT x\nzABC.a TXT x\nz TXT x\n\\001.z TXT x\n*.z TXT x\n\\200.z TXT x\n";
    let owners: Vec<String> = zone(text)
        .rrsets()
        .iter()
        .skip(2)
        .map(|set| set.owner().to_string())
        .collect();
    let relative: Vec<&str> = owners
        .iter()
        .map(|owner| owner.trim_end_matches("z.example").trim_end_matches('.'))
        .collect();
    assert_eq!(
        relative,
        [
            "yljkjljk.a",
            "z.a",
            "zabc.a",
            "a.example",
            "z",
            "\\001.z",
            "*.z",
            "\\200.z"
        ]
    );
    let soa_first = zone("@ A 192.0.2.1\n");
    let types: Vec<Rtype> = soa_first.rrsets().iter().map(Rrset::rtype).collect();
    assert_eq!(types, [Rtype::SOA, Rtype::A, Rtype::NS]);
}

#[test]
fn records_are_found_in_any_case() {
    let zone = zone(
        "www A 192.0.2.1\nwww RRSIG A 8 3 60 20300101000000 20200101000000 1 @ AAAA\nwww RRSIG NSEC 8 3 60 20300101000000 20200101000000 1 @ AAAA\n",
    );
    let www = DomainName::bytes_from_str("WwW.z.Example.").unwrap();
    assert_eq!(
        presentation(Rtype::A, &zone.get(&www, Rtype::A).unwrap().rdata()[0]),
        "192.0.2.1"
    );
    assert_eq!(
        zone.signatures(&www, Rtype::NSEC).unwrap().covered(),
        Some(Rtype::NSEC)
    );
    assert_eq!(zone.at(&www).len(), 3);
    assert!(zone.is_signed());
    assert!(zone.get(&name("x.z.example"), Rtype::A).is_none());
}

#[test]
fn names_in_data_are_lower_cased_where_canonical_form_says_so() {
    let lowered = |rtype, wire: &[u8]| Rdata::from_wire(rtype, wire).unwrap().as_bytes().to_vec();
    assert_eq!(
        lowered(Rtype::MX, b"\x00\x0a\x01M\x00"),
        b"\x00\x0a\x01m\x00"
    );
    assert_eq!(
        lowered(Rtype::HTTPS, b"\x00\x01\x01M\x00"),
        b"\x00\x01\x01M\x00"
    );
    assert_eq!(
        lowered(Rtype::NSEC, b"\x01M\x00\x00\x01\x40"),
        b"\x01M\x00\x00\x01\x40"
    );
    assert_eq!(lowered(Rtype::from_int(65400), b"\x01M\x00"), b"\x01M\x00");
}

#[test]
fn wire_data_that_its_type_does_not_allow_is_refused() {
    for (rtype, wire) in [
        (Rtype::A, &b"\x01\x02\x03"[..]),
        (Rtype::A, b"\x01\x02\x03\x04\x05"),
        (Rtype::NS, b"\xc0\x0c"),
        (Rtype::NS, b"\x03ab"),
        (Rtype::TXT, b""),
        (Rtype::TXT, b"\x02a"),
        (Rtype::CAA, b"\x00\x01-x"),
        (Rtype::NSEC, b"\x00"),
        (Rtype::NSEC, b"\x00\x00\x01\x00"),
        (Rtype::HTTPS, b"\x00\x01\x00\x00\x03\x00\x01\x05"),
        (Rtype::LOC, b"\x01"),
        (Rtype::OPT, b""),
        (Rtype::ANY, b""),
    ] {
        let error = Rdata::from_wire(rtype, wire).expect_err(&format!("{rtype} {wire:?}"));
        assert_eq!(error.rtype, rtype);
    }
}

#[test]
fn a_set_needs_data_of_its_type_and_a_ttl_that_is_one() {
    let owner = name("z.example");
    let txt = Rdata::from_wire(Rtype::TXT, b"\x01x").unwrap();
    assert_eq!(
        Rrset::new(&owner, Rtype::TXT, 60, []),
        Err(RrsetError::Empty)
    );
    assert_eq!(
        Rrset::new(&owner, Rtype::TXT, 1 << 31, [txt.clone()]),
        Err(RrsetError::Ttl(1 << 31))
    );
    assert!(matches!(
        Rrset::new(&owner, Rtype::A, 60, [txt]),
        Err(RrsetError::Rdata(_))
    ));
    let signature = |covered: &[u8]| {
        let rest = b"\x08\x02\x00\x00\x00\x3c\x00\x00\x00\x01\x00\x00\x00\x01\x00\x01\x00x";
        Rdata::from_wire(Rtype::RRSIG, &[covered, rest].concat()).unwrap()
    };
    let mixed = [signature(b"\x00\x01"), signature(b"\x00\x02")];
    assert_eq!(
        Rrset::new(&owner, Rtype::RRSIG, 60, mixed),
        Err(RrsetError::Covered)
    );
}

#[test]
fn a_zone_does_not_take_one_set_twice_or_from_outside() {
    let base = zone("a A 192.0.2.1\n");
    let twice = base.rrsets().iter().chain(base.rrsets().last()).cloned();
    assert_eq!(
        Zone::new(base.name().clone(), twice),
        Err(ZoneError::Twice(name("a.z.example"), Rtype::A))
    );
    let other = ZoneName::parse("other.example").unwrap();
    assert!(matches!(
        Zone::new(other, base.rrsets().to_vec()),
        Err(ZoneError::Outside(_))
    ));
    let suffix_only = ZoneName::parse("example").unwrap();
    assert_eq!(
        Zone::new(suffix_only, base.rrsets().to_vec()),
        Err(ZoneError::SoaBelowApex(name("z.example")))
    );
}

#[test]
fn how_many_records_and_types_a_name_has_is_no_rule_of_a_zone() {
    let many = |line: fn(usize) -> String| zone(&(0..1_000).map(line).collect::<String>());
    assert_eq!(
        many(|index| format!("a TXT {index}\n")).record_count(),
        1_002
    );
    assert_eq!(
        many(|index| format!("a TYPE{} \\# 0\n", 64_000 + index))
            .rrsets()
            .len(),
        1_002
    );
}

#[test]
fn a_set_that_fits_no_answer_is_refused() {
    let addresses = |count: usize| -> String {
        (0..count)
            .map(|index| format!("a A 10.0.{}.{}\n", index / 256, index % 256))
            .collect()
    };
    // Header and question take 29 octets, each record 16.
    assert_eq!(zone(&addresses(4_094)).record_count(), 4_096);
    let error = try_zone(&addresses(4_095)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "line 4098, column 3: a.z.example. has 4095 records of type A, which do not fit into one answer \
         (65535 octets): no name server can serve them"
    );
    // Of names that servers compress, more fit.
    let servers: String = (0..4_200)
        .map(|index| format!("a NS ns{index}.x.\n"))
        .collect();
    assert!(try_zone(&servers).is_ok());
    let long = format!("a TYPE65400 \\# 65500 {}\n", "00".repeat(65_500));
    assert!(try_zone(&long).is_err());
}
