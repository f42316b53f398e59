//! What is asked, encoded by hickory-proto.

use std::io;

use dadns_zone::{DomainName, Rtype};
use hickory_proto::op::{Edns, Message, Query};
use hickory_proto::rr::{Name, RecordType};
use hickory_proto::serialize::binary::{BinDecodable, BinDecoder};

use super::MAX_DATAGRAM;

/// Octets that an answer over UDP may have: what passes every path unbroken.
const PAYLOAD: u16 = 1232;
const _: () = assert!(PAYLOAD as usize <= MAX_DATAGRAM);

/// One question, without recursion.
pub(super) struct Question {
    pub name: Name,
    /// As a message with a random ID.
    pub octets: Vec<u8>,
}

impl Question {
    /// For the RRset of `rtype` at `owner`, with EDNS, and with the DO bit where it is `signed`.
    pub fn new(owner: &DomainName, rtype: Rtype, signed: bool) -> io::Result<Self> {
        let mut edns = Edns::new();
        edns.set_max_payload(PAYLOAD).set_dnssec_ok(signed);
        Self::with(owner, rtype, Some(edns))
    }

    /// For the SOA of `apex`, as plain as can be.
    pub fn soa(apex: &DomainName) -> io::Result<Self> {
        Self::with(apex, Rtype::SOA, None)
    }

    fn with(owner: &DomainName, rtype: Rtype, edns: Option<Edns>) -> io::Result<Self> {
        let name = hickory_name(owner)?;
        // `Message::query` takes a random ID; recursion is not desired unless asked for.
        let mut message = Message::query();
        message.add_query(Query::query(name.clone(), RecordType::from(rtype.to_int())));
        if let Some(edns) = edns {
            message.set_edns(edns);
        }
        let octets = message.to_vec().map_err(io::Error::other)?;
        Ok(Self { name, octets })
    }
}

/// The same name; the parser of texts would refuse names that hosts could not have.
pub(super) fn hickory_name(name: &DomainName) -> io::Result<Name> {
    Name::read(&mut BinDecoder::new(name.as_slice())).map_err(io::Error::other)
}
