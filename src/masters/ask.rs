//! How a master is asked: HTTP with its account, and with a session where it wants one.

use std::fmt;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use dadns_keys::{MASK, Secret};
use parking_lot::Mutex;
use ureq::http::Response;
use ureq::{Agent, Body};

use super::error::Fault;
use super::settings::Server;

/// Longest login page that is read to its end.
const MAX_LOGIN: u64 = 1024 * 1024;
/// Most characters of an answer that are shown.
const MAX_SHOWN: usize = 120;

/// Asks one master.
pub(super) struct Asker {
    agent: Agent,
    base: String,
    username: String,
    password: Secret,
    /// The cookies of the session, once the master has asked for one.
    session: Mutex<Option<Secret>>,
}

impl fmt::Debug for Asker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Asker")
            .field("base", &self.base)
            .field("username", &self.username)
            .finish_non_exhaustive()
    }
}

/// The body of an answer.
pub(super) struct Answer {
    pub body: Vec<u8>,
    /// Whether it said how long it is. If not, its end may be missing, over TLS too: a stream that was
    /// not closed properly is not noticed.
    pub whole: bool,
}

/// An answer that was read to its end.
struct Reply {
    status: u16,
    location: Option<String>,
    cookies: Vec<String>,
    whole: bool,
    body: Vec<u8>,
}

impl Reply {
    fn is_redirect(&self) -> bool {
        (300..400).contains(&self.status)
    }

    fn is_page(&self) -> bool {
        let text = self
            .body
            .strip_prefix(b"\xef\xbb\xbf")
            .unwrap_or(&self.body);
        text.trim_ascii_start().starts_with(b"<")
    }
}

impl Asker {
    pub fn new(server: &Server, agent: Agent) -> Self {
        let scheme = if server.ssl { "https" } else { "http" };
        let host = match server.hostname.contains(':') {
            true => format!("[{}]", server.hostname),
            false => server.hostname.clone(),
        };
        Self {
            agent,
            base: format!("{scheme}://{host}:{}", server.port),
            username: server.username.clone(),
            password: server.password.clone(),
            session: Mutex::new(None),
        }
    }

    /// Asks for `target`, a path with its query, and returns what it has, of at most `limit` bytes. All
    /// of it, a login included, has to be over at `deadline`.
    pub fn ask(&self, target: &str, limit: u64, deadline: Instant) -> Result<Answer, Fault> {
        let session = self.session.lock().clone();
        let mut reply = self.get(target, session.as_ref(), limit, deadline)?;
        let expired = session.is_some() && (reply.status == 401 || reply.is_page());
        if reply.is_redirect() || expired {
            let session = self.log_in(target, reply.location.as_deref(), deadline)?;
            reply = self.get(target, Some(&session), limit, deadline)?;
            let taken = reply.status == 200 && !reply.is_page();
            *self.session.lock() = taken.then_some(session);
        }
        self.judge(reply)
    }

    /// What the master says in a text of its own, fit for a message: short, and without the password,
    /// should it repeat that.
    pub fn shown(&self, text: &str) -> String {
        let text = text.replace(self.password.expose(), MASK);
        let shown: String = text.chars().take(MAX_SHOWN).collect();
        format!("{shown:?}")
    }

    fn judge(&self, reply: Reply) -> Result<Answer, Fault> {
        match reply.status {
            status @ (401 | 403) => Err(Fault::Refused(format!("it answers {status}"))),
            200..=299 if reply.is_page() => Err(Fault::Refused(
                "it sends a login page instead of data".to_owned(),
            )),
            200..=299 => Ok(Answer {
                body: reply.body,
                whole: reply.whole,
            }),
            300..=399 => {
                let to = self.shown(&reply.location.unwrap_or_default());
                Err(Fault::Refused(format!(
                    "it redirects to {to}, even after a login"
                )))
            }
            status @ 500.. => Err(Fault::Unreachable(format!("it answers {status}"))),
            status => Err(Fault::NotUnderstood(format!("it answers {status}"))),
        }
    }

    /// Logs in as its web page does, and returns the cookies of the session.
    fn log_in(
        &self,
        target: &str,
        sent_to: Option<&str>,
        deadline: Instant,
    ) -> Result<Secret, Fault> {
        let request = self.agent.post(format!("{}/CMD_LOGIN", self.base));
        let request = request.config().timeout_global(left(deadline)?).build();
        let form = [
            ("username", self.username.as_str()),
            ("password", self.password.expose()),
            ("referer", target),
        ];
        let response = request.send_form(form).map_err(unreachable)?;
        let reply = self.read(response, MAX_LOGIN)?;
        if reply.status >= 500 {
            return Err(Fault::Unreachable(format!(
                "it answers a login with {}",
                reply.status
            )));
        }
        if reply.cookies.is_empty() {
            let to = self.shown(sent_to.unwrap_or_default());
            return Err(Fault::Refused(format!(
                "it redirects to {to}, and a login gave no session"
            )));
        }
        Ok(Secret::new(reply.cookies.join("; ")))
    }

    fn get(
        &self,
        target: &str,
        session: Option<&Secret>,
        limit: u64,
        deadline: Instant,
    ) -> Result<Reply, Fault> {
        let account = format!("{}:{}", self.username, self.password.expose());
        let request = self.agent.get(format!("{}{target}", self.base));
        let mut request = request.config().timeout_global(left(deadline)?).build();
        request = request.header(
            "Authorization",
            format!("Basic {}", STANDARD.encode(account)),
        );
        if let Some(session) = session {
            request = request.header("Cookie", session.expose());
        }
        self.read(request.call().map_err(unreachable)?, limit)
    }

    fn read(&self, mut response: Response<Body>, limit: u64) -> Result<Reply, Fault> {
        let text = |name: &str| {
            let values = response.headers().get_all(name).iter();
            values.filter_map(|value| value.to_str().ok().map(str::to_owned))
        };
        let cookies = text("set-cookie").filter_map(|cookie| {
            let pair = cookie.split(';').next()?.trim().to_owned();
            let (_, value) = pair.split_once('=')?;
            (!value.is_empty()).then_some(pair)
        });
        let cookies = cookies.collect();
        let location = text("location").next();
        let whole = text("content-length").next().is_some()
            || text("transfer-encoding").any(|coding| coding.eq_ignore_ascii_case("chunked"));
        let status = response.status().as_u16();
        let body = response.body_mut().with_config().limit(limit).read_to_vec();
        let body = body.map_err(|error| match error {
            ureq::Error::Timeout(_) => unreachable(error),
            ureq::Error::BodyExceedsLimit(_) => {
                Fault::NotUnderstood(format!("it has more than {limit} bytes"))
            }
            error => Fault::NotUnderstood(format!("it is cut off: {error}")),
        })?;
        Ok(Reply {
            status,
            location,
            cookies,
            whole,
            body,
        })
    }
}

fn unreachable(error: ureq::Error) -> Fault {
    Fault::Unreachable(error.to_string())
}

/// How long a request may take that has to be over at `deadline`.
fn left(deadline: Instant) -> Result<Option<Duration>, Fault> {
    match deadline.saturating_duration_since(Instant::now()) {
        Duration::ZERO => Err(Fault::Unreachable("it takes too long".to_owned())),
        left => Ok(Some(left)),
    }
}
