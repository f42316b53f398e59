//! Who changes zones, and whose they are.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::access::Principal;

/// The DirectAdmin host and user that a zone belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
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

/// Who makes a change, and for which owner.
#[derive(Debug, Clone)]
pub struct Author {
    /// Who makes it.
    pub principal: Principal,
    /// The master that the request names, lower-case.
    pub master: Option<String>,
    /// The user that the request names.
    pub user: Option<String>,
    /// Whose push this is, as its text was kept, where the principal only approves it.
    pub approves: Option<String>,
}

impl Author {
    /// `principal`, which speaks for no owner.
    pub fn new(principal: impl Into<Principal>) -> Self {
        Self {
            principal: principal.into(),
            master: None,
            user: None,
            approves: None,
        }
    }

    /// `principal`, for the user of a master.
    pub fn of(principal: impl Into<Principal>, owner: &Owner) -> Self {
        Self {
            master: Some(owner.master.clone()),
            user: owner.user.clone(),
            ..Self::new(principal)
        }
    }

    /// Where it comes from, for log lines: the master, and the address.
    pub fn shown(&self) -> String {
        let address = self.principal.address();
        match (&self.master, address.filter(|_| self.approves.is_none())) {
            (Some(master), Some(address)) => format!("{master} ({address})"),
            (Some(master), None) => master.clone(),
            (None, Some(address)) => address.to_string(),
            (None, None) => self.signature(),
        }
    }

    /// Who it was, for heads and histories.
    pub fn signature(&self) -> String {
        match &self.approves {
            Some(pushed) => format!("{pushed}, approved by {}", self.principal),
            None => self.principal.to_string(),
        }
    }
}
