//! Entries that the engine below does not have yet.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::collections::btree_map::IntoIter;
use std::iter::Peekable;
use std::ops::Bound;
use std::sync::Arc;

use parking_lot::RwLock;

use crate::engine::{EngineError, Entry, KeyRange, Scan, Value};

/// Entries by key; `None`: removed.
pub(super) type Table = BTreeMap<Vec<u8>, Option<Value>>;

/// The active table over the frozen one.
#[derive(Debug, Default)]
pub(super) struct Tables(RwLock<Both>);

#[derive(Debug, Default)]
struct Both {
    active: Table,
    frozen: Option<Arc<Table>>,
}

impl Tables {
    /// The newest value of a key, `Some(None)` if it is removed; `None`: they do not have the key.
    pub fn get(&self, key: &[u8]) -> Option<Option<Value>> {
        let both = self.0.read();
        let frozen = || both.frozen.as_ref().and_then(|frozen| frozen.get(key));
        both.active.get(key).or_else(frozen).cloned()
    }

    /// The newest entries of a range.
    pub fn range(&self, range: &KeyRange) -> Table {
        let end = range
            .end
            .as_deref()
            .map_or(Bound::Unbounded, Bound::Excluded);
        let range = (Bound::Included(range.start.as_slice()), end);
        let both = self.0.read();
        let tables = [both.frozen.as_deref(), Some(&both.active)];
        let mut newest = Table::new();
        for table in tables.into_iter().flatten() {
            let entries = table.range::<[u8], _>(range);
            newest.extend(entries.map(|(key, value)| (key.clone(), value.clone())));
        }
        newest
    }

    /// Puts entries into the active table.
    pub fn put(&self, writes: Vec<Entry>) {
        self.0.write().active.extend(writes);
    }

    /// Makes the active table the frozen one. There must be none.
    pub fn freeze(&self) {
        let mut both = self.0.write();
        let active = std::mem::take(&mut both.active);
        both.frozen = Some(Arc::new(active));
    }

    pub fn frozen(&self) -> Option<Arc<Table>> {
        self.0.read().frozen.clone()
    }

    pub fn has_frozen(&self) -> bool {
        self.0.read().frozen.is_some()
    }

    /// Forgets the frozen table: the engine below has it.
    pub fn drop_frozen(&self) {
        let frozen = self.0.write().frozen.take();
        drop(frozen);
    }
}

/// The entries `above` over those of the engine below, in order.
pub(super) fn merged(above: Table, below: Scan) -> Scan {
    if above.is_empty() {
        return below;
    }
    Box::new(Merged {
        above: above.into_iter().peekable(),
        below: below.peekable(),
    })
}

struct Merged {
    above: Peekable<IntoIter<Vec<u8>, Option<Value>>>,
    below: Peekable<Scan>,
}

impl Iterator for Merged {
    type Item = Result<(Value, Value), EngineError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let Some(Ok((lower, _))) = self.below.peek() else {
                if let Some(Err(_)) = self.below.peek() {
                    return self.below.next();
                }
                let (key, value) = self.above.next()?;
                match value {
                    Some(value) => return Some(Ok((key.as_slice().into(), value))),
                    None => continue,
                }
            };
            let order = self
                .above
                .peek()
                .map(|(upper, _)| upper.as_slice().cmp(lower));
            match order {
                None | Some(Ordering::Greater) => return self.below.next(),
                Some(Ordering::Equal) => drop(self.below.next()),
                Some(Ordering::Less) => {}
            }
            if let Some((key, Some(value))) = self.above.next() {
                return Some(Ok((key.as_slice().into(), value)));
            }
        }
    }
}
