//! Response rate limiting: alike answers to one network are bounded, so that forged queries do not
//! turn the server against somebody.
//!
//! A table of fixed size, without locks: a slot says when its budget would be full again, as in a
//! leaky bucket, and which answers it counts. Who comes into a slot of others takes it over once it
//! has drained; until then both are counted together, which can only limit more.

use std::hash::{BuildHasher, DefaultHasher, Hash, Hasher, RandomState};
use std::net::IpAddr;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use crate::settings::RateLimit;

/// How many answers are counted apart.
const SLOTS: usize = 1 << 16;
/// How long a network may save its budget up, in milliseconds.
const BURST_MS: u64 = 1000;

/// What kind of answer was given, and about what: alike answers to one network are limited together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Subject {
    kind: Kind,
    about: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Kind {
    Answer,
    Negative,
    Referral,
    Error,
}

impl Subject {
    /// A code and nothing else.
    pub const ERROR: Self = Self {
        kind: Kind::Error,
        about: 0,
    };

    /// Records of this name; of a zone, if a wildcard gave them.
    pub fn answer(name: &[u8]) -> Self {
        Self::new(Kind::Answer, name)
    }

    /// That this zone has not what was asked for.
    pub fn negative(apex: &[u8]) -> Self {
        Self::new(Kind::Negative, apex)
    }

    /// The servers of this delegation.
    pub fn referral(owner: &[u8]) -> Self {
        Self::new(Kind::Referral, owner)
    }

    fn new(kind: Kind, about: &[u8]) -> Self {
        let mut hasher = DefaultHasher::new();
        about.hash(&mut hasher);
        Self {
            kind,
            about: hasher.finish(),
        }
    }
}

/// What to do with an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    Send,
    /// Send it truncated and empty: who really asked comes back over TCP.
    Slip,
    Drop,
}

/// Counts answers.
pub(crate) struct Limiter {
    settings: RateLimit,
    slots: Box<[AtomicU64]>,
    over: AtomicU32,
    hasher: RandomState,
}

impl Limiter {
    /// One that has seen nothing.
    pub fn new(settings: RateLimit) -> Self {
        Self {
            settings,
            slots: (0..SLOTS).map(|_| AtomicU64::new(0)).collect(),
            over: AtomicU32::new(0),
            hasher: RandomState::new(),
        }
    }

    /// What to do with an answer about `subject` to `client` at `now`, in microseconds since some
    /// start.
    pub fn check(&self, client: IpAddr, subject: Subject, now: u64) -> Action {
        let client = client.to_canonical();
        if self
            .settings
            .exempt
            .iter()
            .any(|network| network.contains(&client))
        {
            return Action::Send;
        }
        let hash = self.hasher.hash_one((network(client), subject));
        let Some(slot) = self.slots.get(hash as usize % SLOTS) else {
            return Action::Send;
        };
        let cost = 1_000_000 / u64::from(self.settings.responses_per_second.max(1));
        let most = BURST_MS * 1000;
        // The slot says until when its budget is spent.
        let spend = |until: u64| (until.saturating_sub(now) <= most).then(|| until.max(now) + cost);
        match slot.fetch_update(Ordering::Relaxed, Ordering::Relaxed, spend) {
            Ok(_) => Action::Send,
            Err(_) => self.over(),
        }
    }

    fn over(&self) -> Action {
        match self.settings.slip {
            0 => Action::Drop,
            slip if self.over.fetch_add(1, Ordering::Relaxed) % slip == slip - 1 => Action::Slip,
            _ => Action::Drop,
        }
    }
}

/// The network that is limited as one: /24, or /56 of IPv6.
fn network(client: IpAddr) -> u64 {
    match client {
        IpAddr::V4(client) => u64::from(client.to_bits() >> 8),
        IpAddr::V6(client) => (client.to_bits() >> 72) as u64 | 1 << 63,
    }
}

impl std::fmt::Debug for Limiter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Limiter").field(&self.settings).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limiter(slip: u32) -> Limiter {
        Limiter::new(RateLimit {
            responses_per_second: 10,
            slip,
            exempt: vec!["127.0.0.0/8".parse().unwrap()],
        })
    }

    fn sent(limiter: &Limiter, client: &str, now: u64) -> usize {
        let client = client.parse().unwrap();
        let actions = (0..100).map(|_| limiter.check(client, Subject::ERROR, now));
        actions.filter(|action| *action == Action::Send).count()
    }

    #[test]
    fn a_network_gets_its_rate_and_no_more_until_time_passes() {
        let limiter = limiter(0);
        assert_eq!(sent(&limiter, "192.0.2.1", 0), 11);
        assert_eq!(sent(&limiter, "192.0.2.254", 0), 0, "the same /24");
        assert_eq!(sent(&limiter, "192.0.3.1", 0), 11, "another");
        assert_eq!(sent(&limiter, "192.0.2.1", 500_000), 5);
        assert_eq!(sent(&limiter, "192.0.2.1", 60_000_000), 11);
    }

    #[test]
    fn ipv6_clients_are_limited_by_their_56_bits() {
        let limiter = limiter(0);
        assert_eq!(sent(&limiter, "2001:db8:0:100::1", 0), 11);
        assert_eq!(sent(&limiter, "2001:db8:0:1ff::1", 0), 0);
        assert_eq!(sent(&limiter, "2001:db8:0:200::1", 0), 11);
    }

    #[test]
    fn every_second_answer_over_the_limit_slips_through_truncated() {
        let limiter = limiter(2);
        let client = "192.0.2.1".parse().unwrap();
        let actions: Vec<_> = (0..21)
            .map(|_| limiter.check(client, Subject::ERROR, 0))
            .collect();
        let count = |wanted| actions.iter().filter(|action| **action == wanted).count();
        assert_eq!(
            (
                count(Action::Send),
                count(Action::Slip),
                count(Action::Drop)
            ),
            (11, 5, 5)
        );
    }

    #[test]
    fn exempt_networks_are_not_limited_even_as_mapped_addresses() {
        assert_eq!(sent(&limiter(0), "127.0.0.1", 0), 100);
        assert_eq!(sent(&limiter(0), "::ffff:127.0.0.1", 0), 100);
    }
}
