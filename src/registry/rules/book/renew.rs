//! What stays of an instance that is registered again.

use crate::registry::rules::Check;
use crate::registry::rules::check::Pulse;

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

pub(super) fn without_pulse(checks: &[Check]) -> Vec<Check> {
    let checks = checks.iter().cloned();
    checks
        .map(|check| Check {
            pulse: Pulse::default(),
            ..check
        })
        .collect()
}
