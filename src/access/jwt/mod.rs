//! Short-lived signed tokens (JWT, RFC 7519) that stand for an account or a token for a quarter of an hour.
//!
//! A JWT says whom it stands for, and nothing of what that may do: the gate looks that up at each use. So a
//! JWT ends with the token or password that it was made of, and a changed scope holds at once. `cred` binds it
//! to the credential itself, keyed by the signing key: a token that is created anew under an old name, or a
//! changed password, does not bring old JWTs back, and the claim is of no use for guessing the password.
//!
//! A key signs for a day. The key before it is accepted until the last JWT that it signed has expired.

mod provider;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use serde::{Deserialize, Serialize};

use super::token::{NoRandomness, random};

/// For how many seconds a JWT can be used.
pub const LIFE_SECONDS: i64 = 15 * 60;

/// For how long a key signs.
const SIGNS_FOR: SignedDuration = SignedDuration::from_hours(24);

const ISSUER: &str = "dadns";

/// A key that signs JWTs.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SigningKey {
    id: String,
    secret: [u8; 32],
    /// Since when it signs.
    since: Timestamp,
}

/// The keys that JWTs are signed with, the newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SigningKeys(Vec<SigningKey>);

/// Whom a JWT stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// The token of this name.
    Token(String),
    /// The account of this name.
    Account(String),
}

#[derive(Serialize, Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    iat: i64,
    exp: i64,
    cred: String,
}

/// A JWT that this gateway signed and that has not expired.
#[derive(Debug)]
pub struct Verified<'k> {
    /// Whom it stands for.
    pub subject: Subject,
    key: &'k SigningKey,
    binding: String,
}

/// Why a JWT cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum JwtError {
    /// It was good once.
    #[error("the JWT has expired; POST /token gives a new one")]
    Expired,
    /// It is none, or not of this gateway.
    #[error("the JWT was not signed by this gateway")]
    Invalid,
}

impl SigningKey {
    /// A new key.
    ///
    /// # Errors
    /// When the system gives no random numbers.
    pub fn fresh(since: Timestamp) -> Result<Self, NoRandomness> {
        let id = random()?;
        Ok(Self {
            id: URL_SAFE_NO_PAD.encode(id.first_chunk::<9>().unwrap_or(&[0; 9])),
            secret: random()?,
            since,
        })
    }

    /// What binds a JWT to the credential with this digest.
    fn binding(&self, credential: &blake3::Hash) -> String {
        let keyed = blake3::keyed_hash(&self.secret, credential.as_bytes());
        URL_SAFE_NO_PAD.encode(keyed.as_bytes())
    }
}

impl SigningKeys {
    /// Whether a new key has to be made before the next JWT is signed.
    pub fn are_due(&self, now: Timestamp) -> bool {
        // A clock that was set back must not have a key sign for ever.
        let fresh = |key: &SigningKey| now.duration_since(key.since).abs() < SIGNS_FOR;
        !self.0.first().is_some_and(fresh)
    }

    /// These with `key`, which signs from now on.
    #[must_use]
    pub fn with(&self, key: SigningKey) -> Self {
        Self(
            std::iter::once(key)
                .chain(self.0.first().cloned())
                .collect(),
        )
    }

    /// Signs a JWT for `subject`, whose credential has this digest, until `ends` at most. Returns it and for
    /// how many seconds it can be used; `None`: there is no key.
    pub fn sign(
        &self,
        subject: &Subject,
        credential: &blake3::Hash,
        ends: Option<Timestamp>,
        now: Timestamp,
    ) -> Option<(String, i64)> {
        let key = self.0.first()?;
        let iat = now.as_second();
        let exp = ends.map_or(i64::MAX, Timestamp::as_second);
        let exp = exp.min(iat + LIFE_SECONDS);
        let claims = Claims {
            iss: ISSUER.to_owned(),
            sub: match subject {
                Subject::Token(name) => format!("token:{name}"),
                Subject::Account(name) => format!("account:{name}"),
            },
            iat,
            exp,
            cred: key.binding(credential),
        };
        let header = Header {
            kid: Some(key.id.clone()),
            ..Header::new(Algorithm::HS256)
        };
        provider::install();
        let secret = EncodingKey::from_secret(&key.secret).ok()?;
        Some((encode(&header, &claims, &secret).ok()?, exp - iat))
    }

    /// Reads a JWT that was sent.
    ///
    /// # Errors
    /// Why it cannot be used.
    pub fn verify(&self, sent: &str, now: Timestamp) -> Result<Verified<'_>, JwtError> {
        provider::install();
        let mut rules = Validation::new(Algorithm::HS256);
        rules.set_issuer(&[ISSUER]);
        rules.set_required_spec_claims(&["exp", "iss", "sub"]);
        rules.leeway = 0;
        // Judged below, by the same clock as all else.
        rules.validate_exp = false;
        // Two keys at most: none has to be looked for by its name.
        let found = self.0.iter().enumerate().find_map(|(index, key)| {
            let secret = DecodingKey::from_secret(&key.secret).ok()?;
            let read = decode::<Claims>(sent, &secret, &rules).ok()?;
            Some((index, key, read.claims))
        });
        let (index, key, claims) = found.ok_or(JwtError::Invalid)?;
        let Claims {
            sub,
            iat,
            exp,
            cred,
            ..
        } = claims;
        let now = now.as_second();
        // A key that has been replaced has signed nothing since.
        let newer = index.checked_sub(1).and_then(|newer| self.0.get(newer));
        let ends = newer.map_or(exp, |newer| exp.min(newer.since.as_second() + LIFE_SECONDS));
        if now >= ends || exp - iat > LIFE_SECONDS {
            return Err(JwtError::Expired);
        }
        let subject = match sub.split_once(':') {
            Some(("token", name)) => Subject::Token(name.to_owned()),
            Some(("account", name)) => Subject::Account(name.to_owned()),
            _ => return Err(JwtError::Invalid),
        };
        Ok(Verified {
            subject,
            key,
            binding: cred,
        })
    }
}

impl Verified<'_> {
    /// Whether it was made of the credential with this digest.
    pub fn is_of(&self, credential: &blake3::Hash) -> bool {
        // Signed by this gateway: how long the comparison takes tells nothing that its bearer has not.
        self.key.binding(credential) == self.binding
    }
}

/// Whether `sent` has the form of a JWT, which no token has.
pub fn looks_like_jwt(sent: &str) -> bool {
    sent.bytes().filter(|octet| *octet == b'.').count() == 2
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SigningKey")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
