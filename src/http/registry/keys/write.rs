//! A whole zone in place of what is served.

use std::collections::BTreeSet;

use actix_web::web;
use dadns_zone::{Layer, Limits, Rrset, RrsetKey, Rtype, Zone, ZoneName, is_ahead};

use crate::access::{Principal, Right};
use crate::http::problem::{Code, Problem};
use crate::http::registry::fault::{Fault, not_edited};
use crate::logging::info;
use crate::records;
use crate::store::{
    Attributes, Author, Edits, Mode, NotCreated, NotEdited, RecordEdit, Store, StoreError, Stored,
};

/// How often a zone is looked at again that was made or removed meanwhile.
const TRIES: usize = 3;

/// The zone that a text is.
pub(super) async fn read(name: ZoneName, text: String, limits: Limits) -> Result<Zone, Fault> {
    let read = web::block(move || dadns_zone::read(&name, text.as_bytes(), &limits)).await;
    let read = read.map_err(|_| Problem::stopping())?;
    let zone = read
        .map_err(|errors| Fault::invalid(format!("value: {errors}")))?
        .zone;
    match zone.is_signed() {
        true => Err(Problem::new(
            Code::ZoneIsSigned,
            "the zone is signed: it has to be pushed as it is, which keeps its signatures",
        )
        .into()),
        false => Ok(zone),
    }
}

/// Has the zone be `new`, whether it is present or not.
pub(super) async fn replace(
    store: &web::Data<Store>,
    principal: &Principal,
    new: Zone,
) -> Result<Stored, Fault> {
    let name = new.name().clone();
    for _ in 0..TRIES {
        match edit(store, principal, &new).await? {
            Ok(stored) => return Ok(stored),
            Err(NotEdited::NotPresent) => {}
            Err(why) => return Err(not_edited(&name, why)),
        }
        match create(store, principal, new.clone()).await? {
            Ok(stored) => return Ok(stored),
            Err(NotCreated::Present) => {}
            Err(NotCreated::Held) => {
                let why = format!("a push of zone {name} is held: approve or reject it first");
                return Err(Problem::new(Code::PushHeld, why).into());
            }
            Err(NotCreated::TooMany(why)) => return Err(Problem::from(why).into()),
        }
    }
    let why = format!("zone {name} is made and removed by others at the same time");
    Err(Problem::new(Code::ChangedMeanwhile, why).into())
}

async fn create(
    store: &Store,
    principal: &Principal,
    new: Zone,
) -> Result<Result<Stored, NotCreated>, Fault> {
    principal.may(Right::Create, new.name())?;
    let name = new.name().clone();
    let author = Author::new(principal.clone());
    let created = store.create(author, new, Attributes::new(), Mode::Make);
    let created = created.await?.map(|edited| edited.stored);
    if created.is_ok() {
        info!(zone = %name, principal = %principal, "zone {name}: created by {principal}");
    }
    Ok(created)
}

async fn edit(
    store: &web::Data<Store>,
    principal: &Principal,
    new: &Zone,
) -> Result<Result<Stored, NotEdited<Fault>>, Fault> {
    let name = new.name().clone();
    let layers = store.clone();
    let (by, new, author) = (
        principal.clone(),
        new.clone(),
        Author::new(principal.clone()),
    );
    let edited = store.edit(author, name.clone(), Mode::Make, move |standing| {
        let zone = standing.zone;
        by.may(Right::Edit, zone.name())?;
        // Services come and go until here.
        let published = published(&layers, zone.name()).map_err(Fault::from)?;
        let steps = steps(&new, zone, &published);
        records::permit(&by, zone.name(), &steps)?;
        records::permit_hiding(&by, zone, &steps)?;
        Ok(Edits::of(steps))
    });
    let edited = edited.await?.map(|edited| edited.stored);
    if let Ok(stored) = &edited {
        records::note(&name, principal, stored);
    }
    Ok(edited)
}

/// The text of a zone that is present, without what services have published.
pub(super) fn text(store: &Store, name: &ZoneName) -> Result<Option<String>, StoreError> {
    let published = published(store, name)?;
    let Some(served) = store.served(name)? else {
        return Ok(None);
    };
    let own = served.zone.rrsets().iter();
    let own = own.filter(|set| !published.contains(&RrsetKey::from(*set)));
    // Where the rest is no zone, as the addresses of its name servers are missing, it is all of it.
    if !published.is_empty()
        && let Ok(zone) = Zone::new(name.clone(), own.cloned())
    {
        return Ok(Some(zone.to_string()));
    }
    Ok(Some(served.zone.to_string()))
}

/// The RRsets that services have published in a zone.
pub(super) fn published(store: &Store, name: &ZoneName) -> Result<BTreeSet<RrsetKey>, StoreError> {
    if !store.is_edited(name) {
        return Ok(BTreeSet::new());
    }
    let above = store.layers(name)?.map(|layers| layers.above);
    let registry = above
        .into_iter()
        .flatten()
        .filter(|(layer, _)| *layer == Layer::Registry);
    Ok(registry
        .flat_map(|(_, entries)| entries.into_keys())
        .collect())
}

/// What makes `new` of `zone`; RRsets of `published` stay as they are.
fn steps(new: &Zone, zone: &Zone, published: &BTreeSet<RrsetKey>) -> Vec<RecordEdit> {
    let gone = zone.rrsets().iter().map(RrsetKey::from);
    let gone = gone.filter(|key| new.get(key.owner(), key.rtype()).is_none());
    let differs = |set: &&Rrset| match zone.get(set.owner(), set.rtype()) {
        // The gateway owns the serial: one that is not ahead changes nothing.
        Some(has) if set.rtype() == Rtype::SOA && !is_ahead(new.serial(), zone.serial()) => {
            has.clone().with_serial(0) != (*set).clone().with_serial(0)
        }
        has => has != Some(*set),
    };
    let is_free = |step: &RecordEdit| !published.contains(&step.key());
    gone.map(RecordEdit::Delete)
        .chain(
            new.rrsets()
                .iter()
                .filter(differs)
                .cloned()
                .map(RecordEdit::Replace),
        )
        .filter(is_free)
        .collect()
}
