//! From a request to its answer, over UDP or TCP: reads it, checks its signature, answers it or starts a
//! transfer.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use dadns_dns::Writer;
use dadns_dns::message::{Head, IN, MIN_UDP, flag};
use dadns_dns::tsig::{self, Fault, Keys, Refusal, Signing};
use dadns_zone::{NameText, Rtype};
use domain::base::iana::OptRcode;

use super::query::{Edns, Query, Unfit};
use super::{MAX_UDP, Terms, answer, answer_code, put_opt};
use crate::image::zones::{ServedZone, View, Zones};
use crate::limits::rate::Subject;
use crate::settings::{Allowed, Follow, Settings};
use crate::transfer::{self, MAX_TCP, Transfer};
use crate::update::{Accepted, Gate};

/// The class CHAOS: questions about the server itself.
const CHAOS: u16 = 3;

/// How a request came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// In a datagram.
    Udp,
    /// On a connection.
    Tcp,
}

/// What to do about a request.
pub(crate) enum Response {
    /// Nothing: it is none.
    None,
    /// Send the message that was written.
    Message(Subject),
    /// The same, and report to the operator what was refused.
    Refused(Subject, String),
    /// The same, of somebody whose signature was verified.
    RefusedKey(String),
    /// Send the zone.
    Transfer(Box<Transfer>),
    /// Make the dynamic update, and send what that comes to.
    Update(Box<Accepted>),
}

impl Response {
    /// The same message as a refusal that the operator should know of.
    pub(crate) fn refused(self, what: String) -> Self {
        match self {
            Self::Message(subject) => Self::Refused(subject, what),
            other => other,
        }
    }
}

/// Answers requests.
#[derive(Debug)]
pub(crate) struct Responder {
    pub zones: Zones,
    version: Option<String>,
    allowed: Vec<Allowed>,
    /// The apex of the catalog zone, which is for those who may transfer it (RFC 9432 §6).
    catalog: Option<Box<[u8]>>,
    follow: Follow,
    keys: Keys,
    /// Who may update zones.
    pub updates: Gate,
    /// Whether the zones are too old to be served.
    stale: AtomicBool,
}

impl Responder {
    /// One without zones.
    pub fn new(settings: &Settings, keys: Keys) -> Self {
        let catalog = settings.catalog_zone.as_ref();
        Self {
            zones: Zones::default(),
            version: settings.version.clone(),
            allowed: settings.allow_transfer.clone(),
            catalog: catalog.map(|name| name.to_domain_name().as_slice().into()),
            follow: settings.follow,
            keys,
            updates: Gate::new(settings),
            stale: AtomicBool::new(false),
        }
    }

    /// From now on the zones are too old to be served, or no longer.
    pub fn set_stale(&self, stale: bool) {
        self.stale.store(stale, Ordering::Relaxed);
    }

    /// Whether anybody may transfer zones.
    pub fn is_transferred(&self) -> bool {
        !self.allowed.is_empty()
    }

    /// Answers `request` of `client` with a message at the end of `out`.
    pub fn respond(
        &self,
        view: &View<'_>,
        request: &[u8],
        client: IpAddr,
        transport: Transport,
        out: &mut Vec<u8>,
    ) -> Response {
        let query = match Query::read(request) {
            Ok(query) => query,
            Err(Unfit::Silence) => return Response::None,
            Err(Unfit::Update(update)) if self.updates.is_open() => {
                return self
                    .updates
                    .receive(view, &self.keys, &update, request, client, out);
            }
            Err(Unfit::Update(update)) => {
                let (code, edns) = (OptRcode::NOTIMP, update.edns);
                answer_code(update.head, &[], edns, or_bad_version(code, edns), out);
                return Response::Message(Subject::ERROR);
            }
            Err(Unfit::Code(head, code, question, edns)) => {
                let code = or_bad_version(OptRcode::from_rcode(code), edns);
                answer_code(head, question, edns, code, out);
                return Response::Message(Subject::ERROR);
            }
        };
        if !query.is_signed {
            return self.respond_to(view, &query, client, transport, None, out);
        }
        match Signing::of_request(&self.keys, request, tsig::now()) {
            Ok(signing) => self.respond_to(view, &query, client, transport, signing, out),
            Err(refusal) => {
                let (head, question) = (query.head, query.question);
                refuse_signature(refusal, head, question, query.edns, client, out)
            }
        }
    }

    fn respond_to(
        &self,
        view: &View<'_>,
        query: &Query<'_>,
        client: IpAddr,
        transport: Transport,
        signing: Option<Signing>,
        out: &mut Vec<u8>,
    ) -> Response {
        let start = out.len();
        let reserved = signing.as_ref().map_or(0, Signing::room);
        let limit = match transport {
            Transport::Tcp => MAX_TCP,
            Transport::Udp => query
                .edns
                .map_or(MIN_UDP, |edns| edns.udp_size.min(MAX_UDP)),
        };
        let key = signing.as_ref().map(|signing| signing.key().name());
        let allowed = transfer::is_allowed(&self.allowed, client, key);
        let terms = Terms {
            limit,
            reserved,
            hidden: self.catalog.as_deref().filter(|_| !allowed),
            follow: self.follow,
        };
        let with_code = |code, out: &mut Vec<u8>| {
            answer_code(query.head, query.question, query.edns, code, out);
        };
        let code = match (query.class, Rtype::from_int(query.qtype)) {
            _ if query.edns.is_some_and(|edns| edns.version > 0) => OptRcode::BADVERS,
            // A resolver then asks another server of the zone (RFC 2308 §7.1).
            _ if self.stale.load(Ordering::Relaxed) => OptRcode::SERVFAIL,
            // No zone here has a primary elsewhere (RFC 1996 §3.10).
            _ if query.is_notify => OptRcode::NOTAUTH,
            (CHAOS, Rtype::TXT) if self.chaos(query, limit, out) => OptRcode::NOERROR,
            (IN, Rtype::AXFR | Rtype::IXFR) => {
                match self.transferred(query, transport, allowed) {
                    Err(OptRcode::REFUSED) => {
                        with_code(OptRcode::REFUSED, out);
                        let refused = format!(
                            "a transfer of {} to {client} was refused: allow_transfer does not name \
                             it{}",
                            NameText(&query.name.to_domain_name()),
                            key.map_or(String::new(), |key| format!(" with the key {key}")),
                        );
                        return Self::signed(signing, Subject::ERROR, start, out).refused(refused);
                    }
                    Err(code) => code,
                    // Over UDP the SOA alone: who lacks anything comes back over TCP (RFC 1995 §2).
                    Ok(_) if transport == Transport::Udp => {
                        let soa = Query {
                            qtype: Rtype::SOA.to_int(),
                            ..query.clone()
                        };
                        let subject = answer(view, &soa, terms, out);
                        return Self::signed(signing, subject, start, out);
                    }
                    Ok(zone) => {
                        let transfer = Transfer::new(query, zone, signing);
                        return Response::Transfer(Box::new(transfer));
                    }
                }
            }
            (IN, Rtype::MAILA | Rtype::MAILB) => OptRcode::NOTIMP,
            (IN, Rtype::OPT | Rtype::TSIG | Rtype::TKEY) => OptRcode::FORMERR,
            (IN, _) => {
                let subject = answer(view, query, terms, out);
                return Self::signed(signing, subject, start, out);
            }
            _ => OptRcode::REFUSED,
        };
        if out.len() == start {
            with_code(code, out);
        }
        Self::signed(signing, Subject::ERROR, start, out)
    }

    fn signed(
        signing: Option<Signing>,
        subject: Subject,
        start: usize,
        out: &mut Vec<u8>,
    ) -> Response {
        if let Some(mut signing) = signing {
            signing.append(out, start, tsig::now());
        }
        Response::Message(subject)
    }

    /// The zone that a transfer is asked of, or the code it is refused with.
    fn transferred(
        &self,
        query: &Query<'_>,
        transport: Transport,
        allowed: bool,
    ) -> Result<Arc<ServedZone>, OptRcode> {
        let zone = self
            .zones
            .get(query.name.as_wire())
            .ok_or(OptRcode::NOTAUTH)?;
        if !allowed {
            return Err(OptRcode::REFUSED);
        }
        let fits = match Rtype::from_int(query.qtype) {
            Rtype::IXFR => query.serial.is_some(),
            _ => transport == Transport::Tcp,
        };
        fits.then_some(zone).ok_or(OptRcode::FORMERR)
    }

    /// What servers are asked about themselves (RFC 4892). Says whether it was that.
    fn chaos(&self, query: &Query<'_>, limit: usize, out: &mut Vec<u8>) -> bool {
        const NAMES: [&[u8]; 2] = [b"\x07version\x04bind\0", b"\x07version\x06server\0"];
        let Some(version) = self
            .version
            .as_ref()
            .filter(|_| NAMES.contains(&query.name.as_wire()))
        else {
            return false;
        };
        let text = version.as_bytes();
        let text = &text[..text.len().min(255)];
        let mut writer = Writer::new(out, limit, query.head, query.question);
        writer.set_flags(flag::AA);
        let data = [&[text.len() as u8], text].concat();
        let _ = writer.chaos(query.name.as_wire(), CHAOS, Rtype::TXT, &data);
        put_opt(&mut writer, query.edns, OptRcode::NOERROR);
        true
    }
}

/// BADVERS for a request of a version of EDNS that is not known, else `code`.
fn or_bad_version(code: OptRcode, edns: Option<Edns>) -> OptRcode {
    match edns {
        Some(edns) if edns.version > 0 => OptRcode::BADVERS,
        _ => code,
    }
}

/// Answers that the signature of the request is wrong (RFC 8945 §5.2).
pub(crate) fn refuse_signature(
    refusal: Refusal,
    head: Head,
    question: &[u8],
    edns: Option<Edns>,
    client: IpAddr,
    out: &mut Vec<u8>,
) -> Response {
    let start = out.len();
    let code = match refusal.fault {
        Fault::Malformed => OptRcode::FORMERR,
        _ => OptRcode::NOTAUTH,
    };
    answer_code(head, question, edns, code, out);
    let wrong = wrong_signature(refusal.fault);
    refusal.append(out, start);
    Response::Message(Subject::ERROR)
        .refused(format!("a request from {client} was refused: {wrong}"))
}

/// What is wrong with a signature, in words for an operator.
fn wrong_signature(fault: Fault) -> &'static str {
    match fault {
        Fault::BadSig => "the signature is wrong (BADSIG)",
        Fault::BadKey => "the key is not among tsig_keys (BADKEY)",
        Fault::BadTrunc => "the signature is cut too short (BADTRUNC)",
        Fault::BadTime => "the clocks differ by more than five minutes (BADTIME)",
        Fault::Malformed => "the signature is malformed",
    }
}

/// Takes all records out of the answer to `request` that is over the limit, which sends its asker to
/// TCP. The header stays, as with answers that do not fit. What has no question is not answered at all.
pub(crate) fn truncate(request: &[u8], answer: &mut Vec<u8>) {
    let flags = answer.get(2..4).map(|flags| [flags[0], flags[1]]);
    answer.clear();
    if let (Some(flags), Ok(query)) = (flags, Query::read(request)) {
        let head = Head {
            flags: u16::from_be_bytes(flags) | flag::TC,
            ..query.head
        };
        let code = match query.edns {
            Some(edns) if edns.version > 0 => OptRcode::BADVERS,
            _ => OptRcode::NOERROR,
        };
        let mut writer = Writer::new(answer, MIN_UDP, head, query.question);
        put_opt(&mut writer, query.edns, code);
    }
}
