//! Zones that `named` keeps in its own database: of them the disk has the file, and no stanza.
//!
//! `named` forgets a zone some moments after it has said that it did. A crash in between brings the zone
//! back, and it is then served from its file. So a removal leaves a note beside the file, and both go when
//! `named` is known to have outlived the removal. What has a note is removed.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use dadns_zone::ZoneName;

use super::{Change, Disk, Step, Written};
use crate::BackendError;

/// The extension of a note: no longer than that of a journal, for which every name has room.
const NOTE: &str = "del";
/// Says, for as long as it stands in the directory, that `named` may have zones of ours in its database.
const MARKER: &str = "dadns.added";
const MARKER_TEXT: &[u8] =
    b"named keeps zones of dadns in its database of added zones (rndc addzone).\n";

/// What a batch has changed on disk.
#[derive(Debug)]
pub struct Added {
    pub written: Written,
    /// The zones whose stanza was taken out of the include file: `named` still has them from there.
    pub withdrawn: BTreeSet<ZoneName>,
    /// How long ago the last of the zones that are put was removed, where that is known.
    pub last_removed: Option<Duration>,
}

impl Disk {
    /// Writes the files of a batch and notes its removals. Then takes the stanzas of its zones out of the
    /// include file: a zone in both places would keep `named` from starting.
    pub fn write_added(&self, changes: &[Change]) -> Result<Added, BackendError> {
        self.prepare()?;
        self.include()?;
        let _alone = self.files.lock();
        let include = self.include.load(&self.files)?;
        let mut files = self.write_files(changes, &include)?.into_iter();
        let (mut put, mut removed) = (BTreeSet::new(), BTreeSet::new());
        let mut steps = Vec::with_capacity(changes.len());
        let mut last_removed = None::<SystemTime>;
        for change in changes {
            let step = match change {
                Change::Put { zone, .. } => {
                    let name = zone.name();
                    let file = files.next().unwrap_or_else(|| Ok(Default::default()));
                    file.and_then(|file| {
                        let removed_at = self.forget(name)?;
                        last_removed = last_removed.max(removed_at);
                        put.insert(name);
                        Ok(Step::Put {
                            written: file.changed,
                            new: !file.was_there || removed_at.is_some(),
                            had_file: file.was_there,
                        })
                    })
                }
                Change::Remove(name) => self.note(name).map(|had_file| {
                    let listed = had_file || include.is_ours(name);
                    removed.insert(name);
                    Step::Removed { listed }
                }),
            };
            steps.push(step);
        }
        self.sync()?;
        let withdrawn = include.with_stanza(&put, &removed);
        self.include.withdraw(&withdrawn, &self.files)?;
        Ok(Added {
            written: Written {
                steps,
                before: None,
            },
            withdrawn: withdrawn.into_iter().cloned().collect(),
            last_removed: last_removed.map(|at| at.elapsed().unwrap_or_default()),
        })
    }

    /// Takes up to `most` stanzas of ours out of the include file; of which zones.
    pub fn withdraw_some(&self, most: usize) -> Result<Vec<ZoneName>, BackendError> {
        let include = self.include()?;
        let _alone = self.files.lock();
        let some: BTreeSet<_> = include.ours().take(most).collect();
        self.include.withdraw(&some, &self.files)?;
        Ok(some.into_iter().cloned().collect())
    }

    /// Notes that the zone `name` is removed, if there is a file of it. Says whether that is new.
    fn note(&self, name: &ZoneName) -> Result<bool, BackendError> {
        let path = self.path(name);
        let note = note_of(&path);
        let noted = (|| {
            if !self.files.is_written_by_us(name)? || note.exists() {
                return Ok(false);
            }
            File::create(&note).map(|_| true)
        })();
        noted.map_err(|error: io::Error| {
            let doing = format!("noting the removal in {}", note.display());
            match self.files.is_fault_of_all(&error) {
                true => BackendError::unreachable(doing, error),
                false => BackendError::zone(name, doing, error),
            }
        })
    }

    /// Removes the note of a zone that is put. Says when it was removed.
    fn forget(&self, name: &ZoneName) -> Result<Option<SystemTime>, BackendError> {
        let note = note_of(&self.path(name));
        let forgotten = match fs::metadata(&note) {
            Ok(found) => fs::remove_file(&note).and_then(|()| found.modified().map(Some)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        };
        let doing = || format!("removing {}", note.display());
        forgotten.map_err(|error| BackendError::zone(name, doing(), error))
    }

    /// Whether the file of `name` stands for a zone of ours, without a stanza.
    pub(super) fn is_added(&self, name: &ZoneName) -> bool {
        self.added && !self.is_removed(name)
    }

    /// Whether there is a note that `name` is removed.
    pub fn is_removed(&self, name: &ZoneName) -> bool {
        note_of(&self.path(name)).exists()
    }

    /// The zones whose files stand here without a note, and those that have one.
    pub fn scan(&self) -> Result<(BTreeSet<ZoneName>, BTreeSet<ZoneName>), BackendError> {
        let found = (|| {
            let (mut added, mut removed) = (BTreeSet::new(), BTreeSet::new());
            for entry in fs::read_dir(self.files.dir())? {
                let file = entry?.file_name();
                let Some(file) = file.to_str() else { continue };
                if let Some(name) = self.name_of(file) {
                    added.insert(name);
                } else if let Some(name) = file
                    .strip_suffix(NOTE)
                    .and_then(|file| self.name_of(file.strip_suffix('.')?))
                {
                    removed.insert(name);
                }
            }
            added.retain(|name| !removed.contains(name));
            Ok((added, removed))
        })();
        found.map_err(|error: io::Error| {
            let dir = self.files.dir().display();
            BackendError::unreachable(format!("listing zone files in {dir}"), error)
        })
    }

    /// The zone that has the file called `file`.
    fn name_of(&self, file: &str) -> Option<ZoneName> {
        let stem = file.strip_suffix(".db")?;
        match stem.contains('~') {
            // Too long for a file: the file says it.
            true => self.files.name_in(file).ok()?,
            false => ZoneName::from_file_stem(stem).ok(),
        }
    }

    /// Removes files and notes of `names`, as far as the notes still stand there.
    pub fn finish_removals(&self, names: &[ZoneName]) -> Result<(), BackendError> {
        let _alone = self.files.lock();
        for name in names {
            let path = self.path(name);
            let note = note_of(&path);
            if !note.exists() {
                continue;
            }
            let done = self.files.remove(name).and_then(|_| fs::remove_file(&note));
            done.map_err(|error| {
                let doing = format!("removing {}", path.display());
                BackendError::unreachable(doing, error)
            })?;
        }
        self.sync()
    }

    /// Notes durably that `named` gets zones of ours, before it gets the first.
    pub fn mark(&self) -> Result<(), BackendError> {
        let path = self.files.dir().join(MARKER);
        if path.exists() {
            return Ok(());
        }
        let marked = fs::write(&path, MARKER_TEXT).and_then(|()| self.files.sync());
        marked.map_err(|error| {
            BackendError::unreachable(format!("writing {}", path.display()), error)
        })
    }

    /// Whether `named` may have zones of ours in its database.
    pub fn is_marked(&self) -> bool {
        self.files.dir().join(MARKER).exists()
    }

    /// Notes that it has none.
    pub fn unmark(&self) -> Result<(), BackendError> {
        let path = self.files.dir().join(MARKER);
        fs::remove_file(&path).map_err(|error| {
            BackendError::unreachable(format!("removing {}", path.display()), error)
        })
    }

    /// Whether any zone has a file of ours, or a note of its removal, and no stanza.
    pub fn has_without_stanza(&self) -> Result<bool, BackendError> {
        let (added, removed) = self.scan()?;
        let stanzas = self.stanzas()?;
        Ok(!removed.is_empty() || added.difference(&stanzas).next().is_some())
    }

    /// Those of `names` that have a file of ours and no stanza.
    pub fn without_stanza(&self, names: &[ZoneName]) -> Result<Vec<ZoneName>, BackendError> {
        let include = self.include()?;
        let names = names.iter().filter(|name| {
            !include.is_ours(name) && self.files.is_written_by_us(name).unwrap_or_default()
        });
        Ok(names.cloned().collect())
    }

    /// The stanzas of ours that the include file has.
    pub fn stanzas(&self) -> Result<BTreeSet<ZoneName>, BackendError> {
        Ok(self.include()?.ours().cloned().collect())
    }

    /// What stands between the braces of a stanza of `name`.
    pub fn body(&self, name: &ZoneName) -> String {
        super::stanza::body(name, &self.files, &self.options())
    }

    /// Whether what `named` shows of a zone has the options that it should.
    pub fn has_options(&self, shown: &str) -> bool {
        self.options().are_in(shown)
    }
}

fn note_of(path: &Path) -> PathBuf {
    path.with_added_extension(NOTE)
}
