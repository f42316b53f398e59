//! A TCP proxy in front of a server: it can keep silent, delay what is sent, keep it waiting as a broken cable does, and
//! lose answers alone.

use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Condvar, Mutex, OnceLock};
use std::thread::spawn;
use std::time::{Duration, Instant};

/// Pieces that may be on their way in one direction of a connection.
const ON_THE_WAY: usize = 4_096;

/// A header by which members of etcd say which of them asks.
const SENDER: &[u8] = b"X-Server-From: ";

/// What becomes of what is sent in one direction.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Passing {
    #[default]
    Through,
    /// It waits, and comes when the cable is repaired, as it does by TCP.
    Waits,
    /// It never comes; the connection ends when others pass again.
    Lost,
}

/// One on a port of its own, for as long as the test process lives.
pub struct Proxy {
    pub address: SocketAddr,
    rules: Arc<Rules>,
}

#[derive(Default)]
struct Rules {
    now: Mutex<Now>,
    changed: Condvar,
}

#[derive(Default)]
struct Now {
    /// Connections that were let in and hear nothing, while there is silence.
    silent: Option<Vec<TcpStream>>,
    /// How long everything takes, each way.
    delay: Duration,
    /// Requests and answers of one sender, or of all (no name).
    passing: HashMap<String, (Passing, Passing)>,
    /// What is open.
    open: Vec<TcpStream>,
}

impl Proxy {
    /// Lets everything pass.
    pub fn start(server: SocketAddr) -> Self {
        Self::listen(server, Now::default())
    }

    /// Keeps silent at first: whoever connects is let in and hears nothing.
    pub fn silent(server: SocketAddr) -> Self {
        let silent = Some(Vec::new());
        let now = Now {
            silent,
            ..Now::default()
        };
        Self::listen(server, now)
    }

    fn listen(server: SocketAddr, now: Now) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let rules = Arc::new(Rules {
            now: Mutex::new(now),
            changed: Condvar::new(),
        });
        let of_listener = Arc::clone(&rules);
        spawn(move || {
            for client in listener.incoming() {
                let Ok(client) = client else { return };
                if let Some(waiting) = &mut of_listener.now.lock().unwrap().silent {
                    waiting.push(client);
                    continue;
                }
                let rules = Arc::clone(&of_listener);
                spawn(move || connect(client, server, &rules));
            }
        });
        Self { address, rules }
    }

    /// How many wait in the silence.
    pub fn waiting(&self) -> usize {
        let now = self.rules.now.lock().unwrap();
        now.silent.as_ref().map_or(0, Vec::len)
    }

    /// Lets everything pass again; who waited in the silence is cut off.
    pub fn pass(&self) {
        self.change(|now| {
            now.silent = None;
            now.passing.clear();
        });
    }

    /// From now on everything takes so long, each way.
    pub fn delay(&self, delay: Duration) {
        self.change(|now| now.delay = delay);
    }

    /// Says what becomes of all requests and answers.
    pub fn set(&self, requests: Passing, answers: Passing) {
        self.set_from("", requests, answers);
    }

    /// The same for what one member of etcd asks others, by its id in hexadecimal.
    pub fn set_from(&self, sender: &str, requests: Passing, answers: Passing) {
        self.change(|now| {
            now.passing.insert(sender.to_owned(), (requests, answers));
        });
    }

    /// Ends every connection.
    pub fn reset(&self) {
        self.change(|now| {
            for stream in now.open.drain(..) {
                let _ = stream.shutdown(Shutdown::Both);
            }
        });
    }

    fn change(&self, change: impl FnOnce(&mut Now)) {
        change(&mut self.rules.now.lock().unwrap());
        self.rules.changed.notify_all();
    }
}

impl Now {
    /// What passes of a connection's requests (or answers).
    fn of(&self, sender: Option<&String>, requests: bool) -> Passing {
        let rule = |sender: &str| {
            let (of_requests, of_answers) = self.passing.get(sender).copied().unwrap_or_default();
            if requests { of_requests } else { of_answers }
        };
        match rule("") {
            Passing::Through => sender.map_or(Passing::Through, |sender| rule(sender)),
            of_all => of_all,
        }
    }
}

/// One connection, and who is known to ask by it.
struct Connection {
    client: TcpStream,
    server: TcpStream,
    sender: OnceLock<String>,
}

impl Connection {
    fn end(&self) {
        let _ = self.client.shutdown(Shutdown::Both);
        let _ = self.server.shutdown(Shutdown::Both);
    }
}

fn connect(client: TcpStream, server: SocketAddr, rules: &Arc<Rules>) {
    let Ok(server) = TcpStream::connect(server) else {
        return;
    };
    let _ = client.set_nodelay(true);
    let _ = server.set_nodelay(true);
    {
        let open = &mut rules.now.lock().unwrap().open;
        open.retain(|stream| stream.peer_addr().is_ok());
        open.push(client.try_clone().unwrap());
        open.push(server.try_clone().unwrap());
    }
    let connection = Arc::new(Connection {
        client,
        server,
        sender: OnceLock::new(),
    });
    for requests in [true, false] {
        let (on_the_way, arrives) = sync_channel(ON_THE_WAY);
        let (of_reader, of_writer) = (Arc::clone(&connection), Arc::clone(&connection));
        let (rules_of_reader, rules_of_writer) = (Arc::clone(rules), Arc::clone(rules));
        spawn(move || read(&of_reader, requests, &rules_of_reader, &on_the_way));
        spawn(move || write(&of_writer, requests, &rules_of_writer, &arrives));
    }
}

/// Takes what is sent, and says when it is to arrive. Nothing more: its end.
fn read(
    connection: &Connection,
    requests: bool,
    rules: &Rules,
    on_the_way: &SyncSender<(Instant, Vec<u8>)>,
) {
    let mut from = match requests {
        true => &connection.client,
        false => &connection.server,
    };
    let mut octets = [0; 16_384];
    while let Ok(count @ 1..) = from.read(&mut octets) {
        let octets = &octets[..count];
        if requests
            && connection.sender.get().is_none()
            && let Some(sender) = sender(octets)
        {
            let _ = connection.sender.set(sender);
        }
        let due = Instant::now() + rules.now.lock().unwrap().delay;
        if on_the_way.send((due, octets.to_vec())).is_err() {
            return;
        }
    }
}

/// Gives what has arrived, as far as it passes.
fn write(
    connection: &Connection,
    requests: bool,
    rules: &Rules,
    arrives: &Receiver<(Instant, Vec<u8>)>,
) {
    let mut to = match requests {
        true => &connection.server,
        false => &connection.client,
    };
    let mut is_broken = false;
    while let Ok((due, octets)) = arrives.recv() {
        // This is the delay that was asked for.
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        match rules.passing(connection, requests) {
            Passing::Through if is_broken || to.write_all(&octets).is_err() => {
                return connection.end();
            }
            Passing::Through | Passing::Waits => {}
            Passing::Lost => is_broken = true,
        }
    }
    if is_broken {
        return connection.end();
    }
    // That it has ended is not known while nothing passes.
    let _ = rules.passing(connection, requests);
    let _ = to.shutdown(Shutdown::Write);
}

impl Rules {
    /// Waits while it waits.
    fn passing(&self, connection: &Connection, requests: bool) -> Passing {
        let mut now = self.now.lock().unwrap();
        loop {
            match now.of(connection.sender.get(), requests) {
                Passing::Waits => now = self.changed.wait(now).unwrap(),
                other => return other,
            }
        }
    }
}

fn sender(request: &[u8]) -> Option<String> {
    let mut windows = request.windows(SENDER.len());
    let at = windows.position(|window| window.eq_ignore_ascii_case(SENDER))?;
    let rest = &request[at + SENDER.len()..];
    let end = rest.iter().position(|octet| *octet == b'\r')?;
    Some(String::from_utf8_lossy(&rest[..end]).into_owned())
}
