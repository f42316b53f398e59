//! The log: one line per event, in the style that operators of the predecessor know.
//!
//! ```text
//! 2026-11-21 09:21:35 | SUCCESS  | dadns::lane:run:87 - Batch complete zones=12 took="1.8 s"
//! ```
//!
//! Lines go to standard error at once, so that the last one before a crash is there to read, and
//! to a daily file where one is set. The file is written by a thread of its own. When the disk
//! cannot follow, that thread's queue of 128,000 lines fills and logging waits for it: nothing is
//! ever dropped, least of all an error. Nothing is lost by waiting, either, since no push is
//! acknowledged while the disk stands still.
//!
//! Use the macros of this module ([`trace`], [`debug`], [`info`], [`success`], [`warning`],
//! [`error`], [`critical`]); they take what those of `tracing` take, and add the two levels and the
//! name of the function:
//!
//! ```
//! use dadns::logging::{info, success};
//!
//! info!("listening");
//! success!(zone = "example.com", millis = 43, "served on {} backends", 2);
//! ```
//!
//! A line stands alone: fields belong to the event, and spans are not shown.

mod filter;
mod format;
mod level;
mod macros;
mod recent;
mod settings;
mod text;

#[cfg(test)]
mod tests;

use std::ffi::OsStr;
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};

use tracing::Subscriber;
use tracing_appender::non_blocking::{NonBlocking, NonBlockingBuilder, WorkerGuard};
use tracing_appender::rolling::{RollingFileAppender, Rotation};
use tracing_log::AsLog;
use tracing_subscriber::fmt::{Layer as FmtLayer, MakeWriter};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::{Layer, Registry};

pub use level::{InvalidLevel, Level};
#[doc(hidden)]
pub use macros::function_name;
pub use macros::{critical, debug, error, info, success, trace, warning};
pub use recent::{LogLine, recent};
pub use settings::Settings;
pub use text::counted;
#[doc(hidden)]
pub use tracing;

use filter::Threshold;
use format::{Colours, Dress, Json, Lines, Plain};
use recent::Remember;

/// Why the log cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum LoggingError {
    /// The log file cannot be written.
    #[error("cannot log to {}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The path does not end in the name of a file.
    #[error("cannot log to {}: it does not name a file", .0.display())]
    NoFileName(PathBuf),
    /// Something else in this process has set up logging before.
    #[error("logging has been set up already")]
    AlreadySet,
}

/// Keeps the log file going: hold it until the process ends. Dropping it writes what is left.
#[derive(Debug)]
#[must_use = "dropping the guard stops the log file"]
pub struct Guard {
    _file: Option<WorkerGuard>,
}

/// Sets up the log of this process.
///
/// # Errors
/// When the log file cannot be written, or when this was called before.
pub fn init(settings: &Settings) -> Result<Guard, LoggingError> {
    let coloured =
        io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty());
    let (file, guard) = match &settings.file {
        Some(path) => {
            let (writer, guard) = open(path, settings.file_keep)?;
            (Some(layer(settings, false, writer)), Some(guard))
        }
        None => (None, None),
    };
    let subscriber = Registry::default()
        .with(Threshold(settings.level))
        .with(Remember)
        .with(layer(settings, coloured, io::stderr))
        .with(file);
    tracing::subscriber::set_global_default(subscriber).map_err(|_| LoggingError::AlreadySet)?;
    // Some crates log every step: what would not pass must not even come this far.
    tracing_log::LogTracer::builder()
        .with_max_level(Threshold(settings.level).others().ceiling().as_log())
        .init()
        .map_err(|_| LoggingError::AlreadySet)?;
    Ok(Guard { _file: guard })
}

/// A layer that writes what passes as `settings` ask for.
fn layer<S, W>(settings: &Settings, coloured: bool, writer: W) -> Box<dyn Layer<S> + Send + Sync>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let zone = settings.timezone.clone();
    match settings.json {
        true => dressed(Lines::new(zone, Json), writer),
        false => dressed(Lines::new(zone, Plain(Colours::when(coloured))), writer),
    }
}

fn dressed<S, W, D>(lines: Lines<D>, writer: W) -> Box<dyn Layer<S> + Send + Sync>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
    D: Dress + Send + Sync + 'static,
{
    FmtLayer::new()
        .with_writer(writer)
        // It would report a failed write by `eprintln!`, which panics if standard error is gone.
        .log_internal_errors(false)
        .event_format(lines)
        .boxed()
}

/// Opens the daily file: `dadns.log` becomes `dadns.2026-11-21.log` and a link to the newest.
fn open(path: &Path, keep: usize) -> Result<(NonBlocking, WorkerGuard), LoggingError> {
    let nameless = || LoggingError::NoFileName(path.to_owned());
    let failed = |source: Box<dyn std::error::Error + Send + Sync>| LoggingError::File {
        path: path.to_owned(),
        source,
    };
    // The link would point nowhere if it repeated a relative path.
    let whole = std::path::absolute(path).map_err(|error| failed(error.into()))?;
    let part = |part: Option<&OsStr>| part.and_then(OsStr::to_str).map(str::to_owned);
    let name = part(whole.file_name()).ok_or_else(nameless)?;
    let stem = part(whole.file_stem()).ok_or_else(nameless)?;
    let directory = whole.parent().ok_or_else(nameless)?;
    std::fs::create_dir_all(directory).map_err(|error| failed(error.into()))?;
    let appender = RollingFileAppender::builder()
        .rotation(Rotation::DAILY)
        .filename_prefix(stem)
        .filename_suffix(part(whole.extension()).unwrap_or_default())
        .latest_symlink(name)
        .max_log_files(keep)
        .build(directory)
        .map_err(|error| failed(error.into()))?;
    Ok(NonBlockingBuilder::default()
        .lossy(false)
        .thread_name("log-file")
        .finish(appender))
}
