//! The include file on disk: read again when somebody else changed it, replaced whole when we do.

use std::collections::BTreeSet;
use std::fs::{self, File, Metadata, Permissions};
use std::io::{self, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use dadns_zone::ZoneName;

use self::lost::{Fault, Identity, LOST_FOR, Lost, Remains};
use super::files::{self, ZoneFiles};
use super::include::Include;
use super::stanza::Options;
use crate::BackendError;

mod lost;

const BUSY: &str = "somebody else is changing it; trying again later";

/// The include file at its path, with what was last read from it.
#[derive(Debug)]
pub struct IncludeFile {
    path: PathBuf,
    state: Mutex<State>,
    put_back: AtomicBool,
}

#[derive(Debug, Default)]
struct State {
    seen: Option<Seen>,
    lost: Option<Lost>,
}

/// What was last read.
#[derive(Debug)]
struct Seen {
    identity: Identity,
    access: Metadata,
    include: Arc<Include>,
}

impl IncludeFile {
    /// The file at `path`, whether or not it is there yet.
    pub fn at(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            state: Mutex::default(),
            put_back: AtomicBool::new(false),
        }
    }

    /// Creates the file where it is absent.
    pub fn create(&self) -> Result<(), BackendError> {
        let path = &self.path;
        let failed = |error: io::Error| {
            BackendError::unreachable(format!("opening include file {}", path.display()), error)
        };
        if path.exists() {
            return Ok(());
        }
        let dir = path.parent().unwrap_or(Path::new("/"));
        files::create_dir(dir).map_err(failed)?;
        let empty = Include::empty();
        let readable = |file: &File| file.set_permissions(Permissions::from_mode(0o644));
        files::replace(&lost::temporary_for(path), path, empty.text(), readable).map_err(failed)?;
        files::sync_dir(dir).map_err(failed)
    }

    /// The file as it was last read or written.
    pub fn last_seen(&self) -> Option<Arc<Include>> {
        let state = self.lock();
        state.seen.as_ref().map(|seen| Arc::clone(&seen.include))
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What the file holds now.
    ///
    /// # Errors
    /// When it is gone, cannot be read, does not balance, or is suddenly empty: an editor may be at it.
    pub fn load(&self, files: &ZoneFiles) -> Result<Arc<Include>, BackendError> {
        let mut state = self.lock();
        let cause = match self.look(state.seen.as_ref(), files) {
            Ok(seen) => {
                state.lost = None;
                return Ok(Arc::clone(&state.seen.insert(seen).include));
            }
            Err(Fault::Other(cause)) => {
                state.lost = None;
                cause
            }
            Err(Fault::Lost(now, cause)) => {
                let kept = match now {
                    Remains::Broken(_) => {
                        let target = self.target().unwrap_or_else(|_| self.path.clone());
                        let broken = lost::broken_for(&target);
                        let broken = broken.display();
                        format!(", and what stands there now is kept as {broken}")
                    }
                    Remains::Gone | Remains::Empty(_) => String::new(),
                };
                if state.lost.as_ref().is_none_or(|lost| lost.now != now) {
                    state.lost = Some(Lost::from_now(now));
                }
                format!(
                    "{cause}; nothing is written meanwhile, and if it stays so for {} s, it is put back \
                     as it was last read{kept}",
                    LOST_FOR.as_secs()
                )
            }
        };
        let doing = format!("reading include file {}", self.path.display());
        Err(BackendError::unreachable(doing, cause))
    }

    /// Reads the file, unless it is the one that was `seen`.
    fn look(&self, seen: Option<&Seen>, files: &ZoneFiles) -> Result<Seen, Fault> {
        let other = |error: io::Error| Fault::Other(error.to_string());
        let mut file = match File::open(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound && seen.is_some() => {
                return Err(Fault::Lost(Remains::Gone, "it is gone".to_owned()));
            }
            opened => opened.map_err(other)?,
        };
        let access = file.metadata().map_err(other)?;
        let identity = Identity::of(&access);
        let include = match seen {
            Some(seen) if seen.identity == identity => Arc::clone(&seen.include),
            _ => {
                let mut text = Vec::new();
                file.read_to_end(&mut text).map_err(other)?;
                Arc::new(self::parse(text, seen, &identity, files)?)
            }
        };
        Ok(Seen {
            identity,
            access,
            include,
        })
    }

    /// Where the file has been lost for a while, and stands as it stood then, puts it back as it was last
    /// read, with the unmanaged stanzas. What does not balance is somebody's edit, and kept beside it.
    /// `None`: it is not time, or was not lost.
    pub fn put_back(&self, files: &ZoneFiles) -> Option<Result<Arc<Include>, BackendError>> {
        let mut state = self.lock();
        let State { seen, lost } = &mut *state;
        let (old, found) = (seen.as_ref()?, lost.as_ref()?);
        if !found.is_due() || !found.now.still_stands_at(&self.path) {
            return None;
        }
        let include = Arc::clone(&old.include);
        let access = old.access.clone();
        let kept = match &found.now {
            broken @ Remains::Broken(_) => self.keep(broken),
            Remains::Gone | Remains::Empty(_) => Ok(()),
        };
        Some(
            match kept.and_then(|()| self.install(include.text(), &access, files)) {
                Ok(put) => {
                    self.put_back.store(true, Ordering::Release);
                    *lost = None;
                    Ok(Arc::clone(&seen.insert(put).include))
                }
                Err(error) => Err(error),
            },
        )
    }

    /// Copies what stands there beside the file, in place of an older copy.
    fn keep(&self, broken: &Remains) -> Result<(), BackendError> {
        let target = self.target().map_err(|error| self.unwritten(error))?;
        let copy = lost::broken_for(&target);
        lost::copy(&target, &copy).map_err(|error| {
            let (path, copy) = (self.path.display(), copy.display());
            let doing = format!("keeping what stands in include file {path} as {copy}");
            let next = "it is not put back before that works";
            BackendError::unreachable(doing, format!("{error}; {next}"))
        })?;
        match broken.still_stands_at(&self.path) {
            true => Ok(()),
            false => Err(self.unwritten(BUSY)),
        }
    }

    /// Whether it has been put back since this was last asked.
    pub fn was_put_back(&self) -> bool {
        self.put_back.swap(false, Ordering::AcqRel)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Each part is set as a whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives every zone of `put` a stanza of ours, and takes those of `removed` out. Returns the file
    /// as it was before, or `None` where nothing had to change.
    ///
    /// # Errors
    /// When the file cannot be read or replaced; it is then as it was.
    pub fn edit(
        &self,
        put: &BTreeSet<&ZoneName>,
        removed: &BTreeSet<&ZoneName>,
        options: &Options,
        files: &ZoneFiles,
    ) -> Result<Option<Arc<Include>>, BackendError> {
        self.change(files, |before| before.edited(put, removed, options, files))
    }

    /// Gives every stanza of ours these `options`. Returns the file as it was before, or `None` where
    /// all had them.
    ///
    /// # Errors
    /// When the file cannot be read or replaced; it is then as it was.
    pub fn renew(
        &self,
        options: &Options,
        files: &ZoneFiles,
    ) -> Result<Option<Arc<Include>>, BackendError> {
        self.change(files, |before| before.renewed(options, files))
    }

    /// Takes every stanza of `names` out.
    ///
    /// # Errors
    /// When the file cannot be read or replaced; it is then as it was.
    pub fn withdraw(
        &self,
        names: &BTreeSet<&ZoneName>,
        files: &ZoneFiles,
    ) -> Result<(), BackendError> {
        if names.is_empty() {
            return Ok(());
        }
        self.change(files, |before| Some(before.without(names)))
            .map(drop)
    }

    fn change(
        &self,
        files: &ZoneFiles,
        change: impl FnOnce(&Include) -> Option<Vec<u8>>,
    ) -> Result<Option<Arc<Include>>, BackendError> {
        let before = self.load(files)?;
        let Some(text) = change(&before) else {
            return Ok(None);
        };
        self.replace(&text, files)?;
        Ok(Some(before))
    }

    /// Replaces the file with `text`, unless somebody has changed it since it was last read.
    ///
    /// # Errors
    /// When the text does not balance, or the file changed or cannot be replaced; it is then as it was.
    pub fn replace(&self, text: &[u8], files: &ZoneFiles) -> Result<(), BackendError> {
        let mut state = self.lock();
        let now = fs::metadata(&self.path).map_err(|error| self.unwritten(error))?;
        let seen = state.seen.as_ref();
        if seen.is_some_and(|seen| seen.identity != Identity::of(&now)) {
            return Err(self.unwritten(BUSY));
        }
        state.seen = Some(self.install(text, &now, files)?);
        Ok(())
    }

    /// Puts `text` in place, with the access that `like` gives.
    fn install(
        &self,
        text: &[u8],
        like: &Metadata,
        files: &ZoneFiles,
    ) -> Result<Seen, BackendError> {
        // Read back before it is written: what is put in place is what we think it is.
        let include =
            Include::parse(text.to_vec(), files).map_err(|error| self.unwritten(error))?;
        let target = self.target().map_err(|error| self.unwritten(error))?;
        let dir = target.parent().unwrap_or(Path::new("/"));
        let prepare = |file: &File| files::keep_access(file, like);
        files::replace(&lost::temporary_for(&target), &target, text, prepare)
            .and_then(|()| files::sync_dir(dir))
            .and_then(|()| fs::metadata(&self.path))
            .map(|access| Seen {
                identity: Identity::of(&access),
                access,
                include: Arc::new(include),
            })
            .map_err(|error| self.unwritten(error))
    }

    /// The file itself: where the path is a link, what it leads to is replaced, and not the link.
    fn target(&self) -> io::Result<PathBuf> {
        fs::canonicalize(&self.path).or_else(|error| match error.kind() {
            io::ErrorKind::NotFound => Ok(self.absent_target()),
            _ => Err(error),
        })
    }

    /// Where a file that is gone stood: a link may lead there still.
    fn absent_target(&self) -> PathBuf {
        match fs::read_link(&self.path) {
            Ok(target) => self.path.parent().unwrap_or(Path::new("/")).join(target),
            Err(_) => self.path.clone(),
        }
    }

    fn unwritten(&self, cause: impl ToString) -> BackendError {
        let doing = format!("writing include file {}", self.path.display());
        BackendError::unreachable(doing, cause)
    }
}

/// What `text` says, where it can follow what was `seen`.
fn parse(
    text: Vec<u8>,
    seen: Option<&Seen>,
    identity: &Identity,
    files: &ZoneFiles,
) -> Result<Include, Fault> {
    let counts = |seen: &Seen| (seen.include.ours().count(), seen.include.unmanaged_count());
    let (ours, unmanaged) = seen.map(counts).unwrap_or_default();
    if text.trim_ascii().is_empty() && ours + unmanaged > 0 {
        let cause = format!("it is empty, but had {ours} of our zones and {unmanaged} unmanaged");
        return Err(Fault::Lost(Remains::Empty(identity.clone()), cause));
    }
    Include::parse(text, files).map_err(|error| match seen {
        Some(_) => Fault::Lost(Remains::Broken(identity.clone()), error.to_string()),
        None => Fault::Other(format!("{error}; nothing is written until it is repaired")),
    })
}

#[cfg(test)]
mod tests;
