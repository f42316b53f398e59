//! Edits of records as requests have them: read whole, with all that is wrong at once.

use dadns_zone::{Rrset, RrsetKey, Zone, ZoneName};
use jiff::Timestamp;

use super::shape::{Change, Changes, NewRrset, NewZone, Op};
use crate::http::problem::shape::RecordError;
use crate::http::problem::{Code, Problem};
use crate::records::{self, SoaError, TextError, rdata, rdata_key, rrset};
use crate::store::{RecordEdit, Standing};

/// One change that has been read.
#[derive(Clone)]
pub(super) enum Step {
    /// As the store takes it.
    Is(RecordEdit),
    /// An RRset whose TTL is the one that it has.
    Replace(RrsetKey, Vec<dadns_zone::Rdata>),
}

impl Step {
    /// What it comes to in a zone as it stands.
    pub fn at(self, standing: &Standing<'_>, default: u32) -> Option<RecordEdit> {
        match self {
            // What a scope says of TTLs holds for the default as well.
            Self::Is(RecordEdit::Add {
                key,
                ttl: None,
                rdata,
            }) if standing.zone.get(key.owner(), key.rtype()).is_none() => Some(RecordEdit::Add {
                key,
                ttl: Some(default),
                rdata,
            }),
            Self::Is(edit) => Some(edit),
            Self::Replace(key, data) => {
                let present = standing.zone.get(key.owner(), key.rtype());
                let ttl = present.map_or(default, Rrset::ttl);
                let set = Rrset::new(key.owner(), key.rtype(), ttl, data);
                set.ok().map(RecordEdit::Replace)
            }
        }
    }

    /// As the scope of a token judges it: what a TTL is taken from does not matter there.
    pub fn judged(&self) -> RecordEdit {
        match self {
            Self::Is(edit) => edit.clone(),
            Self::Replace(key, _) => RecordEdit::Delete(key.clone()),
        }
    }
}

/// The steps of a request.
pub(super) fn read(zone: &ZoneName, changes: &Changes) -> Result<Vec<Step>, Problem> {
    let mut steps = Vec::new();
    let mut errors = Vec::new();
    for (index, change) in changes.changes.iter().enumerate() {
        match steps_of(zone, change) {
            Ok(read) => steps.extend(read),
            Err(found) => errors.extend(found.into_iter().map(|(record, error)| RecordError {
                index: Some(index),
                name: Some(change.name.clone()),
                rtype: Some(change.rtype.clone()),
                record,
                detail: error,
            })),
        }
    }
    match errors.is_empty() {
        true => Ok(steps),
        false => Err(Problem::all(Code::InvalidRecords, errors)),
    }
}

/// What is wrong, each with the record that it is about.
type Errors = Vec<(Option<usize>, String)>;

fn steps_of(zone: &ZoneName, change: &Change) -> Result<Vec<Step>, Errors> {
    let Change {
        op,
        name,
        rtype,
        ttl,
        records,
    } = change;
    let takes_records = matches!(op, Op::Replace | Op::Add | Op::Remove);
    if takes_records && records.is_empty() {
        return Err(vec![(None, "this change needs records".to_owned())]);
    }
    if !takes_records && !records.is_empty() {
        return Err(vec![(None, "this change takes no records".to_owned())]);
    }
    let key = || rdata_key(zone, name, rtype).map_err(|error| vec![(None, error.to_string())]);
    let each = |step: &dyn Fn(RrsetKey, dadns_zone::Rdata) -> RecordEdit| {
        let mut steps = Vec::new();
        let mut errors = Vec::new();
        for (index, data) in records.iter().enumerate() {
            match rdata(zone, name, rtype, data) {
                Ok((key, rdata)) => steps.push(Step::Is(step(key, rdata))),
                Err(error) => errors.push((Some(index), error.to_string())),
            }
        }
        match errors.is_empty() {
            true => Ok(steps),
            false => Err(errors),
        }
    };
    match op {
        Op::Replace => {
            let set = rrset(zone, name, rtype, ttl.unwrap_or(0), records).map_err(worded)?;
            Ok(vec![match ttl {
                Some(_) => Step::Is(RecordEdit::Replace(set)),
                None => Step::Replace((&set).into(), set.rdata().to_vec()),
            }])
        }
        Op::Add => each(&|key, rdata| RecordEdit::Add {
            key,
            ttl: *ttl,
            rdata,
        }),
        Op::Remove => each(&|key, rdata| RecordEdit::Remove { key, rdata }),
        Op::Delete => Ok(vec![Step::Is(RecordEdit::Delete(key()?))]),
        Op::Release => Ok(vec![Step::Is(RecordEdit::Release(key()?))]),
    }
}

fn worded(errors: Vec<(Option<usize>, TextError)>) -> Errors {
    let errors = errors.into_iter();
    errors
        .map(|(record, error)| (record, error.to_string()))
        .collect()
}

/// The zone that a request creates.
pub(super) fn new_zone(
    settings: &records::Settings,
    name: &ZoneName,
    new: &NewZone,
) -> Result<Zone, Problem> {
    let mut rrsets = Vec::new();
    let mut errors = Vec::new();
    for (index, set) in new.rrsets.iter().enumerate() {
        let NewRrset {
            name: owner,
            rtype,
            ttl,
            records,
        } = set;
        match rrset(name, owner, rtype, ttl.unwrap_or(settings.ttl), records) {
            Ok(set) => rrsets.push(set),
            Err(found) => {
                errors.extend(
                    worded(found)
                        .into_iter()
                        .map(|(record, detail)| RecordError {
                            index: Some(index),
                            name: Some(owner.clone()),
                            rtype: Some(rtype.clone()),
                            record,
                            detail,
                        }),
                )
            }
        }
    }
    if !errors.is_empty() {
        return Err(Problem::all(Code::InvalidRecords, errors));
    }
    let made = records::new_zone(settings, name, &new.nameservers, rrsets, Timestamp::now());
    made.map_err(|error| {
        let details = match error {
            SoaError::Zone(errors) => errors.iter().map(ToString::to_string).collect(),
            error => vec![error.to_string()],
        };
        Problem::all(
            Code::InvalidRecords,
            details.into_iter().map(wrong).collect(),
        )
    })
}

/// Something that is wrong with all of them together.
pub(super) fn wrong(detail: String) -> RecordError {
    RecordError {
        detail,
        ..RecordError::default()
    }
}
