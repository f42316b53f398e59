//! Version 1 of the record API: history, held pushes, waiting, operations.
//!
//! What changes anything takes a JSON body, declared as such: a page of somebody else in the operator's
//! browser cannot send that without being asked first.

pub(super) mod cluster;
pub(super) mod drift;
pub mod events;
pub(super) mod held;
pub(super) mod history;
pub(super) mod masters;
pub(super) mod openapi;
pub(super) mod operations;
pub(super) mod placement;
pub(super) mod process;
pub(super) mod query;
pub mod records;
pub mod shape;
pub(super) mod sources;
pub(super) mod tokens;
pub(super) mod wait;

use dadns_zone::{Diff, Zone, ZoneName};

use super::problem::{Code, Problem, json, reading, unknown};
use crate::access::Principal;
use crate::logging::info;
use crate::store::Stored;
use shape::Made;

/// How many lines of what each held push would change are shown in the list of all.
const MOST_LINES: usize = 50;

/// Says in the log that `by` had records stored, and shows how the zone stands.
fn made(name: &ZoneName, what: &str, by: &Principal, stored: &Stored) -> Made {
    match stored.changed {
        true => info!(zone = %name, principal = %by, "zone {name}: {what} by {by}"),
        false => {
            info!(zone = %name, principal = %by, "zone {name}: {what} by {by}; it was like this already");
        }
    }
    Made {
        zone: name.to_string(),
        revision: stored.revision,
        serial: stored.serial,
        changed: stored.changed,
    }
}

/// As [`lines`], but no more than an answer about many zones can hold.
fn some_lines(old: Option<&Zone>, new: Option<&Zone>) -> Vec<String> {
    let mut lines = lines(old, new);
    let more = lines.len().saturating_sub(MOST_LINES);
    if more > 0 {
        lines.truncate(MOST_LINES);
        lines.push(format!("and {more} more: dadns diff ZONE --held"));
    }
    lines
}

/// What changes from one state of a zone to another, each of which may be that it is not there.
fn lines(old: Option<&Zone>, new: Option<&Zone>) -> Vec<String> {
    let all = |zone: &Zone, sign: char| -> Vec<String> {
        let lines = zone.to_string();
        lines.lines().map(|line| format!("{sign} {line}")).collect()
    };
    match (old, new) {
        (Some(old), Some(new)) => Diff::between(old, new)
            .to_string()
            .lines()
            .map(str::to_owned)
            .collect(),
        (Some(old), None) => all(old, '-'),
        (None, Some(new)) => all(new, '+'),
        (None, None) => Vec::new(),
    }
}
