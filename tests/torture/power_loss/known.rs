//! What was acknowledged, and whether a store that was opened after a cut has it.

use std::collections::BTreeMap;

/// What a zone is: a removed one has no push.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct State {
    pub revision: u64,
    pub push: Option<u64>,
    pub edit: Option<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    Push(u64),
    Edit(u64),
    Remove,
}

impl State {
    /// What it is after a change.
    pub fn after(&self, change: Change) -> Self {
        let revision = self.revision + 1;
        match change {
            Change::Push(push) => Self {
                revision,
                push: Some(push),
                edit: self.edit,
            },
            Change::Edit(edit) => Self {
                revision,
                edit: Some(edit),
                push: self.push,
            },
            Change::Remove => Self {
                revision,
                ..Self::default()
            },
        }
    }
}

/// A zone as a store has it, with the revision that its backend may be behind on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    pub state: State,
    pub pending: Option<u64>,
}

/// All that a store has.
pub type Zones = BTreeMap<u64, Found>;

/// What is known of one zone at a moment.
#[derive(Debug, Clone, Default)]
struct Zone {
    acknowledged: State,
    /// A change that has begun and may be made.
    begun: Option<State>,
    /// The revision that the backend last said that it has.
    tried: Option<u64>,
    /// What was pending when the recording began, of a zone that has not changed since.
    first: Option<Option<u64>>,
}

/// What is known at a moment of a recording.
#[derive(Debug, Clone, Default)]
pub struct Known {
    zones: BTreeMap<u64, Zone>,
    pub acknowledged: usize,
}

impl Known {
    /// What is known when a store with these zones is opened.
    pub fn of(zones: &Zones) -> Self {
        let zones = zones.iter().map(|(zone, found)| {
            let known = Zone {
                acknowledged: found.state.clone(),
                first: Some(found.pending),
                ..Zone::default()
            };
            (*zone, known)
        });
        Self {
            zones: zones.collect(),
            acknowledged: 0,
        }
    }

    /// Learns from a mark.
    pub fn take(&mut self, mark: &str) {
        let words: Vec<&str> = mark.split(' ').collect();
        let zone = words[1]
            .trim_start_matches('z')
            .trim_end_matches(".example");
        let zone = self.zones.entry(zone.parse().unwrap()).or_default();
        match words[..] {
            ["begin", _, kind, number] => {
                let number = number.parse().unwrap();
                let change = match kind {
                    "push" => Change::Push(number),
                    "edit" => Change::Edit(number),
                    _ => Change::Remove,
                };
                zone.begun = Some(zone.acknowledged.after(change));
            }
            ["ack", _] => {
                zone.acknowledged = zone.begun.take().unwrap();
                zone.first = None;
                self.acknowledged += 1;
            }
            ["tried", _, revision] => zone.tried = Some(revision.parse().unwrap()),
            _ => panic!("no mark: {mark}"),
        }
    }

    /// What is wrong with a store that was opened: an acknowledged change is missing, or there is what never
    /// was.
    pub fn judge(&self, found: &Zones) -> Vec<String> {
        let mut wrong = Vec::new();
        for (number, known) in &self.zones {
            let none = Found {
                state: State::default(),
                pending: None,
            };
            let found = found.get(number).unwrap_or(&none);
            if let Some(cause) = known.judge(found) {
                wrong.push(format!("zone {number}: {cause}"));
            }
        }
        for number in found
            .keys()
            .filter(|number| !self.zones.contains_key(number))
        {
            wrong.push(format!("zone {number} was never pushed"));
        }
        wrong
    }
}

impl Zone {
    fn judge(&self, found: &Found) -> Option<String> {
        let is_begun = self.begun.as_ref() == Some(&found.state);
        if !is_begun && found.state != self.acknowledged {
            return Some(format!(
                "{:?} was acknowledged, {:?} had begun, {:?} is there",
                self.acknowledged, self.begun, found.state
            ));
        }
        let revision = found.state.revision;
        let needed = match self.first {
            Some(pending) if !is_begun => pending.is_some(),
            _ => revision > 0,
        };
        let is_tried = self.tried >= Some(revision);
        if needed && !is_tried && found.pending != Some(revision) {
            let pending = found.pending;
            return Some(format!(
                "revision {revision} is not pending, but {pending:?}"
            ));
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(revision: u64, pending: Option<u64>) -> Zones {
        let state = State {
            revision,
            push: (revision > 0).then_some(revision),
            edit: None,
        };
        [(7, Found { state, pending })].into()
    }

    #[test]
    fn a_change_that_was_acknowledged_has_to_be_there_and_one_that_had_begun_may() {
        let mut known = Known::default();
        known.take("begin 7 push 1");
        assert!(known.judge(&found(0, None)).is_empty());
        assert!(known.judge(&found(1, Some(1))).is_empty());
        known.take("ack 7");
        assert!(!known.judge(&found(0, None)).is_empty(), "it is lost");
        assert!(!known.judge(&Zones::new()).is_empty(), "it is lost");
        known.take("begin 7 push 2");
        assert!(known.judge(&found(1, Some(1))).is_empty());
        assert!(known.judge(&found(2, Some(2))).is_empty());
        assert!(!known.judge(&found(3, Some(3))).is_empty(), "nobody asked");
        known.take("ack 7");
        assert!(!known.judge(&found(1, Some(1))).is_empty(), "it is old");
    }

    #[test]
    fn a_zone_stays_pending_until_its_backend_has_it() {
        let mut known = Known::default();
        known.take("begin 7 push 1");
        known.take("ack 7");
        assert!(!known.judge(&found(1, None)).is_empty());
        known.take("tried z7.example 1");
        assert!(known.judge(&found(1, None)).is_empty());
        assert!(known.judge(&found(1, Some(1))).is_empty());
    }

    #[test]
    fn a_zone_that_was_never_pushed_is_not_there() {
        assert!(!Known::default().judge(&found(1, Some(1))).is_empty());
    }
}
