//! The ways to change desired state. Each returns once the change is on disk, and says what it came to in
//! a type of its own.

use dadns_zone::{Zone, ZoneName};
use tokio::sync::oneshot;

use super::commit::Message;
use super::desired::{
    Advanced, AtMoment, Attributes, Author, CannotRollBack, Claimed, Deletion, Edited, Edits,
    Imported, Mode, Moment, NotCreated, NotDeleted, NotEdited, NothingHeld, Owner, Pushed, Removed,
    Standing, Stored,
};
use super::edits::{
    Advance, Approve, At, Change, Claim, Create, Delete, Edit, Import, Push, Records, Reject,
    Remove, Rollback,
};
use super::{Store, StoreError};

/// # Errors
/// Each of them, when the change could not be made durable; then nothing was acknowledged and whoever asked
/// for it must be told.
impl Store {
    /// The zone is as its master pushed it, with what the reader let pass with a warning. The guard may
    /// hold it for an operator.
    pub async fn push(
        &self,
        author: Author,
        zone: Zone,
        warnings: Vec<String>,
    ) -> Result<Pushed, StoreError> {
        let fetched = false;
        let edit = Push {
            zone,
            warnings,
            fetched,
        };
        self.accept(author, edit).await
    }

    /// The zone is as the gateway fetched it from its master, unless it has changed since `moment`. The
    /// guard may hold it for an operator.
    pub async fn fetched(
        &self,
        moment: Moment,
        author: Author,
        zone: Zone,
        warnings: Vec<String>,
    ) -> Result<AtMoment<Pushed>, StoreError> {
        let fetched = true;
        let edit = Push {
            zone,
            warnings,
            fetched,
        };
        self.accept(author, At { moment, edit }).await
    }

    /// The zone is as a backend serves it, unless it is known here.
    pub async fn import(&self, author: Author, zone: Zone) -> Result<Imported, StoreError> {
        let (moment, edit) = (Moment::at(0), Import { zone });
        let imported = self.accept(author, At { moment, edit }).await?;
        Ok(imported.into())
    }

    /// The zone is removed.
    pub async fn remove(&self, author: Author, zone: ZoneName) -> Result<Removed, StoreError> {
        self.accept(author, Remove(zone)).await
    }

    /// The zone is removed, unless it has changed since `moment`.
    pub async fn remove_at(
        &self,
        moment: Moment,
        author: Author,
        zone: ZoneName,
    ) -> Result<AtMoment<Removed>, StoreError> {
        let edit = Remove(zone);
        self.accept(author, At { moment, edit }).await
    }

    /// The zone belongs to `owner` from now on, unless it has changed since `moment` or does not belong to
    /// `from` any more; its records stay.
    pub async fn claim(
        &self,
        moment: Moment,
        author: Author,
        zone: ZoneName,
        from: Option<Owner>,
        owner: Owner,
    ) -> Result<Claimed, StoreError> {
        let edit = Claim { zone, from, owner };
        let claimed = self.accept(author, At { moment, edit }).await?;
        Ok(claimed.into())
    }

    /// The serial of a zone is raised past one that a backend had, if the zone is still at `revision`.
    pub async fn advance(
        &self,
        zone: &ZoneName,
        revision: u64,
        past: u32,
        author: Author,
    ) -> Result<Advanced, StoreError> {
        let (moment, zone) = (Moment::at(revision), zone.clone());
        let edit = Advance { zone, past };
        let advanced = self.accept(author, At { moment, edit }).await?;
        Ok(advanced.into())
    }

    /// What the zone was at an earlier revision becomes its newest one.
    pub async fn rollback(
        &self,
        author: Author,
        zone: ZoneName,
        revision: u64,
    ) -> Result<Result<Stored, CannotRollBack>, StoreError> {
        self.accept(author, Rollback { zone, revision }).await
    }

    /// Records of the zone are edited as `plan` says, which sees the zone as it stands and may refuse.
    ///
    /// `plan` runs on the thread that writes: it decides, and computes nothing that can be computed before. Where
    /// several nodes share the zone and another one was first, a copy of it sees what that made.
    pub async fn edit<R: Send + 'static>(
        &self,
        author: Author,
        zone: ZoneName,
        mode: Mode,
        plan: impl FnOnce(&Standing<'_>) -> Result<Edits, R> + Clone + Send + 'static,
    ) -> Result<Result<Edited, NotEdited<R>>, StoreError> {
        self.accept(author, Records { zone, mode, plan }).await
    }

    /// The zone, which no master has, is created with these records; each is an entry of layer `records`.
    pub async fn create(
        &self,
        author: Author,
        zone: Zone,
        attributes: Attributes,
        mode: Mode,
    ) -> Result<Result<Edited, NotCreated>, StoreError> {
        let edit = Create {
            zone,
            attributes,
            mode,
        };
        self.accept(author, edit).await
    }

    /// The zone is removed with all its layers.
    pub async fn delete(
        &self,
        author: Author,
        zone: ZoneName,
        how: Deletion,
    ) -> Result<Result<u64, NotDeleted>, StoreError> {
        self.accept(author, Delete { zone, how }).await
    }

    /// The push that the guard holds of the zone is made after all.
    pub async fn approve(
        &self,
        author: Author,
        zone: ZoneName,
    ) -> Result<Result<Stored, NothingHeld>, StoreError> {
        self.accept(author, Approve(zone)).await
    }

    /// The push that the guard holds of the zone is dropped.
    pub async fn reject(
        &self,
        author: Author,
        zone: ZoneName,
    ) -> Result<Result<(), NothingHeld>, StoreError> {
        self.accept(author, Reject(zone)).await
    }

    /// The one way in.
    pub(super) async fn accept<E: Edit>(
        &self,
        author: Author,
        edit: E,
    ) -> Result<E::Answer, StoreError> {
        if self.is_edge() {
            return Err(StoreError::Edge);
        }
        self.ask(|reply| Message::Change(Box::new(Change::new(author, edit, reply))))
            .await
    }

    pub(super) async fn ask<T>(
        &self,
        message: impl FnOnce(oneshot::Sender<Result<T, StoreError>>) -> Message,
    ) -> Result<T, StoreError> {
        let (reply, answer) = oneshot::channel();
        self.messages
            .send(message(reply))
            .map_err(|_| StoreError::Stopped)?;
        answer.await.map_err(|_| StoreError::Stopped)?
    }
}
