//! Finds zones among all of them: searched, filtered, sorted and paged, without reading more heads than are shown.

use std::cmp::Ordering;
use std::sync::Arc;
use std::time::{Duration, Instant};

use dadns_backends::BackendId;
use dadns_zone::ZoneName;

use super::shape::ZonePage;
use super::zones::{state_of, zone_status};
use super::{Identity, PageQuery, attention};
use crate::store::{Owner, Row, Store, StoreError};

/// The most zones of one page.
const PAGE: usize = 1_000;

/// How long a search may read zones to learn whether they are signed.
const LOOKING: Duration = Duration::from_millis(120);

/// What zones are sorted by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::http) enum Sort {
    #[default]
    Name,
    State,
    Changed,
    Owner,
}

/// What a zone is sorted by. Two that are equal are sorted by their names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::http) enum Key {
    Name,
    State(u8),
    Changed(i64),
    Owner(Option<Arc<Owner>>),
}

/// How zones are sorted.
#[derive(Debug, Clone, Default)]
pub(in crate::http) struct Order {
    pub by: Sort,
    /// The last first.
    pub reversed: bool,
    /// After which zone a page begins, with what it was sorted by: it may have changed since.
    pub after: Option<(Key, ZoneName)>,
}

/// What was found.
#[derive(Debug, Default)]
pub(in crate::http) struct Found {
    /// The zones of one page, sorted.
    pub zones: Vec<(Key, ZoneName)>,
    /// How many there are in all.
    pub total: usize,
    /// Whether more come after these.
    pub more: bool,
    /// Of how many zones it is not known yet whether they are signed: they are in no list of signed or unsigned ones.
    pub unlooked: usize,
}

/// A page of zones in the order of their names.
pub(in crate::http) fn page(
    store: &Store,
    identity: &Identity,
    query: &PageQuery,
    sees: impl Fn(&ZoneName) -> bool,
) -> Result<ZonePage, StoreError> {
    let most = query.limit.unwrap_or(PAGE).clamp(1, PAGE);
    let mut search = Search::new(store, identity, query, None);
    let mut zones = Vec::new();
    let mut next = None;
    for (name, row) in candidates(store, identity, query) {
        if !sees(&name) || !search.wants(&name, &row)? {
            continue;
        }
        if zones.len() == most {
            next = zones.last().map(ToString::to_string);
            break;
        }
        zones.push(name);
    }
    let shown = zones
        .into_iter()
        .filter_map(|name| shown(store, identity, &name).transpose());
    Ok(ZonePage {
        zones: shown.collect::<Result<_, _>>()?,
        next,
    })
}

/// One zone as lists show it; `None`: it was never here.
pub(in crate::http) fn shown(
    store: &Store,
    identity: &Identity,
    name: &ZoneName,
) -> Result<Option<super::shape::ZoneStatus>, StoreError> {
    let head = store.head(name)?;
    Ok(head.map(|head| {
        let state = state_of(store, identity, name, head.present);
        zone_status(store, identity, name, head, state)
    }))
}

/// At most `most` zones in any order, and how many there are.
pub(in crate::http) fn find(
    store: &Store,
    identity: &Identity,
    query: &PageQuery,
    order: &Order,
    most: usize,
    sees: impl Fn(&ZoneName) -> bool,
) -> Result<Found, StoreError> {
    let mut search = Search::new(store, identity, query, Some(Instant::now() + LOOKING));
    let mut found = Found::default();
    for (name, row) in candidates(store, identity, query) {
        if !sees(&name) || !search.wants(&name, &row)? {
            continue;
        }
        found.total += 1;
        let zone = (search.key(order.by, &name, &row), name);
        let comes = order.after.as_ref();
        if comes.is_none_or(|after| order.compare(&zone, after) == Ordering::Greater) {
            found.zones.push(zone);
        }
    }
    found.unlooked = search.unlooked;
    let compare = |one: &_, other: &_| order.compare(one, other);
    if found.zones.len() > most {
        found.more = true;
        found.zones.select_nth_unstable_by(most, compare);
        found.zones.truncate(most);
    }
    found.zones.sort_unstable_by(compare);
    Ok(found)
}

impl Order {
    fn compare(&self, one: &(Key, ZoneName), other: &(Key, ZoneName)) -> Ordering {
        match self.reversed {
            true => other.cmp(one),
            false => one.cmp(other),
        }
    }
}

/// The zones that a search has to look at: all, unless what it asks for stands in a list of its own.
fn candidates(
    store: &Store,
    identity: &Identity,
    query: &PageQuery,
) -> Box<dyn Iterator<Item = (ZoneName, Row)>> {
    let mut zones = match query {
        PageQuery {
            attention: Some(true),
            ..
        } => attention::all(store, identity).into_iter().collect(),
        PageQuery {
            backend: Some(id), ..
        } => match id.parse::<BackendId>() {
            Ok(id) => store.pending_zones(&id, |_| true),
            Err(_) => Vec::new(),
        },
        PageQuery {
            state: Some(state), ..
        } if state == "pending" || state == "failed" => {
            let pending = identity
                .asked()
                .flat_map(|id| store.pending_zones(id, |_| true));
            pending.collect()
        }
        PageQuery {
            held: Some(true), ..
        } => store.held_zones(),
        PageQuery {
            edited: Some(true), ..
        } => store.edited_zones(),
        _ => return Box::new(store.rows(query.after.as_deref())),
    };
    zones.sort_unstable();
    zones.dedup();
    let after = query.after.clone();
    let store = store.clone();
    let zones = zones.into_iter().filter(move |zone| {
        let after = after.as_deref();
        after.is_none_or(|after| zone.as_str() > after)
    });
    Box::new(zones.filter_map(move |zone| {
        let row = store.row(&zone)?;
        Some((zone, row))
    }))
}

struct Search<'a> {
    store: &'a Store,
    identity: &'a Identity,
    query: &'a PageQuery,
    text: Option<String>,
    backend: Option<Option<BackendId>>,
    /// Which need attention, where that is to be left out.
    attention: Option<std::collections::BTreeSet<ZoneName>>,
    /// Until when zones may be read to learn whether they are signed; `None`: as long as it takes.
    until: Option<Instant>,
    unlooked: usize,
}

impl<'a> Search<'a> {
    fn new(
        store: &'a Store,
        identity: &'a Identity,
        query: &'a PageQuery,
        until: Option<Instant>,
    ) -> Self {
        let text = query.q.as_ref().map(|q| q.trim().to_ascii_lowercase());
        let without = query.attention == Some(false);
        Self {
            text: text.map(|text| text.trim_end_matches('.').to_owned()),
            backend: query.backend.as_ref().map(|id| id.parse().ok()),
            attention: without.then(|| attention::all(store, identity)),
            unlooked: 0,
            store,
            identity,
            query,
            until,
        }
    }

    /// Whether a zone is one of those that are asked for.
    fn wants(&mut self, name: &ZoneName, row: &Row) -> Result<bool, StoreError> {
        let query = self.query;
        let owner = row.owner.as_ref();
        let is = |wanted: &Option<String>, has: Option<&str>| {
            wanted.as_deref().is_none_or(|wanted| has == Some(wanted))
        };
        let removed = query.removed || query.attention == Some(true);
        let pending = |id: &Option<BackendId>| {
            let id = id.as_ref();
            id.is_some_and(|id| self.store.pending_attempts(id, name).is_some())
        };
        Ok((row.present || removed)
            && self
                .text
                .as_deref()
                .is_none_or(|text| name.as_str().contains(text))
            && is(&query.master, owner.map(|owner| owner.master.as_str()))
            && is(&query.user, owner.and_then(|owner| owner.user.as_deref()))
            && self.backend.as_ref().is_none_or(pending)
            && query
                .held
                .is_none_or(|held| self.store.is_held(name) == held)
            && query
                .edited
                .is_none_or(|edited| self.store.is_edited(name) == edited)
            && self
                .attention
                .as_ref()
                .is_none_or(|all| !all.contains(name))
            && query.state.as_ref().is_none_or(|state| {
                state_of(self.store, self.identity, name, row.present) == state.as_str()
            })
            && match query.signed {
                Some(signed) => self.is_signed(name, row)? == Some(signed),
                None => true,
            })
    }

    /// Whether a zone is signed. What nobody has looked at since the start is read, as long as there is time.
    fn is_signed(&mut self, name: &ZoneName, row: &Row) -> Result<Option<bool>, StoreError> {
        if row.signed.is_some() {
            return Ok(row.signed);
        }
        if self.until.is_some_and(|until| Instant::now() >= until) {
            self.unlooked += 1;
            return Ok(None);
        }
        Ok(Some(self.store.is_signed(name)?))
    }

    fn key(&self, by: Sort, name: &ZoneName, row: &Row) -> Key {
        match by {
            Sort::Name => Key::Name,
            Sort::Changed => Key::Changed(row.changed.as_millisecond()),
            Sort::Owner => Key::Owner(row.owner.clone()),
            Sort::State => Key::State(rank(state_of(self.store, self.identity, name, row.present))),
        }
    }
}

/// The worst state first.
fn rank(state: &str) -> u8 {
    let states = ["failed", "pending", "kept", "served"];
    let place = states.iter().position(|known| *known == state);
    place.map_or(u8::MAX, |place| place as u8)
}
