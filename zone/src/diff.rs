//! What changed from one zone to another, record by record.

use std::cmp::Ordering;
use std::fmt;

use crate::present::{NameText, Presentation, TypeName};
use crate::record::{Rdata, Rrset};
use crate::{DomainName, Rtype, Zone};

/// The records that two zones do not share, in canonical order of their sets.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Diff {
    /// The changes: of one set, removals come before additions.
    pub changes: Vec<Change>,
}

/// One record that is gone, new, or has another TTL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The name that the record is at.
    pub owner: DomainName,
    /// The record's type.
    pub rtype: Rtype,
    /// The record's data.
    pub rdata: Rdata,
    /// What happened to it.
    pub kind: ChangeKind,
}

/// What happened to a record. TTLs are in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangeKind {
    /// Only the old zone has it.
    Removed {
        /// Its TTL.
        ttl: u32,
    },
    /// Only the new zone has it.
    Added {
        /// Its TTL.
        ttl: u32,
    },
    /// Both have it, with different TTLs.
    Changed {
        /// The TTL in the old zone.
        from: u32,
        /// The TTL in the new zone.
        to: u32,
    },
}

impl Diff {
    /// What has to change in `old` to make it `new`.
    pub fn between(old: &Zone, new: &Zone) -> Self {
        Self::between_rrsets(old.rrsets(), new.rrsets())
    }

    /// What has to be added to make `new` where there was no zone.
    pub fn from_nothing(new: &Zone) -> Self {
        Self::between_rrsets(&[], new.rrsets())
    }

    /// As [`between`](Self::between), at some names only; these in canonical order.
    pub fn at<'o>(
        old: &Zone,
        new: &Zone,
        owners: impl IntoIterator<Item = &'o DomainName>,
    ) -> Self {
        let mut diff = Self {
            changes: Vec::new(),
        };
        for owner in owners {
            let here = Self::between_rrsets(old.at(owner), new.at(owner));
            diff.changes.extend(here.changes);
        }
        diff
    }

    fn between_rrsets(mut olds: &[Rrset], mut news: &[Rrset]) -> Self {
        let mut diff = Self {
            changes: Vec::new(),
        };
        loop {
            match (olds.split_first(), news.split_first()) {
                (None, None) => return diff,
                (Some((old, rest)), None) => {
                    diff.push_sets(Some(old), None);
                    olds = rest;
                }
                (None, Some((new, rest))) => {
                    diff.push_sets(None, Some(new));
                    news = rest;
                }
                (Some((old, old_rest)), Some((new, new_rest))) => {
                    let order = old.canonical_cmp(new);
                    diff.push_sets(
                        (order.is_le()).then_some(old),
                        (order.is_ge()).then_some(new),
                    );
                    olds = if order == Ordering::Greater {
                        olds
                    } else {
                        old_rest
                    };
                    news = if order == Ordering::Less {
                        news
                    } else {
                        new_rest
                    };
                }
            }
        }
    }

    /// Whether the zones hold the same records.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    fn push_sets(&mut self, old: Option<&Rrset>, new: Option<&Rrset>) {
        if let Some(set) = old {
            for rdata in set.rdata() {
                let kept = new.filter(|new| new.rdata().binary_search(rdata).is_ok());
                match kept.map(Rrset::ttl) {
                    None => self.push(set, rdata, ChangeKind::Removed { ttl: set.ttl() }),
                    Some(to) if to != set.ttl() => self.push(
                        set,
                        rdata,
                        ChangeKind::Changed {
                            from: set.ttl(),
                            to,
                        },
                    ),
                    Some(_) => {}
                }
            }
        }
        if let Some(set) = new {
            for rdata in set.rdata() {
                if old.is_none_or(|old| old.rdata().binary_search(rdata).is_err()) {
                    self.push(set, rdata, ChangeKind::Added { ttl: set.ttl() });
                }
            }
        }
    }

    fn push(&mut self, set: &Rrset, rdata: &Rdata, kind: ChangeKind) {
        self.changes.push(Change {
            owner: set.owner().clone(),
            rtype: set.rtype(),
            rdata: rdata.clone(),
            kind,
        });
    }
}

impl fmt::Display for Diff {
    /// One line for each record gone (`-`) or new (`+`); both for another TTL.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for change in &self.changes {
            let (removed, added) = match change.kind {
                ChangeKind::Removed { ttl } => (Some(ttl), None),
                ChangeKind::Added { ttl } => (None, Some(ttl)),
                ChangeKind::Changed { from, to } => (Some(from), Some(to)),
            };
            let lines = removed
                .map(|ttl| ('-', ttl))
                .into_iter()
                .chain(added.map(|ttl| ('+', ttl)));
            let (owner, rtype) = (NameText(&change.owner), TypeName(change.rtype));
            for (sign, ttl) in lines {
                let data = Presentation {
                    rtype: change.rtype,
                    rdata: &change.rdata,
                };
                writeln!(f, "{sign} {owner} {ttl} {rtype} {data}")?;
            }
        }
        Ok(())
    }
}
