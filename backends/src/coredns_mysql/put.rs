//! Puts zones whatever the tables have of them: one transaction that writes only the rows that differ.
//!
//! It begins with a lock on the change feed, so two writers never cross, and so that a transaction
//! whose commit was not answered is over, one way or the other, before the next one looks: what that
//! one finds is the answer. Nothing is remembered from one transaction to the next but what the lost
//! one had changed, since to those who call it is all one call.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use dadns_zone::ZoneName;

use super::CorednsMysql;
use super::apply::Wanted;
use super::fault::{Fault, Kind};
use super::owner::Fence;
use super::pool::Session;
use super::reading::{self, Stored};
use super::rows::{self, Row};
use super::settings::Tables;
use super::statements::{self as sql, Script};
use crate::{Unsupported, ZoneResult};

/// The pauses before the same transaction is tried again, where that may help.
const PAUSES: [Duration; 3] = [
    Duration::from_millis(10),
    Duration::from_millis(100),
    Duration::from_millis(500),
];

/// A transaction that failed.
pub(super) struct Broken {
    pub fault: Fault,
    /// If the commit was not answered: which zones it would have changed.
    pub changed: Vec<bool>,
}

impl From<Fault> for Broken {
    fn from(fault: Fault) -> Self {
        Self {
            fault,
            changed: Vec::new(),
        }
    }
}

/// Puts zones together; where the server does not take one of them, the halves apart, until that one
/// is alone. `changed`: those that a transaction whose commit was not answered may have changed already.
/// Returns a result for each.
pub(super) async fn put(
    backend: &CorednsMysql,
    wanted: &[Wanted<'_>],
    changed: &[bool],
    fence: Option<&Fence>,
) -> Vec<ZoneResult> {
    let mut results = vec![ZoneResult::applied(false); wanted.len()];
    let mut groups = Vec::from_iter(std::iter::once(0..wanted.len()));
    while let Some(range) = groups.pop() {
        let group = &wanted[range.clone()];
        let before = changed.get(range.clone()).unwrap_or_default();
        match persist(backend, group, before, fence).await {
            Ok(changed) => {
                for (result, changed) in results[range].iter_mut().zip(changed) {
                    *result = ZoneResult::applied(changed);
                }
            }
            Err(fault) if fault.kind == Kind::Data && group.len() > 1 => {
                let middle = range.start + group.len() / 2;
                groups.extend([middle..range.end, range.start..middle]);
            }
            Err(fault) => {
                for (result, zone) in results[range].iter_mut().zip(group) {
                    *result = failed(backend, zone, &fault);
                }
            }
        }
    }
    results
}

fn failed(backend: &CorednsMysql, zone: &Wanted<'_>, fault: &Fault) -> ZoneResult {
    if fault.kind == Kind::Data {
        // The server alone knows which of the records it is.
        let reason = Unsupported {
            record: format!("{}.", zone.name),
            reason: format!(
                "{} does not take its records: {}",
                backend.address(),
                fault.cause
            ),
            fatal: true,
        };
        return ZoneResult::Refused(vec![reason]);
    }
    backend.failed("writing to", fault).into()
}

/// One transaction, tried again where that may help. Returns which zones it changed.
async fn persist(
    backend: &CorednsMysql,
    group: &[Wanted<'_>],
    before: &[bool],
    fence: Option<&Fence>,
) -> Result<Vec<bool>, Fault> {
    let mut changed_before = before.to_vec();
    changed_before.resize(group.len(), false);
    let mut pauses = PAUSES.iter();
    loop {
        let Broken { fault, changed } = match transaction(backend, group, fence).await {
            Ok(changed) => {
                let all = changed.into_iter().zip(changed_before);
                return Ok(all.map(|(now, before)| now || before).collect());
            }
            Err(broken) => broken,
        };
        for (before, changed) in changed_before.iter_mut().zip(changed) {
            *before |= changed;
        }
        let pause = match fault.kind {
            Kind::Lost | Kind::Again | Kind::Constraint => pauses.next(),
            Kind::Data | Kind::Server | Kind::Overtaken => None,
        };
        if fault.kind == Kind::Lost {
            backend.pool.forget();
        }
        if fault.kind == Kind::Server {
            backend.doubt_schema();
        }
        let Some(pause) = pause else {
            // Nobody is in the way that long: it is what the zones are.
            let kind = match fault.kind {
                Kind::Constraint => Kind::Data,
                kind => kind,
            };
            return Err(Fault { kind, ..fault });
        };
        tokio::time::sleep(*pause).await;
    }
}

async fn transaction(
    backend: &CorednsMysql,
    group: &[Wanted<'_>],
    fence: Option<&Fence>,
) -> Result<Vec<bool>, Broken> {
    let tables = &backend.settings.tables;
    let mut session = backend.pool.session().await?;
    let names: Vec<&ZoneName> = group.iter().map(|zone| zone.name).collect();
    let (newest, stored) = reading::lock_and_read(&mut session, tables, &names, fence).await?;
    let (changed, plan) = plan(group, stored);
    if !changed.contains(&true) {
        session.ask("ROLLBACK".into()).await?;
        session.done();
        return Ok(changed);
    }
    let noted = carry_out(&mut session, tables, plan).await?;
    if let Err(fault) = commit(&mut session, tables, &noted, newest, "").await {
        return Err(Broken { fault, changed });
    }
    session.done();
    Ok(changed)
}

/// Tells the change feed, which is locked, and commits; `after` runs on the same way.
pub(super) async fn commit(
    session: &mut Session<'_>,
    tables: &Tables,
    noted: &[(&ZoneName, Option<i64>)],
    newest: u64,
    after: &str,
) -> Result<(), Fault> {
    let mut script = Script::new(session);
    script.note(tables, noted, next_version(newest)).await?;
    script.add(&format!("COMMIT{after}")).await?;
    script.run().await
}

/// A version above `newest` that has never been used, not even by a database that this one was
/// restored from: the time in microseconds.
fn next_version(newest: u64) -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let now = now.map_or(0, |now| u64::try_from(now.as_micros()).unwrap_or(0));
    now.max(newest + 1)
}

/// What one transaction has to write.
#[derive(Default)]
struct Plan<'w> {
    delete_rows: Vec<i64>,
    delete_zones: Vec<i64>,
    /// Rows for zones that are there.
    insert: Vec<(i64, &'w Row)>,
    /// Zones that are not there, and their rows.
    new: Vec<(&'w ZoneName, &'w [Row])>,
    /// What the change feed has to be told, but for new zones.
    noted: Vec<(&'w ZoneName, Option<i64>)>,
}

/// Compares what the tables have with what they should have. Returns also which zones of the group change.
fn plan<'w>(group: &'w [Wanted<'_>], mut stored: Stored) -> (Vec<bool>, Plan<'w>) {
    let mut all_changed = Vec::with_capacity(group.len());
    let mut plan = Plan::default();
    for zone in group {
        let name = zone.name;
        let changed = match (&zone.rows, stored.remove(name.as_str())) {
            (Some(rows), None) => {
                plan.new.push((name, rows.as_slice()));
                true
            }
            (Some(rows), Some(found)) => {
                let changes = rows::changes(rows, &found.rows);
                let changed = !changes.is_empty() || !found.ours || zone.rewrite;
                plan.delete_rows.extend(changes.delete);
                let insert = changes.insert.into_iter().map(|row| (found.id, row));
                plan.insert.extend(insert);
                if changed {
                    plan.noted.push((name, Some(found.id)));
                }
                changed
            }
            // Unmanaged zones stay until they are put here.
            (None, Some(found)) if found.ours => {
                plan.delete_zones.push(found.id);
                plan.noted.push((name, None));
                true
            }
            (None, _) => false,
        };
        all_changed.push(changed);
    }
    (all_changed, plan)
}

/// Writes rows. Returns what the change feed has to be told.
async fn carry_out<'w>(
    session: &mut Session<'_>,
    tables: &Tables,
    plan: Plan<'w>,
) -> Result<Vec<(&'w ZoneName, Option<i64>)>, Fault> {
    let Plan {
        delete_rows,
        delete_zones,
        mut insert,
        new,
        mut noted,
    } = plan;
    let mut script = Script::new(session);
    script.delete_rows(tables, &delete_rows).await?;
    script.delete_zones(tables, &delete_zones).await?;
    script.run().await?;
    if !new.is_empty() {
        for (name, id, rows) in insert_zones(session, tables, "", &new).await? {
            insert.extend(rows.iter().map(|row| (id, row)));
            noted.push((name, Some(id)));
        }
    }
    sql::insert_rows(session, tables, &insert).await?;
    Ok(noted)
}

/// Adds zones, after `before`: with their ids.
pub(super) async fn insert_zones<'w>(
    session: &mut Session<'_>,
    tables: &Tables,
    before: &str,
    new: &[(&'w ZoneName, &'w [Row])],
) -> Result<Vec<(&'w ZoneName, i64, &'w [Row])>, Fault> {
    let names: Vec<&ZoneName> = new.iter().map(|(name, _)| *name).collect();
    let ids = sql::insert_zones(session, tables, before, &names).await?;
    let zones = new.iter().map(|(name, rows)| match ids.get(name.as_str()) {
        Some(id) => Ok((*name, *id, *rows)),
        None => Err(Fault::server(format!(
            "zone {name} is not there after its INSERT"
        ))),
    });
    zones.collect()
}
