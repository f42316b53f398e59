//! Who looks for a service, and which instance of it suits.

use serde_json::{Map, Value};

use super::{Instance, Key};

/// Which of the instances that suit comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Strategy {
    /// Any, each as likely as its weight says.
    #[default]
    Weight,
    /// Any.
    Random,
    /// One after the other.
    RoundRobin,
    /// One that is not busy, with the least `load` in its metrics, given out least.
    LeastBusy,
}

impl std::str::FromStr for Strategy {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "weight" | "weighted" => Ok(Self::Weight),
            "random" => Ok(Self::Random),
            "round_robin" | "round-robin" => Ok(Self::RoundRobin),
            "least_busy" | "least-busy" => Ok(Self::LeastBusy),
            _ => Err("weight, random, round_robin or least_busy"),
        }
    }
}

/// What somebody looks for.
#[derive(Debug, Clone, Default)]
pub struct Wish {
    /// The service.
    pub service: String,
    /// What its metadata has to have: a scalar is equal, of a list all are in it.
    pub requirements: Map<String, Value>,
    /// Whether it may be busy; `None`: either way.
    pub busy: Option<bool>,
    /// Tags that it has to have.
    pub tags: Vec<String>,
    /// What comes first.
    pub strategy: Strategy,
}

/// An instance with what it said of itself, and how often it was given out.
type Seen<'a> = (&'a Instance, Option<&'a Value>, u64);

impl Wish {
    /// Whether an instance suits, however it is.
    pub fn suits(&self, instance: &Instance) -> bool {
        let registered = &instance.registered;
        let mut required = self.requirements.iter();
        required.all(|(name, value)| {
            registered
                .meta
                .get(name)
                .is_some_and(|has| has_it(has, value))
        }) && self.busy.is_none_or(|busy| busy == registered.busy)
            && self.tags.iter().all(|tag| registered.tags.contains(tag))
    }

    /// These instances, the best first. `random` gives numbers from 0 up to 1.
    pub(super) fn sorted(
        &self,
        mut seen: Vec<Seen<'_>>,
        turn: usize,
        mut random: impl FnMut() -> f64,
    ) -> Vec<Key> {
        match self.strategy {
            Strategy::RoundRobin => {
                let count = seen.len().max(1);
                seen.rotate_left(turn % count);
            }
            Strategy::LeastBusy => seen.sort_by(|one, other| {
                let busy = |seen: &Seen<'_>| seen.0.registered.busy;
                let load = |seen: &Seen<'_>| {
                    let load = seen.1.and_then(|metrics| metrics.get("load")?.as_f64());
                    load.unwrap_or_default()
                };
                busy(one)
                    .cmp(&busy(other))
                    .then_with(|| load(one).total_cmp(&load(other)))
                    .then_with(|| one.2.cmp(&other.2))
            }),
            Strategy::Random | Strategy::Weight => {
                let even = self.strategy == Strategy::Random;
                // Efraimidis and Spirakis, "Weighted random sampling with a reservoir", 2006: the key of each is a
                // random number to the power of 1/weight.
                let mut keyed: Vec<_> = seen
                    .into_iter()
                    .map(|seen| {
                        let weight = if even {
                            1.0
                        } else {
                            f64::from(seen.0.weight())
                        };
                        let key = match weight > 0.0 {
                            true => random().powf(1.0 / weight),
                            false => -1.0,
                        };
                        (key, seen)
                    })
                    .collect();
                keyed.sort_by(|one, other| other.0.total_cmp(&one.0));
                seen = keyed.into_iter().map(|(_, seen)| seen).collect();
            }
        }
        seen.into_iter()
            .map(|(instance, ..)| instance.key().clone())
            .collect()
    }
}

/// Whether metadata `has` what is required of it.
fn has_it(has: &Value, required: &Value) -> bool {
    match (has, required) {
        (Value::Array(has), Value::Array(required)) => required
            .iter()
            .all(|one| has.iter().any(|have| has_it(have, one))),
        (Value::Array(has), one) => has.iter().any(|have| has_it(have, one)),
        (Value::Object(has), Value::Object(required)) => required
            .iter()
            .all(|(name, value)| has.get(name).is_some_and(|has| has_it(has, value))),
        (Value::Number(has), Value::Number(required)) => has.as_f64() == required.as_f64(),
        (has, required) => has == required,
    }
}
