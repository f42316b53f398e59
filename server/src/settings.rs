//! What an operator can set of the built-in server, and how the texts of it read.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;
use std::time::Duration;

use dadns_dns::tsig::{KeyName, TsigKey, key_name};
use dadns_zone::ZoneName;
use ipnet::IpNet;

/// The port of DNS, where none is named.
const DNS_PORT: u16 = 53;

/// How the built-in server listens, what it limits, and which secondaries it serves.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The addresses to answer on, each over UDP and TCP.
    pub listen: Vec<SocketAddr>,
    /// What `version.bind` is answered with; `None`: it is refused.
    pub version: Option<String>,
    /// Limits on TCP connections.
    pub tcp: TcpLimits,
    /// Response rate limiting over UDP; `None`: answers are not limited.
    pub rate_limit: Option<RateLimit>,
    /// Who may transfer zones.
    pub allow_transfer: Vec<Allowed>,
    /// Who may update zones (RFC 2136). An entry without a key lets nobody.
    pub allow_update: Vec<Allowed>,
    /// The secondaries that hear of changes.
    pub notify: Vec<Secondary>,
    /// The keys that [`Allowed`] and [`Secondary`] name, and that any request may be signed with.
    pub tsig_keys: Vec<TsigKey>,
    /// The name of the catalog zone that lists all zones (RFC 9432); `None`: there is none.
    pub catalog_zone: Option<ZoneName>,
    /// Into which zones answers follow aliases and look for addresses.
    pub follow: Follow,
}

/// Into which of the zones here an answer goes on where a CNAME or DNAME leads into another, and where
/// addresses of the servers that it names come from.
///
/// Zones here belong to customers who need not know each other. One who puts up a zone of a name that is
/// not theirs would have the last word in the answers of all others that lead there. So an answer stays
/// in the zone of its question, and the resolver asks for the rest where the name is delegated to, as it
/// must anyway (RFC 5452 §6). BIND and Knot do the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Follow {
    /// Only the zone of the question.
    #[default]
    OwnZone,
    /// All zones, as RFC 1034 §4.3.2 has it of a server whose zones trust each other. So does NSD.
    All,
}

/// Limits on TCP connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TcpLimits {
    /// Most connections at once; for one that comes later, the one that is idle longest is closed.
    pub connections: usize,
    /// Most connections at once from one address (IPv6: one /64); those that come later are closed.
    pub connections_per_client: usize,
    /// How long a connection may lie idle, and how long one message may take either way.
    pub idle: Duration,
}

/// Response rate limiting: how many alike answers go to one network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RateLimit {
    /// Alike answers a second to one /24 (IPv6: one /56).
    pub responses_per_second: u32,
    /// Every how many-th answer over the limit is sent truncated instead of dropped, so that a real
    /// resolver comes back over TCP; 0: all are dropped.
    pub slip: u32,
    /// Networks that are not limited.
    pub exempt: Vec<IpNet>,
}

/// Who may transfer or update zones: `NETWORK`, or `NETWORK KEY` where requests have to be signed, too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allowed {
    /// Where requests come from. An address stands for itself alone.
    pub network: IpNet,
    /// The name of the key that they have to be signed with.
    pub key: Option<KeyName>,
}

/// A secondary to notify: `ADDRESS` or `ADDRESS:PORT`, with ` KEY` where notifies are signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Secondary {
    /// Where it listens.
    pub address: SocketAddr,
    /// The name of the key that it wants notifies signed with.
    pub key: Option<KeyName>,
}

/// A text that does not read; the message says what was expected and never repeats a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SettingError(&'static str);

const ALLOWED: SettingError = SettingError(
    "an address or a network such as 192.0.2.7 or 192.0.2.0/24, followed by a space and the name of a \
     TSIG key where requests must be signed",
);
const SECONDARY: SettingError = SettingError(
    "an address such as 192.0.2.53, [2001:db8::53]:5353 or 192.0.2.53:5353, followed by a space and the \
     name of a TSIG key where NOTIFY must be signed",
);
const FOLLOW: SettingError = SettingError("own_zone or all");

impl FromStr for Allowed {
    type Err = SettingError;

    fn from_str(text: &str) -> Result<Self, SettingError> {
        let (network, key) = with_key(text, ALLOWED)?;
        let single = |_| network.parse::<IpAddr>().map(IpNet::from);
        let network: IpNet = network.parse().or_else(single).map_err(|_| ALLOWED)?;
        Ok(Self { network, key })
    }
}

impl fmt::Display for Allowed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.network)?;
        self.key.iter().try_for_each(|key| write!(f, " {key}"))
    }
}

impl FromStr for Secondary {
    type Err = SettingError;

    fn from_str(text: &str) -> Result<Self, SettingError> {
        let (address, key) = with_key(text, SECONDARY)?;
        let bare = |_| address.parse().map(|ip: IpAddr| (ip, DNS_PORT).into());
        let address: SocketAddr = address.parse().or_else(bare).map_err(|_| SECONDARY)?;
        if address.port() == 0 {
            return Err(SECONDARY);
        }
        Ok(Self { address, key })
    }
}

impl fmt::Display for Secondary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.address)?;
        self.key.iter().try_for_each(|key| write!(f, " {key}"))
    }
}

impl FromStr for Follow {
    type Err = SettingError;

    fn from_str(text: &str) -> Result<Self, SettingError> {
        match text {
            "own_zone" => Ok(Self::OwnZone),
            "all" => Ok(Self::All),
            _ => Err(FOLLOW),
        }
    }
}

/// A text and the name of a key behind a space.
fn with_key(text: &str, error: SettingError) -> Result<(&str, Option<KeyName>), SettingError> {
    let mut words = text.split_ascii_whitespace();
    let first = words.next().ok_or(error.clone())?;
    let key = match words.next() {
        Some(name) => Some(key_name(name).ok_or(error.clone())?),
        None => None,
    };
    match words.next() {
        Some(_) => Err(error),
        None => Ok((first, key)),
    }
}
