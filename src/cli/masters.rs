//! Masters as owners of zones, and removing what belongs to one that is gone.

use std::fmt::Write as _;

use super::arguments::{Output, Removal};
use super::gateway::{AskError, Gateway, encoded, parse, zone_path};
use super::operate::{Went, carry_out};
use crate::http::v1::shape::{ForgetRequest, MasterStatus, RemoveRequest, Removed};
use crate::logging::counted;

/// The masters that own zones.
pub fn list(gateway: &Gateway, output: Output) -> Result<String, AskError> {
    let text = gateway.get("/api/v1/masters")?;
    if output.json {
        return Ok(text);
    }
    let masters: Vec<MasterStatus> = parse(&text)?;
    let name = |master: &MasterStatus| {
        let master = master.master.clone();
        master.unwrap_or_else(|| "(no owner)".to_owned())
    };
    let width = masters.iter().map(|master| name(master).len()).max();
    let width = width.unwrap_or_default();
    let mut shown = String::new();
    for master in &masters {
        let users = counted(master.users, "user");
        let _ = writeln!(
            shown,
            "{:width$}  {}, {users}, last change {}",
            name(master),
            counted(master.zones, "zone"),
            master.last_change.strftime("%F %T UTC")
        );
    }
    if masters.is_empty() {
        shown.push_str("there are no zones\n");
    }
    Ok(shown)
}

/// Removes the zones of a master.
pub fn forget(
    gateway: &Gateway,
    master: &str,
    Removal { dry_run, confirm }: Removal,
    output: Output,
) -> Result<Went, AskError> {
    let encoded = encoded(master);
    let path = format!("/api/v1/masters/{encoded}/forget");
    carry_out(gateway, &path, &ForgetRequest { dry_run, confirm }, output)
}

/// Removes one zone of `owner`; `None`: of nobody.
pub fn remove(
    gateway: &Gateway,
    name: &str,
    owner: Option<String>,
    output: Output,
) -> Result<String, AskError> {
    let text = gateway.post(&zone_path(name, "/remove"), &RemoveRequest { owner })?;
    if output.json {
        return Ok(text);
    }
    let Removed {
        zone,
        revision,
        before,
    } = parse(&text)?;
    Ok(format!(
        "{zone} is removed (revision {revision}); `dadns wait {zone}` waits until every backend has \
         verified that, `dadns rollback {zone} {before}` brings it back"
    ))
}
