//! The DNS client, with the results of a backend.

use std::net::SocketAddr;

use dadns_dns::NoAnswer;
use dadns_zone::{Zone, ZoneName};

use crate::{Answers, BackendError, Served, Unsupported};

pub(crate) use dadns_dns::Authority;

/// What the name server at `server` answers for the SOA of `zone`; see [`dadns_dns::served`].
///
/// # Errors
/// [`BackendError::Unreachable`] when no usable answer comes.
pub(crate) async fn served(
    server: SocketAddr,
    zone: &ZoneName,
    authority: Authority,
) -> Result<Served, BackendError> {
    Ok(dadns_dns::served(server, zone, authority).await?.into())
}

/// What the name server at `server` answers for the SOA of each of `zones`; see [`dadns_dns::serials`].
///
/// # Errors
/// [`BackendError::Unreachable`] for each of which no usable answer comes.
pub(crate) async fn serials(
    server: SocketAddr,
    zones: &[&ZoneName],
    authority: Authority,
) -> Vec<Result<Served, BackendError>> {
    let served = dadns_dns::serials(server, zones, authority).await;
    served.into_iter().map(|one| Ok(one?.into())).collect()
}

/// Whether anything answers DNS at `server`.
///
/// # Errors
/// [`BackendError::Unreachable`] when nothing does.
pub(crate) async fn answers(server: SocketAddr) -> Result<(), BackendError> {
    Ok(dadns_dns::answers(server).await?)
}

/// What the name server at `server` answers for each RRset of `zone`; see [`dadns_dns::compare`].
///
/// # Errors
/// [`BackendError::Unreachable`] when the server does not answer.
pub(crate) async fn compare(
    server: SocketAddr,
    zone: &Zone,
    authority: Authority,
    unserved: &[Unsupported],
) -> Result<Answers, BackendError> {
    let unserved = unserved.iter().map(|one| one.record.as_str()).collect();
    Ok(dadns_dns::compare(server, zone, authority, &unserved).await?)
}

impl From<NoAnswer> for BackendError {
    fn from(NoAnswer { doing, cause }: NoAnswer) -> Self {
        Self::Unreachable { doing, cause }
    }
}

impl From<dadns_dns::Served> for Served {
    fn from(served: dadns_dns::Served) -> Self {
        match served {
            dadns_dns::Served::Absent => Self::Absent,
            dadns_dns::Served::Serial(serial) => Self::Serial(serial),
            dadns_dns::Served::Broken(code) => Self::Broken(code),
        }
    }
}
