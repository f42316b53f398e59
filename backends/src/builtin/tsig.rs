//! Signs responses and notifies that are written already (RFC 8945), with `domain`'s TSIG.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use domain::base::message_builder::{AdditionalBuilder, MessageBuilder, PushError};
use domain::base::wire::Composer;
use domain::dep::octseq::builder::{OctetsBuilder, Truncate};
use domain::rdata::tsig::Time48;
use domain::tsig::{Algorithm, Key, KeyName};

use super::settings::TsigKey;

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
    let Ok(builder) = MessageBuilder::from_target(Written {
        message,
        begun: false,
    });
    let mut builder = builder.additional();
    let signed = sign(&mut builder);
    out.append(&mut builder.finish().message);
    signed
}

/// A message that is written already, for a builder that knows only how to start one: it begins with
/// an empty header, which is taken for the one that is there.
pub(super) struct Written {
    message: Vec<u8>,
    begun: bool,
}

impl OctetsBuilder for Written {
    type AppendError = Infallible;

    fn append_slice(&mut self, octets: &[u8]) -> Result<(), Infallible> {
        if self.begun {
            self.message.extend_from_slice(octets);
        }
        self.begun = true;
        Ok(())
    }
}

impl Truncate for Written {
    fn truncate(&mut self, len: usize) {
        if self.begun {
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
