//! Tokens of API clients, which hold at every node.
//!
//! A new token is only shown once all nodes can know it. A revocation holds here at once, whatever the ledger says:
//! nobody revokes what should go on. The keys of JWTs stay with each node.

use std::collections::HashMap;
use std::sync::Arc;

use super::flight::new_id;
use super::{Landed, Sharing};
use crate::access::{Token, TokenRecord};
use crate::engine::{Batch, KeyRange};
use crate::ledger::{Document, Refused, Stamp, Write, WriteId};
use crate::logging::warning;
use crate::store::commit::{Committer, Reply};
use crate::store::db::{Db, decode, reading};
use crate::store::tokens::TokenEdit;
use crate::store::{Shared, Store, StoreError, keys};

/// What the documents of tokens are called in the ledger.
pub const TOKENS: &str = "t/";

/// Edits of tokens that are on their way, by the names of tokens.
pub(in crate::store) type TokenFlights = HashMap<String, TokenFlight>;

/// One edit of a token that is on its way.
pub(in crate::store) struct TokenFlight {
    id: WriteId,
    /// The token from now on; `None`: it is revoked.
    token: Option<Token>,
    /// Whoever waits; `None`: nobody, it is only made known.
    reply: Option<Reply<bool>>,
}

impl TokenFlight {
    /// Another edit of the token came: this one is not known to hold.
    fn give_way(self) {
        if let Some(reply) = self.reply {
            let cause = "another edit of the token came".into();
            drop(reply.send(Err(StoreError::AnswerLost { cause })));
        }
    }
}

/// The token that a document is of; `None`: it is of something else.
pub(super) fn token_of(document: &str) -> Option<&str> {
    document.strip_prefix(TOKENS)
}

impl Store {
    /// Whether the ledger has lost tokens, or what became of them: it has not all of them as they were seen there.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn misses_tokens(&self, stamps: &[(String, Stamp)]) -> Result<bool, StoreError> {
        let there = stamps.iter();
        let there = there.filter_map(|(name, stamp)| Some((token_of(name)?, *stamp)));
        let there: HashMap<_, _> = there.collect();
        for name in self.shared.db.stamped_tokens()? {
            let here = self.shared.db.token_stamp(&name)?;
            if there.get(name.as_str()).is_none_or(|there| *there < here) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

impl Committer {
    /// Makes an edit of tokens of a store that is shared.
    pub(in crate::store) fn send_token(&mut self, edit: TokenEdit, reply: Reply<bool>) {
        let shared = Arc::clone(&self.shared);
        let Some(sharing) = &shared.sharing else {
            return;
        };
        let (name, token) = match edit {
            TokenEdit::Create(token) => (token.record().name.clone(), Some(*token)),
            TokenEdit::Revoke(name) => (name, None),
            rotate @ TokenEdit::Rotate(_) => {
                drop(reply.send(self.write_tokens(rotate)));
                return;
            }
        };
        let is_known = shared.tokens.has(&name);
        if is_known == token.is_some() {
            drop(reply.send(Ok(false)));
            return;
        }
        if token.is_none() {
            // One that is on its way must not bring it back: the feed shows it, and finds it revoked.
            if let Some(flight) = self.token_flights.remove(&name) {
                flight.give_way();
            }
            // The others are told now or later: `share` sees to it until they know.
            let revoked = self
                .write_tokens(TokenEdit::Revoke(name.clone()))
                .and_then(|_| self.note_revoked(&name));
            drop(reply.send(revoked.map(|()| true)));
            return;
        }
        let outage = sharing.outage().map(|outage| outage.cause);
        if let Some(cause) = outage.or_else(|| sharing.diverged.borrow().clone()) {
            drop(reply.send(Err(StoreError::NoLedger { cause })));
            return;
        }
        self.fly_token(sharing, name, token, Some(reply));
    }

    /// Makes known what tokens and revocations the others do not know.
    pub(super) fn send_unknown_tokens(&mut self, sharing: &Sharing) -> Result<(), StoreError> {
        // Full nodes have them all.
        if !sharing.terms.takes {
            return Ok(());
        }
        for name in self.shared.db.revoked_tokens()? {
            if !self.token_flights.contains_key(&name) {
                self.fly_token(sharing, name, None, None);
            }
        }
        for token in self.shared.tokens.all() {
            let name = token.record().name.clone();
            let known = self.shared.db.token_stamp(&name)? != Stamp::default();
            if !known && !self.token_flights.contains_key(&name) {
                self.fly_token(sharing, name, Some(Token::clone(&token)), None);
            }
        }
        Ok(())
    }

    fn fly_token(
        &mut self,
        sharing: &Sharing,
        name: String,
        token: Option<Token>,
        reply: Option<Reply<bool>>,
    ) {
        match self.shared.token_write(&name, token.as_ref()) {
            Ok(write) => {
                let id = write.id;
                let before = self
                    .token_flights
                    .insert(name, TokenFlight { id, token, reply });
                if let Some(before) = before {
                    before.give_way();
                }
                self.leave(sharing, vec![write]);
            }
            Err(error) => {
                if let Some(reply) = reply {
                    drop(reply.send(Err(error)));
                }
            }
        }
    }

    /// What the edit of a token came to.
    pub(super) fn token_landed(&mut self, landed: Landed) {
        let Some(name) = token_of(&landed.name).map(str::to_owned) else {
            return;
        };
        if self
            .token_flights
            .get(&name)
            .is_none_or(|flight| flight.id != landed.id)
        {
            return;
        }
        let Some(TokenFlight { token, reply, .. }) = self.token_flights.remove(&name) else {
            return;
        };
        let told = match landed.answer {
            Ok(stamp) => self.keep_token_unless_newer(&name, token, stamp),
            // Another node was first, with a token of the same name or its revocation.
            Err(Refused::Changed(Some(document))) => self.take_token(&document).map(|_| false),
            // Restored from a backup: it is made known again as a new one.
            Err(Refused::Changed(None)) => {
                self.note_token_stamp(&name, Stamp::default())
                    .and(Err(StoreError::NoLedger {
                        cause: "the engine has lost the token: try again".into(),
                    }))
            }
            Err(Refused::Unavailable(why) | Refused::Full(why)) => Err(StoreError::NoLedger {
                cause: why.to_string(),
            }),
            Err(Refused::Unknown(why)) => Err(StoreError::AnswerLost {
                cause: why.to_string(),
            }),
            Err(Refused::Rejected(why)) => Err(StoreError::Rejected {
                cause: why.to_string(),
            }),
        };
        match (reply, told) {
            (Some(reply), told) => drop(reply.send(told)),
            (None, Err(error)) => {
                warning!("token {name} is not known to the other nodes yet: {error}")
            }
            (None, Ok(_)) => {}
        }
    }

    /// Takes over a token as another node left it; whether there is one of that name now.
    pub(super) fn take_token(&mut self, document: &Document) -> Result<bool, StoreError> {
        let Some(name) = token_of(&document.name) else {
            return Ok(false);
        };
        if self.shared.db.token_stamp(name)? >= document.stamp {
            return Ok(self.shared.tokens.has(name));
        }
        let token = match document.value.as_ref() {
            [] => None,
            octets => {
                let what = format!("token {name} as another node wrote it");
                let record: TokenRecord = decode(&what, octets)?;
                match Token::new(record) {
                    Ok(token) => Some(token),
                    Err(error) => {
                        // Written by a newer version, whose limits this one does not know.
                        warning!("token {name} cannot be used: {error}");
                        None
                    }
                }
            }
        };
        // Whatever another node made of it: the revocation comes after that.
        let is_revoked = self.shared.db.get(keys::revoked(name))?.is_some();
        if is_revoked && token.is_some() {
            self.note_token_stamp(name, document.stamp)?;
            return Ok(false);
        }
        let is_there = token.is_some();
        self.keep_token(name, token, document.stamp)?;
        Ok(is_there)
    }

    /// Keeps what an edit of this node came to, unless the feed was faster and another node has edited the token since.
    fn keep_token_unless_newer(
        &mut self,
        name: &str,
        token: Option<Token>,
        stamp: Stamp,
    ) -> Result<bool, StoreError> {
        if self.shared.db.token_stamp(name)? <= stamp {
            self.keep_token(name, token, stamp)?;
        }
        Ok(true)
    }

    fn keep_token(
        &mut self,
        name: &str,
        token: Option<Token>,
        stamp: Stamp,
    ) -> Result<(), StoreError> {
        let db = &self.shared.db;
        let mut batch = Batch::default();
        match &token {
            Some(token) => batch.insert(keys::token(name), db.encode(token.record())?),
            None => {
                batch.remove(keys::token(name));
                batch.remove(keys::token_use(name));
            }
        }
        batch.remove(keys::revoked(name));
        batch.insert(keys::token_stamp(name), db.encode(&stamp.0)?);
        db.write(batch)?;
        db.sync()?;
        self.shared.tokens.replace(name, token);
        Ok(())
    }
}

impl Committer {
    /// Notes that a token is revoked, and that the others do not know it yet.
    fn note_revoked(&mut self, name: &str) -> Result<(), StoreError> {
        let db = &self.shared.db;
        let mut batch = Batch::default();
        batch.insert(keys::revoked(name), []);
        db.write(batch)?;
        db.sync()?;
        if let Some(sharing) = &self.shared.sharing {
            sharing.more.notify_one();
        }
        Ok(())
    }

    fn note_token_stamp(&mut self, name: &str, stamp: Stamp) -> Result<(), StoreError> {
        let db = &self.shared.db;
        let mut batch = Batch::default();
        batch.insert(keys::token_stamp(name), db.encode(&stamp.0)?);
        db.write(batch)
    }
}

impl Db {
    /// The tokens that are revoked here, which the other nodes do not know.
    pub(super) fn revoked_tokens(&self) -> Result<Vec<String>, StoreError> {
        self.token_names(keys::REVOKED, "revoked tokens")
    }

    /// The tokens that this node ever had of the ledger.
    pub(super) fn stamped_tokens(&self) -> Result<Vec<String>, StoreError> {
        self.token_names(keys::TOKEN_STAMPS, "stamps of tokens")
    }

    fn token_names(&self, prefix: &[u8], what: &str) -> Result<Vec<String>, StoreError> {
        let mut found = Vec::new();
        for entry in self.engine().scan(KeyRange::prefix(prefix)) {
            let (key, _) = entry.map_err(|error| reading(what, &error))?;
            found.push(keys::tail(&key, prefix).unwrap_or_default().to_owned());
        }
        Ok(found)
    }
}

impl Shared {
    fn token_write(&self, name: &str, token: Option<&Token>) -> Result<Write, StoreError> {
        let value = match token {
            Some(token) => self.db.encode(token.record())?,
            None => Vec::new(),
        };
        Ok(Write {
            name: format!("{TOKENS}{name}"),
            seen: self.db.token_stamp(name)?,
            id: new_id()?,
            value: Some(value.into()),
        })
    }
}
