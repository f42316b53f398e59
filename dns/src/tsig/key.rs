//! Keys: an algorithm, a name that both sides know, and a secret.

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use dadns_zone::DomainName;
use hmac::{Hmac, KeyInit, Mac};
use md5::Md5;
use sha1::Sha1;
use sha2::{Sha224, Sha256, Sha384, Sha512};

/// The name of a key, lower-case.
pub type KeyName = DomainName;

/// How messages are signed (RFC 8945 §6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Algorithm {
    Md5,
    Sha1,
    Sha224,
    Sha256,
    Sha384,
    Sha512,
}

impl Algorithm {
    /// Each with its text and its name in wire form.
    const ALL: [(Self, &'static str, &'static [u8]); 6] = [
        (
            Self::Md5,
            "hmac-md5",
            b"\x08hmac-md5\x07sig-alg\x03reg\x03int\0",
        ),
        (Self::Sha1, "hmac-sha1", b"\x09hmac-sha1\0"),
        (Self::Sha224, "hmac-sha224", b"\x0bhmac-sha224\0"),
        (Self::Sha256, "hmac-sha256", b"\x0bhmac-sha256\0"),
        (Self::Sha384, "hmac-sha384", b"\x0bhmac-sha384\0"),
        (Self::Sha512, "hmac-sha512", b"\x0bhmac-sha512\0"),
    ];

    fn of_text(text: &str) -> Option<Self> {
        let text = text.to_ascii_lowercase();
        let text = text.trim_end_matches(".sig-alg.reg.int");
        let mut all = Self::ALL.iter();
        all.find(|(_, known, _)| *known == text).map(|all| all.0)
    }

    /// That of this name in wire form, lower-case.
    pub fn of_wire(wire: &[u8]) -> Option<Self> {
        let mut all = Self::ALL.iter();
        all.find(|(_, _, known)| *known == wire).map(|all| all.0)
    }

    pub fn wire(self) -> &'static [u8] {
        let mut all = Self::ALL.iter();
        all.find(|(known, ..)| *known == self)
            .map_or(b"\0", |(_, _, wire)| wire)
    }

    /// Octets of a signature.
    pub fn len(self) -> usize {
        match self {
            Self::Md5 => 16,
            Self::Sha1 => 20,
            Self::Sha224 => 28,
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }

    fn sign(self, secret: &[u8], parts: &[&[u8]]) -> Vec<u8> {
        match self {
            Self::Md5 => sign::<Hmac<Md5>>(secret, parts),
            Self::Sha1 => sign::<Hmac<Sha1>>(secret, parts),
            Self::Sha224 => sign::<Hmac<Sha224>>(secret, parts),
            Self::Sha256 => sign::<Hmac<Sha256>>(secret, parts),
            Self::Sha384 => sign::<Hmac<Sha384>>(secret, parts),
            Self::Sha512 => sign::<Hmac<Sha512>>(secret, parts),
        }
    }
}

fn sign<M: KeyInit + Mac>(secret: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    // An HMAC takes secrets of any length.
    let Ok(mut mac) = <M as KeyInit>::new_from_slice(secret) else {
        return Vec::new();
    };
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().to_vec()
}

/// A TSIG key (RFC 8945): `ALGORITHM:NAME:SECRET`, the secret in base64, as `dig -y` takes it.
#[derive(Clone)]
pub struct TsigKey(Arc<Parts>);

struct Parts {
    algorithm: Algorithm,
    name: KeyName,
    secret: Vec<u8>,
}

/// A text that is no key; the message says what was expected and never repeats a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "ALGORITHM:NAME:SECRET with hmac-sha256, hmac-sha384, hmac-sha512, hmac-sha1, hmac-sha224 or hmac-md5, \
     and the secret in base64"
)]
pub struct InvalidKey;

impl TsigKey {
    /// The name that both sides know it by.
    pub fn name(&self) -> &KeyName {
        &self.0.name
    }

    pub(super) fn algorithm(&self) -> Algorithm {
        self.0.algorithm
    }

    /// The signature over `parts`, one behind the other.
    pub(super) fn sign(&self, parts: &[&[u8]]) -> Vec<u8> {
        self.0.algorithm.sign(&self.0.secret, parts)
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
        let secret = base64(secret).filter(|secret| !secret.is_empty());
        Ok(Self(Arc::new(Parts {
            algorithm: Algorithm::of_text(algorithm).ok_or(InvalidKey)?,
            name: key_name(name).ok_or(InvalidKey)?,
            secret: secret.ok_or(InvalidKey)?,
        })))
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
#[derive(Debug, Default)]
pub struct Keys(HashMap<(Box<[u8]>, Algorithm), TsigKey>);

impl Keys {
    /// These keys.
    pub fn new(keys: &[TsigKey]) -> Self {
        let named = keys.iter().map(|key| {
            let name = key.name().as_slice().into();
            ((name, key.algorithm()), key.clone())
        });
        Self(named.collect())
    }

    /// The key of this name.
    pub fn named(&self, name: &KeyName) -> Option<&TsigKey> {
        self.0.values().find(|key| key.name() == name)
    }

    /// The key of this name, in wire form, for this algorithm.
    pub(super) fn get(&self, name: &[u8], algorithm: Algorithm) -> Option<&TsigKey> {
        self.0.get(&(name.into(), algorithm))
    }
}
