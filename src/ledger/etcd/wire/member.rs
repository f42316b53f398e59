//! One member of etcd: a connection of its own, made when it is needed, so that a member that hangs is left
//! alone and not asked every third time.

use std::fmt;
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Identity};

use super::failure::{Failure, Kind, chain};
use crate::ledger::LedgerError;
use crate::ledger::etcd::EtcdSettings;

/// How long a connection may take to be made.
const CONNECT: Duration = Duration::from_secs(1);

/// etcd cuts off who asks more often than every 5 s whether it is still there.
const KEEP_ALIVE: Duration = Duration::from_secs(6);

/// How long it may take to say that it is there.
const ALIVE: Duration = Duration::from_secs(3);

/// How long one that gave no answer is asked after the others only.
const AVOID: Duration = Duration::from_secs(10);

/// What may be on its way unread: enough for a piece of a document at 80 ms.
const WINDOW: u32 = 4 << 20;

pub(super) struct Member {
    /// As the configuration names it.
    pub name: String,
    endpoint: Endpoint,
    channel: Mutex<Option<Channel>>,
    /// When it last gave no answer in time.
    hung: parking_lot::Mutex<Option<Instant>>,
}

impl fmt::Debug for Member {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

impl Member {
    pub fn new(name: &str, tls: Option<&ClientTlsConfig>) -> Result<Self, LedgerError> {
        let wrong = |cause: &str| LedgerError::new(format!("cluster.endpoints: {name:?}"), cause);
        let endpoint = Endpoint::from_shared(name.to_owned())
            .map_err(|_| wrong("it is no address such as https://192.0.2.1:2379"))?;
        let uri = endpoint.uri();
        let has_more = uri.path() != "/" || uri.query().is_some() || name.contains('@');
        if uri.host().is_none() || has_more {
            return Err(wrong("it is no address such as https://192.0.2.1:2379"));
        }
        let mut endpoint = endpoint
            .connect_timeout(CONNECT)
            .tcp_nodelay(true)
            .http2_keep_alive_interval(KEEP_ALIVE)
            .keep_alive_timeout(ALIVE)
            .initial_stream_window_size(WINDOW)
            .initial_connection_window_size(WINDOW);
        match (endpoint.uri().scheme_str(), tls) {
            (Some("http"), _) => {}
            (Some("https"), Some(tls)) => {
                let with_tls = endpoint.tls_config(tls.clone());
                endpoint = with_tls.map_err(|error| wrong(&chain(&error)))?;
            }
            (Some("https"), None) => {
                return Err(wrong(
                    "it begins with https: set cluster.tls_ca_file as well",
                ));
            }
            _ => return Err(wrong("it has to begin with http:// or https://")),
        }
        Ok(Self {
            name: name.into(),
            endpoint,
            channel: Mutex::new(None),
            hung: parking_lot::Mutex::default(),
        })
    }

    /// Its connection, made if there is none; `greet` decides whether a new one is used.
    pub async fn channel<F>(&self, greet: impl FnOnce(Channel) -> F) -> Result<Channel, Failure>
    where
        F: Future<Output = Result<(), Failure>>,
    {
        let mut kept = self.channel.lock().await;
        if let Some(channel) = &*kept {
            return Ok(channel.clone());
        }
        let began = Instant::now();
        let connected = self.connect(greet).await;
        match &connected {
            Ok(channel) => *kept = Some(channel.clone()),
            Err(_) if began.elapsed() >= CONNECT => *self.hung.lock() = Some(Instant::now()),
            Err(_) => {}
        }
        connected
    }

    async fn connect<F>(&self, greet: impl FnOnce(Channel) -> F) -> Result<Channel, Failure>
    where
        F: Future<Output = Result<(), Failure>>,
    {
        let not_sent = |cause| Failure::new(Kind::NotSent, cause);
        let channel = timeout(CONNECT * 2, self.endpoint.connect())
            .await
            .map_err(|_| not_sent(format!("no connection within {} s", CONNECT.as_secs() * 2)))?
            .map_err(|error| not_sent(chain(&error)))?;
        greet(channel.clone()).await?;
        Ok(channel)
    }

    /// Has the next request make a new connection.
    pub async fn reset(&self) {
        *self.channel.lock().await = None;
    }

    /// It gave no answer for so long. That may be a connection of which no end will ever be told.
    pub async fn silent_for(&self, time: Duration) {
        if time >= CONNECT {
            *self.hung.lock() = Some(Instant::now());
        }
        self.reset().await;
    }

    /// Whether it gave no answer lately.
    pub fn hung_lately(&self) -> bool {
        self.hung
            .lock()
            .is_some_and(|since| since.elapsed() < AVOID)
    }
}

/// The certificates by which members and we are known; `None`: none are named.
pub(super) fn tls(settings: &EtcdSettings) -> Result<Option<ClientTlsConfig>, LedgerError> {
    let read = |key: &str, path: &std::path::Path| {
        let wrong = |cause: String| LedgerError::new(format!("cluster.{key} {path:?}"), cause);
        let text = std::fs::read(path).map_err(|error| wrong(error.to_string()))?;
        let is_pem = text.windows(11).any(|start| start == b"-----BEGIN ");
        is_pem
            .then_some(text)
            .ok_or_else(|| wrong("it holds nothing in PEM form".into()))
    };
    let Some(ca) = &settings.tls_ca_file else {
        return match settings.tls_cert_file.is_some() || settings.tls_key_file.is_some() {
            true => Err(LedgerError::new(
                "cluster.tls_ca_file",
                "it is not set, but a certificate is",
            )),
            false => Ok(None),
        };
    };
    let ca = Certificate::from_pem(read("tls_ca_file", ca)?);
    let tls = ClientTlsConfig::new().ca_certificate(ca);
    match (&settings.tls_cert_file, &settings.tls_key_file) {
        (None, None) => Ok(Some(tls)),
        (Some(certificate), Some(key)) => {
            let certificate = read("tls_cert_file", certificate)?;
            let identity = Identity::from_pem(certificate, read("tls_key_file", key)?);
            Ok(Some(tls.identity(identity)))
        }
        _ => Err(LedgerError::new(
            "cluster.tls_cert_file, cluster.tls_key_file",
            "a certificate needs its key, and a key its certificate: set both",
        )),
    }
}
