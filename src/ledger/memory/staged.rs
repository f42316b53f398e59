//! What a test does to an engine in memory.

use std::time::Duration;

use bytes::Bytes;

use super::state::State;
use super::{Memory, Stamp};

/// What is staged for one node.
#[derive(Debug, Default)]
pub(super) struct Staged {
    cut: bool,
    pub(super) lost: Option<Lost>,
    /// What another node writes just before the next commit.
    pub(super) first: Option<(String, Bytes)>,
}

/// What is lost of a commit. Whoever asked hears [`Refused::Unknown`](super::Refused::Unknown).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lost {
    /// It was not written.
    Request,
    /// It was written.
    Answer,
}

/// An engine as it was.
#[derive(Debug, Clone)]
pub struct Backup(State);

impl Memory {
    /// Cuts this node off from the engine, or no longer.
    pub fn cut(&self, cut: bool) {
        self.node.staged.lock().cut = cut;
        self.look();
    }

    /// Takes the majority from the engine, so that no node gets an answer, or gives it back.
    pub fn stop(&self, stopped: bool) {
        self.engine.state.lock().stopped = stopped;
        self.look();
    }

    /// Has the next commit of this node, and only that, be lost.
    pub fn lose_next(&self, what: Lost) {
        self.node.staged.lock().lost = Some(what);
    }

    /// Has another node write a document just before the next commit of this node.
    pub fn change_before_next_commit(&self, name: &str, value: impl Into<Bytes>) {
        self.node.staged.lock().first = Some((name.into(), value.into()));
    }

    /// Has the engine forget what was written before `stamp`, but for how its documents stand.
    pub fn forget_before(&self, stamp: Stamp) {
        let mut state = self.engine.state.lock();
        state.forget_before(stamp);
        drop(state);
        self.changed();
    }

    /// The engine as it is now.
    pub fn backup(&self) -> Backup {
        Backup(self.engine.state.lock().clone())
    }

    /// Puts the engine back to what it was.
    pub fn restore(&self, backup: &Backup) {
        self.engine.state.lock().clone_from(&backup.0);
        self.changed();
    }

    /// An engine that is empty, at the same address; `cluster`: what it holds.
    pub fn replace(&self, cluster: Option<Bytes>) {
        let mut state = State::default();
        if let Some(cluster) = cluster {
            state.found(cluster);
        }
        *self.engine.state.lock() = state;
        self.changed();
    }

    /// Lets time pass for leases.
    pub fn pass(&self, time: Duration) {
        self.engine.state.lock().pass(time);
    }

    /// Removes a document behind the back of all nodes, as by `etcdctl del`.
    pub fn remove_by_hand(&self, name: &str) {
        let mut state = self.engine.state.lock();
        if state.documents.remove(name).is_some() {
            state.stamp += 1;
        }
        drop(state);
        self.changed();
    }

    /// The stamp of the last write.
    pub fn stamp(&self) -> Stamp {
        Stamp(self.engine.state.lock().stamp)
    }

    /// Why this node gets no answer.
    pub(super) fn cut_off(&self) -> Option<String> {
        if self.node.staged.lock().cut {
            return Some("this node is cut off".into());
        }
        let stopped = self.engine.state.lock().stopped;
        stopped.then(|| "the engine has no majority".into())
    }

    /// Finds out whether the engine answers this node, and has followers look again.
    fn look(&self) {
        let _ = self.ask("look", |_| ());
        self.changed();
    }
}
