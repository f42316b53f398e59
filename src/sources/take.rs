//! Reads files that are due, and brings what they say into desired state.

use std::time::{Duration, Instant};

use dadns_zone::{Limits, Reading, ZoneName, read};
use futures_util::future::join_all;
use jiff::Timestamp;
use rayon::iter::{IntoParallelIterator as _, ParallelIterator as _};

use super::Watcher;
use super::book::Found;
use super::disk::{self, NotRead, Stamp};
use super::name::{Named, named, origin};
use super::shape::FileState;
use crate::blocking::blocking;
use crate::logging::{debug, info, warning};
use crate::store::{AtMoment, Moment, Pushed, Stored};

/// How many files are read at once: one sync serves them.
const BATCH: usize = 64;

/// How often it is shown how far it is.
const SHOWN_EVERY: Duration = Duration::from_secs(1);

/// How often a zone is tried that somebody changes at the same moment.
const TRIES: usize = 3;

/// A file, read.
struct Text {
    file: String,
    stamp: Result<Stamp, String>,
    zone: Option<ZoneName>,
    read: Result<Reading, NotRead>,
}

impl Watcher {
    /// Reads the files that are due.
    pub(super) async fn read_due(&mut self) {
        self.look_at_held();
        let due = self.book.due(Instant::now(), self.unchanged);
        let mut shown = Instant::now();
        for batch in due.chunks(BATCH) {
            let (path, limits) = (self.source.path.clone(), self.limits);
            let batch = batch.to_vec();
            let texts = blocking(move || {
                let files = batch.into_par_iter();
                let directory = disk::directory(&path);
                files
                    .map(|(file, stamp)| {
                        let (zone, read) = text(&directory, &file, &stamp, &limits);
                        Text {
                            file,
                            stamp,
                            zone,
                            read,
                        }
                    })
                    .collect::<Vec<_>>()
            });
            let texts = texts.await;
            // One after the other, as two files of a batch may be of one zone.
            let mut taken = std::collections::BTreeSet::new();
            let (mut at_once, mut later) = (Vec::new(), Vec::new());
            for text in texts {
                match text.zone.clone().is_none_or(|zone| taken.insert(zone)) {
                    true => at_once.push(text),
                    false => later.push(text),
                }
            }
            let all = at_once.into_iter().map(|text| self.take(text));
            let all: Vec<_> = join_all(all).await;
            for (text, found) in all {
                self.note(text, found);
            }
            for text in later {
                let (text, found) = self.take(text).await;
                self.note(text, found);
            }
            if shown.elapsed() > SHOWN_EVERY {
                self.show();
                shown = Instant::now();
            }
        }
    }

    /// Says what became of a file, unless that is known.
    fn note(&mut self, text: Taken, found: Option<Found>) {
        let Taken { file, stamp, zone } = text;
        let Some(found) = found else {
            self.book.changed(&file, Instant::now());
            return;
        };
        let (state, detail) = (found.state, found.detail.clone());
        let is_new = self.book.note(&file, &stamp, zone.clone(), found);
        self.counts.read(&self.source.name, state);
        if !is_new {
            return;
        }
        let trouble = match state {
            FileState::Accepted | FileState::Waiting => return,
            FileState::Held => "held",
            FileState::Refused => "refused",
            FileState::NotOwner => "left as it is",
            FileState::Failed => "not accepted",
        };
        let (source, detail) = (&self.source.name, detail.unwrap_or_default());
        let shown = disk::directory(&self.source.path).join(&file);
        let shown = shown.display();
        match &zone {
            Some(zone) => {
                warning!(
                    zone = %zone,
                    master = self.owner.master,
                    "zone {zone} from {shown} (source {source}) {trouble}: {detail}"
                );
                if state == FileState::Refused {
                    self.store.note_refused(zone, &self.author(), &detail);
                }
            }
            None => warning!("{shown} (source {source}) {trouble}: {detail}"),
        }
    }

    /// What becomes of a file; `None`: it changed while it was read.
    async fn take(&self, text: Text) -> (Taken, Option<Found>) {
        let Text {
            file,
            stamp,
            zone,
            read,
        } = text;
        let found = match (read, &zone) {
            (Err(NotRead::Changed), _) => None,
            (Err(NotRead::Failed(why)), _) => Some(found(FileState::Refused, why)),
            (Ok(reading), Some(zone)) => Some(match self.book.holder(zone, &file) {
                Some(other) => found(
                    FileState::NotOwner,
                    format!("zone {zone} is read from {other} already"),
                ),
                None => self.push(reading, &file).await,
            }),
            (Ok(_), None) => Some(found(FileState::Refused, NO_ZONE.to_owned())),
        };
        (Taken { file, stamp, zone }, found)
    }

    async fn push(&self, reading: Reading, file: &str) -> Found {
        let name = reading.zone.name().clone();
        let notes = reading.notes.lines();
        let warnings: Vec<String> = notes.into_iter().collect();
        for _ in 0..TRIES {
            let moment = match self.moment(&name) {
                Ok(moment) => moment,
                Err(found) => return found,
            };
            let zone = reading.zone.clone();
            let pushed = self
                .store
                .fetched(moment, self.author(), zone, warnings.clone());
            match pushed.await {
                Ok(AtMoment::Made(Pushed::Stored(stored))) => {
                    return self.stored(&name, file, &stored, &warnings);
                }
                Ok(AtMoment::Made(Pushed::Held { reasons })) => {
                    let why = format!(
                        "{}; what was served before stays until `dadns approve {name}` or `dadns reject {name}`",
                        reasons.join("; ")
                    );
                    return found(FileState::Held, why);
                }
                Ok(AtMoment::Overtaken) => {}
                Err(error) => return found(FileState::Failed, error.to_string()),
            }
        }
        found(
            FileState::Failed,
            "others change the zone all the time; it is tried again".to_owned(),
        )
    }

    /// Where the zone stands, if it is nobody else's.
    fn moment(&self, name: &ZoneName) -> Result<Moment, Found> {
        let failed = |error: crate::store::StoreError| found(FileState::Failed, error.to_string());
        if let Some(held) = self.store.held(name).map_err(failed)?
            && let Some(owner) = held.owner
            && owner != self.owner
        {
            let why = format!("a push of it by {owner} is held, and decided first");
            return Err(found(FileState::NotOwner, why));
        }
        let Some(head) = self.store.head(name).map_err(failed)? else {
            return Ok(Moment::at(0));
        };
        if !head.present || head.owner.as_ref() == Some(&self.owner) {
            return Ok(Moment::at(head.revision));
        }
        let whose = match &head.owner {
            Some(owner) => format!("it belongs to {owner}"),
            None => "it is here already, and not from this source".to_owned(),
        };
        let why = format!("{whose}; it is read once the zone is removed there");
        Err(found(FileState::NotOwner, why))
    }

    fn stored(&self, name: &ZoneName, file: &str, stored: &Stored, notes: &[String]) -> Found {
        let (revision, serial) = (stored.revision, stored.serial);
        let (source, master) = (&self.source.name, &self.owner.master);
        let noted = match notes.is_empty() {
            true => String::new(),
            false => format!("; it has notes: {}", notes.join("; ")),
        };
        match stored.changed {
            true => info!(
                zone = %name,
                master,
                revision,
                serial,
                "zone {name} accepted from {file} of source {source}{noted}"
            ),
            false => debug!(
                zone = %name,
                master,
                revision,
                serial,
                "zone {name} in {file} of source {source} is as it was"
            ),
        }
        Found {
            state: FileState::Accepted,
            at: Timestamp::now(),
            revision: Some(revision),
            detail: (!notes.is_empty()).then(|| notes.join("; ")),
        }
    }

    /// Files whose push was held and is not any more: an operator has decided.
    fn look_at_held(&mut self) {
        for (file, zone) in self.book.held() {
            if self.store.is_held(&zone) {
                continue;
            }
            let head = self.store.head(&zone).ok().flatten();
            let ours = |head: &crate::store::Head| head.owner.as_ref() == Some(&self.owner);
            let revision = head.filter(ours).map(|head| head.revision);
            self.book.decided(&file, revision);
        }
    }
}

/// The file that was taken.
struct Taken {
    file: String,
    stamp: Result<Stamp, String>,
    zone: Option<ZoneName>,
}

const NO_ZONE: &str =
    "nothing says which zone it is of: call it ZONE.zone, or begin it with $ORIGIN ZONE.";

fn found(state: FileState, detail: String) -> Found {
    Found {
        state,
        at: Timestamp::now(),
        revision: None,
        detail: Some(detail),
    }
}

/// The zone that a file is of, and what it says.
fn text(
    directory: &std::path::Path,
    file: &str,
    stamp: &Result<Stamp, String>,
    limits: &Limits,
) -> (Option<ZoneName>, Result<Reading, NotRead>) {
    let by_name = named(file);
    let known = match &by_name {
        Named::Zone(zone) => Some(zone.clone()),
        Named::Not | Named::Origin(_) | Named::Bad(_) => None,
    };
    let stamp = match stamp {
        Ok(stamp) => *stamp,
        Err(why) => return (known, Err(NotRead::Failed(why.clone()))),
    };
    let octets = match disk::text(directory, file, stamp, limits.max_bytes) {
        Ok(octets) => octets,
        Err(error) => return (known, Err(error)),
    };
    let zone = match by_name {
        Named::Zone(zone) => zone,
        Named::Bad(why) => return (None, Err(NotRead::Failed(why))),
        Named::Origin(otherwise) => match origin(&octets).or(otherwise) {
            Some(zone) => zone,
            None => return (None, Err(NotRead::Failed(NO_ZONE.to_owned()))),
        },
        // A single file may be called anything.
        Named::Not => match origin(&octets) {
            Some(zone) => zone,
            None => return (None, Err(NotRead::Failed(NO_ZONE.to_owned()))),
        },
    };
    let read = read(&zone, &octets, limits);
    let read = read.map_err(|errors| NotRead::Failed(format!("{errors}; nothing was changed")));
    (Some(zone), read)
}
