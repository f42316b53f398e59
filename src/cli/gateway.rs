//! Asks the running gateway over its HTTP face, by the crate `dadns-client`.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use dadns_client::{Connection, Login};
use serde::Serialize;
use serde::de::DeserializeOwned;

pub use dadns_client::Verb;

use crate::access::totp;
use crate::http::{Api, Settings};
use crate::registry;
use crate::report::shape::{Line, Summary};

/// The running gateway could not be asked.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// It does not answer, or with an error.
    #[error(transparent)]
    Client(#[from] dadns_client::Error),
    /// It answers that it did not do it.
    #[error("{0}")]
    Answer(String),
}

/// The running gateway, with the credentials of the configuration that it was started with.
pub struct Gateway {
    connection: Connection,
}

impl Gateway {
    /// The gateway that was started with `app` and `api`.
    pub fn of(app: &Settings, api: &Api) -> Self {
        let apart = api.addresses(app).into_iter().next();
        let address = apart.unwrap_or_else(|| app.listen_addr().address);
        Self::at(address, app.tls().is_some(), app)
    }

    /// The registry of the gateway that was started with these.
    ///
    /// # Errors
    /// When there is none.
    pub fn registry(app: &Settings, registry: &registry::Settings) -> Result<Self, AskError> {
        let listen = registry.listen.first().filter(|_| registry.enabled);
        let why = "there is no registry: registry.enabled is false";
        let listen = listen.ok_or_else(|| AskError::Answer(why.to_owned()))?;
        Ok(Self::at(*listen, registry.tls && app.tls().is_some(), app))
    }

    /// At this address, as the first operator.
    fn at(address: SocketAddr, tls: bool, app: &Settings) -> Self {
        let (name, password) = match app.operators.first() {
            Some(operator) => (&operator.name, &operator.password),
            None => (&app.auth_username, &app.auth_password),
        };
        // A command has nobody who types a code, and both secrets.
        let password = match app.second_factor(name) {
            Some(secret) => totp::of_both(password.expose(), secret.expose()),
            None => password.expose().to_owned(),
        };
        let login = Login::Account {
            name: name.clone(),
            password,
        };
        let address = reachable(address);
        let connection = match tls {
            true => Connection::of_this_machine(format!("https://{address}"), login),
            false => Connection::new(format!("http://{address}"), login),
        };
        Self { connection }
    }

    /// The answer to a GET of `path`.
    ///
    /// # Errors
    /// When it does not answer, or with an error.
    pub fn get(&self, path: &str) -> Result<String, AskError> {
        Ok(self.connection.get(path)?)
    }

    /// The answer to a POST of `body`, as JSON, to `path`.
    ///
    /// # Errors
    /// When it does not answer, or with an error.
    pub fn post(&self, path: &str, body: &impl Serialize) -> Result<String, AskError> {
        Ok(self.connection.post(path, body)?)
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
        for line in self.connection.lines(path, body)? {
            match parse(&line?)? {
                Line::Summary(summary) => return Ok(summary),
                Line::Failed { detail } => return Err(AskError::Answer(detail)),
                line => tell(line),
            }
        }
        let why = "the answer was cut off; was the gateway stopped?";
        Err(self.connection.unreachable(why).into())
    }

    /// The answer to `body`, as JSON, sent to `path` to change something; `wait`: for how many seconds it may wait
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
        Ok(self.connection.send(verb, path, body, wait)?)
    }

    /// The answer to a DELETE of `path`.
    ///
    /// # Errors
    /// When it does not answer, or with an error.
    pub fn delete(&self, path: &str) -> Result<String, AskError> {
        Ok(self.connection.delete(path)?)
    }
}

/// What an answer says.
///
/// # Errors
/// When it cannot be read.
pub fn parse<T: DeserializeOwned>(text: &str) -> Result<T, AskError> {
    Ok(dadns_client::parse(text)?)
}

/// A text as a part of a path or a query.
pub fn encoded(text: &str) -> String {
    dadns_client::encoded(text)
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
