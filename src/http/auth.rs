//! Who is asking: Basic auth in constant time, and a limit on guesses per address.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::time::{Duration, Instant};

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{AUTHORIZATION, RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::middleware::Next;
use actix_web::{HttpMessage, HttpRequest, HttpResponse, web};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use ipnet::IpNet;
use parking_lot::Mutex;

use super::{Settings, body, reply};
use crate::logging::warning;

/// For how long an address that guessed wrong is metered.
const SUSPICION: Duration = Duration::from_secs(15 * 60);

/// The most addresses remembered as suspicious; past that the oldest are forgotten.
const SUSPECTS: usize = 100_000;

/// The account that a request was authenticated with, and where it came from.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The user name.
    pub credential: String,
    /// The address of the client, behind trusted proxies too.
    pub peer: IpAddr,
    /// Whether it may order and decide.
    pub operator: bool,
}

/// Checks credentials and meters those who guess.
///
/// Only an address (IPv6: its /64) that has just failed is metered, and then every further try of
/// it, right or wrong: otherwise a flood of guesses could go on until one is right. Masters that
/// know their password are never slowed down.
pub struct Gate {
    credential: blake3::Hash,
    /// The accounts of operators; none: that of the masters will do.
    operators: Vec<blake3::Hash>,
    proxies: Vec<IpNet>,
    suspects: Mutex<HashMap<IpAddr, Suspect>>,
    guesses: DefaultKeyedRateLimiter<IpAddr>,
    clock: DefaultClock,
}

/// An address that guessed wrong.
struct Suspect {
    /// When it last did.
    since: Instant,
    /// Whether the log has said that it has to wait with wrong credentials, …
    told_wrong: bool,
    /// … and with the right ones.
    told_right: bool,
}

/// What the gate says to a request.
enum Ruling {
    Pass(Caller),
    Refuse,
    Wait(Duration),
}

impl Gate {
    /// A gate with the accounts of `app`.
    pub fn new(app: &Settings) -> Self {
        let per_minute = NonZeroU32::new(app.auth_failures_per_minute).unwrap_or(NonZeroU32::MIN);
        Self {
            credential: digest(&app.auth_username, app.auth_password.expose()),
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
            suspects: Mutex::new(HashMap::new()),
            guesses: RateLimiter::keyed(Quota::per_minute(per_minute)),
            clock: DefaultClock::default(),
        }
    }

    fn rule(&self, request: &HttpRequest) -> Ruling {
        let Some(peer) = self.client(request) else {
            return Ruling::Refuse;
        };
        let network = network_of(peer);
        // Hashes of equal length compare in constant time, whatever was sent.
        let given = basic(request).map(|(user, password)| (digest(&user, &password), user));
        let (mut right, mut operator) = (false, false);
        if let Some((given, _)) = &given {
            // All are compared: how long that takes tells nothing.
            operator = self
                .operators
                .iter()
                .fold(false, |any, one| any | (one == given));
            let master = *given == self.credential;
            right = operator | master;
            operator |= master & self.operators.is_empty();
        }
        let suspicious = self.is_suspect(network);
        if suspicious && let Err(wait) = self.guesses.check_key(&network) {
            self.note_wait(network, peer, right);
            return Ruling::Wait(wait.wait_time_from(self.clock.now()));
        }
        match given {
            Some((_, credential)) if right => {
                if suspicious {
                    self.suspects.lock().remove(&network);
                }
                Ruling::Pass(Caller {
                    credential,
                    peer,
                    operator,
                })
            }
            Some((_, user)) => {
                if self.suspect(network) {
                    warning!(user, "a wrong user name or password came from {peer}");
                }
                Ruling::Refuse
            }
            // Asking without credentials is how clients find out that they need some.
            None => Ruling::Refuse,
        }
    }

    fn is_suspect(&self, network: IpAddr) -> bool {
        let mut suspects = self.suspects.lock();
        match suspects.get(&network) {
            Some(suspect) if suspect.since.elapsed() < SUSPICION => true,
            Some(_) => {
                suspects.remove(&network);
                false
            }
            None => false,
        }
    }

    /// Remembers a wrong guess; `true`: it is the first of this address.
    fn suspect(&self, network: IpAddr) -> bool {
        let mut suspects = self.suspects.lock();
        if suspects.len() >= SUSPECTS {
            suspects.retain(|_, suspect| suspect.since.elapsed() < SUSPICION);
            if suspects.len() >= SUSPECTS {
                suspects.clear();
            }
            self.guesses.retain_recent();
        }
        let mut first = false;
        let suspect = suspects.entry(network).or_insert_with(|| {
            first = true;
            Suspect {
                since: Instant::now(),
                told_wrong: false,
                told_right: false,
            }
        });
        suspect.since = Instant::now();
        first
    }

    /// Logs that an address has to wait: once for those who guess, so that guessing fills no log,
    /// and once for a master that is right but shares its address with them, as its pushes are lost.
    /// The client is not told which of the two it is.
    fn note_wait(&self, network: IpAddr, peer: IpAddr, right: bool) {
        let first = self
            .suspects
            .lock()
            .get_mut(&network)
            .is_some_and(|suspect| {
                let told = if right {
                    &mut suspect.told_right
                } else {
                    &mut suspect.told_wrong
                };
                !std::mem::replace(told, true)
            });
        match (first, right) {
            (false, _) => {}
            (true, true) => warning!(
                "a request from {peer} is refused though its user name and password are right: \
                 there were too many wrong ones from {network}; whoever sends those has to stop, \
                 and what is pushed from there meanwhile has to be pushed again"
            ),
            (true, false) => warning!(
                "requests from {network} are refused for now: too many wrong user names or \
                 passwords came from there, and the one that {peer} sent now is no better"
            ),
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

/// Middleware: lets authenticated requests pass before their body is read, and notes the [`Caller`].
pub async fn require(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let ruling = match request.app_data::<web::Data<Gate>>() {
        Some(gate) => gate.rule(request.request()),
        None => Ruling::Refuse,
    };
    let response = match ruling {
        Ruling::Pass(caller) => {
            request.extensions_mut().insert(caller);
            return Ok(next.call(request).await?.map_into_left_body());
        }
        Ruling::Refuse => HttpResponse::Unauthorized()
            .insert_header((WWW_AUTHENTICATE, "Basic realm=\"dadns\", charset=\"UTF-8\""))
            .content_type(reply::CONTENT_TYPE)
            .body(reply::error(
                "Login failed",
                "wrong or missing user name or password",
            )),
        Ruling::Wait(wait) => HttpResponse::TooManyRequests()
            .insert_header((RETRY_AFTER, wait.as_secs().max(1).to_string()))
            .content_type(reply::CONTENT_TYPE)
            .body(reply::error(
                "Too many failed logins",
                "this address has to wait before it may try again",
            )),
    };
    Ok(body::unread(request, response).map_into_right_body())
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

/// What guesses are counted by: the address, for IPv6 its /64, which is one customer.
pub(super) fn network_of(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & (!0 << 64))),
    }
}
