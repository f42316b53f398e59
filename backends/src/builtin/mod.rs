//! The built-in server ([`dadns_server`]) as a [`Backend`].

mod keys;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::time::Duration;

use async_trait::async_trait;
use dadns_server::{NotListening, NotPut, Server};
use dadns_zone::{Zone, ZoneName};

use crate::{
    Backend, BackendError, BackendId, Depth, Diagnose, Difference, Expected, Served, Unmanaged,
    Unsupported, ZoneChange, ZoneResult, dns, each, served,
};

pub use dadns_server::{
    Allowed, Counts, Follow, NotPassed, Notice, NoticeSink, RateLimit, Reused, Secondary,
    SettingError, Settings, TcpLimits, Transport, TsigKey, Updater,
};

/// What fails where a zone is too large.
const TAKING_IN: &str = "taking it into memory";

/// A change of a zone with up to so many records is made where it is asked for: that takes less than handing it
/// over.
const FEW_RECORDS: usize = 200;

/// The built-in server as a [`Backend`].
#[derive(Debug, Clone)]
pub struct Builtin {
    id: BackendId,
    server: Server,
}

impl Builtin {
    /// Opens the sockets; [`run`](Self::run) answers what comes to them, and tries again to open them
    /// where that failed.
    pub fn open(id: BackendId, settings: Settings) -> Self {
        let server = Server::open(settings);
        Self { id, server }
    }

    /// Takes a zone in while nobody asks yet: what it should serve when it starts.
    ///
    /// # Errors
    /// When the zone is too large for memory.
    pub fn load(&self, zone: &Zone) -> Result<(), BackendError> {
        let loaded = self.server.load(zone);
        loaded.map_err(|cause| BackendError::zone(zone.name(), TAKING_IN, cause))
    }

    /// From now on `reused` says which serials may stand for other records as well; the first one that is
    /// set stays.
    pub fn ask_for_reused(&self, reused: Reused) {
        self.server.ask_for_reused(reused);
    }

    /// From now on `updater` makes dynamic updates; the first one that is set stays.
    pub fn update_by(&self, updater: Updater) {
        self.server.update_by(updater);
    }

    /// From now on its zones are too old to be served; or no longer.
    pub fn set_stale(&self, stale: bool) {
        self.server.set_stale(stale);
    }

    /// A zone that should be served cannot be [loaded](Self::load). Secondaries keep what they have of it:
    /// it stays in the catalog until it is put or removed.
    pub fn not_loaded(&self, name: &ZoneName) {
        self.server.not_loaded(name);
    }

    /// All that should be served at the start has been loaded. Says whether the catalog, if there is one,
    /// could be made.
    #[must_use]
    pub fn loaded(&self) -> bool {
        self.server.loaded()
    }

    /// Answers until a task of the server ends, which none should; returns why.
    pub async fn run(&self, sink: NoticeSink) -> String {
        self.server.run(sink).await
    }

    /// What was sent through all sockets since the start; the gateway's own questions are answered too.
    pub fn counts(&self) -> Counts {
        self.server.counts()
    }

    /// The addresses that are listened on.
    pub fn addresses(&self) -> Vec<SocketAddr> {
        self.server.addresses()
    }

    fn change(&self, change: &OwnChange) -> ZoneResult {
        match change {
            OwnChange::Remove(name) => ZoneResult::applied(self.server.remove(name)),
            OwnChange::Put(zone) => match self.server.put(zone) {
                Ok(changed) => ZoneResult::applied(changed),
                Err(NotPut::Unsupported(found)) => ZoneResult::Refused(found),
                Err(NotPut::TooLarge(cause)) => {
                    BackendError::zone(zone.name(), TAKING_IN, cause).into()
                }
            },
        }
    }
}

/// A change of a batch that can be handed to another thread.
enum OwnChange {
    Put(Zone),
    Remove(ZoneName),
}

impl OwnChange {
    fn records(&self) -> usize {
        match self {
            Self::Put(zone) => zone.record_count(),
            Self::Remove(_) => 0,
        }
    }
}

impl From<&ZoneChange<'_>> for OwnChange {
    fn from(change: &ZoneChange<'_>) -> Self {
        match *change {
            // What is in memory is what is served: there is nothing to write again.
            ZoneChange::Put(zone) | ZoneChange::Rewrite(zone) => Self::Put(zone.clone()),
            ZoneChange::Remove(name) => Self::Remove(name.clone()),
        }
    }
}

impl From<NotListening> for BackendError {
    fn from(NotListening { doing, cause }: NotListening) -> Self {
        Self::Unreachable { doing, cause }
    }
}

#[async_trait]
impl Backend for Builtin {
    fn id(&self) -> &BackendId {
        &self.id
    }

    fn describe(&self) -> String {
        let listen = self.server.listen().iter().map(ToString::to_string);
        format!(
            "built-in server at {}",
            listen.collect::<Vec<_>>().join(", ")
        )
    }

    /// Memory is filled anew at each start, so this backend is never another.
    fn fingerprint(&self) -> String {
        "memory".to_owned()
    }

    fn lag(&self) -> Duration {
        Duration::ZERO
    }

    fn at_once(&self) -> usize {
        1_000
    }

    fn unsupported(&self, zone: &Zone) -> Vec<Unsupported> {
        self.server.unsupported(zone)
    }

    async fn probe(&self) -> Result<Vec<String>, BackendError> {
        dns::answers(self.server.address()?)
            .await
            .map(|()| Vec::new())
    }

    async fn apply(&self, batch: &[ZoneChange<'_>]) -> Vec<ZoneResult> {
        let changes: Vec<OwnChange> = batch.iter().map(OwnChange::from).collect();
        if let [change] = &changes[..]
            && change.records() <= FEW_RECORDS
        {
            return vec![self.change(change)];
        }
        let server = self.clone();
        let work = move || each(changes, |change| server.change(&change));
        match tokio::task::spawn_blocking(work).await {
            Ok(results) => results,
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        }
    }

    async fn read(&self, names: &[ZoneName]) -> Vec<Result<Option<Zone>, BackendError>> {
        let doing = "reading it back from memory";
        let read = |name| {
            let read = self.server.read(name);
            read.map_err(|cause| BackendError::zone(name, doing, cause))
        };
        names.iter().map(read).collect()
    }

    async fn compare(
        &self,
        zones: &[Expected<'_>],
    ) -> Vec<Result<Option<Difference>, BackendError>> {
        let has = |one: &Expected<'_>| one.zone().is_some_and(|zone| self.server.has(zone));
        let others = zones
            .iter()
            .copied()
            .enumerate()
            .filter(|(_, one)| !has(one));
        let (at, others): (Vec<_>, Vec<_>) = others.unzip();
        let mut compared = vec![Ok(None); zones.len()];
        for (at, difference) in at
            .into_iter()
            .zip(Difference::by_reading(self, &others).await)
        {
            compared[at] = difference;
        }
        compared
    }

    async fn list(&self) -> Result<BTreeSet<ZoneName>, BackendError> {
        Ok(self.server.list())
    }

    async fn served(
        &self,
        zones: &[Expected<'_>],
        how: Depth,
    ) -> Vec<Result<Served, BackendError>> {
        let address = match self.server.address() {
            Ok(address) => address,
            Err(error) => return vec![Err(error.into()); zones.len()],
        };
        served::ask_all(address, zones, how, |zone| self.unsupported(zone)).await
    }

    fn dns_addresses(&self) -> Vec<SocketAddr> {
        self.server.address().into_iter().collect()
    }

    fn diagnose(&self) -> Option<&dyn Diagnose> {
        None
    }

    fn unmanaged(&self) -> Option<&dyn Unmanaged> {
        None
    }
}
