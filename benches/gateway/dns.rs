//! Asks a name server for serials, one by one or thousands at once.

use std::collections::VecDeque;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::time::{Duration, Instant};

use super::dadns::pause;
use super::zones::name;

const SOA: u16 = 6;
const AXFR: u16 = 252;
/// Questions that are under way at once.
const WINDOW: usize = 64;
/// How long one zone may take until it is served.
const PATIENCE: Duration = Duration::from_secs(600);

/// A name server that is asked.
pub struct Asked(UdpSocket);

impl Asked {
    /// The one at this address.
    pub fn at(address: SocketAddr) -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.connect(address).unwrap();
        let patience = Duration::from_millis(500);
        socket.set_read_timeout(Some(patience)).unwrap();
        Self(socket)
    }

    /// The serial of a zone, if it is served.
    pub fn serial(&self, name: &str) -> Option<u32> {
        // A late answer to an earlier question is none to this.
        let id = fastrand::u16(..);
        self.0.send(&question(id, name)).ok()?;
        self.answer().filter(|answer| answer.0 == id)?.1
    }

    /// Waits until a zone is served with this serial; how long that took.
    pub fn until(&self, name: &str, serial: u32) -> Duration {
        let began = Instant::now();
        while self.serial(name) != Some(serial) {
            assert!(
                began.elapsed() < PATIENCE,
                "{name} is not served with serial {serial}"
            );
            pause();
        }
        began.elapsed()
    }

    /// Waits until all zones of these numbers are served with this serial.
    pub fn until_all(&self, numbers: impl Iterator<Item = usize>, serial: u32) {
        let mut left: VecDeque<usize> = numbers.collect();
        let (began, mut first_id) = (Instant::now(), 0_u16);
        while !left.is_empty() {
            let asked: Vec<_> = left.drain(..WINDOW.min(left.len())).collect();
            // Each round has numbers of its own: a late answer belongs to no other question.
            let id = |at: usize| first_id.wrapping_add(at as u16);
            for (at, number) in asked.iter().enumerate() {
                let _ = self.0.send(&question(id(at), &name(*number)));
            }
            let mut served = vec![false; asked.len()];
            // Answers of earlier rounds that come late do not count, or this round's would be left for the next one.
            let mut due = asked.len();
            while due > 0 {
                let Some((answered, found)) = self.answer() else {
                    break;
                };
                let at = usize::from(answered.wrapping_sub(first_id));
                if let Some(one) = served.get_mut(at) {
                    *one = found == Some(serial);
                    due -= 1;
                }
            }
            first_id = id(WINDOW);
            let missing: Vec<_> = asked
                .iter()
                .zip(&served)
                .filter(|(_, served)| !**served)
                .collect();
            for (number, _) in missing.iter().rev() {
                left.push_front(**number);
            }
            if !missing.is_empty() {
                assert!(
                    began.elapsed() < PATIENCE,
                    "{} zones are not served",
                    left.len()
                );
                std::thread::sleep(Duration::from_millis(5));
            }
        }
    }

    /// The next answer: its number, and the serial if there is one.
    fn answer(&self) -> Option<(u16, Option<u32>)> {
        let mut answer = [0; 1024];
        let length = self.0.recv(&mut answer).ok()?;
        let answer = &answer[..length];
        let id = u16::from_be_bytes([answer[0], answer[1]]);
        Some((id, serial(answer)))
    }
}

/// Transfers a zone over a connection; how many octets that were.
pub fn transfer(stream: &mut TcpStream, name: &str) -> usize {
    let question = query(7, name, AXFR);
    let framed = [&(question.len() as u16).to_be_bytes(), &*question].concat();
    stream.write_all(&framed).unwrap();
    let (mut octets, mut ends) = (0, 0);
    // It begins and ends with the SOA.
    while ends < 2 {
        let mut length = [0; 2];
        stream.read_exact(&mut length).unwrap();
        let mut message = vec![0; usize::from(u16::from_be_bytes(length))];
        stream.read_exact(&mut message).unwrap();
        octets += message.len();
        let found = ends_in(&message).filter(|_| message[3] & 0xf == 0);
        ends += found.unwrap_or_else(|| panic!("{name} is not transferred: {:x?}", &message[..12]));
    }
    octets
}

/// How many SOA records a message has.
fn ends_in(message: &[u8]) -> Option<usize> {
    let number = |at: usize| {
        Some(u16::from_be_bytes(
            message.get(at..at + 2)?.try_into().ok()?,
        ))
    };
    let (mut at, mut found) = (12, 0);
    for _ in 0..number(4)? {
        at = past_name(message, at)? + 4;
    }
    for _ in 0..number(6)? {
        at = past_name(message, at)?;
        found += usize::from(number(at)? == SOA);
        at += 10 + usize::from(number(at + 8)?);
    }
    Some(found)
}

/// A question for the SOA of a zone.
pub fn question(id: u16, name: &str) -> Vec<u8> {
    query(id, name, SOA)
}

/// A question of any type.
fn query(id: u16, name: &str, kind: u16) -> Vec<u8> {
    let mut message = id.to_be_bytes().to_vec();
    message.extend_from_slice(&[0, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
    for label in name.split('.') {
        message.push(label.len() as u8);
        message.extend_from_slice(label.as_bytes());
    }
    message.push(0);
    message.extend_from_slice(&kind.to_be_bytes());
    message.extend_from_slice(&[0, 1]);
    message
}

/// The serial of the SOA that the answer section begins with.
fn serial(message: &[u8]) -> Option<u32> {
    if message.get(6..8)? == [0, 0] {
        return None;
    }
    let record = past_name(message, past_name(message, 12)? + 4)?;
    if message.get(record..record + 2)? != [0, 6] {
        return None;
    }
    let at = past_name(message, past_name(message, record + 10)?)?;
    Some(u32::from_be_bytes(
        message.get(at..at + 4)?.try_into().ok()?,
    ))
}

/// Where the name that begins at `at` ends.
fn past_name(message: &[u8], mut at: usize) -> Option<usize> {
    loop {
        match *message.get(at)? {
            0 => return Some(at + 1),
            length if length >= 0xc0 => return Some(at + 2),
            length => at += usize::from(length) + 1,
        }
    }
}
