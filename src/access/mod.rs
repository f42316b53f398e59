//! Who acts, and what they may do.
//!
//! `http/auth` makes a [`Principal`] of the credentials of a request; a part of the gateway that changes
//! zones by itself names itself by its [`Part`]. Every change carries one, and heads
//! and histories keep it as its text.

pub mod jwt;
mod pattern;
mod rights;
mod scope;
mod token;
pub mod totp;

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use dadns_backends::BackendId;
use dadns_zone::{RrsetKey, ZoneName};

pub use rights::{Denied, Right, Rights};
pub use scope::{Grant, NotAdmitted, Scope, ScopeError, ScopeErrors, read_type};
pub use token::{
    LastUse, NoRandomness, Token, TokenNameError, TokenRecord, check_token_name, random, token_hash,
};

/// Who acts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Principal {
    /// The account that masters push with.
    Master(Login),
    /// An operator.
    Operator(Login),
    /// A client with a token.
    Token(Login),
    /// Whoever signed a dynamic update with a TSIG key.
    Key(Login),
    /// A client that cannot send a credential, of an address that needs none; its name is what it speaks.
    Allowed(Login),
    /// A part of the gateway itself.
    Gateway(Part),
}

/// An account that has logged in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Login {
    /// Its name.
    pub name: String,
    /// The address that it was used from, seen through trusted proxies.
    pub address: IpAddr,
    /// What it may do.
    pub rights: Rights,
    /// Where it may; `None`: in all zones, with all records.
    pub scope: Option<Arc<Scope>>,
}

/// A part of the gateway that changes zones by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// The comparison of backends with desired state, which raises serials.
    Check,
    /// The import of zones from a backend.
    Import(BackendId),
    /// The lane of a backend, which raises serials.
    Lane(BackendId),
    /// The task that ends moves of zones between groups of backends.
    Moves,
    /// The comparison with the masters.
    Reconciliation,
    /// The registry, which publishes services.
    Registry,
    /// A directory that is watched, by its name.
    Source(String),
}

impl Principal {
    /// What it may do.
    pub fn rights(&self) -> Rights {
        match self {
            Self::Master(login)
            | Self::Operator(login)
            | Self::Token(login)
            | Self::Key(login)
            | Self::Allowed(login) => login.rights,
            Self::Gateway(_) => Rights::ALL,
        }
    }

    /// A client at `address` that speaks `name` without a credential: it may read and edit these zones, or patterns
    /// of zones, and nothing where that are none.
    ///
    /// # Errors
    /// When one of them is no pattern.
    pub fn allowed(name: &str, address: IpAddr, zones: &[String]) -> Result<Self, ScopeErrors> {
        let scope = match zones {
            [] => None,
            zones => Some(Arc::new(Scope::read(&Grant {
                zones: zones.to_vec(),
                actions: vec!["read".to_owned(), "edit".to_owned()],
                ..Grant::default()
            })?)),
        };
        Ok(Self::Allowed(Login {
            name: name.to_owned(),
            address,
            rights: scope.as_ref().map_or(Rights::NONE, |scope| scope.rights()),
            scope,
        }))
    }

    /// What it is limited to; `None`: nothing.
    pub fn scope(&self) -> Option<&Scope> {
        match self {
            Self::Master(login)
            | Self::Operator(login)
            | Self::Token(login)
            | Self::Key(login)
            | Self::Allowed(login) => login.scope.as_deref(),
            Self::Gateway(_) => None,
        }
    }

    /// What it is, for refusals.
    fn kind(&self) -> &'static str {
        match self {
            Self::Master(_) | Self::Operator(_) => "account",
            Self::Token(_) => "token",
            Self::Key(_) => "key",
            Self::Allowed(_) => "client",
            Self::Gateway(_) => "part of the gateway",
        }
    }

    fn denied(&self, right: Right, limit: Option<String>) -> Denied {
        Denied {
            who: self.kind(),
            right,
            limit,
        }
    }

    /// Whether it has `right`, and its scope, if it has one, says so too.
    fn check(
        &self,
        right: Right,
        scope: impl FnOnce(&Scope) -> Result<(), String>,
    ) -> Result<(), Denied> {
        if !self.rights().has(right) {
            return Err(self.denied(right, None));
        }
        self.scope()
            .map_or(Ok(()), scope)
            .map_err(|limit| self.denied(right, Some(limit)))
    }

    /// Whether it has `right` somewhere.
    ///
    /// # Errors
    /// That it does not.
    pub fn has(&self, right: Right) -> Result<(), Denied> {
        self.check(right, |_| Ok(()))
    }

    /// Who it is, wherever it comes from.
    pub fn account(&self) -> String {
        match self {
            Self::Master(login) => login.name.clone(),
            Self::Operator(login) => format!("operator {}", login.name),
            Self::Token(login) => format!("token {}", login.name),
            Self::Key(login) => format!("key {}", login.name),
            Self::Allowed(login) => format!("client of {}", login.name),
            Self::Gateway(part) => part.to_string(),
        }
    }

    /// Whether it may make use of `right` in `zone`.
    ///
    /// # Errors
    /// What it lacks.
    pub fn may(&self, right: Right, zone: &ZoneName) -> Result<(), Denied> {
        self.check(right, |scope| scope.allows_zone(right, zone))
    }

    /// Whether it may make use of `right` for the gateway as a whole.
    ///
    /// # Errors
    /// What it lacks.
    pub fn may_everywhere(&self, right: Right) -> Result<(), Denied> {
        self.check(right, |scope| scope.allows_everywhere(right))
    }

    /// Whether it has `right` and no scope. What could give others more than a scope allows needs this.
    ///
    /// # Errors
    /// What it lacks.
    pub fn may_unlimited(&self, right: Right) -> Result<(), Denied> {
        self.check(right, |_| {
            Err("only the accounts of operators may do this".to_owned())
        })
    }

    /// Whether it may edit one RRset of `zone`, with this TTL (in seconds) where the edit says one.
    ///
    /// # Errors
    /// What it lacks.
    pub fn may_edit(
        &self,
        zone: &ZoneName,
        key: &RrsetKey,
        ttl: Option<u32>,
    ) -> Result<(), Denied> {
        self.check(Right::Edit, |scope| {
            scope.allows_zone(Right::Edit, zone)?;
            scope.allows_edit(zone, key, ttl)
        })
    }

    /// Whether lists and searches show `zone` to it.
    pub fn sees(&self, zone: &ZoneName) -> bool {
        let shows = |scope: &Scope| scope.shows(zone);
        self.rights().has(Right::Read) && self.scope().is_none_or(shows)
    }

    /// Where it logged in from; `None`: it is the gateway itself.
    pub fn address(&self) -> Option<IpAddr> {
        match self {
            Self::Master(login)
            | Self::Operator(login)
            | Self::Token(login)
            | Self::Key(login)
            | Self::Allowed(login) => Some(login.address),
            Self::Gateway(_) => None,
        }
    }

    /// This principal as it makes use of `right`: an account that may push and operate is a master
    /// while it pushes and an operator while it operates, which is how histories name it.
    ///
    /// # Errors
    /// When it lacks that right.
    pub fn acting(self, right: Right) -> Result<Self, Denied> {
        self.has(right)?;
        Ok(match (self, right) {
            (Self::Master(login), Right::Operate | Right::Decide) => Self::Operator(login),
            (Self::Operator(login), Right::Push) => Self::Master(login),
            (same, _) => same,
        })
    }
}

/// As heads and histories keep it.
impl fmt::Display for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Master(Login { name, address, .. }) => write!(f, "{name} from {address}"),
            Self::Operator(Login { name, address, .. }) => {
                write!(f, "operator {name} from {address}")
            }
            Self::Token(Login { name, address, .. }) => write!(f, "token {name} from {address}"),
            Self::Key(Login { name, address, .. }) => write!(f, "key {name} from {address}"),
            Self::Allowed(Login { name, address, .. }) => {
                write!(f, "client of {name} from {address}")
            }
            Self::Gateway(part) => part.fmt(f),
        }
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Check => f.write_str("check"),
            Self::Import(backend) => write!(f, "import from {backend}"),
            Self::Lane(backend) => write!(f, "lane of {backend}"),
            Self::Moves => f.write_str("moves"),
            Self::Reconciliation => f.write_str("reconciliation"),
            Self::Registry => f.write_str("registry"),
            Self::Source(name) => write!(f, "source {name}"),
        }
    }
}

impl From<Part> for Principal {
    fn from(part: Part) -> Self {
        Self::Gateway(part)
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    fn login(rights: Rights) -> Login {
        Login {
            name: "anna".into(),
            address: Ipv4Addr::LOCALHOST.into(),
            rights,
            scope: None,
        }
    }

    #[test]
    fn an_account_of_masters_may_not_operate_unless_it_has_that_right() {
        let master = Principal::Master(login(Rights::MASTER));
        for right in [Right::Push, Right::Read] {
            assert_eq!(master.clone().acting(right), Ok(master.clone()));
        }
        for right in [Right::Operate, Right::Decide] {
            assert_eq!(master.clone().acting(right), Err(right.into()));
        }
        let both = Principal::Master(login(Rights::ALL));
        let acting = both.acting(Right::Decide).unwrap();
        assert_eq!(acting.to_string(), "operator anna from 127.0.0.1");
    }

    #[test]
    fn whoever_pushes_is_named_as_a_master_whatever_its_account() {
        let operator = Principal::Operator(login(Rights::ALL));
        assert_eq!(operator.to_string(), "operator anna from 127.0.0.1");
        let pushing = operator.acting(Right::Push).unwrap();
        assert_eq!(pushing.to_string(), "anna from 127.0.0.1");
    }

    #[test]
    fn the_gateway_itself_may_do_all_and_names_its_part() {
        let bind: BackendId = "bind".parse().unwrap();
        for (part, named) in [
            (Part::Check, "check"),
            (Part::Reconciliation, "reconciliation"),
            (Part::Lane(bind.clone()), "lane of bind"),
            (Part::Import(bind), "import from bind"),
        ] {
            let principal = Principal::from(part);
            assert_eq!(principal.to_string(), named);
            assert_eq!(principal.rights(), Rights::ALL);
            assert_eq!(principal.address(), None);
        }
    }
}
