//! An event as one line, of text or of JSON.

use std::collections::BTreeMap;
use std::fmt::{self, Debug};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;
use serde_json::Value;
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_log::NormalizeEvent;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

use super::Level;
use super::text::{self, MAX_MESSAGE, MAX_VALUE};

/// Writes one line per event, in one of two dresses.
pub(super) struct Lines<D> {
    zone: TimeZone,
    now: fn() -> Timestamp,
    dress: D,
}

impl<D> Lines<D> {
    pub fn new(zone: TimeZone, dress: D) -> Self {
        let now = Timestamp::now;
        Self { zone, now, dress }
    }

    /// With a clock of the test's choice.
    #[cfg(test)]
    pub fn at(mut self, now: fn() -> Timestamp) -> Self {
        self.now = now;
        self
    }
}

/// Everything that a line says.
pub(super) struct Line<'a> {
    time: jiff::Zoned,
    level: Level,
    module: &'a str,
    function: Option<String>,
    line: Option<u32>,
    message: String,
    fields: Vec<(&'static str, Value)>,
}

/// How a line is written.
pub(super) trait Dress {
    /// Writes `line`, without the line end.
    fn write(&self, out: &mut Writer<'_>, line: Line<'_>) -> fmt::Result;
}

impl<S, N, D> FormatEvent<S, N> for Lines<D>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
    D: Dress,
{
    fn format_event(
        &self,
        _: &FmtContext<'_, S, N>,
        mut out: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let normalised = event.normalized_metadata();
        let metadata = normalised.as_ref().unwrap_or_else(|| event.metadata());
        let mut facts = Facts::default();
        event.record(&mut facts);
        let line = Line {
            time: (self.now)().to_zoned(self.zone.clone()),
            level: Level::of(metadata),
            module: metadata.module_path().unwrap_or_else(|| metadata.target()),
            function: facts.function,
            line: metadata.line(),
            message: facts.message,
            fields: facts.fields,
        };
        self.dress.write(&mut out, line)?;
        writeln!(out)
    }
}

/// The fields of an event, sorted into what a line needs.
#[derive(Default)]
pub(super) struct Facts {
    function: Option<String>,
    pub message: String,
    pub fields: Vec<(&'static str, Value)>,
}

impl Facts {
    fn text(&mut self, field: &Field, text: String) {
        match field.name() {
            "log.function" => self.function = Some(text),
            "message" => self.message = text::capped(&text, MAX_MESSAGE).into_owned(),
            // What the `log` crate's bridge adds has gone into the metadata.
            "log.target" | "log.module_path" | "log.file" | "log.line" => {}
            name => {
                let text = text::capped(&text, MAX_VALUE).into_owned();
                self.fields.push((name, Value::from(text)));
            }
        }
    }

    fn number(&mut self, field: &Field, value: impl Into<Value>) {
        if field.name() != "log.line" {
            self.fields.push((field.name(), value.into()));
        }
    }
}

impl Visit for Facts {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.text(field, format!("{value:?}"));
    }
    fn record_str(&mut self, field: &Field, value: &str) {
        self.text(field, value.to_owned());
    }
    fn record_i64(&mut self, field: &Field, value: i64) {
        self.number(field, value);
    }
    fn record_u64(&mut self, field: &Field, value: u64) {
        self.number(field, value);
    }
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.number(field, value);
    }
    fn record_bool(&mut self, field: &Field, value: bool) {
        self.number(field, value);
    }
}

/// Text, with or without colours.
pub(super) struct Plain(pub Colours);

impl Dress for Plain {
    fn write(&self, out: &mut Writer<'_>, line: Line<'_>) -> fmt::Result {
        let Colours { time, place, end } = self.0;
        let level = self.0.of(line.level);
        let stamp = line.time.strftime("%Y-%m-%d %H:%M:%S");
        write!(
            out,
            "{time}{stamp}{end} | {level}{:<8}{end} | {place}",
            line.level
        )?;
        text::escaped(out, line.module)?;
        write!(out, ":{}:", line.function.as_deref().unwrap_or("-"))?;
        match line.line {
            Some(number) => write!(out, "{number}")?,
            None => write!(out, "-")?,
        }
        write!(out, "{end} - {level}")?;
        text::escaped(out, &line.message)?;
        write!(out, "{end}")?;
        for (name, value) in &line.fields {
            if is_said(&line.message, name, value) {
                continue;
            }
            write!(out, " {name}=")?;
            match value {
                Value::String(value) => text::value(out, value)?,
                value => write!(out, "{value}")?,
            }
        }
        Ok(())
    }
}

/// Whether the message names what a field is about. JSON has the field all the same, to filter by.
fn is_said(message: &str, name: &str, value: &Value) -> bool {
    let Some(value) = value.as_str() else {
        return false;
    };
    let is_it = |word: &str| word.trim_matches(['.', ',', ':', ';', '(', ')']) == value;
    ["zone", "backend", "master"].contains(&name) && message.split_whitespace().any(is_it)
}

/// The escape sequences of a coloured line; empty where there are no colours.
#[derive(Clone, Copy)]
pub(super) struct Colours {
    time: &'static str,
    place: &'static str,
    end: &'static str,
}

impl Colours {
    /// Colours, or none.
    pub const fn when(coloured: bool) -> Self {
        match coloured {
            true => Self {
                time: "\x1b[32m",
                place: "\x1b[36m",
                end: "\x1b[0m",
            },
            false => Self {
                time: "",
                place: "",
                end: "",
            },
        }
    }

    fn of(self, level: Level) -> &'static str {
        if self.end.is_empty() {
            return "";
        }
        match level {
            Level::Trace => "\x1b[1;36m",
            Level::Debug => "\x1b[1;34m",
            Level::Info => "\x1b[1m",
            Level::Success => "\x1b[1;32m",
            Level::Warning => "\x1b[1;33m",
            Level::Error => "\x1b[1;31m",
            Level::Critical => "\x1b[1;37;41m",
        }
    }
}

/// JSON lines with the same facts.
pub(super) struct Json;

impl Dress for Json {
    fn write(&self, out: &mut Writer<'_>, line: Line<'_>) -> fmt::Result {
        let time = line.time.strftime("%Y-%m-%dT%H:%M:%S%.6f%:z").to_string();
        let whole = JsonLine {
            time,
            level: line.level.name(),
            module: line.module,
            function: line.function.as_deref(),
            line: line.line,
            message: &line.message,
            fields: line.fields.into_iter().collect(),
        };
        let document = serde_json::to_string(&whole).map_err(|_| fmt::Error)?;
        text::json(out, &document)
    }
}

/// The order of the facts in a JSON line.
#[derive(Serialize)]
struct JsonLine<'a> {
    time: String,
    level: &'static str,
    module: &'a str,
    function: Option<&'a str>,
    line: Option<u32>,
    message: &'a str,
    fields: BTreeMap<&'static str, Value>,
}
