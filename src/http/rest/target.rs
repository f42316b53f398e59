//! Which zone a request is about, and which RRset of it.

use actix_web::HttpRequest;
use dadns_zone::{NameText, RrsetKey, Rtype, TypeName, ZoneName};

use super::Rest;
use crate::access::Principal;
use crate::http::problem::{Code, Problem};
use crate::records;
use crate::store::Store;

/// The zone of a request, as it names it.
#[derive(Debug, Clone)]
pub(super) enum Target {
    /// This one.
    Zone(ZoneName),
    /// The longest present one that this name ends in.
    Of(String),
}

impl Target {
    /// The zone that the query or `rest.zone` names.
    pub fn zone_of(request: &HttpRequest, rest: &Rest) -> Result<Self, Problem> {
        match asked(request)?.or_else(|| rest.zone.clone()) {
            Some(zone) => Ok(Self::Zone(zone)),
            None => Err(Problem::invalid("it names no zone")
                .hint("add ?zone=NAME to the address, or set rest.zone")),
        }
    }

    /// The zone that `name` is in: one without a final dot in that of the query or of `rest.zone`.
    pub fn of_name(request: &HttpRequest, rest: &Rest, name: &str) -> Result<Self, Problem> {
        if let Some(zone) = asked(request)? {
            return Ok(Self::Zone(zone));
        }
        match &rest.zone {
            Some(zone) if !name.ends_with('.') => Ok(Self::Zone(zone.clone())),
            _ => Ok(Self::Of(name.to_owned())),
        }
    }

    /// The name of a zone that is present and that `principal` sees.
    pub fn find(&self, store: &Store, principal: &Principal) -> Result<ZoneName, Problem> {
        match self {
            Self::Zone(name) => {
                let present = store.head(name)?.is_some_and(|head| head.present);
                match present && principal.sees(name) {
                    true => Ok(name.clone()),
                    false => Err(no_zone(name)),
                }
            }
            Self::Of(name) => {
                if let Some(zone) = records::zone_of(store, principal, name)? {
                    return Ok(zone);
                }
                let detail = format!("{} is in no zone that is present", name.escape_default());
                Err(Problem::new(Code::UnknownZone, detail))
            }
        }
    }
}

/// The zone that the query names.
fn asked(request: &HttpRequest) -> Result<Option<ZoneName>, Problem> {
    let mut query = form_urlencoded::parse(request.query_string().as_bytes());
    let zone = query.find(|(name, value)| name == "zone" && !value.is_empty());
    let zone = zone.map(|(_, zone)| ZoneName::parse(zone.trim_end_matches('.')));
    Ok(zone.transpose()?)
}

/// The type of a path: its name in lower case.
pub(super) fn rtype(text: &str) -> Option<Rtype> {
    let plain = |octet: u8| octet.is_ascii_lowercase() || octet.is_ascii_digit() || octet == b'-';
    if text.is_empty() || !text.bytes().all(plain) {
        return None;
    }
    dadns_zone::record_type(text).ok()
}

/// The same, or that there is nothing at such a path.
pub(super) fn known(text: &str) -> Result<Rtype, Problem> {
    rtype(text).ok_or_else(|| Problem::new(Code::NotFound, "no type of records has this name"))
}

/// The RRset of `name`: without a final dot it is relative to `zone`, unless it ends in its name.
pub(super) fn key(zone: &ZoneName, name: &str, rtype: Rtype) -> Result<RrsetKey, Problem> {
    let name = owner(zone, name)?;
    records::rdata_key(zone, &name, &TypeName(rtype).to_string()).map_err(super::wrong)
}

/// A name as the reader of records takes it. It would take any octet; nobody means blanks or line ends.
pub(super) fn owner(zone: &ZoneName, name: &str) -> Result<String, Problem> {
    if !name.bytes().all(|octet| octet.is_ascii_graphic()) {
        return Err(super::wrong(
            "the name has characters other than printable ASCII without blanks",
        ));
    }
    let (lower, zone) = (name.to_ascii_lowercase(), zone.as_str());
    let full = lower == zone
        || lower
            .strip_suffix(zone)
            .is_some_and(|rest| rest.ends_with('.'));
    Ok(match full {
        true => format!("{name}."),
        false => name.to_owned(),
    })
}

/// There is no such zone, or the principal does not see it.
pub(super) fn no_zone(name: &ZoneName) -> Problem {
    Problem::new(Code::UnknownZone, format!("zone {name} is not present"))
}

/// There is no such RRset.
pub(super) fn nothing(key: &RrsetKey) -> Problem {
    let detail = format!(
        "there is no {} record at {}",
        TypeName(key.rtype()),
        NameText(key.owner())
    );
    Problem::new(Code::NotFound, detail)
}
