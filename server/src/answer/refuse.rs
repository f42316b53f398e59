//! Refuses requests whose signature is wrong (RFC 8945 §5.2).

use std::ops::Range;
use std::sync::Arc;

use dadns_dns::message::HEADER;
use dadns_dns::tsig::Written;
use domain::base::Message;
use domain::base::iana::{OptRcode, Rcode, TsigRcode};
use domain::base::message_builder::MessageBuilder;
use domain::tsig::{Key, ServerError};

use super::answer_code;
use super::query::Query;

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
    let written = Written::resume(message, HEADER + query.question.len());
    let Ok(builder) = MessageBuilder::from_target(written);
    let original = Message::from_octets(request).ok()?;
    let builder = error.build_message(&original, builder).ok()?;
    let is_signed = builder.header().rcode() == Rcode::NOTAUTH;
    let mut message = builder.finish().into_message();
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
