//! What is served as it is read, and told to its author: what BIND logs, and what nobody can have meant.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod names;

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
