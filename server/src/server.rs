//! The server as a library: open it, load zones, run it, change zones.

use std::collections::BTreeSet;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use dadns_zone::{Unsupported, Zone, ZoneName};
use tokio::task::JoinSet;

use crate::answer::respond::{Response, Transport};
use crate::changes::NotPut;
use crate::image::zones::{ServedZone, zone_name};
use crate::image::{Image, TooLarge};
use crate::limits::unsupported::unsupported;
use crate::notices::{NoticeSink, Reused};
use crate::settings::Settings;
use crate::sockets::counters::Counts;
use crate::sockets::{Listening, NotListening, Sockets, tcp, udp};
use crate::state::Shared;
use crate::update::{Code, Updater};

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

    /// Serves a zone from the start on. For zones that are there before [`run`](Self::run): nobody is
    /// notified.
    ///
    /// # Errors
    /// When the zone does not fit in memory as it is laid out here.
    pub fn load(&self, zone: &Zone) -> Result<(), TooLarge> {
        self.0.responder.zones.put(ServedZone {
            image: Image::new(zone)?,
            journal: self.0.first_journal(zone),
        });
        Ok(())
    }

    /// From now on `reused` is asked which serials may stand for other records as well; the first one that
    /// is set stays.
    pub fn ask_for_reused(&self, reused: Reused) {
        self.0.ask_for_reused(reused);
    }

    /// From now on `updater` makes dynamic updates; the first one that is set stays.
    pub fn update_by(&self, updater: Updater) {
        self.0.updates.update_by(updater);
    }

    /// From now on every query is answered with SERVFAIL, as the zones are too old to be served; or no longer.
    pub fn set_stale(&self, stale: bool) {
        self.0.responder.set_stale(stale);
    }

    /// A zone that should be served could not be [loaded](Self::load). It stays in the catalog until it is
    /// put or removed, so that secondaries keep what they have of it.
    pub fn not_loaded(&self, name: &ZoneName) {
        self.0.not_loaded(name);
    }

    /// All zones have been loaded. Says whether the catalog, if there is to be one, could be built.
    #[must_use]
    pub fn loaded(&self) -> bool {
        self.0.loaded()
    }

    /// Answers until a task of the server ends, which none should; returns why. What the operator should
    /// know goes to `sink`.
    pub async fn run(&self, sink: NoticeSink) -> String {
        self.0.reporter.report_to(Arc::clone(&sink));
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
        for index in 0..self.0.notifiers.len() {
            let (shared, sink) = (Arc::clone(&self.0), Arc::clone(&sink));
            others.spawn(async move {
                let notifier = &shared.notifiers[index];
                let watch = notifier.watch.run(&shared.responder.zones, &sink);
                tokio::join!(notifier.run(&sink), watch);
            });
        }
        let shared = Arc::clone(&self.0);
        others.spawn(async move { shared.keep_catalog(&sink).await });
        others.spawn(Arc::clone(&self.0).make_updates());
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
            Response::Message(_) | Response::Refused(..) | Response::RefusedKey(_) => {
                vec![message]
            }
            // Nobody is there to make it.
            Response::Update(accepted) => vec![accepted.to.answer(Code::ServFail)],
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

    /// As [`respond`](Self::respond), with updates made.
    #[cfg(test)]
    pub(crate) async fn updated(&self, request: &[u8], client: IpAddr) -> Vec<u8> {
        let responder = &self.0.responder;
        let mut message = Vec::new();
        let response = responder.respond(
            &responder.zones.view(),
            request,
            client,
            Transport::Tcp,
            &mut message,
        );
        match response {
            Response::Update(accepted) => self.0.make_update(*accepted).await,
            _ => message,
        }
    }

    /// What was sent since the start, answers to the gateway's own questions included.
    pub fn counts(&self) -> Counts {
        self.0.counters.counts()
    }

    /// The addresses that are listened on.
    pub fn addresses(&self) -> Vec<SocketAddr> {
        self.0.listening().addresses()
    }

    /// The addresses that it is configured to listen on.
    pub fn listen(&self) -> &[SocketAddr] {
        &self.0.settings.listen
    }

    /// Where this host can ask it over DNS what it serves.
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

    /// What of `zone` it cannot serve.
    pub fn unsupported(&self, zone: &Zone) -> Vec<Unsupported> {
        unsupported(zone, self.0.settings.catalog_zone.as_ref())
    }

    /// Serves `zone` from now on, instead of what was served, and notifies secondaries. Says whether that is
    /// a change.
    ///
    /// # Errors
    /// When the zone as a whole cannot be served.
    pub fn put(&self, zone: &Zone) -> Result<bool, NotPut> {
        self.0.put(zone)
    }

    /// Stops serving the zone; says whether it was served.
    pub fn remove(&self, name: &ZoneName) -> bool {
        self.0.remove(name)
    }

    /// The zone, put together from what is answered with; `None`: it is not served.
    ///
    /// # Errors
    /// When that is no zone, which only a bug could cause.
    pub fn read(&self, name: &ZoneName) -> Result<Option<Zone>, NoZone> {
        // The catalog is the server's own.
        if self.0.is_catalog(name) {
            return Ok(None);
        }
        let apex = name.to_domain_name();
        match self.0.responder.zones.get(apex.as_slice()) {
            Some(served) => served.image.to_zone(name).map(Some).ok_or(NoZone),
            None => Ok(None),
        }
    }

    /// Whether exactly the records of `zone` are answered with.
    pub fn has(&self, zone: &Zone) -> bool {
        let apex = zone.name().to_domain_name();
        let served = self.0.responder.zones.get(apex.as_slice());
        !self.0.is_catalog(zone.name()) && served.is_some_and(|served| served.image.has(zone))
    }

    /// The zones that are served.
    pub fn list(&self) -> BTreeSet<ZoneName> {
        let apexes = self.0.responder.zones.apexes();
        let names = apexes.iter().filter_map(|apex| zone_name(apex));
        names.filter(|name| !self.0.is_catalog(name)).collect()
    }
}

/// What is answered with is no zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the image in memory is not a valid zone")]
pub struct NoZone;

fn listed(items: &[impl fmt::Display]) -> String {
    let items: Vec<_> = items.iter().map(ToString::to_string).collect();
    items.join(", ")
}
