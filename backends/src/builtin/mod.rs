//! The built-in authoritative server: dadns itself answers, over UDP and TCP, from memory.
//!
//! # Its ground
//!
//! TODO ground

mod answer;
mod audit;
mod catalog;
mod denial;
mod hash;
mod image;
mod journal;
mod limit;
mod lookup;
mod message;
mod name;
mod notify;
mod query;
mod respond;
mod settings;
mod sockets;
mod tcp;
#[cfg(test)]
mod tests;
mod transfer;
mod tsig;
mod udp;
mod zones;

use std::collections::BTreeSet;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use dadns_zone::{Zone, ZoneName};
use rayon::prelude::*;
use tokio::sync::Notify;
use tokio::task::JoinSet;

use self::answer::Subject;
use self::image::Image;
use self::journal::Journal;
use self::limit::{Limiter, Verdict};
use self::notify::Listener;
use self::respond::{Responder, Response};
use self::sockets::Sockets;
use self::tcp::Connections;
use self::zones::Held;
use crate::{Backend, BackendError, BackendId, Outcome, Served, Unsupported, ZoneChange, dns};

pub use respond::Transport;
pub use settings::{Allowed, RateLimit, Secondary, SettingError, Settings, TcpLimits, TsigKey};

/// The pause before addresses that could not be listened on are tried again.
const LISTEN_PAUSE: Duration = Duration::from_secs(1);

/// How long the catalog waits for further changes before it is made anew.
const CATALOG_PAUSE: Duration = Duration::from_millis(250);

/// Something that an operator should hear of while the server runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// It does not go as it should.
    Trouble(String),
    /// It does again.
    Well(String),
}

/// Whoever tells the operator.
pub type Tell = Arc<dyn Fn(News) + Send + Sync>;

/// The built-in server as a [`Backend`].
#[derive(Debug, Clone)]
pub struct Builtin {
    id: BackendId,
    shared: Arc<Shared>,
}

/// What the backend and the tasks of the server share.
#[derive(Debug)]
struct Shared {
    settings: Settings,
    responder: Responder,
    limiter: Option<Limiter>,
    connections: Connections,
    listening: Mutex<Listening>,
    listeners: Vec<Listener>,
    /// The catalog may lack a change of what zones there are.
    catalog_due: Notify,
    started: Instant,
}

/// Whether the addresses are listened on.
#[derive(Debug)]
enum Listening {
    /// The sockets are open, and nobody reads them yet.
    Open(Vec<Sockets>),
    /// They are read.
    Served(Vec<SocketAddr>),
    /// They could not be opened.
    Failed(String),
}

impl Builtin {
    /// Opens the sockets; [`run`](Self::run) answers what comes to them, and tries again to open them
    /// where that failed.
    pub fn open(id: BackendId, settings: Settings) -> Self {
        let keys = tsig::keys(&settings.tsig_keys);
        let listener = |secondary: &Secondary| Listener::new(secondary.clone(), &keys);
        let shared = Shared {
            listeners: settings.notify.iter().map(listener).collect(),
            limiter: settings.rate_limit.clone().map(Limiter::new),
            connections: Connections::new(settings.tcp.connections),
            listening: Mutex::new(Listening::open(&settings.listen)),
            responder: Responder::new(&settings, keys),
            catalog_due: Notify::new(),
            settings,
            started: Instant::now(),
        };
        Self {
            id,
            shared: Arc::new(shared),
        }
    }

    /// Takes a zone in while nobody asks yet: what it should serve when it starts.
    ///
    /// # Errors
    /// When the zone cannot be held.
    pub fn load(&self, zone: &Zone) -> Result<(), BackendError> {
        let image = Image::new(zone)
            .map_err(|cause| BackendError::zone(zone.name(), "taking it into memory", cause))?;
        self.shared.responder.zones.put(Held {
            image,
            journal: Journal::default(),
        });
        Ok(())
    }

    /// All that should be served at the start has been [loaded](Self::load).
    pub fn loaded(&self) {
        self.shared.list_in_catalog();
    }

    /// Answers until a task of the server ends, which none should; returns why.
    pub async fn run(&self, tell: Tell) -> String {
        let all = loop {
            match self.shared.take_sockets() {
                Some(sockets) => break sockets,
                None => tokio::time::sleep(LISTEN_PAUSE).await,
            }
        };
        let mut tasks = JoinSet::new();
        for Sockets { address, udp, tcp } in all {
            for socket in udp {
                let served = udp::serve(socket, Arc::clone(&self.shared));
                tasks.spawn(async move { (address, "UDP", served.await) });
            }
            let served = tcp::serve(tcp, Arc::clone(&self.shared));
            tasks.spawn(async move { (address, "TCP", served.await) });
        }
        let mut others = JoinSet::new();
        for index in 0..self.shared.listeners.len() {
            let (shared, tell) = (Arc::clone(&self.shared), Arc::clone(&tell));
            others.spawn(async move { shared.listeners[index].run(&tell).await });
        }
        let shared = Arc::clone(&self.shared);
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
        let responder = &self.shared.responder;
        let mut message = Vec::new();
        let view = responder.zones.view();
        match responder.respond(&view, request, client, transport, &mut message) {
            Response::None => Vec::new(),
            Response::Message(_) => vec![message],
            Response::Transfer(transfer, signing) => {
                let mut messages = transfer.messages(signing);
                let mut all = Vec::new();
                while matches!(messages.next(&mut message), Ok(true)) {
                    all.push(std::mem::take(&mut message));
                }
                all
            }
        }
    }

    /// The addresses that are listened on.
    pub fn addresses(&self) -> Vec<SocketAddr> {
        match &*self.shared.listening() {
            Listening::Open(sockets) => sockets.iter().map(|sockets| sockets.address).collect(),
            Listening::Served(addresses) => addresses.clone(),
            Listening::Failed(_) => Vec::new(),
        }
    }

    /// Where the server is asked whether it really serves.
    fn address(&self) -> Result<SocketAddr, BackendError> {
        if let Listening::Failed(cause) = &*self.shared.listening() {
            let doing = format!("listening on {}", listed(&self.shared.settings.listen));
            return Err(BackendError::unreachable(doing, cause));
        }
        let first = self.addresses().first().copied();
        let address = first.ok_or_else(|| BackendError::unreachable("listening", "no address"))?;
        let ip = match address.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
            ip => ip,
        };
        Ok(SocketAddr::new(ip, address.port()))
    }
}

impl Shared {
    /// No step under the lock can leave it half changed.
    fn listening(&self) -> std::sync::MutexGuard<'_, Listening> {
        self.listening
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// The sockets to serve; opens them where that failed before.
    fn take_sockets(&self) -> Option<Vec<Sockets>> {
        let mut listening = self.listening();
        if matches!(*listening, Listening::Failed(_)) {
            *listening = Listening::open(&self.settings.listen);
        }
        let Listening::Open(sockets) = &mut *listening else {
            return None;
        };
        let sockets = std::mem::take(sockets);
        *listening = Listening::Served(sockets.iter().map(|sockets| sockets.address).collect());
        Some(sockets)
    }

    /// What to do with an answer about `subject` to `client`.
    fn limited(&self, client: IpAddr, subject: Subject) -> Verdict {
        match &self.limiter {
            Some(limiter) => {
                let now = u64::try_from(self.started.elapsed().as_micros()).unwrap_or(u64::MAX);
                limiter.check(client, subject, now)
            }
            None => Verdict::Send,
        }
    }

    /// Makes one change, and has those hear of it who should.
    fn change(&self, change: &OwnChange) -> Outcome {
        match change {
            OwnChange::Remove(name) => {
                if !self
                    .responder
                    .zones
                    .remove(name.to_domain_name().as_slice())
                {
                    return Outcome::Unchanged;
                }
                self.catalog_due.notify_one();
                Outcome::Applied
            }
            OwnChange::Put(zone) => {
                let apex = zone.name().to_domain_name();
                let held = self.responder.zones.get(apex.as_slice());
                if held.is_none() {
                    self.catalog_due.notify_one();
                }
                let outcome = self.put(zone, held);
                // Also of a zone that was here: what was pushed again may not have arrived there.
                for listener in &self.listeners {
                    listener.changed(apex.as_slice());
                }
                outcome
            }
        }
    }

    /// Puts `zone` in place of what is `held` of it.
    fn put(&self, zone: &Zone, held: Option<Arc<Held>>) -> Outcome {
        let name = zone.name();
        let before = held.as_ref().and_then(|held| held.image.to_zone(name));
        if before.as_ref() == Some(zone) {
            return Outcome::Unchanged;
        }
        let image = match Image::new(zone) {
            Ok(image) => image,
            Err(cause) => {
                return Outcome::Failed(BackendError::zone(name, "taking it into memory", cause));
            }
        };
        let journal = match (held, before) {
            (Some(held), Some(before)) if self.responder.is_transferred() => {
                held.journal.after(&before, zone, image.size())
            }
            _ => Journal::default(),
        };
        self.responder.zones.put(Held { image, journal });
        Outcome::Applied
    }

    /// Makes the catalog anew whenever zones have come or gone.
    async fn keep_catalog(self: Arc<Self>, tell: &Tell) {
        loop {
            self.catalog_due.notified().await;
            tokio::time::sleep(CATALOG_PAUSE).await;
            let shared = Arc::clone(&self);
            let made = tokio::task::spawn_blocking(move || shared.list_in_catalog()).await;
            if !made.unwrap_or(false) {
                tell(News::Trouble(
                    "the catalog zone could not be made: secondaries do not hear of new zones"
                        .into(),
                ));
            }
        }
    }

    /// Puts a catalog of all zones in place of the last one; says whether that went well.
    fn list_in_catalog(&self) -> bool {
        let Some(name) = &self.settings.catalog_zone else {
            return true;
        };
        let apex = name.to_domain_name();
        let zones = &self.responder.zones;
        let held = zones.get(apex.as_slice());
        // By the clock, so that it goes up over a restart too.
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        let next = held
            .as_ref()
            .map(|held| held.image.serial_and_negative_ttl().0.wrapping_add(1));
        let serial = next.unwrap_or(0).max(now.as_secs() as u32);
        let apexes = zones.apexes();
        let members = apexes
            .iter()
            .map(AsRef::as_ref)
            .filter(|member| *member != apex.as_slice());
        let Some(zone) = catalog::zone(name, serial, members) else {
            return false;
        };
        self.put(&zone, held);
        for listener in &self.listeners {
            listener.changed(apex.as_slice());
        }
        true
    }
}

impl Listening {
    fn open(addresses: &[SocketAddr]) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let open = |address: &SocketAddr| {
            Sockets::open(*address, cores).map_err(|error| format!("{address}: {error}"))
        };
        match addresses.iter().map(open).collect() {
            Ok(sockets) => Self::Open(sockets),
            Err(cause) => Self::Failed(cause),
        }
    }
}

/// A change of a batch that can be handed to another thread.
enum OwnChange {
    Put(Zone),
    Remove(ZoneName),
}

impl From<&ZoneChange<'_>> for OwnChange {
    fn from(change: &ZoneChange<'_>) -> Self {
        match *change {
            ZoneChange::Put(zone) => Self::Put(zone.clone()),
            ZoneChange::Remove(name) => Self::Remove(name.clone()),
        }
    }
}

fn listed(items: &[impl fmt::Display]) -> String {
    let items: Vec<_> = items.iter().map(ToString::to_string).collect();
    items.join(", ")
}

#[async_trait]
impl Backend for Builtin {
    fn id(&self) -> &BackendId {
        &self.id
    }

    fn describe(&self) -> String {
        format!(
            "built-in server at {}",
            listed(&self.shared.settings.listen)
        )
    }

    fn notes(&self) -> Vec<String> {
        Vec::new()
    }

    /// Memory is filled anew at each start, so this place is never another.
    fn place(&self) -> String {
        "memory".to_owned()
    }

    fn audit(&self, zone: &Zone) -> Vec<Unsupported> {
        audit::audit(zone, self.shared.settings.catalog_zone.as_ref())
    }

    async fn probe(&self) -> Result<(), BackendError> {
        dns::answers(self.address()?).await
    }

    async fn apply(&self, batch: &[ZoneChange<'_>]) -> Vec<Outcome> {
        let changes: Vec<OwnChange> = batch.iter().map(OwnChange::from).collect();
        let shared = Arc::clone(&self.shared);
        let work = move || {
            changes
                .par_iter()
                .map(|change| shared.change(change))
                .collect()
        };
        match tokio::task::spawn_blocking(work).await {
            Ok(outcomes) => outcomes,
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        }
    }

    async fn read(&self, name: &ZoneName) -> Result<Option<Zone>, BackendError> {
        let Some(held) = self
            .shared
            .responder
            .zones
            .get(name.to_domain_name().as_slice())
        else {
            return Ok(None);
        };
        let fault = || BackendError::zone(name, "reading it back from memory", "it is no zone");
        held.image.to_zone(name).map(Some).ok_or_else(fault)
    }

    async fn list(&self) -> Result<BTreeSet<ZoneName>, BackendError> {
        let apexes = self.shared.responder.zones.apexes();
        let names = apexes.iter().filter_map(|apex| zone_name(apex));
        // The catalog was put there by nobody.
        let catalog = self.shared.settings.catalog_zone.as_ref();
        Ok(names.filter(|name| Some(name) != catalog).collect())
    }

    async fn serves(&self, name: &ZoneName) -> Result<Served, BackendError> {
        dns::served(self.address()?, name).await
    }
}

/// The zone name that an apex in wire form is; they were made of such.
fn zone_name(apex: &[u8]) -> Option<ZoneName> {
    let mut text = String::new();
    let mut at = 0;
    while let Some(&len @ 1..) = apex.get(at) {
        let label = apex.get(at + 1..at + 1 + usize::from(len))?;
        text.push_str(std::str::from_utf8(label).ok()?);
        text.push('.');
        at += usize::from(len) + 1;
    }
    ZoneName::parse(&text).ok()
}
