//! What a place answers over DNS, RRset by RRset.

use std::fmt;

/// How many wrong answers of a zone are told; more are counted.
pub const MOST_TOLD: usize = 20;

/// Which RRsets of a zone a place answers otherwise than they should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answers {
    /// The place is not asked: it has no DNS address, or its answers are known to prove nothing.
    NotAsked,
    /// It was asked.
    Checked {
        /// How many RRsets were compared.
        rrsets: usize,
        /// The wrong ones, the first [`MOST_TOLD`] of them.
        wrong: Vec<Wrong>,
        /// How many are wrong, those that are not told included.
        wrong_count: usize,
    },
}

impl Answers {
    /// What is answered otherwise than it should be, in words for an operator; `None`: nothing is.
    pub fn fault(&self) -> Option<String> {
        let Self::Checked {
            rrsets,
            wrong,
            wrong_count,
        } = self
        else {
            return None;
        };
        let shown: Vec<_> = wrong.iter().map(ToString::to_string).collect();
        let more = match wrong_count - shown.len() {
            0 => String::new(),
            more => format!("; and {more} more"),
        };
        (*wrong_count > 0).then(|| {
            format!(
                "{wrong_count} of {rrsets} RRset(s) are answered otherwise: {}{more}",
                shown.join("; ")
            )
        })
    }
}

/// An RRset that is answered otherwise than it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    /// The RRset, as `owner TYPE`.
    pub record: String,
    /// What is answered instead, in words for an operator.
    pub found: String,
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.record, self.found)
    }
}

/// Counts what was compared.
#[derive(Debug, Default)]
pub struct Tally {
    rrsets: usize,
    wrong: Vec<Wrong>,
    wrong_count: usize,
}

impl Tally {
    /// An RRset is as it should be.
    pub fn right(&mut self) {
        self.rrsets += 1;
    }

    /// An RRset is not.
    pub fn wrong(&mut self, wrong: impl FnOnce() -> Wrong) {
        self.rrsets += 1;
        self.wrong_count += 1;
        if self.wrong.len() < MOST_TOLD {
            self.wrong.push(wrong());
        }
    }

    /// Adds what was found elsewhere, each saying where.
    pub fn add(&mut self, other: Answers, place: impl Fn() -> String) {
        if let Answers::Checked {
            rrsets,
            wrong,
            wrong_count,
        } = other
        {
            self.rrsets += rrsets;
            self.wrong_count += wrong_count;
            let room = MOST_TOLD.saturating_sub(self.wrong.len());
            self.wrong
                .extend(wrong.into_iter().take(room).map(|wrong| Wrong {
                    found: place() + &wrong.found,
                    ..wrong
                }));
        }
    }

    /// Whether nothing is wrong so far.
    pub fn is_right(&self) -> bool {
        self.wrong_count == 0
    }

    /// What was found in the end.
    pub fn answers(self) -> Answers {
        Answers::Checked {
            rrsets: self.rrsets,
            wrong: self.wrong,
            wrong_count: self.wrong_count,
        }
    }
}
