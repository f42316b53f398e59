//! What of a zone is shown: all of it, one name, or none of its records; and no more than that is read.

use std::sync::Arc;

use actix_web::HttpRequest;
use dadns_zone::{DomainName, Rrset, Rtype, Zone, ZoneName};

use crate::http::powerdns::{Fault, body};
use crate::store::{Attributes, Head, Part, Served, Store, StoreError};

/// What of a zone is shown.
#[derive(Debug, Default)]
pub struct View {
    without_rrsets: bool,
    /// Whether it has the number of records.
    pub counted: bool,
    only: Option<Only>,
}

/// Only some RRsets.
#[derive(Debug)]
struct Only {
    owner: Option<DomainName>,
    /// `Some(None)`: a type that no zone has.
    rtype: Option<Option<Rtype>>,
}

impl View {
    /// What a request asks for.
    pub fn of(request: &HttpRequest, zone: &ZoneName) -> Result<Self, Fault> {
        let query = body::query(request);
        // Nothing is disabled here.
        body::parameter(&query, "include_disabled", true)?;
        let owner = match body::value(&query, "rrset_name") {
            None => None,
            Some(name) => {
                let owner =
                    dadns_zone::owner_name(zone, &format!("{}.", name.trim_end_matches('.')));
                Some(owner.map_err(|error| Fault::unprocessable(format!("rrset_name: {error}")))?)
            }
        };
        let rtype = body::value(&query, "rrset_type");
        let rtype = rtype.map(|rtype| dadns_zone::record_type(rtype).ok());
        let only = (owner.is_some() || rtype.is_some()).then_some(Only { owner, rtype });
        Ok(Self {
            without_rrsets: !body::parameter(&query, "rrsets", true)?,
            counted: body::parameter(&query, "record_count", false)?,
            only,
        })
    }
}

/// A zone that is present, as far as it is shown.
#[derive(Debug)]
pub struct Seen {
    pub head: Head,
    pub attributes: Attributes,
    pub is_signed: bool,
    pub rrsets: Rrsets,
}

/// The RRsets of it that are shown.
#[derive(Debug)]
pub enum Rrsets {
    None,
    Some(Vec<Rrset>),
    All(Arc<Zone>),
}

impl View {
    /// What it shows of a zone; `None`: that is not present.
    pub fn read(&self, store: &Store, name: &ZoneName) -> Result<Option<Seen>, StoreError> {
        let of_part = |part: Part, rrsets: fn(Vec<Rrset>) -> Rrsets| Seen {
            head: part.head,
            attributes: part.attributes,
            is_signed: part.is_signed,
            rrsets: rrsets(part.sets),
        };
        let only = match &self.only {
            _ if self.without_rrsets => {
                let part = store.served_at(name, &name.to_domain_name())?;
                return Ok(part.map(|part| of_part(part, |_| Rrsets::None)));
            }
            Some(Only {
                owner: Some(owner),
                rtype,
            }) => {
                let part = store.served_at(name, owner)?;
                return Ok(part.map(|mut part| {
                    part.sets.retain(|set| fits(*rtype, set));
                    of_part(part, Rrsets::Some)
                }));
            }
            Some(Only { owner: None, rtype }) => Some(*rtype),
            None => None,
        };
        let Some(Served {
            head,
            zone,
            attributes,
        }) = store.served(name)?
        else {
            return Ok(None);
        };
        Ok(Some(Seen {
            is_signed: store.is_signed(name)?,
            head,
            attributes,
            rrsets: match only {
                Some(rtype) => {
                    let sets = zone.rrsets().iter();
                    Rrsets::Some(sets.filter(|set| fits(rtype, set)).cloned().collect())
                }
                None => Rrsets::All(zone),
            },
        }))
    }
}

/// Whether an RRset is of this type; `Some(None)`: one that no zone has; `None`: any.
fn fits(rtype: Option<Option<Rtype>>, set: &Rrset) -> bool {
    rtype.is_none_or(|rtype| rtype == Some(set.rtype()))
}
