use super::*;
use crate::conformance::zone;

fn stored(rows: Vec<Row>) -> Vec<StoredRow> {
    let rows = rows.into_iter().zip(1..);
    rows.map(|(row, id)| StoredRow {
        id,
        row: Some(row),
        online: true,
    })
    .collect()
}

fn row(hostname: &str, rtype: &str, data: &str, ttl: i64) -> Row {
    Row {
        hostname: hostname.into(),
        rtype: rtype.into(),
        data: data.into(),
        ttl,
    }
}

#[test]
fn rows_have_relative_owners_and_absolute_data() {
    let zone = zone(
        "a.example",
        7,
        "www CNAME host\n*.x.y MX 10 mail\ndot\\.ted TXT \"a b\"\n",
    );
    let rows = of_zone(&zone);
    let soa = "ns.example.net. host.example.net. 7 7200 3600 1209600 300";
    assert!(rows.is_sorted(), "{rows:#?}");
    for expected in [
        row("@", "SOA", soa, 3600),
        row("@", "NS", "ns.example.net.", 3600),
        row("www", "CNAME", "host.a.example.", 3600),
        row("*.x.y", "MX", "10 mail.a.example.", 3600),
        row("dot\\.ted", "TXT", "\"a b\"", 3600),
    ] {
        assert!(
            rows.contains(&expected),
            "{expected:?} is not among {rows:#?}"
        );
    }
    assert_eq!(
        to_zone(zone.name(), &stored(rows), Repeated::Fault).as_ref(),
        Ok(&zone)
    );
}

#[test]
fn what_readers_have_no_name_or_another_text_for_is_written_by_its_octets() {
    let text = "n NSAP 0x47.00\nx X25 \"12345\"\nw WALLET \"a\"\n";
    let zone = zone("a.example", 1, text);
    let rows = of_zone(&zone);
    for expected in [
        row("n", "TYPE22", "\\# 2 4700", 3600),
        row("x", "X25", "\\# 6 053132333435", 3600),
        row("w", "TYPE262", "\\# 2 0161", 3600),
    ] {
        assert!(rows.contains(&expected), "{rows:?}");
    }
    assert_eq!(
        to_zone(zone.name(), &stored(rows), Repeated::Fault).as_ref(),
        Ok(&zone)
    );
}

#[test]
fn an_owner_that_looks_like_the_apex_or_another_zone_is_told_from_it() {
    let zone = zone("a.example", 1, "\\@ A 192.0.2.1\nxa.example A 192.0.2.2\n");
    let rows = of_zone(&zone);
    assert!(
        rows.contains(&row("\\@", "A", "192.0.2.1", 3600)),
        "{rows:?}"
    );
    assert!(
        rows.contains(&row("xa.example", "A", "192.0.2.2", 3600)),
        "{rows:?}"
    );
    assert_eq!(
        to_zone(zone.name(), &stored(rows), Repeated::Fault).as_ref(),
        Ok(&zone)
    );
}

#[test]
fn only_rows_that_differ_change() {
    let old = stored(of_zone(&zone(
        "a.example",
        1,
        "www A 192.0.2.1\nmail A 192.0.2.2\n",
    )));
    let same = of_zone(&zone("a.example", 1, "mail A 192.0.2.2\nwww A 192.0.2.1\n"));
    assert!(changes(&same, &old).is_empty());
    let wanted = of_zone(&zone("a.example", 1, "www A 192.0.2.9\nmail A 192.0.2.2\n"));
    let new = changes(&wanted, &old);
    let at = |data: &str| {
        old.iter()
            .find(|stored| stored.row.as_ref().unwrap().data == data)
            .unwrap()
            .id
    };
    assert_eq!(new.delete, [at("192.0.2.1")]);
    assert_eq!(new.insert, [&row("www", "A", "192.0.2.9", 3600)]);
}

#[test]
fn duplicates_rows_that_are_off_and_rows_with_null_are_deleted() {
    let www = row("www", "A", "192.0.2.1", 3600);
    let rows = [
        (1, Some(www.clone()), true),
        (2, Some(www.clone()), true),
        (3, Some(www.clone()), false),
        (4, None, true),
    ];
    let stored = rows.map(|(id, row, online)| StoredRow { id, row, online });
    let wanted = [www];
    let changes = changes(&wanted, &stored);
    assert!(changes.insert.is_empty());
    // Of two alike, either may stay.
    assert_eq!(changes.delete.len(), 3);
    assert!(changes.delete.ends_with(&[3, 4]));
}

#[test]
fn a_row_that_repeats_a_record_is_a_fault_unless_it_is_off_or_unmanaged() {
    let zone = zone("a.example", 1, "www A 192.0.2.1\n");
    let name = zone.name();
    let good = of_zone(&zone);
    for again in [
        good[2].clone(),
        // The same record in words of somebody else.
        row("WWW", "TYPE1", "\\# 4 c0000201", 3600),
    ] {
        let mut rows = stored([good.clone(), vec![again]].concat());
        let told = to_zone(name, &rows, Repeated::Fault);
        assert_eq!(told, Err("row 4 repeats the record of row 3".to_owned()));
        assert_eq!(changes(&good, &rows).delete.len(), 1);
        assert_eq!(to_zone(name, &rows, Repeated::Harmless), Ok(zone.clone()));
        rows[3].online = false;
        assert_eq!(to_zone(name, &rows, Repeated::Fault), Ok(zone.clone()));
    }
}

#[test]
fn rows_that_are_no_zone_are_told_with_their_id() {
    let name = "a.example".parse().unwrap();
    let good = of_zone(&zone("a.example", 1, "www 60 A 192.0.2.1\n"));
    for (bad, told) in [
        (
            row("www", "A", "192.0.2.2", 61),
            "row 4 is no record: its TTL is 61, that of",
        ),
        (
            row("www", "A", "192.0.2.2\n@ A 192.0.2.3", 60),
            "row 4 is no record: ",
        ),
        (row("", "A", "192.0.2.2", 60), "row 4 is no record: "),
        (
            row("www.example.net.", "A", "192.0.2.2", 60),
            "www.example.net",
        ),
        (
            row("x", "A", "192.0.2.2", -1),
            "row 4 is no record: its TTL is -1",
        ),
    ] {
        let rows = stored([good.clone(), vec![bad]].concat());
        let error = to_zone(&name, &rows, Repeated::Harmless).unwrap_err();
        assert!(error.contains(told), "{error}");
    }
    assert!(to_zone(&name, &[], Repeated::Fault).is_err());
}
