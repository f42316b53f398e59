//! Who changes zones, and whose they are.

use std::fmt;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

/// The DirectAdmin host and user that a zone belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    /// The master's host name, lower-case.
    pub master: String,
    /// The user there, where the master said it.
    pub user: Option<String>,
}

impl Owner {
    /// The master and the user there, as far as they are known.
    pub fn parts(owner: Option<Self>) -> (Option<String>, Option<String>) {
        owner.map_or((None, None), |owner| (Some(owner.master), owner.user))
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.user {
            Some(user) => write!(f, "{user} on {}", self.master),
            None => f.write_str(&self.master),
        }
    }
}

/// Who makes a change.
#[derive(Debug, Clone)]
pub struct Author {
    /// The account that the request was authenticated with.
    pub credential: String,
    /// The address it came from; `None`: the gateway itself.
    pub peer: Option<IpAddr>,
    /// The master that the request names, lower-case.
    pub master: Option<String>,
    /// The user that the request names.
    pub user: Option<String>,
}

impl Author {
    /// The gateway itself, in the course of `what`.
    pub fn gateway(what: impl Into<String>) -> Self {
        Self {
            credential: what.into(),
            peer: None,
            master: None,
            user: None,
        }
    }

    /// Where it comes from, for log lines: the master, and the address.
    pub fn source(&self) -> String {
        match (&self.master, self.peer) {
            (Some(master), Some(peer)) => format!("{master} ({peer})"),
            (Some(master), None) => master.clone(),
            (None, Some(peer)) => peer.to_string(),
            (None, None) => self.credential.clone(),
        }
    }

    /// Who it was, for heads and histories.
    pub fn signature(&self) -> String {
        match self.peer {
            Some(peer) => format!("{} from {peer}", self.credential),
            None => self.credential.clone(),
        }
    }
}
