//! Operations on the running gateway, with their progress; and waiting.

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

use super::gateway::{AskError, Gateway, parse, zone_path};
use crate::http::api::shape::{ImportOrder, ReconcileOrder, VerifyOrder, Waited};
use crate::operations::shape::{Item, Line, Summary};

/// How often a line says how far an operation is, where there is no terminal.
const LINES: Duration = Duration::from_secs(5);

/// How an operation went: what to print at the end, and whether all is well.
pub struct Went {
    /// What to print.
    pub text: String,
    /// Whether all is as it should be.
    pub well: bool,
}

/// Looks whether zones (none: all) are everywhere as they should be.
pub fn verify(
    gateway: &Gateway,
    zones: Vec<String>,
    dry_run: bool,
    json: bool,
) -> Result<Went, AskError> {
    let order = VerifyOrder {
        zones: Some(zones).filter(|zones| !zones.is_empty()),
        dry_run,
    };
    carry_out(gateway, "/api/v1/verify", &order, json)
}

/// Takes in the zones of a backend that the gateway does not know.
pub fn import(
    gateway: &Gateway,
    backend: String,
    dry_run: bool,
    json: bool,
) -> Result<Went, AskError> {
    let order = ImportOrder { backend, dry_run };
    carry_out(gateway, "/api/v1/import", &order, json)
}

/// Compares with the masters.
pub fn reconcile(
    gateway: &Gateway,
    dry_run: bool,
    confirm: bool,
    json: bool,
) -> Result<Went, AskError> {
    let order = ReconcileOrder { dry_run, confirm };
    carry_out(gateway, "/api/v1/reconcile", &order, json)
}

pub(super) fn carry_out(
    gateway: &Gateway,
    path: &str,
    order: &impl Serialize,
    json: bool,
) -> Result<Went, AskError> {
    #[derive(Serialize)]
    struct Whole {
        items: Vec<Item>,
        summary: Summary,
    }

    let mut items = Vec::new();
    let mut progress = Progress::new();
    let summary = gateway.order(path, order, |line| match line {
        Line::Progress { done, total } => progress.show(done, total),
        Line::Item(item) if json => items.push(item),
        Line::Item(item) => progress.bar.suspend(|| say(&item)),
        Line::Summary(_) | Line::Failed { .. } => {}
    });
    progress.bar.finish_and_clear();
    let summary = summary?;
    let well = summary.well;
    let text = match json {
        true => serde_json::to_string_pretty(&Whole { items, summary })
            .map_err(|error| AskError::Answer(error.to_string()))?,
        false => summary.said,
    };
    Ok(Went { text, well })
}

/// One line for what was found or done. A reader that goes away, such as `head`, is no failure.
fn say(item: &Item) {
    let Item {
        zone,
        place,
        what,
        said,
    } = item;
    let zone = zone.as_deref().unwrap_or("-");
    drop(writeln!(
        std::io::stdout(),
        "{zone}  {place}  {what}: {said}"
    ));
}

/// How far an operation is, on standard error: a bar on a terminal, elsewhere a line now and then.
struct Progress {
    bar: ProgressBar,
    /// When a line was last due; `None`: there is a bar.
    told: Option<Instant>,
}

impl Progress {
    fn new() -> Self {
        if !std::io::stderr().is_terminal() {
            return Self {
                bar: ProgressBar::hidden(),
                told: Some(Instant::now()),
            };
        }
        let bar = ProgressBar::new(0);
        if let Ok(style) = ProgressStyle::with_template("{bar:40} {pos}/{len} {elapsed}") {
            bar.set_style(style);
        }
        Self { bar, told: None }
    }

    fn show(&mut self, done: usize, total: usize) {
        self.bar.set_length(total as u64);
        self.bar.set_position(done as u64);
        if let Some(told) = &mut self.told
            && told.elapsed() >= LINES
        {
            *told = Instant::now();
            drop(writeln!(std::io::stderr(), "{done} of {total} done"));
        }
    }
}

/// Waits until every backend has verified a revision of a zone.
pub fn wait(
    gateway: &Gateway,
    name: &str,
    mut revision: Option<u64>,
    timeout: Duration,
    json: bool,
) -> Result<Went, AskError> {
    let deadline = Instant::now() + timeout;
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let mut query = format!("/wait?timeout_ms={}", left.as_millis());
        if let Some(revision) = revision {
            query += &format!("&revision={revision}");
        }
        let text = gateway.get(&zone_path(name, &query))?;
        let waited: Waited = parse(&text)?;
        revision = Some(waited.revision);
        if !waited.verified && Instant::now() < deadline {
            continue;
        }
        return Ok(Went {
            text: if json { text } else { told(&waited, timeout) },
            well: waited.verified,
        });
    }
}

fn told(waited: &Waited, timeout: Duration) -> String {
    let Waited {
        zone,
        revision,
        verified,
        missing,
    } = waited;
    if *verified {
        return format!("{zone}: every backend has verified revision {revision}");
    }
    let missing: Vec<_> = missing
        .iter()
        .map(|missing| format!("\n  {}: {}", missing.backend, missing.cause))
        .collect();
    format!(
        "{zone}: revision {revision} is not verified everywhere after {} s:{}",
        timeout.as_secs_f64(),
        missing.concat()
    )
}
