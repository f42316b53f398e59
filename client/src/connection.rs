//! One gateway over HTTP, for threads that may wait.

use std::io::{BufRead, BufReader, Read};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use ureq::http::Response;
use ureq::tls::TlsConfig;
use ureq::{Agent, Body};

use crate::{Error, Fault};

/// How long the gateway may take to answer; to an operation, until it begins to tell of it.
const TIMEOUT: Duration = Duration::from_secs(60);

/// The most octets of one answer.
const MOST: u64 = 1 << 30;

/// Who asks.
#[derive(Clone)]
pub enum Login {
    /// Nobody: the address is in `registry.allow`.
    Nothing,
    /// A token.
    Token(String),
    /// The account of an operator.
    Account {
        /// Its name.
        name: String,
        /// Its password.
        password: String,
    },
}

impl Login {
    /// The value of the header `Authorization`.
    fn header(&self) -> Option<String> {
        match self {
            Self::Nothing => None,
            Self::Token(token) => Some(format!("Bearer {token}")),
            Self::Account { name, password } => {
                let both = STANDARD.encode(format!("{name}:{password}"));
                Some(format!("Basic {both}"))
            }
        }
    }
}

impl std::fmt::Debug for Login {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Nothing => "Nothing",
            Self::Token(_) => "Token",
            Self::Account { .. } => "Account",
        })
    }
}

/// How a body is sent.
#[derive(Debug, Clone, Copy)]
pub enum Verb {
    /// To edit what is there.
    Patch,
    /// To create, or to order.
    Post,
    /// To replace.
    Put,
}

/// One gateway over HTTP. Cheap to clone; its calls wait, so that they belong on threads that may.
#[derive(Debug, Clone)]
pub struct Connection {
    agent: Agent,
    url: String,
    login: Login,
}

/// The lines of an answer, as they come.
pub struct Lines {
    lines: std::io::Lines<BufReader<Box<dyn Read>>>,
    connection: Connection,
}

impl Connection {
    /// The gateway at `url`, such as `http://127.0.0.1:8500`. Nothing is sent yet.
    ///
    /// ```
    /// use dadns_client::{Connection, Login};
    ///
    /// let gateway = Connection::new("http://127.0.0.1:8500", Login::Nothing);
    /// assert_eq!(gateway.url(), "http://127.0.0.1:8500");
    /// ```
    pub fn new(url: impl Into<String>, login: Login) -> Self {
        Self::with(url, login, TlsConfig::default())
    }

    /// The same, whatever certificate it shows: for an address of the same machine, where the certificate names the public
    /// host.
    ///
    /// ```
    /// use dadns_client::{Connection, Login};
    ///
    /// let gateway = Connection::of_this_machine("https://127.0.0.1:2222", Login::Nothing);
    /// ```
    pub fn of_this_machine(url: impl Into<String>, login: Login) -> Self {
        let tls = TlsConfig::builder().disable_verification(true).build();
        Self::with(url, login, tls)
    }

    fn with(url: impl Into<String>, login: Login, tls: TlsConfig) -> Self {
        let agent = Agent::config_builder()
            .timeout_connect(Some(TIMEOUT))
            .timeout_recv_response(Some(TIMEOUT))
            .http_status_as_error(false)
            // A proxy set for the way out would be handed the password, and cannot reach this network.
            .proxy(None)
            .tls_config(tls)
            .build();
        let url: String = url.into();
        Self {
            agent: agent.into(),
            url: url.trim_end_matches('/').to_owned(),
            login,
        }
    }

    /// Where it is, without a slash at the end.
    ///
    /// ```
    /// # use dadns_client::{Connection, Login};
    /// let gateway = Connection::new("http://127.0.0.1:8500/", Login::Nothing);
    /// assert_eq!(gateway.url(), "http://127.0.0.1:8500");
    /// ```
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The answer to a GET of `path`.
    ///
    /// ```no_run
    /// # use dadns_client::{Connection, Login};
    /// let gateway = Connection::new("http://127.0.0.1:8500", Login::Nothing);
    /// println!("{}", gateway.get("/services")?);
    /// # Ok::<(), dadns_client::Error>(())
    /// ```
    ///
    /// # Errors
    /// When it does not answer, or with an error.
    pub fn get(&self, path: &str) -> Result<String, Error> {
        let mut request = self.agent.get(format!("{}{path}", self.url));
        if let Some(login) = self.login.header() {
            request = request.header("Authorization", login);
        }
        self.text(request.call().map_err(|error| self.unreachable(error))?)
    }

    /// The answer to a DELETE of `path`.
    ///
    /// ```no_run
    /// # use dadns_client::{Connection, Login};
    /// # let gateway = Connection::new("http://127.0.0.1:2222", Login::Token("dadns_…".to_owned()));
    /// gateway.delete("/api/v1/zones/example.com")?;
    /// # Ok::<(), dadns_client::Error>(())
    /// ```
    ///
    /// # Errors
    /// When it does not answer, or with an error.
    pub fn delete(&self, path: &str) -> Result<String, Error> {
        let mut request = self.agent.delete(format!("{}{path}", self.url));
        if let Some(login) = self.login.header() {
            request = request.header("Authorization", login);
        }
        self.text(request.call().map_err(|error| self.unreachable(error))?)
    }

    /// The answer to a POST of `body`, as JSON, to `path`.
    ///
    /// ```no_run
    /// # use dadns_client::{Connection, Login};
    /// # let gateway = Connection::new("http://127.0.0.1:8500", Login::Nothing);
    /// gateway.post("/heartbeat/web/1", &serde_json::json!({"load": 0.5}))?;
    /// # Ok::<(), dadns_client::Error>(())
    /// ```
    ///
    /// # Errors
    /// When it does not answer, or with an error.
    pub fn post(&self, path: &str, body: &impl Serialize) -> Result<String, Error> {
        self.send(Verb::Post, path, body, None)
    }

    /// The answer to `body`, as JSON, sent to `path`; `wait`: for how many seconds the gateway may wait until every backend
    /// has verified it (`Prefer: wait`, RFC 7240, section 4.3).
    ///
    /// ```no_run
    /// # use dadns_client::{Connection, Login, Verb};
    /// # let gateway = Connection::new("http://127.0.0.1:2222", Login::Token("dadns_…".to_owned()));
    /// let changes = serde_json::json!({"changes": [{"op": "delete", "name": "www", "type": "A"}]});
    /// gateway.send(Verb::Patch, "/api/v1/zones/example.com/rrsets", &changes, Some(30))?;
    /// # Ok::<(), dadns_client::Error>(())
    /// ```
    ///
    /// # Errors
    /// When it does not answer, or with an error.
    pub fn send(
        &self,
        verb: Verb,
        path: &str,
        body: &impl Serialize,
        wait: Option<u64>,
    ) -> Result<String, Error> {
        let response = self.sent(verb, path, body, wait)?;
        self.text(response)
    }

    /// The lines of the answer to a POST of `body`, as they come.
    ///
    /// ```no_run
    /// # use dadns_client::{Connection, Login};
    /// # let gateway = Connection::new("http://127.0.0.1:2222", Login::Token("dadns_…".to_owned()));
    /// for line in gateway.lines("/api/v1/verify", &serde_json::json!({}))? {
    ///     println!("{}", line?);
    /// }
    /// # Ok::<(), dadns_client::Error>(())
    /// ```
    ///
    /// # Errors
    /// When it does not answer, or with an error.
    pub fn lines(&self, path: &str, body: &impl Serialize) -> Result<Lines, Error> {
        let response = self.sent(Verb::Post, path, body, None)?;
        if !response.status().is_success() {
            let refused = self.text(response).err();
            return Err(refused.unwrap_or_else(|| self.unreachable("it answers nothing")));
        }
        let body = response.into_body().into_with_config().limit(MOST).reader();
        let body: Box<dyn Read> = Box::new(body);
        Ok(Lines {
            lines: BufReader::new(body).lines(),
            connection: self.clone(),
        })
    }

    /// That it cannot be asked, for this cause.
    ///
    /// ```
    /// # use dadns_client::{Connection, Login};
    /// # let gateway = Connection::new("http://127.0.0.1:8500", Login::Nothing);
    /// let error = gateway.unreachable("the answer was cut off");
    /// assert!(error.to_string().contains("http://127.0.0.1:8500"));
    /// ```
    pub fn unreachable(&self, cause: impl ToString) -> Error {
        Error::Unreachable {
            url: self.url.clone(),
            cause: cause.to_string(),
        }
    }

    fn sent(
        &self,
        verb: Verb,
        path: &str,
        body: &impl Serialize,
        wait: Option<u64>,
    ) -> Result<Response<Body>, Error> {
        let body =
            serde_json::to_string(body).map_err(|error| Error::Unreadable(error.to_string()))?;
        let url = format!("{}{path}", self.url);
        let mut request = match verb {
            Verb::Patch => self.agent.patch(url),
            Verb::Post => self.agent.post(url),
            Verb::Put => self.agent.put(url),
        };
        if let Some(wait) = wait {
            request = request.header("Prefer", format!("wait={wait}"));
        }
        if let Some(login) = self.login.header() {
            request = request.header("Authorization", login);
        }
        request
            .header("Content-Type", "application/json")
            .send(body)
            .map_err(|error| self.unreachable(error))
    }

    fn text(&self, mut response: Response<Body>) -> Result<String, Error> {
        let status = response.status();
        let body = response.body_mut().with_config().limit(MOST);
        let text = body
            .read_to_string()
            .map_err(|error| self.unreachable(error))?;
        match status.is_success() {
            true => Ok(text),
            false => Err(Error::Refused(Fault::of(status.as_u16(), &text))),
        }
    }
}

impl Iterator for Lines {
    type Item = Result<String, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        let line = self.lines.next()?;
        Some(line.map_err(|error| self.connection.unreachable(error)))
    }
}

impl std::fmt::Debug for Lines {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lines").finish_non_exhaustive()
    }
}

/// A text as a part of a path or a query.
///
/// ```
/// assert_eq!(dadns_client::encoded("a b/c"), "a%20b%2Fc");
/// ```
pub fn encoded(text: &str) -> String {
    let all = form_urlencoded::byte_serialize(text.as_bytes());
    // A blank in a path is no plus sign.
    all.collect::<String>().replace('+', "%20")
}
