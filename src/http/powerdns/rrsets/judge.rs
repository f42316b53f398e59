//! Changes against a zone as it stands: only what all of them come to is judged, and all that is wrong with it
//! is said at once.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use dadns_zone::{DomainName, NameText, Rdata, RrsetKey, Rtype, TypeName, Zone};

use super::comments::Comments;
use super::{Requested, What};
use crate::http::powerdns::terms::{Condition, Tag};
use crate::http::powerdns::zones::settings::{self, ZoneSettings};
use crate::http::powerdns::{Fault, body::Object};
use crate::store::{Attributes, Edits, RecordEdit, Standing};

/// Changes what is kept beside records, as it stands.
pub type Beside = Arc<dyn Fn(&mut Attributes) -> Result<(), String> + Send + Sync>;

/// All that a request changes.
#[derive(Clone, Default)]
pub struct Change {
    /// What the zone has to be like before.
    pub condition: Condition,
    pub sets: Vec<Requested>,
    /// RRsets that `sets` do not name are removed.
    pub whole: bool,
    /// Settings of the zone, as the request has them.
    pub settings: Option<Object>,
    /// What is kept beside the records, where that changes by itself.
    pub beside: Option<Beside>,
}

/// The RRset of each key that is touched, as far as the steps have come.
struct State<'z> {
    zone: &'z Zone,
    sets: BTreeMap<RrsetKey, Option<(u32, BTreeSet<Rdata>)>>,
    steps: Vec<RecordEdit>,
    errors: Vec<String>,
}

/// The steps that the store takes for `change`.
pub fn judge(change: Change, standing: &Standing<'_>) -> Result<Edits, Fault> {
    let tag = Tag::of(standing.head.revision, standing.attributes);
    change.condition.check(&tag)?;
    let mut state = State {
        zone: standing.zone,
        sets: BTreeMap::new(),
        steps: Vec::new(),
        errors: Vec::new(),
    };
    if change.whole {
        state.remove_all_but(&change.sets);
    }
    for set in &change.sets {
        state.take(set);
    }
    let mut attributes = standing.attributes.clone();
    if let Some(beside) = change.beside {
        state.errors.extend(beside(&mut attributes).err());
    }
    if let Some(object) = &change.settings {
        let mut settings = ZoneSettings::of(&attributes);
        let before = settings.clone();
        state
            .errors
            .extend(settings.take(object).err().into_iter().flatten());
        if settings != before {
            attributes.insert(settings::ATTRIBUTE.to_owned(), settings.text());
        }
    }
    state.comments(change.sets, &mut attributes);
    state.aliases();
    match state.errors.is_empty() {
        true => Ok(Edits {
            attributes: (attributes != *standing.attributes).then_some(attributes),
            ..Edits::of(state.steps)
        }),
        false => Err(Fault::all(state.errors)),
    }
}

impl State<'_> {
    fn remove_all_but(&mut self, sets: &[Requested]) {
        let kept: BTreeSet<&RrsetKey> = sets.iter().map(|set| &set.key).collect();
        let all = self.zone.rrsets().iter().map(RrsetKey::from);
        for key in all.filter(|key| !kept.contains(key)) {
            self.sets.insert(key.clone(), None);
            self.steps.push(RecordEdit::Delete(key));
        }
    }

    fn take(&mut self, requested: &Requested) {
        let Requested {
            label, key, what, ..
        } = requested;
        let zone = self.zone;
        let set = self.sets.entry(key.clone()).or_insert_with(|| {
            let set = zone.get(key.owner(), key.rtype())?;
            Some((set.ttl(), set.rdata().iter().cloned().collect()))
        });
        let other_ttl = |given: &Option<u32>, has: u32| given.is_some_and(|given| given != has);
        let step = match (what, set.as_mut()) {
            (What::Keep, _) => None,
            (What::Replace(new), _) => {
                *set = Some((new.ttl(), new.rdata().iter().cloned().collect()));
                Some(RecordEdit::Replace(new.clone()))
            }
            (What::Delete, None) => None,
            (What::Delete, Some(_)) => {
                *set = None;
                Some(RecordEdit::Delete(key.clone()))
            }
            (What::Extend(ttl, _) | What::Prune(ttl, _), Some((has, _)))
                if other_ttl(ttl, *has) =>
            {
                self.errors.push(format!(
                    "{label}: the RRset has a TTL of {has}; REPLACE changes that"
                ));
                None
            }
            (What::Extend(_, rdata), Some((_, all))) => {
                all.insert(rdata.clone()).then(|| RecordEdit::Add {
                    key: key.clone(),
                    ttl: None,
                    rdata: rdata.clone(),
                })
            }
            (What::Extend(None, _), None) => {
                self.errors
                    .push(format!("{label}: the RRset is new, so that it needs a ttl"));
                None
            }
            (What::Extend(ttl, rdata), None) => {
                *set = Some((ttl.unwrap_or_default(), BTreeSet::from([rdata.clone()])));
                Some(RecordEdit::Add {
                    key: key.clone(),
                    ttl: *ttl,
                    rdata: rdata.clone(),
                })
            }
            (What::Prune(..), None) => None,
            (What::Prune(_, rdata), Some((_, all))) => {
                let removed = all.remove(rdata);
                if all.is_empty() {
                    *set = None;
                }
                removed.then(|| RecordEdit::Remove {
                    key: key.clone(),
                    rdata: rdata.clone(),
                })
            }
        };
        self.steps.extend(step);
    }

    /// Comments go with their RRset.
    fn comments(&mut self, sets: Vec<Requested>, attributes: &mut Attributes) {
        let mut comments = Comments::of(attributes);
        let before = comments.clone();
        for set in sets {
            if let Some(new) = set.comments {
                comments.set(&set.key, new);
            }
        }
        if !comments.is_empty() {
            for (key, _) in self.sets.iter().filter(|(_, set)| set.is_none()) {
                comments.set(key, Vec::new());
            }
        }
        if comments != before
            && let Err(error) = comments.keep(attributes)
        {
            self.errors.push(error);
        }
    }

    /// Whether an alias stands beside other data, or a type that is alone is not.
    ///
    /// In the store a higher layer would win over what was pushed. Who edits an RRset here is told instead, and
    /// has to say that the other one goes.
    fn aliases(&mut self) {
        let mut owners: Vec<&DomainName> = self.sets.keys().map(RrsetKey::owner).collect();
        owners.dedup();
        let mut errors = Vec::new();
        for owner in owners {
            let mut types: BTreeSet<Rtype> = self
                .zone
                .at(owner)
                .iter()
                .map(dadns_zone::Rrset::rtype)
                .collect();
            let touched = self.sets.iter().filter(|(key, _)| key.owner() == owner);
            for (key, set) in touched {
                match set {
                    Some((_, all)) => {
                        types.insert(key.rtype());
                        if all.len() > 1
                            && matches!(key.rtype(), Rtype::CNAME | Rtype::DNAME | Rtype::SOA)
                        {
                            errors.push(format!(
                                "RRset {} IN {}: there can be only one record of this type",
                                NameText(owner),
                                TypeName(key.rtype())
                            ));
                        }
                    }
                    None => {
                        types.remove(&key.rtype());
                    }
                }
            }
            let beside = |rtype: &&Rtype| {
                !matches!(**rtype, Rtype::CNAME | Rtype::RRSIG | Rtype::NSEC)
                    && rtype.to_int() != KEY
            };
            if types.contains(&Rtype::CNAME)
                && let Some(other) = types.iter().find(beside)
            {
                errors.push(format!(
                    "RRset {} IN CNAME: Conflicts with another RRset: there is {} too; delete one of them in the \
                     same request",
                    NameText(owner),
                    TypeName(*other)
                ));
            }
        }
        self.errors.append(&mut errors);
    }
}

/// Type KEY, which may stand beside a CNAME (RFC 2535 §2.3.5).
const KEY: u16 = 25;
