//! What may be true of a zone, as far as was acknowledged. Pure.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::text;

/// The last changes of a zone that are told where something is wrong.
const TOLD: usize = 30;

/// A change of one zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Op {
    /// A master pushes the text of this number.
    Push { master: usize, number: u64 },
    /// A master removes it.
    Remove { master: usize },
    /// The RRset of this index is edited to this number.
    Edit { name: usize, number: u64 },
    /// What was edited of it is dropped.
    Release { name: usize },
}

/// What the gateway says to a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reply {
    Done,
    /// It says that the zone is as it was.
    Refused,
}

/// A zone that is present.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Present {
    pub master: usize,
    /// The number of the push that it has.
    pub push: u64,
    /// The edited RRsets, with the number of the edit.
    pub edits: BTreeMap<usize, u64>,
}

/// One state of a zone; `None`: it is removed, or was never there.
pub type State = Option<Present>;

impl Op {
    /// What it makes of a state.
    pub fn made(self, state: &State) -> State {
        let mut state = state.clone();
        match self {
            Self::Push { master, number } => {
                let edits = state.map(|present| present.edits).unwrap_or_default();
                return Some(Present {
                    master,
                    push: number,
                    edits,
                });
            }
            Self::Remove { .. } => return None,
            Self::Edit { name, number } => {
                if let Some(present) = &mut state {
                    present.edits.insert(name, number);
                }
            }
            Self::Release { name } => {
                if let Some(present) = &mut state {
                    present.edits.remove(&name);
                }
            }
        }
        state
    }

    /// Whether the gateway may say so in this state.
    pub fn fits(self, state: &State, reply: Reply) -> bool {
        let done = reply == Reply::Done;
        match (self, state) {
            (Self::Push { .. }, _) | (Self::Remove { .. }, None) => done,
            (Self::Remove { master }, Some(present)) => done == (master == present.master),
            (Self::Edit { .. }, state) => done == state.is_some(),
            (Self::Release { .. }, None) => !done,
            // Nothing to release may be said either way.
            (Self::Release { name }, Some(present)) => done || !present.edits.contains_key(&name),
        }
    }
}

/// What is known of a zone. One change is under way at a time.
#[derive(Debug, Clone)]
pub struct Known {
    /// One of these is true. More than one: changes stayed without an answer.
    possible: Vec<State>,
    log: VecDeque<String>,
    /// The number of the last push, whatever became of it.
    pub pushed: u64,
}

impl Default for Known {
    fn default() -> Self {
        Self {
            possible: vec![None],
            log: VecDeque::new(),
            pushed: 0,
        }
    }
}

impl Known {
    /// A change was answered.
    pub fn answered(&mut self, op: Op, reply: Reply) -> Result<(), String> {
        self.note(format!("{op:?}: {reply:?}"));
        let before = self.told();
        self.possible.retain(|state| op.fits(state, reply));
        if self.possible.is_empty() {
            return Err(format!(
                "{op:?} was answered {reply:?}, in none of {before}"
            ));
        }
        if reply == Reply::Done {
            self.replace(|state| vec![op.made(state)]);
        }
        Ok(())
    }

    /// A change was sent, and nobody said what became of it.
    pub fn unanswered(&mut self, op: Op) {
        self.note(format!("{op:?}: no answer"));
        self.replace(|state| match op.fits(state, Reply::Done) {
            true => vec![state.clone(), op.made(state)],
            false => vec![state.clone()],
        });
    }

    /// Records of the zone were found on a server; `None`: it has no such zone. That is what is true from now on.
    pub fn found(&mut self, zone: &str, records: Option<&BTreeSet<String>>) -> Result<(), String> {
        let same = |state: &State| match (state, records) {
            (None, None) => true,
            (Some(present), Some(records)) => text::records(zone, present) == *records,
            _ => false,
        };
        let fitting: Vec<_> = self.possible.iter().filter(|state| same(state)).collect();
        if fitting.is_empty() {
            let found = records.map(|records| {
                let told = records.iter().filter(|record| text::is_told(record));
                told.cloned().collect::<Vec<_>>()
            });
            return Err(format!("{found:?} is none of {}", self.told()));
        }
        self.possible = fitting.into_iter().cloned().collect();
        self.note("found".to_owned());
        Ok(())
    }

    /// How many states are possible.
    pub fn doubts(&self) -> usize {
        self.possible.len()
    }

    /// The changes so far.
    pub fn log(&self) -> String {
        self.log.iter().map(|line| format!("\n  {line}")).collect()
    }

    fn told(&self) -> String {
        let lines = self.possible.iter().map(|state| format!("\n  {state:?}"));
        lines.collect()
    }

    fn note(&mut self, line: String) {
        self.log.push_back(line);
        if self.log.len() > TOLD {
            self.log.pop_front();
        }
    }

    fn replace(&mut self, by: impl Fn(&State) -> Vec<State>) {
        let mut all: Vec<State> = Vec::new();
        for state in self.possible.iter().flat_map(by) {
            if !all.contains(&state) {
                all.push(state);
            }
        }
        self.possible = all;
    }
}
