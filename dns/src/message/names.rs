//! Which ends of names stand in a message already, so that pointers can stand for them (RFC 1035
//! §4.1.4).

use crate::name::MAX_NAME;
use crate::wire::name_len;

/// The highest offset in a message that a pointer can have.
const MAX_POINTER: usize = 0x3fff;
/// The first octet of a pointer has these bits.
pub(super) const POINTER: u8 = 0xc0;

/// How many ends of names are remembered. Later ones are not: a message with more names than that is
/// long enough as it is.
const REMEMBERED: usize = 64;

/// Where in the message which ends of names stand.
pub(super) struct Names {
    seen: [(u32, u16); REMEMBERED],
    len: usize,
    /// The hash and start of each end of the name that was looked for last.
    ends: [(u32, u8); MAX_NAME / 2 + 1],
}

impl Names {
    #[inline]
    pub fn new() -> Self {
        Self {
            seen: [(0, 0); REMEMBERED],
            len: 0,
            ends: [(0, 0); MAX_NAME / 2 + 1],
        }
    }

    /// Notes the name of the question.
    #[inline]
    pub fn note(&mut self, question: &[u8], at: usize) {
        let name = &question[..name_len(question).unwrap_or(question.len())];
        self.hash_ends(name);
        self.note_new(name, name.len().saturating_sub(1), at);
    }

    /// The longest end of `name` that stands in `message`: where it begins in `name` and in `message`.
    #[inline]
    pub fn find(&mut self, name: &[u8], message: &[u8]) -> (usize, Option<u16>) {
        let ends = self.hash_ends(name);
        for &(hash, start) in &self.ends[..ends] {
            let start = usize::from(start);
            for &(seen, at) in &self.seen[..self.len] {
                if seen == hash && is_at(message, usize::from(at), &name[start..]) {
                    return (start, Some(at));
                }
            }
        }
        (name.len() - 1, None)
    }

    /// Hashes each end of `name`, the longest first and the root not at all; returns how many.
    fn hash_ends(&mut self, name: &[u8]) -> usize {
        let (mut at, mut ends) = (0, 0);
        while let Some(&label) = name.get(at) {
            if label == 0 || ends == self.ends.len() {
                break;
            }
            self.ends[ends] = (0, at as u8);
            ends += 1;
            at += usize::from(label) + 1;
        }
        let mut hash = 0x811c_9dc5_u32;
        let mut end = at;
        for slot in self.ends[..ends].iter_mut().rev() {
            let start = usize::from(slot.1);
            for octet in name[start..end.min(name.len())].iter() {
                // FNV-1a, of lower case.
                hash = (hash ^ u32::from(octet.to_ascii_lowercase())).wrapping_mul(0x0100_0193);
            }
            slot.0 = hash;
            end = start;
        }
        ends
    }

    /// Notes the ends of the name that was looked for last: its first `kept` octets are now at `at`.
    #[inline]
    pub fn note_new(&mut self, name: &[u8], kept: usize, at: usize) {
        let mut start = 0;
        let mut index = 0;
        while start < kept && self.len < REMEMBERED && at + start <= MAX_POINTER {
            self.seen[self.len] = (self.ends[index].0, (at + start) as u16);
            self.len += 1;
            start += usize::from(name[start]) + 1;
            index += 1;
        }
    }

    /// Forgets what stands at `at` or behind it.
    #[inline]
    pub fn forget_from(&mut self, at: usize) {
        while self.len > 0 && usize::from(self.seen[self.len - 1].1) >= at {
            self.len -= 1;
        }
    }
}

/// Whether `name` (in any case) stands at `at` in `message`, which is ours: its pointers go backwards.
fn is_at(message: &[u8], mut at: usize, mut name: &[u8]) -> bool {
    loop {
        match (message.get(at), name.first()) {
            (Some(&high), _) if high & POINTER == POINTER => {
                let Some(&low) = message.get(at + 1) else {
                    return false;
                };
                at = usize::from(u16::from_be_bytes([high & !POINTER, low]));
            }
            (Some(0), Some(0)) => return true,
            (Some(len), Some(other)) if len == other => {
                let end = usize::from(*len) + 1;
                let (Some(label), Some(wanted)) = (message.get(at..at + end), name.get(..end))
                else {
                    return false;
                };
                if !label.eq_ignore_ascii_case(wanted) {
                    return false;
                }
                at += end;
                name = &name[end..];
            }
            _ => return false,
        }
    }
}
