//! DirectAdmin masters, as we ask them: which zones they have, and what is in one.
//!
//! What a master says decides what is removed here, so that an answer counts only if all of it is
//! understood; anything else is an error, and what the master has is unknown. A master is asked with
//! the account of its admin and never sends it elsewhere: redirects are not followed, proxies of the
//! environment are not used, and certificates are checked unless the operator says otherwise.

mod ask;
mod error;
mod list;
mod settings;

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use dadns_zone::ZoneName;
use ureq::Agent;
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};

use ask::{Answer, Asker};
use error::Fault;
use list::{Gathering, Page};

pub use error::{CaError, MasterError, Request};
pub use list::ZoneList;
pub use settings::{Server, Settings};

use crate::blocking::blocking;

/// How long a master may take to answer one request.
pub const TIMEOUT: Duration = Duration::from_secs(60);
/// A list of many pages may take this many times as long.
const PAGES_TIMEOUT: u32 = 10;
/// Most bytes of one page of a list: so many for each zone that is asked for, and at least so many.
const LIST_BYTES_PER_ZONE: u64 = 4 * 1024;
const MIN_LIST: u64 = 1024 * 1024;

/// One DirectAdmin master. Cloning shares its session and its connections.
#[derive(Clone)]
pub struct Master {
    shared: Arc<Shared>,
    timeout: Duration,
}

struct Shared {
    host: String,
    asker: Asker,
    ipp: u32,
    max_zone_bytes: u64,
}

impl fmt::Debug for Master {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Master").field(&self.shared.asker).finish()
    }
}

/// The masters of the configuration. Zone texts have at most `max_zone_bytes` bytes.
///
/// # Errors
/// The file of CAs is named and cannot be used.
pub fn all(settings: &Settings, max_zone_bytes: usize) -> Result<Vec<Master>, CaError> {
    settings
        .servers
        .iter()
        .map(|server| Master::new(server, settings, max_zone_bytes))
        .collect()
}

impl Master {
    /// The master `server`, asked as `settings` say. A zone text has at most `max_zone_bytes` bytes.
    ///
    /// # Errors
    /// The file of CAs is named and cannot be used.
    pub fn new(
        server: &Server,
        settings: &Settings,
        max_zone_bytes: usize,
    ) -> Result<Self, CaError> {
        let roots = match &settings.ca_file {
            Some(path) if settings.verify_ssl => RootCerts::new_with_certs(&authorities(path)?),
            _ => RootCerts::WebPki,
        };
        let tls = TlsConfig::builder()
            .root_certs(roots)
            .disable_verification(!settings.verify_ssl)
            .build();
        let agent: Agent = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .proxy(None)
            .tls_config(tls)
            .build()
            .into();
        Ok(Self {
            shared: Arc::new(Shared {
                host: server.hostname.clone(),
                asker: Asker::new(server, agent),
                ipp: settings.ipp,
                max_zone_bytes: max_zone_bytes as u64,
            }),
            timeout: TIMEOUT,
        })
    }

    /// The same master, asked with another patience than [`TIMEOUT`].
    #[must_use]
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Its host name, as the configuration has it: lower-case.
    pub fn host(&self) -> &str {
        &self.shared.host
    }

    /// Which zones it has. A list that is empty and says so is believed; reconciliation decides what to
    /// make of a master that has lost all its zones.
    ///
    /// # Errors
    /// Every doubt about the list: see [`MasterError`].
    pub async fn zones(&self) -> Result<ZoneList, MasterError> {
        let timeout = self.timeout;
        self.blocking(Request::Zones, move |shared| shared.zones(timeout))
            .await
    }

    /// The text of a zone, as the master has it.
    ///
    /// # Errors
    /// The master does not give it, or what it gives cannot be one.
    pub async fn zone_text(&self, zone: &ZoneName) -> Result<Vec<u8>, MasterError> {
        let (name, timeout) = (zone.clone(), self.timeout);
        self.blocking(Request::Text(zone.clone()), move |shared| {
            shared.zone_text(&name, timeout)
        })
        .await
    }

    async fn blocking<T: Send + 'static>(
        &self,
        request: Request,
        work: impl FnOnce(&Shared) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, MasterError> {
        let shared = Arc::clone(&self.shared);
        let done = blocking(move || work(&shared)).await;
        done.map_err(|fault| fault.about(self.host(), request))
    }
}

impl Shared {
    /// Most bytes of one page. A form of all zones at once fits as long as it is no longer than a page.
    fn max_list(&self) -> u64 {
        MIN_LIST.max(u64::from(self.ipp) * LIST_BYTES_PER_ZONE)
    }

    fn zones(&self, timeout: Duration) -> Result<ZoneList, Fault> {
        let end = Instant::now() + timeout * PAGES_TIMEOUT;
        let mut gathering = Gathering::default();
        loop {
            let (page, ipp) = (gathering.next(), self.ipp);
            let target = format!("/CMD_DNS_ADMIN?json=yes&page={page}&ipp={ipp}");
            let deadline = end.min(Instant::now() + timeout);
            let answer = self.asker.ask(&target, self.max_list(), deadline)?;
            self.refuses(&answer.body)?;
            let page = list::page(&answer.body).map_err(Fault::NotUnderstood)?;
            if matches!(page, Page::Whole(_)) {
                // JSON shows its end by itself.
                has_end(&answer)?;
            }
            let page = gathering.add(page);
            if !page.map_err(Fault::NotUnderstood)? {
                return Ok(gathering.finish());
            }
        }
    }

    /// Accounts of an admin read every zone with the first command, those of a user with the second.
    fn zone_text(&self, zone: &ZoneName, timeout: Duration) -> Result<Vec<u8>, Fault> {
        let name: String = form_urlencoded::byte_serialize(zone.as_str().as_bytes()).collect();
        let ask = |command: &str| {
            let target = format!("/{command}?domain={name}");
            let deadline = Instant::now() + timeout;
            let answer = self.asker.ask(&target, self.max_zone_bytes, deadline)?;
            self.refuses(&answer.body)?;
            has_end(&answer)?;
            let mut words = answer.body.windows(3);
            match words.any(|word| word.eq_ignore_ascii_case(b"SOA")) {
                true => Ok(answer.body),
                false => Err(Fault::NotUnderstood("it has no SOA record".to_owned())),
            }
        };
        let first = match ask("CMD_API_DNS_ADMIN") {
            Err(Fault::Refused(cause) | Fault::NotUnderstood(cause)) => cause,
            done => return done,
        };
        let also = |cause| format!("{first} (CMD_API_DNS_ADMIN); {cause} (CMD_API_DNS_CONTROL)");
        ask("CMD_API_DNS_CONTROL").map_err(|fault| match fault {
            Fault::Refused(cause) => Fault::Refused(also(cause)),
            Fault::NotUnderstood(cause) => Fault::NotUnderstood(also(cause)),
            fault => fault,
        })
    }

    /// An error that the master sends as a form, with status 200.
    fn refuses(&self, body: &[u8]) -> Result<(), Fault> {
        let body = body.trim_ascii();
        if !body.starts_with(b"error=") {
            return Ok(());
        }
        let mut texts: Vec<String> = Vec::new();
        for (key, value) in form_urlencoded::parse(body) {
            if matches!(key.as_ref(), "text" | "details" | "result") {
                texts.push(value.into_owned());
            }
        }
        let text = self.asker.shown(&texts.join(": "));
        Err(Fault::NotUnderstood(format!(
            "it sends a status instead of data: {text}"
        )))
    }
}

fn has_end(answer: &Answer) -> Result<(), Fault> {
    let cause = "it does not say how long it is, so that its end may be missing";
    match answer.whole {
        true => Ok(()),
        false => Err(Fault::NotUnderstood(cause.to_owned())),
    }
}

fn authorities(path: &Path) -> Result<Vec<Certificate<'static>>, CaError> {
    let unusable = |cause: String| CaError {
        path: path.to_owned(),
        cause,
    };
    let pem = std::fs::read(path).map_err(|error| unusable(error.to_string()))?;
    let mut found = Vec::new();
    for item in parse_pem(&pem) {
        let item = item.map_err(|error| unusable(error.to_string()))?;
        if let PemItem::Certificate(certificate) = item {
            found.push(certificate);
        }
    }
    match found.is_empty() {
        true => Err(unusable("it holds no certificate in PEM form".to_owned())),
        false => Ok(found),
    }
}
