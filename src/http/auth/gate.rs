//! Basic auth in constant time, and the address of a client.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::http::header::AUTHORIZATION;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ipnet::IpNet;

use super::suspects::{Suspects, network_of};
use crate::access::{Login, Principal, Rights};
use crate::http::Settings;
use crate::logging::warning;

/// Checks credentials and meters those who guess.
///
/// Only an address (IPv6: its /64) that has just failed is metered, and then every further try of
/// it, right or wrong: otherwise a flood of guesses could go on until one is right. Masters that
/// know their password are never slowed down.
pub struct Gate {
    /// The account that masters push with.
    master: blake3::Hash,
    /// The accounts of operators; none: that of the masters may operate too.
    operators: Vec<blake3::Hash>,
    proxies: Vec<IpNet>,
    suspects: Suspects,
}

/// What the gate says to a request.
pub(super) enum Ruling {
    Pass(Principal),
    Refuse,
    Wait(Duration),
}

/// Whose account a request was sent with.
enum Account {
    Master,
    Operator,
}

impl Gate {
    /// A gate with the accounts of `app`.
    pub fn new(app: &Settings) -> Self {
        let per_minute = NonZeroU32::new(app.auth_failures_per_minute).unwrap_or(NonZeroU32::MIN);
        Self {
            master: digest(&app.auth_username, app.auth_password.expose()),
            operators: app
                .operators
                .iter()
                .map(|account| digest(&account.name, account.password.expose()))
                .collect(),
            proxies: if app.proxy_support {
                app.trusted_proxies.clone()
            } else {
                Vec::new()
            },
            suspects: Suspects::new(per_minute),
        }
    }

    pub(super) fn rule(&self, request: &HttpRequest) -> Ruling {
        let Some(address) = self.client(request) else {
            return Ruling::Refuse;
        };
        let network = network_of(address);
        let given = basic(request);
        let account = given
            .as_ref()
            .and_then(|(user, password)| self.account(user, password));
        let suspicious = self.suspects.has(network);
        if suspicious && let Some(wait) = self.suspects.wait(network) {
            self.suspects.note_wait(network, address, account.is_some());
            return Ruling::Wait(wait);
        }
        // Asking without credentials is how clients find out that they need some.
        let Some((name, _)) = given else {
            return Ruling::Refuse;
        };
        let Some(account) = account else {
            if self.suspects.add(network) {
                warning!(
                    user = name,
                    "a wrong user name or password came from {address}"
                );
            }
            return Ruling::Refuse;
        };
        if suspicious {
            self.suspects.remove(network);
        }
        Ruling::Pass(self.principal(account, name, address))
    }

    /// The account with these credentials. Hashes of equal length compare in constant time, and all are
    /// compared: how long that takes tells nothing.
    fn account(&self, user: &str, password: &str) -> Option<Account> {
        let given = digest(user, password);
        let operator = self
            .operators
            .iter()
            .fold(false, |any, one| any | (*one == given));
        let master = given == self.master;
        match (operator, master) {
            (true, _) => Some(Account::Operator),
            (false, true) => Some(Account::Master),
            (false, false) => None,
        }
    }

    fn principal(&self, account: Account, name: String, address: IpAddr) -> Principal {
        let login = |rights| Login {
            name,
            address,
            rights,
            scope: None,
        };
        match account {
            Account::Operator => Principal::Operator(login(Rights::ALL)),
            Account::Master if self.operators.is_empty() => Principal::Master(login(Rights::ALL)),
            Account::Master => Principal::Master(login(Rights::MASTER)),
        }
    }

    /// The address of the client: the nearest one that is not a trusted proxy.
    fn client(&self, request: &HttpRequest) -> Option<IpAddr> {
        let peer = canonical(request.peer_addr()?.ip());
        let trusted = |address: &IpAddr| self.proxies.iter().any(|net| net.contains(address));
        if !trusted(&peer) {
            return Some(peer);
        }
        let mut nearest = peer;
        let headers: Vec<_> = request.headers().get_all("X-Forwarded-For").collect();
        let hops = headers
            .into_iter()
            .rev()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.rsplit(','));
        for hop in hops {
            // Past a hop that is no address nothing can be trusted.
            let Ok(address) = hop.trim().parse::<IpAddr>() else {
                break;
            };
            nearest = canonical(address);
            if !trusted(&nearest) {
                break;
            }
        }
        Some(nearest)
    }
}

impl std::fmt::Debug for Gate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Gate").finish_non_exhaustive()
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

fn basic(request: &HttpRequest) -> Option<(String, String)> {
    let value = request.headers().get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, encoded) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (user, password) = decoded.split_once(':')?;
    Some((user.to_owned(), password.to_owned()))
}

/// An IPv4 address in IPv6 clothes is the IPv4 address.
fn canonical(address: IpAddr) -> IpAddr {
    address.to_canonical()
}
