//! A TCP proxy in front of a server, that can keep silent: whoever connects is let in and hears
//! nothing.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// One on a port of its own, for as long as the test process lives.
pub struct Proxy {
    pub address: SocketAddr,
    silent: Arc<Mutex<Silence>>,
}

/// Connections that were let in and hear nothing, while there is silence.
type Silence = Option<Vec<TcpStream>>;

impl Proxy {
    /// Keeps silent at first.
    pub fn silent(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let silent = Arc::new(Mutex::new(Some(Vec::new())));
        let state = Arc::clone(&silent);
        std::thread::spawn(move || {
            for client in listener.incoming() {
                let Ok(client) = client else { return };
                match &mut *state.lock().unwrap() {
                    Some(waiting) => waiting.push(client),
                    None => relay(client, server),
                }
            }
        });
        Self { address, silent }
    }

    /// How many wait in the silence.
    pub fn waiting(&self) -> usize {
        self.silent.lock().unwrap().as_ref().map_or(0, Vec::len)
    }

    /// Ends the silence: who waited is cut off, who comes now is let through.
    pub fn pass(&self) {
        *self.silent.lock().unwrap() = None;
    }
}

fn relay(client: TcpStream, server: SocketAddr) {
    let Ok(server) = TcpStream::connect(server) else {
        return;
    };
    let pairs = [
        (client.try_clone().unwrap(), server.try_clone().unwrap()),
        (server, client),
    ];
    for (mut from, mut to) in pairs {
        std::thread::spawn(move || {
            let mut octets = [0; 16_384];
            while let Ok(count @ 1..) = from.read(&mut octets) {
                if to.write_all(&octets[..count]).is_err() {
                    break;
                }
            }
            let _ = to.shutdown(Shutdown::Write);
        });
    }
}
