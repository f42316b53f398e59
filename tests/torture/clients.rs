//! Good clients, while others are not: each asks again and again, as a master, a monitor or a resolver does, and
//! notes how long it waited. A client that got no answer is what the checks look for.

use std::io::{Read, Write};
use std::net::SocketAddr;
use std::net::{TcpStream, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::support::eventually;
use crate::support::gateway::{PASSWORD, USER};
use crate::support::http::{basic, master_request};
use crate::support::zone_text;

/// How long a client waits for one answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// How often a resolver asks again, each time after twice as long.
const TRIES: u32 = 4;

/// How long a resolver waits for the first of them.
const FIRST_TRY: Duration = Duration::from_millis(300);

/// The pause between two requests of one client: these are no load.
const PAUSE: Duration = Duration::from_millis(20);

/// The zone that good clients push and ask for.
pub const ZONE: &str = "good.example";

/// What one client saw.
#[derive(Debug)]
pub struct Seen {
    pub client: &'static str,
    /// How long each answer took.
    pub waits: Vec<Duration>,
    /// What went wrong instead of an answer.
    pub lost: Vec<String>,
}

impl Seen {
    fn percentile(&self, percent: usize) -> Duration {
        let mut waits = self.waits.clone();
        waits.sort_unstable();
        let last = waits.len().saturating_sub(1);
        let index = (waits.len() * percent / 100).min(last);
        waits.get(index).copied().unwrap_or_default()
    }

    fn row(&self, attack: &str) -> String {
        let ms = |percent| self.percentile(percent).as_secs_f64() * 1e3;
        format!(
            "| {attack} | {} | {} | {} | {:.1} | {:.1} | {:.1} |",
            self.client,
            self.waits.len(),
            self.lost.len(),
            ms(50),
            ms(99),
            ms(100)
        )
    }
}

/// Prints what clients saw during an attack, and fails if one of them was not served.
pub fn judge(attack: &str, seen: &[Seen]) {
    println!("| during | client | served | lost | p50 ms | p99 ms | max ms |");
    seen.iter()
        .for_each(|seen| println!("{}", seen.row(attack)));
    for seen in seen {
        assert!(
            seen.lost.is_empty(),
            "{attack}: {} lost {} of {}: {:?}",
            seen.client,
            seen.lost.len(),
            seen.lost.len() + seen.waits.len(),
            seen.lost.first()
        );
        assert!(
            !seen.waits.is_empty(),
            "{attack}: {} was never served",
            seen.client
        );
    }
}

/// Clients at work.
pub struct Clients {
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<Seen>>,
}

impl Clients {
    /// A master, a monitor, and resolvers over UDP and TCP. The zone is pushed once before.
    pub fn start(http: SocketAddr, dns: SocketAddr) -> Self {
        push(http, 1).expect("the first push is taken");
        eventually("the zone is served", || tcp(dns).ok());
        let mut clients = Self {
            stop: Arc::default(),
            threads: Vec::new(),
        };
        let mut serial = 1;
        clients.spawn("a master pushes", move || {
            serial += 1;
            push(http, serial)
        });
        clients.spawn("a monitor asks /health", move || {
            let answer = ask(http, b"GET /health HTTP/1.0\r\n\r\n")?;
            has(&answer, " 200 OK")
        });
        clients.spawn("a resolver asks by UDP", move || udp(dns));
        clients.spawn("a resolver asks by TCP", move || tcp(dns));
        clients
    }

    fn spawn(
        &mut self,
        client: &'static str,
        mut once: impl FnMut() -> Result<(), String> + Send + 'static,
    ) {
        let stop = Arc::clone(&self.stop);
        self.threads.push(std::thread::spawn(move || {
            let mut seen = Seen {
                client,
                waits: Vec::new(),
                lost: Vec::new(),
            };
            while !stop.load(Ordering::Relaxed) {
                let began = Instant::now();
                match once() {
                    Ok(()) => seen.waits.push(began.elapsed()),
                    Err(why) => seen.lost.push(why),
                }
                std::thread::sleep(PAUSE);
            }
            seen
        }));
    }

    /// What they saw until now.
    pub fn stop(self) -> Vec<Seen> {
        self.stop.store(true, Ordering::Relaxed);
        let seen = self.threads.into_iter().map(JoinHandle::join);
        seen.map(Result::unwrap).collect()
    }
}

/// Pushes the zone with another address for each serial.
pub fn push(http: SocketAddr, serial: u32) -> Result<(), String> {
    let text = zone_text(ZONE, serial, &format!("192.0.2.{}", serial % 250));
    push_text(http, ZONE, &text)
}

/// Pushes a zone; anything but `error=0` is an error.
pub fn push_text(http: SocketAddr, zone: &str, text: &str) -> Result<(), String> {
    let target = format!("/CMD_API_DNS_ADMIN?action=rawsave&domain={zone}");
    let login = basic(USER, PASSWORD);
    let request = master_request("POST", &target, &login, text.as_bytes());
    has(&ask(http, &request)?, "error=0")
}

/// Sends a request on a connection of its own; what is answered.
pub fn ask(http: SocketAddr, request: &[u8]) -> Result<String, String> {
    let asked = || {
        let mut stream = TcpStream::connect_timeout(&http, PATIENCE)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        stream.write_all(request)?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok::<_, std::io::Error>(answer)
    };
    asked().map_err(|error| error.to_string())
}

fn has(answer: &str, wanted: &str) -> Result<(), String> {
    match answer.contains(wanted) {
        true => Ok(()),
        false => Err(answer.lines().last().unwrap_or("no answer").to_owned()),
    }
}

/// A query for the addresses of `www` in the zone.
fn query(id: u16) -> Vec<u8> {
    let mut query = id.to_be_bytes().to_vec();
    query.extend_from_slice(&[0, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
    for label in format!("www.{ZONE}").split('.') {
        query.push(u8::try_from(label.len()).unwrap());
        query.extend_from_slice(label.as_bytes());
    }
    query.extend_from_slice(&[0, 0, 1, 0, 1]);
    query
}

/// Whether it is an answer to that query, with an address.
fn is_answer(message: &[u8], id: u16) -> bool {
    message.len() > 12
        && message[..2] == id.to_be_bytes()
        && message[3] & 0xf == 0
        && message[7] == 1
}

/// Asks as resolvers do: again, if there is no answer.
pub fn udp(dns: SocketAddr) -> Result<(), String> {
    let socket = UdpSocket::bind("127.0.0.1:0").map_err(|error| error.to_string())?;
    socket.connect(dns).map_err(|error| error.to_string())?;
    let mut message = [0; 1_232];
    for attempt in 0..TRIES {
        let id = fastrand::u16(..);
        let until = Instant::now() + FIRST_TRY * 2_u32.pow(attempt);
        // It may hear that nobody listens.
        let _ = socket.send(&query(id));
        loop {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            socket.set_read_timeout(Some(left)).unwrap();
            match socket.recv(&mut message) {
                Ok(len) if is_answer(&message[..len], id) => return Ok(()),
                Ok(_) => {}
                Err(_) => break,
            }
        }
    }
    Err("no answer by UDP".to_owned())
}

/// Asks on a connection of its own; once more if it is closed before the answer, as resolvers do.
pub fn tcp(dns: SocketAddr) -> Result<(), String> {
    tcp_once(dns).or_else(|_| tcp_once(dns))
}

fn tcp_once(dns: SocketAddr) -> Result<(), String> {
    let id = fastrand::u16(..);
    let asked = || {
        let mut stream = TcpStream::connect_timeout(&dns, PATIENCE)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let query = query(id);
        let mut framed = u16::try_from(query.len()).unwrap().to_be_bytes().to_vec();
        framed.extend_from_slice(&query);
        stream.write_all(&framed)?;
        let mut length = [0; 2];
        stream.read_exact(&mut length)?;
        let mut message = vec![0; usize::from(u16::from_be_bytes(length))];
        stream.read_exact(&mut message)?;
        Ok::<_, std::io::Error>(message)
    };
    match asked() {
        Ok(message) if is_answer(&message, id) => Ok(()),
        Ok(_) => Err("another answer by TCP".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}
