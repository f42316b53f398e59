//! Asks instances how they are: over HTTP or gRPC, or whether a port takes connections.
//!
//! Whoever registers says where to ask, so that every target is hostile: only networks of `registry.probe_networks` are
//! asked, and neither link-local addresses, where clouds keep secrets, nor ports of the gateway itself. A name is
//! resolved for each probe, and the address that was judged is the one that is asked. No redirect is followed, and
//! nothing is run. A resolver may take its time, on threads that the store needs too: few names are looked up at once.

mod grpc;
mod http;
#[cfg(test)]
mod tests;
mod tls;

use std::collections::HashSet;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs, UdpSocket};
use std::sync::Arc;
use std::time::Duration;

use ipnet::IpNet;
use parking_lot::Mutex;
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::Registry;
use super::rules::{Key, Probe, Status, Target};
pub(super) use tls::Trust;

/// How many probes are under way at once.
const AT_ONCE: usize = 200;

/// How many names are looked up at once. Each has a thread until the resolver of the system returns, even when its probe
/// has been given up.
const LOOKUPS: usize = 16;

/// Where clouds keep the secrets of a machine, besides link-local addresses: AWS, Google, Azure, Alibaba, Oracle.
const METADATA: &[IpAddr] = &[
    IpAddr::V6(Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254)),
    IpAddr::V6(Ipv6Addr::new(0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254)),
    IpAddr::V4(Ipv4Addr::new(168, 63, 129, 16)),
    IpAddr::V4(Ipv4Addr::new(100, 100, 100, 200)),
    IpAddr::V4(Ipv4Addr::new(192, 0, 0, 192)),
];

/// Asks.
#[derive(Debug, Clone)]
pub(super) struct Prober(Arc<Rules>);

#[derive(Debug)]
struct Rules {
    networks: Vec<IpNet>,
    /// The ports of the gateway, which is not asked.
    own: Vec<u16>,
    trust: Arc<Trust>,
    most: Semaphore,
    lookups: Arc<Semaphore>,
    resolve: Resolve,
    /// Whose probe waits or runs. One that is due again meanwhile is left out: behind a network that answers nothing
    /// more would begin than end.
    under_way: Mutex<HashSet<(Key, String)>>,
}

/// A probe that waits or runs, until it is dropped.
struct UnderWay(Prober, (Key, String));

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.0.under_way.lock().remove(&self.1);
    }
}

/// Finds the first address of `HOST:PORT`; it may block.
type Resolve = fn(&str) -> io::Result<Option<SocketAddr>>;

/// The right to look a name up.
type Lookup = Option<OwnedSemaphorePermit>;

/// Whether the address of a target has to be looked up.
fn is_named(target: &Target) -> bool {
    let is_name = |endpoint: &str| endpoint.parse::<SocketAddr>().is_err();
    match target {
        Target::Tcp(endpoint) | Target::Grpc { endpoint, .. } => is_name(endpoint),
        Target::Http { url, .. } => {
            http::Parts::of(url).is_ok_and(|parts| is_name(&parts.endpoint))
        }
    }
}

/// What a probe found.
type Found = (Status, String);

impl Prober {
    /// Asks in these networks, and not at these ports of this machine.
    pub fn new(networks: &[IpNet], own: Vec<u16>, trust: Arc<Trust>) -> Self {
        Self(Arc::new(Rules {
            networks: networks.to_vec(),
            own,
            trust,
            most: Semaphore::new(AT_ONCE),
            lookups: Arc::new(Semaphore::new(LOOKUPS)),
            resolve: |endpoint| Ok(endpoint.to_socket_addrs()?.next()),
            under_way: Mutex::default(),
        }))
    }

    /// Asks, and tells the registry what it found.
    pub fn start(&self, registry: &Registry, key: Key, check: String, probe: Probe) {
        let name = (key.clone(), check.clone());
        if !self.0.under_way.lock().insert(name.clone()) {
            return;
        }
        let (prober, registry) = (self.clone(), registry.clone());
        let under_way = UnderWay(self.clone(), name);
        tokio::spawn(async move {
            let _under_way = under_way;
            let Ok(_permit) = prober.0.most.acquire().await else {
                return;
            };
            // Not asked at all says nothing of it.
            let Some((status, output)) = prober.ask(&probe).await else {
                return;
            };
            registry.shared.counts.probed(&probe.target, status);
            let told = registry.step(|book, now| {
                book.probed(now, &key, &check, status, &output);
                Ok(())
            });
            if let Err(error) = told.await {
                crate::logging::warning!("registry: what a probe of {key} found is lost: {error}");
            }
        });
    }

    /// What is found; `None`: names of others were looked up all the time.
    async fn ask(&self, probe: &Probe) -> Option<Found> {
        let lookup = match is_named(&probe.target) {
            true => {
                let free = Arc::clone(&self.0.lookups).acquire_owned();
                let free = tokio::time::timeout(probe.timeout, free).await;
                Some(free.ok()?.ok()?)
            }
            false => None,
        };
        let asked = self.ask_target(&probe.target, lookup);
        Some(match tokio::time::timeout(probe.timeout, asked).await {
            Ok(Ok(found)) => found,
            Ok(Err(why)) => (Status::Critical, why),
            Err(_) => {
                let seconds = probe.timeout.as_secs_f32();
                (Status::Critical, format!("no answer within {seconds} s"))
            }
        })
    }

    async fn ask_target(&self, target: &Target, lookup: Lookup) -> Result<Found, String> {
        match target {
            Target::Tcp(endpoint) => {
                self.connect(endpoint, lookup).await?;
                let output = format!("TCP connect {endpoint}: Success");
                Ok((Status::Passing, output))
            }
            Target::Http {
                url,
                method,
                headers,
                body,
                tls,
            } => {
                let parts = http::Parts::of(url).map_err(str::to_owned)?;
                let stream = self.connect(&parts.endpoint, lookup).await?;
                if !parts.is_tls {
                    return http::ask(stream, &parts, method, headers, body).await;
                }
                let trust = &self.0.trust;
                let shaken = trust.shake_hands(stream, tls, &parts.endpoint, None);
                http::ask(shaken.await?, &parts, method, headers, body).await
            }
            Target::Grpc {
                endpoint,
                service,
                tls,
            } => {
                let stream = self.connect(endpoint, lookup).await?;
                let Some(tls) = tls else {
                    return grpc::ask(stream, endpoint, service, false).await;
                };
                let shaken = self.0.trust.shake_hands(stream, tls, endpoint, Some(b"h2"));
                grpc::ask(shaken.await?, endpoint, service, true).await
            }
        }
    }

    async fn connect(&self, endpoint: &str, lookup: Lookup) -> Result<TcpStream, String> {
        let failed = |error: io::Error| format!("{endpoint}: {error}");
        let address = match endpoint.parse() {
            Ok(address) => Some(address),
            Err(_) => self.resolved(endpoint, lookup).await.map_err(failed)?,
        };
        let address = address.ok_or_else(|| format!("{endpoint} has no address"))?;
        self.judge(address)?;
        TcpStream::connect(address).await.map_err(failed)
    }

    async fn resolved(&self, endpoint: &str, lookup: Lookup) -> io::Result<Option<SocketAddr>> {
        let (resolve, endpoint) = (self.0.resolve, endpoint.to_owned());
        let resolved = tokio::task::spawn_blocking(move || {
            let _until_it_returns = lookup;
            resolve(&endpoint)
        });
        resolved.await.map_err(io::Error::other)?
    }

    /// Whether an address may be asked.
    fn judge(&self, address: SocketAddr) -> Result<(), String> {
        let ip = address.ip().to_canonical();
        let refused = |why: &str| Err(format!("{ip} is not asked: {why}"));
        if is_link_local(ip) || METADATA.contains(&ip) || ip.is_unspecified() || ip.is_multicast() {
            return refused("it is link-local, or no address of a host");
        }
        if !self.0.networks.iter().any(|network| network.contains(&ip)) {
            return refused("it is in no network of registry.probe_networks");
        }
        match self.0.own.contains(&address.port()) && is_own(ip) {
            true => refused("it is the gateway itself"),
            false => Ok(()),
        }
    }
}

fn is_link_local(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => ip.is_link_local() || ip.is_broadcast(),
        IpAddr::V6(ip) => ip.is_unicast_link_local(),
    }
}

/// Whether an address is one of this machine: only these can be bound.
fn is_own(ip: IpAddr) -> bool {
    UdpSocket::bind((ip, 0)).is_ok()
}

/// The shortest and the longest that a probe may ask for.
pub fn interval(asked: Duration) -> Duration {
    asked.clamp(Duration::from_secs(1), Duration::from_secs(86_400))
}
