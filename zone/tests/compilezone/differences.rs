//! Where we differ from BIND on purpose, each with a test that says why.

use dadns_zone::{Limits, NoteKind, Reading, read};

use crate::generate::name;
use crate::oracle::{compile, present_or_left_out};

/// What we refuse and BIND takes, by words of the error.
const REFUSED: [(&str, fn()); 9] = [
    (
        "cannot have NSEC3 records",
        nsec3_at_the_apex_is_refused_because_bind_loses_it,
    ),
    (
        "cannot have RRSIG records",
        nsec3_at_the_apex_is_refused_because_bind_loses_it,
    ),
    (
        "a NUL octet has to be written",
        a_raw_nul_is_refused_because_it_ends_strings_in_c,
    ),
    (
        "is an obsolete type",
        obsolete_types_are_refused_because_nobody_serves_them,
    ),
    (
        "is not allowed: a zone has to bring",
        include_and_generate_are_refused_because_texts_are_hostile,
    ),
    (
        "is not a directive that is known",
        date_is_refused_because_it_ages_ttls,
    ),
    (
        "of the substitution does not compile",
        odd_expressions_are_refused_because_compilers_differ,
    ),
    (
        "is not an EUI-",
        eui_addresses_are_read_to_their_end_though_bind_scans_them,
    ),
    (
        "which do not fit into one answer",
        a_set_that_fits_no_answer_is_refused_because_nobody_can_serve_it,
    ),
];

/// Whether a disagreement about a text is one of those below.
pub fn is_on_purpose(text: &[u8], said: &str) -> bool {
    if said.starts_with("BIND accepts and we refuse") {
        let overlooked = || text.windows(3).any(|octets| octets == b"\\#)");
        return REFUSED.iter().any(|(words, _)| said.contains(words))
            || (said.contains("closes nothing") && overlooked());
    }
    // A string that we split is a syntax error for BIND; the text that we print is compared elsewhere.
    let split = |kind: &NoteKind| matches!(kind, NoteKind::Split { .. });
    said.starts_with("BIND refuses and we accept")
        && said.contains("syntax error")
        && read(&name(), text, &Limits::default())
            .is_ok_and(|Reading { notes, .. }| notes.notes().iter().any(|note| split(note.kind())))
}

fn zone_with(lines: &str) -> String {
    format!("$TTL 60\n@ SOA ns. h. 1 2 3 4 5\n@ NS ns.\n{lines}\n")
}

/// Checks that BIND takes the lines and we do not.
fn only_bind_takes(lines: &str) {
    let text = zone_with(lines);
    assert!(
        read(&name(), text.as_bytes(), &Limits::default()).is_err(),
        "{lines}"
    );
    if present_or_left_out("differences from BIND") {
        assert_eq!(
            compile(&name(), text.as_bytes()).map(drop),
            Ok(()),
            "{lines}"
        );
    }
}

#[test]
fn nsec3_at_the_apex_is_refused_because_bind_loses_it() {
    let nsec3 = "@ NSEC3 1 0 0 - 00000000000000000000000000000000 A";
    only_bind_takes(nsec3);
    if present_or_left_out("nsec3_at_the_apex_is_refused_because_bind_loses_it") {
        assert!(
            !compile(&name(), zone_with(nsec3).as_bytes())
                .unwrap()
                .contains("NSEC3")
        );
    }
    only_bind_takes("@ RRSIG NSEC3 8 2 60 20300101000000 20200101000000 1 @ AAAA");
}

#[test]
fn a_raw_nul_is_refused_because_it_ends_strings_in_c() {
    only_bind_takes("a TXT \"x\0y\"");
}

#[test]
fn obsolete_types_are_refused_because_nobody_serves_them() {
    only_bind_takes("a NULL \\# 0");
    only_bind_takes("a WKS 192.0.2.1 6 25");
    only_bind_takes("a NXT b A");
}

#[test]
fn include_and_generate_are_refused_because_texts_are_hostile() {
    only_bind_takes("$INCLUDE /dev/null");
    only_bind_takes("$GENERATE 1-2 a$ A 192.0.2.1");
}

#[test]
fn date_is_refused_because_it_ages_ttls() {
    only_bind_takes("$DATE 20380101000000");
}

#[test]
fn odd_expressions_are_refused_because_compilers_differ() {
    only_bind_takes("a NAPTR 1 1 \"\" \"\" \"!()!b!\" .");
    only_bind_takes("a NAPTR 1 1 \"\" \"\" \"!a)!b!\" .");
    only_bind_takes("a NAPTR 1 1 \"\" \"\" \"![[=a=]]!b!\" .");
}

#[test]
fn eui_addresses_are_read_to_their_end_though_bind_scans_them() {
    only_bind_takes("a EUI48 00-01-02-03-04-5");
    only_bind_takes("a EUI64 00-01-02-03-04-05-06-07-and-so-on");
}

#[test]
fn words_for_key_flags_are_refused_because_no_rfc_has_them() {
    only_bind_takes("a DNSKEY ZONE 3 8 AAAA");
    only_bind_takes("a DNSKEY 256 DNSSEC 8 AAAA");
}

#[test]
fn a_set_that_fits_no_answer_is_refused_because_nobody_can_serve_it() {
    let lines: String = (0..4_100)
        .map(|index| format!("a A 10.0.{}.{}\n", index / 256, index % 256))
        .collect();
    only_bind_takes(&lines);
}

#[test]
fn a_parenthesis_that_closes_nothing_is_refused_where_bind_overlooks_it() {
    only_bind_takes("a TXT \\#)x");
}

#[test]
fn a_long_string_is_split_though_bind_refuses_it() {
    let text = zone_with(&format!("a TXT \"{}\"", "x".repeat(256)));
    let zone = read(&name(), text.as_bytes(), &Limits::default())
        .unwrap()
        .zone;
    if present_or_left_out("a_long_string_is_split_though_bind_refuses_it") {
        assert!(
            compile(&name(), text.as_bytes())
                .unwrap_err()
                .contains("syntax error")
        );
        assert!(compile(&name(), zone.to_string().as_bytes()).is_ok());
    }
}
