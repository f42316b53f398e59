//! Where a principal may make use of its rights.

use std::collections::HashSet;
use std::fmt;
use std::net::IpAddr;

use dadns_zone::{DomainName, Excerpt, NameText, RrsetKey, Rtype, TypeName, ZoneName};
use ipnet::IpNet;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::pattern::{NamePattern, ZonePattern};
use super::{Right, Rights};

/// How many patterns or types a refusal lists.
const LISTED: usize = 8;

/// What a token or key may do, as an operator writes it; [`Scope::read`] reads it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Grant {
    /// Patterns of zones; at least one. `*`: all zones.
    pub zones: Vec<String>,
    /// Patterns of owner names. Empty or `*`: all names.
    pub names: Vec<String>,
    /// Types of records. Empty or `*`: all types.
    pub types: Vec<String>,
    /// `read`, `edit`, `create`, `delete`, `operate`; at least one.
    pub actions: Vec<String>,
    /// The networks that it may be used from. Empty: any.
    pub from: Vec<String>,
    /// The highest TTL of records that it may write, in seconds.
    pub ttl_max: Option<u32>,
    /// When it ends.
    pub expires: Option<Timestamp>,
}

impl Grant {
    /// What an ACME client needs: the TXT records of challenges in these zones.
    pub fn acme(zones: Vec<String>) -> Self {
        let own = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        Self {
            zones,
            names: own(&["_acme-challenge", "_acme-challenge.*"]),
            types: own(&["TXT"]),
            actions: own(&["read", "edit"]),
            ..Self::default()
        }
    }
}

/// The zones, names, types and TTLs that a token or key is limited to, from where, and until when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    rights: Rights,
    zones: Vec<ZonePattern>,
    /// Those of them that name one zone: some tokens have thousands.
    named: HashSet<String>,
    /// Those that name more.
    wide: Vec<ZonePattern>,
    /// Empty: all.
    names: Vec<NamePattern>,
    /// Empty: all.
    types: Vec<Rtype>,
    /// Empty: any.
    from: Vec<IpNet>,
    ttl_max: Option<u32>,
    expires: Option<Timestamp>,
}

/// A part of a grant that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{part}: {}{why}", value.as_ref().map(|value| format!("{value} is refused: ")).unwrap_or_default())]
pub struct ScopeError {
    /// The part: `zones`, `names`, `types`, `actions` or `from`.
    pub part: &'static str,
    /// What stands there.
    pub value: Option<Excerpt>,
    /// Why it is refused.
    pub why: String,
}

/// All that is wrong with a grant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScopeErrors(pub Vec<ScopeError>);

impl std::error::Error for ScopeErrors {}

impl fmt::Display for ScopeErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let errors: Vec<_> = self.0.iter().map(ToString::to_string).collect();
        f.write_str(&errors.join("; "))
    }
}

/// Why a token or key cannot be used here and now.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotAdmitted {
    /// Its time is over.
    #[error("it expired at {0}")]
    Expired(Timestamp),
    /// It is used from elsewhere.
    #[error("it may not be used from {0}")]
    From(IpAddr),
}

impl Scope {
    /// Reads what an operator wrote.
    ///
    /// # Errors
    /// All that is wrong with it.
    pub fn read(grant: &Grant) -> Result<Self, ScopeErrors> {
        let mut errors = Vec::new();
        let zones = all(&grant.zones, "zones", &mut errors, |text| {
            ZonePattern::read(text).map_err(str::to_owned)
        });
        if grant.zones.is_empty() {
            errors.push(missing("zones", "there have to be some; * means all zones"));
        }
        let mut names = all(&grant.names, "names", &mut errors, |text| {
            NamePattern::read(text).map_err(str::to_owned)
        });
        if names.iter().any(NamePattern::is_all) {
            names.clear();
        }
        let types = match grant.types.iter().any(|text| text == "*") {
            true => Vec::new(),
            false => all(&grant.types, "types", &mut errors, read_type),
        };
        let from = all(&grant.from, "from", &mut errors, |text| {
            let network = text
                .parse()
                .or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
            network.map_err(|_| "an IP address or network".to_owned())
        });
        let mut rights = Rights::NONE;
        for action in all(&grant.actions, "actions", &mut errors, read_action) {
            rights = action
                .iter()
                .fold(rights, |rights, right| rights.with(*right));
        }
        if grant.actions.is_empty() {
            let why = "there has to be one of read, edit, create, delete and operate";
            errors.push(missing("actions", why));
        }
        if !errors.is_empty() {
            return Err(ScopeErrors(errors));
        }
        Ok(Self {
            rights,
            named: zones
                .iter()
                .filter_map(|pattern| pattern.one().map(str::to_owned))
                .collect(),
            wide: zones
                .iter()
                .filter(|pattern| pattern.one().is_none())
                .cloned()
                .collect(),
            zones,
            names,
            types,
            from,
            ttl_max: grant.ttl_max,
            expires: grant.expires,
        })
    }

    /// What may be done there.
    pub fn rights(&self) -> Rights {
        self.rights
    }

    /// When it ends.
    pub fn expires(&self) -> Option<Timestamp> {
        self.expires
    }

    /// Whether it may be used from `address` at `now`. Doors ask this once for each request.
    ///
    /// # Errors
    /// Why it may not.
    pub fn admits(&self, address: IpAddr, now: Timestamp) -> Result<(), NotAdmitted> {
        if let Some(expires) = self.expires.filter(|expires| *expires <= now) {
            return Err(NotAdmitted::Expired(expires));
        }
        let address = address.to_canonical();
        match self.from.is_empty() || self.from.iter().any(|net| net.contains(&address)) {
            true => Ok(()),
            false => Err(NotAdmitted::From(address)),
        }
    }

    /// Whether lists show `zone`. As [`allows_zone`](Self::allows_zone) of [`Right::Read`], without the words: a list
    /// asks it of every zone.
    pub(super) fn shows(&self, zone: &ZoneName) -> bool {
        let wide = || self.wide.iter().any(|pattern| pattern.matches(zone));
        self.named.contains(zone.as_str()) || wide()
    }

    /// Whether it covers `zone`; what concerns a zone as a whole also needs all names and types.
    ///
    /// # Errors
    /// Where it ends.
    pub(super) fn allows_zone(&self, right: Right, zone: &ZoneName) -> Result<(), String> {
        if !self.shows(zone) {
            let zones = listed(&self.zones);
            return Err(format!("zone {zone} is not among its zones ({zones})"));
        }
        self.allows_whole_zones(right)
    }

    /// Whether it covers the gateway as a whole.
    ///
    /// # Errors
    /// Where it ends.
    pub(super) fn allows_everywhere(&self, right: Right) -> Result<(), String> {
        if !self.zones.iter().any(ZonePattern::is_all) {
            let zones = listed(&self.zones);
            return Err(format!("that takes all zones, and it has some ({zones})"));
        }
        self.allows_whole_zones(right)
    }

    fn allows_whole_zones(&self, right: Right) -> Result<(), String> {
        let whole = !matches!(right, Right::Read | Right::Edit);
        match whole && !(self.names.is_empty() && self.types.is_empty()) {
            true => Err("that concerns whole zones, and it has some names or types only".into()),
            false => Ok(()),
        }
    }

    /// Whether it covers an RRset, with this TTL where the edit says one.
    ///
    /// # Errors
    /// Where it ends.
    pub(super) fn allows_edit(
        &self,
        zone: &ZoneName,
        key: &RrsetKey,
        ttl: Option<u32>,
    ) -> Result<(), String> {
        let (owner, rtype): (&DomainName, _) = (key.owner(), key.rtype());
        let matches = |pattern: &NamePattern| pattern.matches(zone, owner);
        if !self.names.is_empty() && !self.names.iter().any(matches) {
            let (owner, names) = (NameText(owner), listed(&self.names));
            return Err(format!(
                "owner name {owner} is not among its names ({names})"
            ));
        }
        if !self.types.is_empty() && !self.types.contains(&rtype) {
            let types: Vec<_> = self.types.iter().map(|rtype| TypeName(*rtype)).collect();
            let (rtype, types) = (TypeName(rtype), listed(&types));
            return Err(format!("type {rtype} is not among its types ({types})"));
        }
        match (ttl, self.ttl_max) {
            (Some(ttl), Some(most)) if ttl > most => {
                Err(format!("a TTL of {ttl} is above its limit of {most}"))
            }
            _ => Ok(()),
        }
    }
}

/// Reads each of `texts`; what cannot be read is noted in `errors`.
fn all<T>(
    texts: &[String],
    part: &'static str,
    errors: &mut Vec<ScopeError>,
    read: impl Fn(&str) -> Result<T, String>,
) -> Vec<T> {
    let read = |text: &String| match read(text.trim()) {
        Ok(read) => Some(read),
        Err(why) => {
            let value = Some(Excerpt::new(text.as_bytes()));
            errors.push(ScopeError { part, value, why });
            None
        }
    };
    texts.iter().filter_map(read).collect()
}

fn missing(part: &'static str, why: &str) -> ScopeError {
    ScopeError {
        part,
        value: None,
        why: why.to_owned(),
    }
}

/// A type that records can have.
///
/// # Errors
/// That it is none.
pub fn read_type(text: &str) -> Result<Rtype, String> {
    let unknown = || "it is no type of records; an unknown one is written as TYPE123".to_owned();
    let rtype: Rtype = text.to_ascii_uppercase().parse().map_err(|_| unknown())?;
    match rtype.to_int() {
        // OPT and the types of queries, which no zone has (RFC 6895 §3.1).
        0 | 41 | 128..=255 => Err(unknown()),
        _ => Ok(rtype),
    }
}

fn read_action(text: &str) -> Result<&'static [Right], String> {
    Ok(match text.to_ascii_lowercase().as_str() {
        "read" => &[Right::Read],
        "edit" => &[Right::Edit],
        "create" => &[Right::Create],
        "delete" => &[Right::Delete],
        "operate" => &[Right::Operate, Right::Decide],
        _ => return Err("actions are read, edit, create, delete and operate".to_owned()),
    })
}

/// The first of `items`, and how many more there are.
fn listed(items: &[impl fmt::Display]) -> String {
    let shown: Vec<_> = items.iter().take(LISTED).map(ToString::to_string).collect();
    let more = items.len() - shown.len();
    match more {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

#[cfg(test)]
mod tests;
