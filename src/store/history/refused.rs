//! The last push of each zone that was refused, until a later one is accepted: masters show a refusal to
//! nobody, and not everybody who asks why a record is not there can read the log.
//!
//! Readers look in memory. Disk gets what changed in the committer's next round, without a sync: what a
//! crash loses is only a note. Names and reasons are the master's, so that both are bounded.

use std::collections::HashSet;
use std::fmt;

use dadns_zone::ZoneName;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::newest::Newest;
use crate::engine::Batch;
use crate::logging::warning;
use crate::store::commit::{Committer, Message};
use crate::store::db::Db;
use crate::store::desired::Author;
use crate::store::{Store, StoreError, keys};

/// Of how many zones that are here a refusal is remembered: the newest.
const PRESENT: usize = 10_000;

/// Of how many zones that are not here: anybody with the account of a master can make up names.
const ABSENT: usize = 1_000;

/// The most octets of a reason.
const REASON: usize = 2_000;

/// The last push of a zone that was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// When it came.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub at: Timestamp,
    /// When the first came of those since a push was last accepted.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub since: Timestamp,
    /// The account and address that it came from.
    pub by: String,
    /// The master that it named.
    pub master: Option<String>,
    /// Why it was refused.
    pub reason: String,
    /// How many were refused since a push was last accepted.
    pub times: u64,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} by {}", self.at.strftime("%F %T UTC"), self.by)?;
        if let Some(master) = &self.master {
            write!(f, " for {master}")?;
        }
        write!(f, ": {}", self.reason)?;
        match self.times {
            0 | 1 => Ok(()),
            times => {
                let since = self.since.strftime("%F %T UTC");
                write!(f, "; refused {times} times since {since}")
            }
        }
    }
}

impl Store {
    /// Remembers that a push of `zone` by `author` was refused.
    pub fn note_refused(&self, zone: &ZoneName, author: &Author, reason: &str) {
        let present = matches!(self.head(zone), Ok(Some(head)) if head.present);
        let now = Timestamp::now();
        // As exactly as it is kept on disk.
        let now = Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now);
        let refused = Refused {
            at: now,
            since: now,
            by: author.signature(),
            master: author.master.clone(),
            reason: shortened(reason),
            times: 1,
        };
        if self.shared.refused.lock().add(zone, refused, present) {
            // Without a committer nothing is written any more.
            let _ = self.messages.send(Message::Refused);
        }
    }

    /// The last push of `zone` that was refused, if none was accepted since.
    pub fn refused(&self, zone: &ZoneName) -> Option<Refused> {
        self.shared.refused.lock().get(zone).cloned()
    }

    /// The newest `most` of them, newest first.
    pub fn newest_refused(&self, most: usize) -> Vec<(ZoneName, Refused)> {
        self.shared.refused.lock().newest(most)
    }

    /// Whether the last push of `zone` was refused.
    pub fn is_refused(&self, zone: &ZoneName) -> bool {
        self.shared.refused.lock().get(zone).is_some()
    }

    /// Of how many zones the last push was refused.
    pub fn refused_count(&self) -> usize {
        let refused = self.shared.refused.lock();
        refused.present.len() + refused.absent.len()
    }

    /// Why nothing is known of a zone, in a sentence.
    pub fn why_unknown(&self, zone: &ZoneName) -> String {
        match self.refused(zone) {
            Some(refused) => format!(
                "zone {zone} is not here: no push of it was accepted; the last was refused {refused}"
            ),
            None => format!("zone {zone} has never been pushed or imported here"),
        }
    }
}

/// `reason`, or as much of it as is kept.
fn shortened(reason: &str) -> String {
    if reason.len() <= REASON {
        return reason.to_owned();
    }
    let end = (0..=REASON).rev().find(|end| reason.is_char_boundary(*end));
    format!("{}…", &reason[..end.unwrap_or(0)])
}

/// What is remembered.
#[derive(Debug)]
pub(in crate::store) struct Refusals {
    /// Of zones that are here.
    present: Newest<Refused>,
    /// Of zones that are not.
    absent: Newest<Refused>,
    /// The zones whose entries on disk are not as they are here.
    unwritten: HashSet<ZoneName>,
    /// Whether the committer has been told of them.
    told: bool,
}

impl Refusals {
    fn new() -> Self {
        Self {
            present: Newest::new(PRESENT),
            absent: Newest::new(ABSENT),
            unwritten: HashSet::new(),
            told: false,
        }
    }

    /// What is on disk. An entry that cannot be read is no reason not to start: it is only a note.
    pub fn load(db: &Db) -> Result<Self, StoreError> {
        let mut found = Vec::new();
        for entry in db.refused() {
            match entry {
                Ok((zone, refused)) => found.push((zone, refused)),
                Err(error) => warning!("{error}; this refusal is forgotten"),
            }
        }
        found.sort_by_key(|(_, refused)| refused.at);
        let mut refusals = Self::new();
        for (zone, refused) in found {
            let present = db.head(&zone)?.is_some_and(|head| head.present);
            refusals.put(&zone, refused, present);
        }
        Ok(refusals)
    }

    /// Adds one; `true`: the committer has to be told.
    fn add(&mut self, zone: &ZoneName, mut refused: Refused, present: bool) -> bool {
        if let Some(before) = self.remove(zone) {
            refused.since = before.since;
            refused.times = before.times.saturating_add(1);
        }
        self.put(zone, refused, present);
        self.unwritten.insert(zone.clone());
        !std::mem::replace(&mut self.told, true)
    }

    fn put(&mut self, zone: &ZoneName, refused: Refused, present: bool) {
        let newest = match present {
            true => &mut self.present,
            false => &mut self.absent,
        };
        self.unwritten.extend(newest.put(zone, refused));
    }

    pub fn get(&self, zone: &ZoneName) -> Option<&Refused> {
        let found = self.present.get(zone);
        found.or_else(|| self.absent.get(zone))
    }

    fn remove(&mut self, zone: &ZoneName) -> Option<Refused> {
        let found = self.present.remove(zone);
        found.or_else(|| self.absent.remove(zone))
    }

    /// A push was accepted at `now`: what was refused before that is over.
    pub fn end(&mut self, zone: &ZoneName, now: Timestamp) {
        if self.get(zone).is_some_and(|refused| refused.at <= now) {
            self.remove(zone);
        }
    }

    fn newest(&self, most: usize) -> Vec<(ZoneName, Refused)> {
        let mut newest: Vec<_> = [&self.present, &self.absent]
            .into_iter()
            .flat_map(|entries| entries.newest_first().take(most))
            .map(|(zone, refused)| (zone.clone(), refused.clone()))
            .collect();
        newest.sort_by_key(|(_, refused)| std::cmp::Reverse(refused.at));
        newest.truncate(most);
        newest
    }
}

impl Committer {
    /// Writes what changed since the last time. While the disk has no room it stays in memory.
    pub(in crate::store) fn write_refused(&self, writes: bool) -> Result<(), StoreError> {
        let mut refused = self.shared.refused.lock();
        refused.told = false;
        if !writes {
            return Ok(());
        }
        let mut batch = Batch::default();
        for zone in std::mem::take(&mut refused.unwritten) {
            let key = keys::refused(&zone);
            match refused.get(&zone) {
                Some(entry) => batch.insert(key, self.shared.db.encode(entry)?),
                None => batch.remove(key),
            }
        }
        drop(refused);
        self.shared.db.write(batch)
    }
}
