//! History, differences, rollbacks and held pushes.

use std::fmt::Write as _;

use super::arguments::Output;
use super::gateway::{AskError, Gateway, parse, zone_path};
use super::show::owned;
use crate::http::v1::shape::{Difference, HeldPush, Made, Revision, Rollback};

/// The revisions of a zone.
pub fn history(gateway: &Gateway, name: &str, output: Output) -> Result<String, AskError> {
    let text = gateway.get(&zone_path(name, "/history"))?;
    if output.json {
        return Ok(text);
    }
    let history: Vec<Revision> = parse(&text)?;
    let mut shown = String::new();
    for version in history {
        let Revision {
            revision,
            at,
            by,
            master,
            user,
            how,
            serial,
            records,
            layer: _,
        } = version;
        let owner = owned(user.as_deref(), master.as_deref());
        let owner = owner.map_or_else(String::new, |owner| format!(", {owner}"));
        let _ = writeln!(
            shown,
            "revision {revision:4}  {}  serial {serial:10}  {records:4} records  {how} by {by}{owner}",
            at.strftime("%F %T UTC"),
        );
    }
    Ok(shown)
}

/// What changed between two revisions.
pub fn diff(
    gateway: &Gateway,
    name: &str,
    from: Option<u64>,
    to: Option<u64>,
    held: bool,
    output: Output,
) -> Result<String, AskError> {
    let mut query = format!("/diff?held={held}");
    for (side, revision) in [("from", from), ("to", to)] {
        if let Some(revision) = revision {
            let _ = write!(query, "&{side}={revision}");
        }
    }
    let text = gateway.get(&zone_path(name, &query))?;
    if output.json {
        return Ok(text);
    }
    let difference: Difference = parse(&text)?;
    let mut shown = format!("{name}: from {} to {}\n", difference.from, difference.to);
    lines(&mut shown, &difference.lines);
    Ok(shown)
}

fn lines(shown: &mut String, lines: &[String]) {
    if lines.is_empty() {
        shown.push_str("no difference\n");
    }
    for line in lines {
        let _ = writeln!(shown, "{line}");
    }
}

/// Makes an earlier revision the newest one.
pub fn rollback(
    gateway: &Gateway,
    name: &str,
    revision: u64,
    output: Output,
) -> Result<String, AskError> {
    let text = gateway.post(&zone_path(name, "/rollback"), &Rollback { revision })?;
    made(&text, output, &format!("as revision {revision} was"))
}

/// Accepts a held push.
pub fn approve(gateway: &Gateway, name: &str, output: Output) -> Result<String, AskError> {
    let nothing = serde_json::json!({});
    let text = gateway.post(&zone_path(name, "/approve"), &nothing)?;
    made(&text, output, "as the push that was held")
}

/// Discards a held push.
pub fn reject(gateway: &Gateway, name: &str, output: Output) -> Result<String, AskError> {
    let nothing = serde_json::json!({});
    let text = gateway.post(&zone_path(name, "/reject"), &nothing)?;
    if output.json {
        return Ok(text);
    }
    Ok(format!(
        "the held push of {name} is rejected; nothing else changed"
    ))
}

fn made(text: &str, output: Output, how: &str) -> Result<String, AskError> {
    if output.json {
        return Ok(text.to_owned());
    }
    let made: Made = parse(text)?;
    let Made {
        zone,
        revision,
        serial,
        changed,
    } = made;
    Ok(match changed {
        true => format!(
            "{zone} is now {how}: revision {revision}, serial {serial}; `dadns wait {zone}` waits until \
             it is served everywhere"
        ),
        false => format!("{zone} is {how} already: revision {revision}, serial {serial}"),
    })
}

/// The held pushes.
pub fn held(gateway: &Gateway, output: Output) -> Result<String, AskError> {
    let text = gateway.get("/api/v1/held")?;
    if output.json {
        return Ok(text);
    }
    let held: Vec<HeldPush> = parse(&text)?;
    let mut shown = String::new();
    for push in &held {
        let _ = writeln!(
            shown,
            "{}  {}  from {}",
            push.zone,
            push.at.strftime("%F %T UTC"),
            push.by
        );
        for reason in &push.reasons {
            let _ = writeln!(shown, "  held because {reason}");
        }
        for line in &push.lines {
            let _ = writeln!(shown, "    {line}");
        }
    }
    let _ = writeln!(
        shown,
        "pushes held: {}; `dadns approve ZONE` or `dadns reject ZONE`",
        held.len()
    );
    Ok(shown)
}
