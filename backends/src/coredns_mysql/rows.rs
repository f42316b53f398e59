//! A zone as rows of the table of records, and back; and which rows have to change.

use std::collections::HashMap;

use dadns_zone::{DomainName, NameText, Rdata, Rrset, Rtype, TypeName, Zone, ZoneName};

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
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
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

/// A row as the table has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct StoredRow {
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
    /// Whether nothing has to change.
    pub fn is_empty(&self) -> bool {
        self.delete.is_empty() && self.insert.is_empty()
    }
}

/// The rows of `zone`, in the order of the index that readers look them up by: a server adds them to it at one
/// end, which is a tenth less work.
pub(super) fn of_zone(zone: &Zone) -> Vec<Row> {
    let apex = format!("{}.", zone.name());
    let mut rows = Vec::with_capacity(zone.record_count());
    for set in zone.rrsets() {
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
    rows.sort_unstable();
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

/// The rows to delete and to insert so that `stored` becomes `wanted`. Rows that are right already stay,
/// with their ids; rows that are switched off do not count as stored.
pub(super) fn changes<'w>(wanted: &'w [Row], stored: &[StoredRow]) -> Changes<'w> {
    let mut spare: HashMap<&Row, Vec<i64>> = HashMap::with_capacity(stored.len());
    let mut changes = Changes::default();
    for StoredRow { id, row, online } in stored {
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

/// What a row is that says the record of another row once more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Repeated {
    /// A fault: it is not there as it was written, and readers may answer the record twice.
    Fault,
    /// Nothing: the zone is the same without it.
    Harmless,
}

/// The zone that rows say. Rows that are switched off count for nothing.
///
/// # Errors
/// The first row that is no record or, where that is a fault, repeats one; or why all together are not a
/// zone.
pub(super) fn to_zone(
    name: &ZoneName,
    stored: &[StoredRow],
    repeated: Repeated,
) -> Result<Zone, String> {
    // By owner, type and, for signatures, the type that they cover.
    type Key = (DomainName, Rtype, Option<Rtype>);
    let mut sets: HashMap<Key, (u32, HashMap<Rdata, i64>)> = HashMap::new();
    for StoredRow { id, row, .. } in stored.iter().filter(|stored| stored.online) {
        let row = row
            .as_ref()
            .ok_or_else(|| format!("row {id} has a column that is NULL"))?;
        let fault = |why: String| format!("row {id} is no record: {why}");
        let (owner, rtype, rdata) = dadns_zone::record(name, &row.hostname, &row.rtype, &row.data)
            .map_err(|error| fault(error.to_string()))?;
        let ttl = u32::try_from(row.ttl).map_err(|_| fault(format!("its TTL is {}", row.ttl)))?;
        let single = Rrset::new(&owner, rtype, ttl, [rdata.clone()])
            .map_err(|error| fault(error.to_string()))?;
        let (set_ttl, data) = sets
            .entry((owner, rtype, single.covered()))
            .or_insert_with(|| (ttl, HashMap::new()));
        if *set_ttl != ttl {
            return Err(fault(format!(
                "its TTL is {ttl}, that of another row of its RRset {set_ttl}"
            )));
        }
        if let Some(other) = data.insert(rdata, *id)
            && repeated == Repeated::Fault
        {
            return Err(format!("row {id} repeats the record of row {other}"));
        }
    }
    let sets = sets
        .into_iter()
        .map(|((owner, rtype, _), (ttl, data))| Rrset::new(&owner, rtype, ttl, data.into_keys()));
    let sets = sets
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| error.to_string())?;
    Zone::new(name.clone(), sets).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests;
