//! Zone transfers: who may have one, and the messages that one is made of (RFC 5936, RFC 1995).

pub(crate) mod catalog;
pub(crate) mod journal;
pub(crate) mod notifier;
pub(crate) mod watch;

use std::borrow::Cow;
use std::iter::Peekable;
use std::net::IpAddr;
use std::sync::Arc;

use dadns_dns::Writer;
use dadns_dns::message::{Full, Head, Section, flag};
use dadns_dns::tsig::{self, KeyName, Signing};
use dadns_zone::{Rtype, is_ahead};

use self::journal::Delta;
use crate::answer::query::Query;
use crate::image::zones::ServedZone;
use crate::settings::Allowed;

/// Octets that a message of a transfer has at most, if its records are no larger: pointers reach as
/// far.
const MESSAGE: usize = 16 * 1024;
/// Octets that any message over TCP has at most.
pub(crate) const MAX_TCP: usize = 65_535;

/// Whether a request from `client`, signed with `key`, may transfer zones.
pub(crate) fn is_allowed(allowed: &[Allowed], client: IpAddr, key: Option<&KeyName>) -> bool {
    let client = client.to_canonical();
    allowed.iter().any(|rule| {
        let signed = rule.key.as_ref().is_none_or(|needed| Some(needed) == key);
        signed && rule.network.contains(&client)
    })
}

/// A transfer that was asked for and may be had.
#[derive(Debug)]
pub(crate) struct Transfer {
    zone: Arc<ServedZone>,
    extent: Extent,
    head: Head,
    question: Box<[u8]>,
    signing: Option<Signing>,
}

#[derive(Debug)]
enum Extent {
    Whole,
    Changes(Vec<Arc<Delta>>),
    /// The asker is up to date: the SOA alone says so.
    Nothing,
}

/// One record on its way.
struct Item<'h> {
    owner: Cow<'h, [u8]>,
    rtype: Rtype,
    ttl: u32,
    rdata: &'h [u8],
}

impl Transfer {
    /// What `query` for AXFR or IXFR is answered with, signed if the request was.
    pub fn new(query: &Query<'_>, zone: Arc<ServedZone>, signing: Option<Signing>) -> Self {
        let (serial, _) = zone.image.serial_and_negative_ttl();
        let extent = match query.serial {
            Some(theirs) if Rtype::from_int(query.qtype) == Rtype::IXFR => {
                if !is_ahead(serial, theirs) {
                    Extent::Nothing
                } else {
                    zone.journal
                        .since(theirs)
                        .map_or(Extent::Whole, Extent::Changes)
                }
            }
            _ => Extent::Whole,
        };
        let mut head = query.head;
        head.flags |= flag::AA;
        Self {
            zone,
            extent,
            head,
            question: query.question.into(),
            signing,
        }
    }

    /// The messages of the transfer.
    pub fn messages(&self) -> Messages<'_> {
        Messages {
            records: self.records().peekable(),
            head: self.head,
            question: &self.question,
            signing: self.signing.clone(),
        }
    }

    /// All records in their order: the SOA comes first and, but for an asker who is up to date, last.
    fn records(&self) -> Box<dyn Iterator<Item = Item<'_>> + Send + '_> {
        let image = &self.zone.image;
        let soa = move || {
            let set = image.soa();
            set.into_iter().flat_map(move |set| {
                set.rdata().map(move |rdata| Item {
                    owner: image.apex().into(),
                    rtype: Rtype::SOA,
                    ttl: set.ttl(),
                    rdata,
                })
            })
        };
        match &self.extent {
            Extent::Nothing => Box::new(soa()),
            Extent::Whole => Box::new(soa().chain(self.all_but_soa()).chain(soa())),
            Extent::Changes(deltas) => {
                let changes = deltas
                    .iter()
                    .flat_map(|delta| delta.records())
                    .map(|record| Item {
                        owner: (&*record.owner).into(),
                        rtype: record.rtype,
                        ttl: record.ttl,
                        rdata: &record.rdata,
                    });
                Box::new(soa().chain(changes).chain(soa()))
            }
        }
    }

    fn all_but_soa(&self) -> impl Iterator<Item = Item<'_>> + Send {
        let nodes = self.zone.image.nodes();
        nodes.flat_map(|node| {
            let owner = node.owner();
            let sets = node.sets().filter(|set| set.rtype() != Rtype::SOA);
            sets.flat_map(move |set| {
                let owner: Vec<u8> = owner.as_wire().into();
                set.rdata().map(move |rdata| Item {
                    owner: owner.clone().into(),
                    rtype: set.rtype(),
                    ttl: set.ttl(),
                    rdata,
                })
            })
        })
    }
}

/// A record does not fit into any message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a record does not fit into a message")]
pub(crate) struct TooLong;

/// Records, message by message.
pub(crate) struct Messages<'t> {
    records: Peekable<Box<dyn Iterator<Item = Item<'t>> + Send + 't>>,
    head: Head,
    /// The first message repeats the question; others need not (RFC 5936 §2.2).
    question: &'t [u8],
    signing: Option<Signing>,
}

impl Messages<'_> {
    /// Writes the next message at the end of `out`; says whether there was one.
    ///
    /// # Errors
    /// When a record fits no message.
    pub fn next(&mut self, out: &mut Vec<u8>) -> Result<bool, TooLong> {
        if self.records.peek().is_none() {
            return Ok(false);
        }
        let start = out.len();
        self.fill(out).map_err(|Full| TooLong)?;
        if let Some(signing) = &mut self.signing {
            signing.append(out, start, tsig::now());
        }
        Ok(true)
    }

    /// Writes as many records as one message takes, and one at least; a record that fits none ends the
    /// transfer.
    fn fill(&mut self, out: &mut Vec<u8>) -> Result<(), Full> {
        let signature = self.signing.as_ref().map_or(0, Signing::room);
        let question = std::mem::take(&mut self.question);
        let mut writer = Writer::new(out, MESSAGE, self.head, question);
        writer.reserve(signature);
        let mut empty = true;
        while let Some(item) = self.records.peek() {
            match put(&mut writer, item) {
                Ok(()) => {}
                Err(Full) if empty => {
                    // A record that is large by itself; `unsupported` tells of those that never fit.
                    writer.release(MAX_TCP - MESSAGE);
                    put(&mut writer, item)?;
                    self.records.next();
                    return Ok(());
                }
                Err(Full) => return Ok(()),
            }
            empty = false;
            self.records.next();
        }
        Ok(())
    }
}

fn put(writer: &mut Writer<'_>, item: &Item<'_>) -> Result<(), Full> {
    writer.record(
        Section::Answer,
        &item.owner,
        item.rtype,
        item.ttl,
        item.rdata,
    )
}
