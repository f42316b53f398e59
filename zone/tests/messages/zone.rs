//! Errors of records that do not form a zone: where they are, and what else is to see.

use crate::{said, said_of, table, table_of_parts};

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
