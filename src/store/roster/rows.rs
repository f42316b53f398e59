//! Looks at all zones, some thousand at a time: whoever writes never waits for somebody who searches.

use std::collections::VecDeque;
use std::ops::Bound;

use dadns_zone::ZoneName;

use super::Row;
use crate::store::Store;

/// How many zones are looked at before the next writer may write.
const AT_ONCE: usize = 2_048;

/// Zones in the order of their names. One that comes or goes meanwhile may be among them or not.
#[derive(Debug)]
pub struct Rows {
    store: Store,
    /// What was read and not given yet.
    read: VecDeque<(ZoneName, Row)>,
    /// After which name it goes on.
    after: Option<Box<str>>,
    ended: bool,
}

impl Rows {
    pub(super) fn new(store: Store, after: Option<&str>) -> Self {
        Self {
            store,
            read: VecDeque::new(),
            after: after.map(Into::into),
            ended: false,
        }
    }

    fn more(&mut self) {
        let from = match &self.after {
            Some(after) => Bound::Excluded(&**after),
            None => Bound::Unbounded,
        };
        let zones = self.store.shared.roster.0.read();
        let range = zones.rows.range::<str, _>((from, Bound::Unbounded));
        let some = range.take(AT_ONCE);
        self.read
            .extend(some.map(|(name, row)| (name.clone(), row.clone())));
        drop(zones);
        self.ended = self.read.len() < AT_ONCE;
        self.after = self.read.back().map(|(name, _)| name.as_str().into());
    }
}

impl Iterator for Rows {
    type Item = (ZoneName, Row);

    fn next(&mut self) -> Option<Self::Item> {
        if self.read.is_empty() && !self.ended {
            self.more();
        }
        self.read.pop_front()
    }
}
