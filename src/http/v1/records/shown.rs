//! The RRsets of a zone as its layers have them.

use std::collections::BTreeMap;

use dadns_zone::{
    DomainName, Layer, Loss, NameText, Rdata, Rrset as Set, RrsetKey, Rtype, Rule,
    Shadowed as Lost, TypeName, Zone, ZoneName, presentation,
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
    let after = match query
        .after
        .as_deref()
        .and_then(|after| after.split_once(' '))
    {
        Some((owner, rtype)) => Some(rdata_key(name, owner, rtype).map_err(Problem::invalid)?),
        None => None,
    };
    let wanted = Wanted {
        owner: owner.as_ref().map(RrsetKey::owner),
        rtype: rtype.as_ref().map(RrsetKey::rtype),
        text: query.q.as_ref().map(|text| text.to_ascii_lowercase()),
        after: after.as_ref(),
    };
    let limit = query.limit.unwrap_or(PAGE).clamp(1, PAGE);
    // How many of a layer there are among others is not known before.
    let most = match query.layer {
        Some(_) => usize::MAX,
        None => limit + 1,
    };
    let mut rrsets = Vec::new();
    let mut next = None;
    for (key, shown) in &all(layers, &wanted, most) {
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

/// Which RRsets are shown.
struct Wanted<'a> {
    owner: Option<&'a DomainName>,
    rtype: Option<Rtype>,
    /// In lower case.
    text: Option<String>,
    after: Option<&'a RrsetKey>,
}

impl Wanted<'_> {
    fn has(&self, owner: &DomainName, rtype: Rtype) -> bool {
        let has = |text: &String| NameText(owner).to_string().contains(text.as_str());
        self.rtype.is_none_or(|wanted| wanted == rtype)
            && self.owner.is_none_or(|wanted| wanted == owner)
            && self.text.as_ref().is_none_or(has)
    }

    fn has_key(&self, key: &RrsetKey) -> bool {
        self.after.is_none_or(|after| after < key) && self.has(key.owner(), key.rtype())
    }

    /// The RRsets of a zone among which they are.
    fn among<'z>(&self, zone: &'z Zone) -> &'z [Set] {
        let sets = match self.owner {
            Some(owner) => zone.at(owner),
            None => zone.rrsets(),
        };
        let begin = self.after.map_or(0, |after| {
            sets.partition_point(|set| RrsetKey::from(set) <= *after)
        });
        sets.get(begin..).unwrap_or_default()
    }
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

/// The RRsets of all layers that are `wanted`, and at least the first `most` of them where there are more.
/// Signatures over different types stand under one key.
fn all<'a>(
    layers: &'a Layers,
    wanted: &Wanted<'_>,
    most: usize,
) -> BTreeMap<RrsetKey, Vec<Line<'a>>> {
    let mut lines: BTreeMap<RrsetKey, Vec<Line<'_>>> = BTreeMap::new();
    let sets = wanted.among(&layers.zone).iter();
    for set in sets.filter(|set| wanted.has(set.owner(), set.rtype())) {
        let key = RrsetKey::from(set);
        if lines.len() >= most && !lines.contains_key(&key) {
            break;
        }
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
    // What stands behind all that fit is not looked at.
    let last = lines.last_key_value().map(|(key, _)| key.clone());
    let last = last.filter(|_| lines.len() >= most);
    let fits = |key: &RrsetKey| last.as_ref().is_none_or(|last| key <= last) && wanted.has_key(key);
    for (layer, entries) in &layers.above {
        for (key, entry) in entries.iter().filter(|(key, _)| fits(key)) {
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
        .filter(|lost| lost.layer == Layer::Push && fits(&lost.key));
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
    let push: &Zone = layers.push.as_deref()?;
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
