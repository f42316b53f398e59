//! Sessions of browsers. Kept in memory by the hash of their cookie: a restart ends them all.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use crate::access::{NoRandomness, random};
use crate::http::auth::Holder;

/// The most sessions at a time; past that the one that was used longest ago ends.
const MOST: usize = 10_000;

/// All sessions.
pub(in crate::http) struct Sessions<H = Holder> {
    all: Mutex<HashMap<blake3::Hash, Session<H>>>,
    idle: Duration,
    longest: Duration,
}

struct Session<H> {
    holder: H,
    csrf: String,
    began: Instant,
    used: Instant,
}

impl<H> Sessions<H> {
    /// Sessions that end when they were not used for `idle`, and after `longest` in any case.
    pub fn new(idle: Duration, longest: Duration) -> Self {
        Self {
            all: Mutex::default(),
            idle,
            longest,
        }
    }

    /// Begins one; what its cookie says.
    pub fn begin(&self, holder: H) -> Result<String, NoRandomness> {
        let id = hex(&random()?);
        let now = Instant::now();
        let session = Session {
            holder,
            csrf: hex(&random()?),
            began: now,
            used: now,
        };
        let mut all = self.all.lock();
        if all.len() >= MOST {
            all.retain(|_, session| self.lives(session));
        }
        if all.len() >= MOST {
            let oldest = all.iter().min_by_key(|(_, session)| session.used);
            let oldest = oldest.map(|(hash, _)| *hash);
            oldest.and_then(|hash| all.remove(&hash));
        }
        all.insert(blake3::hash(id.as_bytes()), session);
        Ok(id)
    }

    /// The session of a cookie, which this uses: whose it is, and what its forms carry.
    pub fn find<T>(&self, id: &str, of: impl FnOnce(&H) -> Option<T>) -> Option<(T, String)> {
        let hash = blake3::hash(id.as_bytes());
        let mut all = self.all.lock();
        let session = all.get_mut(&hash)?;
        let found = match self.lives(session) {
            true => of(&session.holder),
            false => None,
        };
        let Some(found) = found else {
            all.remove(&hash);
            return None;
        };
        session.used = Instant::now();
        Some((found, session.csrf.clone()))
    }

    /// Ends one.
    pub fn end(&self, id: &str) {
        self.all.lock().remove(&blake3::hash(id.as_bytes()));
    }

    fn lives(&self, session: &Session<H>) -> bool {
        session.used.elapsed() < self.idle && session.began.elapsed() < self.longest
    }
}

/// In hexadecimal.
pub(in crate::http) fn hex(octets: &[u8; 32]) -> String {
    blake3::Hash::from_bytes(*octets).to_hex().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(3600);

    fn lives(sessions: &Sessions<()>, id: &str) -> bool {
        sessions.find(id, |()| Some(())).is_some()
    }

    #[test]
    fn a_session_ends_when_it_is_not_used_in_time_or_lasts_too_long_or_is_ended() {
        for (idle, longest, stays) in [
            (LONG, LONG, true),
            (Duration::ZERO, LONG, false),
            (LONG, Duration::ZERO, false),
        ] {
            let sessions = Sessions::new(idle, longest);
            let id = sessions.begin(()).unwrap();
            assert_eq!(lives(&sessions, &id), stays, "{idle:?}, {longest:?}");
            sessions.end(&id);
            assert!(!lives(&sessions, &id));
        }
    }

    #[test]
    fn a_session_whose_holder_is_gone_does_not_come_back() {
        let sessions = Sessions::new(LONG, LONG);
        let id = sessions.begin(()).unwrap();
        assert!(sessions.find(&id, |()| None::<()>).is_none());
        assert!(!lives(&sessions, &id));
    }

    #[test]
    fn only_so_many_sessions_are_kept() {
        let sessions = Sessions::new(LONG, LONG);
        let first = sessions.begin(()).unwrap();
        for _ in 0..MOST {
            sessions.begin(()).unwrap();
        }
        assert_eq!(sessions.all.lock().len(), MOST);
        assert!(!lives(&sessions, &first));
    }
}
