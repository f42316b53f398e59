//! Revisions that give way, and what of them later ones still need: the records that were pushed.

use dadns_zone::ZoneName;

use crate::engine::Batch;
use crate::store::desired::VersionKind;
use crate::store::{Shared, StoreError, keys};

impl Shared {
    /// Adds to `batch` that revisions give way to `revision`, a new one of `kind`, which has what was pushed in
    /// `push`: the oldest, where there are too many; and one that only had another serial, to the next such one.
    pub(in crate::store) fn give_way(
        &self,
        batch: &mut Batch,
        name: &ZoneName,
        (revision, kind): (u64, VersionKind),
        push: Option<u64>,
    ) -> Result<(), StoreError> {
        // A zone has no more versions than it had revisions: most zones never have too many.
        if kind != VersionKind::Advanced && revision <= self.keep.revisions {
            return Ok(());
        }
        let keys = self.db.version_keys(name, u64::MAX);
        let keys = keys.collect::<Result<Vec<_>, _>>()?;
        let mut revisions: Vec<u64> = keys.iter().filter_map(|key| keys::revision(key)).collect();
        if kind == VersionKind::Advanced
            && let Some(&last) = revisions.last()
            && let Some(version) = self.db.version(name, last)?
            && version.kind == VersionKind::Advanced
            && version.zone.is_none()
        {
            batch.remove(keys::version(name, last));
            revisions.pop();
        }
        let kept = usize::try_from(self.keep.revisions).unwrap_or(usize::MAX);
        let surplus = (revisions.len() + 1).saturating_sub(kept);
        if surplus == 0 {
            return Ok(());
        }
        let push = match revisions.get(surplus) {
            Some(&first) => match self.db.version(name, first)? {
                Some(version) => version.pushed_at(first),
                None => push,
            },
            None => push,
        };
        self.forget(batch, name, &revisions[..surplus], push)
    }

    /// Adds to `batch` that all revisions of a zone up to `last` are forgotten. Says how many.
    pub(in crate::store) fn forget_up_to(
        &self,
        batch: &mut Batch,
        name: &ZoneName,
        last: u64,
    ) -> Result<usize, StoreError> {
        let keys = self.db.version_keys(name, u64::MAX);
        let keys = keys.collect::<Result<Vec<_>, _>>()?;
        let all: Vec<u64> = keys.iter().filter_map(|key| keys::revision(key)).collect();
        let (old, left) = all.split_at(all.partition_point(|revision| *revision <= last));
        let Some(&first) = left.first() else {
            return Ok(0);
        };
        let push = self.db.version(name, first)?;
        let push = push.and_then(|version| version.pushed_at(first));
        self.forget(batch, name, old, push)?;
        Ok(old.len())
    }

    /// `push`: the revision with what was pushed that the oldest of the others still has. Later ones have that
    /// or something later.
    fn forget(
        &self,
        batch: &mut Batch,
        name: &ZoneName,
        old: &[u64],
        push: Option<u64>,
    ) -> Result<(), StoreError> {
        for &revision in old {
            if Some(revision) == push
                && let Some(packed) = self.db.version(name, revision)?.and_then(|old| old.zone)
            {
                batch.insert(keys::base(name, revision), packed);
            }
            batch.remove(keys::version(name, revision));
        }
        for base in self.db.bases(name) {
            let base = base?;
            if Some(base) != push && !old.contains(&base) {
                batch.remove(keys::base(name, base));
            }
        }
        Ok(())
    }
}
