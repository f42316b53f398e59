//! Signs responses and notifies that are written already (RFC 8945), with `domain`'s TSIG, and refuses
//! requests whose signature is wrong.

use std::collections::HashMap;
use std::convert::Infallible;
use std::ops::Range;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use domain::base::Message;
use domain::base::iana::{OptRcode, Rcode, TsigRcode};
use domain::base::message_builder::{AdditionalBuilder, MessageBuilder, PushError};
use domain::base::wire::Composer;
use domain::dep::octseq::builder::{OctetsBuilder, Truncate};
use domain::rdata::tsig::Time48;
use domain::tsig::{Algorithm, Key, KeyName, ServerError};

use crate::answer::answer_code;
use crate::message::HEADER;
use crate::query::Query;
use crate::settings::TsigKey;

/// All keys, as requests name them.
pub(super) type Keys = HashMap<(KeyName, Algorithm), Arc<Key>>;

/// The keys of the configuration.
pub(super) fn keys(keys: &[TsigKey]) -> Keys {
    let named = keys
        .iter()
        .map(|TsigKey(key)| ((key.name().clone(), key.algorithm()), key.clone()));
    named.collect()
}

/// The present time as signatures have it.
pub(super) fn now() -> Time48 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    Time48::from_u64(since.as_secs() & 0xffff_ffff_ffff)
}

/// Has `sign` append a TSIG record to the message that `out` holds from `start` on. Whoever wrote the
/// message has kept room.
pub(super) fn sign(
    out: &mut Vec<u8>,
    start: usize,
    sign: impl FnOnce(&mut AdditionalBuilder<Written>) -> Result<(), PushError>,
) -> Result<(), PushError> {
    let message = out.split_off(start);
    let Ok(builder) = MessageBuilder::from_target(Written::from(message, HEADER));
    let mut builder = builder.additional();
    let signed = sign(&mut builder);
    out.append(&mut builder.finish().message);
    signed
}

/// Answers `query` that the signature of `request` is wrong, at the end of `out`; returns what is wrong
/// with it (RFC 8945 §5.2).
pub(super) fn refuse(
    query: &Query<'_>,
    request: &[u8],
    error: ServerError<Arc<Key>>,
    out: &mut Vec<u8>,
) -> Option<TsigRcode> {
    let code = error.error();
    // Its header, question and OPT record: to these `domain` only adds the signature.
    let mut message = Vec::new();
    let refused = OptRcode::NOTAUTH;
    answer_code(
        query.head,
        query.question,
        query.edns,
        refused,
        &mut message,
    );
    let counted = message.get_mut(QUESTIONS)?;
    counted.fill(0);
    let written = Written::from(message, HEADER + query.question.len());
    let Ok(builder) = MessageBuilder::from_target(written);
    let original = Message::from_octets(request).ok()?;
    let builder = error.build_message(&original, builder).ok()?;
    let is_signed = builder.header().rcode() == Rcode::NOTAUTH;
    let mut message = builder.finish().message;
    let code = match code {
        // `domain` says FORMERR of a signature that does not verify.
        TsigRcode::FORMERR if is_signed => {
            // The record ends with its error and the length of what it has to add, which is nothing.
            let error = message.len().checked_sub(4)?;
            let bad = TsigRcode::BADSIG.to_int().to_be_bytes();
            message.get_mut(error..error + 2)?.copy_from_slice(&bad);
            TsigRcode::BADSIG
        }
        code => code,
    };
    out.append(&mut message);
    Some(code)
}

/// Where a header counts questions.
const QUESTIONS: Range<usize> = 4..6;

/// A message that is written already, for a builder that knows only how to start one: what the builder
/// begins with is taken for the octets that are there.
pub(super) struct Written {
    message: Vec<u8>,
    /// How many octets it is still going to begin with.
    begins: usize,
}

impl Written {
    fn from(message: Vec<u8>, begins: usize) -> Self {
        Self { message, begins }
    }
}

impl OctetsBuilder for Written {
    type AppendError = Infallible;

    fn append_slice(&mut self, octets: &[u8]) -> Result<(), Infallible> {
        let known = octets.len().min(self.begins);
        self.begins -= known;
        self.message.extend_from_slice(&octets[known..]);
        Ok(())
    }
}

impl Truncate for Written {
    fn truncate(&mut self, len: usize) {
        if self.begins == 0 {
            self.message.truncate(len);
        }
    }
}

impl AsRef<[u8]> for Written {
    fn as_ref(&self) -> &[u8] {
        &self.message
    }
}

impl AsMut<[u8]> for Written {
    fn as_mut(&mut self) -> &mut [u8] {
        &mut self.message
    }
}

impl Composer for Written {}
