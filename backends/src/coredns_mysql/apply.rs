//! Puts a batch: one transaction that writes only the rows that differ.
//!
//! It begins with a lock on the change feed, so two writers never cross, and so that a transaction
//! whose commit was not answered is over, one way or the other, before the next one looks: what that
//! one finds is the answer. Nothing is remembered from one transaction to the next but what the lost
//! one had changed, since to those who call it is all one call.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::fault::{Fault, Kind};
use super::pool::Session;
use super::rows::{self, Row};
use super::settings::{Plugin, Tables};
use super::statements as sql;
use super::{CorednsMysql, key};
use crate::{BackendError, Unsupported, ZoneChange, ZoneResult};

/// The pauses before the same transaction is tried again, where that may help.
const PAUSES: [Duration; 3] = [
    Duration::from_millis(10),
    Duration::from_millis(100),
    Duration::from_millis(500),
];

/// Most records that one transaction puts, unless one zone alone has more: a batch beyond it is several
/// transactions, so that what a server has to be able to roll back stays bounded.
const MOST_RECORDS: usize = 50_000;

/// One zone of a batch.
struct Wanted {
    at: usize,
    /// The name as the tables have it, with its final dot.
    key: String,
    /// The rows it shall have; `None`: it shall be gone.
    rows: Option<Vec<Row>>,
    /// Whether readers are told even where no row differs.
    rewrite: bool,
}

/// A transaction that failed.
struct Broken {
    fault: Fault,
    /// If the commit was not answered: which zones it would have changed.
    changed: Vec<bool>,
}

impl From<Fault> for Broken {
    fn from(fault: Fault) -> Self {
        Self {
            fault,
            changed: Vec::new(),
        }
    }
}

/// One result for each change of `batch`.
pub(super) async fn apply(backend: &CorednsMysql, batch: &[ZoneChange<'_>]) -> Vec<ZoneResult> {
    let mut results = vec![ZoneResult::applied(false); batch.len()];
    let schema = match backend.schema().await {
        Ok(schema) => schema,
        Err(error) => return vec![ZoneResult::from(error); batch.len()],
    };
    let mut wanted = Vec::with_capacity(batch.len());
    for (at, change) in batch.iter().enumerate() {
        let rows = match change {
            ZoneChange::Put(zone) | ZoneChange::Rewrite(zone) => Some(rows::of_zone(zone)),
            ZoneChange::Remove(_) => None,
        };
        let refused = schema.room.refuse(rows.iter().flatten(), change.name());
        if refused.is_empty() {
            wanted.push(Wanted {
                at,
                key: key(change.name()),
                // `mysql_extend` never notices a version.
                rewrite: matches!(change, ZoneChange::Rewrite(_))
                    && backend.settings.plugin == Plugin::Dadns,
                rows,
            });
        } else {
            // Somebody may have made room by the next time.
            backend.doubt_schema();
            results[at] = ZoneResult::Refused(refused);
        }
    }
    let mut rest = wanted.as_slice();
    while !rest.is_empty() {
        let (some, after) = rest.split_at(fitting(rest));
        put(backend, some, &mut results).await;
        rest = after;
    }
    results
}

/// How many zones go into one transaction: at least one.
fn fitting(wanted: &[Wanted]) -> usize {
    let mut records = 0;
    let fit = wanted.iter().take_while(|zone| {
        records += zone.rows.as_ref().map_or(0, Vec::len);
        records <= MOST_RECORDS
    });
    fit.count().max(1)
}

/// Puts zones together; where the server does not take one of them, the halves apart, until that one
/// is alone.
async fn put(backend: &CorednsMysql, wanted: &[Wanted], results: &mut [ZoneResult]) {
    let mut groups = vec![wanted];
    while let Some(group) = groups.pop() {
        match persist(backend, group).await {
            Ok(changed) => {
                for (zone, changed) in group.iter().zip(changed) {
                    if changed {
                        results[zone.at] = ZoneResult::applied(true);
                    }
                }
            }
            Err(fault) if fault.kind == Kind::Data && group.len() > 1 => {
                let (left, right) = group.split_at(group.len() / 2);
                groups.extend([right, left]);
            }
            Err(fault) => {
                for zone in group {
                    results[zone.at] = failed(backend, zone, &fault);
                }
            }
        }
    }
}

fn failed(backend: &CorednsMysql, zone: &Wanted, fault: &Fault) -> ZoneResult {
    if fault.kind == Kind::Data {
        // The server alone knows which of the records it is.
        let reason = Unsupported {
            record: zone.key.clone(),
            reason: format!(
                "{} does not take its records: {}",
                backend.address(),
                fault.cause
            ),
            fatal: true,
        };
        return ZoneResult::Refused(vec![reason]);
    }
    let doing = format!("writing to {}", backend.address());
    BackendError::unreachable(doing, &fault.cause).into()
}

/// One transaction, tried again where that may help. Returns which zones it changed.
async fn persist(backend: &CorednsMysql, group: &[Wanted]) -> Result<Vec<bool>, Fault> {
    let mut changed_before = vec![false; group.len()];
    let mut pauses = PAUSES.iter();
    loop {
        let Broken { fault, changed } = match transaction(backend, group).await {
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
            Kind::Data | Kind::Server => None,
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

async fn transaction(backend: &CorednsMysql, group: &[Wanted]) -> Result<Vec<bool>, Broken> {
    let tables = &backend.settings.tables;
    let mut session = backend.pool.session().await?;
    session.raw("START TRANSACTION").await?;
    let newest = sql::lock_feed(&mut session, tables).await?;
    let (changed, plan) = plan(&mut session, tables, group).await?;
    if !changed.contains(&true) {
        session.raw("ROLLBACK").await?;
        session.done();
        return Ok(changed);
    }
    carry_out(&mut session, tables, plan, next_version(newest)).await?;
    if let Err(fault) = session.raw("COMMIT").await {
        return Err(Broken { fault, changed });
    }
    session.done();
    Ok(changed)
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
    new: Vec<(&'w str, &'w [Row])>,
    /// What the change feed has to be told, but for new zones.
    noted: Vec<(&'w str, Option<i64>)>,
}

/// Compares what the tables have with what they should have. Returns also which zones of the group change.
async fn plan<'w>(
    session: &mut Session<'_>,
    tables: &Tables,
    group: &'w [Wanted],
) -> Result<(Vec<bool>, Plan<'w>), Fault> {
    let names: Vec<&str> = group.iter().map(|zone| zone.key.as_str()).collect();
    let ids = sql::zone_ids(session, tables, &names).await?;
    let feed = sql::feed(session, tables, &names).await?;
    let all: Vec<i64> = ids.values().copied().collect();
    let mut stored = sql::rows_of(session, tables, &all).await?;

    let mut all_changed = Vec::with_capacity(group.len());
    let mut plan = Plan::default();
    for zone in group {
        let name = zone.key.as_str();
        let id = ids.get(name).copied();
        let ours = id.is_some() && feed.get(name).copied().flatten() == id;
        let changed = match (&zone.rows, id) {
            (Some(rows), None) => {
                plan.new.push((name, rows.as_slice()));
                true
            }
            (Some(rows), Some(id)) => {
                let stored = stored.remove(&id).unwrap_or_default();
                let changes = rows::changes(rows, &stored);
                let changed = !changes.is_empty() || !ours || zone.rewrite;
                plan.delete_rows.extend(changes.delete);
                let insert = changes.insert.into_iter().map(|row| (id, row));
                plan.insert.extend(insert);
                if changed {
                    plan.noted.push((name, Some(id)));
                }
                changed
            }
            // Unmanaged zones stay until they are put here.
            (None, Some(id)) if ours => {
                plan.delete_zones.push(id);
                plan.noted.push((name, None));
                true
            }
            (None, _) => false,
        };
        all_changed.push(changed);
    }
    Ok((all_changed, plan))
}

async fn carry_out(
    session: &mut Session<'_>,
    tables: &Tables,
    plan: Plan<'_>,
    version: u64,
) -> Result<(), Fault> {
    let Plan {
        delete_rows,
        delete_zones,
        mut insert,
        new,
        mut noted,
    } = plan;
    sql::delete_rows(session, tables, &delete_rows).await?;
    sql::delete_zones(session, tables, &delete_zones).await?;
    if !new.is_empty() {
        let names: Vec<&str> = new.iter().map(|(name, _)| *name).collect();
        sql::insert_zones(session, tables, &names).await?;
        let ids = sql::zone_ids(session, tables, &names).await?;
        for (name, rows) in new {
            let id = *ids.get(name).ok_or_else(|| {
                Fault::server(format!("zone {name} is not there after its INSERT"))
            })?;
            insert.extend(rows.iter().map(|row| (id, row)));
            noted.push((name, Some(id)));
        }
    }
    sql::insert_rows(session, tables, &insert).await?;
    sql::note(session, tables, &noted, version).await
}
