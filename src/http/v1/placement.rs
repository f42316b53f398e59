//! Which backends serve which zones: where a zone is placed, what would move, and the order to move it.

use std::collections::{BTreeMap, BTreeSet};

use actix_web::{HttpResponse, web};
use dadns_backends::BackendId;
use dadns_zone::ZoneName;
use futures_util::{StreamExt, stream};

use super::shape::{GroupPlan, MoveStatus, Ordered, PlacementPlan, ZonePlacement};
use super::{Problem, json, reading, unknown};
use crate::access::Principal;
use crate::logging::{counted, info, warning};
use crate::placement::{Before, Placement};
use crate::store::{Author, Moved, Store, StoreError};

/// How many zones a plan names.
const NAMED: usize = 50;

/// How many moves are ordered at once, and share a sync.
const AT_ONCE: usize = 256;

/// A zone, and the groups that it would move to.
type Move = (ZoneName, BTreeSet<String>);

/// `GET /api/v1/zones/NAME/placement`.
pub async fn zone(
    store: web::Data<Store>,
    name: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let name = ZoneName::parse(&name)?;
    let found = reading(store, move |store| {
        store.head(&name)?.ok_or_else(|| unknown(store, &name))?;
        Ok(of_zone(store, &name)?)
    });
    Ok(json(found.await?))
}

/// `GET /api/v1/placement`.
pub async fn plan(store: web::Data<Store>) -> Result<HttpResponse, Problem> {
    let plan = reading(store, |store| Ok(planned(store)?.0));
    Ok(json(plan.await?))
}

/// `POST /api/v1/placement/apply`.
pub async fn apply(
    principal: Principal,
    store: web::Data<Store>,
    _body: web::Json<serde_json::Value>,
) -> Result<HttpResponse, Problem> {
    let (_, moves) = reading(store.clone(), |store| Ok(planned(store)?)).await?;
    let kept = store.clone();
    // Whoever asked may go away meanwhile: the order is carried out whole.
    let ordering = tokio::spawn(async move { order(&kept, principal, moves).await });
    let ordered = ordering.await.map_err(|_| Problem::stopping())??;
    let moving = store.moving().len();
    Ok(json(Ordered { ordered, moving }))
}

async fn order(store: &Store, principal: Principal, moves: Vec<Move>) -> Result<usize, StoreError> {
    let all = moves.len();
    let author = Author::new(principal.clone());
    let mut ordering = stream::iter(moves)
        .map(|(zone, groups)| store.move_zone(author.clone(), zone, groups))
        .buffer_unordered(AT_ONCE);
    let mut ordered = 0;
    while let Some(moved) = ordering.next().await {
        match moved {
            Ok(moved) => ordered += usize::from(moved == Moved::Ordered),
            Err(error) => {
                warning!(
                    principal = %principal,
                    "{ordered} of {} ordered to move by {principal}, then: {error}; the order can be given again",
                    counted(all, "zone")
                );
                return Err(error);
            }
        }
    }
    info!(principal = %principal, "{} ordered to move by {principal}", counted(ordered, "zone"));
    Ok(ordered)
}

/// What would move, and all of it.
fn planned(store: &Store) -> Result<(PlacementPlan, Vec<Move>), StoreError> {
    let groups = store.groups();
    let (mut now, mut after) = (BTreeMap::new(), BTreeMap::new());
    let mut plan = PlacementPlan {
        factor: groups.factor(),
        ..PlacementPlan::default()
    };
    let mut moves = Vec::new();
    for found in store.heads() {
        let (zone, head) = found?;
        if !head.present {
            continue;
        }
        let placement = store.placement(&zone);
        let placement = placement.as_deref();
        let is_everywhere = placement.is_none_or(|placement| !groups.knows(placement));
        plan.everywhere += usize::from(is_everywhere);
        plan.moving += usize::from(placement.is_some_and(Placement::is_moving));
        let from = placement.map_or_else(BTreeSet::new, |placement| placement.groups.clone());
        count(&mut now, &from);
        let Some((to, why)) = groups.misplaced(&zone, placement) else {
            count(&mut after, &from);
            continue;
        };
        count(&mut after, &to);
        if moves.len() < NAMED {
            plan.zones.push(MoveStatus {
                zone: zone.to_string(),
                from: from.into_iter().collect(),
                to: to.iter().cloned().collect(),
                why: why.to_string(),
            });
        }
        moves.push((zone, to));
    }
    plan.moves = moves.len();
    let of = |counts: &BTreeMap<String, usize>, name: &str| counts.get(name).copied().unwrap_or(0);
    let shown = groups.all().iter().map(|group| GroupPlan {
        group: group.name.clone(),
        site: group.site.clone(),
        weight: group.weight,
        backends: group.backends.iter().map(ToString::to_string).collect(),
        zones: of(&now, &group.name),
        zones_after: of(&after, &group.name),
    });
    plan.groups = shown.collect();
    Ok((plan, moves))
}

fn count(counts: &mut BTreeMap<String, usize>, groups: &BTreeSet<String>) {
    for group in groups {
        *counts.entry(group.clone()).or_default() += 1;
    }
}

fn of_zone(store: &Store, name: &ZoneName) -> Result<ZonePlacement, StoreError> {
    let groups = store.groups();
    let placement = store.placement(name);
    let placement = placement.as_deref();
    let here: Vec<&BackendId> = store
        .backends()
        .filter(|id| store.is_placed(id, name))
        .collect();
    let mut verified = Vec::new();
    for id in &here {
        if store.is_verified_at(id, name)? {
            verified.push(id.to_string());
        }
    }
    let shown = |all: &BTreeSet<String>| all.iter().cloned().collect::<Vec<_>>();
    let leaves = match placement.and_then(|placement| placement.before.as_ref()) {
        None => Vec::new(),
        Some(Before::Everywhere) => vec!["*".to_owned()],
        Some(Before::Groups(before)) => {
            let stays = |group: &&String| !placement.is_some_and(|to| to.groups.contains(*group));
            before.iter().filter(stays).cloned().collect()
        }
    };
    let why = match placement {
        _ if groups.is_empty() => "there are no groups: every zone goes to every backend",
        None => {
            "it was accepted before there were groups, and stays everywhere until it is ordered to move"
        }
        Some(placement) if !groups.knows(placement) => {
            "none of its groups is configured, so that it is everywhere"
        }
        Some(placement) if placement.is_moving() => {
            "it moves: it leaves where it was as soon as it is verified at all backends of its groups"
        }
        Some(_) => "its name ranked these groups highest when it was placed",
    };
    let (would_move_to, would_move_because) = groups
        .misplaced(name, placement)
        .map(|(to, why)| (shown(&to), Some(why.to_string())))
        .unwrap_or_default();
    Ok(ZonePlacement {
        zone: name.to_string(),
        groups: placement.map_or_else(Vec::new, |placement| shown(&placement.groups)),
        backends: here.into_iter().map(ToString::to_string).collect(),
        verified,
        leaves,
        why: why.to_owned(),
        would_move_to,
        would_move_because,
    })
}
