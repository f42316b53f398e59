//! An edit that somebody waits for, of whatever kind, as the committer has it.

use dadns_zone::ZoneName;
use jiff::Timestamp;

use super::Edit;
use crate::store::commit::Reply;
use crate::store::desired::Author;
use crate::store::group::Group;
use crate::store::{Shared, StoreError};

/// One edit by somebody who waits for the answer.
pub(in crate::store) struct Change<E: Edit> {
    author: Author,
    edit: E,
    reply: Reply<E::Answer>,
    /// What the author is told, once it is known that it holds.
    answer: Option<E::Answer>,
}

impl<E: Edit> Change<E> {
    pub fn new(author: Author, edit: E, reply: Reply<E::Answer>) -> Self {
        Self {
            author,
            edit,
            reply,
            answer: None,
        }
    }
}

/// A change of whatever kind, as the committer has it.
pub(in crate::store) trait AnyChange: Send {
    fn zone(&self) -> &ZoneName;

    fn reads_records(&self, shared: &Shared) -> bool;

    /// Adds it to a group. `None`: it could not be planned, and whoever waits has been told.
    fn plan(self: Box<Self>, shared: &Shared, group: &mut Group, now: Timestamp) -> Option<Answer>;

    /// Adds it to a group, and can be asked again: another node may have been first. Nothing is added on an error.
    fn attempt(
        &mut self,
        shared: &Shared,
        group: &mut Group,
        now: Timestamp,
    ) -> Result<(), StoreError>;

    /// Tells whoever waits what the last attempt came to.
    fn answer(self: Box<Self>, committed: Result<(), StoreError>);
}

/// Tells whoever waits for a change, once it is known whether its group is on disk.
pub(in crate::store) type Answer = Box<dyn FnOnce(Result<(), StoreError>) + Send>;

impl<E: Edit> AnyChange for Change<E> {
    fn zone(&self) -> &ZoneName {
        self.edit.zone()
    }

    fn reads_records(&self, shared: &Shared) -> bool {
        self.edit.reads_records(shared)
    }

    fn plan(self: Box<Self>, shared: &Shared, group: &mut Group, now: Timestamp) -> Option<Answer> {
        let Self {
            author,
            edit,
            reply,
            ..
        } = *self;
        match shared.plan(group, &author, edit, now) {
            Ok(answer) => Some(Box::new(move |committed| {
                drop(reply.send(committed.map(|()| answer)));
            })),
            Err(error) => {
                drop(reply.send(Err(error)));
                None
            }
        }
    }

    fn attempt(
        &mut self,
        shared: &Shared,
        group: &mut Group,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.answer = None;
        self.answer = Some(shared.plan(group, &self.author, self.edit.clone(), now)?);
        Ok(())
    }

    fn answer(self: Box<Self>, committed: Result<(), StoreError>) {
        let answer = self.answer.ok_or(StoreError::Stopped);
        drop(self.reply.send(committed.and(answer)));
    }
}
