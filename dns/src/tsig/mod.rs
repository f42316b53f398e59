//! Signs messages and verifies their signatures (RFC 8945), for both sides of an exchange.
//!
//! `domain` has this too, but neither hmac-md5 nor hmac-sha224, with which certbot and Ansible sign unless
//! they are told otherwise, and its keys cannot be extended; and what it says to a client with a wrong clock
//! (BADTIME) no client can verify. Two ways to sign would be worse than one that knows all algorithms;
//! `domain` is the independent other side in the tests.

mod key;
mod record;

#[cfg(test)]
mod tests;

use std::time::{SystemTime, UNIX_EPOCH};

pub use key::{InvalidKey, KeyName, Keys, TsigKey, key_name};
use record::{FUDGE, Found, Record};

use crate::message::HEADER;

/// Seconds since 1970, as signatures have them.
pub type Time = u64;

/// The present time.
pub fn now() -> Time {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.unwrap_or_default().as_secs() & 0xffff_ffff_ffff
}

/// What is wrong with a signature (RFC 8945 §5.2), as responses have it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The record cannot be read, or is not the last one: FORMERR.
    Malformed,
    /// The key is not known.
    BadKey,
    /// It is another signature.
    BadSig,
    /// It is too short.
    BadTrunc,
    /// The clocks differ too much.
    BadTime,
}

impl Fault {
    /// The number of the error, where it is one of a record.
    fn code(self) -> Option<u16> {
        match self {
            Self::Malformed => None,
            Self::BadSig => Some(16),
            Self::BadKey => Some(17),
            Self::BadTime => Some(18),
            Self::BadTrunc => Some(22),
        }
    }
}

/// Why a request is refused, with what its response is to say.
#[derive(Debug)]
pub struct Refusal {
    /// What is wrong.
    pub fault: Fault,
    /// The record of the response, if it has one.
    record: Option<Box<Record>>,
    /// Who signs the response: whoever's clock alone is wrong can verify it.
    signing: Option<Signing>,
}

impl Refusal {
    /// Octets that [`append`](Self::append) adds at most.
    pub fn room(&self) -> usize {
        let record = self.record.as_deref().map_or(0, Record::len);
        record + self.signing.as_ref().map_or(0, |signing| signing.mac.len())
    }

    /// Appends the TSIG record to the response that `out` has from `start` on.
    pub fn append(self, out: &mut Vec<u8>, start: usize) {
        let Some(mut record) = self.record else {
            return;
        };
        record.original_id = id(&out[start..]);
        if let Some(signing) = self.signing {
            let message = &out[start..];
            record.mac = signing.key.sign(&[
                &length(&signing.mac),
                &signing.mac,
                message,
                &record.variables(),
            ]);
        }
        record.append(out, start);
    }
}

/// An exchange that is signed, after its request.
#[derive(Debug, Clone)]
pub struct Signing {
    key: TsigKey,
    /// The signature of the message before.
    mac: Vec<u8>,
    /// When the request was signed, and how many seconds that may differ.
    time: Time,
    fudge: u16,
    /// Whether a response came already: the next one carries on (RFC 8945 §5.3.1).
    carries_on: bool,
}

impl Signing {
    /// Verifies `request`; `None`: it is not signed.
    ///
    /// # Errors
    /// What its response has to say.
    pub fn of_request(keys: &Keys, request: &[u8], now: Time) -> Result<Option<Self>, Refusal> {
        let refused = |fault: Fault, found: Option<&Found<'_>>| Refusal {
            fault,
            record: found
                .zip(fault.code())
                .map(|(found, code)| Box::new(found.record.refused(code))),
            signing: None,
        };
        let found = match Found::in_message(request) {
            Err(_) => return Err(refused(Fault::Malformed, None)),
            Ok(None) => return Ok(None),
            Ok(Some(found)) => found,
        };
        let record = &found.record;
        let algorithm = key::Algorithm::of_wire(&record.algorithm);
        let key = algorithm.and_then(|algorithm| keys.get(&record.name, algorithm));
        let Some(key) = key else {
            return Err(refused(Fault::BadKey, Some(&found)));
        };
        if record.mac.len() < key.algorithm().len() {
            return Err(refused(Fault::BadTrunc, Some(&found)));
        }
        if !found.is_signed_with(key, &[], false) {
            return Err(refused(Fault::BadSig, Some(&found)));
        }
        let signing = Self {
            key: key.clone(),
            mac: record.mac.clone(),
            time: record.time,
            fudge: record.fudge,
            carries_on: false,
        };
        if !record.is_valid_at(now) {
            let mut refusal = refused(Fault::BadTime, Some(&found));
            if let Some(record) = &mut refusal.record {
                // The time stays the client's, so that it can verify this; ours stands beside it.
                record.other = now.to_be_bytes()[2..].to_vec();
            }
            refusal.signing = Some(signing);
            return Err(refusal);
        }
        Ok(Some(signing))
    }

    /// Signs the request that `out` has from `start` on.
    pub fn request(key: TsigKey, out: &mut Vec<u8>, start: usize, now: Time) -> Self {
        let mut signing = Self {
            mac: Vec::new(),
            time: now,
            fudge: FUDGE,
            carries_on: false,
            key,
        };
        signing.append(out, start, now);
        signing.carries_on = false;
        signing
    }

    /// The key.
    pub fn key(&self) -> &TsigKey {
        &self.key
    }

    /// The signature of the request, which no other request has.
    pub fn mac(&self) -> &[u8] {
        &self.mac
    }

    /// Until when the request can be sent once more with this signature.
    pub fn ends(&self) -> Time {
        self.time.saturating_add(self.fudge.into())
    }

    /// Octets that a signature adds to a message.
    pub fn room(&self) -> usize {
        self.record(0).len() + self.key.algorithm().len()
    }

    fn record(&self, now: Time) -> Record {
        Record {
            name: self.key.name().as_slice().to_vec(),
            algorithm: self.key.algorithm().wire().to_vec(),
            time: now,
            fudge: FUDGE,
            mac: Vec::new(),
            original_id: [0; 2],
            error: 0,
            other: Vec::new(),
        }
    }

    /// Signs the next message, which `out` has from `start` on. Whoever wrote it has kept [`room`](Self::room).
    pub fn append(&mut self, out: &mut Vec<u8>, start: usize, now: Time) {
        let mut record = self.record(now);
        let message = &out[start..];
        record.original_id = id(message);
        let variables = match self.carries_on {
            true => record.timers(),
            false => record.variables(),
        };
        let before = match self.mac.is_empty() {
            true => Vec::new(),
            false => [&length(&self.mac), self.mac.as_slice()].concat(),
        };
        record.mac = self.key.sign(&[&before, message, &variables]);
        record.append(out, start);
        self.mac = record.mac;
        self.carries_on = true;
    }

    /// Whether `response` is one to the request, and signed as that was.
    pub fn is_answered_by(&self, response: &[u8], now: Time) -> bool {
        let Ok(Some(found)) = Found::in_message(response) else {
            return false;
        };
        let record = &found.record;
        let same = record.name == self.key.name().as_slice()
            && record.algorithm == self.key.algorithm().wire();
        same && record.error == 0
            && found.is_signed_with(&self.key, &self.mac, true)
            && record.is_valid_at(now)
    }
}

fn length(mac: &[u8]) -> [u8; 2] {
    // A signature has 64 octets at most.
    (mac.len() as u16).to_be_bytes()
}

fn id(message: &[u8]) -> [u8; 2] {
    message.first_chunk().copied().unwrap_or_default()
}

/// Where a header counts the records of the additional section.
const ADDITIONAL: std::ops::Range<usize> = HEADER - 2..HEADER;
