//! Tokens: credentials of API clients, each with a scope.
//!
//! # Why they are kept as plain blake3 hashes
//!
//! Slow, salted hashes protect what people choose: a stolen hash of a password can be found by trying likely
//! ones. A token is 256 random bits, which nobody can try, so a fast hash gives nothing away. It can also
//! be looked up like a name: whoever measures how long that takes learns something of the hash of what they
//! sent, and nothing of the tokens that exist.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use ring::rand::{SecureRandom as _, SystemRandom};
use serde::{Deserialize, Serialize};

use super::{Grant, Login, Principal, Scope, ScopeErrors};

/// What every token begins with, so that scanners for leaked secrets and people can tell what it is.
const PREFIX: &str = "dadns_";

/// Most characters of the name of a token.
const LONGEST: usize = 64;

/// A token as it is kept: by its hash.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenRecord {
    /// What operators call it.
    pub name: String,
    hash: [u8; 32],
    /// What it may do.
    pub grant: Grant,
    /// When it was created.
    pub created: Timestamp,
    /// The account that created it.
    pub created_by: String,
}

/// When and from where a token was last used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastUse {
    /// When.
    pub at: Timestamp,
    /// The address of the client.
    pub from: IpAddr,
}

/// A token with its scope, ready to be used.
#[derive(Debug, Clone)]
pub struct Token {
    record: TokenRecord,
    scope: Arc<Scope>,
}

/// A name that no token can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "the name of a token has 1 to 64 letters, digits, \"-\", \"_\" and \".\", and begins with a letter or \
     digit"
)]
pub struct TokenNameError;

/// The system gives no random numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the system gives no random numbers")]
pub struct NoRandomness;

/// 32 octets that nobody can guess.
///
/// # Errors
/// When the system has none.
pub fn random() -> Result<[u8; 32], NoRandomness> {
    let mut octets = [0; 32];
    let filled = SystemRandom::new().fill(&mut octets);
    filled.map(|()| octets).map_err(|_| NoRandomness)
}

/// Checks the name of a token.
///
/// # Errors
/// When it cannot be one.
pub fn check_token_name(name: &str) -> Result<(), TokenNameError> {
    let plain = |octet: u8| octet.is_ascii_alphanumeric() || b"-_.".contains(&octet);
    let first = name.bytes().next().ok_or(TokenNameError)?;
    match first.is_ascii_alphanumeric() && name.len() <= LONGEST && name.bytes().all(plain) {
        true => Ok(()),
        false => Err(TokenNameError),
    }
}

/// What is kept and compared of a token that was sent.
pub fn token_hash(sent: &str) -> blake3::Hash {
    blake3::hash(sent.as_bytes())
}

impl TokenRecord {
    /// A new token, and its text, which is shown once and kept nowhere.
    ///
    /// # Errors
    /// When the system gives no random numbers.
    pub fn fresh(
        name: &str,
        grant: Grant,
        created_by: String,
    ) -> Result<(Self, String), NoRandomness> {
        let text = format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(random()?));
        let record = Self {
            name: name.to_owned(),
            hash: *token_hash(&text).as_bytes(),
            grant,
            created: Timestamp::now(),
            created_by,
        };
        Ok((record, text))
    }

    /// The hash of its text.
    pub fn hash(&self) -> blake3::Hash {
        blake3::Hash::from_bytes(self.hash)
    }
}

impl Token {
    /// A token that is kept.
    ///
    /// # Errors
    /// When its grant cannot be read.
    pub fn new(record: TokenRecord) -> Result<Self, ScopeErrors> {
        let scope = Arc::new(Scope::read(&record.grant)?);
        Ok(Self { record, scope })
    }

    /// As it is kept.
    pub fn record(&self) -> &TokenRecord {
        &self.record
    }

    /// What it is limited to.
    pub fn scope(&self) -> &Scope {
        &self.scope
    }

    /// Whoever uses it from `address`.
    pub fn principal(&self, address: IpAddr) -> Principal {
        Principal::Token(Login {
            name: self.record.name.clone(),
            address,
            rights: self.scope.rights(),
            scope: Some(Arc::clone(&self.scope)),
        })
    }
}

impl fmt::Debug for TokenRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenRecord")
            .field("name", &self.name)
            .field("grant", &self.grant)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_long_random_text_that_is_only_kept_as_its_hash() {
        let grant = Grant::acme(vec!["*".to_owned()]);
        let (one, text) = TokenRecord::fresh("t", grant.clone(), "anna".into()).unwrap();
        let (two, other) = TokenRecord::fresh("t", grant, "anna".into()).unwrap();
        assert_ne!(text, other);
        assert_ne!(one.hash(), two.hash());
        assert_eq!(text.len(), PREFIX.len() + 43);
        assert_eq!(one.hash(), token_hash(&text));
        let kept = postcard::to_stdvec(&one).unwrap();
        let secret = text.as_bytes();
        assert!(
            !kept
                .windows(8)
                .any(|part| secret.windows(8).any(|of| of == part))
        );
        assert!(!format!("{one:?}").contains(&text));
    }

    #[test]
    fn names_of_tokens_are_safe_in_paths_logs_and_tables() {
        let longest = "a".repeat(64);
        for name in ["certbot", "a", "web-1.example_x", "7", &longest] {
            assert_eq!(check_token_name(name), Ok(()), "{name}");
        }
        let longer = "a".repeat(65);
        for name in ["", "-a", ".a", "a b", "a/b", "a\n", "é", "a%2f", &longer] {
            assert_eq!(check_token_name(name), Err(TokenNameError), "{name}");
        }
    }
}
