//! Zones that are made here, without a master.

use dadns_zone::{Rrset, Rtype, Zone, ZoneError, ZoneName};
use jiff::Timestamp;

use super::Settings;
use super::text::{TextError, rrset};

/// Why a zone cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SoaError {
    /// Neither the request nor the configuration names a name server.
    #[error("the request names no name server, and records.nameservers is empty")]
    NoServers,
    /// A name server or a value of the SOA is none.
    #[error("the SOA or NS records cannot be made: {0}")]
    Text(TextError),
    /// The records are no zone.
    #[error("{}", listed(.0))]
    Zone(Vec<ZoneError>),
}

fn listed(errors: &[ZoneError]) -> String {
    let errors: Vec<_> = errors.iter().map(ToString::to_string).collect();
    errors.join("; ")
}

/// A zone of `rrsets`, with SOA and NS where these have none: NS from `servers`, or else from `settings`.
///
/// # Errors
/// Why it cannot be made.
pub fn new_zone(
    settings: &Settings,
    name: &ZoneName,
    servers: &[String],
    mut rrsets: Vec<Rrset>,
    now: Timestamp,
) -> Result<Zone, SoaError> {
    let has = |rrsets: &[Rrset], rtype| {
        let apex = name.to_domain_name();
        rrsets
            .iter()
            .any(|set| set.rtype() == rtype && *set.owner() == apex)
    };
    let read = |rtype, data: &[String]| {
        rrset(name, "@", rtype, settings.ttl, data).map_err(|errors| {
            let first = errors.into_iter().next().map(|(_, error)| error);
            first.map_or(SoaError::NoServers, SoaError::Text)
        })
    };
    if !has(&rrsets, Rtype::NS) {
        let servers = match servers {
            [] => settings.nameservers.as_slice(),
            servers => servers,
        };
        if servers.is_empty() {
            return Err(SoaError::NoServers);
        }
        let servers: Vec<_> = servers.iter().map(|server| absolute(server)).collect();
        rrsets.push(read("NS", &servers)?);
    }
    if !has(&rrsets, Rtype::SOA) {
        let primary = match &settings.soa_primary {
            Some(primary) => absolute(primary),
            None => first_server(name, &rrsets).ok_or(SoaError::NoServers)?,
        };
        let Settings {
            soa_contact,
            soa_refresh,
            soa_retry,
            soa_expire,
            soa_minimum,
            ..
        } = settings;
        let serial = now.strftime("%Y%m%d01");
        let soa = format!(
            "{primary} {soa_contact} {serial} {soa_refresh} {soa_retry} {soa_expire} {soa_minimum}"
        );
        rrsets.push(read("SOA", &[soa])?);
    }
    Zone::checked(name.clone(), rrsets).map_err(SoaError::Zone)
}

/// Name servers are named in full.
fn absolute(name: &str) -> String {
    format!("{}.", name.trim_end_matches('.'))
}

fn first_server(name: &ZoneName, rrsets: &[Rrset]) -> Option<String> {
    let apex = name.to_domain_name();
    let set = rrsets
        .iter()
        .find(|set| set.rtype() == Rtype::NS && *set.owner() == apex)?;
    let first = set.rdata().first()?;
    Some(dadns_zone::presentation(Rtype::NS, first).to_string())
}
