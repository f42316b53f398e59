//! What a pass would change, from what the masters list and what is present here. Pure.
//!
//! Removing a zone that is still in use is the worst that a pass could do. So a zone goes only if its
//! owner, whose list is known, has not listed it twice in a row and no other master lists it; what
//! changed while the list was read is left to the next pass; while the list of any master is unknown,
//! nothing is removed, because a zone may have moved there; and where more is gone than a threshold allows,
//! nothing is removed anywhere until an operator confirms.
//!
//! Whoever carries a plan out has to see to it that a zone has not changed since it was made.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use dadns_zone::ZoneName;
use jiff::Timestamp;

use crate::masters::ZoneList;
use crate::store::Owner;

/// What one master answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// When it was asked: what happened here since then may or may not be in its list.
    pub began: Timestamp,
    /// What came of it.
    pub listing: Listing,
}

/// The zones of a master, as far as it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Listing {
    /// All of them.
    Known(ZoneList),
    /// It could not be asked, or its list could not be understood: why.
    Unknown(String),
}

/// What is known here of one zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Desired {
    /// Whether it is present; `false` is a tombstone.
    pub present: bool,
    /// Whose it is.
    pub owner: Option<Owner>,
    /// When that last changed.
    pub changed: Timestamp,
}

/// Zones that their owner did not list, by the host name of that master.
pub type Absent = BTreeMap<String, BTreeSet<ZoneName>>;

/// Each of them with its master.
pub fn each(absent: &Absent) -> Vec<(&str, &ZoneName)> {
    let of = |(host, zones)| {
        let (host, zones): (&String, &BTreeSet<ZoneName>) = (host, zones);
        zones.iter().map(|zone| (host.as_str(), zone))
    };
    absent.iter().flat_map(of).collect()
}

/// How many of a master's zones may be gone at once without a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Threshold {
    /// More than this share of them, in percent, is too many,
    pub percent: u32,
    /// if it is at least this number.
    pub zones: usize,
}

/// All that a pass looks at.
#[derive(Debug, Clone, Copy)]
pub struct Input<'a> {
    /// Every configured master, by its host name.
    pub masters: &'a BTreeMap<String, Asked>,
    /// Every zone that is present, and every tombstone.
    pub zones: &'a BTreeMap<ZoneName, Desired>,
    /// What the pass before found absent: its [`Plan::remember`].
    pub absent: &'a Absent,
    /// What may be gone without a question.
    pub threshold: Threshold,
    /// An operator has said that this pass may remove whatever it finds.
    pub confirm: bool,
}

/// What to do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// Owners that were not known, or whose user is another one now.
    pub owners: BTreeMap<ZoneName, Owner>,
    /// Zones that another master has now: their new owners.
    pub moved: BTreeMap<ZoneName, Owner>,
    /// Zones that are not present here: whom to ask for their texts.
    pub fetch: BTreeMap<ZoneName, Owner>,
    /// Zones that their owner did not list, for the first time or while another list is unknown.
    pub absent: Absent,
    /// Zones that their owner did not list for the second time: to remove.
    pub orphans: Absent,
    /// Why nothing is removed, if there would be too much: one reason for each master.
    pub stopped: Vec<Stopped>,
    /// Every zone that was found absent, for the next pass.
    pub remember: Absent,
}

/// A master that lacks too many zones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stopped {
    /// Its host name.
    pub master: String,
    /// How many of its zones it does not list.
    pub absent: usize,
    /// How many zones of it are present here.
    pub present: usize,
    /// What would have been allowed.
    pub threshold: Threshold,
}

impl fmt::Display for Stopped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Threshold { percent, zones } = self.threshold;
        let many = match self.absent == self.present {
            true => "it has none left".to_owned(),
            false => format!("that is more than {percent} % and at least {zones}"),
        };
        write!(
            f,
            "master {} does not list {} of the {} zones that are its own here; {many}, so that no zone of \
             any master is removed until an operator confirms",
            self.master, self.absent, self.present
        )
    }
}

/// Plans a pass.
pub fn plan(input: Input<'_>) -> Plan {
    let mut plan = Plan::default();
    let mut absent = Absent::new();
    for (zone, desired) in input.zones.iter().filter(|(_, desired)| desired.present) {
        match &desired.owner {
            None => input.backfill(zone, &mut plan),
            Some(owner) => {
                if input.is_absent(zone, desired, owner, &mut plan) {
                    let zones = absent.entry(owner.master.clone()).or_default();
                    zones.insert(zone.clone());
                }
            }
        }
    }
    input.fetches(&mut plan);
    input.removals(absent, &mut plan);
    plan
}

impl<'a> Input<'a> {
    /// The masters whose lists are known.
    fn known(&self) -> impl Iterator<Item = (&'a String, &'a Asked, &'a ZoneList)> + use<'a> {
        self.masters.iter().filter_map(|(host, asked)| {
            let Listing::Known(list) = &asked.listing else {
                return None;
            };
            Some((host, asked, list))
        })
    }

    /// Those that list `zone`, as its owners.
    fn listed_by(&self, zone: &ZoneName) -> Vec<Owner> {
        let owners = self.known().filter_map(|(host, _, list)| {
            let user = list.zones.get(zone)?.clone();
            let master = host.clone();
            Some(Owner { master, user })
        });
        owners.collect()
    }

    fn backfill(&self, zone: &ZoneName, plan: &mut Plan) {
        if let [owner] = self.listed_by(zone).as_slice() {
            plan.owners.insert(zone.clone(), owner.clone());
        }
    }

    /// Whether nobody lists the zone, although its owner should. Plans what else its list tells.
    fn is_absent(
        &self,
        zone: &ZoneName,
        desired: &Desired,
        owner: &Owner,
        plan: &mut Plan,
    ) -> bool {
        let Some(asked) = self.masters.get(&owner.master) else {
            return false;
        };
        let Listing::Known(list) = &asked.listing else {
            return false;
        };
        if let Some(user) = list.zones.get(zone) {
            if user.is_some() && *user != owner.user {
                let (master, user) = (owner.master.clone(), user.clone());
                plan.owners.insert(zone.clone(), Owner { master, user });
            }
            return false;
        }
        if is_since(desired, asked) || may_mean(list, zone) {
            return false;
        }
        match self.listed_by(zone).as_slice() {
            [] => true,
            [new] => {
                plan.moved.insert(zone.clone(), new.clone());
                false
            }
            // Whose it is now is for them to tell, by a push.
            _ => false,
        }
    }

    /// What is listed and not present. Where several masters list a zone, the one that it belonged to
    /// last is asked for it, or else the first.
    fn fetches(&self, plan: &mut Plan) {
        for (host, asked, list) in self.known() {
            for (zone, user) in &list.zones {
                let known = self.zones.get(zone);
                let last = known.and_then(|desired| desired.owner.as_ref());
                let was_own = last.is_some_and(|last| last.master == *host);
                // It was removed here while the master was still listing it.
                let removed =
                    |desired: &Desired| (was_own || last.is_none()) && is_since(desired, asked);
                if known.is_some_and(|desired| desired.present || removed(desired)) {
                    continue;
                }
                if was_own || !plan.fetch.contains_key(zone) {
                    let (master, user) = (host.clone(), user.clone());
                    plan.fetch.insert(zone.clone(), Owner { master, user });
                }
            }
        }
    }

    /// Whether a master whose list is known has no zone at all.
    fn lists_nothing(&self, host: &str) -> bool {
        let listing = self.masters.get(host).map(|asked| &asked.listing);
        matches!(listing, Some(Listing::Known(list)) if list.zones.is_empty() && list.unsupported.is_empty())
    }

    fn removals(&self, mut absent: Absent, plan: &mut Plan) {
        let all_known = self.known().count() == self.masters.len();
        for (host, zones) in &absent {
            let own = |desired: &&Desired| {
                let owner = desired.owner.as_ref();
                desired.present && owner.is_some_and(|owner| owner.master == *host)
            };
            let present = self.zones.values().filter(own).count();
            let share = present as u64 * u64::from(self.threshold.percent);
            let many = zones.len() >= self.threshold.zones && zones.len() as u64 * 100 > share;
            // Few zones are below any threshold: a list without any is odd all the same.
            let none = self.lists_nothing(host);
            if (many || none) && !self.confirm {
                plan.stopped.push(Stopped {
                    master: host.clone(),
                    absent: zones.len(),
                    present,
                    threshold: self.threshold,
                });
            }
            let before = self.absent.get(host);
            for zone in zones {
                let again = all_known && before.is_some_and(|before| before.contains(zone));
                let list = if again {
                    &mut plan.orphans
                } else {
                    &mut plan.absent
                };
                list.entry(host.clone()).or_default().insert(zone.clone());
            }
        }
        if !plan.stopped.is_empty() {
            plan.orphans.clear();
        }
        for (host, asked) in self.masters {
            if let (Listing::Unknown(_), Some(before)) = (&asked.listing, self.absent.get(host)) {
                absent.insert(host.clone(), before.clone());
            }
        }
        plan.remember = absent;
    }
}

/// Whether a zone changed here when its master was being asked, or later. To the millisecond, as which
/// the times of changes are kept.
fn is_since(desired: &Desired, asked: &Asked) -> bool {
    desired.changed.as_millisecond() >= asked.began.as_millisecond()
}

/// Whether a name in the list that is no zone name may mean `zone`: an international one that is
/// written as people write it.
fn may_mean(list: &ZoneList, zone: &ZoneName) -> bool {
    let international = |name: &String| !name.is_ascii();
    let mut labels = zone.as_str().split('.');
    labels.any(|label| label.starts_with("xn--")) && list.unsupported.iter().any(international)
}

#[cfg(test)]
mod tests;
