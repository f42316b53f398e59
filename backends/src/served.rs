//! What a backend serves, against what it should.

use std::fmt;
use std::net::SocketAddr;

use dadns_zone::{Zone, ZoneName};
use futures_util::{StreamExt, stream};

use crate::dns::{self, Authority};
use crate::{Answers, BackendError, Unsupported};

/// How many zones of one slice a backend asks about at once.
const AT_ONCE: usize = 64;

/// What a backend should serve under a name.
#[derive(Debug, Clone, Copy)]
pub enum Expected<'a> {
    /// This zone.
    Present(&'a Zone),
    /// No zone of this name that dadns put there.
    Removed(&'a ZoneName),
}

impl<'a> Expected<'a> {
    /// `zone`, or that there is none called `name`.
    pub fn new(name: &'a ZoneName, zone: Option<&'a Zone>) -> Self {
        zone.map_or(Self::Removed(name), Self::Present)
    }

    /// The zone it is about.
    pub fn name(&self) -> &'a ZoneName {
        match self {
            Self::Present(zone) => zone.name(),
            Self::Removed(name) => name,
        }
    }

    /// The zone, unless it was removed.
    pub fn zone(&self) -> Option<&'a Zone> {
        match self {
            Self::Present(zone) => Some(zone),
            Self::Removed(_) => None,
        }
    }
}

/// How much of what is served is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// The SOA of the apex.
    Serial,
    /// And, where that has the serial that it should, every RRset.
    EveryRRset,
}

/// What a backend serves of a zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Served {
    /// The backend has no DNS address to ask, or its answers are known to say nothing about the zone.
    NotAsked,
    /// It does not serve the zone. Of a removed zone also: what it serves is not what dadns put there, such
    /// as a zone in another view, or an empty zone that the server makes up by itself.
    Absent,
    /// It serves the zone with this SOA serial. Its RRsets were not asked for.
    Serial(u32),
    /// It serves the zone with the serial that it should; each RRset was asked for, and this is how they are
    /// answered.
    RRsets(Answers),
    /// It knows the zone but cannot serve it: the response code, such as `SERVFAIL`.
    Broken(String),
    /// It has several servers, and they answer differently: what each says.
    Divided(String),
    /// Not all of its servers answer: what each says. The backend itself is not unavailable for that.
    Silent(String),
}

impl Served {
    /// Whether this is what should be served, as far as it was asked for.
    pub fn is(&self, expected: &Expected<'_>) -> bool {
        match (self, expected) {
            (Self::NotAsked, _) | (Self::Absent, Expected::Removed(_)) => true,
            (Self::Serial(serial), Expected::Present(zone)) => *serial == zone.serial(),
            (Self::RRsets(answers), Expected::Present(_)) => answers.fault().is_none(),
            _ => false,
        }
    }
}

impl fmt::Display for Served {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAsked => f.write_str("is not asked"),
            Self::Absent => f.write_str("does not serve the zone"),
            Self::Serial(serial) => write!(f, "answers with serial {serial}"),
            Self::RRsets(answers) => match answers.fault() {
                None => f.write_str("answers every RRset correctly"),
                Some(fault) => f.write_str(&fault),
            },
            Self::Broken(code) => write!(f, "answers {code}"),
            Self::Divided(answers) | Self::Silent(answers) => f.write_str(answers),
        }
    }
}

/// What the name server at `server` serves of a zone. `unserved`: what it is known not to serve.
pub(crate) async fn ask(
    server: SocketAddr,
    expected: Expected<'_>,
    how: Depth,
    unserved: &[Unsupported],
) -> Result<Served, BackendError> {
    let mut served = ask_all(server, &[expected], how, |_| unserved.to_vec()).await;
    served.swap_remove(0)
}

/// What the name server at `server` serves of each of `zones`. `unserved`: what of a zone it is known not to
/// serve.
pub(crate) async fn ask_all(
    server: SocketAddr,
    zones: &[Expected<'_>],
    how: Depth,
    unserved: impl Fn(&Zone) -> Vec<Unsupported>,
) -> Vec<Result<Served, BackendError>> {
    let authority = Authority::Required;
    let names: Vec<_> = zones.iter().map(Expected::name).collect();
    let serials = dns::serials(server, &names, authority).await;
    if how == Depth::Serial {
        return serials;
    }
    let unserved = &unserved;
    let asked = zones
        .iter()
        .zip(serials)
        .map(|(expected, serial)| async move {
            match (expected, serial) {
                (Expected::Present(zone), Ok(Served::Serial(serial)))
                    if serial == zone.serial() =>
                {
                    let answers = dns::compare(server, zone, authority, &unserved(zone)).await?;
                    Ok(Served::RRsets(answers))
                }
                (_, served) => served,
            }
        });
    at_once(asked.collect()).await
}

/// The results of all, in order; a bounded number is under way at once.
pub(crate) async fn at_once<F: Future>(work: Vec<F>) -> Vec<F::Output> {
    stream::iter(work).buffered(AT_ONCE).collect().await
}
