//! Several errors of one text, and none that follows from another.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use crate::{HEAD, said, table_of_parts, try_read};

#[test]
fn several_errors_of_one_text_are_told_together() {
    assert_eq!(
        said("www -1 A 192.0.2.1\n@ MX mail.x.\nok A 192.0.2.1\nx A 192.0.2.1\nx CNAME y.x."),
        "3 errors: line 4, column 5: \"-1\" is not a TTL, which cannot be negative; \
         line 5, column 6: \"mail.x.\" is not a number from 0 to 65535 (priority of the MX record of z.example.); \
         line 8, column 3: x.z.example. has a CNAME record and other data (A); an alias cannot have other \
         records; the A record is in line 7"
    );
    assert_eq!(
        said("@ CNAME a.x.\nb A 192.0.2.1\nb CNAME c.x.\n@ NS d"),
        "3 errors: line 4, column 3: an alias (CNAME) cannot stand at z.example., the name of the zone \
         itself; use A and AAAA records there; line 6, column 3: b.z.example. has a CNAME record and other \
         data (A); an alias cannot have other records; the A record is in line 5; \
         line 7, column 3: the name server d.z.example. has no address record (A or AAAA) in the zone"
    );
}

#[test]
fn ten_errors_are_worded_and_the_others_counted() {
    let lines: String = (0..25).map(|index| format!("w{index} A x\n")).collect();
    let errors = try_read(format!("{HEAD}{lines}").as_bytes()).unwrap_err();
    assert_eq!((errors.errors().len(), errors.more()), (10, 15));
    let said = errors.to_string();
    assert!(said.starts_with("25 errors: line 4, column 6: "), "{said}");
    assert!(said.ends_with("; and 15 more"), "{said}");
    assert!(!said.contains('\n'));
    // However much is wrong, it is one line of a size that a log and a reply can take.
    let much = format!("{HEAD}{}", "\u{a0} x y z\n".repeat(100_000));
    assert!(try_read(much.as_bytes()).unwrap_err().to_string().len() < 4_000);
}

#[test]
fn what_follows_from_an_error_is_not_told_as_another_one() {
    table_of_parts(&[
        // The record at fault was the address of a name server.
        (
            "@ NS b\nb A 192.0.2",
            "line 5, column 5: \"192.0.2\" is not an IPv4 address",
        ),
        // A parenthesis that is left open swallows what follows.
        (
            "k TXT ( \"a\"\nwww A 192.0.2.1\n@ MX 10 x.",
            "line 4, column 7: this \"(\" is never closed",
        ),
        (
            "k MX ( 10 m.x.\nwww A 192.0.2.1",
            "line 4, column 6: this \"(\" is never closed",
        ),
        // So may a quote inside one; its lines are left alone.
        (
            "k TXT ( \"a\n  \"b\" )\nwww A 192.0.2.1",
            "line 4, column 9: \"a\" has no closing quote",
        ),
        (
            "k TXT ( \"a\n\"b\" )\nwww A 192.0.2.1",
            "line 4, column 9: \"a\" has no closing quote",
        ),
        (
            "k TXT ( \"a )\nwww A 192.0.2.1",
            "line 4, column 9: \"a )\" has no closing quote",
        ),
        // All names after a bad $ORIGIN are others.
        (
            "$ORIGIN a..b\nwww CNAME x\nwww A y",
            "line 4, column 9: \"a..b\" has an empty label",
        ),
        // Records of a name that could not be read belong to nobody.
        (
            "a..b A 192.0.2.1\n A x\n MX y",
            "line 4, column 1: \"a..b\" has an empty label",
        ),
    ]);
    for lines in [
        "@ NS b\nb A 192.0.2",
        "k MX ( 10 m.x.\nwww A 192.0.2.1",
        "k TXT ( \"a\n\"b\" )\nwww A 192.0.2.1",
        "k TXT ( \"a )\nwww A 192.0.2.1",
        "$ORIGIN a..b\nwww CNAME x\nwww A y",
        "a..b A 192.0.2.1\n A x\n MX y",
        "$TTL x\nwww A 192.0.2.1",
    ] {
        let errors = try_read(format!("{HEAD}{lines}\n").as_bytes()).unwrap_err();
        assert_eq!(errors.errors().len(), 1, "{lines}: {errors}");
    }
    // Without any TTL, each record would lack one.
    let errors = try_read(b"@ NS ns.x.\n@ SOA ns.x. h.x. 1 2 3 4 5\na A 192.0.2.1\n").unwrap_err();
    assert_eq!(errors.errors().len(), 1, "{errors}");
}

#[test]
fn an_error_does_not_hide_those_of_the_lines_after_it() {
    for lines in [
        "k TXT \"a\nwww A x",
        "k TXT ( \"a\n  \"b\" )\nwww A x",
        "k TXT ( \"a )\nwww A x",
        "k MX ( x\n 10\n)\nwww A x",
        "k TXT a ) b\nwww A x",
        "k TXT \"a\0b\"\nwww A x",
        "k TXT a\\\nwww A x",
        "k TKEY (\n x )\nwww A x",
        "$TTL x\nwww A x",
        "$DATE 1\nwww A x",
    ] {
        let errors = try_read(format!("{HEAD}{lines}\n").as_bytes()).unwrap_err();
        assert_eq!(errors.errors().len(), 2, "{lines}: {errors}");
        assert!(
            errors
                .to_string()
                .contains("\"x\" is not an IPv4 address (A record of www"),
            "{errors}"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn whatever_is_pushed_is_answered_in_one_line_of_bounded_length(
        pieces in vec(select(PIECES), 0..40),
        with_head in any::<bool>(),
        octets in vec(any::<u8>(), 0..20),
    ) {
        let mut text = if with_head { HEAD.as_bytes().to_vec() } else { Vec::new() };
        text.extend(pieces.concat());
        text.extend(octets);
        let said = match try_read(&text) {
            Ok(reading) => reading.notes.lines().join("; "),
            Err(errors) => {
                prop_assert!((1..=10).contains(&errors.errors().len()));
                errors.to_string()
            }
        };
        prop_assert!(said.len() < 8_000);
        prop_assert!(!said.chars().any(char::is_control));
    }
}

/// What texts are made of that go wrong.
const PIECES: &[&[u8]] = &[
    b"a",
    b".",
    b"\\",
    b"\"",
    b"(",
    b")",
    b";",
    b" ",
    b"\t",
    b"\n",
    b"\r",
    b"\0",
    b"#",
    b"//",
    b"@",
    b"*",
    b"\n$ORIGIN ",
    b"\n$TTL ",
    b" SOA ",
    b" A ",
    b" MX ",
    b" TXT ",
    b" CAA 0 issue ",
    b" CNAME ",
    b" NS ",
    b" SRV 1 2 3 ",
    b"-1",
    b"99999999999",
    b"192.0.2.1",
    b"::1",
    b"z.example",
    b"x.",
    b"v=spf1",
    b"k=v",
    b"\xc2\xa0",
    b"\xe2\x80\x8b",
    b"\xff",
    b"\xc3\xbc",
    b"{",
    b"<",
    b"\n",
    b"\n",
    b"\nwww",
];
