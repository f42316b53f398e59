//! What can go wrong when a master is asked, in words for an operator.

use std::fmt;
use std::path::PathBuf;

use dadns_zone::ZoneName;

/// A master could not be asked, or its answer cannot be used. What it has is *unknown* then: no zone
/// of it may be removed on this account.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MasterError {
    /// It does not answer, or not in time, or says itself that it cannot.
    #[error("master {master} cannot be reached to {request}: {cause}; {NEXT}")]
    Unreachable {
        /// Its host name.
        master: String,
        /// What it was asked for.
        request: Request,
        /// What went wrong.
        cause: String,
    },
    /// It does not take the user name and password.
    #[error(
        "master {master} refuses to {request}: {cause}; check its username and password (or login \
         key) in reconciliation.directadmin_servers; {NEXT}"
    )]
    Refused {
        /// Its host name.
        master: String,
        /// What it was asked for.
        request: Request,
        /// How it said so.
        cause: String,
    },
    /// Its answer is cut short, contradicts itself or is something else.
    #[error(
        "master {master} was asked to {request}, and its answer cannot be used: {cause}; {NEXT}"
    )]
    NotUnderstood {
        /// Its host name.
        master: String,
        /// What it was asked for.
        request: Request,
        /// What is wrong with the answer.
        cause: String,
    },
}

const NEXT: &str = "the next pass asks again";

/// What a master is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    /// Which zones it has.
    Zones,
    /// The text of this zone.
    Text(ZoneName),
}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Zones => f.write_str("list its zones"),
            Self::Text(zone) => write!(f, "give the text of zone {zone}"),
        }
    }
}

/// The file of CAs cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("reconciliation.ca_file {path:?}: {cause}; without it no master can be asked over TLS")]
pub struct CaError {
    pub(super) path: PathBuf,
    pub(super) cause: String,
}

/// What went wrong, before it is said with whom and for what.
#[derive(Debug)]
pub(super) enum Fault {
    Unreachable(String),
    Refused(String),
    NotUnderstood(String),
}

impl Fault {
    /// The fault with what it is about.
    pub fn about(self, master: &str, request: Request) -> MasterError {
        let master = master.to_owned();
        match self {
            Self::Unreachable(cause) => MasterError::Unreachable {
                master,
                request,
                cause,
            },
            Self::Refused(cause) => MasterError::Refused {
                master,
                request,
                cause,
            },
            Self::NotUnderstood(cause) => MasterError::NotUnderstood {
                master,
                request,
                cause,
            },
        }
    }
}
