//! Records and zones that are edited here.

use std::fmt::Write as _;

use super::arguments::{
    DataArguments, EditArguments, Output, RecordsCommand, RrsetArguments, Trial,
};
use super::gateway::{AskError, Gateway, Verb, encoded, parse, zone_path};
use super::operate::Went;
use crate::http::v1::records::shape::{
    Change, Changed, Changes, Deleted, NewZone, Op, Rrset, Rrsets,
};

/// For how many seconds `--wait` waits.
const WAIT: u64 = 30;

/// The RRsets of a zone, each with its layer and author.
pub fn show(gateway: &Gateway, zone: &str, output: Output) -> Result<String, AskError> {
    let mut all: Option<Rrsets> = None;
    loop {
        let after = all.as_ref().and_then(|page| page.next.clone());
        let query = after.map_or_else(String::new, |after| format!("?after={}", encoded(&after)));
        let page: Rrsets = parse(&gateway.get(&zone_path(zone, &format!("/rrsets{query}")))?)?;
        match &mut all {
            Some(all) => {
                all.rrsets.extend(page.rrsets);
                all.next = page.next;
            }
            None => all = Some(page),
        }
        if all.as_ref().is_none_or(|page| page.next.is_none()) {
            break;
        }
    }
    let Some(all) = all else {
        return Ok(String::new());
    };
    if output.json {
        return serde_json::to_string(&all).map_err(|error| AskError::Answer(error.to_string()));
    }
    let mut shown = format!(
        "{}: revision {}, serial {}\n",
        all.zone, all.revision, all.serial
    );
    all.rrsets.iter().for_each(|set| line(set, &mut shown));
    Ok(shown)
}

/// One line for each record, then one for what is to know of its RRset.
fn line(set: &Rrset, shown: &mut String) {
    let ttl = set
        .ttl
        .map_or_else(|| "-".to_owned(), |ttl| ttl.to_string());
    let sign = if set.served { ' ' } else { '!' };
    let start = format!("{sign} {} {ttl} {}", set.name, set.rtype);
    match set.records.as_slice() {
        [] => {
            let _ = writeln!(shown, "{start} (hidden)");
        }
        records => {
            for record in records {
                let _ = writeln!(shown, "{start} {record}");
            }
        }
    }
    let by = set.by.as_deref().unwrap_or("nobody that is known");
    let at = set
        .at
        .map_or_else(String::new, |at| format!(", {}", at.strftime("%F %T UTC")));
    let rule = set
        .rule
        .as_ref()
        .map_or_else(String::new, |rule| format!(" ({rule})"));
    let _ = writeln!(shown, "      {}{rule} by {by}{at}", set.layer);
    if let Some(pushed) = &set.pushed {
        let at = pushed.at.strftime("%F %T UTC");
        let _ = writeln!(
            shown,
            "      {} pushed other records on {at}, which do not show",
            pushed.by
        );
    }
    if let Some(why) = &set.shadowed {
        let _ = writeln!(shown, "      not served: {why}");
    }
}

/// Edits an RRset.
pub fn edit(gateway: &Gateway, command: RecordsCommand) -> Result<Went, AskError> {
    let with_data = |op, arguments: DataArguments| {
        let DataArguments {
            zone,
            name,
            rtype,
            data,
            ttl,
            edit,
        } = arguments;
        let change = Change {
            op,
            name,
            rtype,
            ttl,
            records: data,
        };
        (zone, change, edit)
    };
    let without = |op, arguments: RrsetArguments| {
        let change = Change {
            op,
            name: arguments.name,
            rtype: arguments.rtype,
            ttl: None,
            records: Vec::new(),
        };
        (arguments.zone, change, arguments.edit)
    };
    let (zone, change, how) = match command {
        RecordsCommand::Set(arguments) => with_data(Op::Replace, arguments),
        RecordsCommand::Add(arguments) => with_data(Op::Add, arguments),
        RecordsCommand::Remove(arguments) => with_data(Op::Remove, arguments),
        RecordsCommand::Delete(arguments) => without(Op::Delete, arguments),
        RecordsCommand::Release(arguments) => without(Op::Release, arguments),
    };
    let path = zone_path(&zone, &dry("/rrsets", how.trial));
    let changes = vec![change];
    let text = gateway.edit(Verb::Patch, &path, &Changes { changes }, wait(how))?;
    went(text, how, "edited")
}

/// Creates a zone.
pub fn create(
    gateway: &Gateway,
    zone: String,
    nameservers: Vec<String>,
    how: EditArguments,
) -> Result<Went, AskError> {
    let new = NewZone {
        zone,
        nameservers,
        rrsets: Vec::new(),
    };
    let path = dry("/api/v1/zones", how.trial);
    let text = gateway.edit(Verb::Post, &path, &new, wait(how))?;
    went(text, how, "created")
}

/// Deletes a zone.
pub fn delete(
    gateway: &Gateway,
    zone: &str,
    pushed: bool,
    trial: Trial,
    output: Output,
) -> Result<String, AskError> {
    let query = format!("?pushed={pushed}&dry_run={}", trial.dry_run);
    let text = gateway.delete(&zone_path(zone, &query))?;
    if output.json {
        return Ok(text);
    }
    let deleted: Deleted = parse(&text)?;
    let Deleted { zone, revision, .. } = deleted;
    Ok(match deleted.dry_run {
        true => format!("{zone}: would be deleted\n"),
        false => format!(
            "{zone}: deleted, revision {revision}; `dadns rollback {zone} {}` brings it back\n",
            revision.saturating_sub(1)
        ),
    })
}

fn dry(path: &str, trial: Trial) -> String {
    match trial.dry_run {
        true => format!("{path}?dry_run=true"),
        false => path.to_owned(),
    }
}

fn wait(how: EditArguments) -> Option<u64> {
    how.wait.then_some(WAIT)
}

/// Says what an edit came to.
fn went(text: String, how: EditArguments, done: &str) -> Result<Went, AskError> {
    let changed: Changed = parse(&text)?;
    let ok = changed.missing.is_empty();
    if how.output.json {
        return Ok(Went { text, ok });
    }
    let Changed {
        zone,
        revision,
        serial,
        ..
    } = &changed;
    let mut shown = match (changed.dry_run, changed.changed) {
        (true, true) => format!("{zone}: would be {done}\n"),
        (_, false) => format!("{zone}: it is like this already\n"),
        (false, true) => format!("{zone}: {done}, revision {revision}, serial {serial}\n"),
    };
    for line in &changed.diff {
        let _ = writeln!(shown, "  {line}");
    }
    for lost in &changed.shadowed {
        let _ = writeln!(
            shown,
            "  not served: {} {} of layer {}: {}",
            lost.name, lost.rtype, lost.layer, lost.reason
        );
    }
    for missing in &changed.missing {
        let _ = writeln!(
            shown,
            "  not verified on {}: {}",
            missing.backend, missing.cause
        );
    }
    if how.wait && ok {
        shown += "  verified on every backend\n";
    }
    Ok(Went { text: shown, ok })
}
