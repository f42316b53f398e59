//! What stays of an instance that is registered again, or whose checks change.

use super::Book;
use crate::registry::rules::check::Pulse;
use crate::registry::rules::{Check, Client, Key, Now, Refused, Registration};

/// What stays of a registration that is made anew.
#[derive(Debug, Clone, Copy, Default)]
pub struct Renewal {
    /// Checks with the same id and of the same kind keep their status.
    pub keeps_status: bool,
    /// Checks that are not named any more stay.
    pub keeps_checks: bool,
}

/// Carries over what stays of the checks that an instance had.
pub(super) fn renew(new: &mut Vec<Check>, known: &[Check], renewal: Renewal) {
    for check in new.iter_mut() {
        let before = known.iter().find(|before| before.id == check.id);
        let same = |before: &&Check| {
            std::mem::discriminant(&before.kind) == std::mem::discriminant(&check.kind)
        };
        let Some(before) = before.filter(same) else {
            continue;
        };
        check.pulse = before.pulse.clone();
        if renewal.keeps_status {
            check.status = before.status;
            check.output.clone_from(&before.output);
        }
    }
    if renewal.keeps_checks {
        let missing = |check: &&Check| new.iter().all(|other| other.id != check.id);
        let missing: Vec<_> = known.iter().filter(missing).cloned().collect();
        new.extend(missing);
    }
}

fn without_pulse(checks: &[Check]) -> Vec<Check> {
    let checks = checks.iter().cloned();
    checks
        .map(|check| Check {
            pulse: Pulse::default(),
            ..check
        })
        .collect()
}

impl Book {
    /// An instance has one more check, or another one with this id. Whose it is stays.
    ///
    /// # Errors
    /// Why it is refused; then nothing changes.
    pub fn add_check(
        &mut self,
        now: Now,
        client: &Client,
        key: &Key,
        check: Check,
    ) -> Result<(), Refused> {
        let instance = &self.entry(key)?.instance;
        if !client.may_replace(&instance.owner) {
            return Err(Refused::taken(instance));
        }
        let mut new = instance.registered.clone();
        new.checks.retain(|known| known.id != check.id);
        new.checks.push(check);
        renew(&mut new.checks, &instance.registered.checks, STATUS);
        new.check()?;
        for check in &mut new.checks {
            if check.lease().is_some() && check.pulse.last.is_none() {
                check.beat(now.since);
            }
        }
        let owner = instance.owner.clone();
        self.renewed(now, client, &owner, new);
        Ok(())
    }

    /// An instance has this check no more. Whose it is stays.
    ///
    /// # Errors
    /// Why it is refused; then nothing changes.
    pub fn remove_check(
        &mut self,
        now: Now,
        client: &Client,
        key: &Key,
        check: &str,
    ) -> Result<(), Refused> {
        let instance = &self.entry(key)?.instance;
        if !client.may_report(&instance.owner) {
            return Err(Refused::taken(instance));
        }
        let mut new = instance.registered.clone();
        new.checks.retain(|known| known.id != check);
        let owner = instance.owner.clone();
        self.renewed(now, client, &owner, new);
        Ok(())
    }

    /// Puts what was judged in the place of what there is; where nothing changes, only its leases are new.
    pub(super) fn renewed(&mut self, now: Now, client: &Client, owner: &Client, new: Registration) {
        let key = new.key.clone();
        if let Some(entry) = self.entries.get_mut(&key)
            && entry.instance.owner.is(owner)
            && is_same(&entry.instance.registered, &new)
        {
            entry.instance.registered.checks = new.checks;
            self.arm(&key);
            self.arm_probes(now, &key);
            return;
        }
        self.put(now, client, owner, new);
    }
}

/// Checks that stay keep their status.
const STATUS: Renewal = Renewal {
    keeps_status: true,
    keeps_checks: false,
};

/// Whether both say the same, whenever their checks were reported.
fn is_same(one: &Registration, other: &Registration) -> bool {
    let without_pulse = |registered: &Registration| Registration {
        checks: without_pulse(&registered.checks),
        ..registered.clone()
    };
    without_pulse(one) == without_pulse(other)
}
