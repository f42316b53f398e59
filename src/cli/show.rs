//! What the gateway knows of itself, as tables or JSON.

use std::fmt::Write as _;

use jiff::Timestamp;

use super::arguments::Output;
use super::gateway::{AskError, Gateway, parse, zone_path};
use crate::cluster::{ElsewhereStatus, NodeBackendStatus};
use crate::http::status::shape::{
    BackendStatus, ClusterBrief, ReceiptStatus, RefusedPush, Status, VERIFIED_BY, ZonePage,
    ZoneStatus,
};
use crate::logging::counted;

/// The overview.
pub fn status(gateway: &Gateway, output: Output) -> Result<String, AskError> {
    let text = gateway.get("/status")?;
    if output.json {
        return Ok(text);
    }
    let status: Status = parse(&text)?;
    let mut shown = format!(
        "dadns {} is {}, up {}: {}, {}, {} on disk\n",
        status.version,
        status.state,
        ago(status.uptime_s),
        counted(status.zones, "zone"),
        records(status.records),
        bytes(status.store_bytes),
    );
    if status.held_pushes > 0 {
        let text = format!(
            "  pushes held for an operator: {} (dadns held)",
            status.held_pushes
        );
        line(&mut shown, &text);
    }
    if status.refused_pushes > 0 {
        let text = format!(
            "  the last push of {} was refused (dadns refused):",
            counted(status.refused_pushes, "zone")
        );
        line(&mut shown, &text);
    }
    for push in &status.last_refused {
        line(&mut shown, &format!("    {}", refused_line(push)));
    }
    if status.serials_not_ahead > 0 {
        let text = format!(
            "  {} with a serial that did not advance: secondaries may keep old records \
             (dadns zones ZONE)",
            counted(status.serials_not_ahead, "signed zone")
        );
        line(&mut shown, &text);
    }
    for backend in &status.backends {
        line(&mut shown, &backend_line(backend));
    }
    if let Some(cluster) = &status.cluster {
        line(&mut shown, &format!("  {}", cluster_line(cluster)));
        for other in &cluster.backends {
            line(&mut shown, &format!("    {}", node_backend_line(other)));
        }
    }
    if !status.recent.is_empty() {
        line(&mut shown, "Last changes:");
    }
    for recent in &status.recent {
        let text = format!(
            "  {}  {}  revision {}  {}",
            recent.at.strftime("%F %T UTC"),
            recent.zone,
            recent.revision,
            recent.state
        );
        line(&mut shown, &text);
    }
    Ok(shown)
}

fn cluster_line(cluster: &ClusterBrief) -> String {
    let mut text = match &cluster.cluster {
        Some(name) => format!("node {} of cluster {name}", cluster.node),
        None => format!("node {} of no cluster yet", cluster.node),
    };
    if cluster.unshared > 0 {
        let zones = counted(cluster.unshared, "zone");
        let _ = write!(text, ": {zones} not shared with the other nodes yet");
    }
    if let (Some(since), Some(cause)) = (cluster.outage_since, &cluster.outage) {
        let _ = write!(text, "; the engine does not answer since {since}: {cause}");
    }
    if let (Some(since), Some(cause)) = (cluster.full_since, &cluster.full) {
        let _ = write!(text, "; the engine is full since {since}: {cause}");
    }
    if cluster.diverged.is_some() {
        text.push_str("; nothing is shared until an operator decides (dadns cluster status)");
    }
    text
}

/// How far a backend of another node is.
pub(super) fn node_backend_line(other: &NodeBackendStatus) -> String {
    let mut text = format!(
        "{}: {} pending",
        of_node(&other.backend, &other.node),
        other.pending
    );
    if other.failing > 0 {
        let _ = write!(text, ", {} failed", other.failing);
    }
    if let Some(cause) = &other.unavailable {
        let _ = write!(text, "; unavailable: {cause}");
    }
    text.push_str(&absence(other.absent_since));
    text
}

fn elsewhere_line(other: &ElsewhereStatus) -> String {
    let mut text = format!(
        "  {}: {}",
        of_node(&other.backend, &other.node),
        other.state
    );
    if let Some(cause) = &other.cause {
        let _ = write!(text, "; {cause}");
    }
    text.push_str(&absence(other.absent_since));
    text
}

/// Since when a node is absent, behind what is said of it.
fn absence(since: Option<Timestamp>) -> String {
    since.map_or_else(String::new, |since| {
        format!("; the node is absent since {}", since.strftime("%F %T UTC"))
    })
}

fn of_node(backend: &str, node: &str) -> String {
    match node {
        "" => format!("{backend} of no node at the moment"),
        node => format!("{backend} of node {node}"),
    }
}

fn backend_line(backend: &BackendStatus) -> String {
    let mut text = format!(
        "  {}: {}, {} pending",
        backend.id, backend.state, backend.pending
    );
    if let Some(seconds) = backend.oldest_pending_s {
        let seconds = u64::try_from(seconds).unwrap_or_default();
        let _ = write!(text, " (oldest for {})", ago(seconds));
    }
    if backend.drifted > 0 {
        let _ = write!(text, ", {} drifted", backend.drifted);
    }
    if let Some(child) = &backend.child {
        let _ = write!(text, "; {}", super::child::shown(child));
    }
    match &backend.unavailable {
        Some(unavailable) => {
            let (since, cause) = (unavailable.since, &unavailable.cause);
            let _ = write!(text, "; unavailable since {since}: {cause}");
        }
        None => {
            let _ = write!(text, "; {}", backend.description);
            for note in &backend.notes {
                let _ = write!(text, "; {note}");
            }
        }
    }
    text
}

/// All zones.
pub fn zones(gateway: &Gateway, output: Output) -> Result<String, AskError> {
    let mut zones = Vec::new();
    let mut after = None;
    loop {
        let path = match &after {
            Some(after) => format!("/api/v1/zones?after={after}"),
            None => "/api/v1/zones".to_owned(),
        };
        let page: ZonePage = parse(&gateway.get(&path)?)?;
        zones.extend(page.zones);
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    if output.json {
        return serde_json::to_string_pretty(&zones)
            .map_err(|error| AskError::Answer(error.to_string()));
    }
    let mut shown = String::new();
    let width = zones.iter().map(|zone| zone.zone.len()).max().unwrap_or(0);
    for zone in &zones {
        let mut text = format!(
            "{:width$}  {:10}  {:4} records  {:7}  {}",
            zone.zone,
            zone.serial,
            zone.records,
            zone.state,
            owner(zone)
        );
        if zone.last_refused.is_some() {
            text.push_str("  (last push refused)");
        }
        line(&mut shown, &text);
    }
    line(&mut shown, &counted(zones.len(), "zone"));
    Ok(shown)
}

/// All about one zone.
pub fn zone(gateway: &Gateway, name: &str, output: Output) -> Result<String, AskError> {
    let text = gateway.get(&zone_path(name, ""))?;
    if output.json {
        return Ok(text);
    }
    let zone: ZoneStatus = parse(&text)?;
    let mut shown = format!(
        "{} is {}: revision {}, serial {}, {}, {}\nchanged {} by {}\n",
        zone.zone,
        zone.state,
        zone.revision,
        zone.serial,
        records(zone.records.into()),
        owner(&zone),
        zone.changed,
        zone.changed_by,
    );
    for note in &zone.notes {
        line(&mut shown, &format!("note: {note}"));
    }
    if let Some(push) = &zone.last_refused {
        line(&mut shown, &format!("the last push was refused: {push}"));
    }
    for secondary in &zone.left_behind {
        line(&mut shown, &format!("note: {secondary}"));
    }
    if zone.edited_rrsets > 0 {
        let edited = counted(zone.edited_rrsets, "RRset");
        line(
            &mut shown,
            &format!("note: {edited} edited here (dadns records {})", zone.zone),
        );
    }
    for lost in &zone.shadowed {
        let (name, rtype, layer) = (&lost.name, &lost.rtype, &lost.layer);
        let why = &lost.reason;
        line(
            &mut shown,
            &format!("note: {name} {rtype} of layer {layer} is not served: {why}"),
        );
    }
    for set in &zone.overridden {
        let at = set.pushed_at.strftime("%F %T UTC");
        line(
            &mut shown,
            &format!(
                "note: {} {} is served as {} edited it; {} pushed other records on {at}",
                set.name, set.rtype, set.edited_by, set.pushed_by
            ),
        );
    }
    for reason in &zone.push_held_because {
        line(
            &mut shown,
            &format!("a newer push is held: {reason} (dadns held)"),
        );
    }
    for receipt in &zone.backends {
        line(&mut shown, &receipt_lines(receipt));
    }
    for other in &zone.elsewhere {
        line(&mut shown, &elsewhere_line(other));
    }
    Ok(shown)
}

/// The zones whose last push was refused.
pub fn refused(gateway: &Gateway, output: Output) -> Result<String, AskError> {
    let text = gateway.get("/api/v1/refused")?;
    if output.json {
        return Ok(text);
    }
    let refused: Vec<RefusedPush> = parse(&text)?;
    let mut shown = String::new();
    for push in &refused {
        line(&mut shown, &refused_line(push));
    }
    let text = format!(
        "the last push of {} was refused",
        counted(refused.len(), "zone")
    );
    line(&mut shown, &text);
    Ok(shown)
}

fn refused_line(push: &RefusedPush) -> String {
    format!("{}  {push}", push.zone)
}

fn receipt_lines(receipt: &ReceiptStatus) -> String {
    let mut text = format!("  {}: {}", receipt.id, receipt.state);
    if let Some(revision) = receipt.verified_revision {
        let serial = receipt
            .verified_serial
            .map_or_else(|| "gone".to_owned(), |serial| format!("serial {serial}"));
        let _ = write!(text, "; verified: revision {revision}, {serial}");
        if let Some(digest) = &receipt.verified_digest {
            let _ = write!(text, ", digest {}", digest.get(..16).unwrap_or(digest));
        }
        if let Some(at) = receipt.verified_at {
            let _ = write!(text, ", last at {}", at.strftime("%F %T UTC"));
        }
        if revision != receipt.desired_revision {
            let _ = write!(text, "; desired: revision {}", receipt.desired_revision);
        }
    }
    match &receipt.cause {
        Some(cause) if receipt.attempts == 0 => {
            let _ = write!(text, "; {cause}");
        }
        Some(cause) => {
            let times = counted(
                usize::try_from(receipt.attempts).unwrap_or(usize::MAX),
                "time",
            );
            let _ = write!(text, "; failed {times}: {cause}");
        }
        None => {}
    }
    if let Some(next) = receipt.next_try {
        let _ = write!(text, "; next try {next}");
    }
    for note in &receipt.notes {
        let note = match note.starts_with(VERIFIED_BY) {
            true => note.clone(),
            false => format!("not served: {note}"),
        };
        let _ = write!(text, "\n    {note}");
    }
    for past in &receipt.history {
        let cause = past.cause.as_deref().unwrap_or_default();
        let _ = write!(
            text,
            "\n    {}  revision {}  {} {cause}",
            past.at.strftime("%F %T UTC"),
            past.revision,
            past.result
        );
    }
    text
}

fn owner(zone: &ZoneStatus) -> String {
    let owner = owned(zone.user.as_deref(), zone.master.as_deref());
    owner.unwrap_or_else(|| "no known owner".into())
}

/// Whose a zone is; `None`: nobody has said so.
pub(super) fn owned(user: Option<&str>, master: Option<&str>) -> Option<String> {
    match user {
        Some(user) => master.map(|master| format!("{user} on {master}")),
        None => master.map(str::to_owned),
    }
}

fn records(number: u64) -> String {
    counted(usize::try_from(number).unwrap_or(usize::MAX), "record")
}

fn line(shown: &mut String, text: &str) {
    shown.push_str(text);
    shown.push('\n');
}

fn ago(seconds: u64) -> String {
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3_600 => format!("{} min", seconds / 60),
        3_600..86_400 => format!("{} h", seconds / 3_600),
        _ => format!("{} days", seconds / 86_400),
    }
}

fn bytes(bytes: u64) -> String {
    match bytes {
        0..1_048_576 => format!("{} KiB", bytes >> 10),
        _ => format!("{} MiB", bytes >> 20),
    }
}
