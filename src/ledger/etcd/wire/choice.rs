//! Which member is asked.

use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::time::Instant;

use super::Wire;

/// After how long the first member is asked again that failed once.
pub(super) const BACK: Duration = Duration::from_secs(30);

impl Wire {
    /// The number of the member that is asked at present.
    pub fn good(&self) -> usize {
        let at = self.good.load(Ordering::Relaxed) % self.members.len();
        if at == 0 || self.members[0].hung_lately() {
            return at;
        }
        let mut left = self.left.lock();
        if left.is_some_and(|since| since.elapsed() > BACK) {
            *left = None;
            self.good.store(0, Ordering::Relaxed);
            return 0;
        }
        at
    }

    /// Has the next member be asked, if it is still this one. While members elect who leads, all that answer refuse:
    /// one that hung lately would cost another attempt then, and is passed over.
    pub fn leave(&self, at: usize) {
        let count = self.members.len();
        let mut others = (1..count).map(|step| (at + step) % count);
        let next = others.find(|other| !self.members[*other].hung_lately());
        let next = next.unwrap_or((at + 1) % count);
        let was = (self.good).compare_exchange(at, next, Ordering::Relaxed, Ordering::Relaxed);
        if was.is_ok() {
            *self.left.lock() = Some(Instant::now());
        }
    }

    /// How many members are asked in turn.
    pub(super) fn in_turn(&self) -> usize {
        let hung = self.members.iter().filter(|member| member.hung_lately());
        match self.members.len() - hung.count() {
            0 => self.members.len(),
            some => some,
        }
    }
}
