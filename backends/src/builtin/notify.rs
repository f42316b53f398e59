//! Tells secondaries that a zone has changed (RFC 1996).
//!
//! What a secondary has to hear is a set of names, not a queue of messages: changes of one zone
//! coalesce, and one that does not answer hears all it missed when it does again. Meanwhile it is tried
//! with one name at a time, ever more rarely. Any answer will do: a secondary that does not know the
//! zone yet learns of it otherwise.

use std::collections::BTreeSet;
use std::hash::{BuildHasher, RandomState};
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use dadns_zone::Rtype;
use domain::base::Message;
use domain::tsig::{ClientTransaction, Key};
use tokio::net::UdpSocket;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::message::{HEADER, Head, IN, Writer};
use super::query::{MIN_UDP, flag};
use super::settings::Secondary;
use super::tsig::{self, Keys};
use super::{News, Tell};

/// The opcode NOTIFY, in its place among the flags (RFC 1996 §3.3).
const NOTIFY: u16 = 4 << 11;
/// How long each try waits for its answer.
const WAITS: [Duration; 3] = [
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(4),
];
/// Names that one secondary is told at once.
const AT_ONCE: usize = 32;
/// The pauses between tries while a secondary is silent: this, doubling up to the other.
const PAUSES: (Duration, Duration) = (Duration::from_secs(5), Duration::from_secs(60));

/// One secondary and what it has to hear.
#[derive(Debug)]
pub(super) struct Listener {
    secondary: Secondary,
    key: Option<Arc<Key>>,
    due: Mutex<BTreeSet<Box<[u8]>>>,
    wake: Notify,
}

impl Listener {
    /// One that has heard everything.
    pub fn new(secondary: Secondary, keys: &Keys) -> Self {
        let named = secondary.key.as_ref();
        let key = named.and_then(|name| keys.values().find(|key| key.name() == name).cloned());
        Self {
            secondary,
            key,
            due: Mutex::default(),
            wake: Notify::new(),
        }
    }

    /// The zone with this apex has changed.
    pub fn changed(&self, apex: &[u8]) {
        self.due().insert(apex.into());
        self.wake.notify_one();
    }

    /// Tells it what it has to hear, for ever.
    pub async fn run(&self, tell: &Tell) {
        let mut silent: Option<Duration> = None;
        loop {
            if self.due().is_empty() {
                self.wake.notified().await;
                continue;
            }
            let names = self.take(if silent.is_some() { 1 } else { AT_ONCE });
            match (self.tell_all(names).await, silent) {
                (None, None) => {}
                (None, Some(_)) => {
                    silent = None;
                    let address = self.secondary.address;
                    tell(News::Well(format!(
                        "secondary {address} answers again; it is told of {} zone(s) that changed",
                        self.due().len()
                    )));
                }
                (Some(cause), before) => {
                    if before.is_none() {
                        tell(News::Trouble(self.complaint(&cause)));
                    }
                    let pause = before.unwrap_or(PAUSES.0);
                    silent = Some((pause * 2).min(PAUSES.1));
                    sleep(pause).await;
                }
            }
        }
    }

    fn complaint(&self, cause: &str) -> String {
        format!(
            "secondary {} cannot be notified of changes: {cause}; {} zone(s) wait, it is tried until \
             it answers, and meanwhile refreshes as their SOA records say",
            self.secondary.address,
            self.due().len()
        )
    }

    /// Up to `most` names that it has to hear.
    fn take(&self, most: usize) -> Vec<Box<[u8]>> {
        let mut due = self.due();
        (0..most).map_while(|_| due.pop_first()).collect()
    }

    /// Tells it `names`; those that it does not answer stay due. Returns what went wrong, if anything.
    async fn tell_all(&self, names: Vec<Box<[u8]>>) -> Option<String> {
        let mut tries = JoinSet::new();
        for name in names {
            let (address, key) = (self.secondary.address, self.key.clone());
            tries.spawn(async move {
                let told = tell_of(address, &name, key).await;
                (name, told)
            });
        }
        let mut cause = None;
        for (name, told) in tries.join_all().await {
            if let Err(error) = told {
                cause = Some(error.to_string());
                self.due().insert(name);
            }
        }
        cause
    }

    /// No step under the lock can leave the set half changed.
    fn due(&self) -> std::sync::MutexGuard<'_, BTreeSet<Box<[u8]>>> {
        self.due.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Tells the secondary at `address` of one zone, until it answers or all tries are over.
async fn tell_of(address: SocketAddr, apex: &[u8], key: Option<Arc<Key>>) -> io::Result<()> {
    let any: SocketAddr = match address {
        SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
        SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
    };
    let socket = UdpSocket::bind(any).await?;
    // Connected: the system drops what others send, and says when nobody listens.
    socket.connect(address).await?;
    for wait in WAITS {
        let (request, signing) = request(apex, key.clone())?;
        socket.send(&request).await?;
        match timeout(wait, answer(&socket, &request, signing)).await {
            Ok(answered) => return answered,
            Err(_) => continue,
        }
    }
    Err(io::Error::new(
        io::ErrorKind::TimedOut,
        format!("no answer to {} tries", WAITS.len()),
    ))
}

type Signing = ClientTransaction<Arc<Key>>;

fn request(apex: &[u8], key: Option<Arc<Key>>) -> io::Result<(Vec<u8>, Option<Signing>)> {
    let id = RandomState::new().hash_one(apex) as u16;
    let head = Head {
        id: id.to_be_bytes(),
        flags: NOTIFY | flag::AA,
    };
    let types = [Rtype::SOA.to_int().to_be_bytes(), IN.to_be_bytes()].concat();
    let mut message = Vec::new();
    Writer::new(&mut message, MIN_UDP, head, &[apex, &types].concat());
    let Some(key) = key else {
        return Ok((message, None));
    };
    let mut signing = None;
    tsig::sign(&mut message, 0, |message| {
        signing = Some(ClientTransaction::request(key, message, tsig::now())?);
        Ok(())
    })
    .map_err(io::Error::other)?;
    Ok((message, signing))
}

/// Waits for the answer to `request`; datagrams that are not it are passed over.
async fn answer(socket: &UdpSocket, request: &[u8], signing: Option<Signing>) -> io::Result<()> {
    let mut buffer = [0; 4096];
    loop {
        let len = socket.recv(&mut buffer).await?;
        let answer = &buffer[..len];
        let is_answer = len >= HEADER
            && answer.get(..2) == request.get(..2)
            && u16::from_be_bytes([answer[2], answer[3]]) & flag::QR != 0;
        if is_answer && is_signed(answer, signing.as_ref()) {
            return Ok(());
        }
    }
}

/// Whether `answer` is signed as the request was.
fn is_signed(answer: &[u8], signing: Option<&Signing>) -> bool {
    let Some(signing) = signing else {
        return true;
    };
    let message = Message::from_octets(answer.to_vec());
    message.is_ok_and(|mut message| signing.answer(&mut message, tsig::now()).is_ok())
}
