//! Operations on the running gateway, with their progress; and waiting.

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

use super::arguments::{Output, Removal, Trial};
use super::gateway::{AskError, Gateway, parse, zone_path};
use crate::http::v1::shape::{ImportRequest, ReconcileRequest, VerifyRequest, Waited};
use crate::report::shape::{Item, Line, Summary};

/// How often a line says how far an operation is, where there is no terminal.
const LINES: Duration = Duration::from_secs(5);

/// How an operation went: what to print at the end, and the exit status.
pub struct Went {
    /// What to print.
    pub text: String,
    /// Whether nothing differs and nothing failed.
    pub ok: bool,
}

/// Verifies zones (none: all) on every backend.
pub fn verify(
    gateway: &Gateway,
    zones: Vec<String>,
    Trial { dry_run }: Trial,
    output: Output,
) -> Result<Went, AskError> {
    let request = VerifyRequest {
        zones: Some(zones).filter(|zones| !zones.is_empty()),
        dry_run,
    };
    carry_out(gateway, "/api/v1/verify", &request, output)
}

/// Imports the zones of a backend that the gateway does not know.
pub fn import(
    gateway: &Gateway,
    backend: String,
    Trial { dry_run }: Trial,
    output: Output,
) -> Result<Went, AskError> {
    let request = ImportRequest { backend, dry_run };
    carry_out(gateway, "/api/v1/import", &request, output)
}

/// Compares with the masters.
pub fn reconcile(
    gateway: &Gateway,
    Removal { dry_run, confirm }: Removal,
    output: Output,
) -> Result<Went, AskError> {
    let request = ReconcileRequest { dry_run, confirm };
    carry_out(gateway, "/api/v1/reconcile", &request, output)
}

pub(super) fn carry_out(
    gateway: &Gateway,
    path: &str,
    request: &impl Serialize,
    output: Output,
) -> Result<Went, AskError> {
    #[derive(Serialize)]
    struct Whole {
        items: Vec<Item>,
        summary: Summary,
    }

    let mut items = Vec::new();
    let mut progress = Progress::new();
    let summary = gateway.operate(path, request, |line| match line {
        Line::Progress { done, total } => progress.show(done, total),
        Line::Item(item) if output.json => items.push(item),
        Line::Item(item) => progress.bar.suspend(|| print(&item)),
        Line::Summary(_) | Line::Failed { .. } => {}
    });
    progress.bar.finish_and_clear();
    let summary = summary?;
    let ok = summary.ok;
    let text = match output.json {
        true => serde_json::to_string_pretty(&Whole { items, summary })
            .map_err(|error| AskError::Answer(error.to_string()))?,
        false => summary.detail,
    };
    Ok(Went { text, ok })
}

/// One line for what was found or done. A reader that closes early, such as `head`, is no failure.
fn print(item: &Item) {
    let Item {
        zone,
        backend,
        master,
        result,
        detail,
    } = item;
    let zone = zone.as_deref().unwrap_or("-");
    let target = backend.as_deref().or(master.as_deref()).unwrap_or("-");
    drop(writeln!(
        std::io::stdout(),
        "{zone}  {target}  {result}: {detail}"
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
    (timeout, here): (Duration, bool),
    output: Output,
) -> Result<Went, AskError> {
    let deadline = Instant::now() + timeout;
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let mut query = format!("/wait?timeout_ms={}", left.as_millis());
        if let Some(revision) = revision {
            query += &format!("&revision={revision}");
        }
        if here {
            query += "&nodes=here";
        }
        let text = gateway.get(&zone_path(name, &query))?;
        let waited: Waited = parse(&text)?;
        revision = Some(waited.revision);
        if !waited.verified && Instant::now() < deadline {
            continue;
        }
        return Ok(Went {
            text: if output.json {
                text
            } else {
                told(&waited, timeout)
            },
            ok: waited.verified,
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
        .map(|missing| match &missing.node {
            Some(node) => format!("\n  {} of node {node}: {}", missing.backend, missing.cause),
            None => format!("\n  {}: {}", missing.backend, missing.cause),
        })
        .collect();
    format!(
        "{zone}: revision {revision} is not verified everywhere after {} s:{}",
        timeout.as_secs_f64(),
        missing.concat()
    )
}
