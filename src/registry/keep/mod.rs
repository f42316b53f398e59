//! What the registry has on disk: an engine of its own, and one thread that writes.
//!
//! All that arrives while one sync runs goes into the next batch, so that thousands of clients that register at once
//! cost a few syncs. What could not be written is written with the next batch, after the engine was opened anew: the
//! book in memory is ahead of the disk until then, and whoever waited was told that it failed.

mod form;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, mpsc};

use tokio::sync::oneshot;

use super::rules::{Change, Instance, Key, Write};
use crate::engine::{self, Batch, EngineError, OpenError, Reopen};

/// Memory for what was read lately, in bytes: the book itself is in memory.
const CACHE: u64 = 8 << 20;

/// How many steps one batch takes at most.
const MOST: usize = 4_096;

/// Why something could not be kept.
#[derive(Debug, thiserror::Error)]
pub enum KeepError {
    /// The database cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// What it has cannot be read.
    #[error("the registry cannot be read: {0}; move its directory away to begin without it")]
    Read(String),
    /// The authorities of probes cannot be read.
    #[error("registry.probe_ca_file: {0}")]
    Trust(String),
    /// The disk did not take it.
    #[error("the registry could not be written: {0}")]
    Write(String),
    /// The gateway is stopping.
    #[error("the gateway is stopping")]
    Stopped,
}

/// What a directory had.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// The highest index.
    pub index: u64,
    /// All instances, each with its history, the oldest change first.
    pub instances: Vec<(Instance, Vec<Change>)>,
    /// Who stays published though critical, by service.
    pub kept: Vec<(String, Vec<Key>)>,
}

/// Writes what the book says.
#[derive(Debug)]
pub(super) struct Keeper {
    jobs: mpsc::Sender<Job>,
}

/// What one step writes.
struct Job {
    index: u64,
    writes: Vec<Write>,
    done: oneshot::Sender<Result<(), KeepError>>,
}

impl Keeper {
    /// Opens a directory.
    pub fn open(directory: &Path) -> Result<(Self, Found), KeepError> {
        Self::on(engine::open(directory, CACHE)?)
    }

    /// The same, on an engine.
    pub fn on(engine: Arc<dyn Reopen>) -> Result<(Self, Found), KeepError> {
        let found = form::read(&*engine)?;
        let (jobs, inbox) = mpsc::channel();
        std::thread::Builder::new()
            .name("registry".into())
            .spawn(move || run(&*engine, &inbox))
            .map_err(|error| KeepError::Read(error.to_string()))?;
        Ok((Self { jobs }, found))
    }

    /// Has it written, in the order of these calls. What is returned ends when it is on disk.
    pub fn write(
        &self,
        index: u64,
        writes: Vec<Write>,
    ) -> impl Future<Output = Result<(), KeepError>> + Send + 'static {
        let (done, answer) = oneshot::channel();
        let job = Job {
            index,
            writes,
            done,
        };
        let sent = self.jobs.send(job);
        async move {
            sent.map_err(|_| KeepError::Stopped)?;
            answer.await.map_err(|_| KeepError::Stopped)?
        }
    }
}

/// Writes until nobody is left who could send something.
fn run(engine: &dyn Reopen, inbox: &mpsc::Receiver<Job>) {
    let mut unwritten: BTreeMap<Vec<u8>, Option<Vec<u8>>> = BTreeMap::new();
    let mut failed = false;
    while let Ok(first) = inbox.recv() {
        let mut jobs = vec![first];
        jobs.extend(inbox.try_iter().take(MOST - 1));
        for job in &jobs {
            for write in &job.writes {
                let (key, value) = form::written(write);
                unwritten.insert(key, value);
            }
            unwritten.insert(form::INDEX.to_vec(), Some(job.index.to_be_bytes().to_vec()));
        }
        let written = match failed {
            true => engine.reopen().map_err(|error| error.to_string()),
            false => Ok(()),
        };
        let written =
            written.and_then(|()| put(engine, &unwritten).map_err(|error| error.to_string()));
        failed = written.is_err();
        if !failed {
            unwritten.clear();
        }
        for job in jobs {
            let answer = written.clone().map_err(KeepError::Write);
            // Who asked may have gone.
            let _ = job.done.send(answer);
        }
    }
}

fn put(
    engine: &dyn Reopen,
    writes: &BTreeMap<Vec<u8>, Option<Vec<u8>>>,
) -> Result<(), EngineError> {
    let mut batch = Batch::default();
    for (key, value) in writes {
        match value {
            Some(value) => batch.insert(key.as_slice(), value),
            None => batch.remove(key.as_slice()),
        }
    }
    engine.apply(batch)?;
    engine.sync()
}
