//! The accounts of the configuration: their credentials, in constant time, and what they may do.

use std::net::IpAddr;
use std::sync::Arc;

use crate::access::totp::{self, SecondFactor};
use crate::access::{Login, Principal, Rights};
use crate::http::Settings;

/// An account of the configuration.
#[derive(Debug, Clone)]
pub(in crate::http) struct Account {
    pub name: String,
    pub digest: blake3::Hash,
    kind: Kind,
    pub(super) second: Option<Second>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// The account that masters push with; without accounts of operators it may operate too.
    Master {
        operates: bool,
    },
    Operator,
}

/// The second factor of an account.
#[derive(Debug, Clone)]
pub(super) struct Second {
    pub factor: Arc<SecondFactor>,
    /// The digest of what who has both factors at hand sends: the command line.
    of_both: blake3::Hash,
}

impl Account {
    /// The accounts of `app`.
    pub(super) fn all(app: &Settings) -> Vec<Self> {
        let account = |name: &str, password: &str, kind| Account {
            name: name.to_owned(),
            digest: digest(name, password),
            kind,
            second: match kind {
                Kind::Operator => app.second_factor(name).and_then(|secret| {
                    let of_both = totp::of_both(password, secret.expose());
                    Some(Second {
                        // It was read before.
                        factor: Arc::new(SecondFactor::new(secret.expose()).ok()?),
                        of_both: digest(name, &of_both),
                    })
                }),
                Kind::Master { .. } => None,
            },
        };
        // Where an operator has the credentials of the masters' account, the operator comes first.
        let operators = app.operators.iter().map(|operator| {
            let password = operator.password.expose();
            account(&operator.name, password, Kind::Operator)
        });
        let operates = app.operators.is_empty();
        let master = Kind::Master { operates };
        let master = account(&app.auth_username, app.auth_password.expose(), master);
        operators.chain([master]).collect()
    }

    /// The account with these credentials, and whether they are all that it needs. Hashes of equal length compare in constant time, and all are
    /// compared: how long that takes tells nothing.
    pub(super) fn with(accounts: &[Self], user: &str, password: &str) -> Option<(Self, bool)> {
        let given = digest(user, password);
        let accounts = accounts.iter().rev();
        let found = accounts.fold(None, |found, account| {
            let by_both = account
                .second
                .as_ref()
                .map(|second| second.of_both == given);
            match (account.digest == given, by_both) {
                (_, Some(true)) | (true, None) => Some((account, true)),
                (true, Some(false)) => Some((account, false)),
                (false, _) => found,
            }
        });
        found.map(|(account, whole)| (account.clone(), whole))
    }

    pub(super) fn principal(&self, address: IpAddr) -> Principal {
        let login = |rights| Login {
            name: self.name.clone(),
            address,
            rights,
            scope: None,
        };
        match self.kind {
            Kind::Operator => Principal::Operator(login(Rights::ALL)),
            Kind::Master { operates: true } => Principal::Master(login(Rights::ALL)),
            Kind::Master { operates: false } => Principal::Master(login(Rights::MASTER)),
        }
    }
}

/// What is compared instead of the credential itself. NUL divides: neither part can contain it in a
/// way that another pair would give the same bytes, as the length of the user name leads.
fn digest(user: &str, password: &str) -> blake3::Hash {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&(user.len() as u64).to_be_bytes());
    hasher.update(user.as_bytes());
    hasher.update(password.as_bytes());
    hasher.finalize()
}
