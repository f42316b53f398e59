//! The RRsets of a zone as its layers have them.

use std::collections::BTreeMap;

use dadns_zone::{
    Layer, Loss, NameText, Rdata, Rrset as Set, RrsetKey, Rtype, Rule, Shadowed as Lost, TypeName,
    Zone, ZoneName, presentation,
};

use super::shape::{Below, Pushed, Rrset, RrsetQuery, Rrsets, Shadowed};
use crate::http::problem::Problem;
use crate::records::rdata_key;
use crate::store::{Entry, Layers, Overridden};

/// The most RRsets of one page, and how many it has unless the request says otherwise.
const PAGE: usize = 10_000;

/// A page of what `query` asks for.
pub(super) fn page(
    name: &ZoneName,
    layers: &Layers,
    query: &RrsetQuery,
) -> Result<Rrsets, Problem> {
    let owner = match &query.name {
        Some(owner) => Some(rdata_key(name, owner, "A").map_err(Problem::invalid)?),
        None => None,
    };
    let rtype = match &query.rtype {
        Some(rtype) => Some(rdata_key(name, "@", rtype).map_err(Problem::invalid)?),
        None => None,
    };
    let wanted = |key: &RrsetKey| {
        owner
            .as_ref()
            .is_none_or(|owner| owner.owner() == key.owner())
            && rtype
                .as_ref()
                .is_none_or(|rtype| rtype.rtype() == key.rtype())
    };
    let after = match query
        .after
        .as_deref()
        .and_then(|after| after.split_once(' '))
    {
        Some((owner, rtype)) => Some(rdata_key(name, owner, rtype).map_err(Problem::invalid)?),
        None => None,
    };
    let limit = query.limit.unwrap_or(PAGE).clamp(1, PAGE);
    let mut rrsets = Vec::new();
    let mut next = None;
    for (key, shown) in all(layers).range(after.clone().unwrap_or_else(|| first(name))..) {
        if after.as_ref() == Some(key) || !wanted(key) {
            continue;
        }
        if rrsets.len() >= limit {
            next = rrsets
                .last()
                .map(|last: &Rrset| format!("{} {}", last.name, last.rtype));
            break;
        }
        let shown = shown.iter().map(|one| one.shape(key, layers));
        let of_layer = |one: &Rrset| query.layer.as_ref().is_none_or(|layer| *layer == one.layer);
        rrsets.extend(shown.filter(of_layer));
    }
    Ok(Rrsets {
        zone: name.to_string(),
        revision: layers.head.revision,
        serial: layers.head.serial,
        rrsets,
        next,
    })
}

/// Before all RRsets of a zone.
fn first(name: &ZoneName) -> RrsetKey {
    RrsetKey::new(&name.to_domain_name(), Rtype::SOA)
}

/// One line of a zone: an RRset that is served, or something that is not.
struct Line<'a> {
    set: Option<&'a Set>,
    served: bool,
    layer: Layer,
    entry: Option<&'a Entry>,
    below: Option<&'a Set>,
    lost: Option<&'a Lost>,
}

/// All RRsets of all layers. Signatures over different types stand under one key.
fn all(layers: &Layers) -> BTreeMap<RrsetKey, Vec<Line<'_>>> {
    let mut lines: BTreeMap<RrsetKey, Vec<Line<'_>>> = BTreeMap::new();
    for set in layers.zone.rrsets() {
        let key = RrsetKey::from(set);
        let entry = top(layers, &key);
        lines.entry(key.clone()).or_default().push(Line {
            set: Some(set),
            served: true,
            layer: entry.map_or(Layer::Push, |(layer, _)| layer),
            entry: entry.map(|(_, entry)| entry),
            below: entry.and_then(|_| pushed(layers, &key)),
            lost: None,
        });
    }
    for (layer, entries) in &layers.above {
        for (key, entry) in entries {
            let lost = lost(layers, key, *layer);
            let hides = entry.rule == Rule::Absent || !lines.contains_key(key);
            if lost.is_some() || hides {
                lines.entry(key.clone()).or_default().push(Line {
                    set: None,
                    served: false,
                    layer: *layer,
                    entry: Some(entry),
                    below: pushed(layers, key),
                    lost,
                });
            }
        }
    }
    let gone = layers
        .shadowed
        .iter()
        .filter(|lost| lost.layer == Layer::Push);
    for lost in gone {
        lines.entry(lost.key.clone()).or_default().push(Line {
            set: pushed(layers, &lost.key),
            served: false,
            layer: Layer::Push,
            entry: None,
            below: None,
            lost: Some(lost),
        });
    }
    lines
}

/// The highest entry with effect on an RRset.
fn top<'a>(layers: &'a Layers, key: &RrsetKey) -> Option<(Layer, &'a Entry)> {
    let mut above = layers.above.iter().rev();
    above.find_map(|(layer, entries)| {
        let entry = entries.get(key)?;
        lost(layers, key, *layer)
            .is_none()
            .then_some((*layer, entry))
    })
}

fn lost<'a>(layers: &'a Layers, key: &RrsetKey, layer: Layer) -> Option<&'a Lost> {
    let mut lost = layers.shadowed.iter();
    lost.find(|lost| lost.layer == layer && lost.key == *key)
}

fn pushed<'a>(layers: &'a Layers, key: &RrsetKey) -> Option<&'a Set> {
    let push: &Zone = layers.push.as_ref()?;
    push.get(key.owner(), key.rtype())
}

fn texts(rtype: Rtype, rdata: &[Rdata]) -> Vec<String> {
    let data = rdata.iter();
    data.map(|rdata| presentation(rtype, rdata).to_string())
        .collect()
}

impl Line<'_> {
    fn shape(&self, key: &RrsetKey, layers: &Layers) -> Rrset {
        let texts = |rdata: &[Rdata]| texts(key.rtype(), rdata);
        let (ttl, data) = match (self.set, self.entry.map(|entry| &entry.rule)) {
            (Some(set), _) => (Some(set.ttl()), texts(set.rdata())),
            (None, Some(Rule::Replace { ttl, rdata })) => (Some(*ttl), texts(rdata)),
            (None, Some(Rule::Amend { ttl, add, .. })) => (*ttl, texts(add)),
            (None, Some(Rule::Absent) | None) => (None, Vec::new()),
        };
        let push = layers.pushed.as_ref();
        let (by, at) = match self.entry {
            Some(entry) => (Some(entry.by.clone()), Some(entry.at)),
            None => (push.map(|push| push.by.clone()), push.map(|push| push.at)),
        };
        Rrset {
            name: NameText(key.owner()).to_string(),
            rtype: TypeName(key.rtype()).to_string(),
            served: self.served,
            ttl,
            records: data,
            layer: self.layer.to_string(),
            rule: self.entry.map(|entry| rule(&entry.rule).to_owned()),
            by,
            at,
            below: self.below.map(|set| Below {
                ttl: set.ttl(),
                records: texts(set.rdata()),
            }),
            pushed: self
                .entry
                .and_then(|entry| entry.pushed.clone())
                .map(|Overridden { by, at }| Pushed { by, at }),
            shadowed: self.lost.map(|lost| reason(lost, layers)),
        }
    }
}

fn rule(rule: &Rule) -> &'static str {
    match rule {
        Rule::Replace { .. } => "replace",
        Rule::Amend { .. } => "amend",
        Rule::Absent => "absent",
    }
}

/// Why something has no effect, with who caused it and when, where an entry did.
fn reason(lost: &Lost, layers: &Layers) -> String {
    let cause = match &lost.loss {
        Loss::Cname { winner, by } => {
            let key = RrsetKey::new(lost.key.owner(), *winner);
            let above = layers.above.iter().find(|(layer, _)| layer == by);
            above.and_then(|(_, entries)| entries.get(&key))
        }
        Loss::Breaks(_) | Loss::Signed => None,
    };
    match (cause, layers.pushed.as_ref()) {
        (Some(entry), _) => {
            let at = entry.at.strftime("%F %T UTC");
            format!("{} (by {}, {at})", lost.loss, entry.by)
        }
        (None, Some(push)) if !matches!(lost.loss, Loss::Cname { .. }) => {
            let at = push.at.strftime("%F %T UTC");
            format!("{} (pushed by {}, {at})", lost.loss, push.by)
        }
        _ => lost.loss.to_string(),
    }
}

/// What has no effect, in the answer of a change.
pub(in crate::http) fn lost_by_change(lost: &[Lost]) -> Vec<Shadowed> {
    lost.iter()
        .map(|lost| shape(lost, lost.loss.to_string()))
        .collect()
}

/// What of a zone has no effect, with who caused it and when.
pub(in crate::http) fn shadowed(layers: &Layers) -> Vec<Shadowed> {
    let lost = layers.shadowed.iter();
    lost.map(|lost| shape(lost, reason(lost, layers))).collect()
}

fn shape(lost: &Lost, reason: String) -> Shadowed {
    Shadowed {
        name: NameText(lost.key.owner()).to_string(),
        rtype: TypeName(lost.key.rtype()).to_string(),
        layer: lost.layer.to_string(),
        reason,
    }
}
