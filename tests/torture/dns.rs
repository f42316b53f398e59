//! Asks name servers that may be killed or hang meanwhile. Messages are read by `domain`, not by code of ours.

use std::collections::BTreeSet;
use std::io::{Error, ErrorKind, Read, Result, Write};
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::time::Duration;

use domain::base::iana::{Rcode, Rtype};
use domain::base::name::{Name, ParsedName};
use domain::base::{Message, MessageBuilder};
use domain::rdata::AllRecordData;

/// What a server says of one name and type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// The data of its records, in presentation form.
    Data(Vec<String>),
    /// It has no such zone, or no such name in it.
    Nothing,
}

pub struct Client {
    udp: UdpSocket,
    id: u16,
}

impl Client {
    /// One that gives up soon: where nobody answers there is nothing to see.
    pub fn new(server: SocketAddr) -> Self {
        let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
        udp.connect(server).unwrap();
        udp.set_read_timeout(Some(Duration::from_millis(300)))
            .unwrap();
        Self { udp, id: 0 }
    }

    pub fn ask(&mut self, name: &str, rtype: Rtype) -> Result<Answer> {
        self.id = self.id.wrapping_add(1);
        self.udp.send(&question(name, rtype, self.id))?;
        let mut octets = [0; 4_096];
        loop {
            let length = self.udp.recv(&mut octets)?;
            let message = Message::from_slice(&octets[..length]).map_err(Error::other)?;
            // A late answer to a question that was given up is none to this one.
            if message.header().id() == self.id {
                return match message.header().rcode() {
                    Rcode::NOERROR => Ok(Answer::Data(data(message, rtype))),
                    Rcode::REFUSED | Rcode::NXDOMAIN => Ok(Answer::Nothing),
                    other => Err(Error::other(other.to_string())),
                };
            }
        }
    }
}

fn question(name: &str, rtype: Rtype, id: u16) -> Vec<u8> {
    let mut message = MessageBuilder::new_vec();
    message.header_mut().set_id(id);
    let mut message = message.question();
    let name: Name<Vec<u8>> = name.parse().unwrap();
    message.push((&name, rtype)).unwrap();
    message.finish()
}

/// Owner name, type and data of each record of the answer.
fn records(message: &Message<[u8]>) -> Vec<(String, Rtype, String)> {
    let records = message.answer().unwrap().map(|record| {
        let record = record.unwrap();
        type Data<'a> = AllRecordData<&'a [u8], ParsedName<&'a [u8]>>;
        let record = record.into_record::<Data<'_>>().unwrap().unwrap();
        let owner = record.owner().to_string().to_ascii_lowercase();
        (owner, record.rtype(), record.data().to_string())
    });
    records.collect()
}

fn data(message: &Message<[u8]>, rtype: Rtype) -> Vec<String> {
    let records = records(message).into_iter();
    let of_type = records.filter(|record| record.1 == rtype);
    of_type.map(|record| record.2).collect()
}

/// The serial in the data of an SOA.
pub fn serial(soa: &str) -> u32 {
    soa.split_whitespace().nth(2).unwrap().parse().unwrap()
}

/// A zone as a server gives it in a transfer.
#[derive(Debug)]
pub struct Transferred {
    pub serial: u32,
    /// All but the SOA: `OWNER TYPE DATA`, without the name of the zone, quotes and final dots.
    pub records: BTreeSet<String>,
}

/// The zone by transfer; `None`: the server has no such zone.
pub fn transfer(server: SocketAddr, zone: &str) -> Result<Option<Transferred>> {
    let mut stream = TcpStream::connect(server)?;
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    let question = question(zone, Rtype::AXFR, 1);
    let length = u16::try_from(question.len()).unwrap().to_be_bytes();
    stream.write_all(&[&length, question.as_slice()].concat())?;
    let mut soas = Vec::new();
    let mut found = BTreeSet::new();
    while soas.len() < 2 {
        let mut length = [0; 2];
        stream.read_exact(&mut length)?;
        let mut octets = vec![0; u16::from_be_bytes(length).into()];
        stream.read_exact(&mut octets)?;
        let message = Message::from_slice(&octets).map_err(Error::other)?;
        match message.header().rcode() {
            Rcode::NOERROR => {}
            Rcode::NOTAUTH | Rcode::REFUSED => return Ok(None),
            other => return Err(Error::other(other.to_string())),
        }
        let records = records(message);
        if records.is_empty() {
            return Err(Error::from(ErrorKind::UnexpectedEof));
        }
        for (owner, rtype, data) in records {
            match rtype {
                Rtype::SOA => soas.push(serial(&data)),
                _ => drop(found.insert(line(zone, &owner, &rtype.to_string(), &data))),
            }
        }
    }
    Ok(Some(Transferred {
        serial: soas[0],
        records: found,
    }))
}

/// A record in the form in which they are compared.
pub fn line(zone: &str, owner: &str, rtype: &str, data: &str) -> String {
    let owner = owner.trim_end_matches('.');
    let relative = match owner.strip_suffix(zone) {
        Some("") => "@",
        Some(inside) => inside.trim_end_matches('.'),
        None => owner,
    };
    let data = data.replace('"', "");
    format!("{relative} {rtype} {}", data.trim_end_matches('.'))
}
