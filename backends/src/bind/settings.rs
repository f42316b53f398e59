//! Where a `named` is, as the configuration says.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use crate::BackendError;

/// Where one `named` keeps its zones and how it is told about them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The directory of the zone files, as an absolute path that `named` sees under the same name.
    pub zones_dir: PathBuf,
    /// The file of zone stanzas that `named.conf` includes, as an absolute path. It may hold stanzas
    /// that are unmanaged: they are left unchanged until a zone of the same name is put.
    pub named_conf: PathBuf,
    /// How `named` is told. `None`: files are written and nobody is told.
    pub control: Option<Control>,
    /// Where `named` answers DNS, to verify what it serves. `None`: nothing is asked.
    pub dns_address: Option<SocketAddr>,
    /// How `named` is given zones.
    pub provision: Provision,
    /// The views that include `named_conf`. Empty: those that the configuration of `named` shows.
    pub views: Vec<View>,
    /// How many records `named` takes.
    pub limits: RecordLimits,
}

/// How `named` is given zones.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Provision {
    /// By stanzas in the include file.
    #[default]
    Include,
    /// Over the control channel, into its own database.
    Addzone,
    /// The latter where `named` allows it.
    Auto,
}

/// A text that is no [`Provision`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("include, addzone or auto")]
pub struct InvalidProvision;

impl std::str::FromStr for Provision {
    type Err = InvalidProvision;

    fn from_str(text: &str) -> Result<Self, InvalidProvision> {
        match text {
            "include" => Ok(Self::Include),
            "addzone" => Ok(Self::Addzone),
            "auto" => Ok(Self::Auto),
            _ => Err(InvalidProvision),
        }
    }
}

impl std::fmt::Display for Provision {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Include => "include",
            Self::Addzone => "addzone",
            Self::Auto => "auto",
        })
    }
}

/// How many records `named` takes, as it was told in `named.conf` or is told by our stanzas. 0: any number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecordLimits {
    /// Records of one owner and type (`max-records-per-type`).
    pub per_type: u32,
    /// Types of one owner (`max-types-per-name`).
    pub types_per_name: u32,
}

impl Default for RecordLimits {
    /// As `named` has them: 100 and 100.
    fn default() -> Self {
        Self {
            per_type: 100,
            types_per_name: 100,
        }
    }
}

/// The name of a view of `named`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct View(String);

/// A text that cannot be the name of a view.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the name of a view, without quotes, backslashes and control characters")]
pub struct InvalidView;

impl std::str::FromStr for View {
    type Err = InvalidView;

    /// A name that can stand between quotes in a command of the control channel.
    fn from_str(name: &str) -> Result<Self, InvalidView> {
        let is_bad = |c: char| c.is_control() || c == '"' || c == '\\';
        match name.is_empty() || name.contains(is_bad) {
            true => Err(InvalidView),
            false => Ok(Self(name.to_owned())),
        }
    }
}

impl std::fmt::Display for View {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
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

impl Settings {
    /// Refuses what no waiting repairs.
    pub(super) fn check(&self) -> Result<(), BackendError> {
        for path in [&self.zones_dir, &self.named_conf] {
            check_path(path)?;
        }
        self.control.iter().try_for_each(check_address)
    }
}

/// Refuses what cannot stand between quotes in `named.conf`.
fn check_path(path: &Path) -> Result<(), BackendError> {
    let refused = |cause| {
        Err(BackendError::unreachable(
            format!("using path {path:?}"),
            cause,
        ))
    };
    match path.to_str() {
        Some(_) if !path.is_absolute() => {
            refused("it must be absolute: named runs in a directory of its own")
        }
        Some(text) if text.contains(|c: char| c.is_control() || c == '"' || c == '\\') => {
            refused("named.conf cannot carry quotes, backslashes or control characters")
        }
        Some(_) => Ok(()),
        None => refused("it is not UTF-8"),
    }
}

/// Refuses an address without a port now, rather than on every connect.
fn check_address(control: &Control) -> Result<(), BackendError> {
    match control.address.rsplit_once(':') {
        Some((host, port))
            if !host.is_empty() && port.parse::<u16>().is_ok_and(|port| port > 0) =>
        {
            Ok(())
        }
        _ => Err(BackendError::unreachable(
            format!("using control channel {:?}", control.address),
            "it must be host:port, such as 127.0.0.1:953",
        )),
    }
}
