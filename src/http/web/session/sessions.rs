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

/// How a session is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::http) enum Use {
    /// By somebody.
    Active,
    /// By a page that is open and keeps itself up to date: nobody need be there.
    Watching,
}

/// A session that was found.
pub(in crate::http) struct Known<T> {
    pub holder: T,
    pub csrf: String,
    pub ends: Ends,
}

/// When a session ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::http) struct Ends {
    /// How long it lasts.
    pub left: Duration,
    /// Whether it lasts longer if it is used.
    pub extendable: bool,
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

    /// The session of a cookie: whose it is, and what its forms carry. It is used by this, unless a page only
    /// keeps itself up to date.
    pub fn find<T>(
        &self,
        id: &str,
        how: Use,
        of: impl FnOnce(&H) -> Option<T>,
    ) -> Option<Known<T>> {
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
        if how == Use::Active {
            session.used = Instant::now();
        }
        let idle = self.idle.saturating_sub(session.used.elapsed());
        let longest = self.longest.saturating_sub(session.began.elapsed());
        Some(Known {
            holder: found,
            csrf: session.csrf.clone(),
            ends: Ends {
                left: idle.min(longest),
                extendable: idle < longest,
            },
        })
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
        sessions.find(id, Use::Active, |()| Some(())).is_some()
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
        assert!(sessions.find(&id, Use::Active, |()| None::<()>).is_none());
        assert!(!lives(&sessions, &id));
    }

    #[test]
    fn a_page_that_keeps_itself_up_to_date_does_not_use_its_session() {
        let sessions = Sessions::new(LONG, 2 * LONG);
        let id = sessions.begin(()).unwrap();
        let before = Instant::now().checked_sub(LONG / 2).unwrap();
        let set = |used| {
            for session in sessions.all.lock().values_mut() {
                session.used = used;
            }
        };
        set(before);
        let found = |how| {
            sessions
                .find(&id, how, |()| Some(()))
                .map(|known| known.ends)
        };
        let watching = found(Use::Watching).unwrap();
        assert!(
            watching.left <= LONG / 2 && watching.extendable,
            "{watching:?}"
        );
        let active = found(Use::Active).unwrap();
        assert!(active.left > LONG / 2, "{active:?}");
        set(Instant::now().checked_sub(LONG).unwrap());
        assert_eq!(found(Use::Watching), None, "it ends as any other");
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
