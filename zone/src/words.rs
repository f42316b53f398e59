//! The words of one record's data, with what reading them needs.

use crate::tokens::{Broken, Position, Token, Tokens};

/// Hands out the words of a record up to its end.
pub(crate) struct Words<'t, 'a> {
    tokens: &'t mut Tokens<'a>,
    /// What relative names end in, in wire form.
    origin: &'t [u8],
    /// Where the last word was: the position of what is missing after it.
    last: Position,
    /// Words looked at or given back, next first.
    ahead: [Option<Token<'a>>; 2],
    /// Whether character-strings of more than 255 octets may be split.
    pub(crate) split_long: bool,
    /// What there is to note of the words.
    pub(crate) seen: Seen<'a>,
}

/// What there is to note of the words of a text.
#[derive(Clone, Copy, Default)]
pub(crate) struct Seen<'a> {
    /// The first character-string that was split, and its octets.
    pub(crate) split: Option<(Token<'a>, usize)>,
    /// A word after the first that is meant to begin a comment.
    pub(crate) comment: Option<Token<'a>>,
    /// A word that begins with a quotation mark of another kind.
    pub(crate) curly: Option<Token<'a>>,
    /// How many words there are, and whether all are unquoted and on one line.
    words: u32,
    line: u32,
    loose: bool,
}

impl<'a> Seen<'a> {
    /// Looks at a word that is a character-string of its own.
    pub(crate) fn look(&mut self, word: &Token<'a>) {
        let first = self.words == 0;
        self.words += 1;
        if first {
            self.line = word.position.line;
            self.loose = true;
        }
        self.loose &= !word.quoted && word.position.line == self.line && !word.text.ends_with(b";");
        if word.quoted {
            return;
        }
        if !first && word.is_comment_elsewhere() {
            self.comment.get_or_insert(*word);
        }
        if word.text.starts_with("\u{201c}".as_bytes()) {
            self.curly.get_or_insert(*word);
        }
    }

    /// Whether unquoted words stand beside each other, as those of a text do that lacks its quotes.
    pub(crate) fn has_loose_words(&self) -> bool {
        self.loose && self.words > 1
    }
}

impl<'t, 'a> Words<'t, 'a> {
    pub(crate) fn new(
        tokens: &'t mut Tokens<'a>,
        origin: &'t [u8],
        last: Position,
        split_long: bool,
    ) -> Self {
        Self {
            tokens,
            origin,
            last,
            ahead: [None; 2],
            split_long,
            seen: Seen::default(),
        }
    }

    pub(crate) fn origin(&self) -> &'t [u8] {
        self.origin
    }

    /// Where the last word was.
    pub(crate) fn position(&self) -> Position {
        self.last
    }

    /// The next word, if there is one.
    pub(crate) fn optional(&mut self) -> Result<Option<Token<'a>>, Broken> {
        let word = match self.ahead {
            [Some(word), after] => {
                self.ahead = [after, None];
                Some(word)
            }
            [None, _] => self.tokens.next()?,
        };
        if let Some(word) = &word {
            self.last = word.position;
        }
        Ok(word)
    }

    /// The next word, which must be there.
    pub(crate) fn word(&mut self, wanted: &str) -> Result<Token<'a>, Broken> {
        self.optional()?.ok_or_else(|| Broken {
            missing: true,
            ..Broken::new(
                self.last,
                None,
                format!("the record ends where {wanted} should follow"),
            )
        })
    }

    /// Gives back the word that was taken last.
    pub(crate) fn put_back(&mut self, word: Token<'a>) {
        self.ahead = [Some(word), self.ahead[0]];
    }

    /// Whether the next word is there and made of digits.
    pub(crate) fn peek_is_number(&mut self) -> Result<bool, Broken> {
        let next = self.peek()?.and_then(|word| word.plain());
        Ok(next.is_some_and(|text| text.iter().all(u8::is_ascii_digit)))
    }

    /// The next word without taking it.
    pub(crate) fn peek(&mut self) -> Result<Option<Token<'a>>, Broken> {
        if self.ahead[0].is_none() {
            self.ahead[0] = self.tokens.next()?;
        }
        Ok(self.ahead[0])
    }
}
