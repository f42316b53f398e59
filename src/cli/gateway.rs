//! Asks the running gateway over its HTTP face.

use std::io::{BufRead, BufReader};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use serde::de::DeserializeOwned;
use ureq::http::Response;
use ureq::tls::TlsConfig;
use ureq::{Agent, Body};

use crate::access::totp;
use crate::http::problem::shape::ProblemDetails;
use crate::http::{Api, Settings};
use crate::registry;
use crate::report::shape::{Line, Summary};

/// How long the gateway may take to answer; to an operation, until it begins to tell of it.
const TIMEOUT: Duration = Duration::from_secs(60);

/// The most octets of one answer.
const MOST: u64 = 1 << 30;

/// The running gateway could not be asked.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// It does not answer.
    #[error(
        "the gateway at {url} cannot be asked: {cause}; is it running, with the same configuration?"
    )]
    Unreachable {
        /// Where it was asked.
        url: String,
        /// What went wrong.
        cause: String,
    },
    /// It answers with an error.
    #[error("{0}")]
    Answer(String),
}

/// The running gateway, with the credentials of the configuration that it was started with.
pub struct Gateway {
    agent: Agent,
    url: String,
    authorization: String,
}

/// How records are sent.
#[derive(Debug, Clone, Copy)]
pub enum Verb {
    /// To be edited.
    Patch,
    /// To be created.
    Post,
}

impl Gateway {
    /// The gateway that was started with `app` and `api`.
    pub fn of(app: &Settings, api: &Api) -> Self {
        let apart = api.addresses(app).into_iter().next();
        let address = reachable(apart.unwrap_or_else(|| app.listen_addr().address));
        let tls = app.tls().is_some();
        let scheme = if tls { "https" } else { "http" };
        let (name, password) = match app.operators.first() {
            Some(operator) => (&operator.name, &operator.password),
            None => (&app.auth_username, &app.auth_password),
        };
        // A command has nobody who types a code, and both secrets.
        let password = match app.second_factor(name) {
            Some(secret) => totp::of_both(password.expose(), secret.expose()),
            None => password.expose().to_owned(),
        };
        let account = format!("{name}:{password}");
        let agent = Agent::config_builder()
            .timeout_connect(Some(TIMEOUT))
            .timeout_recv_response(Some(TIMEOUT))
            .http_status_as_error(false)
            // A proxy set for the way out would be handed the password, and cannot reach this machine.
            .proxy(None)
            // The certificate names the public host; this asks an address of the same machine.
            .tls_config(TlsConfig::builder().disable_verification(tls).build())
            .build();
        Self {
            agent: agent.into(),
            url: format!("{scheme}://{address}"),
            authorization: format!("Basic {}", STANDARD.encode(account)),
        }
    }

    /// The registry of the gateway that was started with these.
    ///
    /// # Errors
    /// When there is none.
    pub fn registry(app: &Settings, registry: &registry::Settings) -> Result<Self, AskError> {
        let listen = registry.listen.first().filter(|_| registry.enabled);
        let why = "there is no registry: registry.enabled is false";
        let listen = listen.ok_or_else(|| AskError::Answer(why.to_owned()))?;
        let scheme = match registry.tls && app.tls().is_some() {
            true => "https",
            false => "http",
        };
        let api = Api { listen: Vec::new() };
        Ok(Self {
            url: format!("{scheme}://{}", reachable(*listen)),
            ..Self::of(app, &api)
        })
    }

    /// The answer to a GET of `path`.
    ///
    /// # Errors
    /// When it does not answer, or with an error.
    pub fn get(&self, path: &str) -> Result<String, AskError> {
        let request = self
            .agent
            .get(format!("{}{path}", self.url))
            .header("Authorization", &self.authorization);
        self.text(request.call().map_err(|error| self.unreachable(error))?)
    }

    /// The answer to a POST of `body`, as JSON, to `path`.
    ///
    /// # Errors
    /// When it does not answer, or with an error.
    pub fn post(&self, path: &str, body: &impl Serialize) -> Result<String, AskError> {
        let response = self.send(Verb::Post, path, body, None)?;
        self.text(response)
    }

    /// Runs an operation and hands each of its lines but the last to `tell`. Returns how it ended.
    ///
    /// # Errors
    /// When it cannot be begun, is cut off, or cannot go on.
    pub fn operate(
        &self,
        path: &str,
        body: &impl Serialize,
        mut tell: impl FnMut(Line),
    ) -> Result<Summary, AskError> {
        let response = self.send(Verb::Post, path, body, None)?;
        if !response.status().is_success() {
            return Err(self
                .text(response)
                .err()
                .unwrap_or_else(|| AskError::Answer("the operation was not begun".into())));
        }
        let body = response.into_body().into_with_config().limit(MOST).reader();
        for line in BufReader::new(body).lines() {
            let line = line.map_err(|error| self.unreachable(error))?;
            match parse(&line)? {
                Line::Summary(summary) => return Ok(summary),
                Line::Failed { detail } => return Err(AskError::Answer(detail)),
                line => tell(line),
            }
        }
        Err(self.unreachable("the answer was cut off; was the gateway stopped?"))
    }

    /// The answer to `body`, as JSON, sent to `path` to change records; `wait`: for how many seconds it may wait
    /// until that is verified.
    ///
    /// # Errors
    /// When it does not answer, or with an error.
    pub fn edit(
        &self,
        verb: Verb,
        path: &str,
        body: &impl Serialize,
        wait: Option<u64>,
    ) -> Result<String, AskError> {
        let response = self.send(verb, path, body, wait)?;
        self.text(response)
    }

    /// The answer to a DELETE of `path`.
    ///
    /// # Errors
    /// When it does not answer, or with an error.
    pub fn delete(&self, path: &str) -> Result<String, AskError> {
        let request = self
            .agent
            .delete(format!("{}{path}", self.url))
            .header("Authorization", &self.authorization);
        self.text(request.call().map_err(|error| self.unreachable(error))?)
    }

    fn send(
        &self,
        verb: Verb,
        path: &str,
        body: &impl Serialize,
        wait: Option<u64>,
    ) -> Result<Response<Body>, AskError> {
        let body =
            serde_json::to_string(body).map_err(|error| AskError::Answer(error.to_string()))?;
        let url = format!("{}{path}", self.url);
        let mut request = match verb {
            Verb::Patch => self.agent.patch(url),
            Verb::Post => self.agent.post(url),
        };
        if let Some(wait) = wait {
            request = request.header("Prefer", format!("wait={wait}"));
        }
        request
            .header("Authorization", &self.authorization)
            .header("Content-Type", "application/json")
            .send(body)
            .map_err(|error| self.unreachable(error))
    }

    fn text(&self, mut response: Response<Body>) -> Result<String, AskError> {
        let status = response.status();
        let text = response
            .body_mut()
            .with_config()
            .limit(MOST)
            .read_to_string()
            .map_err(|error| self.unreachable(error))?;
        if status.is_success() {
            return Ok(text);
        }
        Err(match serde_json::from_str::<ProblemDetails>(&text) {
            Ok(problem) => AskError::Answer(problem.to_string()),
            // The faces of the registry say no more.
            Err(_) => match serde_json::from_str(&text) {
                Ok(serde_json::Value::Object(said)) if said.contains_key("detail") => {
                    AskError::Answer(said["detail"].as_str().unwrap_or_default().to_owned())
                }
                _ => self.unreachable(format!("it answers {status}")),
            },
        })
    }

    fn unreachable(&self, cause: impl ToString) -> AskError {
        AskError::Unreachable {
            url: self.url.clone(),
            cause: cause.to_string(),
        }
    }
}

/// What an answer says.
///
/// # Errors
/// When it cannot be read.
pub fn parse<T: DeserializeOwned>(text: &str) -> Result<T, AskError> {
    serde_json::from_str(text)
        .map_err(|error| AskError::Answer(format!("the answer cannot be read: {error}")))
}

/// A text as a part of a path or a query.
pub fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// The path of something about the zone `name`.
pub fn zone_path(name: &str, what: &str) -> String {
    format!("/api/v1/zones/{}{what}", encoded(name))
}

/// An address at which a server that listens on `bound` can be asked from the same machine.
fn reachable(bound: SocketAddr) -> SocketAddr {
    if bound.ip().is_unspecified() {
        SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), bound.port())
    } else {
        bound
    }
}
