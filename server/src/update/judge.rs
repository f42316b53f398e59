//! An update against the zone as it stands: prerequisites, then its changes in order (RFC 2136 §3).
//!
//! What RFC and BIND pass over in silence is passed over here: a CNAME beside other records, a SOA that is not
//! ahead, the removal of the SOA and of the last name server. What is left are the steps that change something.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use dadns_zone::{DomainName, NameText, Rdata, RrsetKey, Rtype, TypeName, Zone, is_ahead};

use super::{Change, Code, Prerequisite, Update};

/// Why an update is not made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// What is answered.
    pub code: Code,
    /// Why, in words for an operator.
    pub why: String,
}

impl Refused {
    pub(super) fn new(code: Code, why: String) -> Self {
        Self { code, why }
    }
}

/// What an update comes to in a zone as it stands.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// The RRsets that the update asks to change, whether that makes a difference or not, each with the TTL
    /// that it asks for: what its key has to be allowed.
    pub asked: Vec<(RrsetKey, Option<u32>)>,
    /// What makes a difference, in order.
    pub steps: Vec<Step>,
}

/// A change that makes a difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// A record is added, and its TTL is that of its RRset.
    Add(RrsetKey, u32, Rdata),
    /// The RRset is exactly this record.
    Replace(RrsetKey, u32, Rdata),
    /// A record is removed.
    Remove(RrsetKey, Rdata),
    /// The RRset is removed.
    RemoveSet(RrsetKey),
}

impl Update {
    /// What it comes to in `zone`.
    ///
    /// # Errors
    /// Why it is not made.
    pub fn judge(&self, zone: &Zone) -> Result<Plan, Refused> {
        for prerequisite in &self.prerequisites {
            prerequisite.check(zone)?;
        }
        let changes = self.changes.as_ref().map_err(Clone::clone)?;
        if zone.is_signed() && !changes.is_empty() {
            let why = "it is signed, and any change would break its signatures".to_owned();
            return Err(Refused::new(Code::Refused, why));
        }
        let mut working = Working::new(zone);
        changes.iter().for_each(|change| working.make(change));
        Ok(working.plan)
    }
}

impl Prerequisite {
    fn check(&self, zone: &Zone) -> Result<(), Refused> {
        let at = |key: &RrsetKey| !zone.at(key.owner()).is_empty();
        // Of signatures there may be several sets.
        let has = |key: &RrsetKey| zone.get(key.owner(), key.rtype()).is_some();
        let name = |key: &RrsetKey| NameText(key.owner()).to_string();
        let set = |key: &RrsetKey| format!("{} {}", name(key), TypeName(key.rtype()));
        let (code, why) = match self {
            Self::InUse(key) if !at(key) => {
                (Code::NxDomain, format!("{} has no records", name(key)))
            }
            Self::NotInUse(key) if at(key) => {
                (Code::YxDomain, format!("{} has records", name(key)))
            }
            Self::Exists(key) if !has(key) => (Code::NxRrset, format!("there is no {}", set(key))),
            Self::ExistsNot(key) if has(key) => (Code::YxRrset, format!("there is {}", set(key))),
            Self::Equals(key, rdata) => match zone.get(key.owner(), key.rtype()) {
                Some(found) if found.rdata() == rdata => return Ok(()),
                _ => (Code::NxRrset, format!("{} has other records", set(key))),
            },
            _ => return Ok(()),
        };
        Err(Refused::new(code, format!("prerequisite not met: {why}")))
    }
}

/// The RRsets of a name by type: TTL and data.
type Sets = BTreeMap<Rtype, (u32, Vec<Rdata>)>;

/// A zone while an update is made.
struct Working<'z> {
    zone: &'z Zone,
    apex: DomainName,
    /// The names that were looked at, as they stand now.
    names: BTreeMap<Vec<u8>, Sets>,
    plan: Plan,
}

impl<'z> Working<'z> {
    fn new(zone: &'z Zone) -> Self {
        Self {
            zone,
            apex: zone.name().to_domain_name(),
            names: BTreeMap::new(),
            plan: Plan::default(),
        }
    }

    fn make(&mut self, change: &Change) {
        match change {
            Change::Add(key, ttl, rdata) => {
                self.plan.asked.push((key.clone(), Some(*ttl)));
                self.add(key, *ttl, rdata);
            }
            Change::Remove(key, rdata) => {
                self.plan.asked.push((key.clone(), None));
                self.remove(key, rdata);
            }
            Change::RemoveSet(key) => {
                self.plan.asked.push((key.clone(), None));
                self.remove_set(key);
            }
            Change::RemoveName(name) => {
                let types: Vec<_> = self.sets(name.owner()).keys().copied().collect();
                for rtype in types {
                    let key = RrsetKey::new(name.owner(), rtype);
                    if !self.is_kept(&key) {
                        self.plan.asked.push((key.clone(), None));
                        self.remove_set(&key);
                    }
                }
            }
        }
    }

    /// The RRsets at this name.
    fn sets(&mut self, owner: &DomainName) -> &mut Sets {
        match self.names.entry(owner.as_slice().to_vec()) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(unknown) => {
                let found = self.zone.at(owner).iter();
                let set = found.map(|set| (set.rtype(), (set.ttl(), set.rdata().to_vec())));
                unknown.insert(set.collect())
            }
        }
    }

    /// A zone keeps its SOA, and its name servers as a whole.
    fn is_kept(&self, key: &RrsetKey) -> bool {
        *key.owner() == self.apex && matches!(key.rtype(), Rtype::SOA | Rtype::NS)
    }

    fn add(&mut self, key: &RrsetKey, ttl: u32, rdata: &Rdata) {
        let rtype = key.rtype();
        let serial = self.serial();
        let is_apex = *key.owner() == self.apex;
        let sets = self.sets(key.owner());
        let is_passed_over = match rtype {
            Rtype::SOA => {
                !is_apex
                    || !serial_of(rdata)
                        .zip(serial)
                        .is_some_and(|(new, old)| is_ahead(new, old))
            }
            Rtype::CNAME => sets.keys().any(|other| !stands_beside_cname(*other)),
            _ => sets.contains_key(&Rtype::CNAME) && !stands_beside_cname(rtype),
        };
        if is_passed_over {
            return;
        }
        let step = match sets.entry(rtype) {
            Entry::Occupied(mut set) if is_single(rtype) => {
                if *set.get() == (ttl, vec![rdata.clone()]) {
                    return;
                }
                set.insert((ttl, vec![rdata.clone()]));
                Step::Replace
            }
            Entry::Occupied(mut set) => {
                let (known_ttl, known) = set.get_mut();
                let has = known.contains(rdata);
                if has && *known_ttl == ttl {
                    return;
                }
                *known_ttl = ttl;
                if !has {
                    known.push(rdata.clone());
                }
                Step::Add
            }
            Entry::Vacant(none) => {
                none.insert((ttl, vec![rdata.clone()]));
                Step::Add
            }
        };
        self.plan.steps.push(step(key.clone(), ttl, rdata.clone()));
    }

    fn remove(&mut self, key: &RrsetKey, rdata: &Rdata) {
        let rtype = key.rtype();
        let is_kept = self.is_kept(key);
        let Entry::Occupied(mut set) = self.sets(key.owner()).entry(rtype) else {
            return;
        };
        let (_, known) = set.get_mut();
        let Some(at) = known.iter().position(|known| known == rdata) else {
            return;
        };
        if is_kept && (rtype == Rtype::SOA || known.len() == 1) {
            return;
        }
        known.remove(at);
        if known.is_empty() {
            set.remove();
        }
        let step = Step::Remove(key.clone(), rdata.clone());
        self.plan.steps.push(step);
    }

    fn remove_set(&mut self, key: &RrsetKey) {
        if !self.is_kept(key) && self.sets(key.owner()).remove(&key.rtype()).is_some() {
            self.plan.steps.push(Step::RemoveSet(key.clone()));
        }
    }

    /// The serial of the zone as it stands now.
    fn serial(&mut self) -> Option<u32> {
        let apex = self.apex.clone();
        let (_, soa) = self.sets(&apex).get(&Rtype::SOA)?;
        serial_of(soa.first()?)
    }
}

/// The serial in the data of a SOA, in which five numbers come last.
fn serial_of(soa: &Rdata) -> Option<u32> {
    let (_, numbers) = soa.as_bytes().split_last_chunk::<20>()?;
    numbers
        .first_chunk()
        .map(|serial| u32::from_be_bytes(*serial))
}

/// Types of which a name has one record: a new one takes the place of the old one.
fn is_single(rtype: Rtype) -> bool {
    matches!(rtype, Rtype::SOA | Rtype::CNAME | Rtype::DNAME)
}

/// Types of records that a name with a CNAME may have (RFC 4035 §2.5), and CNAME itself.
fn stands_beside_cname(rtype: Rtype) -> bool {
    matches!(
        rtype,
        Rtype::CNAME | Rtype::KEY | Rtype::NSEC | Rtype::RRSIG
    )
}
