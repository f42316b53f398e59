//! Looks for an order in which one gateway would have given these answers. As Wing and Gong describe it, with Lowe's
//! memory of what was tried: "Testing for linearizability", 2017.

use std::collections::HashSet;
use std::fmt::Write;

use super::{Answer, Asked, Entry, Standing};
use crate::model::Reply;

/// More than this is not tried for one zone: too many requests had no answer.
const MOST: usize = 200_000;

/// What was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Judged {
    /// There is an order.
    Fits,
    /// There may be one or not: it would take too long to look at all.
    TooLong,
}

/// Finds an order that begins with the zone as it stood; `Err` tells how far the best one went.
pub fn check(before: &Standing, record: &[Entry]) -> Result<Judged, String> {
    let mut entries: Vec<&Entry> = record
        .iter()
        .filter(|entry| entry.answer != Answer::Untried)
        .collect();
    entries.sort_by_key(|entry| entry.began);
    let mut search = Search {
        done: vec![false; entries.len()],
        order: Vec::new(),
        best: Vec::new(),
        tried: HashSet::new(),
        entries,
    };
    match search.go(before) {
        true => Ok(Judged::Fits),
        false if search.tried.len() >= MOST => Ok(Judged::TooLong),
        false => Err(search.told(before)),
    }
}

struct Search<'a> {
    entries: Vec<&'a Entry>,
    done: Vec<bool>,
    order: Vec<usize>,
    /// The longest order that was found.
    best: Vec<usize>,
    /// What was done, and how the zone stood then: it leads nowhere.
    tried: HashSet<(Vec<u64>, Standing)>,
}

impl Search<'_> {
    fn go(&mut self, standing: &Standing) -> bool {
        if self.order.len() > self.best.len() {
            self.best.clone_from(&self.order);
        }
        let left = (0..self.entries.len()).filter(|at| !self.done[*at]);
        let left: Vec<_> = left.collect();
        if left.iter().all(|at| self.may_be_left_out(*at)) {
            return true;
        }
        if self.tried.len() >= MOST || !self.tried.insert((self.bits(), standing.clone())) {
            return false;
        }
        // Whatever was asked after one of these was answered comes after it.
        let first_end = left.iter().map(|at| self.end(*at)).min().unwrap();
        let mut next: Vec<_> = left
            .into_iter()
            .filter(|at| self.entries[*at].began <= first_end)
            .collect();
        // Most of those without an answer are not needed: they are tried last, and late.
        next.sort_by_key(|at| self.may_be_left_out(*at));
        for at in next {
            let Some(next) = after(standing, self.entries[at]) else {
                continue;
            };
            self.done[at] = true;
            self.order.push(at);
            if self.go(&next) {
                return true;
            }
            self.order.pop();
            self.done[at] = false;
        }
        false
    }

    fn may_be_left_out(&self, at: usize) -> bool {
        self.entries[at].answer == Answer::Unknown
    }

    fn end(&self, at: usize) -> u64 {
        match self.may_be_left_out(at) {
            true => u64::MAX,
            false => self.entries[at].ended,
        }
    }

    fn bits(&self) -> Vec<u64> {
        let chunks = self.done.chunks(64);
        let bits = chunks.map(|chunk| {
            chunk
                .iter()
                .enumerate()
                .fold(0, |bits, (at, done)| bits | u64::from(*done) << at)
        });
        bits.collect()
    }

    /// The best order, and what cannot follow.
    fn told(&self, before: &Standing) -> String {
        let mut text = format!("no order explains the answers. First {before:?}, then");
        let mut standing = before.clone();
        for at in &self.best {
            standing = after(&standing, self.entries[*at]).unwrap();
            let Standing {
                revision, serial, ..
            } = standing;
            let line = tell(self.entries[*at]);
            write!(text, "\n  {line} -> revision {revision}, serial {serial}").unwrap();
        }
        write!(
            text,
            "\nthe zone: {:?}\nafter which none fits of",
            standing.zone
        )
        .unwrap();
        for (at, entry) in self.entries.iter().enumerate() {
            if !self.best.contains(&at) {
                write!(text, "\n  {}", tell(entry)).unwrap();
            }
        }
        text
    }
}

fn tell(entry: &Entry) -> String {
    let ms = |time: u64| time / 1_000_000;
    let Entry {
        node,
        asked,
        answer,
        began,
        ended,
    } = entry;
    let (began, ended) = (ms(*began), ms(*ended));
    format!("{began}..{ended} ms at node {node}: {asked:?}: {answer:?}")
}

/// How the zone stands after a request; `None`: it would not have been answered so.
fn after(standing: &Standing, entry: &Entry) -> Option<Standing> {
    let op = match (&entry.asked, &entry.answer) {
        (Asked::Change(op), _) => *op,
        (Asked::Read, Answer::Stands(seen)) => {
            let is_same = seen.revision == standing.revision && seen.zone == standing.zone;
            // A zone that was removed has no serial to be compared.
            let is_ahead = seen.serial >= standing.serial || seen.zone.is_none();
            return (is_same && is_ahead).then(|| Standing {
                serial: seen.serial.max(standing.serial),
                ..standing.clone()
            });
        }
        (Asked::Read, _) => return Some(standing.clone()),
    };
    if entry.answer == Answer::Refused {
        return op
            .fits(&standing.zone, Reply::Refused)
            .then(|| standing.clone());
    }
    if !op.fits(&standing.zone, Reply::Done) {
        return None;
    }
    let zone = op.made(&standing.zone);
    let grows = zone != standing.zone;
    let mut next = Standing {
        revision: standing.revision + u64::from(grows),
        serial: standing.serial,
        zone,
    };
    if let Answer::Taken { revision, serial } = entry.answer {
        if revision.is_some_and(|revision| revision != next.revision) {
            return None;
        }
        if let Some(serial) = serial {
            let is_right = match grows {
                true => serial > standing.serial,
                false => serial >= standing.serial,
            };
            if !is_right {
                return None;
            }
            next.serial = serial;
        }
    }
    Some(next)
}
