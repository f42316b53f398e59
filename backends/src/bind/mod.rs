//! BIND 9: zone files on disk, and `named` told over its control channel.
//!
//! `named` is given zones in one of two ways: `stanzas/` has an include file with a stanza for each, and
//! `addzone/` has `named` keep them in its own database.
//!
//! What `named` has is what stands on disk, so the files are the truth and this module keeps next
//! to no state: it asks `named` to `reload` every zone that it is given, and `named` compares the time
//! of the file with the time of what it has loaded. So a zone that was written but never loaded,
//! because `named` or the gateway was down, is found without anything to remember.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use dadns_zone::{Limits, Zone, ZoneName};
use tokio::sync::Mutex;

pub use self::settings::{
    Control, InvalidProvision, InvalidView, Provision, RecordLimits, Settings, View,
};

use self::apply::Turn;
use self::channel::{Patience, Rndc};
use self::disk::{Disk, Options};
use self::named::{LastSeen, Way};
use crate::{
    Backend, BackendError, BackendId, Depth, Diagnose, Difference, Expected, Served, Unmanaged,
    Unsupported, ZoneChange, ZoneResult, dns, each, served,
};

mod addzone;
mod apply;
mod channel;
mod diagnose;
mod disk;
mod keys;
mod named;
mod reason;
mod serving;
mod settings;
mod stanzas;
mod syntax;
#[cfg(test)]
mod tests;
mod unmanaged;
mod unsupported;
mod views;

/// What our own files may hold. They were within the limits of the gateway when they were pushed, but
/// printed they are longer: every name is absolute.
const READ_BACK: Limits = Limits {
    max_bytes: 1 << 30,
    max_records: usize::MAX,
    max_wire_bytes: 1 << 30,
};

/// One `named` as a [`Backend`].
#[derive(Debug)]
pub struct Bind {
    id: BackendId,
    disk: Arc<Disk>,
    rndc: Option<Rndc>,
    /// For questions of the check, behind which no batch waits: commands of one connection take turns.
    asking: Option<Rndc>,
    settings: Settings,
    /// What is known of the `named` that runs.
    named: LastSeen,
    turn: Mutex<Turn>,
}

impl Bind {
    /// Creates the directories and the include file where they are absent, and removes what a crash
    /// has left half written. Where that cannot be done now, and where `named` is not up, the backend is
    /// unavailable, which is for [`probe`](Backend::probe) to find, again and again: only what no waiting
    /// repairs is refused here.
    ///
    /// # Errors
    /// [`BackendError::Unreachable`] when a path is relative or holds what `named.conf` cannot carry
    /// (quotes, backslashes, control characters), or when the control address is not `host:port`.
    pub fn open(id: BackendId, settings: Settings) -> Result<Self, BackendError> {
        Self::open_with(id, settings, Patience::default())
    }

    fn open_with(
        id: BackendId,
        settings: Settings,
        patience: Patience,
    ) -> Result<Self, BackendError> {
        settings.check()?;
        // Its version is not known before it was asked.
        let options = Options::for_version(None, settings.limits);
        let added = settings.provision != Provision::Include;
        let disk = Disk::open(&settings.zones_dir, &settings.named_conf, options, added)?;
        let channel = || Some(Rndc::new(settings.control.clone()?, patience));
        let (rndc, asking) = (channel(), channel());
        Ok(Self {
            id,
            disk: Arc::new(disk),
            rndc,
            asking,
            settings,
            named: LastSeen::default(),
            turn: Mutex::default(),
        })
    }

    /// What an operator should know of it.
    async fn notes(&self) -> Vec<String> {
        let path = self.disk.include_path().display();
        let mut notes = match self.on_disk(Disk::counts).await {
            Ok((ours, unmanaged)) => {
                let ours = (ours > 0).then(|| format!("{ours} zone stanza(s) in {path} are ours"));
                let unmanaged = (unmanaged > 0).then(|| {
                    format!("{unmanaged} unmanaged zone stanza(s) in {path} are left unchanged")
                });
                ours.into_iter().chain(unmanaged).collect()
            }
            Err(error) => vec![error.to_string()],
        };
        let named = self.named.get();
        if named.way() == Way::Addzone {
            let kept = self.on_disk(|disk| Ok(disk.scan()?.0.len())).await;
            notes.push(format!(
                "named keeps {} zone(s) of dadns in its own database (rndc addzone)",
                kept.unwrap_or_default()
            ));
        }
        notes.extend(named.notes(&self.settings.views, &self.id));
        notes
    }

    /// Runs `work` where it may wait for the disk.
    async fn on_disk<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Disk) -> Result<T, BackendError> + Send + 'static,
    ) -> Result<T, BackendError> {
        let disk = Arc::clone(&self.disk);
        let done = tokio::task::spawn_blocking(move || work(&disk)).await;
        done.unwrap_or_else(|error| Err(BackendError::unreachable("working on zone files", error)))
    }

    /// Does `work` for each zone where it may wait for the disk, several at a time.
    async fn each_on_disk<T: Send + 'static>(
        &self,
        names: &[ZoneName],
        work: impl Fn(&Disk, &ZoneName) -> Result<T, BackendError> + Send + Sync + 'static,
    ) -> Vec<Result<T, BackendError>> {
        let all = names.to_vec();
        let done = self
            .on_disk(move |disk| Ok(each(all, |name| work(disk, &name))))
            .await;
        done.unwrap_or_else(|error| names.iter().map(|_| Err(error.clone())).collect())
    }

    /// Whether `named` answers, on its control channel and over DNS, and has read what it was given.
    async fn probe_named(&self, rndc: &Rndc) -> Result<(), BackendError> {
        apply::pay(self, rndc).await?;
        // Without this, what a silent port leaves unverified would count against each zone.
        match self.settings.dns_address {
            Some(server) => match dns::answers(server).await {
                Ok(()) => Ok(()),
                Err(error) => Err(diagnose::unanswered(server, rndc, error).await),
            },
            None => Ok(()),
        }
    }
}

#[async_trait]
impl Backend for Bind {
    fn id(&self) -> &BackendId {
        &self.id
    }

    fn describe(&self) -> String {
        let Settings {
            zones_dir,
            control,
            dns_address,
            ..
        } = &self.settings;
        let mut said = format!(
            "BIND, zones in {}, stanzas in {}",
            zones_dir.display(),
            self.disk.include_path().display()
        );
        said += match self.settings.provision {
            Provision::Include => "",
            Provision::Addzone => ", zones given to named by addzone",
            Provision::Auto => ", zones given to named by addzone where it allows that",
        };
        match control {
            Some(control) => said += &format!(", named is told at {}", control.address),
            None => {
                said += ", no control channel: files are written and NOTHING IS RELOADED, which is \
                         for somebody else to do";
            }
        }
        match dns_address {
            Some(_) if control.is_none() => {}
            Some(address) => said += &format!(", asked at {address}"),
            None => said += ", asked over the control channel what it has loaded",
        }
        said
    }

    fn fingerprint(&self) -> String {
        let Settings {
            zones_dir,
            named_conf,
            control,
            dns_address,
            provision,
            // They change how named is told, not which one it is.
            views: _,
            limits: _,
        } = &self.settings;
        let control = control.as_ref().map(|control| &control.address);
        // So that every zone is given to named in the other way when that changes.
        let provision = match provision {
            Provision::Include => String::new(),
            other => format!(" {other}"),
        };
        format!("{zones_dir:?} {named_conf:?} {control:?} {dns_address:?}{provision}")
    }

    fn lag(&self) -> Duration {
        Duration::ZERO
    }

    /// One `reconfig` takes as long for a thousand new zones as for one.
    fn at_once(&self) -> usize {
        10_000
    }

    fn unsupported(&self, zone: &Zone) -> Vec<Unsupported> {
        unsupported::unsupported(zone, self.settings.limits, &self.id)
    }

    async fn probe(&self) -> Result<Vec<String>, BackendError> {
        self.on_disk(Disk::probe).await?;
        match &self.rndc {
            Some(rndc) => self.probe_named(rndc).await?,
            // Nobody is there to refuse what every version knows.
            None => self.on_disk(Disk::renew_stanzas).await.map(drop)?,
        }
        Ok(self.notes().await)
    }

    async fn apply(&self, batch: &[ZoneChange<'_>]) -> Vec<ZoneResult> {
        apply::apply(self, batch).await
    }

    async fn read(&self, names: &[ZoneName]) -> Vec<Result<Option<Zone>, BackendError>> {
        self.each_on_disk(names, read).await
    }

    async fn compare(
        &self,
        zones: &[Expected<'_>],
    ) -> Vec<Result<Option<Difference>, BackendError>> {
        Difference::by_reading(self, zones).await
    }

    async fn list(&self) -> Result<BTreeSet<ZoneName>, BackendError> {
        self.on_disk(Disk::list).await
    }

    async fn served(
        &self,
        zones: &[Expected<'_>],
        how: Depth,
    ) -> Vec<Result<Served, BackendError>> {
        // Nobody told `named`: what it answers says nothing about what was written.
        let Some(rndc) = &self.asking else {
            return zones.iter().map(|_| Ok(Served::NotAsked)).collect();
        };
        let asked = zones
            .iter()
            .map(|expected| serving::ask(self, rndc, *expected, how));
        served::at_once(asked.collect()).await
    }

    fn dns_addresses(&self) -> Vec<SocketAddr> {
        self.settings.dns_address.into_iter().collect()
    }

    fn diagnose(&self) -> Option<&dyn Diagnose> {
        Some(self)
    }

    fn unmanaged(&self) -> Option<&dyn Unmanaged> {
        Some(self)
    }
}

/// A zone of ours as it stands on disk.
fn read(disk: &Disk, name: &ZoneName) -> Result<Option<Zone>, BackendError> {
    let Some(text) = disk.read(name)? else {
        return Ok(None);
    };
    match dadns_zone::read(name, &text, &READ_BACK) {
        Ok(reading) => Ok(Some(reading.zone)),
        Err(cause) => {
            let doing = format!("reading {}", disk.path(name).display());
            Err(BackendError::zone(name, doing, cause))
        }
    }
}
