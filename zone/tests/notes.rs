//! What is served as it is read, and told to its author: what BIND logs, and what nobody can have meant.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use dadns_zone::{Limits, NoteKind, Notes, ZoneName, read};

const HEAD: &str = "$TTL 60\n@ SOA ns.x. h.x. 1 2 3 4 5\n@ NS ns.x.\n";

fn notes_of(zone: &str, text: impl AsRef<[u8]>) -> Notes {
    let name = ZoneName::parse(zone).unwrap();
    match read(&name, text.as_ref(), &Limits::default()) {
        Ok(reading) => reading.notes,
        Err(errors) => panic!("{errors}"),
    }
}

/// What is noted of lines that follow SOA and NS; the first is line 4.
fn noted(lines: &str) -> Vec<String> {
    notes_of("z.example", format!("{HEAD}{lines}\n")).lines()
}

fn one_note(lines: &str, expected: &str) {
    assert_eq!(noted(lines), [expected], "{lines}");
}

/// Lines of which exactly one note has a part.
fn table_of_parts(cases: &[(&str, &str)]) {
    for (lines, part) in cases {
        let noted = noted(lines);
        assert!(
            noted.len() == 1 && noted[0].contains(part),
            "{lines}: {noted:?}"
        );
    }
}

fn nothing(cases: &[&str]) {
    for lines in cases {
        assert_eq!(noted(lines), [""; 0], "{lines}");
    }
}

#[test]
fn an_ordinary_zone_of_directadmin_has_no_notes() {
    let text = "\n\n$TTL 14400
@       IN      SOA     ns1.z.example.      hostmaster.z.example. (
                                                2026112101
                                                7200
                                                3600
                                                1209600
                                                180 )

z.example.\t14400\tIN\tNS\tns1.z.example.
z.example.\t14400\tIN\tNS\tns2.host.test.

autodiscover\t14400\tIN\tCNAME\tautodiscover.host.test.
z.example.\t14400\tIN\tA\t192.0.2.10
z.example.\t14400\tIN\tAAAA\t2001:db8::10
ftp\t14400\tIN\tCNAME\tz.example.
mail\t14400\tIN\tA\t192.0.2.10
ns1\t14400\tIN\tA\t192.0.2.1
www\t14400\tIN\tCNAME\tz.example.
*\t14400\tIN\tA\t192.0.2.10
z.example.\t14400\tIN\tMX\t10 mail
_autodiscover._tcp\t14400\tIN\tSRV\t0 0 443 mail
_443._tcp\t14400\tIN\tTLSA\t3 1 1 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
z.example.\t14400\tIN\tCAA\t0 issue \"letsencrypt.org; validationmethods=dns-01\"
z.example.\t14400\tIN\tHTTPS\t1 . alpn=\"h2\"
z.example.\t14400\tIN\tTXT\t\"v=spf1 a mx ip4:192.0.2.10 ~all\"
z.example.\t14400\tIN\tTXT\t\"google-site-verification=abc\"
_dmarc\t14400\tIN\tTXT\t\"v=DMARC1; p=none; rua=mailto:a@z.example\"
x._domainkey\t14400\tIN\tTXT\t( \"v=DKIM1; k=rsa; p=MIIB\"
\t\t\t\t\t\"IjAN\" )
";
    assert_eq!(notes_of("z.example", text).lines(), [""; 0]);
}

#[test]
fn a_semicolon_that_cut_data_off_is_noted() {
    one_note(
        "_dmarc TXT v=DMARC1; p=reject; rua=mailto:a@z.example",
        "line 4, column 20: an unquoted \";\" begins a comment, so that \"p=reject; rua=mailto:a@z.example\" is \
         not served; put the data in quotes (TXT record of _dmarc.z.example.)",
    );
    table_of_parts(&[
        (
            "x._domainkey TXT v=DKIM1;k=rsa;p=MIIB",
            "\"k=rsa;p=MIIB\" is not served",
        ),
        ("x._domainkey TXT k=rsa; p=MIIB", "\"p=MIIB\" is not served"),
        (
            "_dmarc TXT \"v=DMARC1\"; p=none",
            "\"p=none\" is not served",
        ),
        ("_dmarc TXT v=DMARC1 ; p=none", "\"p=none\" is not served"),
        ("_dmarc TXT ( v=DMARC1; p=none\n )", "line 4, column 22"),
        ("_mta-sts TXT v=STSv1; id=1", "\"id=1\" is not served"),
        (
            "@ CAA 0 issue letsencrypt.org; validationmethods=dns-01",
            "is not served",
        ),
        (
            "@ CAA 0 issue \"letsencrypt.org\" ; accounturi=x",
            "is not served",
        ),
        ("@ HTTPS 1 . alpn=h2; h3", "is not served"),
        (
            "x._domainkey TXT \"v=DKIM1\"; \"k=rsa\"; \"p=MIIB\"",
            "is not served",
        ),
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

#[test]
fn ordinary_comments_are_no_data() {
    nothing(&[
        "a A 192.0.2.1;web",
        "a A 192.0.2.1 ; web=1",
        "@ TXT \"v=spf1 -all\" ; policy",
        "@ TXT \"v=spf1 -all\";policy",
        "t TXT \"x\" ; key=value",
        "t TXT word ; a comment",
        "t TXT word ; owner=bob",
        "t TXT word;",
        "t TXT \"a;b\" ; c",
        "t TXT \"google-site-verification=abc\" ; owner=bob",
        "t TXT google-site-verification=abc ; verification=1",
        "_dmarc TXT \"v=DMARC1; p=none\" ;p=reject",
        "@ CAA 0 issue \"ca.x\" ; owner=bob",
        "k._domainkey TXT ( \"v=DKIM1; k=rsa; \" ; v=first\n \"p=MIIB\" )",
        "k._domainkey TXT ( \"v=DKIM1; k=rsa; \"\n \"p=MIIB\" ) ; k=x ----- DKIM key",
        "t TXT a\\;b",
        "@ MX 10 m.x.;b",
        "@ CAA 0 issue \"ca.x\" ; only this one",
        "t TXT ( \"a\" ; first\n \"b\" ; second\n )",
        "; a=b\n;c\n",
    ]);
}

#[test]
fn signs_that_begin_comments_elsewhere_are_noted() {
    one_note(
        "#old A 192.0.2.1",
        "line 4, column 1: \"#old\" does not begin a comment, comments begin with \";\": the line is served as a \
         record (A record of #old.z.example.)",
    );
    table_of_parts(&[
        ("//old A 192.0.2.1", "line 4, column 1: \"//old\""),
        (
            "t TXT \"x\" # comment",
            "line 4, column 11: \"#\" does not begin a comment",
        ),
        ("t TXT \"x\" // comment", "it is served as data"),
    ]);
}

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
fn texts_in_pieces_are_noted() {
    table_of_parts(&[
        (
            "@ TXT v=spf1 a mx -all",
            "line 4, column 3: the words are separate strings",
        ),
        ("t TXT hello world", "the words are separate strings"),
        (
            "@ TXT \"v=spf1\" \"a\" \"-all\"",
            "the strings of the SPF policy are joined without blanks",
        ),
        (
            "@ TXT \"v=spf1 a\" \"include:x.test -all\"",
            "the strings of the SPF policy are joined",
        ),
        (
            "@ TXT \"v=spf1 -all\"\n@ TXT \"v=spf1 a -all\"",
            "line 5, column 3: the name has more than one SPF",
        ),
        (
            "@ SPF \"v=spf1 -all\"",
            "the SPF policy is not found as type SPF",
        ),
        ("@ TXT \u{201c}v=spf1\u{201d}", "curly quotes"),
    ]);
    nothing(&[
        "@ TXT \"v=spf1 a \" \"-all\"",
        "@ TXT \"v=spf1 a\" \" -all\"",
        "@ TXT \"v=spf1 -all\"\n@ TXT \"v=spf1 -all\"",
        "@ TXT \"v=spf1 -all\"\n@ SPF \"v=spf1 -all\"",
        "@ TXT \"v=spf1 -all\"\n@ TXT \"v=spf2.0/pra -all\"",
        "x._domainkey TXT \"v=DKIM1; p=AA\" \"BB\"",
        "x._domainkey TXT ( v=DKIM1\\; p=AA\n BB )",
    ]);
}

#[test]
fn ttls_that_are_not_served_are_noted() {
    one_note(
        "a 300 A 192.0.2.1\na 600 A 192.0.2.2",
        "line 5, column 3: \"600\" is another TTL than that of the records beside it: all records of one name \
         and type are served with 300 (A record of a.z.example.)",
    );
    table_of_parts(&[
        (
            "a 300 A 192.0.2.1\nb A 192.0.2.1\na 600 A 192.0.2.2",
            "line 4, column 7: \"300\" is another TTL",
        ),
        ("a 4294967295 A 192.0.2.1", "counts as 0"),
    ]);
    nothing(&[
        "a 300 A 192.0.2.1\na A 192.0.2.2",
        "a 300 A 192.0.2.1\na 600 AAAA ::1",
        "a 300 A 192.0.2.1\na 300 A 192.0.2.1",
    ]);
    let without = "@ SOA ns.x. h.x. 1 2 3 4 5\n@ NS ns.x.\n";
    assert!(notes_of("z.example", without).lines()[0].contains("its minimum is the TTL"));
}

#[test]
fn a_record_without_a_name_after_an_origin_is_noted() {
    table_of_parts(&[(
        "$ORIGIN sub\n A 192.0.2.1",
        "line 5, column 2: the line has no name and follows $ORIGIN: the record is read for the name before",
    )]);
    nothing(&["$ORIGIN sub\n@ A 192.0.2.1\n A 192.0.2.2"]);
}

#[test]
fn a_mail_address_with_an_at_sign_is_noted() {
    let soa = "$TTL 60\n@ SOA ns.x. admin@x.test. 1 2 3 4 5\n@ NS ns.x.\n";
    let notes = notes_of("z.example", soa).lines();
    assert!(
        notes.len() == 1 && notes[0].contains("where a mail address in a SOA has a dot"),
        "{notes:?}"
    );
}

#[test]
fn twenty_notes_are_kept_in_the_order_of_the_text_and_the_others_counted() {
    let lines: String = (0..30)
        .map(|index| format!("h_{index} A 192.0.2.1\nx.other. A 192.0.2.1\n"))
        .collect();
    let notes = notes_of("z.example", format!("{HEAD}{lines}"));
    assert_eq!((notes.notes().len(), notes.more()), (20, 40));
    let places: Vec<u32> = notes.notes().iter().map(dadns_zone::Note::line).collect();
    assert!(places.is_sorted());
    assert_eq!(notes.notes()[0].kind(), &NoteKind::OwnerNotHost);
    let lines = notes.lines();
    assert_eq!((lines.len(), lines[20].as_str()), (21, "and 40 more"));
}

#[test]
fn the_same_name_is_noted_once() {
    table_of_parts(&[
        (
            "bücher A 192.0.2.1\nbücher A 192.0.2.2\nbücher MX 10 m.x.\nbücher TXT x",
            "line 4, ",
        ),
        ("my_host A 192.0.2.1\nmy_host AAAA ::1", "line 4, "),
        ("@ MX 10 mail\n@ MX 10 mail", "has no address"),
    ]);
}
