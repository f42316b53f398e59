//! What is said of a record that could not be read, and how the next one is found.

use super::Reader;
use crate::Rtype;
use crate::escape::Excerpt;
use crate::read::error::ReadError;
use crate::read::odd;
use crate::tokens::{Broken, NO_COMMENT, Token};

impl Reader<'_> {
    /// Adds an error and goes past the record that it is about.
    pub(super) fn note_error(&mut self, mut error: ReadError) {
        self.say_if_odd(&mut error);
        let unclosed = self.tokens.recover().err();
        self.stopped |= unclosed.is_some();
        let unclosed = unclosed.map(|broken| ReadError::new(broken, error.record.clone()));
        if let Some(unclosed) = unclosed {
            // Whatever is wrong behind the parenthesis may well be what should follow it.
            if unclosed.position > error.position {
                self.errors.push(|| error);
            }
            return self.errors.push(|| unclosed);
        }
        // Whoever marks comments by another sign does so more than once.
        let of_comment = &*error.rule == NO_COMMENT;
        if of_comment && std::mem::replace(&mut self.comment_told, true) {
            return;
        }
        self.errors.push(|| error);
    }

    /// Where the record has a character that is easily taken for a blank, says so instead.
    fn say_if_odd(&self, error: &mut ReadError) {
        let record = self.tokens.read_so_far();
        let Some(odd) = odd::find(record) else { return };
        error.position = Some(self.tokens.position_in_record(odd.at));
        error.text = Some(Excerpt::new(odd.word));
        error.rule = odd.rule.into();
        error.field = None;
        error.record = None;
    }

    /// Says of a record that ends too early that a comment ended it, where that may not be meant.
    pub(super) fn with_comment(&self, rtype: Rtype, broken: Broken) -> Broken {
        let has_text = matches!(
            rtype,
            Rtype::TXT | Rtype::SPF | Rtype::CAA | Rtype::HINFO | Rtype::NAPTR | Rtype::URI
        );
        match self.tokens.comment() {
            Some(_) if broken.missing && has_text => Broken {
                rule: format!(
                    "{}; an unquoted \";\" begins a comment, so write \";\" with its quotes if it \
                     belongs to the data",
                    broken.rule
                ),
                ..broken
            },
            _ => broken,
        }
    }
}

/// An error of an owner that is meant to begin a comment.
pub(super) fn about(broken: Broken, owner: &Token<'_>) -> ReadError {
    commented(ReadError::new(broken, None), owner)
}

/// The error of a line, or where its first word is meant to begin a comment, that.
pub(super) fn commented(error: ReadError, first: &Token<'_>) -> ReadError {
    if !first.is_comment_elsewhere() {
        return error;
    }
    ReadError::new(first.broken(NO_COMMENT), None)
}
