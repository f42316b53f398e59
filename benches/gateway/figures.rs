//! What was measured: rows of figures, kept between runs, so that a long measurement can be made in parts.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// One row: what one subject came to with so many zones present.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Row {
    /// What was measured, by the name that chooses it.
    pub measurement: String,
    /// `dadns` with the way that it served, or a limit.
    pub subject: String,
    /// Zones present.
    pub present: usize,
    /// Figures with what they are, such as `p50 ms`.
    pub values: Vec<(String, f64)>,
}

impl Row {
    /// A row without figures.
    pub fn new(measurement: &str, subject: impl Into<String>, present: usize) -> Self {
        Self {
            measurement: measurement.into(),
            subject: subject.into(),
            present,
            values: Vec::new(),
        }
    }

    /// The row with one more figure.
    #[must_use]
    pub fn with(mut self, what: &str, value: f64) -> Self {
        self.values.push((what.into(), value));
        self
    }

    /// The row with the middle and the slow end of these times.
    #[must_use]
    pub fn with_times(self, times: &Times) -> Self {
        self.with("p50 ms", times.at(0.5))
            .with("p99 ms", times.at(0.99))
    }

    /// The figure of this name.
    pub fn value(&self, what: &str) -> Option<f64> {
        let found = self.values.iter().find(|(name, _)| name == what);
        found.map(|(_, value)| *value)
    }

    fn is_of_the_same(&self, other: &Self) -> bool {
        (&self.measurement, &self.subject, self.present)
            == (&other.measurement, &other.subject, other.present)
    }
}

/// Times that something took.
#[derive(Debug, Default)]
pub struct Times(pub Vec<Duration>);

impl Times {
    /// The time in milliseconds that this share of all did not exceed.
    pub fn at(&self, share: f64) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort();
        let last = sorted.len().saturating_sub(1);
        let at = (share * sorted.len() as f64) as usize;
        sorted
            .get(at.min(last))
            .map_or(f64::NAN, |time| time.as_secs_f64() * 1000.0)
    }
}

/// All rows that were measured, in the order in which they were first measured.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Figures(pub Vec<Row>);

/// A path below the target directory.
pub fn target(name: &str) -> PathBuf {
    let tmp = Path::new(env!("CARGO_TARGET_TMPDIR"));
    tmp.parent().expect("the target directory").join(name)
}

impl Figures {
    /// Those of earlier runs.
    pub fn load() -> Self {
        let text = fs::read_to_string(target("bench-figures.json")).unwrap_or_default();
        serde_json::from_str(&text).unwrap_or_default()
    }

    /// Puts a row in the place of the one of the same name, or behind all others.
    pub fn put(&mut self, row: Row) {
        match self.0.iter_mut().find(|found| found.is_of_the_same(&row)) {
            Some(found) => *found = row,
            None => self.0.push(row),
        }
    }

    /// Keeps them for later runs.
    pub fn save(&self) {
        let text = serde_json::to_string_pretty(self).unwrap();
        fs::write(target("bench-figures.json"), text).unwrap();
    }

    /// The rows of one measurement, by subject and zones present.
    pub fn of(&self, measurement: &str) -> Vec<&Row> {
        let mut rows: Vec<_> = self
            .0
            .iter()
            .filter(|row| row.measurement == measurement)
            .collect();
        let place = |row: &Row| {
            self.0.iter().position(|first| {
                first.subject == row.subject && first.measurement == row.measurement
            })
        };
        rows.sort_by_key(|row| (place(row), row.present));
        rows
    }
}

/// A figure as people read it: three digits that count, and no more.
pub fn shown(value: f64) -> String {
    match value.abs() {
        _ if value.is_nan() => "-".into(),
        large if large >= 1_000.0 => thousands(round(value)),
        middle if middle >= 100.0 => format!("{value:.0}"),
        small if small >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

/// To three digits.
fn round(value: f64) -> u64 {
    let step = 10_f64.powf(value.abs().log10().floor() - 2.0).max(1.0);
    ((value / step).round() * step) as u64
}

/// With commas.
pub fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let parts: Vec<_> = digits.as_bytes().rchunks(3).rev().collect();
    let parts: Vec<_> = parts.into_iter().map(String::from_utf8_lossy).collect();
    parts.join(",")
}

/// Where rows go as soon as they are measured.
pub type Sink<'a> = dyn FnMut(Row) + 'a;

/// Shows a row.
pub fn print(row: &Row) {
    let values = row.values.iter();
    let values: Vec<_> = values
        .map(|(what, value)| format!("{what} {}", shown(*value)))
        .collect();
    println!(
        "  {:8} {:34} {:>9} zones: {}",
        row.measurement,
        row.subject,
        thousands(row.present as u64),
        values.join(", ")
    );
}
