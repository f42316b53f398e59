//! Merging: pure, the same whatever order rules came in, and never an invalid zone.
//!
//! Each name is merged by itself: rules only look at the RRset below them, and a CNAME only clashes with what
//! is at its own name. What can still be wrong then (a name server that lost its address to an edit, say) is
//! checked as for any other zone. A zone that was pushed is valid as it came: there, rules that would break it
//! do not apply, until they fit again. A zone without a push has only its rules, and those are refused.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::{Layer, RrsetKey, Rule};
use crate::checks::zone::stands_beside_cname;
use crate::record::Rrset;
use crate::wire::ends_with;
use crate::{DomainName, Rtype, TypeName, Zone, ZoneError, ZoneName};

/// The rules of one layer.
pub type Rules = BTreeMap<RrsetKey, Rule>;

/// One layer above the push.
#[derive(Debug, Clone, Copy)]
pub struct Overlay<'a> {
    /// Which.
    pub layer: Layer,
    /// What it says.
    pub rules: &'a Rules,
}

/// A zone that was merged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merged {
    /// The zone that is served, with the serial number of its SOA as that came.
    pub zone: Zone,
    /// What of which layer is not in it because of something else, in the order of the zone.
    pub shadowed: Vec<Shadowed>,
}

/// An RRset, or a rule about one, that has no effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shadowed {
    /// Which RRset.
    pub key: RrsetKey,
    /// Of which layer.
    pub layer: Layer,
    /// Why.
    pub loss: Loss,
}

/// Why something of a layer has no effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Loss {
    /// A higher layer has a CNAME at this name, or this is one and a higher layer has other records there.
    Cname {
        /// The RRset that stands instead.
        winner: Rtype,
        /// The layer that has it.
        by: Layer,
    },
    /// The rule would break a rule of zones, as the push is now.
    Breaks(ZoneError),
    /// The push is signed: any change would break its signatures.
    Signed,
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cname { winner, by } => {
                let winner = TypeName(*winner);
                write!(
                    f,
                    "layer {by} has {winner} at this name; CNAME stands alone"
                )
            }
            Self::Breaks(rule) => write!(f, "the zone would be invalid with it: {rule}"),
            Self::Signed => {
                f.write_str("the zone is signed, and any change would break its signatures")
            }
        }
    }
}

/// The zone `name` as it is served: `push`, and the layers above it from below.
///
/// # Errors
/// All rules that the records break; only where there is no push.
pub fn merge(
    name: &ZoneName,
    push: Option<&Zone>,
    above: &[Overlay<'_>],
) -> Result<Merged, Vec<ZoneError>> {
    if let Some(zone) = push.filter(|zone| zone.is_signed()) {
        return Ok(Merged {
            zone: zone.clone(),
            shadowed: all_rules(above, || Loss::Signed),
        });
    }
    let Some(push) = push else {
        return whole(name, &[], above);
    };
    // Whatever does not fit is left out, until what is left does: at the latest when nothing is.
    let mut left: Vec<(Layer, Rules)> = above
        .iter()
        .map(|overlay| (overlay.layer, overlay.rules.clone()))
        .collect();
    let mut broken = Vec::new();
    for round in 0..=ROUNDS {
        let overlays: Vec<_> = left
            .iter()
            .map(|(layer, rules)| Overlay {
                layer: *layer,
                rules,
            })
            .collect();
        let errors = match whole(name, push.rrsets(), &overlays) {
            Ok(mut merged) => {
                merged.shadowed.extend(broken);
                merged.shadowed.sort_by(|one, other| {
                    one.key.cmp(&other.key).then(one.layer.cmp(&other.layer))
                });
                return Ok(merged);
            }
            Err(errors) => errors,
        };
        let before = broken.len();
        for error in &errors {
            let names = names_at_fault(name, error);
            leave_out(&mut left, error, &mut broken, |key| concerns(key, &names));
        }
        if (broken.len() == before || round + 1 == ROUNDS)
            && let Some(error) = errors.first()
        {
            leave_out(&mut left, error, &mut broken, |_| true);
        }
    }
    Ok(Merged {
        zone: push.clone(),
        shadowed: broken,
    })
}

/// How often rules are left out one by one, before all are.
const ROUNDS: usize = 16;

/// `served`, merged anew at the names of `changed`. `above` has all rules at these names; the other names are
/// taken to be merged and valid already.
///
/// # Errors
/// All rules that the records at these names and at the apex break.
pub fn merge_names(
    served: &Zone,
    push: Option<&Zone>,
    above: &[Overlay<'_>],
    changed: &BTreeSet<RrsetKey>,
) -> Result<Merged, Vec<ZoneError>> {
    let mut sets = Vec::with_capacity(served.rrsets().len() + changed.len());
    let mut shadowed = Vec::new();
    let mut rest = served.rrsets();
    let names: Vec<&DomainName> = RrsetKey::owners(changed).collect();
    for owner in &names {
        let (before, at) = split(rest, owner);
        sets.extend_from_slice(before);
        rest = &at[count_at(at, owner)..];
        let below = push.map_or(&[][..], |push| push.at(owner));
        let name = merge_name(owner, below, above, &mut shadowed);
        sets.extend(name.map_err(|error| vec![error])?);
    }
    sets.extend_from_slice(rest);
    let zone = Zone::from_checked(served.name().clone(), sets, &names)?;
    Ok(Merged { zone, shadowed })
}

/// The RRsets at `owner`, given those that were pushed there and rules among which are all at this name; as
/// [`merge`] has them where every rule fits.
///
/// # Errors
/// When a rule has data that is not of its type.
pub fn merge_at(
    owner: &DomainName,
    push: &[Rrset],
    above: &[Overlay<'_>],
) -> Result<Vec<Rrset>, ZoneError> {
    merge_name(owner, push, above, &mut Vec::new())
}

/// The sets before those at `owner`, and the others.
fn split<'a>(sets: &'a [Rrset], owner: &DomainName) -> (&'a [Rrset], &'a [Rrset]) {
    let at = sets.partition_point(|set| crate::wire::canonical_cmp(set.owner(), owner).is_lt());
    sets.split_at(at)
}

fn count_at(sets: &[Rrset], owner: &DomainName) -> usize {
    let same = |set: &&Rrset| set.owner().as_slice() == owner.as_slice();
    sets.iter().take_while(same).count()
}

/// Merges all names, and checks the zone.
fn whole(name: &ZoneName, push: &[Rrset], above: &[Overlay<'_>]) -> Result<Merged, Vec<ZoneError>> {
    let mut shadowed = Vec::new();
    let ruled: BTreeSet<&RrsetKey> = above.iter().flat_map(|one| one.rules.keys()).collect();
    let mut sets = Vec::with_capacity(push.len() + ruled.len());
    let mut rest = push;
    let mut last: Option<&DomainName> = None;
    for key in ruled {
        let owner = key.owner();
        if last.is_some_and(|last| last.as_slice() == owner.as_slice()) {
            continue;
        }
        last = Some(owner);
        let (before, at) = split(rest, owner);
        sets.extend_from_slice(before);
        let count = count_at(at, owner);
        rest = &at[count..];
        let name = merge_name(owner, &at[..count], above, &mut shadowed);
        sets.extend(name.map_err(|error| vec![error])?);
    }
    sets.extend_from_slice(rest);
    let zone = Zone::from_sorted(name.clone(), sets).map_err(|faults| faults.into_parts().0)?;
    Ok(Merged { zone, shadowed })
}

/// The RRsets at one name, given those that were pushed there.
fn merge_name(
    owner: &DomainName,
    push: &[Rrset],
    above: &[Overlay<'_>],
    shadowed: &mut Vec<Shadowed>,
) -> Result<Vec<Rrset>, ZoneError> {
    let mut sets: Vec<(Rrset, Layer)> = push.iter().map(|set| (set.clone(), Layer::Push)).collect();
    for Overlay { layer, rules } in above {
        let first = RrsetKey::new(owner, Rtype::SOA);
        let here = rules
            .range(first..)
            .take_while(|(key, _)| key.owner().as_slice() == owner.as_slice());
        for (key, rule) in here {
            let at = sets.iter().position(|(set, _)| set.rtype() == key.rtype());
            let below = at.map(|at| sets.swap_remove(at));
            let set = rule
                .apply(key, below.as_ref().map(|(set, _)| set))
                .map_err(|_| ZoneError::Twice(owner.clone(), key.rtype()))?;
            let layer = match (&below, rule) {
                // What is only left of a set below is not of this layer.
                (Some((_, below)), Rule::Amend { add, ttl: None, .. }) if add.is_empty() => *below,
                _ => *layer,
            };
            sets.extend(set.map(|set| (set, layer)));
        }
        resolve_cname(*layer, &mut sets, shadowed);
    }
    let mut sets: Vec<_> = sets.into_iter().map(|(set, _)| set).collect();
    sets.sort_unstable_by(Rrset::canonical_cmp);
    Ok(sets)
}

/// Where `layer` has a CNAME, what cannot stand beside it goes if it is of a lower layer; where it has such
/// records, a CNAME of a lower layer goes.
fn resolve_cname(layer: Layer, sets: &mut Vec<(Rrset, Layer)>, shadowed: &mut Vec<Shadowed>) {
    let Some((_, cname)) = sets.iter().find(|(set, _)| set.rtype() == Rtype::CNAME) else {
        return;
    };
    let cname = *cname;
    let clashes = |set: &Rrset| !stands_beside_cname(set.rtype(), set.covered());
    let other = sets
        .iter()
        .find(|(set, of)| *of == layer && clashes(set))
        .map(|(set, _)| set.rtype());
    let (winner, loses): (Rtype, &dyn Fn(&Rrset) -> bool) = match other {
        Some(other) if cname < layer => (other, &|set| set.rtype() == Rtype::CNAME),
        _ if cname == layer => (Rtype::CNAME, &clashes),
        _ => return,
    };
    sets.retain(|(set, of)| {
        let lost = *of < layer && loses(set);
        if lost {
            shadowed.push(Shadowed {
                key: set.into(),
                layer: *of,
                loss: Loss::Cname { winner, by: layer },
            });
        }
        !lost
    });
}

/// The names at which something has to give way for `error`.
fn names_at_fault(apex: &ZoneName, error: &ZoneError) -> Vec<DomainName> {
    let apex = apex.to_domain_name();
    let subject = error.subject(&apex).map(|subject| subject.owner.clone());
    let mut names = vec![subject.unwrap_or(apex)];
    if let ZoneError::NsWithoutAddress(server)
    | ZoneError::NsIsAlias(server)
    | ZoneError::NsBelowDname(server) = error
    {
        names.push(server.clone());
    }
    names
}

/// Whether a rule for `key` can have to do with what is wrong at these names: it is about one of them, or a
/// DNAME above one.
fn concerns(key: &RrsetKey, names: &[DomainName]) -> bool {
    names.iter().any(|name| {
        name.as_slice() == key.owner().as_slice()
            || (key.rtype() == Rtype::DNAME && ends_with(name.as_slice(), key.owner().as_slice()))
    })
}

/// Takes the rules that `which` names out of `layers`, because of `error`.
fn leave_out(
    layers: &mut [(Layer, Rules)],
    error: &ZoneError,
    broken: &mut Vec<Shadowed>,
    which: impl Fn(&RrsetKey) -> bool,
) {
    for (layer, rules) in layers {
        rules.retain(|key, _| {
            let goes = which(key);
            if goes {
                broken.push(Shadowed {
                    key: key.clone(),
                    layer: *layer,
                    loss: Loss::Breaks(error.clone()),
                });
            }
            !goes
        });
    }
}

/// Every rule, as having no effect.
fn all_rules(above: &[Overlay<'_>], loss: impl Fn() -> Loss) -> Vec<Shadowed> {
    let rules = above
        .iter()
        .flat_map(|overlay| overlay.rules.keys().map(|key| (key, overlay.layer)));
    rules
        .map(|(key, layer)| Shadowed {
            key: key.clone(),
            layer,
            loss: loss(),
        })
        .collect()
}
