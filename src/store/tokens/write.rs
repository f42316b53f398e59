//! The committer's part: tokens, keys and last uses on disk.

use std::sync::Arc;

use jiff::Timestamp;

use super::TokenEdit;
use crate::access::Token;
use crate::access::jwt::SigningKey;
use crate::engine::Batch;
use crate::store::commit::Committer;
use crate::store::{StoreError, keys};

impl Committer {
    /// Makes an edit, durably; whether it changed anything.
    pub(in crate::store) fn write_tokens(&mut self, edit: TokenEdit) -> Result<bool, StoreError> {
        if let Some(error) = self.shared.failure.now() {
            return Err(error);
        }
        match edit {
            TokenEdit::Create(token) => self.create_token(*token),
            TokenEdit::Revoke(name) => self.revoke_token(&name),
            TokenEdit::Rotate(key) => self.rotate(*key),
        }
    }

    fn create_token(&mut self, token: Token) -> Result<bool, StoreError> {
        let name = &token.record().name;
        if self.shared.tokens.state.read().tokens.contains_key(name) {
            return Ok(false);
        }
        let mut batch = Batch::default();
        batch.expect(keys::token(name), None);
        batch.insert(keys::token(name), self.shared.db.encode(token.record())?);
        batch.remove(keys::token_use(name));
        self.write_durably(batch)?;
        self.shared.tokens.state.write().put(token);
        Ok(true)
    }

    fn revoke_token(&mut self, name: &str) -> Result<bool, StoreError> {
        // At once, whatever the disk says: nobody revokes what should go on. A token that this version cannot
        // read is only on disk.
        self.shared.tokens.state.write().remove(name);
        let known = self.shared.db.get(keys::token(name))?.is_some();
        if known {
            let mut batch = Batch::default();
            batch.remove(keys::token(name));
            batch.remove(keys::token_use(name));
            self.write_durably(batch)?;
        }
        Ok(known)
    }

    fn rotate(&mut self, key: SigningKey) -> Result<bool, StoreError> {
        let now = Timestamp::now();
        let present = Arc::clone(&self.shared.tokens.state.read().keys);
        if !present.are_due(now) {
            return Ok(false);
        }
        let next = present.with(key);
        let mut batch = Batch::default();
        batch.insert(keys::SIGNING_KEYS, self.shared.db.encode(&next)?);
        self.write_durably(batch)?;
        self.shared.tokens.state.write().keys = Arc::new(next);
        Ok(true)
    }

    fn write_durably(&mut self, batch: Batch) -> Result<(), StoreError> {
        self.shared.db.check_room(0)?;
        self.shared.db.write(batch)?;
        self.shared.db.sync()
    }

    /// Writes each last use that is not written yet.
    pub(in crate::store) fn write_token_uses(&self) -> Result<(), StoreError> {
        let mut batch = Batch::default();
        for (name, used) in &self.shared.tokens.state.read().used {
            if used.written != Some(used.last.at) {
                batch.insert(keys::token_use(name), self.shared.db.encode(&used.last)?);
            }
        }
        match batch.is_empty() {
            true => Ok(()),
            false => self.shared.db.write(batch),
        }
    }

    /// Writes the last use of a token, if there still is such a one.
    pub(in crate::store) fn write_token_use(&self, name: &str) -> Result<(), StoreError> {
        let last = {
            let state = self.shared.tokens.state.read();
            state.used.get(name).map(|used| used.last)
        };
        let Some(last) = last else { return Ok(()) };
        let mut batch = Batch::default();
        batch.insert(keys::token_use(name), self.shared.db.encode(&last)?);
        self.shared.db.write(batch)
    }
}
