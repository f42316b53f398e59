//! From zones and a query to an answer, without sockets.
//!
//! The way is that of RFC 1034 §4.3.2 with what came later: wildcards (RFC 4592), DNAME (RFC 6672),
//! negative answers (RFC 2308), DNSSEC (RFC 4035 §3.1, RFC 5155 §7.2), EDNS (RFC 6891), minimal ANY
//! (RFC 8482 §4.1), referrals with all the glue they need (RFC 9471).
//!
//! An answer carries what was asked for, the denial of what does not exist, and addresses of servers
//! that it names. The NS records of the zone are not added to positive answers: nobody needs them there.
//!
//! What does not fit is cut off (TC), set by set: whole RRsets, each with its signatures, up to the
//! first that has no room (RFC 2181 §9). The walk still goes to its end, so that the header is that of
//! the whole answer: AA and the code say what the zone has, and TC alone that some of it is missing.
//!
//! `respond` is the way in: it reads a request (`query`), refuses it where its signature is wrong, and has
//! it answered here. `aliases` writes the answer section and finds out how the walk
//! ends, `lookup` finds a name in one zone, `denial` finds the NSEC and NSEC3 records, and `sections`
//! writes the other two sections.

mod aliases;
mod denial;
mod lookup;
pub(crate) mod query;
pub(crate) mod respond;
mod sections;

use dadns_dns::message::{HEADER, Head, flag};
use dadns_dns::{Name, Writer};
use dadns_zone::Rtype;
use domain::base::iana::{OptRcode, Rcode};

use self::aliases::Ending;
use self::query::{DO, Edns, Query};
use crate::image::zones::View;
use crate::image::{Image, Node};
use crate::limits::rate::Subject;
use crate::settings::Follow;

/// The largest answer that is sent over UDP: no path fragments it (RFC 9715 §3.2).
pub(crate) const MAX_UDP: usize = 1232;
/// Octets of our OPT record.
const OPT_LEN: usize = 11;

/// What an answer has to keep to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Terms<'t> {
    /// Most octets of the message.
    pub limit: usize,
    /// How many of them stay free.
    pub reserved: usize,
    /// The zone that is not for this asker, by its apex.
    pub hidden: Option<&'t [u8]>,
    /// Into which zones an answer goes on.
    pub follow: Follow,
}

/// Answers `query` of class IN with a message at the end of `out`.
pub(crate) fn answer(
    view: &View<'_>,
    query: &Query<'_>,
    terms: Terms<'_>,
    out: &mut Vec<u8>,
) -> Subject {
    let edns = if query.edns.is_some() { OPT_LEN } else { 0 };
    let mut writer = Writer::new(out, terms.limit, query.head, query.question);
    writer.reserve(edns + terms.reserved);
    let mut answering = Answering {
        view,
        hidden: terms.hidden,
        follow: terms.follow,
        home: None,
        query,
        qtype: Rtype::from_int(query.qtype),
        dnssec: query.dnssec_ok(),
        writer,
        name: query.name.clone(),
        passed: Vec::new(),
        made: None,
        expanded: Vec::new(),
        denials: Vec::new(),
        added: Vec::new(),
    };
    let (code, subject) = answering.run();
    let mut writer = answering.writer;
    writer.set_flags(u16::from(code.to_int()));
    put_opt(&mut writer, query.edns, OptRcode::NOERROR);
    subject
}

/// Answers with a code and nothing else.
pub(crate) fn answer_code(
    head: Head,
    question: &[u8],
    edns: Option<Edns>,
    code: OptRcode,
    out: &mut Vec<u8>,
) {
    let limit = HEADER + question.len() + OPT_LEN;
    let mut writer = Writer::new(out, limit, head, question);
    writer.set_flags(u16::from(code.rcode().to_int()));
    put_opt(&mut writer, edns, code);
}

/// Adds an OPT record if the request had one (RFC 6891 §6.1.1).
pub(crate) fn put_opt(writer: &mut Writer<'_>, edns: Option<Edns>, code: OptRcode) {
    let Some(edns) = edns else {
        return;
    };
    let ttl = u32::from(code.ext()) << 24 | if edns.dnssec_ok { DO } else { 0 };
    // Root, type, size, extended code with version and flags, no options.
    let mut opt = [0; OPT_LEN];
    opt[1..3].copy_from_slice(&Rtype::OPT.to_int().to_be_bytes());
    opt[3..5].copy_from_slice(&(MAX_UDP as u16).to_be_bytes());
    opt[5..9].copy_from_slice(&ttl.to_be_bytes());
    writer.additional(&opt);
}

/// A wildcard that was expanded to a name, whose own existence has to be denied.
struct Expanded<'z> {
    image: &'z Image,
    name: Name,
    below: usize,
    encloser: usize,
}

/// One answer in the making.
struct Answering<'z, 'q, 'b> {
    view: &'z View<'z>,
    hidden: Option<&'q [u8]>,
    follow: Follow,
    /// The zone of the question.
    home: Option<&'z Image>,
    query: &'q Query<'q>,
    qtype: Rtype,
    /// Whether DNSSEC records are wanted.
    dnssec: bool,
    writer: Writer<'b>,
    /// The name that is looked up now.
    name: Name,
    /// The aliases that led to it.
    passed: Vec<Name>,
    /// The zone that made up the first alias or record, by a wildcard or a DNAME.
    made: Option<&'z Image>,
    expanded: Vec<Expanded<'z>>,
    /// The nodes whose NSEC or NSEC3 records have been written.
    denials: Vec<Node<'z>>,
    /// The nodes whose addresses have been added.
    added: Vec<Node<'z>>,
}

impl<'z> Answering<'z, '_, '_> {
    /// Writes all sections. Returns the code, and what the answer is about.
    fn run(&mut self) -> (Rcode, Subject) {
        let ending = self.follow();
        // An alias is of a zone of ours, wherever it leads.
        let is_ours = match ending {
            Ending::NotOurs => false,
            Ending::Referral(..) => !self.passed.is_empty(),
            _ => true,
        };
        if is_ours {
            self.writer.set_flags(flag::AA);
        }
        // What a wildcard or a DNAME gives is alike whatever name was asked for.
        let subject = match self.made {
            Some(image) => Subject::answer(image.apex()),
            None => Subject::answer(self.query.name.as_wire()),
        };
        match ending {
            Ending::NotOurs => (Rcode::REFUSED, Subject::ERROR),
            Ending::Records(image, set) => {
                self.deny_expanded();
                if let Some(set) = set {
                    self.addresses(image, set);
                }
                (Rcode::NOERROR, subject)
            }
            Ending::Denied {
                code,
                image,
                below,
                denial,
            } => {
                self.soa(image);
                self.deny_expanded();
                self.deny(image, &self.name.clone(), below, denial);
                (code, Subject::negative(image.apex()))
            }
            Ending::Referral(image, cut) => {
                let owner = cut.owner();
                self.deny_expanded();
                self.refer(image, cut, &owner);
                (Rcode::NOERROR, Subject::referral(owner.as_wire()))
            }
            Ending::Alias(code) => {
                self.deny_expanded();
                (code, subject)
            }
        }
    }
}
