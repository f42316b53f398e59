//! BIND 9: zone files and an include file on disk, and `named` told over its control channel.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::PathBuf;

use async_trait::async_trait;
use dadns_zone::{Zone, ZoneName};

use crate::{Backend, BackendError, BackendId, Outcome, Served, Unsupported, ZoneChange, dns};

/// Where one `named` keeps its zones and how it is told about them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The directory of the zone files, as an absolute path that `named` sees under the same name.
    pub zones_dir: PathBuf,
    /// The file of zone stanzas that `named.conf` includes, as an absolute path.
    pub named_conf: PathBuf,
    /// How `named` is told. `None`: files are written and nobody is told.
    pub control: Option<Control>,
    /// Where `named` answers DNS, to prove what it serves. `None`: nothing is asked.
    pub dns_address: Option<SocketAddr>,
}

/// The control channel of `named` (what `rndc` talks to).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Control {
    /// `host:port`, such as `127.0.0.1:953`. A host name is looked up on every connect.
    pub address: String,
    /// The file with the shared secret, in the form that `rndc-confgen -a` writes. Read on every
    /// connect, so a new key needs no restart.
    pub key_file: PathBuf,
}

/// One `named` as a [`Backend`].
#[derive(Debug)]
pub struct Bind {
    id: BackendId,
    settings: Settings,
}

impl Bind {
    /// Prepares the directories and reads the include file. `named` need not be up.
    ///
    /// # Errors
    /// When a path cannot be carried by `named.conf`, cannot be created or read.
    pub fn open(id: BackendId, settings: Settings) -> Result<Self, BackendError> {
        Ok(Self { id, settings })
    }

    fn later<T>(&self) -> Result<T, BackendError> {
        Err(BackendError::unreachable(
            "working with named",
            "this part is still being built",
        ))
    }
}

#[async_trait]
impl Backend for Bind {
    fn id(&self) -> &BackendId {
        &self.id
    }

    fn describe(&self) -> String {
        format!("BIND, zones in {}", self.settings.zones_dir.display())
    }

    fn audit(&self, _zone: &Zone) -> Vec<Unsupported> {
        Vec::new()
    }

    async fn probe(&self) -> Result<(), BackendError> {
        self.later()
    }

    async fn apply(&self, batch: &[ZoneChange<'_>]) -> Vec<Outcome> {
        let failed = self
            .later::<()>()
            .map_or_else(Outcome::Failed, |()| Outcome::Unchanged);
        vec![failed; batch.len()]
    }

    async fn read(&self, _name: &ZoneName) -> Result<Option<Zone>, BackendError> {
        self.later()
    }

    async fn list(&self) -> Result<BTreeSet<ZoneName>, BackendError> {
        self.later()
    }

    async fn serves(&self, name: &ZoneName) -> Result<Served, BackendError> {
        match self.settings.dns_address {
            Some(server) => dns::served(server, name).await,
            None => Ok(Served::NotAsked),
        }
    }
}
