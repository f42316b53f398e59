//! Zone texts as masters send them: what is accepted, what is noted, what is refused and how.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs;
use std::path::{Path, PathBuf};

use dadns_zone::{Diff, Limits, ReadErrors, Reading, Rtype, Zone, ZoneName, presentation, read};

fn samples(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/samples")
        .join(folder);
    let entries = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> = entries
        .filter(|path| path.extension().is_some_and(|ext| ext == "zone"))
        .collect();
    files.sort();
    assert!(!files.is_empty(), "no samples in {}", folder.display());
    files
}

fn read_sample(path: &Path) -> Result<Reading, ReadErrors> {
    let name = ZoneName::parse(path.file_stem().unwrap().to_str().unwrap()).unwrap();
    read(&name, &fs::read(path).unwrap(), &Limits::default())
}

fn sample(path: &str) -> Result<Reading, ReadErrors> {
    read_sample(
        &Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/samples")
            .join(path),
    )
}

fn lines(zone: &Zone) -> Vec<String> {
    zone.to_string().lines().map(str::to_owned).collect()
}

fn holds(zone: &Zone, line: &str) {
    assert!(
        lines(zone).iter().any(|have| have == line),
        "{line:?} is not in\n{zone}"
    );
}

#[test]
fn what_is_accepted_is_accepted_without_a_note_where_bind_has_none() {
    for path in samples("") {
        let reading =
            read_sample(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let expected: &[&str] = match path.file_stem().and_then(|stem| stem.to_str()).unwrap() {
            "dup.example" => &["is another TTL"],
            "units.example" => &["is another TTL"],
            "naptr.example" => &["type SPF", "not that of a host"],
            _ => &[],
        };
        let lines = reading.notes.lines();
        assert_eq!(lines.len(), expected.len(), "{}: {lines:?}", path.display());
        for (line, part) in lines.iter().zip(expected) {
            assert!(line.contains(part), "{}: {line}", path.display());
        }
    }
}

#[test]
fn a_zone_comes_back_the_same_from_its_text_and_from_its_packed_form() {
    for path in samples("").into_iter().chain(samples("warned")) {
        let zone = read_sample(&path).unwrap().zone;
        let again = read(zone.name(), zone.to_string().as_bytes(), &Limits::default()).unwrap();
        assert_eq!(
            Diff::between(&zone, &again.zone).to_string(),
            "",
            "{}",
            path.display()
        );
        assert_eq!(again.zone.to_string(), zone.to_string());
        let unpacked = Zone::unpack(zone.name().clone(), &zone.pack()).unwrap();
        assert_eq!(unpacked, zone);
        assert_eq!(unpacked.digest(), again.zone.digest());
    }
}

#[test]
fn a_record_given_twice_is_one_and_a_set_has_one_ttl() {
    let zone = sample("dup.example.zone").unwrap().zone;
    holds(&zone, "www.dup.example.\t3600\tIN\tA\t192.0.2.1");
    holds(&zone, "www.dup.example.\t3600\tIN\tA\t192.0.2.2");
    assert_eq!(zone.record_count(), 5);
}

#[test]
fn units_origins_and_blank_owners_are_read() {
    let zone = sample("units.example.zone").unwrap().zone;
    let apex = zone.name().to_domain_name();
    assert_eq!(
        presentation(Rtype::SOA, &zone.get(&apex, Rtype::SOA).unwrap().rdata()[0]),
        "ns1.example.net. hostmaster.units.example. 2024010100 86400 7200 1209600 3600"
    );
    holds(&zone, "units.example.\t3600\tIN\tNS\tns2.example.net.");
    holds(&zone, "www.units.example.\t777600\tIN\tA\t192.0.2.2");
    holds(&zone, "sub.units.example.\t3600\tIN\tTXT\t\"spaceless\"");
    holds(&zone, "x.sub.units.example.\t600\tIN\tA\t192.0.2.3");
}

#[test]
fn escapes_and_unknown_types_survive() {
    let zone = sample("naptr.example.zone").unwrap().zone;
    holds(
        &zone,
        "odd.naptr.example.\t3600\tIN\tTYPE65400\t\\# 4 C0000201",
    );
    holds(
        &zone,
        r#"esc.naptr.example.	3600	IN	TXT	"a \"quoted\" word; semi \\ back \200 byte""#,
    );
    holds(&zone, "host\\.dot.naptr.example.\t3600\tIN\tA\t192.0.2.7");
    holds(&zone, r#"old.naptr.example.	3600	IN	SPF	"v=spf1 -all""#);
}

#[test]
fn a_long_string_is_split_with_a_note() {
    let Reading { zone, notes } = sample("warned/longtxt.example.zone").unwrap();
    let [note] = &notes.lines()[..] else {
        panic!("{notes:?}")
    };
    assert_eq!(
        note,
        "line 25, column 15: \"012345678901234567890123456789012345678901234567…\" has 300 octets and is split at 255 \
         (TXT record of k.longtxt.example.)"
    );
    let text = zone
        .rrsets()
        .iter()
        .find(|set| set.rtype() == Rtype::TXT)
        .unwrap();
    let strings = text.rdata()[0].as_bytes();
    assert_eq!((strings.len(), strings[0], strings[256]), (302, 255, 45));
}

#[test]
fn a_record_outside_the_zone_is_left_out_with_a_note() {
    let Reading { zone, notes } = sample("warned/outside.example.zone").unwrap();
    assert_eq!(
        notes.lines(),
        [
            "line 25, column 1: \"www.other.example.\" is outside the zone, the record is left out (A record of www.other.example.)"
        ]
    );
    assert_eq!(zone.record_count(), 3);
}

#[test]
fn what_is_refused_says_where_and_why() {
    let said = |name: &str| {
        sample(&format!("refused/{name}.example.zone"))
            .unwrap_err()
            .to_string()
    };
    assert_eq!(
        said("type"),
        "line 25, column 15: \"not-an-address\" is not an IPv4 address (A record of www.type.example.)"
    );
    assert_eq!(
        said("clash"),
        "line 26, column 14: mail.clash.example. has a CNAME record and other data (A); an alias cannot have other records; the CNAME record is in line 25"
    );
    assert_eq!(
        said("generate"),
        "line 25, column 1: \"$GENERATE\" is not allowed: a zone has to bring all its records itself"
    );
    assert_eq!(
        said("include"),
        "line 25, column 1: \"$INCLUDE\" is not allowed: a zone has to bring all its records itself"
    );
    assert_eq!(
        said("cut"),
        "line 15, column 71: this \"(\" is never closed (SOA record of cut.example.)"
    );
    assert_eq!(said("nosoa"), "the zone has no SOA record");
}
