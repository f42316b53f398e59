//! Tells secondaries that a zone has changed (RFC 1996).
//!
//! What a secondary has to hear is a set of names, not a queue of messages: changes of one zone
//! coalesce, and one that does not answer hears all it missed when it does again. Meanwhile it is tried
//! with one name at a time, ever more rarely. After a start it hears of every zone, slowly: what
//! changed before may not have reached it.

use std::collections::BTreeSet;
use std::hash::{BuildHasher, RandomState};
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use dadns_zone::Rtype;
use domain::base::Message;
use domain::base::iana::Rcode;
use domain::tsig::{ClientTransaction, Key};
use tokio::net::UdpSocket;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::message::{HEADER, Head, IN, Writer};
use crate::news::{News, Tell};
use crate::query::{MIN_UDP, flag};
use crate::secondaries::{Doubt, Watch};
use crate::settings::Secondary;
use crate::tsig::{self, Keys};

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
/// How many zones that it may not have heard of are told at once after a start, and the pause between.
const UNSURE: (usize, Duration) = (20, Duration::from_secs(1));
/// The pauses between tries while a secondary is silent: this, doubling up to the other.
const PAUSES: (Duration, Duration) = (Duration::from_secs(5), Duration::from_secs(60));

/// One secondary and what it has to hear.
#[derive(Debug)]
pub(super) struct Listener {
    secondary: Secondary,
    key: Option<Arc<Key>>,
    due: Mutex<BTreeSet<Box<[u8]>>>,
    /// What it hears of when nothing is due.
    unsure: Mutex<BTreeSet<Box<[u8]>>>,
    wake: Notify,
    /// Whether it gets what it hears of.
    pub watch: Watch,
}

/// How a secondary behaves.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mood {
    Well,
    /// It answers that it will not have it.
    Refuses,
    /// It does not answer; the next pause.
    Silent(Duration),
}

impl Listener {
    /// One that has heard everything.
    pub fn new(secondary: Secondary, keys: &Keys) -> Self {
        let named = secondary.key.as_ref();
        let key = named.and_then(|name| keys.values().find(|key| key.name() == name).cloned());
        Self {
            watch: Watch::new(secondary.address),
            secondary,
            key,
            due: Mutex::default(),
            unsure: Mutex::default(),
            wake: Notify::new(),
        }
    }

    /// The zone with this apex has changed.
    pub fn changed(&self, apex: &[u8], doubt: Doubt) {
        if doubt > Doubt::Serial {
            // It may not hear of it, and is named all the same.
            self.watch.changed(apex, doubt);
        }
        lock(&self.due).insert(apex.into());
        self.wake.notify_one();
    }

    /// The server starts with these zones, and with the serials of the `reused` ones that may stand for other
    /// records too.
    pub fn started(&self, apexes: &BTreeSet<Box<[u8]>>, reused: &BTreeSet<Box<[u8]>>) {
        for apex in reused {
            self.watch.changed(apex, Doubt::Reused);
        }
        lock(&self.unsure).extend(apexes.iter().cloned());
    }

    /// Tells it what it has to hear, for ever.
    pub async fn run(&self, tell: &Tell) {
        let mut mood = Mood::Well;
        loop {
            let names = match mood {
                Mood::Silent(_) => self.take(1),
                _ => self.take(AT_ONCE),
            };
            if names.is_empty() {
                self.rest().await;
                continue;
            }
            let before = mood;
            mood = match self.tell_all(names).await {
                // It may refuse some zones and take others: that is told once.
                Ok(()) if before == Mood::Refuses => Mood::Refuses,
                Ok(()) => Mood::Well,
                Err(Failure::Refused(what)) => {
                    if before != Mood::Refuses {
                        tell(News::Trouble(self.refusal(&what)));
                    }
                    Mood::Refuses
                }
                Err(Failure::Silent(cause)) => match before {
                    Mood::Silent(pause) => Mood::Silent((pause * 2).min(PAUSES.1)),
                    _ => {
                        tell(News::Trouble(self.complaint(&cause)));
                        Mood::Silent(PAUSES.0)
                    }
                },
            };
            match (before, mood) {
                (_, Mood::Silent(pause)) => sleep(pause).await,
                (Mood::Silent(_), Mood::Well) => {
                    let address = self.secondary.address;
                    tell(News::Well(format!(
                        "secondary {address} answers again; it is told of {} zone(s) that changed",
                        lock(&self.due).len()
                    )));
                }
                _ => {}
            }
        }
    }

    /// Waits until something is due; meanwhile now and then some of what it may not have heard is.
    async fn rest(&self) {
        if lock(&self.unsure).is_empty() {
            return self.wake.notified().await;
        }
        // A wake-up in time is as good as the end of the pause.
        let _ = timeout(UNSURE.1, self.wake.notified()).await;
        let mut unsure = lock(&self.unsure);
        let some = (0..UNSURE.0).map_while(|_| unsure.pop_first());
        lock(&self.due).extend(some);
    }

    fn refusal(&self, what: &str) -> String {
        format!(
            "secondary {} answers a NOTIFY with {what}; it then refreshes as the SOA records say",
            self.secondary.address
        )
    }

    fn complaint(&self, cause: &str) -> String {
        format!(
            "secondary {} cannot be notified of changes: {cause}; {} zone(s) wait, it is tried until \
             it answers, and meanwhile refreshes as their SOA records say",
            self.secondary.address,
            lock(&self.due).len()
        )
    }

    /// Up to `most` names that it has to hear.
    fn take(&self, most: usize) -> Vec<Box<[u8]>> {
        let mut due = lock(&self.due);
        (0..most).map_while(|_| due.pop_first()).collect()
    }

    /// Tells it `names`; those that it does not answer stay due.
    async fn tell_all(&self, names: Vec<Box<[u8]>>) -> Result<(), Failure> {
        let mut tries = JoinSet::new();
        for name in names {
            let (address, key) = (self.secondary.address, self.key.clone());
            tries.spawn(async move {
                let told = tell_of(address, &name, key).await;
                (name, told)
            });
        }
        let mut worst = Ok(());
        for (name, told) in tries.join_all().await {
            match told {
                // NOTAUTH: it does not serve this zone, or not yet, and learns of it from a catalog.
                Ok(Rcode::NOERROR) => self.watch.changed(&name, Doubt::Serial),
                Ok(Rcode::NOTAUTH) => {}
                Ok(code) => worst = worst.and(Err(Failure::Refused(code.to_string()))),
                Err(error) => {
                    lock(&self.due).insert(name);
                    worst = Err(Failure::Silent(error.to_string()));
                }
            }
        }
        worst
    }
}

/// Why a secondary did not take a notify.
enum Failure {
    /// It answered with this code.
    Refused(String),
    /// It did not answer as it should.
    Silent(String),
}

fn lock(names: &Mutex<BTreeSet<Box<[u8]>>>) -> MutexGuard<'_, BTreeSet<Box<[u8]>>> {
    // No step under the lock can leave the set half changed.
    names.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Tells the secondary at `address` of one zone, until it answers or all tries are over.
async fn tell_of(address: SocketAddr, apex: &[u8], key: Option<Arc<Key>>) -> io::Result<Rcode> {
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

/// Waits for the answer to `request`, and returns its code; datagrams that are no answer are passed over.
async fn answer(socket: &UdpSocket, request: &[u8], signing: Option<Signing>) -> io::Result<Rcode> {
    let mut buffer = [0; 4096];
    loop {
        let len = socket.recv(&mut buffer).await?;
        let answer = &buffer[..len];
        let is_answer = len >= HEADER
            && answer.get(..2) == request.get(..2)
            && u16::from_be_bytes([answer[2], answer[3]]) & flag::QR != 0;
        if !is_answer {
            continue;
        }
        let code = Rcode::masked_from_int(answer[3]);
        if is_signed(answer, signing.as_ref()) {
            return Ok(code);
        }
        return Err(io::Error::other(format!(
            "it answers {code} without a right signature: do both sides have the same key, and the same time?"
        )));
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
