//! Texts that are short and to the point: for each rule of a zone, of TTLs and of form, BIND and we
//! decide alike.

use crate::oracle::{compile, present_or_left_out};
use crate::{disagreement, generate};

/// Records on top of SOA and NS, a `|` between lines.
const RULES: [&str; 48] = [
    "ns1 DNAME x.|@ NS a.ns1",
    "@ NS ns1|ns1 NS x.",
    "@ NS a|a DNAME x.|a NS y.",
    "@ NS b.a|a DNAME x.|a NS y.",
    "@ NS b.a|a NS y.",
    "@ NS b.a|*.a A 1.2.3.4",
    "@ NS b.a|*.a CNAME x.",
    "@ NS b.a|* A 1.2.3.4|c.a TXT x",
    "@ NS b|b TXT x",
    "@ NS b|c.b A 1.2.3.4",
    "@ NS b|b AAAA ::1",
    "@ NS b|b CNAME x.",
    "@ DNAME x.|@ NS b|b A 1.2.3.4",
    "@ DNAME x.|b NS c.",
    "@ NS z.z.example.|z A 1.2.3.4|z DNAME q.",
    "a NS *.b",
    "*.a DNAME x.",
    "*.a NS x.",
    "*.a NSEC3 1 0 0 - 00000000000000000000000000000000",
    "a DNAME x.|b.a A 1.2.3.4",
    "@ NS *.a|*.a A 1.2.3.4",
    "@ NS x.*.a|*.a A 1.2.3.4",
    "@ CDS 0 0 0 00",
    "@ CDS 1 8 9 00",
    "@ CDS 0 0 0 00|@ CDS 1 8 9 00|@ DNSKEY 256 3 8 AA==",
    "@ CDS 1 8 9 00|@ DNSKEY 256 3 8 AA==",
    "@ CDNSKEY 0 3 0 AA==",
    "@ CDNSKEY 256 3 8 AA==|@ DNSKEY 256 3 7 AA==",
    "@ NSEC3PARAM 2 0 0 -",
    "@ NSEC3PARAM 2 0 0 -|@ NSEC3PARAM 1 0 0 -",
    "a NSEC3PARAM 2 0 0 -",
    "@ DS 1 8 9 00",
    "a DLV 1 8 9 00",
    "@ RESINFO a|@ RESINFO b",
    "a NSEC b A|a NSEC c A",
    "a SOA a. b. 1 1 1 1 1",
    "@ SOA ns. h. 2 2 3 4 5",
    "a CNAME b|a KEY 49152 3 8",
    "a CNAME b|a NSEC b A",
    "a CNAME b|a NSEC3 1 0 0 - 00000000000000000000000000000000",
    "a CNAME b|a CNAME c",
    "a CNAME b|a CNAME b",
    "a CNAME b|b TXT x|a MX 1 x",
    "@ TYPE128 \\# 0",
    "@ TYPE41 \\# 0",
    "@ TYPE0 \\# 0",
    "@ NS @",
    "@ NS b.a|a TXT x|b.a NSEC3 1 0 0 - 00000000000000000000000000000000",
];

/// The TTLs that records of one set disagree about, after a head without SOA and NS.
const TTLS: [&str; 9] = [
    "a 300 A 192.0.2.1|b 1 A 192.0.2.1|a 100 A 192.0.2.2",
    "a 300 A 192.0.2.1|b 1 A 192.0.2.1|a 100 A 192.0.2.1",
    "a 300 A 192.0.2.1|a 100 A 192.0.2.2|A 50 A 192.0.2.3",
    "@ NS b|b 5 A 192.0.2.1|@ 7 NS c.|b 9 A 192.0.2.2",
    "a 300 A 192.0.2.1|a 100 TXT x|a A 192.0.2.2|a TXT y",
    "x.other. 5 A 192.0.2.1|a A 192.0.2.1",
    "a 4294967295 A 192.0.2.1|b A 192.0.2.1",
    "a 300 MX 1 B|c 5 A 192.0.2.1|a 200 MX 1 b",
    "sub NS ns1.sub|sub NS ns2.sub|ns1.sub 5 A 192.0.2.1|ns2.sub 6 A 192.0.2.1|sub 7 NS x.|ns1.sub 8 A 192.0.2.1",
];

/// Records whose form is odd, right or wrong.
const FORMS: [&str; 44] = [
    "a TXT x;y",
    "a TXT x\\;y",
    "a TXT \"x;y\"",
    "a TXT x(y)z",
    "a TXT x\"y\"z",
    "a TXT (x|y)",
    "a TXT x\\",
    "a TXT \"x\\\\\"",
    "a TXT x\r",
    "a TXT \"x\r\"",
    "a\tTXT\t\\# ",
    "a TXT \\# 2 0178",
    "a TXT \\# x",
    "\\$TTL A 192.0.2.1",
    "\"a\" A 192.0.2.1",
    "\\@ A 192.0.2.1",
    "\\[x A 192.0.2.1",
    "x\\001z\\007example. A 192.0.2.1",
    "60 A 192.0.2.1",
    "IN IN A 192.0.2.1",
    "a IN 60 IN A 192.0.2.1",
    "a 60 60 A 192.0.2.1",
    "a CLASS1 A 192.0.2.1",
    "a CLASS2 A 192.0.2.1",
    "a 1h30 A 192.0.2.1",
    "a 0h30 A 192.0.2.1",
    "a type1 192.0.2.1",
    "a TYPE01 192.0.2.1",
    "a TYPE A x",
    "a A 192.0.2.01",
    "a AAAA 1:2:3:4:5:6:7:8:9",
    "a SVCB 1 . alpn=\"\\\\\\\\,\\\\\\,x\"",
    "a SVCB 1 \"b\" key9=\"\\\"\"",
    "a SVCB 1 b key8=x key8=y",
    "a NSEC \\# 7 00000140000140",
    "a NSEC \\# 7 00000140010140",
    "a LOC 1 N 2 E 0.05m",
    "a LOC 1 N 2 E -0.5",
    "a CERT 1 1 8 AB==",
    "a CERT 1 1 8 AA==",
    "a CERT 1 1 8 A A = =",
    "a RRSIG A 8 2 60 20300101000000 20200101000000 1 @ AAAA",
    "a RRSIG A 8 1 60 20300101000000 20200101000000 1 @ AAAA",
    "$ORIGIN \\097.z.example.|@ A 192.0.2.1|b MX 1 B",
];

#[test]
fn bind_agrees_about_the_rules_of_a_zone() {
    if !present_or_left_out("bind_agrees_about_the_rules_of_a_zone") {
        return;
    }
    for lines in RULES {
        let text = format!(
            "$TTL 60\n@ SOA ns. h. 1 2 3 4 5\n@ NS ns.\n{}\n",
            lines.replace('|', "\n")
        );
        assert_eq!(
            disagreement(&generate::name(), text.as_bytes()),
            None,
            "{lines}"
        );
    }
}

#[test]
fn bind_agrees_about_the_ttl_of_a_set() {
    if !present_or_left_out("bind_agrees_about_the_ttl_of_a_set") {
        return;
    }
    for lines in TTLS {
        for head in [
            "$TTL 60\n@ SOA ns. h. 1 2 3 4 5\n",
            "@ SOA ns. h. 1 2 3 4 5\n",
            "@ 40 SOA ns. h. 1 2 3 4 5\n",
        ] {
            let text = format!("{head}@ NS ns.\n{}\n", lines.replace('|', "\n"));
            assert!(
                compile(&generate::name(), text.as_bytes()).is_ok(),
                "{text}"
            );
            assert_eq!(
                disagreement(&generate::name(), text.as_bytes()),
                None,
                "{text}"
            );
        }
    }
}

#[test]
fn bind_agrees_about_odd_forms() {
    if !present_or_left_out("bind_agrees_about_odd_forms") {
        return;
    }
    for lines in FORMS {
        let text = format!(
            "$TTL 60\n@ SOA ns. h. 1 2 3 4 5\n@ NS ns.\n{}\n",
            lines.replace('|', "\n")
        );
        assert_eq!(
            disagreement(&generate::name(), text.as_bytes()),
            None,
            "{lines}"
        );
    }
}

#[test]
fn bind_agrees_about_many_records_and_many_types() {
    if !present_or_left_out("bind_agrees_about_many_records_and_many_types") {
        return;
    }
    let many = |line: fn(usize) -> String| -> String { (0..300).map(line).collect() };
    for lines in [
        many(|index| format!("a TXT {index}\n")),
        many(|index| format!("a TYPE{} \\# 0\n", 64_000 + index)),
        many(|index| format!("@ NS n{index}.\n")),
    ] {
        let text = format!("$TTL 60\n@ SOA ns. h. 1 2 3 4 5\n@ NS ns.\n{lines}");
        assert_eq!(disagreement(&generate::name(), text.as_bytes()), None);
    }
}
