//! When to try again: a zone that fails on a backend that works, and a backend that is unavailable.

use std::time::Duration;

/// The waits after the first, second, … failure of one zone; the last one repeats for good.
const ZONE_WAITS: [u64; 5] = [30, 2 * 60, 5 * 60, 15 * 60, 30 * 60];

/// How long to wait before a zone is tried again that has now failed `attempts` times (from 1), in
/// seconds 30, 120, 300, 900, then 1,800 each time; up to a tenth more or less, so that zones that
/// failed together do not come back together.
pub fn zone_wait(attempts: u32) -> Duration {
    let last = ZONE_WAITS.len() - 1;
    let step = usize::try_from(attempts.saturating_sub(1)).unwrap_or(last);
    let seconds = ZONE_WAITS[step.min(last)];
    Duration::from_secs(seconds).mul_f64(0.9 + 0.2 * fastrand::f64())
}

/// The pauses between probes of an unavailable backend: 1 s, doubling up to 15 s.
#[derive(Debug, Clone)]
pub struct ProbePauses {
    next: Duration,
}

/// The shortest and first pause.
pub const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(15);

impl Default for ProbePauses {
    fn default() -> Self {
        Self { next: FIRST_PAUSE }
    }
}

impl Iterator for ProbePauses {
    type Item = Duration;

    fn next(&mut self) -> Option<Duration> {
        let pause = self.next;
        self.next = (pause * 2).min(LONGEST_PAUSE);
        Some(pause)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zone_waits_longer_after_each_failure_and_never_longer_than_half_an_hour() {
        for (attempts, seconds) in [
            (1, 30),
            (2, 120),
            (3, 300),
            (4, 900),
            (5, 1800),
            (6, 1800),
            (u32::MAX, 1800),
        ] {
            let nominal = Duration::from_secs(seconds);
            let wait = zone_wait(attempts);
            assert!(
                wait >= nominal.mul_f64(0.9) && wait <= nominal.mul_f64(1.1),
                "after {attempts} failures: {wait:?}"
            );
        }
    }

    #[test]
    fn zones_that_failed_together_do_not_come_back_together() {
        let waits: std::collections::BTreeSet<_> = (0..50).map(|_| zone_wait(1)).collect();
        assert!(waits.len() > 40);
    }

    #[test]
    fn an_unavailable_backend_is_probed_after_one_second_and_then_ever_more_rarely_up_to_fifteen() {
        let pauses: Vec<_> = ProbePauses::default()
            .take(7)
            .map(|pause| pause.as_secs())
            .collect();
        assert_eq!(pauses, [1, 2, 4, 8, 15, 15, 15]);
    }
}
