//! The groups as an operator has configured them.

use std::collections::{BTreeMap, BTreeSet};

use dadns_backends::BackendId;
use dadns_zone::ZoneName;

use super::placed::{Before, Placement, Why};
use super::rank::score;

/// A group of backends that serve the same zones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Its name.
    pub name: String,
    /// Where it stands.
    pub site: String,
    /// How many zones it gets beside the others; 0: none.
    pub weight: u32,
    /// Its backends, as they are configured.
    pub backends: Vec<Target>,
}

/// A backend as a group names it: `BACKEND`, or `NODE/BACKEND` where nodes have backends of their own.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Target {
    /// The node that it belongs to; `None`: any.
    pub node: Option<String>,
    /// Its name.
    pub backend: String,
}

/// All groups, with the number of groups that a zone goes to.
#[derive(Debug, Clone, Default)]
pub struct Groups {
    factor: usize,
    groups: Vec<Group>,
    /// The group of each backend of this node.
    here: BTreeMap<BackendId, String>,
}

impl Target {
    /// What a group names.
    pub fn new(text: &str) -> Self {
        match text.split_once('/') {
            Some((node, backend)) => Self {
                node: Some(node.to_owned()),
                backend: backend.to_owned(),
            },
            None => Self {
                node: None,
                backend: text.to_owned(),
            },
        }
    }

    /// Whether it is a backend of `node`.
    pub fn is_of(&self, node: &str) -> bool {
        self.node.as_deref().is_none_or(|own| own == node)
    }
}

impl std::fmt::Display for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.node {
            Some(node) => write!(f, "{node}/{}", self.backend),
            None => f.write_str(&self.backend),
        }
    }
}

impl Groups {
    /// Groups as they are configured; zones go to `factor` of them each. `node`: the name of this node.
    pub fn new(factor: usize, groups: Vec<Group>, node: &str) -> Self {
        let mut here = BTreeMap::new();
        for group in &groups {
            for target in group.backends.iter().filter(|target| target.is_of(node)) {
                if let Ok(id) = target.backend.parse() {
                    here.insert(id, group.name.clone());
                }
            }
        }
        Self {
            factor,
            groups,
            here,
        }
    }

    /// Whether there is none: then every zone goes to every backend.
    pub fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }

    /// To how many groups each zone goes.
    pub fn factor(&self) -> usize {
        self.factor
    }

    /// All groups.
    pub fn all(&self) -> &[Group] {
        &self.groups
    }

    /// The group of this name.
    pub fn get(&self, name: &str) -> Option<&Group> {
        self.groups.iter().find(|group| group.name == name)
    }

    /// The group of a backend of this node; `None`: it is in none, and gets every zone.
    pub fn of(&self, backend: &BackendId) -> Option<&str> {
        self.here.get(backend).map(String::as_str)
    }

    /// The backends of this node that are in one of these groups.
    pub fn backends_in<'a>(
        &'a self,
        names: &'a BTreeSet<String>,
    ) -> impl Iterator<Item = &'a BackendId> {
        let here = self.here.iter();
        here.filter(|(_, group)| names.contains(*group))
            .map(|(backend, _)| backend)
    }

    /// The groups that a zone goes to by its name. Each next one is the group with the highest score of those at the
    /// site that has the fewest groups of the zone so far: so they stand at different sites while there are enough
    /// sites.
    pub fn place(&self, zone: &ZoneName) -> BTreeSet<String> {
        let mut left: Vec<(&Group, f64)> = self
            .groups
            .iter()
            .filter(|group| group.weight > 0)
            .map(|group| (group, score(&group.name, group.weight, zone)))
            .collect();
        // Where two scores are the same, the name decides: the order of the configuration must not.
        left.sort_by(|(one, a), (other, b)| b.total_cmp(a).then_with(|| one.name.cmp(&other.name)));
        let mut at_site = BTreeMap::<&str, usize>::new();
        let mut chosen = BTreeSet::new();
        while chosen.len() < self.factor && !left.is_empty() {
            let used = |group: &Group| at_site.get(group.site.as_str()).copied().unwrap_or(0);
            let best = (0..left.len()).min_by_key(|index| used(left[*index].0));
            let Some(best) = best else { break };
            let (group, _) = left.remove(best);
            *at_site.entry(&group.site).or_default() += 1;
            chosen.insert(group.name.clone());
        }
        chosen
    }

    /// Whether a zone with this placement is desired on a backend of this node. One that was never placed, or of
    /// which no group is configured any more, is desired everywhere: that nobody knows where it belongs must not take
    /// it off the air.
    pub fn is_at(&self, backend: &BackendId, placement: Option<&Placement>) -> bool {
        self.is_in(self.of(backend), placement)
    }

    /// The same of a backend of another node, which has the same groups.
    pub fn is_at_node(&self, node: &str, backend: &str, placement: Option<&Placement>) -> bool {
        let has = |group: &&Group| {
            let mut targets = group.backends.iter();
            targets.any(|target| target.is_of(node) && target.backend == backend)
        };
        let group = self.groups.iter().find(has);
        self.is_in(group.map(|group| group.name.as_str()), placement)
    }

    fn is_in(&self, group: Option<&str>, placement: Option<&Placement>) -> bool {
        let (Some(group), Some(placement)) = (group, placement) else {
            return true;
        };
        placement.has(group) || !self.knows(placement)
    }

    /// Whether any group of the placement is configured.
    pub fn knows(&self, placement: &Placement) -> bool {
        placement.before == Some(Before::Everywhere)
            || self.groups.iter().any(|group| placement.has(&group.name))
    }

    /// Why a zone belongs elsewhere than its placement says, and where; `None`: it is where it belongs.
    pub fn misplaced(
        &self,
        zone: &ZoneName,
        placement: Option<&Placement>,
    ) -> Option<(BTreeSet<String>, Why)> {
        if self.is_empty() {
            return None;
        }
        let to = self.place(zone);
        let why = match placement {
            None => Why::NeverPlaced,
            Some(placement) if placement.groups == to => return None,
            Some(placement) => self.why(&placement.groups, &to),
        };
        Some((to, why))
    }

    fn why(&self, from: &BTreeSet<String>, to: &BTreeSet<String>) -> Why {
        let lost: Vec<&String> = from.difference(to).collect();
        let gone = lost.iter().find(|name| self.get(name).is_none());
        let drained = lost
            .iter()
            .find(|name| self.get(name).is_some_and(|group| group.weight == 0));
        match (gone, drained) {
            (Some(name), _) => Why::Gone((*name).clone()),
            (None, Some(name)) => Why::NoWeight((*name).clone()),
            (None, None) if from.len() != to.len() => Why::Factor(to.len()),
            (None, None) => Why::Ranked(to.difference(from).cloned().collect()),
        }
    }

    /// The backends that have to be verified to have a zone before a move to these groups is over; `None`: one of the
    /// groups is not configured, or has no backend, so that it cannot end.
    pub fn targets(&self, names: &BTreeSet<String>) -> Option<BTreeSet<&Target>> {
        let mut targets = BTreeSet::new();
        for name in names {
            let group = self.get(name).filter(|group| !group.backends.is_empty())?;
            targets.extend(&group.backends);
        }
        Some(targets)
    }
}
