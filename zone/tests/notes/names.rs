//! Notes about names: owners, and names in data.

use super::*;

#[test]
fn names_that_are_not_ascii_are_noted_with_what_to_write() {
    one_note(
        "bücher A 192.0.2.1",
        "line 4, column 9: the name is not plain ASCII, so that nobody finds it; write it xn--bcher-kva \
         (A record of b\\195\\188cher.z.example.)",
    );
    table_of_parts(&[
        ("BÜCHER TXT x", "write it xn--bcher-kva"),
        ("b\\195\\188cher A 192.0.2.1", "write it xn--bcher-kva"),
        ("www.straße CNAME x.", "write it xn--strae-oqa"),
        ("bu\u{308}cher A 192.0.2.1", "write its A-label"),
        (
            "www\u{a0} A 192.0.2.1",
            "holds the octets \\194\\160 (U+00A0), which are no blank",
        ),
        ("www\u{200b} A 192.0.2.1", "which nobody sees"),
        ("www\u{ad} A 192.0.2.1", "which nobody sees"),
        ("\u{feff}www A 192.0.2.1", "\\239\\187\\191"),
        ("ｗｗｗ A 192.0.2.1", "full-width"),
        (
            "www CNAME bücher.x.",
            "b\\195\\188cher.x. is not plain ASCII; write it xn--bcher-kva",
        ),
        ("@ MX 10 mail\u{200b}.x.", "which nobody sees"),
    ]);
    let latin = [HEAD.as_bytes(), b"b\xfccher A 192.0.2.1\n"].concat();
    assert!(notes_of("z.example", latin).lines()[0].contains("write its A-label"));
    // Services are called as their makers like.
    nothing(&["Büro\\032Drucker._ipp._tcp SRV 0 0 631 p.x."]);
    // An A-label is what should be there.
    nothing(&["xn--bcher-kva A 192.0.2.1"]);
}

#[test]
fn a_missing_final_dot_is_noted() {
    one_note(
        "@ MX 10 mail.z.example\nmail A 192.0.2.1",
        "line 4, column 3: mail.z.example.z.example. ends in the name of the zone twice: a final dot is missing \
         (MX record of z.example.)",
    );
    let twice = "ends in the name of the zone twice: a final dot is missing";
    table_of_parts(&[
        ("www CNAME z.example", twice),
        ("@ MX 10 z.example", twice),
        ("sub NS ns.z.example", twice),
        ("_sip._tcp SRV 0 0 1 sip.z.example", twice),
        ("old DNAME new.z.example", twice),
        ("@ HTTPS 1 www.z.example", twice),
        (
            "www.z.example A 192.0.2.1",
            "the name ends in the name of the zone twice",
        ),
        (
            "@ MX 10 mx.other.test",
            "has no address record (A or AAAA) in the zone; a name of another domain ends in a dot",
        ),
        (
            "s1._domainkey CNAME s1.domainkey.mailer.test",
            "s1.domainkey.mailer.test.z.example. does not exist in the zone; a name of another domain ends in a dot",
        ),
    ]);
    let soa = "$TTL 60\n@ SOA ns.z.example hostmaster.z.example 1 2 3 4 5\n@ NS ns.x.\n";
    assert_eq!(notes_of("z.example", soa).lines().len(), 2);
    let reverse = format!("{HEAD}1 PTR www.z.example\n2 PTR www.z.example.\n");
    let notes = notes_of("2.0.192.in-addr.arpa", reverse).lines();
    assert!(
        notes.len() == 1 && notes[0].contains("is in the reverse zone"),
        "{notes:?}"
    );
    // Where the name exists, it is meant.
    let notes = noted("a CNAME www.z.example\nwww.z.example.z.example. TXT x");
    assert!(
        notes.iter().all(|note| note.starts_with("line 5")),
        "{notes:?}"
    );
}

#[test]
fn targets_that_lead_nowhere_are_noted() {
    let no_address = "has no address record (A or AAAA) in the zone";
    let alias = "is an alias (CNAME), which it must not be";
    table_of_parts(&[
        ("@ MX 10 mail", no_address),
        ("@ MX 10 mail\nmail TXT x", no_address),
        ("@ MX 10 mail\nmail CNAME m.x.", alias),
        ("@ MX 10 a.mail\nmail DNAME m.x.", "is below a DNAME"),
        ("s SRV 0 0 1 host", no_address),
        ("s SRV 0 0 1 host\nhost CNAME h.x.", alias),
        ("sub NS host\nhost CNAME h.x.", alias),
        ("sub NS host\nhost TXT x", no_address),
        (
            "sub NS ns.sub",
            "the name server ns.sub.z.example. has no address",
        ),
        ("a CNAME b", "b.z.example. does not exist in the zone"),
        ("a CNAME a", "the alias points to itself"),
        ("@ MX 10 192.0.2.1", "192.0.2.1.z.example. is an address"),
        ("@ MX 10 192.0.2.1.", "192.0.2.1. is an address"),
        ("a CNAME 192.0.2.1", "is an address"),
        ("@ MX 10 mail_1.x.", "mail_1.x. is not the name of a host"),
    ]);
    nothing(&[
        "@ MX 0 .",
        "_sip._tcp SRV 0 0 0 .",
        "@ MX 10 mail\nmail A 192.0.2.1",
        "@ MX 10 mail\nmail AAAA ::1",
        "@ MX 10 mail\n* A 192.0.2.1",
        "@ MX 10 mail.x.",
        "a CNAME b\nb TXT x",
        "a CNAME b\nb CNAME c.x.",
        "a CNAME b\nc.b A 192.0.2.1",
        "sub NS ns.sub\nns.sub A 192.0.2.1",
        "@ MX 10 m.sub\nsub NS ns.x.",
        "a CNAME _acme.x.",
        "_acme-challenge CNAME x._acme.y.",
    ]);
}

#[test]
fn owners_that_are_no_hosts_are_noted_as_check_names_does() {
    let part = "the name is not that of a host";
    table_of_parts(&[
        ("my_host A 192.0.2.1", part),
        ("my_host AAAA ::1", part),
        ("my_host MX 10 m.x.", part),
        ("-a A 192.0.2.1", part),
        ("a- A 192.0.2.1", part),
        ("a\\.b A 192.0.2.1", part),
        (
            "a.*.b A 192.0.2.1",
            "\"*\" is a wildcard only as the first label",
        ),
        ("a.*.b TXT x", "\"*\" is a wildcard only as the first label"),
    ]);
    nothing(&[
        "* A 192.0.2.1",
        "*.a AAAA ::1",
        "_dmarc TXT x",
        "_x CNAME y.",
        "_sip._tcp SRV 0 0 1 t.x.",
        "gc._msdcs A 192.0.2.1",
        "x._spf A 127.0.0.2",
        "1 A 192.0.2.1",
    ]);
}

#[test]
fn a_final_dot_that_is_missing_is_noted_though_a_wildcard_answers() {
    table_of_parts(&[
        (
            "* A 192.0.2.1\n@ MX 10 mail.z.example",
            "mail.z.example.z.example. ends in the name of the zone twice",
        ),
        (
            "* A 192.0.2.1\nwww CNAME lb.z.example",
            "lb.z.example.z.example. ends in the name of the zone twice",
        ),
    ]);
}
