//! Addresses that failed to log in, and how long they have to wait.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::time::{Duration, Instant};

use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use parking_lot::Mutex;

use crate::logging::warning;

/// For how long an address that failed to log in is metered.
const SUSPICION: Duration = Duration::from_secs(15 * 60);

/// The most addresses remembered as suspicious; past that the oldest are forgotten.
const SUSPECTS: usize = 100_000;

/// The addresses that failed to log in, and the rate at which they may try again.
pub(super) struct Suspects {
    known: Mutex<HashMap<IpAddr, Suspect>>,
    attempts: DefaultKeyedRateLimiter<IpAddr>,
    clock: DefaultClock,
}

/// An address that failed to log in.
struct Suspect {
    /// When it last did.
    since: Instant,
    /// Whether the log has said that it has to wait with wrong credentials, …
    told_wrong: bool,
    /// … and with the right ones.
    told_right: bool,
}

impl Suspects {
    /// Those that failed may try again `per_minute` times.
    pub fn new(per_minute: NonZeroU32) -> Self {
        Self {
            known: Mutex::new(HashMap::new()),
            attempts: RateLimiter::keyed(Quota::per_minute(per_minute)),
            clock: DefaultClock::default(),
        }
    }

    /// Takes one try of `network`, if that is a suspect; `Some`: for how long it has to wait instead.
    pub fn wait(&self, network: IpAddr) -> Option<Duration> {
        let wait = self.attempts.check_key(&network).err()?;
        Some(wait.wait_time_from(self.clock.now()))
    }

    pub fn has(&self, network: IpAddr) -> bool {
        let mut known = self.known.lock();
        match known.get(&network) {
            Some(suspect) if suspect.since.elapsed() < SUSPICION => true,
            Some(_) => {
                known.remove(&network);
                false
            }
            None => false,
        }
    }

    pub fn remove(&self, network: IpAddr) {
        self.known.lock().remove(&network);
    }

    /// Remembers a failed login; `true`: it is the first of this address.
    pub fn add(&self, network: IpAddr) -> bool {
        let mut known = self.known.lock();
        if known.len() >= SUSPECTS {
            known.retain(|_, suspect| suspect.since.elapsed() < SUSPICION);
            if known.len() >= SUSPECTS {
                known.clear();
            }
            self.attempts.retain_recent();
        }
        let mut first = false;
        let suspect = known.entry(network).or_insert_with(|| {
            first = true;
            Suspect {
                since: Instant::now(),
                told_wrong: false,
                told_right: false,
            }
        });
        suspect.since = Instant::now();
        first
    }

    /// Logs that an address has to wait: once for those who guess, so that guessing fills no log,
    /// and once for a master that is right but shares its address with them, as its pushes are lost.
    /// The client is not told which of the two it is.
    pub fn note_wait(&self, network: IpAddr, address: IpAddr, right: bool) {
        let first = self.known.lock().get_mut(&network).is_some_and(|suspect| {
            let told = if right {
                &mut suspect.told_right
            } else {
                &mut suspect.told_wrong
            };
            !std::mem::replace(told, true)
        });
        match (first, right) {
            (false, _) => {}
            (true, true) => warning!(
                "a request from {address} is refused though its user name and password are right: \
                 there were too many wrong ones from {network}; whoever sends those has to stop, \
                 and what is pushed from there meanwhile has to be pushed again"
            ),
            (true, false) => warning!(
                "requests from {network} are refused for now: too many wrong user names or \
                 passwords came from there, and those that {address} sent now are wrong too"
            ),
        }
    }
}

/// What failed logins are counted by: the address, for IPv6 its /64, which is one customer.
pub fn network_of(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & (!0 << 64))),
    }
}
