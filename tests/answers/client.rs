//! Asks name servers.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::time::Duration;

use domain::base::iana::Rtype;

use super::message::{Answer, DnsName, Question, Record, transferred};

const PATIENCE: Duration = Duration::from_secs(5);

/// Asks one server, one question at a time.
pub struct Client {
    server: SocketAddr,
    udp: UdpSocket,
    id: u16,
}

impl Client {
    pub fn new(server: SocketAddr) -> Self {
        let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
        udp.connect(server).unwrap();
        udp.set_read_timeout(Some(PATIENCE)).unwrap();
        Self { server, udp, id: 0 }
    }

    /// Asks over UDP.
    pub fn send(&mut self, question: &Question) {
        self.id = self.id.wrapping_add(1);
        self.udp.send(&question.message(self.id)).unwrap();
    }

    /// What the question is answered that was sent last; where that is cut short, asks again over TCP.
    /// Also tells its length.
    pub fn answer(&self, question: &Question) -> Result<(Answer, usize), String> {
        let message = question.message(self.id);
        let octets = self.received(&message)?;
        if octets.len() > question.room() {
            return Err(format!("{} octets in a datagram", octets.len()));
        }
        let answer = Answer::read(&octets, question)?;
        if !answer.truncated {
            return Ok((answer, octets.len()));
        }
        let octets = self.over_tcp(&message).map_err(|error| error.to_string())?;
        Ok((Answer::read(&octets, question)?, octets.len()))
    }

    /// What comes back for this request, which may be nothing: then a question that is sent behind it
    /// is answered alone. Its answer could overtake another, but hardly twice.
    pub fn may_answer(&self, message: &[u8]) -> Option<Vec<u8>> {
        let behind = Question {
            name: DnsName::root_vec(),
            rtype: Rtype::NS,
            dnssec: false,
        };
        let behind = behind.message(0xbeef);
        let mut octets = vec![0; 65_535];
        for _ in 0..2 {
            self.udp.send(message).unwrap();
            self.udp.send(&behind).unwrap();
            let mut answer = None;
            loop {
                let length = self.udp.recv(&mut octets).unwrap();
                match &octets[..length] {
                    last if last.get(..2) == behind.get(..2) => break,
                    this if this.get(..2) == message.get(..2) => answer = Some(this.to_vec()),
                    _ => {}
                }
            }
            if answer.is_some() {
                return answer;
            }
        }
        None
    }

    pub fn over_udp(&self, message: &[u8]) -> Result<Vec<u8>, String> {
        self.udp.send(message).map_err(|error| error.to_string())?;
        self.received(message)
    }

    fn received(&self, message: &[u8]) -> Result<Vec<u8>, String> {
        let mut octets = vec![0; 65_535];
        loop {
            let length = self.udp.recv(&mut octets);
            let length = length.map_err(|error| format!("no answer: {error}"))?;
            // A late answer to a question that was given up is none to this one.
            if octets[..length].get(..2) == message.get(..2) {
                octets.truncate(length);
                return Ok(octets);
            }
        }
    }

    pub fn over_tcp(&self, message: &[u8]) -> std::io::Result<Vec<u8>> {
        let mut stream = TcpStream::connect(self.server)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        send(&mut stream, message)?;
        receive(&mut stream)
    }

    /// All records of a zone, by transfer, the SOA once.
    pub fn transfer(&self, zone: &DnsName) -> Vec<Record> {
        let question = Question {
            name: zone.clone(),
            rtype: Rtype::AXFR,
            dnssec: false,
        };
        let mut stream = TcpStream::connect(self.server).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        send(&mut stream, &question.message(0)).unwrap();
        let mut records = Vec::new();
        loop {
            records.extend(transferred(&receive(&mut stream).unwrap()));
            if records.len() > 1 && records.first() == records.last() {
                records.pop();
                return records;
            }
        }
    }
}

fn send(stream: &mut TcpStream, message: &[u8]) -> std::io::Result<()> {
    let length = u16::try_from(message.len()).unwrap().to_be_bytes();
    stream.write_all(&[&length, message].concat())
}

fn receive(stream: &mut TcpStream) -> std::io::Result<Vec<u8>> {
    let mut length = [0; 2];
    stream.read_exact(&mut length)?;
    let mut octets = vec![0; u16::from_be_bytes(length).into()];
    stream.read_exact(&mut octets)?;
    Ok(octets)
}
