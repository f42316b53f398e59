//! A word with its position, and what can be wrong with one.

use crate::escape::Excerpt;
use crate::rule::Rule;

/// A word of a master file. Its escapes are still in it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Token<'a> {
    /// The word; what is between the quotes if it was quoted.
    pub(crate) text: &'a [u8],
    pub(crate) quoted: bool,
    /// Whether nothing separates this word from the one before it.
    pub(crate) glued: bool,
    pub(crate) position: Position,
}

/// A position in the text: line and column in octets, both from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Position {
    pub(crate) line: u32,
    pub(crate) column: u32,
}

/// A rule broken at a position, perhaps by a word.
#[derive(Debug)]
pub(crate) struct Broken {
    pub(crate) position: Position,
    pub(crate) text: Option<Excerpt>,
    pub(crate) rule: String,
    /// The field of the record that it is about.
    pub(crate) field: Option<&'static str>,
    /// Whether a word is missing, rather than wrong.
    pub(crate) missing: bool,
}

impl Broken {
    pub(crate) fn new(position: Position, text: Option<Excerpt>, rule: impl Into<String>) -> Self {
        Self {
            position,
            text,
            rule: rule.into(),
            field: None,
            missing: false,
        }
    }
}

impl<'a> Token<'a> {
    /// The word, unless it was quoted.
    pub(crate) fn plain(&self) -> Option<&'a [u8]> {
        (!self.quoted).then_some(self.text)
    }

    /// This word breaks `rule`.
    pub(crate) fn broken(&self, rule: impl Into<String>) -> Broken {
        Broken::new(self.position, Some(Excerpt::new(self.text)), rule)
    }

    /// What starts with this word breaks `rule` as a whole.
    pub(crate) fn starts(&self, rule: Rule) -> Broken {
        Broken::new(self.position, None, rule)
    }

    /// Whether this word is meant to begin a comment, which in a master file only ";" does.
    pub(crate) fn is_comment_elsewhere(&self) -> bool {
        let begins = |with: &[u8]| self.text.starts_with(with);
        !self.quoted && (begins(b"#") || begins(b"//") || begins(b"/*"))
    }
}

/// What is said of a word that is meant to begin a comment.
pub(crate) const NO_COMMENT: Rule = "does not begin a comment: comments begin with \";\"";
