//! What is known of the files of one source, and which are to be read. Pure: it is told what there is and when.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::{Duration, Instant};

use dadns_zone::ZoneName;
use jiff::Timestamp;

use super::disk::{Files, Stamp};
use super::name::{Named, named};
use super::shape::{FileState, FileStatus};

/// How much longer a file is waited for that is still open for writing.
const OPEN: u32 = 10;

/// How long nothing is due after a look that failed: what made it due is still there, so that it would be due at once.
pub const AFTER_FAILURE: Duration = Duration::from_secs(1);

/// From how many zones on it matters how many of them vanish at once.
const MANY: usize = 10;

/// The files of a source.
#[derive(Debug, Default)]
pub struct Book {
    files: BTreeMap<String, Kept>,
    /// The file of each zone: the first that was accepted.
    holders: HashMap<ZoneName, String>,
    /// Since when zones of this source have no file.
    gone: BTreeMap<ZoneName, Instant>,
    /// Before this nothing is due: the last look failed.
    rest: Option<Instant>,
}

#[derive(Debug)]
struct Kept {
    stamp: Result<Stamp, String>,
    since: Instant,
    /// Whether somebody writes to it.
    open: bool,
    /// Whether it has been read as it is.
    done: bool,
    zone: Option<ZoneName>,
    found: Option<Found>,
}

/// What a file came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    pub state: FileState,
    pub at: Timestamp,
    pub revision: Option<u64>,
    pub detail: Option<String>,
}

impl Book {
    /// What there is now.
    pub fn see(&mut self, files: Files, now: Instant) {
        self.rest = None;
        self.files.retain(|name, _| files.contains_key(name));
        self.holders.retain(|_, name| files.contains_key(name));
        for (name, stamp) in files {
            match self.files.get_mut(&name) {
                Some(kept) if kept.stamp == stamp => {}
                Some(kept) => (kept.stamp, kept.since, kept.done) = (stamp, now, false),
                None => {
                    let zone = match named(&name) {
                        Named::Zone(zone) => Some(zone),
                        Named::Not | Named::Origin(_) | Named::Bad(_) => None,
                    };
                    let kept = Kept {
                        stamp,
                        since: now,
                        open: false,
                        done: false,
                        zone,
                        found: None,
                    };
                    self.files.insert(name, kept);
                }
            }
        }
    }

    /// A look has failed.
    pub fn failed(&mut self, now: Instant) {
        self.rest = Some(now + AFTER_FAILURE);
    }

    /// Somebody writes to this file, or has closed it.
    pub fn note_open(&mut self, name: &str, open: bool) {
        if let Some(kept) = self.files.get_mut(name) {
            kept.open = open;
        }
    }

    /// This file changed while it was read.
    pub fn changed(&mut self, name: &str, now: Instant) {
        if let Some(kept) = self.files.get_mut(name) {
            kept.since = now;
        }
    }

    /// Files that could not be taken for a reason that may be gone are read again.
    pub fn again(&mut self) {
        for kept in self.files.values_mut() {
            let state = kept.found.as_ref().map(|found| found.state);
            if matches!(state, Some(FileState::NotOwner | FileState::Failed)) {
                kept.done = false;
            }
        }
    }

    /// The files to be read: those that have been as they are for long enough.
    pub fn due(&self, now: Instant, unchanged: Duration) -> Vec<(String, Result<Stamp, String>)> {
        let due = |kept: &Kept| !kept.done && kept.ready(unchanged) <= now;
        let files = self.files.iter().filter(|(_, kept)| due(kept));
        files
            .map(|(name, kept)| (name.clone(), kept.stamp.clone()))
            .collect()
    }

    /// When the next one is.
    pub fn next(&self, unchanged: Duration) -> Option<Instant> {
        let files = self.files.values().filter(|kept| !kept.done);
        let gone = self.gone.values().map(|&since| since + unchanged);
        let next = files.map(|kept| kept.ready(unchanged)).chain(gone).min()?;
        Some(self.rest.map_or(next, |rest| next.max(rest)))
    }

    /// Another file of which this is the zone already.
    pub fn holder(&self, zone: &ZoneName, name: &str) -> Option<&str> {
        let holder = self.holders.get(zone).map(String::as_str);
        holder.filter(|holder| *holder != name)
    }

    /// What became of a file with this stamp. Returns whether that is something else than before.
    pub fn note(
        &mut self,
        name: &str,
        stamp: &Result<Stamp, String>,
        zone: Option<ZoneName>,
        found: Found,
    ) -> bool {
        let Some(kept) = self.files.get_mut(name) else {
            return false;
        };
        kept.done = kept.stamp == *stamp;
        if let Some(zone) = zone {
            let before = kept.zone.replace(zone.clone());
            if let Some(before) = before.filter(|before| *before != zone)
                && self
                    .holders
                    .get(&before)
                    .is_some_and(|holder| holder == name)
            {
                self.holders.remove(&before);
            }
            if matches!(found.state, FileState::Accepted | FileState::Held) {
                let holder = self.holders.entry(zone);
                holder.or_insert_with(|| name.to_owned());
            }
        }
        let before = kept.found.replace(found);
        let (now, before) = (kept.found.as_ref(), before.as_ref());
        let told = |found: &Found| (found.state, found.detail.clone());
        now.map(told) != before.map(told)
    }

    /// The files of which the guard holds the push.
    pub fn held(&self) -> Vec<(String, ZoneName)> {
        let held = self.files.iter().filter_map(|(name, kept)| {
            let found = kept.found.as_ref()?;
            (found.state == FileState::Held)
                .then(|| Some((name.clone(), kept.zone.clone()?)))
                .flatten()
        });
        held.collect()
    }

    /// An operator has decided about a push that was held: the zone is now at this revision of it, or was left as it was.
    pub fn decided(&mut self, name: &str, revision: Option<u64>) {
        if let Some(found) = self
            .files
            .get_mut(name)
            .and_then(|kept| kept.found.as_mut())
        {
            (found.state, found.revision, found.detail) = match revision {
                Some(_) => (FileState::Accepted, revision, None),
                None => {
                    let why = "an operator rejected it; it is read again when it changes";
                    (FileState::Refused, None, Some(why.to_owned()))
                }
            };
        }
    }

    /// How many files there are.
    pub fn len(&self) -> usize {
        self.files.len()
    }

    /// Whether zones without a file are about to be removed.
    pub fn is_waiting_to_remove(&self) -> bool {
        !self.gone.is_empty()
    }

    /// Which of the zones of this source have had no file for long enough.
    ///
    /// # Errors
    /// Why none of them may be removed: what is not known is not gone.
    pub fn vanished(
        &mut self,
        zones: &BTreeSet<ZoneName>,
        now: Instant,
        unchanged: Duration,
    ) -> Result<Vec<ZoneName>, String> {
        let mut with_file = BTreeSet::new();
        let mut unknown = None;
        for (name, kept) in &self.files {
            match &kept.zone {
                Some(zone) => drop(with_file.insert(zone)),
                None => unknown = Some(name),
            }
        }
        let gone: BTreeSet<_> = zones
            .iter()
            .filter(|zone| !with_file.contains(zone))
            .collect();
        self.gone.retain(|zone, _| gone.contains(zone));
        for &zone in &gone {
            self.gone.entry(zone.clone()).or_insert(now);
        }
        if gone.is_empty() {
            return Ok(Vec::new());
        }
        let why = if self.files.is_empty() {
            Some("there is no zone file at all any more".to_owned())
        } else if gone.len() >= MANY && gone.len() * 2 > zones.len() {
            Some(format!(
                "{} of its {} zones have none",
                gone.len(),
                zones.len()
            ))
        } else {
            unknown.map(|name| format!("it is not known which zone the file {name} is of"))
        };
        if let Some(why) = why {
            self.gone.clear();
            return Err(why);
        }
        let due = |since: Instant| since + unchanged <= now;
        let gone = self.gone.iter().filter(|(_, since)| due(**since));
        let gone = gone.map(|(zone, _)| zone.clone()).collect();
        // One that cannot be removed now is seen again at the next full look.
        self.gone.retain(|_, since| !due(*since));
        Ok(gone)
    }

    /// What is known of each file, those with trouble first, and the rest by name.
    pub fn shown(&self) -> Vec<FileStatus> {
        let shown = self.files.iter().map(|(name, kept)| FileStatus {
            file: name.clone(),
            zone: kept.zone.as_ref().map(ToString::to_string),
            state: kept
                .found
                .as_ref()
                .map_or(FileState::Waiting, |found| found.state),
            read_at: kept.found.as_ref().map(|found| found.at),
            revision: kept.found.as_ref().and_then(|found| found.revision),
            detail: kept.found.as_ref().and_then(|found| found.detail.clone()),
        });
        let mut shown: Vec<_> = shown.collect();
        shown.sort_by_key(|file| file.state == FileState::Accepted);
        shown
    }
}

impl Kept {
    /// When it may be read.
    fn ready(&self, unchanged: Duration) -> Instant {
        match self.open {
            true => self.since + unchanged * OPEN,
            false => self.since + unchanged,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const UNCHANGED: Duration = Duration::from_secs(1);

    fn zone(name: &str) -> ZoneName {
        name.parse().unwrap()
    }

    fn files(names: &[&str]) -> Files {
        // Trouble stands for a stamp here: what matters is whether it is the same.
        let file = |name: &&str| ((*name).to_owned(), Err("1".to_owned()));
        names.iter().map(file).collect()
    }

    fn found(state: FileState) -> Found {
        Found {
            state,
            at: Timestamp::UNIX_EPOCH,
            revision: None,
            detail: None,
        }
    }

    fn names(book: &Book, now: Instant) -> Vec<String> {
        let due = book.due(now, UNCHANGED).into_iter();
        due.map(|(name, _)| name).collect()
    }

    #[test]
    fn a_file_is_due_once_when_it_has_not_changed_for_long_enough() {
        let (mut book, start) = (Book::default(), Instant::now());
        let at = |millis| start + Duration::from_millis(millis);
        book.see(files(&["a.zone"]), start);
        assert!(names(&book, at(999)).is_empty());
        let other: Files = [("a.zone".to_owned(), Err("2".to_owned()))].into();
        book.see(other.clone(), at(900));
        assert!(names(&book, at(1_100)).is_empty(), "it changed");
        assert_eq!(book.next(UNCHANGED), Some(at(1_900)));
        assert_eq!(names(&book, at(1_900)), ["a.zone"]);
        book.note("a.zone", &Err("2".into()), None, found(FileState::Refused));
        book.see(other, at(9_000));
        assert!(names(&book, at(20_000)).is_empty(), "it is as it was read");
    }

    #[test]
    fn after_a_look_that_failed_nothing_is_due_for_a_while() {
        let (mut book, start) = (Book::default(), Instant::now());
        let zones: BTreeSet<_> = ["a", "b"].map(zone).into();
        book.see(files(&["a.zone"]), start);
        assert_eq!(book.vanished(&zones, start, UNCHANGED), Ok(vec![]));
        let later = start + UNCHANGED * 5;
        book.failed(later);
        assert_eq!(book.next(UNCHANGED), Some(later + AFTER_FAILURE));
        book.see(files(&["a.zone"]), later);
        assert_eq!(book.next(UNCHANGED), Some(start + UNCHANGED), "it is read");
    }

    #[test]
    fn a_file_that_is_open_for_writing_is_waited_for_but_not_for_ever() {
        let (mut book, start) = (Book::default(), Instant::now());
        book.see(files(&["a.zone"]), start);
        book.note_open("a.zone", true);
        assert!(names(&book, start + UNCHANGED * 5).is_empty());
        assert_eq!(names(&book, start + UNCHANGED * OPEN), ["a.zone"]);
        book.note_open("a.zone", false);
        assert_eq!(names(&book, start + UNCHANGED), ["a.zone"]);
    }

    #[test]
    fn a_zone_without_a_file_is_gone_only_after_a_while_and_if_others_are_there() {
        let (mut book, now) = (Book::default(), Instant::now());
        let zones: BTreeSet<_> = ["a", "b"].map(zone).into();
        book.see(files(&["a.zone"]), now);
        assert_eq!(book.vanished(&zones, now, UNCHANGED), Ok(vec![]));
        let later = now + UNCHANGED;
        assert_eq!(book.vanished(&zones, later, UNCHANGED), Ok(vec![zone("b")]));
        // It is back, and goes again: that counts from then on.
        book.see(files(&["a.zone", "b.zone"]), later);
        assert_eq!(book.vanished(&zones, later, UNCHANGED), Ok(vec![]));
        book.see(files(&["a.zone"]), later);
        assert_eq!(book.vanished(&zones, later, UNCHANGED), Ok(vec![]));

        book.see(files(&[]), later);
        let none = book.vanished(&zones, later + UNCHANGED, UNCHANGED);
        assert!(none.unwrap_err().contains("no zone file at all"));
        book.see(files(&["a.zone", "which"]), later);
        let none = book.vanished(&zones, later + UNCHANGED, UNCHANGED);
        assert!(none.unwrap_err().contains("which"));
    }

    #[test]
    fn most_of_many_zones_do_not_vanish_at_once() {
        let (mut book, now) = (Book::default(), Instant::now());
        let zones: BTreeSet<_> = (0..20).map(|number| zone(&format!("z{number}"))).collect();
        let left = |count: usize| {
            let names: Vec<_> = (0..count).map(|number| format!("z{number}.zone")).collect();
            files(&names.iter().map(String::as_str).collect::<Vec<_>>())
        };
        book.see(left(9), now);
        assert!(book.vanished(&zones, now, UNCHANGED).is_err());
        book.see(left(10), now);
        assert_eq!(book.vanished(&zones, now, UNCHANGED), Ok(vec![]));
        let gone = book.vanished(&zones, now + UNCHANGED, UNCHANGED).unwrap();
        assert_eq!(gone.len(), 10);
    }
}
