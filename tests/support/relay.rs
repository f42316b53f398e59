//! A relay in front of a name server that swallows questions as a test wants.

use std::net::{SocketAddr, UdpSocket};
use std::sync::{Arc, Mutex};

/// A UDP relay on a port of its own, for as long as the test process lives.
pub struct Relay {
    pub address: SocketAddr,
    swallowed: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl Relay {
    /// Relays to `server`.
    pub fn start(server: SocketAddr) -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let address = socket.local_addr().unwrap();
        let swallowed: Arc<Mutex<Vec<Vec<u8>>>> = Arc::default();
        let rules = Arc::clone(&swallowed);
        std::thread::spawn(move || {
            let mut question = [0; 4096];
            while let Ok((length, client)) = socket.recv_from(&mut question) {
                let question = &question[..length];
                let rules = rules.lock().unwrap();
                let hit = |rule: &Vec<u8>| rule.is_empty() || contains(question, rule);
                if rules.iter().any(hit) {
                    continue;
                }
                drop(rules);
                let upstream = UdpSocket::bind("127.0.0.1:0").unwrap();
                let timeout = std::time::Duration::from_secs(2);
                upstream.set_read_timeout(Some(timeout)).unwrap();
                upstream.send_to(question, server).unwrap();
                let mut answer = [0; 4096];
                if let Ok(length) = upstream.recv(&mut answer) {
                    let _ = socket.send_to(&answer[..length], client);
                }
            }
        });
        Self { address, swallowed }
    }

    /// From now on swallows questions whose name has this label; without one, all.
    pub fn swallow(&self, label: &str) {
        self.swallowed.lock().unwrap().push(label.into());
    }

    /// Lets everything pass again.
    pub fn pass(&self) {
        self.swallowed.lock().unwrap().clear();
    }
}

fn contains(question: &[u8], label: &[u8]) -> bool {
    question.windows(label.len()).any(|window| window == label)
}
