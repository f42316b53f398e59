mod owners;
mod random;
mod removals;

use super::*;

/// When every master is asked, and some time before and after.
const ASKED: i64 = 1_000_000;
const BEFORE: i64 = ASKED - 1;
const AFTER: i64 = ASKED + 1;

fn at(millisecond: i64) -> Timestamp {
    Timestamp::from_millisecond(millisecond).unwrap()
}

fn name(text: &str) -> ZoneName {
    text.parse().unwrap()
}

/// `user@master` or `master`.
fn owner(text: &str) -> Owner {
    let (user, master) = match text.split_once('@') {
        Some((user, master)) => (Some(user.to_owned()), master),
        None => (None, text),
    };
    let master = master.to_owned();
    Owner { master, user }
}

/// Everything a pass looks at, and changes of it.
#[derive(Clone)]
struct World {
    masters: BTreeMap<String, Asked>,
    zones: BTreeMap<ZoneName, Desired>,
    absent: Absent,
    threshold: Threshold,
    confirm: bool,
}

impl World {
    fn new() -> Self {
        Self {
            masters: BTreeMap::new(),
            zones: BTreeMap::new(),
            absent: Absent::new(),
            threshold: Threshold {
                percent: 10,
                zones: 5,
            },
            confirm: false,
        }
    }

    fn master(mut self, host: &str, listing: Listing) -> Self {
        let began = at(ASKED);
        self.masters.insert(host.into(), Asked { began, listing });
        self
    }

    /// A master that lists these zones, each `zone` or `zone=user`.
    fn lists(self, host: &str, zones: &str) -> Self {
        let mut list = ZoneList::default();
        for word in zones.split_whitespace() {
            let (zone, user) = match word.split_once('=') {
                Some((zone, user)) => (zone, Some(user.to_owned())),
                None => (word, None),
            };
            list.zones.insert(name(zone), user);
        }
        self.master(host, Listing::Known(list))
    }

    fn unknown(self, host: &str) -> Self {
        self.master(host, Listing::Unknown("it answers 503".into()))
    }

    fn zone(mut self, zone: &str, present: bool, whose: &str, changed: i64) -> Self {
        let owner = (!whose.is_empty()).then(|| owner(whose));
        let changed = at(changed);
        let desired = Desired {
            present,
            owner,
            changed,
        };
        self.zones.insert(name(zone), desired);
        self
    }

    /// Zones that have been present for long.
    fn holds(self, zones: &str, whose: &str) -> Self {
        zones
            .split_whitespace()
            .fold(self, |world, zone| world.zone(zone, true, whose, BEFORE))
    }

    /// What the pass before found absent.
    fn was_absent(mut self, host: &str, zones: &str) -> Self {
        let zones = zones.split_whitespace().map(name).collect();
        self.absent.insert(host.into(), zones);
        self
    }

    fn plan(&self) -> Plan {
        plan(Input {
            masters: &self.masters,
            zones: &self.zones,
            absent: &self.absent,
            threshold: self.threshold,
            confirm: self.confirm,
        })
    }

    /// The plan in words, sorted: `absent z@a`, `moved z to u@b`, ….
    fn planned(&self) -> Vec<String> {
        let plan = self.plan();
        let owners = |what: &'static str, zones: &BTreeMap<ZoneName, Owner>| {
            let word = |(zone, owner): (&ZoneName, &Owner)| {
                let user = owner.user.as_ref().map(|user| format!("{user}@"));
                format!("{what} {zone} {}{}", user.unwrap_or_default(), owner.master)
            };
            zones.iter().map(word).collect::<Vec<_>>()
        };
        let absent = |what: &'static str, absent: &Absent| {
            let pairs = absent.iter();
            let pairs = pairs.flat_map(|(host, zones)| zones.iter().map(move |zone| (host, zone)));
            pairs
                .map(|(host, zone)| format!("{what} {zone} {host}"))
                .collect::<Vec<_>>()
        };
        let stopped = plan.stopped.iter();
        let stopped: Vec<String> = stopped
            .map(|stop| format!("stopped {} {}/{}", stop.master, stop.absent, stop.present))
            .collect();
        [
            absent("absent", &plan.absent),
            owners("moved", &plan.moved),
            absent("orphan", &plan.orphans),
            owners("owner", &plan.owners),
            owners("fetch", &plan.fetch),
            stopped,
        ]
        .concat()
    }

    fn remembered(&self) -> Vec<String> {
        let remember = self.plan().remember;
        let pairs = remember.iter();
        pairs
            .flat_map(|(host, zones)| zones.iter().map(move |zone| format!("{zone} {host}")))
            .collect()
    }
}

fn planned(world: World) -> Vec<String> {
    world.planned()
}

const NOTHING: [&str; 0] = [];
