//! What is counted of the calls of masters.

use crate::metrics::{Counters, Metrics, choice};

choice! {
    /// What a push was answered with.
    Push as "result":
    Stored = "stored", "the zone changed and is on disk";
    Unchanged = "unchanged", "the zone came again as it was";
    Refused = "refused", "it was not acceptable and nothing was changed";
    Held = "held", "the guard keeps it until an operator approves it";
    Failed = "failed", "the store could not make it durable";
}

choice! {
    /// What the removal of a zone was answered with.
    Removal as "result":
    Removed = "removed", "the zone is removed";
    NotPresent = "not_present", "there was no such zone";
    NotOwner = "not_owner", "the zone belongs to another master and is kept";
    Refused = "refused", "the request or the name was not acceptable";
    Failed = "failed", "the store could not make it durable";
}

/// What is counted of the calls of masters.
#[derive(Debug, Clone)]
pub struct Counts {
    pushes: Counters<Push>,
    removals: Counters<Removal>,
}

impl Counts {
    /// Declares it in `metrics`.
    pub fn new(metrics: &Metrics) -> Self {
        let pushes = metrics.choices(
            "pushes",
            "Pushes of masters by what they were answered with",
        );
        let removals = metrics.choices(
            "removals",
            "Removals asked for by masters, zone by zone, by what they were answered with",
        );
        Self {
            pushes: pushes.of(&[]),
            removals: removals.of(&[]),
        }
    }

    /// A push was answered.
    pub fn pushed(&self, push: Push) {
        self.pushes.count(&push);
    }

    /// What one removal asked for was answered.
    pub fn removed(&self, removal: Removal) {
        self.removals.count(&removal);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pushes_and_removals_are_counted_by_their_answers() {
        let metrics = Metrics::empty();
        let counts = Counts::new(&metrics);
        counts.pushed(Push::Stored);
        counts.pushed(Push::Stored);
        counts.removed(Removal::NotOwner);
        metrics.shows(&[
            "dadns_pushes_total{result=\"stored\"} 2",
            "dadns_pushes_total{result=\"held\"} 0",
            "dadns_removals_total{result=\"not_owner\"} 1",
            "dadns_removals_total{result=\"removed\"} 0",
        ]);
    }
}
