//! Who may update: the signature, the key, the zone; and the answer to all who may not.

use std::net::IpAddr;

use dadns_dns::message::{Head, IN};
use dadns_dns::tsig::{self, Keys, Signing};
use dadns_zone::{NameText, Rtype};
use domain::base::iana::OptRcode;

use super::message::Sections;
use super::recent::Identity;
use super::{Code, Refused, Update};
use crate::answer::answer_code;
use crate::answer::query::{Edns, UpdateHead};
use crate::answer::respond::{Response, refuse_signature};
use crate::image::zones::{View, zone_name};
use crate::limits::rate::Subject;
use crate::settings::{Allowed, Settings};
use crate::transfer::is_allowed;

/// Who may update zones.
#[derive(Debug)]
pub(crate) struct Gate {
    /// Each with a key.
    allowed: Vec<Allowed>,
    /// The catalog is the server's own.
    catalog: Option<Box<[u8]>>,
}

/// An update that may be made as far as this server knows.
pub(crate) struct Accepted {
    pub update: Update,
    pub to: Asker,
}

/// How an update is answered.
pub(crate) struct Asker {
    head: Head,
    question: Box<[u8]>,
    edns: Option<Edns>,
    signing: Signing,
}

impl Asker {
    /// Which request it was.
    pub fn identity(&self) -> Identity {
        (self.head.id, self.signing.mac().into())
    }

    /// Until when the same request can come again.
    pub fn ends(&self) -> tsig::Time {
        self.signing.ends()
    }

    /// The message with this code.
    pub fn answer(mut self, code: Code) -> Vec<u8> {
        let mut out = Vec::new();
        answer_code(self.head, &self.question, self.edns, code.into(), &mut out);
        self.signing.append(&mut out, 0, tsig::now());
        out
    }
}

impl Gate {
    /// That of these settings.
    pub fn new(settings: &Settings) -> Self {
        let signed = settings.allow_update.iter();
        let signed = signed.filter(|allowed| allowed.key.is_some());
        let catalog = settings.catalog_zone.as_ref();
        Self {
            allowed: signed.cloned().collect(),
            catalog: catalog.map(|name| name.to_domain_name().as_slice().into()),
        }
    }

    /// Whether anybody may update.
    pub fn is_open(&self) -> bool {
        !self.allowed.is_empty()
    }

    /// Verifies the update `request` of `client` and says what to do; an answer is at the end of `out`.
    pub fn receive(
        &self,
        view: &View<'_>,
        keys: &Keys,
        update: &UpdateHead<'_>,
        request: &[u8],
        client: IpAddr,
        out: &mut Vec<u8>,
    ) -> Response {
        let (head, edns) = (update.head, update.edns);
        let question = update.zone.as_ref().map_or(&[][..], |(_, entry)| entry);
        let signing = match Signing::of_request(keys, request, tsig::now()) {
            Ok(signing) => signing,
            Err(refusal) => return refuse_signature(refusal, head, question, edns, client, out),
        };
        let key = signing.as_ref().map(|signing| signing.key().name().clone());
        let refused = match self.read(view, update, request, client, signing.as_ref()) {
            Ok(update) => {
                if let Some(signing) = signing {
                    let question = question.into();
                    let to = Asker {
                        head,
                        question,
                        edns,
                        signing,
                    };
                    return Response::Update(Box::new(Accepted { update, to }));
                }
                Refusal::of(Code::Refused, "it is not signed")
            }
            Err(refused) => refused,
        };
        let zone = match &update.zone {
            Some((zone, _)) => format!(" of {}", NameText(&zone.to_domain_name())),
            None => String::new(),
        };
        let key = key.map_or(String::new(), |key| format!(" with the key {key}"));
        let why = refused.why;
        let what = format!("an update{zone} by {client}{key} was refused: {why}");
        let start = out.len();
        answer_code(head, question, edns, refused.code, out);
        match signing {
            Some(mut signing) => {
                signing.append(out, start, tsig::now());
                Response::RefusedKey(what)
            }
            None => Response::Refused(Subject::ERROR, what),
        }
    }

    /// Reads the update.
    fn read(
        &self,
        view: &View<'_>,
        update: &UpdateHead<'_>,
        request: &[u8],
        client: IpAddr,
        signing: Option<&Signing>,
    ) -> Result<Update, Refusal> {
        if update.edns.is_some_and(|edns| edns.version > 0) {
            let why = "it has an unknown version of EDNS".to_owned();
            let code = OptRcode::BADVERS;
            return Err(Refusal { code, why });
        }
        let malformed = || Refusal::of(Code::FormErr, "it is malformed");
        let (zone, entry) = update.zone.as_ref().ok_or_else(malformed)?;
        let [.., t0, t1, c0, c1] = **entry else {
            return Err(malformed());
        };
        if !update.is_whole || u16::from_be_bytes([t0, t1]) != Rtype::SOA.to_int() {
            return Err(malformed());
        }
        let apex = zone.as_wire();
        let is_served = u16::from_be_bytes([c0, c1]) == IN
            && view.get(apex).is_some()
            && self.catalog.as_deref() != Some(apex);
        let Some(name) = zone_name(apex).filter(|_| is_served) else {
            return Err(Refusal::of(Code::NotAuth, "there is no such zone here"));
        };
        let Some(signing) = signing else {
            return Err(Refusal::of(Code::Refused, "it is not signed"));
        };
        let key = signing.key().name();
        if !is_allowed(&self.allowed, client, Some(key)) {
            let why = "allow_update does not name it";
            return Err(Refusal::of(Code::Refused, why));
        }
        let sections = Sections::read(request).ok_or_else(malformed)?;
        if let Some(key) = sections.outside(zone) {
            let why = format!("{} is outside the zone", NameText(key.owner()));
            return Err(Refusal::of(Code::NotZone, &why));
        }
        Ok(Update {
            zone: name,
            key: key.to_string(),
            client,
            prerequisites: sections.prerequisites()?,
            changes: sections.changes(),
        })
    }
}

/// Why a request is refused.
struct Refusal {
    code: OptRcode,
    why: String,
}

impl Refusal {
    fn of(code: Code, why: &str) -> Self {
        Self {
            code: code.into(),
            why: why.to_owned(),
        }
    }
}

impl From<Refused> for Refusal {
    fn from(refused: Refused) -> Self {
        Self::of(refused.code, &refused.why)
    }
}
