//! The tokens of API clients, and the keys that JWTs are signed with.
//!
//! All of it is small, so it stands in memory as well, where each request looks it up. A token is durable
//! before anybody is shown it, and a revoked one is gone from disk before the answer. Its last use is written
//! every now and then, and nobody waits for it: a crash loses a minute of it.

mod write;

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use parking_lot::RwLock;

use super::commit::Message;
use super::db::{Db, decode};
use super::{Store, StoreError, keys};
use crate::access::jwt::{SigningKey, SigningKeys};
use crate::access::{LastUse, Token, TokenRecord};
use crate::engine::KeyRange;
use crate::logging::warning;

/// How often the last use of a token is written.
const WRITTEN: SignedDuration = SignedDuration::from_secs(60);

/// A change of tokens or keys.
pub(super) enum TokenEdit {
    /// A new token.
    Create(Box<Token>),
    /// The token of this name is no more.
    Revoke(String),
    /// This key signs from now on, if the present one is due.
    Rotate(Box<SigningKey>),
}

/// Tokens and keys as they stand.
#[derive(Debug, Default)]
pub(super) struct Tokens {
    state: RwLock<State>,
}

#[derive(Debug, Default)]
struct State {
    tokens: BTreeMap<String, Arc<Token>>,
    names: HashMap<blake3::Hash, String>,
    used: HashMap<String, Use>,
    keys: Arc<SigningKeys>,
}

/// The last use of a token, and the last one that was written.
#[derive(Debug, Clone, Copy)]
struct Use {
    last: LastUse,
    written: Option<Timestamp>,
}

impl Tokens {
    /// All that the store has.
    pub fn load(db: &Db) -> Result<Self, StoreError> {
        let mut state = State::default();
        for (name, record) in entries::<TokenRecord>(db, keys::TOKENS, "token")? {
            match Token::new(record) {
                Ok(token) => state.put(token),
                // Written by a newer version, whose limits this one does not know.
                Err(error) => warning!("token {name} cannot be used: {error}"),
            }
        }
        for (name, last) in entries::<LastUse>(db, keys::TOKEN_USES, "last use of token")? {
            let written = Some(last.at);
            state.used.insert(name, Use { last, written });
        }
        if let Some(found) = db.get(keys::SIGNING_KEYS)? {
            state.keys = Arc::new(decode("the signing keys", &found)?);
        }
        Ok(Self {
            state: RwLock::new(state),
        })
    }
}

impl Tokens {
    /// Whether there is a token of this name.
    pub fn has(&self, name: &str) -> bool {
        self.state.read().tokens.contains_key(name)
    }

    /// All tokens.
    pub fn all(&self) -> Vec<Arc<Token>> {
        self.state.read().tokens.values().cloned().collect()
    }

    /// The token of this name is this one from now on; `None`: there is none.
    pub fn replace(&self, name: &str, token: Option<Token>) {
        let mut state = self.state.write();
        state.remove(name);
        if let Some(token) = token {
            state.put(token);
        }
    }
}

impl State {
    fn put(&mut self, token: Token) {
        let name = token.record().name.clone();
        self.names.insert(token.record().hash(), name.clone());
        self.tokens.insert(name, Arc::new(token));
    }

    fn remove(&mut self, name: &str) {
        if let Some(token) = self.tokens.remove(name) {
            self.names.remove(&token.record().hash());
        }
        self.used.remove(name);
    }
}

fn entries<T: serde::de::DeserializeOwned>(
    db: &Db,
    prefix: &[u8],
    what: &str,
) -> Result<Vec<(String, T)>, StoreError> {
    let mut found = Vec::new();
    for entry in db.engine().scan(KeyRange::prefix(prefix)) {
        let (key, value) = entry.map_err(|error| super::db::reading(what, &error))?;
        let name = keys::tail(&key, prefix).unwrap_or_default();
        let value = decode(&format!("{what} {name}"), &value)?;
        found.push((name.to_owned(), value));
    }
    Ok(found)
}

impl Store {
    /// All tokens in the order of their names, each with its last use.
    pub fn tokens(&self) -> Vec<(Arc<Token>, Option<LastUse>)> {
        let state = self.shared.tokens.state.read();
        let used = |name: &str| state.used.get(name).map(|used| used.last);
        let tokens = state.tokens.iter();
        tokens
            .map(|(name, token)| (Arc::clone(token), used(name)))
            .collect()
    }

    /// The token whose text has this hash.
    pub fn token_by_hash(&self, hash: &blake3::Hash) -> Option<Arc<Token>> {
        let state = self.shared.tokens.state.read();
        state.tokens.get(state.names.get(hash)?).cloned()
    }

    /// The token of this name.
    pub fn token(&self, name: &str) -> Option<Arc<Token>> {
        self.shared.tokens.state.read().tokens.get(name).cloned()
    }

    /// Keeps a new token; `false`: there is one of this name. Once it returns, the token is on disk.
    ///
    /// # Errors
    /// When it could not be made durable; then there is no such token.
    pub async fn create_token(&self, token: Token) -> Result<bool, StoreError> {
        self.edit_tokens(TokenEdit::Create(Box::new(token))).await
    }

    /// Revokes a token; `false`: there is none of this name.
    ///
    /// # Errors
    /// When it could not be made durable; then the token may be there again after a restart.
    pub async fn revoke_token(&self, name: &str) -> Result<bool, StoreError> {
        self.edit_tokens(TokenEdit::Revoke(name.to_owned())).await
    }

    /// The keys that JWTs are signed with.
    pub fn signing_keys(&self) -> Arc<SigningKeys> {
        Arc::clone(&self.shared.tokens.state.read().keys)
    }

    /// Has `key` sign from now on, unless the present key is not due to be replaced.
    ///
    /// # Errors
    /// When it could not be made durable.
    pub async fn rotate_signing_key(&self, key: SigningKey) -> Result<(), StoreError> {
        self.edit_tokens(TokenEdit::Rotate(Box::new(key)))
            .await
            .map(drop)
    }

    /// Notes that the token of this name is used now.
    pub fn token_used(&self, name: &str, from: IpAddr) {
        let last = LastUse {
            at: Timestamp::now(),
            from,
        };
        let mut state = self.shared.tokens.state.write();
        if !state.tokens.contains_key(name) {
            return;
        }
        let written = state.used.get(name).and_then(|used| used.written);
        let due = written.is_none_or(|written| last.at.duration_since(written).abs() >= WRITTEN);
        // As if it were written: one message is enough.
        let written = if due { Some(last.at) } else { written };
        state.used.insert(name.to_owned(), Use { last, written });
        drop(state);
        if due {
            // A store that has stopped has said why.
            let _ = self.messages.send(Message::TokenUsed(name.to_owned()));
        }
    }

    async fn edit_tokens(&self, edit: TokenEdit) -> Result<bool, StoreError> {
        self.ask(|reply| Message::Tokens(edit, reply)).await
    }
}
