//! BIND judges both sides: what `named-compilezone` makes of a text must equal what it makes of the
//! canonical text that we print for it, and what it refuses we must refuse.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod differences;
mod generate;
mod oracle;
mod rules;

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
        for set in zone.rrsets() {
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
