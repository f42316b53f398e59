//! The sections of an update (RFC 2136 §2), read and checked as far as that takes no zone.

use std::collections::BTreeMap;

use dadns_dns::Name;
use dadns_dns::message::{HEADER, IN};
use dadns_zone::{MAX_TTL, NameText, Rdata, RrsetKey, Rtype, TypeName};

use super::rdata::written_out;
use super::{Code, Refused};

const NONE: u16 = 254;
const ANY: u16 = 255;

/// What has to be so before anything is changed (RFC 2136 §2.4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Prerequisite {
    /// There are records at the name.
    InUse(RrsetKey),
    /// There are none.
    NotInUse(RrsetKey),
    /// There is such an RRset.
    Exists(RrsetKey),
    /// There is none.
    ExistsNot(RrsetKey),
    /// The RRset has exactly these records: sorted, no duplicates.
    Equals(RrsetKey, Vec<Rdata>),
}

/// One change (RFC 2136 §2.5).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A record is added, and its TTL is that of its RRset.
    Add(RrsetKey, u32, Rdata),
    /// An RRset is removed.
    RemoveSet(RrsetKey),
    /// All RRsets at the name are removed; the type is ANY.
    RemoveName(RrsetKey),
    /// A record is removed.
    Remove(RrsetKey, Rdata),
}

/// A record of an update.
struct Record {
    key: RrsetKey,
    class: u16,
    ttl: u32,
    /// Without data there is none to be read.
    data: Option<Vec<u8>>,
}

/// The sections behind that of the zone.
pub(super) struct Sections {
    prerequisites: Vec<Record>,
    changes: Vec<Record>,
}

impl Sections {
    /// Reads those of a message with one zone; `None`: they are malformed.
    pub fn read(message: &[u8]) -> Option<Self> {
        let counts = message.get(4..HEADER)?;
        let count = |at: usize| usize::from(u16::from_be_bytes([counts[at], counts[at + 1]]));
        let (_, behind) = Name::unpack(message, HEADER)?;
        let mut at = behind + 4;
        let mut records = |count: usize| {
            let mut all = Vec::new();
            for _ in 0..count {
                let (record, behind) = Record::read(message, at)?;
                all.push(record);
                at = behind;
            }
            Some(all)
        };
        Some(Self {
            prerequisites: records(count(2))?,
            changes: records(count(4))?,
        })
    }

    /// The first name that is not in the zone with this apex.
    pub fn outside(&self, apex: &Name) -> Option<&RrsetKey> {
        let all = self.prerequisites.iter().chain(&self.changes);
        let mut keys = all.map(|record| &record.key);
        keys.find(|key| !is_in(key.owner().as_slice(), apex))
    }

    /// What has to be so.
    ///
    /// # Errors
    /// What is wrong with one of them.
    pub fn prerequisites(&self) -> Result<Vec<Prerequisite>, Refused> {
        let mut all = Vec::new();
        let mut equal = BTreeMap::<RrsetKey, Vec<Rdata>>::new();
        for record in &self.prerequisites {
            let malformed =
                |why: &str| Refused::new(Code::FormErr, record.named("prerequisite", why));
            let key = record.key.clone();
            let is_any = key.rtype() == Rtype::ANY;
            if record.ttl != 0 {
                return Err(malformed("it has a TTL"));
            }
            match (record.class, &record.data) {
                (ANY | NONE, Some(_)) => return Err(malformed("it has data")),
                (ANY, None) if is_any => all.push(Prerequisite::InUse(key)),
                (ANY, None) => all.push(Prerequisite::Exists(key)),
                (NONE, None) if is_any => all.push(Prerequisite::NotInUse(key)),
                (NONE, None) => all.push(Prerequisite::ExistsNot(key)),
                (IN, _) => {
                    let rdata = record.rdata().map_err(|why| malformed(&why))?;
                    equal.entry(key).or_default().push(rdata);
                }
                _ => {
                    return Err(malformed(
                        "its class is neither that of the zone nor ANY or NONE",
                    ));
                }
            }
        }
        all.extend(equal.into_iter().map(|(key, mut rdata)| {
            rdata.sort_unstable();
            rdata.dedup();
            Prerequisite::Equals(key, rdata)
        }));
        Ok(all)
    }

    /// What is to change: all of it is looked at before anything is changed (RFC 2136 §3.4.1).
    ///
    /// # Errors
    /// What is wrong with one of them.
    pub fn changes(&self) -> Result<Vec<Change>, Refused> {
        self.changes.iter().map(Record::change).collect()
    }
}

impl Record {
    /// That at `at` of a message, and what is behind it.
    fn read(message: &[u8], at: usize) -> Option<(Self, usize)> {
        let (owner, at) = Name::unpack(message, at)?;
        let fixed = message.get(at..)?.first_chunk::<10>()?;
        let [t0, t1, c0, c1, ttl @ .., l0, l1] = *fixed;
        let rtype = Rtype::from_int(u16::from_be_bytes([t0, t1]));
        let data = at + 10..at + 10 + usize::from(u16::from_be_bytes([l0, l1]));
        let behind = data.end;
        let data = match data.is_empty() {
            true => None,
            false => Some(written_out(rtype, message, data)?),
        };
        let record = Self {
            key: RrsetKey::new(&owner.to_domain_name(), rtype),
            class: u16::from_be_bytes([c0, c1]),
            ttl: u32::from_be_bytes(ttl),
            data,
        };
        Some((record, behind))
    }

    fn named(&self, what: &str, why: &str) -> String {
        let (owner, rtype) = (NameText(self.key.owner()), TypeName(self.key.rtype()));
        format!("the {what} {owner} {rtype} is refused: {why}")
    }

    fn rdata(&self) -> Result<Rdata, String> {
        let data = self.data.as_deref().unwrap_or_default();
        Rdata::from_wire(self.key.rtype(), data).map_err(|error| error.to_string())
    }

    fn change(&self) -> Result<Change, Refused> {
        let refused = |code, why: &str| Err(Refused::new(code, self.named("change", why)));
        let malformed = |why: &str| refused(Code::FormErr, why);
        let key = self.key.clone();
        let rtype = key.rtype();
        let (is_any, is_meta) = (rtype == Rtype::ANY, is_meta(rtype));
        if is_meta && !(is_any && self.class == ANY) {
            return malformed("no zone has records of its type");
        }
        match (self.class, &self.data) {
            (ANY | NONE, _) if self.ttl != 0 => malformed("it removes, and has a TTL"),
            (ANY, Some(_)) => malformed("it removes all records, and has data"),
            (ANY, None) if is_any => Ok(Change::RemoveName(key)),
            (ANY, None) => Ok(Change::RemoveSet(key)),
            (IN | NONE, _) if is_of_signer(rtype) => refused(
                Code::Refused,
                "such records come from whoever signs the zone",
            ),
            (IN | NONE, _) => match (self.rdata(), self.class) {
                (Err(why), _) => malformed(&why),
                (Ok(rdata), NONE) => Ok(Change::Remove(key, rdata)),
                // With the highest bit it counts as zero (RFC 2181 §8).
                (Ok(rdata), _) => {
                    let ttl = Some(self.ttl).filter(|ttl| *ttl <= MAX_TTL);
                    Ok(Change::Add(key, ttl.unwrap_or(0), rdata))
                }
            },
            _ => malformed("its class is neither that of the zone nor ANY or NONE"),
        }
    }
}

/// OPT and the types of queries (RFC 6895 §3.1).
fn is_meta(rtype: Rtype) -> bool {
    matches!(rtype.to_int(), 0 | 41 | 128..=255)
}

fn is_of_signer(rtype: Rtype) -> bool {
    matches!(rtype, Rtype::NSEC | Rtype::NSEC3 | Rtype::RRSIG)
}

/// Whether a lower-case name is in the zone with this apex.
fn is_in(name: &[u8], apex: &Name) -> bool {
    let Some(name) = Name::read(name) else {
        return false;
    };
    let below = name.labels().checked_sub(apex.labels());
    below.is_some_and(|below| name.without(below) == apex.as_wire())
}
