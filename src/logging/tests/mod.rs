//! Each property of the log, seen in what was written.

mod lines;
mod places;

use std::sync::{Arc, Mutex};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use tracing_subscriber::Registry;
use tracing_subscriber::layer::SubscriberExt;

use super::*;

/// What was written, shared with the writer.
#[derive(Clone, Default)]
struct Captured(Arc<Mutex<Vec<u8>>>);

impl io::Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Captured {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

fn settings(level: Level) -> Settings {
    Settings {
        timezone: TimeZone::get("Pacific/Auckland").unwrap(),
        level,
        json: false,
        file: None,
        file_keep: 3,
    }
}

fn captured_as<D>(level: Level, dress: D, log: impl FnOnce()) -> String
where
    D: Dress + Send + Sync + 'static,
{
    let out = Captured::default();
    let writer = out.clone();
    let lines = Lines::new(settings(level).timezone, dress);
    let lines = lines.at(|| Timestamp::constant(1_795_206_095, 123_456_000));
    let layer = dressed(lines, move || writer.clone());
    let subscriber = Registry::default().with(Threshold(level)).with(layer);
    tracing::subscriber::with_default(subscriber, log);
    out.text()
}

fn captured(level: Level, log: impl FnOnce()) -> String {
    captured_as(level, Plain(Colours::when(false)), log)
}

#[test]
fn each_macro_has_its_level_padded_to_eight() {
    let text = captured(Level::Trace, || {
        trace!("x");
        debug!("x");
        info!("x");
        success!("x");
        warning!("x");
        error!("x");
        critical!("x");
    });
    let levels: Vec<&str> = text
        .lines()
        .filter_map(|line| line.split(" | ").nth(1))
        .collect();
    assert_eq!(
        levels,
        [
            "TRACE   ", "DEBUG   ", "INFO    ", "SUCCESS ", "WARNING ", "ERROR   ", "CRITICAL"
        ]
    );
}

fn all_levels() {
    trace!("x");
    debug!("x");
    info!("x");
    success!("x");
    warning!("x");
    error!("x");
    critical!("x");
}

#[test]
fn a_level_shows_itself_and_all_above() {
    for (level, lines) in [
        (Level::Trace, 7),
        (Level::Debug, 6),
        (Level::Info, 5),
        (Level::Success, 4),
        (Level::Warning, 3),
        (Level::Error, 2),
        (Level::Critical, 1),
    ] {
        let text = captured(level, all_levels);
        assert_eq!(text.lines().count(), lines, "{level}: {text}");
        assert!(
            text.lines().next().unwrap().contains(level.name()),
            "{level}: {text}"
        );
    }
}

#[test]
fn what_is_not_logged_is_not_computed() {
    fn computed() -> u8 {
        panic!("computed")
    }
    let text = captured(Level::Success, || info!(n = computed(), "{}", computed()));
    assert_eq!(text, "");
}

#[test]
fn other_peoples_crates_are_heard_from_warning_up_unless_a_fault_is_hunted() {
    let noise = || {
        tracing::debug!(target: "hyper::proto", "hyper debug");
        tracing::info!(target: "sled", "sled info");
        tracing::warn!(target: "sled", "sled warning");
        tracing::info!(target: "dadns_backends::bind", "ours");
        tracing::info!(target: "dadnsish", "not ours");
    };
    let heard = |level| -> Vec<String> {
        let text = captured(level, noise);
        text.lines()
            .map(|line| line.rsplit(" - ").next().unwrap().to_owned())
            .collect()
    };
    assert_eq!(heard(Level::Info), ["sled warning", "ours"]);
    assert_eq!(heard(Level::Error), [""; 0]);
    assert_eq!(
        heard(Level::Debug),
        ["sled info", "sled warning", "ours", "not ours"]
    );
    assert_eq!(heard(Level::Trace).len(), 5);
}

#[test]
fn the_log_file_is_daily_and_its_plain_name_points_to_the_newest() {
    let directory = tempfile::tempdir().unwrap();
    // Deeper than here, so that a link which repeats the relative path cannot work by chance.
    let depth = std::env::current_dir().unwrap().components().count();
    let deep = directory.path().join("deep/".repeat(depth));
    let path = PathBuf::from("../".repeat(depth) + deep.to_str().unwrap()).join("dadns.log");
    std::fs::create_dir_all(&deep).unwrap();
    for day in 1..=5 {
        std::fs::write(deep.join(format!("dadns.2020-01-0{day}.log")), "").unwrap();
    }
    let settings = settings(Level::Info);
    let (writer, guard) = open(&path, settings.file_keep).unwrap();
    let subscriber = Registry::default()
        .with(Threshold(settings.level))
        .with(layer(&settings, false, writer));
    tracing::subscriber::with_default(subscriber, || {
        for n in 0..1000 {
            info!(n, "kept");
        }
    });
    drop(guard);
    let text = std::fs::read_to_string(&path).unwrap();
    assert_eq!(text.lines().count(), 1000);
    assert!(
        text.ends_with(" - kept n=999\n") && !text.contains('\x1b'),
        "{text}"
    );
    let days = std::fs::read_dir(deep).unwrap();
    let days = days.filter(|day| day.as_ref().unwrap().file_type().unwrap().is_file());
    assert_eq!(days.count(), settings.file_keep);
}

#[test]
fn our_macros_are_heard_from_any_program_that_uses_them() {
    let text = captured(Level::Info, || {
        tracing::event!(name: "INFO", target: "program", tracing::Level::INFO, "ours");
        tracing::event!(target: "program", tracing::Level::INFO, "not ours");
    });
    assert_eq!(text.lines().count(), 1, "{text}");
    assert!(text.ends_with("- ours\n"), "{text}");
}

#[test]
fn a_log_file_that_cannot_be_written_is_named() {
    let error = open(Path::new("/proc/nowhere/dadns.log"), 1)
        .unwrap_err()
        .to_string();
    assert!(
        error.starts_with("cannot log to /proc/nowhere/dadns.log: "),
        "{error}"
    );
    assert!(
        open(Path::new("/"), 1)
            .unwrap_err()
            .to_string()
            .contains("does not name a file")
    );
}

#[test]
fn levels_are_read_in_any_case() {
    assert_eq!("success".parse(), Ok(Level::Success));
    assert_eq!("Critical".parse(), Ok(Level::Critical));
    assert!("warn".parse::<Level>().is_err());
}
