//! What an operator says about groups of backends.

use std::collections::{BTreeMap, BTreeSet};

use dadns_keys::{Report, any, items, keys, many, one, text, whole};

use super::{Group, Groups, Target};

/// The list of groups.
const LIST: &str = "placement.groups";

keys! {
    /// Which backends serve which zones, where not all of them serve all: each zone goes to some groups of backends,
    /// chosen by its name, and stays there until an operator orders a move. See docs/placement.md.
    pub struct Settings("placement") {
        /// To how many groups each zone goes: to groups of different sites while there are enough sites.
        pub factor: usize = whole(1, 100), "1";
        /// The groups. None: every zone goes to every backend. A backend in no group gets every zone.
        pub groups: Vec<GroupKeys> = items(), "[]";
    }
}

keys! {
    /// One group of backends.
    pub struct GroupKeys("") {
        /// Its name. It is stored with the zones that are placed there, so a new name is a new group.
        pub name: String = one(text()), required "fra-1";
        /// Where it stands.
        pub site: String = one(any()), "\"\"";
        /// How many zones it gets beside the others: twice the weight, twice the zones. 0: no new ones.
        pub weight: u32 = whole(0, 1_000_000), "1";
        /// Its backends. In a cluster those that belong to one node as NODE/BACKEND.
        pub backends: Vec<String> = many(text()), required "[bind]";
    }
}

impl Settings {
    /// The groups as a node of this name sees them.
    pub fn groups(&self, node: &str) -> Groups {
        let groups = self.groups.iter().map(|group| Group {
            name: group.name.clone(),
            site: group.site.clone(),
            weight: group.weight,
            backends: group
                .backends
                .iter()
                .map(|text| Target::new(text))
                .collect(),
        });
        Groups::new(self.factor, groups.collect(), node)
    }

    /// Rules between its keys, and the backends of this node that are enabled. `cluster`: its name, where there may be
    /// others, whose backends are not known here.
    pub fn check<'a>(
        &self,
        backends: impl Iterator<Item = &'a str>,
        cluster: Option<&str>,
        report: &mut Report,
    ) {
        let enabled: BTreeSet<&str> = backends.collect();
        let mut names = BTreeMap::new();
        let mut taken = BTreeMap::new();
        for (number, group) in (1..).zip(&self.groups) {
            let at = |key: &str| format!("{LIST}.{number}.{key}");
            let plain = |octet: u8| octet.is_ascii_alphanumeric() || b"-_.".contains(&octet);
            if group.name.len() > 64 || !group.name.bytes().all(plain) {
                let path = at("name");
                let message = format!(
                    "{path}: {:?} is not a name of at most 64 letters, digits, '-', '_' and '.'",
                    group.name
                );
                report.fail(&path, message);
            }
            if let Some(other) = names.insert(&group.name, number) {
                let path = at("name");
                let message = format!("{path}: {LIST}.{other} is called {} already", group.name);
                report.fail(&path, message);
            }
            let path = at("backends");
            if group.backends.is_empty() {
                report.fail(
                    &path,
                    format!("{path} is empty: a group has a backend at least"),
                );
            }
            for text in &group.backends {
                if let Some(other) = taken.insert(text, number) {
                    let message = format!("{path}: {text} is in {LIST}.{other} already");
                    report.fail(&path, message);
                }
                let target = Target::new(text);
                let fault = match (&target.node, cluster) {
                    (Some(_), None) => {
                        Some("NODE/BACKEND is for clusters, and cluster.engine is none")
                    }
                    (_, node) => {
                        let is_ours =
                            target.node.is_some() && node.is_some_and(|node| target.is_of(node));
                        let known = enabled.contains(target.backend.as_str());
                        ((is_ours || node.is_none()) && !known)
                            .then_some("there is no such backend, or it is not enabled")
                    }
                };
                if let Some(fault) = fault {
                    report.fail(&path, format!("{path}: {text}: {fault}"));
                }
            }
        }
        let usable = self.groups.iter().filter(|group| group.weight > 0).count();
        if !self.groups.is_empty() && self.factor > usable {
            let message = format!(
                "placement.factor is {}, but there are {usable} groups with a weight in {LIST}",
                self.factor
            );
            report.fail("placement.factor", message);
        }
    }
}
