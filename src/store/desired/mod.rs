//! The rules of desired state, pure: who may change a zone, which revision and serial it gets, and which
//! pushes wait for an operator. Nothing here reads or writes the store.

mod answer;
mod author;
mod decide;
mod guard;
mod head;
mod records;
mod serial;
mod steps;

pub use answer::{
    Advanced, AtMoment, CannotRollBack, Claimed, Imported, NothingHeld, Pushed, Removed, Stored,
};
pub use author::{Author, Owner};
pub(super) use decide::{Decision, LayerEdit, Put, advance, claim, may_return, put, remove};
pub use guard::{Guard, Held};
pub use head::{Head, Moment, VersionKind};
pub use records::{
    Attributes, Deletion, Edited, Edits, Entries, Entry, Layers, Mode, NotCreated, NotDeleted,
    NotEdited, Overridden, RecordEdit, Standing, TooMany,
};
pub use serial::NotAhead;
pub(super) use serial::{Highest, HighestEdit};
pub(super) use steps::{Ground, Taken, is_idle, take};
