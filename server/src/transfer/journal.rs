//! The last changes of a zone, so that secondaries need not transfer all of it (RFC 1995).

use std::collections::VecDeque;
use std::sync::Arc;

use dadns_zone::{Change, ChangeKind, Diff, Rtype, Zone, is_ahead};

/// Most changes that are remembered for one zone.
const MAX_DELTAS: usize = 32;
/// Changes may take an n-th of the octets of the zone; beyond that a whole transfer is as good.
const SHARE: usize = 2;

/// The last changes of a zone, oldest first, each starting where the one before ends.
///
/// A change is told only from a version that is the only one with its serial: who has another one under the
/// same serial would take out of it what is not there, and keep what should go.
#[derive(Debug, Clone, Default)]
pub(crate) struct Journal {
    deltas: VecDeque<Arc<Delta>>,
    /// The highest serial that a secondary may have with other records, until ours is ahead of it.
    doubted: Option<u32>,
}

/// What changed from one serial to the next.
#[derive(Debug)]
pub(crate) struct Delta {
    from: u32,
    /// The records that went, the old SOA first.
    removed: Vec<DeltaRecord>,
    /// The records that came, the new SOA first.
    added: Vec<DeltaRecord>,
    size: usize,
}

/// One record that went or came.
#[derive(Debug)]
pub(crate) struct DeltaRecord {
    pub owner: Box<[u8]>,
    pub rtype: Rtype,
    pub ttl: u32,
    pub rdata: Box<[u8]>,
}

impl Journal {
    /// The journal of a zone whose serial may stand for other records as well.
    pub fn doubting(serial: u32) -> Self {
        Self {
            doubted: Some(serial),
            ..Self::default()
        }
    }

    /// The journal after `old` has become `new`, whose image takes `size` octets. A serial that did not
    /// go up leaves nothing to tell: a secondary would not come for it, and what it has under a serial that
    /// it finds here again need not be what we had.
    pub fn after(&self, old: &Zone, new: &Zone, size: usize) -> Self {
        let went_up = is_ahead(new.serial(), old.serial());
        if !went_up || self.doubted.is_some() {
            let higher = |doubted: u32| match is_ahead(old.serial(), doubted) {
                true => old.serial(),
                false => doubted,
            };
            let doubted = self.doubted.map_or(old.serial(), higher);
            return match is_ahead(new.serial(), doubted) && went_up {
                true => Self::default(),
                false => Self::doubting(doubted),
            };
        }
        let mut deltas = self.deltas.clone();
        deltas.push_back(Arc::new(Delta::between(old, new)));
        let mut total: usize = deltas.iter().map(|delta| delta.size).sum();
        while deltas.len() > MAX_DELTAS || total > size / SHARE {
            match deltas.pop_front() {
                Some(oldest) => total -= oldest.size,
                None => break,
            }
        }
        Self {
            deltas,
            doubted: None,
        }
    }

    /// The changes from the version `serial` on; `None` where it is not remembered.
    pub fn since(&self, serial: u32) -> Option<Vec<Arc<Delta>>> {
        let start = self.deltas.iter().position(|delta| delta.from == serial)?;
        Some(self.deltas.iter().skip(start).cloned().collect())
    }
}

impl Delta {
    fn between(old: &Zone, new: &Zone) -> Self {
        let mut delta = Self {
            from: old.serial(),
            removed: Vec::new(),
            added: Vec::new(),
            size: size_of::<Self>(),
        };
        // The SOA sorts first, and has changed: so it comes first in either list.
        for change in Diff::between(old, new).changes {
            let (went, came) = match change.kind {
                ChangeKind::Removed { ttl } => (Some(ttl), None),
                ChangeKind::Added { ttl } => (None, Some(ttl)),
                ChangeKind::Changed { from, to } => (Some(from), Some(to)),
            };
            delta
                .removed
                .extend(went.map(|ttl| DeltaRecord::new(&change, ttl)));
            delta
                .added
                .extend(came.map(|ttl| DeltaRecord::new(&change, ttl)));
        }
        let records = || delta.removed.iter().chain(&delta.added);
        let octets: usize = records()
            .map(|record| record.owner.len() + record.rdata.len())
            .sum();
        delta.size += octets + records().count() * size_of::<DeltaRecord>();
        delta
    }

    /// The records of the change as an IXFR has them (RFC 1995 §4).
    pub fn records(&self) -> impl Iterator<Item = &DeltaRecord> + Send {
        self.removed.iter().chain(&self.added)
    }
}

impl DeltaRecord {
    fn new(change: &Change, ttl: u32) -> Self {
        Self {
            owner: change.owner.as_slice().into(),
            rtype: change.rtype,
            ttl,
            rdata: change.rdata.as_bytes().into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dadns_zone::testing::zone;

    fn version(serial: u32, records: usize) -> Zone {
        let records: String = (0..records)
            .map(|n| format!("h{n} A 192.0.2.{n}\n"))
            .collect();
        zone("a.example", serial, &records)
    }

    #[test]
    fn changes_since_a_version_lead_from_it_to_the_newest() {
        let mut journal = Journal::default();
        for serial in 1..5 {
            journal = journal.after(
                &version(serial, serial as usize),
                &version(serial + 1, serial as usize + 1),
                10_000,
            );
        }
        let deltas = journal.since(3).unwrap();
        assert_eq!(
            deltas.iter().map(|delta| delta.from).collect::<Vec<_>>(),
            [3, 4]
        );
        let types: Vec<_> = deltas[0].records().map(|record| record.rtype).collect();
        assert_eq!(types, [Rtype::SOA, Rtype::SOA, Rtype::A]);
        assert!(journal.since(5).is_none());
        assert!(journal.since(0).is_none());
    }

    #[test]
    fn a_journal_stays_smaller_than_its_zone_and_forgets_the_oldest() {
        let mut journal = Journal::default();
        for serial in 1..100 {
            journal = journal.after(&version(serial, 3), &version(serial + 1, 4), 10_000);
        }
        assert!(journal.since(99).is_some());
        assert!(journal.since(1).is_none());
        assert!(journal.deltas.len() <= MAX_DELTAS);
        assert!(journal.deltas.iter().map(|delta| delta.size).sum::<usize>() <= 5_000);
        let tiny = Journal::default().after(&version(1, 0), &version(2, 50), 10);
        assert!(tiny.since(1).is_none());
    }

    #[test]
    fn a_change_is_told_only_from_a_version_that_is_the_only_one_with_its_serial() {
        // The serials of a zone in turn, each with other records, and from which of them changes are told.
        for (serials, told) in [
            (&[10, 11, 12][..], &[10, 11][..]),
            (&[10, 10, 11], &[]),
            (&[10, 10, 11, 12], &[11]),
            (&[10, 9, 10], &[]),
            (&[10, 9, 10, 11], &[]),
            (&[10, 9, 10, 11, 12], &[11]),
            (&[10, 9, 11, 12], &[11]),
            (&[10, 8, 9], &[]),
            (&[0, 1 << 31, 1, 2], &[]),
        ] {
            let mut journal = Journal::default();
            for (number, two) in serials.windows(2).enumerate() {
                let (old, new) = (version(two[0], number), version(two[1], number + 1));
                journal = journal.after(&old, &new, 100_000);
            }
            let from: Vec<u32> = journal.deltas.iter().map(|delta| delta.from).collect();
            assert_eq!(from, told, "{serials:?}");
        }
        let journal = Journal::doubting(10).after(&version(10, 1), &version(11, 2), 100_000);
        assert!(journal.since(10).is_none());
        let journal = journal.after(&version(11, 2), &version(12, 3), 100_000);
        assert!(journal.since(11).is_some());
    }

    #[test]
    fn a_serial_that_did_not_go_up_ends_the_journal() {
        let journal = Journal::default().after(&version(1, 1), &version(2, 2), 10_000);
        assert!(journal.since(1).is_some());
        for serial in [2, 1] {
            assert!(
                journal
                    .after(&version(2, 2), &version(serial, 3), 10_000)
                    .since(1)
                    .is_none()
            );
        }
    }
}
