//! Puts a batch: zones that are new by several transactions at once (`add`), all others by one at a time
//! (`put`).

use std::sync::OnceLock;

use dadns_zone::ZoneName;
use futures_util::{StreamExt, stream};

use super::owner::Fence;
use super::rows::{self, Row};
use super::schema::Schema;
use super::settings::Plugin;
use super::{CorednsMysql, add, put, reading};
use crate::{BackendError, ZoneChange, ZoneResult};

/// Most records that one transaction puts, unless one zone alone has more: a batch beyond it is several
/// transactions, so that what a server has to be able to roll back stays bounded.
const PUT: (usize, usize) = (usize::MAX, 50_000);

/// Most zones, and records, of a transaction that adds zones. A hundred zones pay for its commit; more at
/// once leave a batch in too few parts for all connections.
const ADDED: (usize, usize) = (128, 4_000);

/// Fewer new zones than this are no reason to look first which zones are new.
const FEW: usize = 16;

/// One zone of a batch.
pub(super) struct Wanted<'b> {
    pub name: &'b ZoneName,
    /// The rows it shall have; `None`: it shall be gone.
    pub rows: Option<Vec<Row>>,
    /// Whether readers are told even where no row differs.
    pub rewrite: bool,
}

impl Wanted<'_> {
    /// The rows it shall have.
    pub fn rows(&self) -> &[Row] {
        self.rows.as_deref().unwrap_or_default()
    }
}

/// How a batch is put.
#[derive(Clone, Copy)]
struct Way<'b> {
    /// What each transaction has to hold, where several nodes share the database.
    fence: Option<&'b Fence>,
    /// Why the rest need not be tried.
    failed: &'b OnceLock<ZoneResult>,
}

/// A change, and where in the batch it is.
type Change<'b> = (usize, &'b ZoneChange<'b>);

/// One result for each change of `batch`.
pub(super) async fn apply(
    backend: &CorednsMysql,
    batch: &[ZoneChange<'_>],
    fence: Option<&Fence>,
) -> Vec<ZoneResult> {
    let prepared =
        async { Ok::<_, BackendError>((backend.schema().await?, new(backend, batch).await?)) };
    let (schema, new) = match prepared.await {
        Ok(prepared) => prepared,
        Err(error) => return vec![ZoneResult::from(error); batch.len()],
    };
    let (new, others): (Vec<Change>, Vec<Change>) =
        batch.iter().enumerate().partition(|(at, _)| new[*at]);
    let mut results = vec![ZoneResult::applied(false); batch.len()];
    let failed = OnceLock::new();
    let way = Way {
        fence,
        failed: &failed,
    };
    let mut added = Vec::new();
    for part in parts(&new, ADDED) {
        added.push(part_of(backend, &schema, part, true, way));
    }
    let mut added = stream::iter(added).buffer_unordered(at_once(backend));
    while let Some(done) = added.next().await {
        done.into_iter()
            .for_each(|(at, result)| results[at] = result);
    }
    for part in parts(&others, PUT) {
        let done = part_of(backend, &schema, part, false, way).await;
        done.into_iter()
            .for_each(|(at, result)| results[at] = result);
    }
    results
}

/// How many transactions add zones at once: one connection is left to those who read.
fn at_once(backend: &CorednsMysql) -> usize {
    backend.settings.pool_size.saturating_sub(1).clamp(1, 4)
}

/// Which zones of the batch are to be put and not in the tables yet. Where that is not worth a question: none.
async fn new(backend: &CorednsMysql, batch: &[ZoneChange<'_>]) -> Result<Vec<bool>, BackendError> {
    let put = batch
        .iter()
        .filter(|change| !matches!(change, ZoneChange::Remove(_)));
    let names: Vec<&ZoneName> = put.map(ZoneChange::name).collect();
    if names.len() < FEW {
        return Ok(vec![false; batch.len()]);
    }
    let (tables, names) = (&backend.settings.tables, names.as_slice());
    let there = backend
        .ask("looking for zones in", |mut session| async move {
            let ids = reading::ids(&mut session, tables, names).await?;
            session.done();
            Ok(ids)
        })
        .await?;
    let is_new = |change: &ZoneChange<'_>| {
        !matches!(change, ZoneChange::Remove(_)) && !there.contains_key(change.name().as_str())
    };
    Ok(batch.iter().map(is_new).collect())
}

/// The changes in parts of at most so many zones and records, unless one zone alone has more.
fn parts<'c, 'b>(
    changes: &'c [Change<'b>],
    (zones, records): (usize, usize),
) -> impl Iterator<Item = &'c [Change<'b>]> {
    let mut rest = changes;
    std::iter::from_fn(move || {
        let mut count = 0;
        let fit = rest.iter().take(zones).take_while(|(_, change)| {
            count += match change {
                ZoneChange::Put(zone) | ZoneChange::Rewrite(zone) => zone.record_count(),
                ZoneChange::Remove(_) => 0,
            };
            count <= records
        });
        let fit = fit.count().max(1).min(rest.len());
        let (some, after) = rest.split_at(fit);
        rest = after;
        (!some.is_empty()).then_some(some)
    })
}

/// Puts a part of a batch, unless another has `failed` for all zones. Its rows are made only now, while the
/// server works at another part.
async fn part_of(
    backend: &CorednsMysql,
    schema: &Schema,
    part: &[Change<'_>],
    is_new: bool,
    Way { fence, failed }: Way<'_>,
) -> Vec<(usize, ZoneResult)> {
    if let Some(failed) = failed.get() {
        return part.iter().map(|(at, _)| (*at, failed.clone())).collect();
    }
    let mut done = Vec::with_capacity(part.len());
    let (mut places, mut wanted) = (Vec::new(), Vec::new());
    for (at, change) in part {
        let rows = match change {
            ZoneChange::Put(zone) | ZoneChange::Rewrite(zone) => Some(rows::of_zone(zone)),
            ZoneChange::Remove(_) => None,
        };
        let refused = schema.room.refuse(rows.iter().flatten(), change.name());
        if !refused.is_empty() {
            // Somebody may have made room by the next time.
            backend.doubt_schema();
            done.push((*at, ZoneResult::Refused(refused)));
            continue;
        }
        places.push(*at);
        wanted.push(Wanted {
            name: change.name(),
            // `mysql_extend` never notices a version.
            rewrite: matches!(change, ZoneChange::Rewrite(_))
                && backend.settings.plugin == Plugin::Dadns,
            rows,
        });
    }
    if wanted.is_empty() {
        return done;
    }
    let results = match is_new {
        true => add::add(backend, &wanted, fence).await,
        false => put::put(backend, &wanted, &[], fence).await,
    };
    if let Some(ZoneResult::Unavailable(error)) = results.first() {
        let _ = failed.set(ZoneResult::Unavailable(error.clone()));
    }
    done.extend(places.into_iter().zip(results));
    done
}
