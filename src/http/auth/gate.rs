//! Who a request comes from: accounts, tokens and JWTs, in constant time, and the address of a client.

use std::borrow::Cow;
use std::collections::HashSet;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use actix_web::HttpRequest;
use ipnet::IpNet;
use jiff::Timestamp;
use parking_lot::Mutex;

use super::account::Account;
use super::sent::Sent;
use super::suspects::{Suspects, network_of};
use crate::access::jwt::{JwtError, Subject, looks_like_jwt};
use crate::access::{NotAdmitted, Principal, Token, token_hash};
use crate::http::Settings;
use crate::http::problem::{Code, Problem};
use crate::logging::warning;
use crate::store::Store;

/// What is said to requests with the password of an account that has a second factor: a password that was
/// stolen is worth nothing without the code, and a request has no place for one.
const NEEDS_CODE: &str = "this account has a second factor: log in at the web page, or use a token in place of the password (dadns \
                          token create)";

/// Checks credentials and meters those who guess.
///
/// Only an address (IPv6: its /64) that has just failed is metered, and then every further try of
/// it, right or wrong: otherwise a flood of guesses could go on until one is right. Masters that
/// know their password are never slowed down.
pub struct Gate {
    pub(super) accounts: Vec<Account>,
    /// Where the tokens are; `None`: there are none.
    store: Option<Store>,
    proxies: Vec<IpNet>,
    pub(super) suspects: Suspects,
    /// The tokens of which the log has said that they were used from elsewhere.
    told: Mutex<HashSet<String>>,
}

/// How credentials were sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// With a request.
    Request,
    /// By the form of the web page, which can ask for a code.
    Form,
}

/// Who logs in by a form.
pub(in crate::http) enum Entered {
    Whole(Principal, Holder),
    /// An account of which the password is right and the code is still asked for.
    Half(Account),
}

/// Whose credentials a request was sent with.
pub(in crate::http) enum Holder {
    Account(Account),
    Token(Arc<Token>),
}

/// Why credentials are not taken.
enum Wrong {
    /// They are none; it may be a guess.
    Guess,
    /// They were good once.
    Expired(String),
    /// They are those of an account that has a second factor besides.
    Half(Account),
}

/// Why a request does not pass.
pub(in crate::http) enum Stopped {
    /// It has no credentials.
    Nothing,
    /// They are wrong, or good no longer.
    Refuse(Cow<'static, str>),
    /// They are good, but not from there.
    Forbid(String),
    /// Too many wrong ones came from there.
    Wait(Duration),
}

impl From<Stopped> for Problem {
    fn from(stopped: Stopped) -> Self {
        match stopped {
            Stopped::Nothing => Self::not_logged_in(),
            Stopped::Refuse(why) => Self::new(Code::NotLoggedIn, why),
            Stopped::Forbid(why) => Self::new(Code::NotAllowed, why)
                .hint("dadns token list shows where each token may be used"),
            Stopped::Wait(wait) => Self::too_many_failures(wait),
        }
    }
}

impl Gate {
    /// A gate with the accounts of `app`.
    pub fn new(app: &Settings) -> Self {
        let per_minute = NonZeroU32::new(app.auth_failures_per_minute).unwrap_or(NonZeroU32::MIN);
        Self {
            accounts: Account::all(app),
            store: None,
            proxies: if app.proxy_support {
                app.trusted_proxies.clone()
            } else {
                Vec::new()
            },
            suspects: Suspects::new(per_minute),
            told: Mutex::default(),
        }
    }

    /// The same, also for the tokens of `store`.
    #[must_use]
    pub fn with_tokens(self, store: Store) -> Self {
        Self {
            store: Some(store),
            ..self
        }
    }

    /// Where the tokens are.
    pub(super) fn store(&self) -> Option<&Store> {
        self.store.as_ref()
    }

    /// Who sent a request, in any of the ways in which credentials can be sent.
    pub(super) fn enter(&self, request: &HttpRequest) -> Result<Principal, Stopped> {
        let (principal, _) = self.enter_with(request, &Sent::of(request))?;
        Ok(principal)
    }

    /// Who sent a request with these credentials.
    pub(in crate::http) fn enter_with(
        &self,
        request: &HttpRequest,
        sent: &Sent,
    ) -> Result<(Principal, Holder), Stopped> {
        match self.enter_by(request, sent, Way::Request)? {
            Entered::Whole(principal, holder) => Ok((principal, holder)),
            Entered::Half(_) => Err(Stopped::Nothing),
        }
    }

    fn enter_by(&self, request: &HttpRequest, sent: &Sent, way: Way) -> Result<Entered, Stopped> {
        let Some(address) = self.client(request) else {
            return Err(Stopped::Nothing);
        };
        let network = network_of(address);
        let holder = self.holder(sent);
        let suspicious = self.suspects.has(network);
        if suspicious && let Some(wait) = self.suspects.wait(network) {
            self.suspects.note_wait(network, address, holder.is_ok());
            return Err(Stopped::Wait(wait));
        }
        let holder = match (holder, sent) {
            (Ok(holder), _) => holder,
            // Asking without credentials is how clients find out that they need some.
            (Err(_), Sent::Nothing) => return Err(Stopped::Nothing),
            // Who guesses codes stays suspicious until one is right.
            (Err(Wrong::Half(account)), _) => {
                return match way {
                    Way::Form => Ok(Entered::Half(account)),
                    Way::Request => Err(Stopped::Refuse(NEEDS_CODE.into())),
                };
            }
            (Err(Wrong::Expired(why)), _) => return Err(Stopped::Refuse(why.into())),
            (Err(Wrong::Guess), _) => {
                if self.suspects.add(network) {
                    match sent {
                        Sent::Basic { user, .. } => {
                            warning!(user, "a wrong user name or password came from {address}")
                        }
                        _ => warning!("a wrong token came from {address}"),
                    }
                }
                return Err(Stopped::Refuse(sent.refusal().into()));
            }
        };
        if suspicious {
            self.suspects.remove(network);
        }
        Ok(Entered::Whole(self.admit(&holder, address)?, holder))
    }

    /// Who logs in by a form: an account, or a token in place of its password. Guesses count as everywhere.
    pub(in crate::http) fn log_in(
        &self,
        request: &HttpRequest,
        user: &str,
        password: &str,
    ) -> Result<Entered, Problem> {
        let sent = Sent::Basic {
            user: user.to_owned(),
            password: password.to_owned(),
        };
        self.enter_by(request, &sent, Way::Form)
            .map_err(Problem::from)
    }

    /// Who a holder that logged in before is now; `None`: the account, the token or its scope is gone.
    pub(in crate::http) fn still(
        &self,
        request: &HttpRequest,
        holder: &Holder,
    ) -> Option<Principal> {
        self.still_at(self.client(request)?, holder)
    }

    /// As [`still`](Self::still), at this address.
    pub(in crate::http) fn still_at(&self, address: IpAddr, holder: &Holder) -> Option<Principal> {
        let now = match holder {
            Holder::Account(known) => {
                let same = |account: &&Account| {
                    account.name == known.name && account.digest == known.digest
                };
                Holder::Account(self.accounts.iter().find(same)?.clone())
            }
            Holder::Token(known) => {
                let token = self.store.as_ref()?.token(&known.record().name)?;
                let same = token.record().hash() == known.record().hash();
                Holder::Token(same.then_some(token)?)
            }
        };
        self.admit(&now, address).ok()
    }

    /// Whose credentials these are.
    fn holder(&self, sent: &Sent) -> Result<Holder, Wrong> {
        match sent {
            Sent::Nothing => Err(Wrong::Guess),
            Sent::Basic { user, password } => match Account::with(&self.accounts, user, password) {
                Some((account, true)) => Ok(Holder::Account(account)),
                Some((account, false)) => Err(Wrong::Half(account)),
                None => self.token(password).ok_or(Wrong::Guess),
            },
            Sent::Token(text) if looks_like_jwt(text) => self.of_jwt(text),
            Sent::Token(text) => self.token(text).ok_or(Wrong::Guess),
        }
    }

    fn token(&self, text: &str) -> Option<Holder> {
        let found = self.store.as_ref()?.token_by_hash(&token_hash(text));
        found.map(Holder::Token)
    }

    /// Whom a JWT stands for: a token or an account that still has the credential that it was made of.
    fn of_jwt(&self, text: &str) -> Result<Holder, Wrong> {
        let store = self.store.as_ref().ok_or(Wrong::Guess)?;
        let keys = store.signing_keys();
        let verified = keys
            .verify(text, Timestamp::now())
            .map_err(|error| match error {
                JwtError::Expired => Wrong::Expired(error.to_string()),
                JwtError::Invalid => Wrong::Guess,
            })?;
        let holder = match &verified.subject {
            Subject::Token(name) => store
                .token(name)
                .filter(|token| verified.is_of(&token.record().hash()))
                .map(Holder::Token),
            Subject::Account(name) => self
                .accounts
                .iter()
                .find(|account| account.name == *name && verified.is_of(&account.digest))
                .map(|account| Holder::Account(account.clone())),
        };
        holder.ok_or_else(|| {
            Wrong::Expired("the token or account that this JWT stands for is no more".to_owned())
        })
    }

    /// The principal that acts with these credentials from `address`.
    pub(super) fn admit(&self, holder: &Holder, address: IpAddr) -> Result<Principal, Stopped> {
        let token = match holder {
            Holder::Account(account) => return Ok(account.principal(address)),
            Holder::Token(token) => token,
        };
        let name = &token.record().name;
        match token.scope().admits(address, Timestamp::now()) {
            Ok(()) => {}
            Err(expired @ NotAdmitted::Expired(_)) => {
                let why = format!("token {name} cannot be used: {expired}");
                return Err(Stopped::Refuse(why.into()));
            }
            Err(elsewhere @ NotAdmitted::From(_)) => {
                if self.told.lock().insert(name.clone()) {
                    warning!("token {name} was sent from {address}, where it may not be used");
                }
                let why = format!("token {name} cannot be used: {elsewhere}");
                return Err(Stopped::Forbid(why));
            }
        }
        if let Some(store) = &self.store {
            store.token_used(name, address);
        }
        Ok(token.principal(address))
    }

    /// The address of the client: the nearest one that is not a trusted proxy.
    pub(in crate::http) fn client(&self, request: &HttpRequest) -> Option<IpAddr> {
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

/// An IPv4 address in IPv6 clothes is the IPv4 address.
fn canonical(address: IpAddr) -> IpAddr {
    address.to_canonical()
}
