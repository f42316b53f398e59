//! A DirectAdmin master that can be asked for its zones, and that goes wrong in the ways of real ones
//! when a test says so.

mod answer;
mod request;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use answer::answer;
use request::Request;

/// The account of its admin.
pub const ADMIN: &str = "admin";
pub const ADMIN_PASSWORD: &str = "geheim-of-admin";

/// What goes wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// Every call is answered with this status.
    Status(u16),
    /// Every call is answered with the page to log in.
    LoginPage,
    /// Calls are sent to log in until they come with a session; where it has expired, they get the page
    /// to log in.
    Session,
    /// Every call is sent to this address, and a login gives no session.
    Elsewhere(String),
    /// Half of the body comes, and then nothing.
    Slow,
    /// Half of the body comes, and then the connection ends.
    CutShort,
    /// The same, without a length that would tell.
    CutShortWithoutLength,
    /// The whole body comes without its length.
    WithoutLength,
    /// The list is no JSON.
    Garbage,
    /// Page 2 of the list is empty.
    MissingPage,
    /// Every page of the list is page 1.
    SamePage,
    /// Page 2 says that there is one page more.
    MorePages,
    /// The list has no zones.
    NoZones,
    /// The list has every other zone.
    HalfOfZones,
    /// The list is a form of `list[]=` fields, with or without a length.
    Form { length: bool },
    /// Texts of zones are refused with an error in a form, by the command of admins only or by both.
    TextRefused { both: bool },
}

#[derive(Default)]
struct State {
    zones: BTreeMap<String, (Option<String>, String)>,
    fault: Option<Fault>,
    requests: Vec<String>,
    sessions: BTreeSet<String>,
    logins: usize,
}

/// The master; it stops when it is dropped.
pub struct Master {
    pub address: SocketAddr,
    /// The CA of its certificate, if it speaks TLS.
    pub ca_file: Option<PathBuf>,
    _directory: Option<tempfile::TempDir>,
    state: Arc<Mutex<State>>,
    stopped: Arc<AtomicBool>,
}

impl Master {
    /// Starts a master on 127.0.0.1 without TLS.
    pub fn start() -> Self {
        Self::start_on("127.0.0.1")
    }

    /// Starts a master on this loopback address without TLS; several of them are told apart so.
    pub fn start_on(host: &str) -> Self {
        Self::serve(host, None, None)
    }

    /// Starts a master on 127.0.0.1 with a certificate of a CA of its own.
    pub fn start_tls() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let (ca, config) = certificate();
        let ca_file = directory.path().join("ca.pem");
        std::fs::write(&ca_file, ca).unwrap();
        let mut master = Self::serve("127.0.0.1", Some(config), Some(directory));
        master.ca_file = Some(ca_file);
        master
    }

    fn serve(
        host: &str,
        tls: Option<Arc<ServerConfig>>,
        directory: Option<tempfile::TempDir>,
    ) -> Self {
        let listener = TcpListener::bind((host, 0)).expect("a free port");
        let master = Self {
            address: listener.local_addr().unwrap(),
            ca_file: None,
            _directory: directory,
            state: Arc::default(),
            stopped: Arc::default(),
        };
        let (state, stopped) = (master.state.clone(), master.stopped.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if stopped.load(Ordering::SeqCst) {
                    return;
                }
                let (state, tls) = (state.clone(), tls.clone());
                // A client that hangs up is nothing to tell.
                std::thread::spawn(move || drop(connection(stream, tls, &state)));
            }
        });
        master
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// Gives it a zone, or changes one.
    pub fn put(&self, zone: &str, user: Option<&str>, text: &str) {
        let value = (user.map(str::to_owned), text.to_owned());
        self.state().zones.insert(zone.into(), value);
    }

    /// Takes a zone away.
    pub fn take(&self, zone: &str) {
        self.state().zones.remove(zone);
    }

    /// Lets something go wrong from now on, or nothing any more.
    pub fn fault(&self, fault: impl Into<Option<Fault>>) {
        self.state().fault = fault.into();
    }

    /// Ends all sessions.
    pub fn expire(&self) {
        self.state().sessions.clear();
    }

    /// What it was asked so far, such as `GET /CMD_DNS_ADMIN?json=yes&page=1&ipp=1000`.
    pub fn requests(&self) -> Vec<String> {
        self.state().requests.clone()
    }

    /// Its item of `reconciliation.directadmin_servers`, as YAML.
    pub fn settings(&self) -> String {
        format!(
            "{{hostname: {}, port: {}, username: {ADMIN}, password: {ADMIN_PASSWORD}, ssl: {}}}",
            self.address.ip(),
            self.address.port(),
            self.ca_file.is_some()
        )
    }
}

impl Drop for Master {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::SeqCst);
        // The listener looks up only when somebody comes.
        drop(TcpStream::connect(self.address));
    }
}

/// A CA as PEM, and what a server with a certificate of it needs.
fn certificate() -> (String, Arc<ServerConfig>) {
    let ca_key = rcgen::KeyPair::generate().unwrap();
    let mut ca = rcgen::CertificateParams::new(Vec::new()).unwrap();
    ca.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let pem = ca.self_signed(&ca_key).unwrap().pem();
    let issuer = rcgen::Issuer::new(ca, ca_key);
    let key = rcgen::KeyPair::generate().unwrap();
    let own = rcgen::CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
    let own = own.signed_by(&key, &issuer).unwrap();
    let chain = vec![CertificateDer::from(own.der().to_vec())];
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap();
    (pem, Arc::new(config))
}

fn connection(
    mut stream: TcpStream,
    tls: Option<Arc<ServerConfig>>,
    state: &Mutex<State>,
) -> std::io::Result<()> {
    let Some(config) = tls else {
        return exchange(&mut stream, state).map(drop);
    };
    let connection = ServerConnection::new(config).map_err(std::io::Error::other)?;
    let mut stream = StreamOwned::new(connection, stream);
    if exchange(&mut stream, state)? {
        stream.conn.send_close_notify();
        stream.flush()?;
    }
    Ok(())
}

/// One request and its answer; whether the answer was sent to its end.
fn exchange(stream: &mut (impl Read + Write), state: &Mutex<State>) -> std::io::Result<bool> {
    let (request, line) = Request::read(stream)?;
    let (fault, head, body) = {
        let mut state = state.lock().unwrap();
        state.requests.push(line);
        let (head, body) = answer(&mut state, &request);
        (state.fault.clone(), head, body)
    };
    let without = matches!(
        fault,
        Some(Fault::WithoutLength | Fault::CutShortWithoutLength | Fault::Form { length: false })
    );
    let length = match without {
        true => String::new(),
        false => format!("Content-Length: {}\r\n", body.len()),
    };
    let head = format!("HTTP/1.1 {head}\r\nConnection: close\r\n{length}\r\n");
    stream.write_all(head.as_bytes())?;
    let cut = matches!(
        fault,
        Some(Fault::CutShort | Fault::CutShortWithoutLength | Fault::Slow)
    );
    let sent = if cut { body.len() / 2 } else { body.len() };
    stream.write_all(&body.as_bytes()[..sent])?;
    stream.flush()?;
    if fault == Some(Fault::Slow) {
        // Until the client has had enough.
        drop(stream.read(&mut [0]));
    }
    Ok(!cut)
}
