//! What a server answers over DNS, RRset by RRset.

use std::fmt;

/// How many wrong answers of a zone are named; more are only counted.
pub const MOST_TOLD: usize = 20;

/// How the RRsets of a zone are answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answers {
    /// How many RRsets were compared.
    pub rrsets: usize,
    /// The wrong ones, the first [`MOST_TOLD`] of them.
    pub wrong: Vec<Wrong>,
    /// How many are wrong, those that are not named included.
    pub wrong_count: usize,
}

impl Answers {
    /// What is answered wrong, in words for an operator; `None`: nothing.
    pub fn fault(&self) -> Option<String> {
        let Self {
            rrsets,
            wrong,
            wrong_count,
        } = self;
        let shown: Vec<_> = wrong.iter().map(ToString::to_string).collect();
        let more = match wrong_count - shown.len() {
            0 => String::new(),
            more => format!("; and {more} more"),
        };
        (*wrong_count > 0).then(|| {
            format!(
                "{wrong_count} of {rrsets} RRsets differ: {}{more}",
                shown.join("; ")
            )
        })
    }
}

/// An RRset that is answered wrong.
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
    /// An RRset is answered right.
    pub fn right(&mut self) {
        self.rrsets += 1;
    }

    /// An RRset is answered wrong.
    pub fn wrong(&mut self, wrong: impl FnOnce() -> Wrong) {
        self.rrsets += 1;
        self.wrong_count += 1;
        if self.wrong.len() < MOST_TOLD {
            self.wrong.push(wrong());
        }
    }

    /// Adds what was found at one of several servers, which `server` names.
    pub fn add(&mut self, other: Answers, server: impl Fn() -> String) {
        self.rrsets += other.rrsets;
        self.wrong_count += other.wrong_count;
        let room = MOST_TOLD.saturating_sub(self.wrong.len());
        let wrong = other.wrong.into_iter().take(room).map(|wrong| Wrong {
            found: server() + &wrong.found,
            ..wrong
        });
        self.wrong.extend(wrong);
    }

    /// Whether nothing is wrong so far.
    pub fn is_right(&self) -> bool {
        self.wrong_count == 0
    }

    /// What was found in the end.
    pub fn answers(self) -> Answers {
        Answers {
            rrsets: self.rrsets,
            wrong: self.wrong,
            wrong_count: self.wrong_count,
        }
    }
}
