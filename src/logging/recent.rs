//! The newest lines of this process, kept in memory for operators who look at them from afar.
//!
//! What a line may not say, such as a secret, is kept out where it is written, and so is not here either.

use std::collections::VecDeque;
use std::sync::Arc;

use jiff::Timestamp;
use parking_lot::Mutex;
use serde_json::Value;
use tracing::{Event, Subscriber};
use tracing_log::NormalizeEvent;
use tracing_subscriber::layer::{Context, Layer};

use super::Level;
use super::format::Facts;
use super::text;

/// How many lines are kept, and how many bytes they may have together.
const LINES: usize = 1_000;
const BYTES: usize = 1 << 20;

/// The log is that of the process, and so are its newest lines.
static RECENT: Mutex<Ring> = Mutex::new(Ring::new());

/// A line of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    /// When it was written.
    pub at: Timestamp,
    /// How much it matters.
    pub level: Level,
    /// The module that wrote it.
    pub module: String,
    /// What it says.
    pub message: String,
    /// What it is about, such as `zone` and `backend`.
    pub fields: Vec<(&'static str, String)>,
}

impl LogLine {
    /// A field.
    pub fn field(&self, name: &str) -> Option<&str> {
        let mut fields = self.fields.iter();
        fields
            .find(|(known, _)| *known == name)
            .map(|(_, value)| value.as_str())
    }

    fn bytes(&self) -> usize {
        let fields = self.fields.iter().map(|(_, value)| value.len() + 32);
        size_of::<Self>() + self.module.len() + self.message.len() + fields.sum::<usize>()
    }
}

/// The newest lines that are `wanted`, newest first.
pub fn recent(most: usize, wanted: impl Fn(&LogLine) -> bool) -> Vec<Arc<LogLine>> {
    // Judged after the lock is given back: those who log wait for it.
    let kept: Vec<_> = RECENT.lock().lines.iter().cloned().collect();
    let newest = kept.into_iter().rev();
    newest.filter(|line| wanted(line)).take(most).collect()
}

struct Ring {
    lines: VecDeque<Arc<LogLine>>,
    bytes: usize,
}

impl Ring {
    const fn new() -> Self {
        Self {
            lines: VecDeque::new(),
            bytes: 0,
        }
    }

    fn push(&mut self, line: LogLine) {
        self.bytes += line.bytes();
        self.lines.push_back(Arc::new(line));
        while self.lines.len() > LINES || self.bytes > BYTES {
            let Some(oldest) = self.lines.pop_front() else {
                return;
            };
            self.bytes -= oldest.bytes();
        }
    }
}

/// Remembers each line that passes.
pub(super) struct Remember;

impl<S: Subscriber> Layer<S> for Remember {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let normalised = event.normalized_metadata();
        let metadata = normalised.as_ref().unwrap_or_else(|| event.metadata());
        let mut facts = Facts::default();
        event.record(&mut facts);
        let fields = facts.fields.into_iter().map(|(name, value)| {
            let value = match value {
                Value::String(text) => safe(&text),
                other => other.to_string(),
            };
            (name, value)
        });
        let line = LogLine {
            at: Timestamp::now(),
            level: Level::of(metadata),
            module: safe(metadata.module_path().unwrap_or_else(|| metadata.target())),
            message: safe(&facts.message),
            fields: fields.collect(),
        };
        RECENT.lock().push(line);
    }
}

fn safe(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    // Writing to a String does not fail.
    let _ = text::escaped(&mut safe, text);
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_lines_and_bytes_are_kept_than_are_meant_to_be() {
        let line = |message: String| LogLine {
            at: Timestamp::UNIX_EPOCH,
            level: Level::Info,
            module: String::new(),
            message,
            fields: vec![("zone", "a.example".to_owned())],
        };
        let mut ring = Ring::new();
        for number in 0..2 * LINES {
            ring.push(line(number.to_string()));
        }
        assert_eq!(ring.lines.len(), LINES);
        assert_eq!(ring.lines[0].message, LINES.to_string());
        for _ in 0..2 * LINES {
            ring.push(line("x".repeat(4_096)));
        }
        assert!(ring.bytes <= BYTES && ring.lines.len() < 300);
        let all = ring.lines.iter().map(|line| line.bytes());
        assert_eq!(all.sum::<usize>(), ring.bytes);
    }

    #[test]
    fn a_line_is_remembered_with_its_level_and_fields_and_nothing_in_it_is_hostile() {
        use tracing_subscriber::layer::SubscriberExt;
        let subscriber = tracing_subscriber::Registry::default().with(Remember);
        tracing::subscriber::with_default(subscriber, || {
            crate::logging::success!(
                zone = "remembered.example",
                count = 3,
                "it is\u{202e} served\n"
            );
        });
        let found = recent(10, |line| line.field("zone") == Some("remembered.example"));
        let [line] = found.as_slice() else {
            panic!("{found:?}");
        };
        assert_eq!(line.level, Level::Success);
        assert_eq!(line.message, "it is\\u{202e} served\\n");
        assert_eq!(line.field("count"), Some("3"));
        assert!(line.module.starts_with("dadns::logging"), "{}", line.module);
    }
}
