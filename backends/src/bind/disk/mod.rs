//! Zone files and include file together: what `named` finds on disk.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use dadns_zone::{Zone, ZoneName};

mod added;
pub mod beside;
mod files;
mod include;
mod include_file;
mod stanza;

pub use self::added::Added;
pub use self::include::Include;
pub use self::stanza::Options;

use self::files::{Put, ZoneFiles};
use self::include_file::IncludeFile;
use crate::BackendError;

/// The zone directory and the include file, which belong together.
#[derive(Debug)]
pub struct Disk {
    files: ZoneFiles,
    include: IncludeFile,
    /// The options of the stanzas that are written.
    options: Mutex<Options>,
    /// Whether both were there once.
    prepared: Mutex<bool>,
    /// Whether `named` may have zones of ours without a stanza, so that their files alone say that they are
    /// ours.
    added: bool,
}

/// One change of a batch, owned.
#[derive(Debug)]
pub enum Change {
    Put {
        zone: Zone,
        /// Whether its file is written even where it is right: `named` answers something else.
        rewrite: bool,
    },
    Remove(ZoneName),
}

/// What a batch has changed on disk.
#[derive(Debug)]
pub struct Written {
    /// One for each change, in order.
    pub steps: Vec<Result<Step, BackendError>>,
    /// The include file as it was before, where it was changed.
    pub before: Option<Arc<Include>>,
}

/// What one change has done on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// A zone stands there now.
    Put {
        /// Its file is another than before.
        written: bool,
        /// It had no stanza of ours before; where `named` keeps zones itself, no file.
        new: bool,
        /// There was a file of it.
        had_file: bool,
    },
    /// A zone is gone from the include file; its file is still there.
    Removed {
        /// It had a stanza of ours before.
        listed: bool,
    },
}

impl Disk {
    /// What is at these paths, made ready as far as that works now.
    pub fn open(
        zones_dir: &Path,
        named_conf: &Path,
        options: Options,
        added: bool,
    ) -> Result<Self, BackendError> {
        let files = ZoneFiles::at(zones_dir)
            .map_err(|error| BackendError::unreachable("starting threads that write", error))?;
        let disk = Self {
            files,
            include: IncludeFile::at(named_conf),
            options: Mutex::new(options),
            prepared: Mutex::new(false),
            added,
        };
        // What fails here fails every use too, and is told there for as long as it lasts.
        if disk.prepare().is_ok() {
            let _ = disk.include.load(&disk.files);
        }
        Ok(disk)
    }

    /// Creates what is absent, until that has worked once: a file that vanishes later is not made up.
    fn prepare(&self) -> Result<(), BackendError> {
        let mut prepared = self.prepared.lock().unwrap_or_else(PoisonError::into_inner);
        if !*prepared {
            let failed = |error| {
                let dir = self.files.dir().display();
                BackendError::unreachable(format!("opening zone directory {dir}"), error)
            };
            self.files.create().map_err(failed)?;
            let _alone = self.files.lock();
            self.files.clean().map_err(failed)?;
            self.include.create()?;
            *prepared = true;
        }
        Ok(())
    }

    pub fn include_path(&self) -> &Path {
        self.include.path()
    }

    /// Which options stanzas have from now on; those that stand there are
    /// [renewed](Self::renew_stanzas) apart from that.
    pub fn set_options(&self, options: Options) {
        *self.lock_options() = options;
    }

    fn options(&self) -> Options {
        self.lock_options().clone()
    }

    fn lock_options(&self) -> MutexGuard<'_, Options> {
        // It is set as a whole.
        self.options.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives every stanza of ours the options of now. Returns the include file as it was before, or
    /// `None` where all had them.
    pub fn renew_stanzas(&self) -> Result<Option<Arc<Include>>, BackendError> {
        self.prepare()?;
        let _alone = self.files.lock();
        self.include.renew(&self.options(), &self.files)
    }

    /// Removes what `named` left beside the files of all our zones, as far as that works: what stays is found
    /// when a zone is [read](Self::read), and told with its zone.
    pub fn clear(&self) -> Result<(), BackendError> {
        let _alone = self.files.lock();
        let include = self.include.load(&self.files)?;
        for name in include.ours() {
            let _ = beside::remove(&self.path(name));
        }
        Ok(())
    }

    /// The include file as it is now, or as it is put back where it has been lost for a while.
    pub fn include(&self) -> Result<Arc<Include>, BackendError> {
        self.include.load(&self.files).or_else(|error| {
            let _alone = self.files.lock();
            self.include.put_back(&self.files).unwrap_or(Err(error))
        })
    }

    /// Whether the include file has been put back since this was last asked.
    pub fn was_put_back(&self) -> bool {
        self.include.was_put_back()
    }

    pub fn path(&self, name: &ZoneName) -> PathBuf {
        self.files.path(name)
    }

    /// Whether `name` has a stanza of ours, as the include file was last seen.
    pub fn lists(&self, name: &ZoneName) -> bool {
        let include = self.include.last_seen();
        include.is_some_and(|include| include.is_ours(name))
    }

    /// How many stanzas are ours, and how many are not.
    pub fn counts(&self) -> Result<(usize, usize), BackendError> {
        let include = self.include()?;
        Ok((include.ours().count(), include.unmanaged_count()))
    }

    pub fn unmanaged(&self) -> Result<BTreeSet<ZoneName>, BackendError> {
        Ok(self.include()?.unmanaged().cloned().collect())
    }

    pub fn list(&self) -> Result<BTreeSet<ZoneName>, BackendError> {
        let mut ours = self.stanzas()?;
        if self.added {
            ours.append(&mut self.scan()?.0);
        }
        Ok(ours)
    }

    /// The file of a zone of ours. What stands beside it makes that an error: `named` would take it into
    /// account when it is started next.
    pub fn read(&self, name: &ZoneName) -> Result<Option<Vec<u8>>, BackendError> {
        let has_stanza = self.include()?.is_ours(name);
        if !has_stanza && !self.is_added(name) {
            return Ok(None);
        }
        let path = self.path(name);
        let doing = || format!("reading {}", path.display());
        if let Some((beside, _)) = beside::first(&path) {
            let cause = format!(
                "{} stands beside it, and named may refuse the zone for it at its next start",
                beside.display()
            );
            return Err(BackendError::zone(name, doing(), cause));
        }
        let read = self.files.read(name);
        // Without a stanza, its first words alone say that a file is ours.
        let read = read.map(|text| text.filter(|text| has_stanza || files::is_marked(text)));
        read.map_err(|error| {
            if self.files.is_fault_of_all(&error) {
                BackendError::unreachable(doing(), error)
            } else {
                BackendError::zone(name, doing(), error)
            }
        })
    }

    /// Whether both can be read and written.
    pub fn probe(&self) -> Result<(), BackendError> {
        self.prepare()?;
        self.include()?;
        let include = self.include_path();
        let include = include.canonicalize().unwrap_or(include.to_owned());
        let above = include.parent().unwrap_or(Path::new("/"));
        let failed = |dir: &Path, error| {
            BackendError::unreachable(format!("writing in {}", dir.display()), error)
        };
        let dir = self.files.dir();
        self.files.probe().map_err(|error| failed(dir, error))?;
        files::probe_dir(above, 0).map_err(|error| failed(above, error))
    }

    /// Writes the files of a batch, then the include file, so that no stanza ever names a file that
    /// is not there.
    pub fn write(&self, changes: &[Change]) -> Result<Written, BackendError> {
        self.prepare()?;
        self.include()?;
        let _alone = self.files.lock();
        let include = self.include.load(&self.files)?;
        let mut files = self.write_files(changes, &include)?.into_iter();
        self.sync()?;

        let mut steps = Vec::with_capacity(changes.len());
        let (mut put, mut removed) = (BTreeSet::new(), BTreeSet::new());
        for change in changes {
            steps.push(match change {
                Change::Put { zone, .. } => {
                    let file = files.next().unwrap_or_else(|| Ok(Put::default()));
                    file.map(|file| {
                        put.insert(zone.name());
                        Step::Put {
                            written: file.changed,
                            new: !include.is_ours(zone.name()),
                            had_file: file.was_there,
                        }
                    })
                }
                Change::Remove(name) => {
                    removed.insert(name);
                    Ok(Step::Removed {
                        listed: include.is_ours(name),
                    })
                }
            });
        }
        let options = self.options();
        let before = match self.include.edit(&put, &removed, &options, &self.files) {
            Ok(before) => before,
            Err(error) => {
                for step in &mut steps {
                    if matches!(
                        step,
                        Ok(Step::Put { new: true, .. } | Step::Removed { listed: true })
                    ) {
                        *step = Err(error.clone());
                    }
                }
                None
            }
        };
        Ok(Written { steps, before })
    }

    /// One result for each zone that is put, in order: what became of its file. An error where
    /// the directory or its disk is at fault; what was written is found to be equal next time.
    fn write_files(
        &self,
        changes: &[Change],
        include: &Include,
    ) -> Result<Vec<Result<Put, BackendError>>, BackendError> {
        let (mut wanted, mut results) = (Vec::new(), Vec::new());
        for change in changes {
            let Change::Put { zone, rewrite } = change else {
                continue;
            };
            let path = self.path(zone.name());
            if include.is_file_of_another(&path, zone.name()) {
                let doing = format!("writing {}", path.display());
                let cause = "the stanza of another zone, which is not ours, uses this file";
                results.push(Err(BackendError::zone(zone.name(), doing, cause)));
            } else {
                results.push(Ok(Put::default()));
                wanted.push((results.len() - 1, (zone, *rewrite)));
            }
        }
        let zones: Vec<(&Zone, bool)> = wanted.iter().map(|(_, zone)| *zone).collect();
        for ((at, (zone, _)), written) in wanted.iter().zip(self.files.write(&zones)) {
            let doing = || format!("writing {}", self.path(zone.name()).display());
            results[*at] = match written {
                Ok(written) => Ok(written),
                Err(error) if self.files.is_fault_of_all(&error) => {
                    let dir = self.files.dir().display();
                    return Err(BackendError::unreachable(
                        format!("writing in {dir}"),
                        error,
                    ));
                }
                Err(error) => Err(BackendError::zone(zone.name(), doing(), error)),
            };
        }
        Ok(results)
    }

    /// Adds stanzas for `names`. Returns the include file as it was before, or `None` where all had one.
    pub fn add(&self, names: &[ZoneName]) -> Result<Option<Arc<Include>>, BackendError> {
        let _alone = self.files.lock();
        let (put, options) = (names.iter().collect(), self.options());
        self.include
            .edit(&put, &BTreeSet::new(), &options, &self.files)
    }

    /// Takes the stanzas of `names` out. Returns the include file as it was before, or `None` where none had one.
    pub fn withdraw(&self, names: &[ZoneName]) -> Result<Option<Arc<Include>>, BackendError> {
        let _alone = self.files.lock();
        let (removed, options) = (names.iter().collect(), self.options());
        self.include
            .edit(&BTreeSet::new(), &removed, &options, &self.files)
    }

    /// Puts `include` back, without the stanzas of `removed`.
    pub fn restore(&self, include: &Include, removed: &[ZoneName]) -> Result<(), BackendError> {
        let _alone = self.files.lock();
        let (removed, options) = (removed.iter().collect(), self.options());
        let edited = include.edited(&BTreeSet::new(), &removed, &options, &self.files);
        self.include
            .replace(edited.as_deref().unwrap_or(include.text()), &self.files)
    }

    /// Removes the files of zones that have no stanza any more, where we wrote them. Says of each
    /// whether there was one, or why that could not be done.
    pub fn remove_files(
        &self,
        names: &[ZoneName],
    ) -> Result<Vec<Result<bool, BackendError>>, BackendError> {
        let _alone = self.files.lock();
        let include = self.include.load(&self.files)?;
        let removed = names.iter().map(|name| {
            // A unmanaged stanza may use the file, even one of the same name.
            if include.uses(&self.path(name)) || include.is_ours(name) {
                return Ok(false);
            }
            let doing = || format!("removing {}", self.path(name).display());
            self.files
                .remove(name)
                .map_err(|error| match self.files.is_fault_of_all(&error) {
                    true => BackendError::unreachable(doing(), error),
                    false => BackendError::zone(name, doing(), error),
                })
        });
        let removed = removed.collect();
        self.sync()?;
        Ok(removed)
    }

    fn sync(&self) -> Result<(), BackendError> {
        let doing = || format!("making the names in {} durable", self.files.dir().display());
        self.files
            .sync()
            .map_err(|error| BackendError::unreachable(doing(), error))
    }
}
