//! A zone as rows of the table of records, and back; and which rows have to change.

use std::collections::HashMap;

use dadns_zone::{DomainName, NameText, Rdata, RecordSet, Rtype, TypeName, Zone, ZoneName};

/// How the table says that an owner is the apex.
const APEX: &str = "@";

/// Types that CoreDNS (miekg/dns 1.1.73) knows by number only: SINK, DSYNC, HHIT, BRID, DOA, WALLET and
/// NSAP.
const UNNAMED: [Rtype; 7] = [
    Rtype::NSAP,
    Rtype::SINK,
    Rtype::from_int(66),
    Rtype::from_int(67),
    Rtype::from_int(68),
    Rtype::from_int(259),
    Rtype::from_int(262),
];

/// Types whose character-strings it takes without quotes only.
const UNQUOTED: [Rtype; 2] = [Rtype::X25, Rtype::GPOS];

/// What one row says.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Row {
    /// The owner relative to the apex, `@` for the apex itself.
    pub hostname: String,
    /// The type by its mnemonic, or `TYPEnnn` (RFC 3597 §5).
    pub rtype: String,
    /// The RDATA in presentation form, its names absolute.
    pub data: String,
    /// Seconds.
    pub ttl: i64,
}

/// A row as the table holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct HeldRow {
    pub id: i64,
    /// `None`: a column is NULL, so it is no record.
    pub row: Option<Row>,
    /// Whether servers answer with it.
    pub online: bool,
}

/// What has to change so that a zone has exactly the rows it should.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Changes<'w> {
    /// The ids of rows to delete.
    pub delete: Vec<i64>,
    /// The rows to insert.
    pub insert: Vec<&'w Row>,
}

impl Changes<'_> {
    /// Whether all is as it should be.
    pub fn is_empty(&self) -> bool {
        self.delete.is_empty() && self.insert.is_empty()
    }
}

/// The rows of `zone`: the SOA first, then in the zone's order.
pub(super) fn of_zone(zone: &Zone) -> Vec<Row> {
    let apex = format!("{}.", zone.name());
    let mut rows = Vec::with_capacity(zone.record_count());
    for set in zone.record_sets() {
        let hostname = hostname(set.owner(), &apex);
        let rtype = match UNNAMED.contains(&set.rtype()) {
            true => format!("TYPE{}", set.rtype().to_int()),
            false => TypeName(set.rtype()).to_string(),
        };
        rows.extend(set.rdata().iter().map(|rdata| Row {
            hostname: hostname.clone(),
            rtype: rtype.clone(),
            data: data(set.rtype(), rdata),
            ttl: i64::from(set.ttl()),
        }));
    }
    rows
}

/// The RDATA in a form that readers take: by its octets where they have no other or not ours.
fn data(rtype: Rtype, rdata: &Rdata) -> String {
    match UNNAMED.contains(&rtype) || UNQUOTED.contains(&rtype) {
        true => dadns_zone::opaque(rdata),
        false => dadns_zone::presentation(rtype, rdata),
    }
}

/// `owner` relative to `apex`, which has its final dot. Every owner of a zone ends in its apex.
fn hostname(owner: &DomainName, apex: &str) -> String {
    let mut name = NameText(owner).to_string();
    match name.strip_suffix(apex) {
        Some("") => APEX.to_owned(),
        Some(relative) => {
            name.truncate(relative.len() - 1);
            name
        }
        None => name,
    }
}

/// The rows to delete and to insert so that `held` becomes `wanted`. Rows that are right already stay,
/// with their ids; rows that are switched off do not count as held.
pub(super) fn changes<'w>(wanted: &'w [Row], held: &[HeldRow]) -> Changes<'w> {
    let mut spare: HashMap<&Row, Vec<i64>> = HashMap::with_capacity(held.len());
    let mut changes = Changes::default();
    for HeldRow { id, row, online } in held {
        match row {
            Some(row) if *online => spare.entry(row).or_default().push(*id),
            _ => changes.delete.push(*id),
        }
    }
    for row in wanted {
        if spare.get_mut(row).and_then(Vec::pop).is_none() {
            changes.insert.push(row);
        }
    }
    changes.delete.extend(spare.into_values().flatten());
    changes.delete.sort_unstable();
    changes
}

/// The zone that rows say. Rows that are switched off count for nothing.
///
/// # Errors
/// The first row that is no record, or why all together are not a zone.
pub(super) fn to_zone(name: &ZoneName, held: &[HeldRow]) -> Result<Zone, String> {
    // By owner, type and, for signatures, the type that they cover.
    type Key = (DomainName, Rtype, Option<Rtype>);
    let mut sets: HashMap<Key, (u32, Vec<Rdata>)> = HashMap::new();
    for HeldRow { id, row, .. } in held.iter().filter(|held| held.online) {
        let row = row
            .as_ref()
            .ok_or_else(|| format!("row {id} has a column that is NULL"))?;
        let fault = |why: String| format!("row {id} is no record: {why}");
        let (owner, rtype, rdata) = dadns_zone::record(name, &row.hostname, &row.rtype, &row.data)
            .map_err(|error| fault(error.to_string()))?;
        let ttl = u32::try_from(row.ttl).map_err(|_| fault(format!("its TTL is {}", row.ttl)))?;
        let single = RecordSet::new(&owner, rtype, ttl, [rdata.clone()])
            .map_err(|error| fault(error.to_string()))?;
        let (set_ttl, data) = sets
            .entry((owner, rtype, single.covered()))
            .or_insert((ttl, Vec::new()));
        if *set_ttl != ttl {
            return Err(fault(format!(
                "its TTL is {ttl}, that of another row of its RRset {set_ttl}"
            )));
        }
        data.push(rdata);
    }
    let sets = sets
        .into_iter()
        .map(|((owner, rtype, _), (ttl, data))| RecordSet::new(&owner, rtype, ttl, data));
    let sets = sets
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| error.to_string())?;
    Zone::new(name.clone(), sets).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::zone;

    fn held(rows: Vec<Row>) -> Vec<HeldRow> {
        let rows = rows.into_iter().zip(1..);
        rows.map(|(row, id)| HeldRow {
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
        assert_eq!(rows[0], row("@", "SOA", soa, 3600));
        for expected in [
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
        assert_eq!(to_zone(zone.name(), &held(rows)).as_ref(), Ok(&zone));
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
        assert_eq!(to_zone(zone.name(), &held(rows)).as_ref(), Ok(&zone));
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
        assert_eq!(to_zone(zone.name(), &held(rows)).as_ref(), Ok(&zone));
    }

    #[test]
    fn only_rows_that_differ_change() {
        let old = held(of_zone(&zone(
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
                .find(|held| held.row.as_ref().unwrap().data == data)
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
        let held = rows.map(|(id, row, online)| HeldRow { id, row, online });
        let wanted = [www];
        let changes = changes(&wanted, &held);
        assert!(changes.insert.is_empty());
        // Of two alike, either may stay.
        assert_eq!(changes.delete.len(), 3);
        assert!(changes.delete.ends_with(&[3, 4]));
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
            let rows = held([good.clone(), vec![bad]].concat());
            let error = to_zone(&name, &rows).unwrap_err();
            assert!(error.contains(told), "{error}");
        }
        assert!(to_zone(&name, &[]).is_err());
    }
}
