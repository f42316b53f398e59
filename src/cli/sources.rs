//! Directories that are watched, and what became of their files.

use std::fmt::Write as _;

use super::arguments::Output;
use super::gateway::{AskError, Gateway, parse};
use super::operate::Went;
use crate::logging::counted;
use crate::sources::shape::{FileStatus, SourceStatus};

/// `dadns sources`.
pub fn list(gateway: &Gateway, output: Output) -> Result<Went, AskError> {
    let text = gateway.get("/api/v1/sources")?;
    let sources: Vec<SourceStatus> = parse(&text)?;
    let fine = |source: &SourceStatus| source.trouble.is_none() && source.not_accepted == 0;
    let ok = sources.iter().all(fine);
    if output.json {
        return Ok(Went { text, ok });
    }
    let mut shown = String::new();
    for source in &sources {
        put(&mut shown, source);
    }
    if sources.is_empty() {
        shown.push_str("no directory is watched (sources.watched)\n");
    }
    Ok(Went { text: shown, ok })
}

fn put(shown: &mut String, source: &SourceStatus) {
    let looked = match source.looked_at {
        Some(at) => format!("looked through at {}", at.strftime("%F %T UTC")),
        None => "not looked through yet".to_owned(),
    };
    // A text takes whatever is written.
    let _ = writeln!(
        shown,
        "{}  {}  {}, {} not accepted; {looked}",
        source.name,
        source.path,
        counted(source.total, "file"),
        source.not_accepted
    );
    if let Some(trouble) = &source.trouble {
        let _ = writeln!(shown, "  {trouble}");
    }
    for file in &source.files {
        put_file(shown, file);
    }
    let more = source.total.saturating_sub(source.files.len());
    if more > 0 {
        let _ = writeln!(shown, "  and {more} more that are accepted");
    }
}

fn put_file(shown: &mut String, file: &FileStatus) {
    let zone = file.zone.as_deref().unwrap_or("-");
    let _ = write!(shown, "  {}  {zone}  {}", file.file, file.state.word());
    if let Some(revision) = file.revision {
        let _ = write!(shown, " as revision {revision}");
    }
    if let Some(at) = file.read_at {
        let _ = write!(shown, ", read at {}", at.strftime("%F %T UTC"));
    }
    match &file.detail {
        Some(detail) => {
            let _ = writeln!(shown, ": {detail}");
        }
        None => shown.push('\n'),
    }
}
