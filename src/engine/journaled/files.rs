//! The journal on disk: files `journal.N` of frames, each the writes of one batch.
//!
//! A frame is the length of its writes (4 octets, big-endian), a checksum (16 octets: BLAKE3 of the number of
//! the file, where the frame begins in it, and the writes), and the writes: for each the length of the key (4),
//! the key, and the length of the value (4) with the value, or 2^32 - 1 for a removal.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::engine::{Batch, Engine, EngineError, Entry, OpenError, Value};
use crate::logging::warning;

/// What the names of the files begin with.
const NAME: &str = "journal.";

/// Length and checksum of a frame.
const HEAD: usize = 4 + CHECKSUM;
const CHECKSUM: usize = 16;

/// Stands for the length of a value that is removed.
const REMOVED: u32 = u32::MAX;

/// How many bytes wait in memory for a sync at most: results that nobody waits for come in thousands.
const BUFFER: usize = 1 << 20;

/// How many bytes are brought to the engine at once when the journal is replayed.
const REPLAYED: usize = 16 << 20;

/// The end of the journal, where frames are added.
#[derive(Debug)]
pub(super) struct Journal {
    directory: PathBuf,
    /// The directory itself: a file is there for good once this is synced.
    names: File,
    file: File,
    number: u64,
    /// Where the next frame begins.
    end: u64,
    /// Frames that are not written yet.
    buffer: Vec<u8>,
    is_synced: bool,
    /// The numbers and lengths of the files before this one.
    earlier: Vec<(u64, u64)>,
}

/// Brings what the journal in `directory` has to `engine`, and begins a new one.
pub(super) fn replay(directory: &Path, engine: &dyn Engine) -> Result<Journal, OpenError> {
    let failed = |cause: io::Error| OpenError::of_disk(directory, &cause);
    let names = File::open(directory).map_err(failed)?;
    let numbers = numbers(directory).map_err(failed)?;
    let mut batch = Pending::default();
    let mut whole = true;
    for &number in &numbers {
        let path = path(directory, number);
        let octets = fs::read(&path).map_err(failed)?;
        let mut at = 0;
        while whole && at < octets.len() {
            match frame(number, at, &octets[at..]) {
                Some(frame) => {
                    at += HEAD + frame.octets;
                    batch.add(frame.writes);
                    if batch.octets > REPLAYED {
                        batch
                            .bring(engine)
                            .map_err(|error| bringing(directory, &error))?;
                    }
                }
                None => whole = false,
            }
        }
        let torn = octets.len() - at;
        if torn > 0 {
            warning!(
                "{}: the last {torn} octets are no whole entries: the machine went down, or the disk failed, \
                 before anybody was told that they are durable; dropped",
                path.display()
            );
        }
    }
    batch
        .bring(engine)
        .and_then(|()| engine.sync())
        .map_err(|error| bringing(directory, &error))?;
    for &number in &numbers {
        // Oldest first, each for good before the next: an older file alone would bring back what it has.
        fs::remove_file(path(directory, number))
            .and_then(|()| names.sync_all())
            .map_err(failed)?;
    }
    let number = numbers.last().map_or(0, |last| last + 1);
    let file = begin(directory, &names, number).map_err(failed)?;
    Ok(Journal {
        directory: directory.into(),
        names,
        file,
        number,
        end: 0,
        buffer: Vec::new(),
        is_synced: true,
        earlier: Vec::new(),
    })
}

impl Journal {
    /// How many bytes it has, those that wait in memory included.
    pub fn len(&self) -> u64 {
        self.end + self.earlier.iter().map(|(_, len)| len).sum::<u64>()
    }

    /// Adds the writes of a batch.
    pub fn append(&mut self, writes: &[Entry]) -> Result<(), EngineError> {
        let start = self.buffer.len();
        self.buffer.resize(start + HEAD, 0);
        let fits = writes
            .iter()
            .try_for_each(|(key, value)| put(key, value.as_deref(), &mut self.buffer));
        let octets = self.buffer.len() - start - HEAD;
        let Some(length) = fits.and_then(|()| u32::try_from(octets).ok()) else {
            self.buffer.truncate(start);
            let cause = "a batch of more than 4 GiB cannot be written";
            return Err(EngineError::Write(cause.into()));
        };
        let checksum = checksum(self.number, self.end, &self.buffer[start + HEAD..]);
        let head = &mut self.buffer[start..start + HEAD];
        head[..4].copy_from_slice(&length.to_be_bytes());
        head[4..].copy_from_slice(&checksum);
        self.end += (HEAD + octets) as u64;
        self.is_synced = false;
        match self.buffer.len() > BUFFER {
            true => self.write(),
            false => Ok(()),
        }
    }

    /// Makes all that was added durable.
    pub fn sync(&mut self) -> Result<(), EngineError> {
        if self.is_synced {
            return Ok(());
        }
        self.write()?;
        self.file.sync_data().map_err(|error| self.failed(&error))?;
        self.is_synced = true;
        Ok(())
    }

    /// Syncs, and goes on in a new file.
    pub fn begin_next(&mut self) -> Result<(), EngineError> {
        self.sync()?;
        let number = self.number + 1;
        let file = begin(&self.directory, &self.names, number);
        self.file = file.map_err(|error| self.failed(&error))?;
        self.earlier.push((self.number, self.end));
        (self.number, self.end) = (number, 0);
        Ok(())
    }

    /// Removes the files before the one that it goes on in.
    pub fn remove_earlier(&mut self) -> Result<(), EngineError> {
        for (number, _) in std::mem::take(&mut self.earlier) {
            let removed = fs::remove_file(path(&self.directory, number));
            removed.map_err(|error| self.failed(&error))?;
        }
        Ok(())
    }

    fn write(&mut self) -> Result<(), EngineError> {
        let written = self.file.write_all(&self.buffer);
        written.map_err(|error| self.failed(&error))?;
        self.buffer.clear();
        self.buffer.shrink_to(BUFFER);
        Ok(())
    }

    fn failed(&self, cause: &dyn fmt::Display) -> EngineError {
        let path = path(&self.directory, self.number);
        EngineError::Write(format!("{}: {cause}", path.display()))
    }
}

/// A frame that was read.
struct Frame {
    /// How many octets its writes take.
    octets: usize,
    writes: Vec<Entry>,
}

/// Reads the frame at the beginning of `octets`, which stand at `at` in file `number`; `None`: it is not whole.
fn frame(number: u64, at: usize, octets: &[u8]) -> Option<Frame> {
    let (length, rest) = octets.split_first_chunk::<4>()?;
    let (sum, rest) = rest.split_first_chunk::<CHECKSUM>()?;
    let length = u32::from_be_bytes(*length) as usize;
    let mut rest = rest.get(..length)?;
    if checksum(number, at as u64, rest) != *sum {
        return None;
    }
    let mut writes = Vec::new();
    while !rest.is_empty() {
        let key = part(&mut rest)??.to_vec();
        writes.push((key, part(&mut rest)?.map(Value::from)));
    }
    Some(Frame {
        octets: length,
        writes,
    })
}

/// A part with its length before it; `Some(None)` for a removal.
fn part<'a>(rest: &mut &'a [u8]) -> Option<Option<&'a [u8]>> {
    let (length, after) = rest.split_first_chunk::<4>()?;
    let length = u32::from_be_bytes(*length);
    if length == REMOVED {
        *rest = after;
        return Some(None);
    }
    let (part, after) = after.split_at_checked(length as usize)?;
    *rest = after;
    Some(Some(part))
}

/// Adds a write to a frame; `None`: it is too long.
fn put(key: &[u8], value: Option<&[u8]>, buffer: &mut Vec<u8>) -> Option<()> {
    for part in [Some(key), value] {
        let length = match part {
            Some(part) => u32::try_from(part.len())
                .ok()
                .filter(|length| *length != REMOVED)?,
            None => REMOVED,
        };
        buffer.extend_from_slice(&length.to_be_bytes());
        buffer.extend_from_slice(part.unwrap_or_default());
    }
    Some(())
}

/// Also of where the frame stands: what a disk has there from before is no frame.
fn checksum(number: u64, at: u64, writes: &[u8]) -> [u8; CHECKSUM] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&number.to_be_bytes());
    hasher.update(&at.to_be_bytes());
    hasher.update(writes);
    let mut sum = [0; CHECKSUM];
    hasher.finalize_xof().fill(&mut sum);
    sum
}

/// What is brought to the engine next.
#[derive(Default)]
struct Pending {
    batch: Batch,
    octets: usize,
}

impl Pending {
    fn add(&mut self, writes: Vec<Entry>) {
        let lengths = writes.iter();
        let lengths =
            lengths.map(|(key, value)| key.len() + value.as_ref().map_or(0, |value| value.len()));
        self.octets += lengths.sum::<usize>();
        self.batch.writes.extend(writes);
    }

    fn bring(&mut self, engine: &dyn Engine) -> Result<(), EngineError> {
        let Self { batch, .. } = std::mem::take(self);
        match batch.is_empty() {
            true => Ok(()),
            false => engine.apply(batch),
        }
    }
}

/// The numbers of the files in a directory, lowest first.
fn numbers(directory: &Path) -> io::Result<Vec<u64>> {
    let mut numbers = Vec::new();
    for entry in fs::read_dir(directory)? {
        let name = entry?.file_name();
        let number = name.to_str().and_then(|name| name.strip_prefix(NAME));
        numbers.extend(number.and_then(|number| number.parse::<u64>().ok()));
    }
    numbers.sort_unstable();
    Ok(numbers)
}

/// Makes a file of the journal, whose name is there for good before anything is in it.
fn begin(directory: &Path, names: &File, number: u64) -> io::Result<File> {
    let path = path(directory, number);
    let file = File::options().append(true).create_new(true).open(path)?;
    names.sync_all()?;
    Ok(file)
}

fn path(directory: &Path, number: u64) -> PathBuf {
    directory.join(format!("{NAME}{number}"))
}

fn bringing(directory: &Path, cause: &EngineError) -> OpenError {
    OpenError::Failed {
        path: directory.into(),
        cause: cause.to_string(),
    }
}
