//! RRsets of requests: what clients write becomes changes of RRsets, or all that is wrong with it.

pub mod comments;
pub mod content;
mod judge;
pub mod patch;

use std::collections::BTreeSet;

use dadns_zone::{DomainName, MAX_TTL, Rdata, Rrset, RrsetKey, Rtype, ZoneName, record_type};
use jiff::Timestamp;
use serde_json::Value;

use super::body::{self, Object};
use super::id;
use comments::Comment;
pub use judge::{Change, judge};

/// What happens to one RRset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// It is this.
    Replace(Rrset),
    /// It is removed.
    Delete,
    /// One record is added.
    Extend(Option<u32>, Rdata),
    /// One record is removed.
    Prune(Option<u32>, Rdata),
    /// Its records stay.
    Keep,
}

/// One RRset of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requested {
    /// How errors name it.
    pub label: String,
    pub key: RrsetKey,
    pub what: What,
    /// Its comments from now on; `None`: as they are.
    pub comments: Option<Vec<Comment>>,
}

/// Reads the RRsets of a request.
pub struct Reader<'z> {
    zone: &'z ZoneName,
    apex: DomainName,
    now: Timestamp,
    /// Those that were read, with what happens to them.
    seen: BTreeSet<(String, String, String)>,
    pub read: Vec<Requested>,
    pub errors: Vec<String>,
}

impl<'z> Reader<'z> {
    pub fn new(zone: &'z ZoneName, now: Timestamp) -> Self {
        Self {
            zone,
            apex: zone.to_domain_name(),
            now,
            seen: BTreeSet::new(),
            read: Vec::new(),
            errors: Vec::new(),
        }
    }

    /// Reads all of `sets`; `whole`: each replaces the RRset, whatever its changetype.
    pub fn all(mut self, sets: &[Value], whole: bool) -> Result<Vec<Requested>, Vec<String>> {
        for set in sets {
            let read = match set.as_object() {
                Some(set) => self.one(set, whole),
                None => Err("an RRset is not an object".to_owned()),
            };
            match read {
                Ok(Some(requested)) => self.read.push(requested),
                Ok(None) => {}
                Err(error) => self.errors.push(error),
            }
        }
        match self.errors.is_empty() {
            true => Ok(self.read),
            false => Err(self.errors),
        }
    }

    fn one(&mut self, set: &Object, whole: bool) -> Result<Option<Requested>, String> {
        let name = body::required(set, "name")?;
        let given = body::required(set, "type")?.to_ascii_uppercase();
        let label = format!("RRset {name} IN {given}");
        let wrong = |error: String| format!("{label}: {error}");
        let changetype = match whole {
            true => "REPLACE".to_owned(),
            false => body::required(set, "changetype")
                .map_err(wrong)?
                .to_ascii_uppercase(),
        };
        if !name.ends_with('.') {
            return Err(format!(
                "{label}: DNS Name '{name}' is not canonical: it has no final dot"
            ));
        }
        let rtype =
            record_type(&given).map_err(|error| format!("{label}: unknown type given: {error}"))?;
        let deletes = changetype == "DELETE";
        let owner =
            dadns_zone::owner_name(self.zone, name).map_err(|error| wrong(error.to_string()))?;
        // What is not there needs no deletion, not even what could not be there.
        let inside = owner.ends_with(&self.apex);
        if deletes && !inside {
            return Ok(None);
        }
        if !inside {
            return Err(format!(
                "{label}: Name is out of zone {}",
                id::dotted(self.zone)
            ));
        }
        if !deletes && !is_plain(name) {
            return Err(format!(
                "{label}: name contains unsupported characters: it may have letters, digits, '_', '/', '-' and a \
                 leading '*.'"
            ));
        }
        let key = RrsetKey::new(&owner, rtype);
        let amends = matches!(changetype.as_str(), "EXTEND" | "PRUNE");
        let known = (name.to_ascii_lowercase(), given.clone(), changetype.clone());
        if !self.seen.insert(known) && !amends {
            return Err(format!("Duplicate {label} with changetype: {changetype}"));
        }
        let what = match changetype.as_str() {
            "DELETE" => What::Delete,
            "REPLACE" => self.replace(set, &label, &key)?,
            "EXTEND" | "PRUNE" => {
                let ttl = ttl(set).map_err(wrong)?;
                let rdata = match self.records(set, &label, rtype)? {
                    Some(rdata) if rdata.len() == 1 => rdata.into_iter().next(),
                    _ => None,
                };
                let rdata = rdata.ok_or_else(|| {
                    format!("{label}: exactly one record has to be provided for {changetype}")
                })?;
                match changetype == "EXTEND" {
                    true => What::Extend(ttl, rdata),
                    false => What::Prune(ttl, rdata),
                }
            }
            other => {
                return Err(format!(
                    "{label}: changetype '{other}' is not REPLACE, DELETE, EXTEND or PRUNE"
                ));
            }
        };
        let comments = match body::list(set, "comments").map_err(wrong)? {
            Some(comments) if !deletes => Some(comments::read(comments, self.now).map_err(wrong)?),
            _ => None,
        };
        if what == What::Keep && comments.is_none() {
            return Err(format!(
                "{label}: No change: neither 'records' nor 'comments' are an array"
            ));
        }
        Ok(Some(Requested {
            label,
            key,
            what,
            comments,
        }))
    }

    fn replace(&mut self, set: &Object, label: &str, key: &RrsetKey) -> Result<What, String> {
        let Some(rdata) = self.records(set, label, key.rtype())? else {
            return Ok(What::Keep);
        };
        let ttl = ttl(set).map_err(|error| format!("{label}: {error}"))?;
        let ttl = ttl.ok_or_else(|| format!("{label}: Key 'ttl' not present or not an Integer"))?;
        if rdata.is_empty() {
            return Ok(What::Delete);
        }
        let set = Rrset::new(key.owner(), key.rtype(), ttl, rdata);
        set.map(What::Replace)
            .map_err(|error| format!("{label}: {error}"))
    }

    /// The records of an RRset; `None`: it has no such list.
    fn records(
        &mut self,
        set: &Object,
        label: &str,
        rtype: Rtype,
    ) -> Result<Option<Vec<Rdata>>, String> {
        let Some(records) =
            body::list(set, "records").map_err(|error| format!("{label}: {error}"))?
        else {
            return Ok(None);
        };
        let mut all = Vec::with_capacity(records.len());
        let mut seen = BTreeSet::new();
        for record in records {
            match self.record(record, rtype) {
                Ok(rdata) => {
                    if !seen.insert(rdata.clone()) {
                        let content = content::write(rtype, &rdata);
                        self.errors.push(format!(
                            "{label}: Duplicate record with content \"{content}\""
                        ));
                    }
                    all.push(rdata);
                }
                Err(error) => self.errors.push(format!("{label}: {error}")),
            }
        }
        // What is wrong with one record is no error of the number of records.
        match all.len() == records.len() {
            true => Ok(Some(all)),
            false => Err(self.errors.pop().unwrap_or_default()),
        }
    }

    fn record(&self, record: &Value, rtype: Rtype) -> Result<Rdata, String> {
        let record = record.as_object().ok_or("a record is not an object")?;
        let content = body::required(record, "content")?;
        if record.contains_key("priority") {
            return Err(
                "`priority` element is not allowed in record: it is part of the content".into(),
            );
        }
        if body::flag(record, "disabled")? == Some(true) {
            return Err(format!(
                "Record '{content}' is disabled: this server keeps no records that it does not serve"
            ));
        }
        let read = content::read(self.zone, rtype, content);
        read.map_err(|error| format!("Record '{content}': {error}"))
    }
}

/// Letters, digits, `_`, `/`, `.`, `-`, and `*.` in front.
fn is_plain(name: &str) -> bool {
    let rest = name.strip_prefix("*.").unwrap_or(name);
    let plain = |octet: u8| octet.is_ascii_alphanumeric() || b"_/.-".contains(&octet);
    rest.bytes().all(plain)
}

/// The TTL of an RRset: a number, or one as text.
fn ttl(set: &Object) -> Result<Option<u32>, String> {
    let number = match set.get("ttl") {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Number(number)) => number.as_u64(),
        Some(Value::String(text)) => text.trim().parse().ok(),
        Some(_) => None,
    };
    let ttl = number.and_then(|number| u32::try_from(number).ok());
    match ttl.filter(|ttl| *ttl <= MAX_TTL) {
        Some(ttl) => Ok(Some(ttl)),
        None => Err(format!(
            "Key 'ttl' is not a number of seconds from 0 to {MAX_TTL}"
        )),
    }
}
