//! The steps of an edit, taken on the rules of one layer. Pure: what lies below is asked for.

use std::collections::BTreeMap;

use dadns_zone::{Rdata, Rrset, RrsetError, RrsetKey, Rtype, Rule, Rules, ZoneError, is_ahead};

use super::RecordEdit;

/// What the steps of an edit come to.
#[derive(Debug, Default, PartialEq, Eq)]
pub(in crate::store) struct Taken {
    /// The rules that changed; `None`: there is none any more.
    pub rules: BTreeMap<RrsetKey, Option<Rule>>,
    /// The serial that the edit asks for, ahead of the one that is served.
    pub serial: Option<u32>,
}

/// What steps are taken on.
pub(in crate::store) struct Ground<'a, B> {
    /// The rules of the layer at the names of all steps.
    pub rules: &'a Rules,
    /// The RRset below the layer.
    pub below: B,
    /// The TTL of records without one, in seconds.
    pub ttl: u32,
    /// The serial that is served.
    pub serial: u32,
}

/// Takes all steps, in their order.
///
/// # Errors
/// The records that nobody may edit.
pub(in crate::store) fn take<B: Fn(&RrsetKey) -> Option<Rrset>>(
    ground: &Ground<'_, B>,
    edits: &[RecordEdit],
) -> Result<Taken, Vec<ZoneError>> {
    let unserved = edits.iter().filter_map(not_editable);
    let unserved: Vec<_> = unserved.collect();
    if !unserved.is_empty() {
        return Err(unserved);
    }
    let mut taken = Taken::default();
    for edit in edits {
        let key = edit.key();
        let below = (ground.below)(&key);
        let rule = match taken.rules.get(&key) {
            Some(rule) => rule.clone(),
            None => ground.rules.get(&key).cloned(),
        };
        let broken = |_| vec![ZoneError::NotSingle(key.owner().clone(), key.rtype())];
        let seen = seen(&key, rule.as_ref(), below.as_ref()).map_err(broken)?;
        if let RecordEdit::Replace(set) = edit
            && let Some(serial) = set.serial()
            && is_ahead(serial, taken.serial.unwrap_or(ground.serial))
        {
            taken.serial = Some(serial);
        }
        let rule = step(ground, edit, rule, seen.as_ref(), below.as_ref());
        let rule = rule.filter(|rule| !is_idle(&key, rule, below.as_ref()));
        taken.rules.insert(key, rule);
    }
    taken
        .rules
        .retain(|key, rule| ground.rules.get(key) != rule.as_ref());
    Ok(taken)
}

/// What whoever signs a zone makes. An edit could only break it.
fn not_editable(edit: &RecordEdit) -> Option<ZoneError> {
    let key = edit.key();
    let made = matches!(key.rtype(), Rtype::RRSIG | Rtype::NSEC | Rtype::NSEC3);
    let adds = matches!(edit, RecordEdit::Replace(_) | RecordEdit::Add { .. });
    (made && adds).then(|| {
        let why = "is made by whoever signs the zone, so that nobody edits it";
        ZoneError::Unserved(key.owner().clone(), key.rtype(), why)
    })
}

/// The RRset as it shows above the layer.
fn seen(
    key: &RrsetKey,
    rule: Option<&Rule>,
    below: Option<&Rrset>,
) -> Result<Option<Rrset>, RrsetError> {
    match rule {
        Some(rule) => rule.apply(key, below),
        None => Ok(below.cloned()),
    }
}

/// Whether two RRsets are the same, the serial of a SOA apart: the gateway owns that.
fn alike(one: Option<&Rrset>, other: Option<&Rrset>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) if one.rtype() == Rtype::SOA => {
            one.clone().with_serial(0) == other.clone().with_serial(0)
        }
        (one, other) => one == other,
    }
}

/// Whether an entry has no effect on what lies below it, so that it disappears.
pub(in crate::store) fn is_idle(key: &RrsetKey, rule: &Rule, below: Option<&Rrset>) -> bool {
    let shown = rule.apply(key, below);
    shown.is_ok_and(|shown| alike(shown.as_ref(), below))
}

/// The rule after one step.
fn step<B>(
    ground: &Ground<'_, B>,
    edit: &RecordEdit,
    rule: Option<Rule>,
    seen: Option<&Rrset>,
    below: Option<&Rrset>,
) -> Option<Rule> {
    match edit {
        RecordEdit::Replace(set) if alike(Some(set), seen) => rule,
        RecordEdit::Replace(set) => Some(Rule::replace(set)),
        RecordEdit::Delete(_) if seen.is_none() => rule,
        RecordEdit::Delete(_) => below.map(|_| Rule::Absent),
        RecordEdit::Release(_) => None,
        RecordEdit::Add { ttl, rdata, .. } => {
            let has = |set: &Rrset| {
                set.rdata().binary_search(rdata).is_ok() && ttl.is_none_or(|ttl| ttl == set.ttl())
            };
            match seen.is_some_and(has) {
                true => rule,
                false => Some(added(ground.ttl, *ttl, rdata, rule, below)),
            }
        }
        RecordEdit::Remove { rdata, .. } => {
            match seen.is_some_and(|set| set.rdata().binary_search(rdata).is_ok()) {
                true => Some(removed(ground.ttl, rdata, rule, below)),
                false => rule,
            }
        }
    }
}

fn added(
    default: u32,
    given: Option<u32>,
    rdata: &Rdata,
    rule: Option<Rule>,
    below: Option<&Rrset>,
) -> Rule {
    let otherwise = below.map_or(default, Rrset::ttl);
    match rule {
        Some(Rule::Replace {
            ttl,
            rdata: mut all,
        }) => {
            include(&mut all, rdata);
            Rule::Replace {
                ttl: given.unwrap_or(ttl),
                rdata: all,
            }
        }
        Some(Rule::Absent) => Rule::Replace {
            ttl: given.unwrap_or(otherwise),
            rdata: vec![rdata.clone()],
        },
        Some(Rule::Amend {
            ttl,
            otherwise,
            mut add,
            mut remove,
        }) => {
            exclude(&mut remove, rdata);
            if !holds(below, rdata) {
                include(&mut add, rdata);
            }
            Rule::Amend {
                ttl: given.or(ttl),
                otherwise,
                add,
                remove,
            }
        }
        None => Rule::Amend {
            ttl: given,
            otherwise,
            add: match holds(below, rdata) {
                true => Vec::new(),
                false => vec![rdata.clone()],
            },
            remove: Vec::new(),
        },
    }
}

fn removed(default: u32, rdata: &Rdata, rule: Option<Rule>, below: Option<&Rrset>) -> Rule {
    let otherwise = below.map_or(default, Rrset::ttl);
    match rule {
        Some(Rule::Replace {
            ttl,
            rdata: mut all,
        }) => {
            exclude(&mut all, rdata);
            match all.is_empty() {
                true => Rule::Absent,
                false => Rule::Replace { ttl, rdata: all },
            }
        }
        Some(Rule::Amend {
            ttl,
            otherwise,
            mut add,
            mut remove,
        }) => {
            exclude(&mut add, rdata);
            if holds(below, rdata) {
                include(&mut remove, rdata);
            }
            Rule::Amend {
                ttl,
                otherwise,
                add,
                remove,
            }
        }
        Some(Rule::Absent) => Rule::Absent,
        None => Rule::Amend {
            ttl: None,
            otherwise,
            add: Vec::new(),
            remove: vec![rdata.clone()],
        },
    }
}

fn holds(set: Option<&Rrset>, rdata: &Rdata) -> bool {
    set.is_some_and(|set| set.rdata().binary_search(rdata).is_ok())
}

fn include(list: &mut Vec<Rdata>, rdata: &Rdata) {
    if let Err(at) = list.binary_search(rdata) {
        list.insert(at, rdata.clone());
    }
}

fn exclude(list: &mut Vec<Rdata>, rdata: &Rdata) {
    if let Ok(at) = list.binary_search(rdata) {
        list.remove(at);
    }
}
