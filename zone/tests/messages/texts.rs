//! Texts that are something else, or hold what only looks like a part of a zone.

use crate::{HEAD, said, said_of, try_read};

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
