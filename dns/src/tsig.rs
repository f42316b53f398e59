//! Signs messages that are written already (RFC 8945), with `domain`'s TSIG, and reads keys.

use std::collections::HashMap;
use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use domain::base::message_builder::{AdditionalBuilder, MessageBuilder, PushError};
use domain::base::wire::Composer;
use domain::dep::octseq::builder::{OctetsBuilder, Truncate};
use domain::rdata::tsig::Time48;
use domain::tsig::{Algorithm, Key, KeyName};

use crate::message::HEADER;

/// A TSIG key (RFC 8945): `ALGORITHM:NAME:SECRET`, the secret in base64, as `dig -y` takes it.
#[derive(Clone)]
pub struct TsigKey(Arc<Key>);

/// A text that is no key; the message says what was expected and never repeats a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "ALGORITHM:NAME:SECRET with hmac-sha1, hmac-sha256, hmac-sha384 or hmac-sha512, and the secret in \
     base64"
)]
pub struct InvalidKey;

impl TsigKey {
    /// The name that both sides know it by.
    pub fn name(&self) -> &KeyName {
        self.0.name()
    }
}

impl From<Arc<Key>> for TsigKey {
    fn from(key: Arc<Key>) -> Self {
        Self(key)
    }
}

impl FromStr for TsigKey {
    type Err = InvalidKey;

    fn from_str(text: &str) -> Result<Self, InvalidKey> {
        let mut parts = text.splitn(3, ':');
        let (Some(algorithm), Some(name), Some(secret)) =
            (parts.next(), parts.next(), parts.next())
        else {
            return Err(InvalidKey);
        };
        let algorithm =
            Algorithm::from_str(&algorithm.to_ascii_lowercase()).map_err(|_| InvalidKey)?;
        let name = key_name(name).ok_or(InvalidKey)?;
        let secret = base64(secret)
            .filter(|secret| !secret.is_empty())
            .ok_or(InvalidKey)?;
        let key = Key::new(algorithm, &secret, name, None, None).map_err(|_| InvalidKey)?;
        Ok(Self(Arc::new(key)))
    }
}

impl fmt::Debug for TsigKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TsigKey({})", self.name())
    }
}

fn base64(text: &str) -> Option<Vec<u8>> {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.decode(text).ok()
}

/// Key names are domain names: compared without regard to case, kept lower-case. Only plain ones are
/// taken, so that a whole key with its secret never passes for the name of one.
pub fn key_name(text: &str) -> Option<KeyName> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    if !text.bytes().all(plain) {
        return None;
    }
    let name = KeyName::from_str(&text.to_ascii_lowercase()).ok()?;
    (!name.is_root()).then_some(name)
}

/// Keys, by what requests call them.
pub type Keys = HashMap<(KeyName, Algorithm), Arc<Key>>;

/// These keys, to be found by name and algorithm.
pub fn keys(keys: &[TsigKey]) -> Keys {
    let named = keys
        .iter()
        .map(|TsigKey(key)| ((key.name().clone(), key.algorithm()), key.clone()));
    named.collect()
}

/// The present time as signatures have it.
pub fn now() -> Time48 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    Time48::from_u64(since.as_secs() & 0xffff_ffff_ffff)
}

/// Has `sign` append a TSIG record to the message that `out` has from `start` on. Whoever wrote the
/// message has kept room.
///
/// # Errors
/// Those of `sign`; the message is then as it was.
pub fn sign(
    out: &mut Vec<u8>,
    start: usize,
    sign: impl FnOnce(&mut AdditionalBuilder<Written>) -> Result<(), PushError>,
) -> Result<(), PushError> {
    let message = out.split_off(start);
    let Ok(builder) = MessageBuilder::from_target(Written::resume(message, HEADER));
    let mut builder = builder.additional();
    let signed = sign(&mut builder);
    out.extend_from_slice(&builder.finish().into_message());
    signed
}

/// A message that is written already, for a builder that knows only how to start one: what the builder
/// begins with is taken for the octets that are there.
pub struct Written {
    message: Vec<u8>,
    /// How many octets it is still going to begin with.
    begins: usize,
}

impl Written {
    /// `message`, of which a builder is still going to begin with the first octets: so many of them.
    pub fn resume(message: Vec<u8>, begins: usize) -> Self {
        Self { message, begins }
    }

    /// The message.
    pub fn into_message(self) -> Vec<u8> {
        self.message
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
