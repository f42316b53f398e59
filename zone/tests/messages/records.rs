//! Errors of single records: which field, which word, what to write instead.

use crate::{said, said_of, table, table_of_parts};

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
