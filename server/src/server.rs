//! The server as whoever runs it has it.

use std::collections::BTreeSet;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use dadns_zone::{Zone, ZoneName};
use tokio::task::JoinSet;

use crate::answer::respond::{Response, Transport};
use crate::image::zones::{Held, zone_name};
use crate::image::{Image, TooLarge};
use crate::limits::unsupported::{Unsupported, unsupported};
use crate::news::{Reused, Tell};
use crate::settings::Settings;
use crate::sockets::counters::Counts;
use crate::sockets::{Listening, NotListening, Sockets, tcp, udp};
use crate::state::{NotPut, Shared};

/// The pause before addresses that could not be listened on are tried again.
const LISTEN_PAUSE: Duration = Duration::from_secs(1);

/// The built-in server. Clones are the same server.
#[derive(Debug, Clone)]
pub struct Server(Arc<Shared>);

impl Server {
    /// Opens the sockets; [`run`](Self::run) answers what comes to them, and tries again to open them
    /// where that failed.
    pub fn open(settings: Settings) -> Self {
        Self(Arc::new(Shared::new(settings)))
    }

    /// Takes a zone in while nobody asks yet: what it should serve when it starts.
    ///
    /// # Errors
    /// When the zone cannot be held.
    pub fn load(&self, zone: &Zone) -> Result<(), TooLarge> {
        self.0.responder.zones.put(Held {
            image: Image::new(zone)?,
            journal: self.0.first_journal(zone),
        });
        Ok(())
    }

    /// From now on `reused` says which serials may stand for other records as well; the first one that is
    /// set stays.
    pub fn ask_for_reused(&self, reused: Reused) {
        self.0.ask_for_reused(reused);
    }

    /// A zone that should be served cannot be [loaded](Self::load). Secondaries keep what they have of it:
    /// it stays in the catalog until it is put or removed.
    pub fn not_loaded(&self, name: &ZoneName) {
        self.0.not_loaded(name);
    }

    /// All that should be served at the start has been loaded. Says whether the catalog, if there is one,
    /// could be made.
    #[must_use]
    pub fn loaded(&self) -> bool {
        self.0.loaded()
    }

    /// Answers until a task of the server ends, which none should; returns why.
    pub async fn run(&self, tell: Tell) -> String {
        self.0.reporter.tell_to(Arc::clone(&tell));
        let all = loop {
            match self.0.take_sockets() {
                Some(sockets) => break sockets,
                None => tokio::time::sleep(LISTEN_PAUSE).await,
            }
        };
        let mut tasks = JoinSet::new();
        for Sockets { address, udp, tcp } in all {
            for socket in udp {
                let served = udp::serve(socket, Arc::clone(&self.0));
                tasks.spawn(async move { (address, "UDP", served.await) });
            }
            let served = tcp::serve(tcp, Arc::clone(&self.0));
            tasks.spawn(async move { (address, "TCP", served.await) });
        }
        let mut others = JoinSet::new();
        for index in 0..self.0.listeners.len() {
            let (shared, tell) = (Arc::clone(&self.0), Arc::clone(&tell));
            others.spawn(async move {
                let listener = &shared.listeners[index];
                let watch = listener.watch.run(&shared.responder.zones, &tell);
                tokio::join!(listener.run(&tell), watch);
            });
        }
        let shared = Arc::clone(&self.0);
        others.spawn(async move { shared.keep_catalog(&tell).await });
        let ended = tokio::select! {
            ended = tasks.join_next() => ended,
            Some(ended) = others.join_next() => return match ended {
                Ok(()) => "a task ended".to_owned(),
                Err(error) => format!("an internal error ({error}); please report it"),
            },
        };
        match ended {
            Some(Ok((address, protocol, Ok(())))) => format!("{protocol} at {address} ended"),
            Some(Ok((address, protocol, Err(error)))) => {
                format!("{protocol} at {address}: {error}")
            }
            Some(Err(error)) => format!("an internal error ({error}); please report it"),
            None => "it listens on no address".to_owned(),
        }
    }

    /// The messages that `request` of `client` is answered with, without sockets or rate limits: none
    /// if it is no request, several for a zone transfer.
    pub fn respond(&self, request: &[u8], client: IpAddr, transport: Transport) -> Vec<Vec<u8>> {
        let responder = &self.0.responder;
        let mut message = Vec::new();
        let view = responder.zones.view();
        match responder.respond(&view, request, client, transport, &mut message) {
            Response::None => Vec::new(),
            Response::Message(_) | Response::Refused(..) => vec![message],
            Response::Transfer(transfer) => {
                let mut messages = transfer.messages();
                let mut all = Vec::new();
                while matches!(messages.next(&mut message), Ok(true)) {
                    all.push(std::mem::take(&mut message));
                }
                all
            }
        }
    }

    /// What was sent through all sockets since the start; the gateway's own questions are answered too.
    pub fn counts(&self) -> Counts {
        self.0.counters.counts()
    }

    /// The addresses that are listened on.
    pub fn addresses(&self) -> Vec<SocketAddr> {
        self.0.listening().addresses()
    }

    /// The addresses that it was set to listen on.
    pub fn listen(&self) -> &[SocketAddr] {
        &self.0.settings.listen
    }

    /// Where it can be asked whether it really serves.
    ///
    /// # Errors
    /// When its addresses could not be listened on.
    pub fn address(&self) -> Result<SocketAddr, NotListening> {
        if let Listening::Failed(cause) = &*self.0.listening() {
            return Err(NotListening {
                doing: format!("listening on {}", listed(self.listen())),
                cause: cause.clone(),
            });
        }
        let first = self.addresses().first().copied();
        let address = first.ok_or_else(|| NotListening {
            doing: "listening".to_owned(),
            cause: "no address".to_owned(),
        })?;
        let ip = match address.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
            ip => ip,
        };
        Ok(SocketAddr::new(ip, address.port()))
    }

    /// What it cannot serve of `zone`.
    pub fn unsupported(&self, zone: &Zone) -> Vec<Unsupported> {
        unsupported(zone, self.0.settings.catalog_zone.as_ref())
    }

    /// Serves `zone` in place of what was there, and notifies secondaries; says whether it changed.
    ///
    /// # Errors
    /// When the zone cannot be served or held.
    pub fn put(&self, zone: &Zone) -> Result<bool, NotPut> {
        self.0.put(zone)
    }

    /// Serves the zone no more; says whether it did.
    pub fn remove(&self, name: &ZoneName) -> bool {
        self.0.remove(name)
    }

    /// The zone as it is answered from, put together anew; `None`: it is not served.
    ///
    /// # Errors
    /// When what is answered from is no zone, which only a fault of ours could bring about.
    pub fn read(&self, name: &ZoneName) -> Result<Option<Zone>, NoZone> {
        // The catalog was put there by nobody.
        if self.0.is_catalog(name) {
            return Ok(None);
        }
        let apex = name.to_domain_name();
        match self.0.responder.zones.get(apex.as_slice()) {
            Some(held) => held.image.to_zone(name).map(Some).ok_or(NoZone),
            None => Ok(None),
        }
    }

    /// The zones that are served.
    pub fn list(&self) -> BTreeSet<ZoneName> {
        let apexes = self.0.responder.zones.apexes();
        let names = apexes.iter().filter_map(|apex| zone_name(apex));
        names.filter(|name| !self.0.is_catalog(name)).collect()
    }
}

/// What is answered from is no zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it is no zone")]
pub struct NoZone;

fn listed(items: &[impl fmt::Display]) -> String {
    let items: Vec<_> = items.iter().map(ToString::to_string).collect();
    items.join(", ")
}
