//! How much there may be, and why something is refused.

use super::{Instance, Key};

/// How much there may be.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Most instances.
    pub instances: usize,
    /// Most instances of one client.
    pub per_client: usize,
}

/// Most octets of names, ids and tags.
pub const NAME: usize = 255;
/// Most tags of an instance.
pub const TAGS: usize = 64;
/// Most checks of an instance.
pub const CHECKS: usize = 16;
/// Most octets of the metadata of an instance, as JSON.
pub const METADATA: usize = 16 * 1_024;
/// Most octets of what a check says.
pub const OUTPUT: usize = 1_024;

/// Why something is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// It makes no sense.
    #[error("{0}")]
    Invalid(String),
    /// It is too large.
    #[error("{0}")]
    TooLarge(String),
    /// There is no such instance.
    #[error("{0} is not registered")]
    Unknown(Key),
    /// It has no such check.
    #[error("{key} has no check {check:?}")]
    NoCheck {
        /// The instance.
        key: Key,
        /// The check.
        check: String,
    },
    /// It belongs to somebody else.
    #[error("{key} was registered by another client ({owner})")]
    Taken {
        /// The instance.
        key: Key,
        /// Whose it is: an account, or "an address without a token".
        owner: &'static str,
    },
    /// The service has instances that were registered with a token, and this client has none.
    #[error("service {0} is registered with a token: this takes one too")]
    NeedsToken(String),
    /// There is no such pool.
    #[error("there is no pool {0:?} (registry.pools)")]
    NoPool(String),
    /// All addresses of a pool are given out.
    #[error(
        "pool {0} has no free address: deregister what is gone, or add a network to registry.pools"
    )]
    PoolIsEmpty(String),
    /// There are too many.
    #[error("there are {most} instances already, which is what {key} allows")]
    TooMany {
        /// How many.
        most: usize,
        /// The key of the configuration.
        key: &'static str,
    },
}

impl Refused {
    /// That an instance is another client's.
    pub fn taken(instance: &Instance) -> Self {
        Self::Taken {
            key: instance.key().clone(),
            owner: match instance.owner.account {
                Some(_) => "one with a token or account",
                None => "one without a token, from another address",
            },
        }
    }
}
