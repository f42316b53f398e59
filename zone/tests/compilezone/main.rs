//! BIND judges both sides: what `named-compilezone` makes of a text must equal what it makes of the
//! canonical text that we print for it, and what it refuses we must refuse.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod differences;
mod generate;
mod oracle;

use std::fs;
use std::path::Path;

use dadns_zone::{Diff, Limits, Reading, ZoneName, presentation, read};
use domain::base::wire::ParseError;
use domain::rdata::ZoneRecordData;
use octseq::Parser;
use proptest::prelude::*;

use oracle::{compile, present_or_left_out};

/// What both sides say of a text, if they do not agree.
fn disagreement(name: &ZoneName, text: &[u8]) -> Option<String> {
    let bind = compile(name, text);
    let ours = read(name, text, &Limits::default());
    match (bind, ours) {
        (Err(_), Err(_)) => None,
        (Err(bind), Ok(_)) => Some(format!("BIND refuses and we accept: {bind}")),
        (Ok(_), Err(error)) => Some(format!("BIND accepts and we refuse: {error}")),
        (Ok(theirs), Ok(Reading { zone, .. })) => {
            let printed = zone.to_string();
            let again = match compile(name, printed.as_bytes()) {
                Ok(again) => again,
                Err(bind) => return Some(format!("BIND refuses what we print: {bind}\n{printed}")),
            };
            if normal(&theirs) != normal(&again) {
                return Some(format!(
                    "BIND reads what we print as other records:\n{theirs}\nand\n{again}"
                ));
            }
            // Case, which the comparison above leaves aside, survives through our own reader.
            let through = match read(name, theirs.as_bytes(), &Limits::default()) {
                Ok(reading) => reading.zone,
                Err(error) => {
                    return Some(format!("we refuse what BIND writes: {error}\n{theirs}"));
                }
            };
            let diff = Diff::between(&zone, &through);
            (!diff.is_empty()).then(|| format!("BIND writes other records than we read:\n{diff}"))
        }
    }
}

/// Lines in a fixed order and case: BIND keeps the case of names, and orders records by it.
fn normal(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = text
        .lines()
        .filter(|line| !line.starts_with(';'))
        .map(|line| {
            line.split_ascii_whitespace()
                .collect::<Vec<_>>()
                .join(" ")
                .to_ascii_lowercase()
        })
        .collect();
    lines.sort();
    lines
}

#[test]
fn bind_agrees_about_every_sample() {
    if !present_or_left_out("bind_agrees_about_every_sample") {
        return;
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/samples");
    let mut checked = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "zone") {
            continue;
        }
        let name = ZoneName::parse(path.file_stem().unwrap().to_str().unwrap()).unwrap();
        let text = fs::read(&path).unwrap();
        assert_eq!(disagreement(&name, &text), None, "{}", path.display());
        assert!(compile(&name, &text).is_ok(), "{}", path.display());
        checked += 1;
    }
    assert!(checked >= 9);
}

/// Records on top of SOA and NS, a `|` between lines.
const RULES: [&str; 48] = [
    "ns1 DNAME x.|@ NS a.ns1",
    "@ NS ns1|ns1 NS x.",
    "@ NS a|a DNAME x.|a NS y.",
    "@ NS b.a|a DNAME x.|a NS y.",
    "@ NS b.a|a NS y.",
    "@ NS b.a|*.a A 1.2.3.4",
    "@ NS b.a|*.a CNAME x.",
    "@ NS b.a|* A 1.2.3.4|c.a TXT x",
    "@ NS b|b TXT x",
    "@ NS b|c.b A 1.2.3.4",
    "@ NS b|b AAAA ::1",
    "@ NS b|b CNAME x.",
    "@ DNAME x.|@ NS b|b A 1.2.3.4",
    "@ DNAME x.|b NS c.",
    "@ NS z.z.example.|z A 1.2.3.4|z DNAME q.",
    "a NS *.b",
    "*.a DNAME x.",
    "*.a NS x.",
    "*.a NSEC3 1 0 0 - 00000000000000000000000000000000",
    "a DNAME x.|b.a A 1.2.3.4",
    "@ NS *.a|*.a A 1.2.3.4",
    "@ NS x.*.a|*.a A 1.2.3.4",
    "@ CDS 0 0 0 00",
    "@ CDS 1 8 9 00",
    "@ CDS 0 0 0 00|@ CDS 1 8 9 00|@ DNSKEY 256 3 8 AA==",
    "@ CDS 1 8 9 00|@ DNSKEY 256 3 8 AA==",
    "@ CDNSKEY 0 3 0 AA==",
    "@ CDNSKEY 256 3 8 AA==|@ DNSKEY 256 3 7 AA==",
    "@ NSEC3PARAM 2 0 0 -",
    "@ NSEC3PARAM 2 0 0 -|@ NSEC3PARAM 1 0 0 -",
    "a NSEC3PARAM 2 0 0 -",
    "@ DS 1 8 9 00",
    "a DLV 1 8 9 00",
    "@ RESINFO a|@ RESINFO b",
    "a NSEC b A|a NSEC c A",
    "a SOA a. b. 1 1 1 1 1",
    "@ SOA ns. h. 2 2 3 4 5",
    "a CNAME b|a KEY 49152 3 8",
    "a CNAME b|a NSEC b A",
    "a CNAME b|a NSEC3 1 0 0 - 00000000000000000000000000000000",
    "a CNAME b|a CNAME c",
    "a CNAME b|a CNAME b",
    "a CNAME b|b TXT x|a MX 1 x",
    "@ TYPE128 \\# 0",
    "@ TYPE41 \\# 0",
    "@ TYPE0 \\# 0",
    "@ NS @",
    "@ NS b.a|a TXT x|b.a NSEC3 1 0 0 - 00000000000000000000000000000000",
];

/// The TTLs that records of one set disagree about, after a head without SOA and NS.
const TTLS: [&str; 9] = [
    "a 300 A 192.0.2.1|b 1 A 192.0.2.1|a 100 A 192.0.2.2",
    "a 300 A 192.0.2.1|b 1 A 192.0.2.1|a 100 A 192.0.2.1",
    "a 300 A 192.0.2.1|a 100 A 192.0.2.2|A 50 A 192.0.2.3",
    "@ NS b|b 5 A 192.0.2.1|@ 7 NS c.|b 9 A 192.0.2.2",
    "a 300 A 192.0.2.1|a 100 TXT x|a A 192.0.2.2|a TXT y",
    "x.other. 5 A 192.0.2.1|a A 192.0.2.1",
    "a 4294967295 A 192.0.2.1|b A 192.0.2.1",
    "a 300 MX 1 B|c 5 A 192.0.2.1|a 200 MX 1 b",
    "sub NS ns1.sub|sub NS ns2.sub|ns1.sub 5 A 192.0.2.1|ns2.sub 6 A 192.0.2.1|sub 7 NS x.|ns1.sub 8 A 192.0.2.1",
];

#[test]
fn bind_agrees_about_the_rules_of_a_zone() {
    if !present_or_left_out("bind_agrees_about_the_rules_of_a_zone") {
        return;
    }
    for lines in RULES {
        let text = format!(
            "$TTL 60\n@ SOA ns. h. 1 2 3 4 5\n@ NS ns.\n{}\n",
            lines.replace('|', "\n")
        );
        assert_eq!(
            disagreement(&generate::name(), text.as_bytes()),
            None,
            "{lines}"
        );
    }
}

#[test]
fn bind_agrees_about_the_ttl_of_a_set() {
    if !present_or_left_out("bind_agrees_about_the_ttl_of_a_set") {
        return;
    }
    for lines in TTLS {
        for head in [
            "$TTL 60\n@ SOA ns. h. 1 2 3 4 5\n",
            "@ SOA ns. h. 1 2 3 4 5\n",
            "@ 40 SOA ns. h. 1 2 3 4 5\n",
        ] {
            let text = format!("{head}@ NS ns.\n{}\n", lines.replace('|', "\n"));
            assert!(
                compile(&generate::name(), text.as_bytes()).is_ok(),
                "{text}"
            );
            assert_eq!(
                disagreement(&generate::name(), text.as_bytes()),
                None,
                "{text}"
            );
        }
    }
}

#[test]
fn a_signed_zone_still_verifies_after_it_went_through() {
    if !present_or_left_out("a_signed_zone_still_verifies_after_it_went_through") {
        return;
    }
    for zone in ["signed.example", "nsec.example"] {
        let name = ZoneName::parse(zone).unwrap();
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/samples")
            .join(format!("{zone}.zone"));
        let reading = read(&name, &fs::read(path).unwrap(), &Limits::default()).unwrap();
        assert_eq!(oracle::verify(&name, &reading.zone.to_string()), Ok(()));
        let changed = reading.zone.with_serial(1).to_string();
        assert!(
            oracle::verify(&name, &changed).is_err(),
            "the check can fail"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: oracle::cases(64), max_shrink_iters: 400, ..ProptestConfig::default() })]

    #[test]
    fn bind_agrees_about_zones_of_every_type_and_form(text in generate::zone()) {
        if !present_or_left_out("bind_agrees_about_zones_of_every_type_and_form") {
            return Ok(());
        }
        let name = generate::name();
        if let Some(said) = disagreement(&name, text.as_bytes()) {
            prop_assert!(differences::is_on_purpose(text.as_bytes(), &said), "{said}\n--- text\n{text}");
        }
    }

    #[test]
    fn bind_agrees_about_damaged_zones(text in generate::damaged()) {
        if !present_or_left_out("bind_agrees_about_damaged_zones") {
            return Ok(());
        }
        let name = generate::name();
        if let Some(said) = disagreement(&name, &text) {
            let shown = String::from_utf8_lossy(&text);
            prop_assert!(differences::is_on_purpose(&text, &said), "{said}\n--- text\n{shown}");
        }
    }

    #[test]
    fn an_independent_decoder_takes_our_wire_data(text in generate::zone()) {
        let Ok(Reading { zone, .. }) = read(&generate::name(), text.as_bytes(), &Limits::default()) else {
            return Ok(());
        };
        for set in zone.record_sets() {
            for rdata in set.rdata() {
                let octets = rdata.as_bytes();
                let mut parser = Parser::from_ref(octets);
                let parsed: Result<Option<ZoneRecordData<&[u8], _>>, ParseError> =
                    domain::base::rdata::ParseRecordData::parse_rdata(set.rtype(), &mut parser);
                let data = presentation(set.rtype(), rdata);
                prop_assert!(parsed.is_ok(), "{:?} {data}: {:?}", set.rtype(), parsed.err());
                prop_assert_eq!(parser.remaining(), 0);
            }
        }
    }
}
