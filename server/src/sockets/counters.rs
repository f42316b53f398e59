//! Counts what is answered, without slowing that down.
//!
//! Each socket counts for itself, on cache lines that no other socket writes to: counting an answer is
//! an addition that waits for nobody, some twenty cycles beside the microseconds that a query takes.
//! Only who asks for the numbers, now and then, adds them up.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use dadns_dns::message::{HEADER, Head, flag};
use dadns_dns::wire::name_len;

/// The response codes that this server sends, as IANA calls them, and one for any other.
const CODES: [&str; 13] = [
    "NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED", "YXDOMAIN", "YXRRSET",
    "NXRRSET", "NOTAUTH", "NOTZONE", "BADVERS", "other",
];
/// The index of BADVERS among these.
const BADVERS: usize = 11;

/// What a built-in server has sent since its start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counts {
    /// Messages by response code (`NOERROR`, `NXDOMAIN`, …); a zone transfer counts as one.
    pub answers: [(&'static str, u64); CODES.len()],
    /// Those of them that were cut because they did not fit into a datagram.
    pub truncated: u64,
    /// Answers over the rate limit that were replaced by a truncated one.
    pub slipped: u64,
    /// Answers over the rate limit that were not sent.
    pub dropped: u64,
}

/// What one socket has sent. Aligned to two cache lines, which some processors fetch together.
#[derive(Debug, Default)]
#[repr(align(128))]
pub(crate) struct Counters {
    codes: [AtomicU64; CODES.len()],
    truncated: AtomicU64,
    slipped: AtomicU64,
    dropped: AtomicU64,
}

impl Counters {
    /// This message is sent.
    pub fn sent(&self, message: &[u8]) {
        add(&self.codes[code_index(message)]);
        if is_truncated(message) {
            add(&self.truncated);
        }
    }

    /// A zone is sent.
    pub fn transferred(&self) {
        add(&self.codes[0]);
    }

    /// This truncated message replaces an answer that is over the limit.
    pub fn slipped(&self, message: &[u8]) {
        add(&self.codes[code_index(message)]);
        add(&self.slipped);
    }

    /// An answer that is over the limit is not sent.
    pub fn dropped(&self) {
        add(&self.dropped);
    }
}

fn add(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

/// The counters of all sockets.
#[derive(Debug, Default)]
pub(crate) struct AllCounters(Mutex<Vec<Arc<Counters>>>);

impl AllCounters {
    /// Counters of one more socket.
    pub fn another(&self) -> Arc<Counters> {
        let counters = Arc::<Counters>::default();
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.push(Arc::clone(&counters));
        counters
    }

    /// What all have sent.
    pub fn counts(&self) -> Counts {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let sum = |pick: &dyn Fn(&Counters) -> &AtomicU64| {
            let values = all.iter().map(|one| pick(one).load(Ordering::Relaxed));
            values.sum()
        };
        Counts {
            answers: std::array::from_fn(|code| (CODES[code], sum(&|one| &one.codes[code]))),
            truncated: sum(&|one| &one.truncated),
            slipped: sum(&|one| &one.slipped),
            dropped: sum(&|one| &one.dropped),
        }
    }
}

fn is_truncated(message: &[u8]) -> bool {
    Head::read(message).is_some_and(|head| head.has(flag::TC))
}

/// The index of the response code of `message` in [`CODES`].
fn code_index(message: &[u8]) -> usize {
    match message.get(3).map(|flags| flags & 0xf) {
        Some(0) if is_bad_version(message) => BADVERS,
        Some(0) => 0,
        Some(1) => 1,
        // Those numbers follow each other.
        Some(code @ 1..=10) => usize::from(code),
        _ => CODES.len() - 1,
    }
}

/// Whether a message without an error in its header says BADVERS, of which the header has only the lower
/// bits, which are zero: the others are in the OPT record (RFC 6891 §6.1.3). Messages with answers or
/// authority, which nearly all have, are not looked through.
fn is_bad_version(message: &[u8]) -> bool {
    /// An OPT record up to its extended code: the root, the type, a size.
    const OPT: usize = 5;
    if message.get(6..10) != Some(&[0; 4]) || is_truncated(message) {
        return false;
    }
    let mut at = HEADER;
    if message.get(4..6) != Some(&[0; 2]) {
        let question = message.get(at..).and_then(name_len);
        at += question.unwrap_or(0) + 4;
    }
    let opt = message.get(at..).unwrap_or_default();
    opt.starts_with(&[0, 0, 41]) && opt.get(OPT) == Some(&1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sockets_count_apart_and_are_added_up() {
        let all = AllCounters::default();
        let (one, other) = (all.another(), all.another());
        let message = |flags: [u8; 2]| [&[0, 7], &flags[..], &[0; 8]].concat();
        one.sent(&message([0x84, 0]));
        one.sent(&message([0x86, 0]));
        other.sent(&message([0x84, 3]));
        other.slipped(&message([0x86, 0]));
        other.dropped();
        other.transferred();
        one.sent(&message([0x84, 15]));
        let counts = all.counts();
        let shown: Vec<_> = counts.answers.iter().filter(|(_, n)| *n > 0).collect();
        assert_eq!(shown, [&("NOERROR", 4), &("NXDOMAIN", 1), &("other", 1)]);
        assert_eq!(
            (counts.truncated, counts.slipped, counts.dropped),
            (1, 1, 1)
        );
    }

    #[test]
    fn badvers_is_told_from_noerror_by_its_opt_record() {
        let question = [&[1, b'a', 0, 0, 6, 0, 1], &[0, 0, 41, 4, 208][..]].concat();
        let answer = |flags: u8, answers: u8, extended: u8| {
            let head = [0, 7, flags, 0, 0, 1, 0, answers, 0, 0, 0, 1];
            [&head[..], &question, &[extended, 0, 0, 0, 0, 0]].concat()
        };
        assert_eq!(CODES[code_index(&answer(0x80, 0, 1))], "BADVERS");
        for other in [answer(0x80, 0, 0), answer(0x82, 0, 1), answer(0x80, 1, 1)] {
            assert_eq!(CODES[code_index(&other)], "NOERROR");
        }
        for len in 0..answer(0x80, 0, 1).len() {
            code_index(&answer(0x80, 0, 1)[..len]);
        }
    }

    #[test]
    fn no_two_sockets_share_a_cache_line() {
        assert!(align_of::<Counters>() >= 128);
    }
}
