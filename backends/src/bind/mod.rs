//! BIND 9: zone files and an include file on disk, and `named` told over its control channel.
//!
//! What `named` holds is what stands on disk, so the files are the truth and this module keeps next
//! to no state: it asks `named` to `reload` every zone that it is given, and `named` compares the time
//! of the file with the time of what it has loaded. So a zone that was written but never loaded,
//! because `named` or the gateway was down, is found without anything to remember.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use dadns_zone::{Limits, Zone, ZoneName};
use tokio::sync::Mutex;

pub use self::settings::{Control, InvalidView, RecordLimits, Settings, View};

use self::channel::{Patience, Rndc};
use self::disk::{Disk, Options};
use self::named::LastSeen;
use crate::dns::Authority;
use crate::doubt::Doubted;
use crate::{
    Answers, Backend, BackendError, BackendId, Served, Unsupported, ZoneChange, ZoneResult, dns,
};

mod apply;
mod channel;
mod diagnose;
mod disk;
mod named;
mod reason;
mod settings;
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
    settings: Settings,
    doubted: Doubted,
    /// What is known of the `named` that runs.
    named: LastSeen,
    /// Whether `named` may not have read the include file as it is now. One batch at a time has it.
    reconfig_owed: Mutex<bool>,
}

impl Bind {
    /// Creates the directories and the include file where they are absent, and removes what a crash
    /// has left half written. Where that cannot be done now, and where `named` is not up, the place is
    /// away, which is for [`probe`](Backend::probe) to find, again and again: only what no waiting
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
        let disk = Disk::open(&settings.zones_dir, &settings.named_conf, options)?;
        let rndc = settings
            .control
            .clone()
            .map(|control| Rndc::new(control, patience));
        // What `named` knows after our restart is unknown, and a reconfig of nothing is cheap.
        Ok(Self {
            id,
            disk: Arc::new(disk),
            rndc,
            settings,
            doubted: Doubted::default(),
            named: LastSeen::default(),
            reconfig_owed: Mutex::new(true),
        })
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

    fn notes(&self) -> Vec<String> {
        let path = self.disk.include_path().display();
        let mut notes = match self.disk.counts() {
            Ok((ours, others)) => {
                let ours = (ours > 0).then(|| format!("{ours} zone stanza(s) in {path} are ours"));
                let others = (others > 0).then(|| {
                    format!("{others} zone stanza(s) of others in {path} are left as they are")
                });
                ours.into_iter().chain(others).collect()
            }
            Err(error) => vec![error.to_string()],
        };
        notes.extend(self.named.get().notes(&self.settings.views, &self.id));
        notes
    }

    fn fingerprint(&self) -> String {
        let Settings {
            zones_dir,
            named_conf,
            control,
            dns_address,
            // They change how named is told, not which one it is.
            views: _,
            limits: _,
        } = &self.settings;
        let control = control.as_ref().map(|control| &control.address);
        format!("{zones_dir:?} {named_conf:?} {control:?} {dns_address:?}")
    }

    fn lag(&self) -> Duration {
        Duration::ZERO
    }

    fn unsupported(&self, zone: &Zone) -> Vec<Unsupported> {
        unsupported::unsupported(zone, self.settings.limits, &self.id)
    }

    async fn probe(&self) -> Result<(), BackendError> {
        self.on_disk(Disk::probe).await?;
        let Some(rndc) = &self.rndc else {
            // Nobody is there to refuse what every version knows.
            return self.on_disk(Disk::renew_stanzas).await.map(drop);
        };
        named::look(self, rndc).await?;
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

    async fn apply(&self, batch: &[ZoneChange<'_>]) -> Vec<ZoneResult> {
        apply::apply(self, batch).await
    }

    async fn read(&self, name: &ZoneName) -> Result<Option<Zone>, BackendError> {
        let name = name.clone();
        self.on_disk(move |disk| {
            let failed = |cause: String| {
                BackendError::zone(
                    &name,
                    format!("reading {}", disk.path(&name).display()),
                    cause,
                )
            };
            let Some(text) = disk.read(&name)? else {
                return Ok(None);
            };
            let reading = dadns_zone::read(&name, &text, &READ_BACK);
            reading
                .map(|reading| Some(reading.zone))
                .map_err(|error| failed(error.to_string()))
        })
        .await
    }

    async fn list(&self) -> Result<BTreeSet<ZoneName>, BackendError> {
        self.on_disk(Disk::list).await
    }

    async fn serves(&self, name: &ZoneName) -> Result<Served, BackendError> {
        match (self.settings.dns_address, &self.rndc) {
            // Nobody told `named`: what it answers says nothing about what was written.
            (_, None) => Ok(Served::NotAsked),
            (Some(server), Some(rndc)) => match views::divided(self, rndc, name).await? {
                Some(divided) => Ok(divided),
                None => dns::served(server, name, Authority::Required).await,
            },
            (None, Some(rndc)) => views::loaded(self, rndc, name).await,
        }
    }

    async fn serves_ours(&self, name: &ZoneName) -> Result<bool, BackendError> {
        match &self.rndc {
            Some(rndc) if !self.disk.lists(name) => views::have_ours(self, rndc, name).await,
            _ => Ok(true),
        }
    }

    async fn answers(&self, zone: &Zone) -> Result<Answers, BackendError> {
        let (Some(server), Some(_)) = (self.settings.dns_address, &self.rndc) else {
            return Ok(Answers::NotAsked);
        };
        let answers = dns::compare(server, zone, Authority::Required, &[]).await?;
        self.doubted.note(zone.name(), &answers);
        Ok(answers)
    }

    async fn diagnose(&self, zone: &Zone, found: &Served) -> Option<String> {
        diagnose::diagnose(self, zone, found).await
    }

    async fn unmanaged(&self) -> Result<BTreeSet<ZoneName>, BackendError> {
        self.on_disk(Disk::unmanaged).await
    }

    async fn read_unmanaged(&self, name: &ZoneName) -> Result<Zone, BackendError> {
        let name = name.clone();
        let found = self
            .on_disk(move |disk| unmanaged::read(disk, &name))
            .await?;
        // Also where nobody tells `named`: this zone is not ours to reload.
        match self.settings.dns_address {
            Some(server) => found.if_served_by(server).await,
            None => Ok(found.zone),
        }
    }
}
