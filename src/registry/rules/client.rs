//! Who acts on instances, and whose they are.

use std::fmt;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

/// Who registers, and to whom what was registered belongs.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Client {
    /// The token or account, as histories name it; `None`: an address of `registry.allow` without either.
    pub account: Option<String>,
    /// The address that it came from.
    pub address: IpAddr,
    /// Whether it may act on what belongs to others.
    #[serde(skip)]
    pub is_operator: bool,
}

impl Client {
    /// Whether both are the same: by their account, without one by their address.
    pub fn is(&self, other: &Self) -> bool {
        match (&self.account, &other.account) {
            (Some(one), Some(other)) => one == other,
            (None, None) => self.address == other.address,
            _ => false,
        }
    }

    /// Whether it may replace what `owner` registered.
    pub fn may_replace(&self, owner: &Self) -> bool {
        self.is_operator || self.is(owner)
    }

    /// Whether it may report on what `owner` registered, and take it out. Some clients send their token only when
    /// they register: for these the address is enough.
    pub fn may_report(&self, owner: &Self) -> bool {
        let same_address = self.account.is_none() && self.address == owner.address;
        self.may_replace(owner) || same_address
    }

    /// What its share of the registry is counted by.
    pub fn counted_as(&self) -> String {
        match &self.account {
            Some(account) => account.clone(),
            None => self.address.to_string(),
        }
    }
}

impl fmt::Display for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.account {
            Some(account) => write!(f, "{account} from {}", self.address),
            None => self.address.fmt(f),
        }
    }
}
