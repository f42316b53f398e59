//! What the reader says, and what it lets nobody do.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use dadns_zone::{Limits, ReadErrors, Reading, ZoneName, read};

const HEAD: &str = "$TTL 60\n@ SOA ns.x. h.x. 1 2 3 4 5\n@ NS ns.x.\n";

fn read_with(limits: &Limits, text: &[u8]) -> Result<Reading, ReadErrors> {
    read(&ZoneName::parse("z.example").unwrap(), text, limits)
}

/// What is said of a line that follows SOA and NS; it is line 4.
fn said(line: &str) -> String {
    match read_with(&Limits::default(), format!("{HEAD}{line}\n").as_bytes()) {
        Ok(reading) => reading.notes.lines().join("; "),
        Err(error) => error.to_string(),
    }
}

#[test]
fn an_error_names_place_text_rule_and_record() {
    for (line, expected) in [
        (
            "a A 192.0.2.256",
            "line 4, column 5: \"192.0.2.256\" is not an IPv4 address (A record of a.z.example.)",
        ),
        (
            "a MX mail",
            "line 4, column 6: \"mail\" is not a number from 0 to 65535 (priority of the MX record of a.z.example.)",
        ),
        (
            "a MX 10",
            "line 4, column 6: the record has 1 of its 2 fields (priority, mail server); the mail server is missing (MX record of a.z.example.)",
        ),
        (
            "a A 192.0.2.1 x",
            "line 4, column 15: \"x\" is more than the record takes (its address) (A record of a.z.example.)",
        ),
        ("a B x", "line 4, column 3: \"B\" is not a record type"),
        (
            "a CH A x",
            "line 4, column 3: \"CH\" is a class other than IN",
        ),
        (
            "a",
            "line 4, column 1: the record ends before its type, after \"a\"",
        ),
        (
            "a..b A 192.0.2.1",
            "line 4, column 1: \"a..b\" has an empty label (two dots in a row, or one in front)",
        ),
        (
            "a TXT \"x",
            "line 4, column 7: \"x\" has no closing quote on its line (TXT record of a.z.example.)",
        ),
        (
            "a TXT x ) y",
            "line 4, column 9: this \")\" closes nothing (TXT record of a.z.example.)",
        ),
        (
            "a TXT \\256",
            "line 4, column 7: \"\\\\256\" has an escape above \\255 (TXT record of a.z.example.)",
        ),
        (
            "a TKEY x",
            "line 4, column 3: \"TKEY\" is a meta type, which no zone holds (TYPE249 record of a.z.example.)",
        ),
        (
            "a WKS x",
            "line 4, column 3: \"WKS\" is an obsolete type, which is not served (TYPE11 record of a.z.example.)",
        ),
        (
            "$DATE 1",
            "line 4, column 1: \"$DATE\" is not a directive that is known",
        ),
        (
            "$ORIGIN",
            "line 4, column 1: \"$ORIGIN\" needs a domain name",
        ),
        (
            "$TTL x",
            "line 4, column 6: \"x\" is not a TTL (seconds such as 3600, or with units such as 1h)",
        ),
        (
            "a TYPE65400 x",
            "line 4, column 13: data of an unknown type needs the form \\# length hexadecimal (TYPE65400 record of a.z.example.)",
        ),
        (
            "a A \\# 3 010203",
            "line 4, column 5: ends too early (A record of a.z.example.)",
        ),
        (
            "a A \\# 4 010203",
            "line 4, column 8: \"4\" is not the number of octets that follow (A record of a.z.example.)",
        ),
        (
            "a A \x1b[31m",
            "line 4, column 5: \"\\027[31m\" is not an IPv4 address (A record of a.z.example.)",
        ),
        (
            "@ DS 1 8 2 00",
            "line 4, column 6: the digest does not have the length of its type (DS record of z.example.)",
        ),
        (
            "a SOA a b 1 2 3 4 5",
            "line 4, column 3: a.z.example. has a SOA record, which only the name of the zone itself can have: a zone below it is sent on its own",
        ),
        (
            "@ NS b",
            "line 4, column 3: the name server b.z.example. has no address record (A or AAAA) in the zone",
        ),
    ] {
        assert_eq!(said(line), expected, "{line}");
    }
}

#[test]
fn a_note_says_what_was_done() {
    assert_eq!(
        said("a 4294967295 A 192.0.2.1"),
        "line 4, column 3: \"4294967295\" is above 2147483647 and counts as 0 (A record of a.z.example.)"
    );
    assert_eq!(
        said("$TTL 4294967295"),
        "line 4, column 6: \"4294967295\" is above 2147483647 and counts as 0"
    );
    assert_eq!(
        said("$ORIGIN other.\nx A 192.0.2.1\n A 192.0.2.2"),
        "line 5, column 1: \"x\" is outside the zone, the record is left out (A record of x.other.); \
         line 5, column 1: \"x\" is outside the zone, the record is left out (A record of x.other.)"
    );
}

#[test]
fn a_record_outside_the_zone_still_has_to_be_one() {
    assert!(said("x.other. A x").contains("is not an IPv4 address"));
}

#[test]
fn the_first_record_needs_an_owner() {
    let error = read_with(&Limits::default(), b"\n  A 192.0.2.1\n").unwrap_err();
    assert_eq!(
        error.to_string(),
        "line 2, column 4: the first record has no owner name"
    );
}

#[test]
fn a_byte_order_mark_is_called_by_its_name() {
    let error = read_with(&Limits::default(), format!("\u{feff}{HEAD}").as_bytes()).unwrap_err();
    assert!(error.to_string().contains("byte order mark"), "{error}");
}

#[test]
fn a_zone_may_end_without_a_line_end() {
    assert!(
        read_with(
            &Limits::default(),
            format!("{HEAD}a A 192.0.2.1").as_bytes()
        )
        .is_ok()
    );
}

#[test]
fn limits_hold() {
    let text = format!("{HEAD}a TXT x\nb TXT x\n");
    let is_ok = |limits: Limits| read_with(&limits, text.as_bytes()).is_ok();
    let all = Limits::default();
    assert!(is_ok(Limits {
        max_bytes: text.len(),
        max_records: 4,
        ..all
    }));
    assert!(!is_ok(Limits {
        max_bytes: text.len() - 1,
        ..all
    }));
    assert!(!is_ok(Limits {
        max_records: 3,
        ..all
    }));
    assert!(!is_ok(Limits {
        max_wire_bytes: 50,
        ..all
    }));
}

#[test]
fn short_texts_that_ask_for_much_are_cut_off() {
    // Each "a" takes some 250 octets with this origin.
    let origin = format!("{0}.{0}.{0}.{1}", "o".repeat(62), "o".repeat(50));
    let text = format!(
        "{HEAD}$ORIGIN {origin}.z.example.\na HIP 1 00 AA== {}\n",
        "a ".repeat(4_000_000)
    );
    let error = read_with(&Limits::default(), text.as_bytes()).unwrap_err();
    assert!(error.to_string().contains("longer than 65535"), "{error}");
    let parens = format!("{HEAD}a TXT {}x", "(".repeat(1_000_000));
    assert!(
        read_with(&Limits::default(), parens.as_bytes())
            .unwrap_err()
            .to_string()
            .contains("never closed")
    );
}

#[test]
fn hostile_texts_do_not_take_long() {
    let many =
        |count: usize, line: &dyn Fn(usize) -> String| -> String { (0..count).map(line).collect() };
    let types = many(65_000, &|index| format!("a TYPE{} \\# 0\n", index + 300));
    let params = format!(
        "a SVCB 1 . {}\n",
        many(65_000, &|index| format!("key{index} "))
    );
    let glue = many(40_000, &|index| format!("@ NS n{index}\n"))
        + &many(40_000, &|index| format!("n{index} A 192.0.2.1\n"));
    let hashed = many(90_000, &|index| {
        format!("n{index} NSEC3 1 0 0 - 00000000000000000000000000000000 A\n")
    });
    let started = std::time::Instant::now();
    let servers = many(45_000, &|index| format!("@ NS n{index}.n\n"))
        + &many(45_000, &|index| {
            format!("m{index} NSEC3 1 0 0 - 00000000000000000000000000000000 A\n")
        });
    let wrong = "a TXT ( \"x\n".repeat(1_000_000);
    let odd = "a A (\u{a0}\n".repeat(1_000_000);
    for text in [
        types,
        params,
        glue,
        hashed + "@ NS n1.n\n",
        servers,
        wrong,
        odd,
    ] {
        let _ = read_with(&Limits::default(), format!("{HEAD}{text}").as_bytes());
    }
    // Quadratic work would take minutes; a slow machine takes a second.
    assert!(started.elapsed().as_secs() < 20, "{:?}", started.elapsed());
}
