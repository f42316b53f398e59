//! Unmanaged zones: those of the include file that are not ours, read as they are.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use dadns_zone::{Limits, Zone, ZoneName};

use super::Bind;
use super::disk::{Disk, beside};
use crate::dns::{self, Authority};
use crate::{BackendError, Unmanaged, served};

#[async_trait]
impl Unmanaged for Bind {
    async fn list(&self) -> Result<BTreeSet<ZoneName>, BackendError> {
        self.on_disk(Disk::unmanaged).await
    }

    async fn read(&self, names: &[ZoneName]) -> Vec<Result<Zone, BackendError>> {
        let found = self.each_on_disk(names, read).await;
        // Also where nobody tells `named`: these zones are not ours to reload.
        let Some(server) = self.settings.dns_address else {
            let zones = found.into_iter().map(|found| Ok(found?.zone));
            return zones.collect();
        };
        let compared = found
            .into_iter()
            .map(|found| async move { found?.if_served_by(server).await });
        served::at_once(compared.collect()).await
    }
}

/// Such a zone, with the file that it was read from.
#[derive(Debug)]
pub(super) struct Found {
    pub zone: Zone,
    path: PathBuf,
}

impl Found {
    /// The zone, if `server` answers what the file holds.
    ///
    /// # Errors
    /// [`BackendError::Zone`] with what is answered differently; [`BackendError::Unreachable`] when no
    /// answer comes.
    pub(super) async fn if_served_by(self, server: SocketAddr) -> Result<Zone, BackendError> {
        let Self { zone, path } = self;
        let name = zone.name();
        let doing = format!("comparing {} with what {server} answers", path.display());
        let answers = match dns::compare(server, &zone, Authority::Required, &[]).await {
            Ok(answers) => answers,
            Err(error) => {
                let cause = format!("{error}; so nobody knows whether it is what is served");
                return Err(BackendError::unreachable(
                    format!("{doing} for zone {name}"),
                    cause,
                ));
            }
        };
        match answers.fault() {
            None => Ok(zone),
            Some(fault) => Err(BackendError::zone(name, doing, fault)),
        }
    }
}

/// Reads the zone `name` from the file that its stanza names.
///
/// # Errors
/// [`BackendError::Zone`] with the reason where the stanza or the file does not give a zone, or where
/// files beside it show that something else is served.
pub(super) fn read(disk: &Disk, name: &ZoneName) -> Result<Found, BackendError> {
    let include = disk.include()?;
    let doing = || format!("reading the stanza in {}", disk.include_path().display());
    let path = include
        .unmanaged_file(name)
        .map_err(|cause| BackendError::zone(name, doing(), cause))?;
    let failed =
        |cause: String| BackendError::zone(name, format!("reading {}", path.display()), cause);
    if let Some((beside, what)) = beside::first(path) {
        return Err(failed(format!(
            "{} stands beside it: {what}",
            beside.display()
        )));
    }
    let limits = Limits::default();
    let text = text(path, limits.max_bytes).map_err(|error| failed(error.to_string()))?;
    dadns_zone::read(name, &text, &limits)
        .map(|reading| Found {
            zone: reading.zone,
            path: path.to_owned(),
        })
        .map_err(|error| failed(error.to_string()))
}

/// What the file holds, if it is one, and not longer than `most` octets.
fn text(path: &Path, most: usize) -> io::Result<Vec<u8>> {
    let found = fs::metadata(path)?;
    // Reading a pipe would wait for whoever writes to it.
    if !found.is_file() {
        return Err(io::Error::other("it is no file"));
    }
    if found.len() > most as u64 {
        let cause = format!("it has {} octets, which is more than {most}", found.len());
        return Err(io::Error::other(cause));
    }
    fs::read(path)
}
