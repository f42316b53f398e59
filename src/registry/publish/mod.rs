//! Publishes what the book says: RRsets of layer `registry`, by edits of the zone that `registry.domain` is in, and of
//! reverse zones.
//!
//! It takes no input but the names of what changed: it looks at the book as it is *now*, renders these names, compares
//! with what the layer has, and edits what differs. So changes within a quarter of a second become one revision, and
//! what was missed is made good by the next look. Whenever somebody else has changed the zone, the layer is read again.

mod render;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use dadns_zone::{Layer, NameText, Rrset, RrsetKey, Rule, ZoneName, owner_name};
use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use super::Registry;
use super::rules::Group;
use crate::access::{Part, Principal};
use crate::ledger::{Fence, Turn};
use crate::logging::{info, success, warning};
use crate::records::{self, new_zone};
use crate::store::{Author, Edits, Mode, NotEdited, RecordEdit, Standing, Store, StoreError};
use render::Names;
pub use render::reverse_name;

/// How long changes are waited for before they are published together.
const COALESCE: Duration = Duration::from_millis(250);

/// How long after a failure it is tried again, and how much later in the end.
const RETRY: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(60));

/// How often the zone is looked at without a change.
const LOOK: Duration = Duration::from_secs(30);

/// Sets of one group by their key.
type Sets = BTreeMap<RrsetKey, Rrset>;

/// Publishes the book in all zones that it is published in.
#[derive(Debug)]
pub struct Publishers {
    registry: Registry,
    all: Vec<Publisher>,
    /// Since when something waits that could not be published.
    since: Option<Instant>,
}

/// Publishes the book in one zone.
#[derive(Debug)]
struct Publisher {
    registry: Registry,
    store: Store,
    names: Names,
    /// How a zone is made where there is none.
    records: records::Settings,
    /// What each group has.
    groups: BTreeMap<Group, BTreeSet<RrsetKey>>,
    /// Who has each RRset.
    users: BTreeMap<RrsetKey, BTreeSet<Group>>,
    /// What the layer has.
    layer: Sets,
    /// The zone, and the revision of it that this is of; `None`: nobody has looked.
    seen: Option<(ZoneName, u64)>,
    /// Whether it was said that it fails.
    told: bool,
}

/// Why something was not published.
#[derive(Debug, thiserror::Error)]
enum NotPublished {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("zone {0} cannot be made: {1}")]
    Zone(ZoneName, String),
    #[error("zone {0} takes no change: {1}")]
    Edit(ZoneName, String),
    #[error("zone {0} was removed meanwhile")]
    Gone(ZoneName),
}

impl Publishers {
    /// Publishes `registry` below its domain and in its reverse zones; `None`: it has no domain.
    pub fn new(registry: Registry, store: &Store, records: &records::Settings) -> Option<Self> {
        let settings = registry.settings();
        let services = settings.domain.clone()?;
        let reverse = settings.reverse.iter().cloned();
        let reverse = reverse.map(|zone| (zone, Some(services.clone())));
        let zones = std::iter::once((services.clone(), None)).chain(reverse);
        let publisher = |(domain, services)| {
            let names = Names {
                domain,
                services,
                datacenter: settings.datacenter.clone(),
                ttl: settings.ttl,
            };
            Publisher::new(registry.clone(), store.clone(), names, records)
        };
        let all = zones.map(publisher).collect();
        Some(Self {
            registry,
            all,
            since: None,
        })
    }

    /// Publishes until everything stops, whenever it is this node's turn. An edit that is under way when that is over is
    /// made still: whoever has the turn then finds it at the next look, and puts its own in its place.
    pub async fn run(mut self, stop: CancellationToken) {
        let mut turn = self.registry.shared.turn.clone();
        while !stop.is_cancelled() {
            let begun = tokio::select! {
                () = stop.cancelled() => return,
                begun = turn.begin() => begun,
            };
            // Another node may have published meanwhile.
            for publisher in &mut self.all {
                publisher.seen = None;
            }
            self.run_until_over(&mut turn, begun, &stop).await;
        }
    }

    async fn run_until_over(
        &mut self,
        turn: &mut Turn,
        begun: Option<Fence>,
        stop: &CancellationToken,
    ) {
        let mut retry = RETRY.0;
        loop {
            let is_some = self.registry.look(|book, _| book.publishes());
            if is_some {
                self.registry.note_published(true);
            }
            let pause = match self.publish().await {
                true => {
                    self.registry.note_published(is_some);
                    retry = RETRY.0;
                    LOOK
                }
                false => {
                    let pause = retry;
                    retry = (retry * 2).min(RETRY.1);
                    pause
                }
            };
            tokio::select! {
                () = stop.cancelled() => return,
                () = turn.over(begun) => return,
                () = tokio::time::sleep(pause) => {}
                () = self.registry.shared.publish.notified() => {
                    tokio::select! {
                        () = stop.cancelled() => return,
                        () = tokio::time::sleep(COALESCE) => {}
                    }
                }
            }
        }
    }

    /// Publishes what has changed. Whether all of it is published: one zone that fails keeps no other waiting.
    async fn publish(&mut self) -> bool {
        let dirty = std::mem::take(&mut *self.registry.shared.dirty.lock());
        self.since = self.since.or(dirty.since);
        let (mut all, mut edited) = (true, false);
        for publisher in &mut self.all {
            match publisher.publish(&dirty.groups).await {
                Ok(now) => {
                    publisher.told = false;
                    edited |= now;
                }
                Err(error) => {
                    if !publisher.told {
                        let domain = &publisher.names.domain;
                        warning!(
                            zone = %domain,
                            "registry: {domain} cannot be published now: {error}; retrying"
                        );
                    }
                    // All of it is looked at again.
                    publisher.seen = None;
                    publisher.told = true;
                    all = false;
                }
            }
        }
        if all
            && let Some(since) = self.since.take()
            && edited
        {
            self.registry.shared.counts.published(since.elapsed());
        }
        all
    }
}

impl Publisher {
    fn new(registry: Registry, store: Store, names: Names, records: &records::Settings) -> Self {
        let settings = registry.settings();
        let mut records = records.clone();
        records.soa_minimum = settings.ttl;
        if !settings.nameservers.is_empty() {
            records.nameservers = settings.nameservers.clone();
            records.soa_primary = None;
        }
        Self {
            registry,
            store,
            names,
            records,
            groups: BTreeMap::new(),
            users: BTreeMap::new(),
            layer: Sets::new(),
            seen: None,
            told: false,
        }
    }

    /// Publishes these groups as they are now, and all when the zone is not as this left it. Whether that took an edit.
    async fn publish(&mut self, dirty: &BTreeSet<Group>) -> Result<bool, NotPublished> {
        let zone = self.zone().await?;
        let head = self.store.head(&zone)?;
        let revision = head.map_or(0, |head| head.revision);
        let as_left = self.seen.as_ref() == Some(&(zone.clone(), revision));
        if as_left && dirty.is_empty() {
            return Ok(false);
        }
        let rendered: Vec<(Group, Vec<Rrset>)> = match as_left {
            true => self.render(dirty.iter().cloned()),
            false => {
                self.read_layer(&zone)?;
                let all = self.registry.look(|book, _| book.groups());
                self.render(all.into_iter().chain([Group::Site]))
            }
        };
        let before = self.layer.clone();
        for (group, sets) in rendered {
            self.replace(group, sets);
        }
        if !as_left {
            // What nobody has any more.
            let users = &self.users;
            self.layer.retain(|key, _| users.contains_key(key));
        }
        let edits = between(&before, &self.layer);
        if edits.is_empty() {
            self.seen = Some((zone, revision));
            return Ok(false);
        }
        let count = edits.len();
        match self.edit(&zone, edits).await {
            Ok(revision) => {
                info!(zone = %zone, "registry: zone {zone}: {count} RRsets published or withdrawn");
                self.seen = Some((zone, revision));
                Ok(true)
            }
            Err(error) => {
                self.layer = before;
                Err(error)
            }
        }
    }

    fn render(&self, groups: impl Iterator<Item = Group>) -> Vec<(Group, Vec<Rrset>)> {
        groups
            .map(|group| {
                let sets = self
                    .registry
                    .look(|book, _| self.names.render(book, &group));
                (group, sets)
            })
            .collect()
    }

    /// A group has these RRsets from now on, and no others.
    fn replace(&mut self, group: Group, sets: Vec<Rrset>) {
        let keys: BTreeSet<RrsetKey> = sets.iter().map(RrsetKey::from).collect();
        let before = self.groups.remove(&group).unwrap_or_default();
        for key in before.difference(&keys) {
            let Some(users) = self.users.get_mut(key) else {
                continue;
            };
            users.remove(&group);
            if users.is_empty() {
                self.users.remove(key);
                self.layer.remove(key);
            }
        }
        for set in sets {
            let key = RrsetKey::from(&set);
            let users = self.users.entry(key.clone()).or_default();
            users.insert(group.clone());
            self.layer.insert(key, set);
        }
        if !keys.is_empty() {
            self.groups.insert(group, keys);
        }
    }

    /// The longest zone that is present and has the domain in it, or else one of that name, which is made.
    async fn zone(&self) -> Result<ZoneName, NotPublished> {
        let domain = &self.names.domain;
        if let Some(zone) = self.store.zone_of(domain)? {
            return Ok(zone);
        }
        let not_made = |why: String| NotPublished::Zone(domain.clone(), why);
        let zone = new_zone(&self.records, domain, &[], Vec::new(), Timestamp::now());
        let zone = zone.map_err(|error| not_made(error.to_string()))?;
        let created = self
            .store
            .create(author(), zone, BTreeMap::new(), Mode::Make);
        match created.await? {
            Ok(_) => success!(zone = %domain, "registry: zone {domain} created for services"),
            Err(why) => return Err(not_made(format!("{why:?}"))),
        }
        Ok(domain.clone())
    }

    /// Reads what the layer has, as if nobody had published anything of it.
    fn read_layer(&mut self, zone: &ZoneName) -> Result<(), NotPublished> {
        self.groups.clear();
        self.users.clear();
        self.layer.clear();
        let layers = self.store.layers(zone)?;
        let above = layers.into_iter().flat_map(|layers| layers.above);
        let own = above.filter(|(layer, _)| *layer == Layer::Registry);
        // What another one publishes in the same zone is not this one's.
        let domain = &self.names.domain;
        let is_within =
            |key: &RrsetKey| owner_name(domain, &NameText(key.owner()).to_string()).is_ok();
        for (key, entry) in own.flat_map(|(_, entries)| entries) {
            if !is_within(&key) {
                continue;
            }
            if let Rule::Replace { .. } = entry.rule
                && let Ok(Some(set)) = entry.rule.apply(&key, None)
            {
                self.layer.insert(key, set);
            }
        }
        Ok(())
    }

    /// Makes edits of the layer; returns the revision of the zone after them.
    async fn edit(&self, zone: &ZoneName, records: Vec<RecordEdit>) -> Result<u64, NotPublished> {
        let edits = Edits {
            layer: Layer::Registry,
            records,
            attributes: None,
        };
        let plan = move |_: &Standing<'_>| Ok::<_, std::convert::Infallible>(edits);
        let edited = self.store.edit(author(), zone.clone(), Mode::Make, plan);
        let not_edited = |why: String| Err(NotPublished::Edit(zone.clone(), why));
        match edited.await? {
            Ok(edited) => Ok(edited.stored.revision),
            Err(NotEdited::NotPresent) => Err(NotPublished::Gone(zone.clone())),
            Err(NotEdited::Signed) => not_edited(
                "it is signed before it comes here, and any change would break its signatures"
                    .to_owned(),
            ),
            Err(NotEdited::TooMany(why)) => not_edited(why.to_string()),
            Err(NotEdited::Invalid(errors)) => {
                let errors: Vec<_> = errors.iter().map(ToString::to_string).collect();
                not_edited(errors.join("; "))
            }
            Err(NotEdited::Refused(never)) => match never {},
        }
    }
}

/// Who publishes.
fn author() -> Author {
    Author::new(Principal::from(Part::Registry))
}

/// The edits that make `after` of `before`.
fn between(before: &Sets, after: &Sets) -> Vec<RecordEdit> {
    let gone = before.keys().filter(|key| !after.contains_key(key));
    let gone = gone.map(|key| RecordEdit::Release(key.clone()));
    let put = after
        .iter()
        .filter(|(key, set)| before.get(key) != Some(set));
    let put = put.map(|(_, set)| RecordEdit::Replace(set.clone()));
    gone.chain(put).collect()
}
