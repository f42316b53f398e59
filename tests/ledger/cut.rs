//! A proxy in front of a member that loses answers.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// One on a port of its own, for as long as the test process lives.
pub struct Cut {
    pub address: SocketAddr,
    /// Connections before this number hear nothing any more.
    deaf: Arc<AtomicUsize>,
    /// Whether all connections hear nothing.
    all: Arc<AtomicBool>,
    count: Arc<AtomicUsize>,
}

impl Cut {
    pub fn before(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let cut = Self {
            address: listener.local_addr().unwrap(),
            deaf: Arc::default(),
            all: Arc::default(),
            count: Arc::default(),
        };
        let (deaf, all, count) = (cut.deaf.clone(), cut.all.clone(), cut.count.clone());
        std::thread::spawn(move || {
            for client in listener.incoming() {
                let (Ok(client), Ok(server)) = (client, TcpStream::connect(server)) else {
                    continue;
                };
                let number = count.fetch_add(1, Ordering::SeqCst);
                let (deaf, all) = (deaf.clone(), all.clone());
                let (from, to) = (client.try_clone().unwrap(), server.try_clone().unwrap());
                std::thread::spawn(move || copy(from, to, || true));
                std::thread::spawn(move || {
                    copy(server, client, || {
                        number >= deaf.load(Ordering::SeqCst) && !all.load(Ordering::SeqCst)
                    });
                });
            }
        });
        cut
    }

    /// Loses all answers to connections that are there; new ones hear.
    pub fn lose_answers(&self) {
        self.deaf
            .store(self.count.load(Ordering::SeqCst), Ordering::SeqCst);
    }

    /// Loses the answers to all connections, or no longer.
    pub fn lose_all_answers(&self, lose: bool) {
        self.all.store(lose, Ordering::SeqCst);
    }
}

fn copy(mut from: TcpStream, mut to: TcpStream, passes: impl Fn() -> bool) {
    let mut bytes = [0; 16_384];
    while let Ok(count @ 1..) = from.read(&mut bytes) {
        if passes() && to.write_all(&bytes[..count]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Write);
    let _ = from.shutdown(Shutdown::Read);
}
