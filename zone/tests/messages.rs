//! What a reply says to somebody who knows a panel's form, not master files: the record at fault, what is
//! wrong with it, and what to write instead.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use dadns_zone::{Limits, ReadErrors, Reading, ZoneName, read};

const HEAD: &str = "$TTL 60\n@ SOA ns.x. h.x. 1 2 3 4 5\n@ NS ns.x.\n";

fn try_read(text: &[u8]) -> Result<Reading, ReadErrors> {
    let name = ZoneName::parse("z.example").unwrap();
    read(&name, text, &Limits::default())
}

/// What is said of a text.
fn said_of(text: impl AsRef<[u8]>) -> String {
    match try_read(text.as_ref()) {
        Ok(_) => "accepted".into(),
        Err(errors) => errors.to_string(),
    }
}

/// What is said of lines that follow SOA and NS; the first is line 4.
fn said(lines: &str) -> String {
    said_of(format!("{HEAD}{lines}\n"))
}

fn table(cases: &[(&str, &str)]) {
    for (lines, expected) in cases {
        assert_eq!(said(lines), *expected, "{lines}");
    }
}

/// Cases of which the message has a part.
fn table_of_parts(cases: &[(&str, &str)]) {
    for (lines, part) in cases {
        let said = said(lines);
        assert!(said.contains(part), "{lines}: {said}");
    }
}

#[test]
fn an_alias_beside_other_records_is_at_fault_with_both_places() {
    table(&[
        (
            "www A 192.0.2.1\nwww CNAME lb.x.",
            "line 5, column 5: www.z.example. has a CNAME record and other data (A); an alias cannot have \
             other records; the A record is in line 4",
        ),
        (
            "www CNAME lb.x.\nwww MX 10 m.x.",
            "line 5, column 5: www.z.example. has a CNAME record and other data (MX); an alias cannot have \
             other records; the CNAME record is in line 4",
        ),
        (
            "www CNAME a.x.\nwww CNAME b.x.",
            "line 5, column 5: www.z.example. has more than one CNAME record; the first one is in line 4",
        ),
    ]);
}

#[test]
fn an_alias_at_the_name_of_the_zone_is_told_what_to_use_instead() {
    for line in ["@ CNAME lb.x.", "www A 192.0.2.1\nz.example. CNAME lb.x."] {
        let said = said(line);
        assert!(
            said.contains("an alias (CNAME) cannot stand at z.example."),
            "{said}"
        );
        assert!(said.contains("use A and AAAA"), "{said}");
    }
    assert!(said("www A 192.0.2.1\n@ CNAME lb.x.").starts_with("line 5, column 3: "));
    // The SOA may come last; it is not at fault.
    let last = "$TTL 60\n@ NS ns.x.\n@ CNAME lb.x.\n@ SOA ns.x. h.x. 1 2 3 4 5\n";
    assert!(said_of(last).starts_with("line 3, column 3: an alias"));
}

#[test]
fn errors_of_the_zone_have_the_place_of_a_record() {
    table_of_parts(&[
        (
            "@ NS b",
            "line 4, column 3: the name server b.z.example. has no address",
        ),
        ("@ NS ns.z.example", "twice, so a final dot is missing"),
        (
            "@ NS b\nb CNAME c.x.",
            "line 4, column 3: the name server b.z.example. is an alias (CNAME); it needs A or AAAA records \
             instead; the CNAME record is in line 5",
        ),
        (
            "a DNAME x.\n@ NS b.a",
            "line 5, column 3: the name server b.a.z.example. is below a DNAME",
        ),
        (
            "a A 192.0.2.1\n@ DS 1 8 9 00",
            "line 5, column 3: z.example. has a DS record",
        ),
        ("@ DS 1 8 9 00", "belongs in the parent zone"),
        (
            "@ SOA ns. h. 2 2 3 4 5",
            "line 4, column 3: z.example. has more than one SOA record; the first one is in line 2",
        ),
        (
            "a SOA a. b. 1 1 1 1 1",
            "line 4, column 3: a.z.example. has a SOA record",
        ),
        (
            "*.a NS x.",
            "line 4, column 5: *.a.z.example. cannot have NS records, which cannot delegate",
        ),
        (
            "@ NSEC3 1 0 0 - 00000000000000000000000000000000 A",
            "line 4, column 3: z.example. cannot have",
        ),
        (
            "@ NSEC3PARAM 2 0 0 -",
            "line 4, column 3: the zone has no NSEC3PARAM record with a known",
        ),
        (
            "@ RESINFO a\n@ RESINFO b",
            "line 5, column 3: z.example. has more than one RESINFO",
        ),
    ]);
}

#[test]
fn a_cds_record_is_told_which_key_is_missing() {
    let digest = "ab".repeat(32);
    let cds = format!("@ CDS 12345 13 2 {digest}");
    table_of_parts(&[
        (
            &cds,
            "line 4, column 3: the CDS record does not match the DNSKEY records: the zone has no DNSKEY records",
        ),
        (
            &format!("@ DNSKEY 257 3 8 AA==\n{cds}"),
            "line 5, column 3: the CDS record",
        ),
        (
            &format!("@ DNSKEY 257 3 8 AA==\n{cds}"),
            "none of them has algorithm 13",
        ),
        (
            &format!("@ DNSKEY 257 3 13 AA==\n{cds}\n@ CDS 0 0 0 00"),
            "line 6, column 3",
        ),
        (
            "@ CDNSKEY 257 3 13 AA==",
            "line 4, column 3: the CDNSKEY record does not match",
        ),
    ]);
}

#[test]
fn a_zone_of_another_name_is_told_so() {
    assert_eq!(
        said_of("$TTL 60\n$ORIGIN other.\n@ SOA ns.x. h.x. 1 2 3 4 5\n@ NS ns.x.\n"),
        "the zone has no SOA record; the one in line 3 is of another zone, other."
    );
    assert!(
        said_of("$TTL 60\nz.example SOA ns.x. h.x. 1 2 3 4 5\n").contains("a final dot is missing")
    );
    assert_eq!(
        said_of("$TTL 60\n@ NS ns.x.\n"),
        "the zone has no SOA record"
    );
    assert_eq!(
        said_of("$TTL 60\n@ SOA ns.x. h.x. 1 2 3 4 5\n"),
        "the zone has no NS record at its own name"
    );
}

#[test]
fn a_number_where_a_ttl_stands_is_a_bad_ttl() {
    for (ttl, rule) in [
        ("-1", "is not a TTL, which cannot be negative"),
        ("-3600s", "is not a TTL, which cannot be negative"),
        ("+5", "is not a TTL, which is written without a sign"),
        (
            "99999999999",
            "is too large for a TTL (at most 2147483647 seconds)",
        ),
        (
            "4294967296",
            "is too large for a TTL (at most 2147483647 seconds)",
        ),
        (
            "99999w",
            "is too large for a TTL (at most 2147483647 seconds)",
        ),
        (
            "1.5",
            "is not a TTL, which is in whole seconds, such as 3600",
        ),
        (
            "3,600",
            "is not a TTL, which is in whole seconds, such as 3600",
        ),
        (
            "1h30",
            "is not a TTL: each number needs its unit, as in 1h30m",
        ),
        (
            "5min",
            "is not a TTL: its units are w, d, h, m and s, as in 1h30m",
        ),
        (
            "1y",
            "is not a TTL: its units are w, d, h, m and s, as in 1h30m",
        ),
    ] {
        for (line, column) in [
            (format!("www {ttl} IN A 192.0.2.1"), 5),
            (format!("www {ttl} A 192.0.2.1"), 5),
            (format!("www IN {ttl} A 192.0.2.1"), 8),
            (format!("$TTL {ttl}"), 6),
            (format!(" {ttl} A 192.0.2.1"), 2),
        ] {
            let expected = format!("line 4, column {column}: \"{ttl}\" {rule}");
            assert_eq!(said(&line), expected, "{line}");
        }
        let soa = format!("$TTL 60\n@ SOA ns.x. h.x. 1 2 {ttl} 4 5\n@ NS ns.x.\n");
        let of_retry = rule
            .replace("TTL", "period of time")
            .replace("2147483647", "4294967295");
        assert_eq!(
            said_of(&soa),
            format!(
                "line 2, column 22: \"{ttl}\" {of_retry} (retry of the SOA record of z.example.)"
            ),
        );
    }
}

#[test]
fn a_missing_type_is_called_that() {
    table(&[
        (
            "www 192.0.2.1",
            "line 4, column 5: \"192.0.2.1\" is an address where the type of the record should stand (A for \
             this one)",
        ),
        (
            "www 60 IN ::1",
            "line 4, column 11: \"::1\" is an address where the type of the record should stand (AAAA for \
             this one)",
        ),
        (
            "A 192.0.2.1",
            "line 4, column 3: \"192.0.2.1\" stands where the type of the record should, as \"A\" at the \
             start of the line is read as a name: a line without a name begins with a blank",
        ),
        (
            "www 60 30 A 192.0.2.1",
            "line 4, column 8: \"30\" is not a record type; the TTL stands before it already",
        ),
        (
            "www IN",
            "line 4, column 1: the record ends before its type, after \"IN\"",
        ),
    ]);
}

#[test]
fn types_of_panels_are_told_what_dns_has_for_them() {
    for (rtype, part) in [
        (
            "ALIAS",
            "is a type of some panels, not of DNS; use A and AAAA",
        ),
        (
            "aname",
            "is a type of some panels, not of DNS; use A and AAAA",
        ),
        ("URL", "a redirect is made by a web server"),
        ("URL301", "a redirect is made by a web server"),
        ("URL_REDIRECT", "a redirect is made by a web server"),
        ("REDIRECT", "a redirect is made by a web server"),
        ("FRAME", "a redirect is made by a web server"),
        ("WEBREDIRECT", "a redirect is made by a web server"),
        ("WEB-FORWARD", "a redirect is made by a web server"),
        ("DKIM", "use TXT"),
        ("DMARC", "use TXT"),
        ("TYPE65536", "numbers go up to 65535"),
        ("SPFX", "is not a record type"),
    ] {
        let said = said(&format!("@ {rtype} lb.x."));
        assert!(
            said.starts_with(&format!("line 4, column 3: \"{rtype}\" ")) && said.contains(part),
            "{said}"
        );
    }
}

#[test]
fn other_signs_than_a_semicolon_begin_no_comment() {
    for (line, column) in [
        ("# addresses", 1),
        ("#addresses", 1),
        ("// addresses", 1),
        ("/* addresses */", 1),
        ("www A 192.0.2.1 # web", 17),
        ("www A 192.0.2.1 // web", 17),
        ("@ MX 10 mail.x. /* m */", 17),
    ] {
        let said = said(line);
        assert!(
            said.starts_with(&format!("line 4, column {column}: \"")),
            "{said}"
        );
        assert!(
            said.contains("does not begin a comment: comments begin with \";\""),
            "{said}"
        );
    }
    // Whoever writes comments so does it again and again; once is enough.
    assert_eq!(
        said("# a\n# b\n# c\nwww A x"),
        "2 errors: line 4, column 1: \"#\" does not begin a comment: comments begin with \";\"; \
         line 7, column 7: \"x\" is not an IPv4 address (A record of www.z.example.)"
    );
}

#[test]
fn octets_that_look_like_blanks_are_shown_and_called_none() {
    for (line, place, octets, part) in [
        (
            "www\u{a0}A\u{a0}192.0.2.1",
            "line 4, column 1",
            "\\194\\160",
            "are no blank",
        ),
        (
            "www A\u{a0}192.0.2.1",
            "line 4, column 5",
            "\\194\\160",
            "are no blank",
        ),
        (
            "www\u{3000}A 192.0.2.1",
            "line 4, column 1",
            "\\227\\128\\128",
            "are no blank",
        ),
        (
            "www A 192.0.2.1\u{200b}",
            "line 4, column 7",
            "\\226\\128\\139",
            "are no blank",
        ),
        (
            "www A \u{feff}192.0.2.1",
            "line 4, column 7",
            "\\239\\187\\191",
            "are no blank",
        ),
        (
            "www A 192.0.2.1\u{a0}",
            "line 4, column 7",
            "\\194\\160",
            "are no blank",
        ),
        (
            "@ MX (10\n mail.x.\u{2003}x y )",
            "line 5, column 2",
            "\\226\\128\\131",
            "are no blank",
        ),
        (
            "www A 192\u{ff0e}0.2.1",
            "line 4, column 7",
            "\\239\\188\\142",
            "full-width",
        ),
        (
            "www A\x0b192.0.2.1",
            "line 4, column 5",
            "\\011",
            "are no blank",
        ),
        (
            "a URI 1 1 \u{201c}http://x\u{201d}",
            "line 4, column 11",
            "\\226\\128\\156",
            "curly quote",
        ),
        (
            "www \u{2013}1 A 192.0.2.1",
            "line 4, column 5",
            "\\226\\128\\147",
            "a dash",
        ),
    ] {
        let said = said(line);
        assert!(said.starts_with(&format!("{place}: \"")), "{line}: {said}");
        assert!(
            said.contains(&format!("holds the octets {octets} ")),
            "{line}: {said}"
        );
        assert!(said.contains(part), "{line}: {said}");
    }
    let latin = [HEAD.as_bytes(), b"www\xa0A\xa0192.0.2.1\n"].concat();
    assert!(said_of(latin).contains("holds the octet \\160, which is no blank"));
    // Inside quotes they are data, and something else is wrong.
    assert!(said("www TXT \"a\u{a0}b\" \\256").contains("escape above"));
}

#[test]
fn a_text_that_is_no_zone_file_is_called_that_and_nothing_else() {
    let utf16 =
        |order: fn(u16) -> [u8; 2]| -> Vec<u8> { HEAD.encode_utf16().flat_map(order).collect() };
    let binary: Vec<u8> = (0..=255).collect();
    let cases: Vec<(&[u8], &str)> = vec![
        (
            b"<!DOCTYPE html>\n<html><body>404</body></html>\n",
            "a web page (HTML)",
        ),
        (b"\n  <h1>Not found</h1>\n", "HTML or XML"),
        (b"<?xml version=\"1.0\"?>\n<zone/>\n", "XML"),
        (b"{\"error\": \"x\"}", "JSON"),
        (b"[\n {\"name\": \"a\"}\n]\n", "JSON"),
        (b"\x1f\x8b\x08\0\0\0\0\0", "compressed with gzip"),
        (b"PK\x03\x04\x14\0", "a ZIP archive"),
        (b"\0\0\0\x02\0\0\0\x01", "a zone in BIND's raw format"),
        (
            b"zone_file=%24TTL+3600%0A%40+IN+SOA&x=1",
            "the body of a form",
        ),
        (b"%24TTL+3600%0A%40+IN+SOA+ns.x.", "the body of a form"),
        (b"error=1&text=Not+found&details=x", "the body of a form"),
        (
            b"--x\r\nContent-Disposition: form-data; name=\"z\"\r\n\r\n$TTL 1\r\n",
            "(multipart)",
        ),
        (
            b"From: a@example.net\nTo: b@example.net\n\n$TTL 1\n",
            "an e-mail",
        ),
        (
            b"Received: from x\n by y\nSubject: zone\n\nhello\n",
            "an e-mail",
        ),
        (
            b"-----BEGIN CERTIFICATE-----\nMIIB\n",
            "a key or certificate (PEM)",
        ),
        (
            b"HTTP/1.1 404 Not Found\r\nServer: x\r\n\r\n",
            "an HTTP message",
        ),
        (b"zone \"x.example\" {\n\ttype master;\n};\n", "named.conf"),
        (b"---\n'':\n  type: A\n", "YAML"),
        (b"#!/bin/sh\necho\n", "a program"),
        (
            b"+www.example.com:192.0.2.1:86400\n@example.com::mail:10\n",
            "tinydns",
        ),
        (b"INSERT INTO records VALUES (1);\n", "SQL"),
        (b"not found\n", "none of its lines is a record"),
        (
            b"Lorem ipsum dolor\nsit amet,\nconsectetur\n",
            "none of its lines is a record",
        ),
        (
            b"name,type,value\nwww,A,192.0.2.1\n",
            "none of its lines is a record",
        ),
        (&binary, "binary data"),
    ];
    for (text, part) in cases {
        let errors = try_read(text).unwrap_err();
        assert_eq!(errors.errors().len(), 1, "{errors}");
        let said = errors.to_string();
        assert!(said.starts_with("the text is no zone file"), "{said}");
        assert!(said.contains(part), "{said}");
    }
    for text in [utf16(u16::to_le_bytes), utf16(u16::to_be_bytes)] {
        assert!(said_of(&text).contains("UTF-16"));
        assert!(said_of([b"\xff\xfe", &text[..]].concat()).contains("UTF-16"));
    }
    assert_eq!(said_of(""), "the text is empty");
    assert_eq!(said_of(" \n\n\t\n"), "the text is empty");
    assert_eq!(said_of("; a comment\n"), "the text has no record in it");
    assert_eq!(said_of("$TTL 60\n"), "the text has no record in it");
    assert!(said_of(format!("\u{feff}{HEAD}")).contains("byte order mark"));
}

#[test]
fn a_zone_with_an_error_is_no_other_kind_of_text() {
    for text in [
        "$TTL 60\n@ SOA ns.x. h.x.\n@ NS\n",
        "@ SOA ns.x. h.x.\n",
        "$INCLUDE other\n",
        "a=b A x\n",
        "{ A x\n",
        "[a A x\n",
    ] {
        assert!(!said_of(text).contains("no zone file"), "{text}");
    }
}

#[test]
fn a_text_without_line_ends_is_called_that() {
    let in_one_line = |text: &str| said_of(text.replace('\n', ""));
    for text in [
        HEAD.to_owned(),
        format!("; a zone\n{HEAD}"),
        format!("{HEAD}www A 192.0.2.1\n"),
        "@ 60 IN SOA ns.x. h.x. (1 2 3 4 5)\n@ IN NS ns.x.\n".to_owned(),
    ] {
        let said = in_one_line(&text);
        assert!(said.starts_with("the text has no line ends"), "{said}");
        assert!(said_of(text.replace('\n', "\\n")).contains("written as \\n"));
    }
    // Carriage returns alone end a line, as for BIND, but not a comment.
    assert_eq!(said_of(HEAD.replace('\n', "\r")), "accepted");
    assert!(said_of(format!("; a zone\n{HEAD}").replace('\n', "\r")).contains("carriage returns"));
    // One record is one line.
    assert!(!said_of("@ 60 SOA ns.x. h.x. 1 2 3 4 5").contains("line ends"));
}

#[test]
fn a_record_with_too_few_fields_is_told_which_are_missing() {
    let soa = |data: &str| said_of(format!("$TTL 60\n@ SOA {data}\n@ NS ns.x.\n"));
    let fields = "(name server, mail address, serial, refresh, retry, expire, minimum)";
    for data in [
        "ns.x. 1 2 3 4 5",
        "ns.x. ( 1 2 3 4 5 )",
        "h.x. 2026112801 2 3 4 5",
    ] {
        let said = soa(data);
        assert!(
            said.contains(&format!("the record has 6 of its 7 fields {fields}; ")),
            "{said}"
        );
        assert!(
            said.contains("the mail address or the name server is missing"),
            "{said}"
        );
    }
    assert!(soa("ns.x. h.x. 1 2 3 4").contains("6 of its 7 fields"));
    assert!(soa("ns.x. h.x. 1 2 3 4").contains("the minimum is missing"));
    assert!(soa("ns.x. h.x. 1 2").contains("4 of its 7 fields"));
    assert!(soa("").contains("none of its 7 fields"));
    table_of_parts(&[
        (
            "@ MX 10",
            "has 1 of its 2 fields (priority, mail server); the mail server is missing",
        ),
        (
            "s SRV 1 2 3",
            "has 3 of its 4 fields (priority, weight, port, target); the target is missing",
        ),
        (
            "@ CAA 0 issue",
            "has 2 of its 3 fields (flags, tag, value); the value is missing",
        ),
        ("t TLSA 3 1 1", "the certificate data is missing"),
        ("d DS 1 8 2", "the digest is missing"),
        ("n NAPTR 1 2 a b", "the expression is missing"),
        ("h HTTPS 1", "the target is missing"),
        ("f SSHFP 1", "the fingerprint type is missing"),
        (
            "@ NS",
            "the record ends where its name server should follow",
        ),
        ("a A", "the record ends where its address should follow"),
        ("t TXT", "the record ends where its text should follow"),
    ]);
}

#[test]
fn a_record_with_too_many_or_wrong_fields_is_told_which() {
    let soa = said_of("$TTL 60\n@ SOA ns.x. h.x. 1 2 3 4 5 6\n@ NS ns.x.\n");
    assert!(
        soa.contains("\"6\" is more than the 7 fields of the record (name server, mail"),
        "{soa}"
    );
    table_of_parts(&[
        (
            "@ MX 10 20 m.x.",
            "\"m.x.\" is more than the 2 fields of the record (priority, mail server)",
        ),
        (
            "@ MX m.x.",
            "\"m.x.\" is not a number from 0 to 65535 (priority of the MX record",
        ),
        (
            "@ MX 10 a..b.",
            "empty label (two dots in a row, or one in front) (mail server of the MX",
        ),
        (
            "s SRV 1 2 70000 t.x.",
            "\"70000\" is not a number from 0 to 65535 (port of the SRV",
        ),
        (
            "s SRV 1 5060 t.x.",
            "\"t.x.\" is not a number from 0 to 65535 (port of the SRV",
        ),
        (
            "s SRV -1 2 3 t.x.",
            "\"-1\" is not a number from 0 to 65535 (priority of the SRV",
        ),
        (
            "@ CAA issue \"x\"",
            "\"issue\" is not a number from 0 to 255 (flags of the CAA",
        ),
        (
            "@ CAA 0 issue \"x\" y",
            "\"y\" is more than the 3 fields of the record (flags, tag, value)",
        ),
        ("t TLSA 3 1 abcd", "(matching type of the TLSA"),
        (
            "a A 192.0.2.1 192.0.2.2",
            "\"192.0.2.2\" is more than the record takes (its address)",
        ),
        ("a A ::1", "the type of an IPv6 address is AAAA"),
        ("a AAAA 192.0.2.1", "the type of an IPv4 address is A"),
        (
            ".a A 192.0.2.1",
            "\".a\" has an empty label (two dots in a row, or one in front)",
        ),
    ]);
    let long = format!("{} A 192.0.2.1", "a".repeat(64));
    assert!(said(&long).contains("has a label longer than 63 octets"));
    assert!(
        said_of("$TTL 60\n@ SOA ns.x. h.x. 20261128011 2 3 4 5\n@ NS ns.x.\n")
            .contains("\"20261128011\" is not a number from 0 to 4294967295 (serial of the SOA")
    );
}

#[test]
fn an_unquoted_semicolon_that_ends_a_record_too_early_is_named() {
    for line in [
        "@ CAA 0 issue ;",
        "@ CAA 0 issue ; ca.x.",
        "t TXT ; x",
        "n NAPTR 1 2 ; u",
    ] {
        let said = said(line);
        assert!(
            said.contains("an unquoted \";\" begins a comment, so write \";\""),
            "{said}"
        );
    }
    assert!(!said("a A ; later").contains("unquoted"));
}

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
