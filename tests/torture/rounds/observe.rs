//! What is there after a round: in the store, on each name server, in the database; and whether that is what it may be.

use std::collections::{BTreeMap, BTreeSet};

use super::watch::{Past, Seen};
use super::world::World;
use crate::dns::{Transferred, line, transfer};
use crate::support::gateway::Gateway;

/// Compares everything with what was acknowledged, and everything with each other.
pub fn check(world: &World, past: &Past) -> Result<(), String> {
    verify(&world.gateway)?;
    let rows = world.mariadb().map(|mariadb| {
        mariadb.query(
            "SELECT zone_name, hostname, type, data FROM zones JOIN records ON zone_id = zones.id",
        )
    });
    let rows = rows.map(|rows| grouped(&rows));
    for (at, (zone, known)) in world.shared.zones.iter().enumerate() {
        let mut known = known.lock().unwrap();
        let mut serials = BTreeSet::new();
        for (server, address) in world.servers() {
            let served =
                transfer(address, zone).map_err(|error| format!("{server}: {zone}: {error}"))?;
            let records = served.as_ref().map(|served| &served.records);
            known
                .found(zone, records)
                .map_err(|why| format!("{server}: {zone}: {why}\nits changes:{}", known.log()))?;
            if let Some(seen) = served.as_ref().map(seen) {
                past.see(server, at, seen)?;
            }
            serials.insert(served.map(|served| served.serial));
        }
        if let Some(rows) = &rows {
            let found = rows.get(zone);
            let found = found.map(|(serial, records)| {
                serials.insert(Some(*serial));
                records
            });
            known
                .found(zone, found)
                .map_err(|why| format!("mysql: {zone}: {why}\nits changes:{}", known.log()))?;
        }
        let desired = world.gateway.json(&format!("/api/v1/zones/{zone}"));
        if desired["present"] == true {
            serials.insert(
                desired["serial"]
                    .as_u64()
                    .map(|serial| u32::try_from(serial).unwrap()),
            );
        }
        if serials.len() != 1 || desired["present"] == true && serials.contains(&None) {
            return Err(format!(
                "{zone}: the serials {serials:?}, and desired state {desired:#}"
            ));
        }
    }
    Ok(())
}

fn seen(served: &Transferred) -> Seen {
    let number = served
        .records
        .iter()
        .find_map(|record| record.strip_prefix("n TXT "));
    Seen {
        serial: served.serial,
        push: number.and_then(|number| number.parse().ok()).unwrap_or(0),
    }
}

/// `dadns verify` finds every zone on every backend in sync.
fn verify(gateway: &Gateway) -> Result<(), String> {
    let (status, said, errors) = gateway.command(&["verify", "--all", "--dry-run"]);
    match status.success() && said.contains(" 0 drifted, 0 skipped") {
        true => Ok(()),
        false => Err(format!("dadns verify: {said}{errors}")),
    }
}

/// The serial and records of each zone of the database.
fn grouped(rows: &[Vec<String>]) -> BTreeMap<String, (u32, BTreeSet<String>)> {
    let mut zones: BTreeMap<String, (u32, BTreeSet<String>)> = BTreeMap::new();
    for row in rows {
        let [zone, owner, rtype, data] = &row[..] else {
            panic!("{row:?}")
        };
        let (serial, records) = zones
            .entry(zone.trim_end_matches('.').to_owned())
            .or_default();
        match rtype.as_str() {
            "SOA" => *serial = crate::dns::serial(data),
            _ => drop(records.insert(line(zone.trim_end_matches('.'), owner, rtype, data))),
        }
    }
    zones
}
