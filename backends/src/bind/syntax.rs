//! The outer form of `named`'s configuration language: words, quoted strings, braces, semicolons and
//! three kinds of comment, split into statements.
//!
//! It knows nothing of what statements mean, so it reads files with options it has never heard of.
//! Every statement carries the range of bytes it takes, so that a file can be changed in one place
//! and stay byte for byte as it is everywhere else. Bytes and not text: an operator's comment may be
//! Latin-1.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

/// How deep blocks may nest. `named`'s own configuration stays below ten.
const MAX_DEPTH: usize = 64;

/// One statement: words, then perhaps a block, up to and with its `;`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Statement<'a> {
    /// The words and quoted strings before the block, or all of them where there is none.
    pub(super) words: Vec<Cow<'a, [u8]>>,
    /// What stands between the braces of its first block.
    pub(super) block: Option<Vec<Statement<'a>>>,
    /// The bytes from its first word to its `;`, both included.
    pub(super) range: Range<usize>,
}

impl Statement<'_> {
    /// Whether the statement starts with `keyword`; `named` ignores case there.
    pub(super) fn is(&self, keyword: &str) -> bool {
        self.words
            .first()
            .is_some_and(|word| word.eq_ignore_ascii_case(keyword.as_bytes()))
    }

    /// The word at `index`, where the keyword is 0, if it is text.
    pub(super) fn word(&self, index: usize) -> Option<&str> {
        std::str::from_utf8(self.words.get(index)?).ok()
    }
}

/// Why a text is not made of statements.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SyntaxError {
    line: usize,
    rule: &'static str,
}

impl fmt::Display for SyntaxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.rule)
    }
}

impl std::error::Error for SyntaxError {}

/// Splits `text` into statements.
///
/// # Errors
/// When a brace, quote or comment is not closed, or the last statement has no `;`.
pub(super) fn statements(text: &[u8]) -> Result<Vec<Statement<'_>>, SyntaxError> {
    let mut parser = Parser { text, at: 0 };
    let (all, end) = parser.block(0)?;
    match end {
        Some(_) => Err(parser.error(parser.at, "a \"}\" that closes nothing")),
        None => Ok(all),
    }
}

enum Token<'a> {
    Word(Cow<'a, [u8]>),
    Open,
    Close,
    End,
}

struct Parser<'a> {
    text: &'a [u8],
    at: usize,
}

impl<'a> Parser<'a> {
    /// Statements up to a `}` (then `Some`) or the end of the text (then `None`).
    fn block(&mut self, depth: usize) -> Result<(Vec<Statement<'a>>, Option<()>), SyntaxError> {
        let mut all = Vec::new();
        let mut open: Option<Statement<'a>> = None;
        while let Some((start, token)) = self.next()? {
            if matches!(token, Token::Close) {
                return match open {
                    Some(statement) => {
                        Err(self.error(statement.range.start, "a statement without \";\""))
                    }
                    None => Ok((all, Some(()))),
                };
            }
            // A lone ";" is an empty statement, which `named` lets pass in places.
            if matches!(token, Token::End) && open.is_none() {
                continue;
            }
            let statement = open.get_or_insert_with(|| Statement {
                words: Vec::new(),
                block: None,
                range: start..start,
            });
            match token {
                // Words after a block belong to forms we do not read (`inet … allow { … } keys { … };`).
                Token::Word(word) if statement.block.is_none() => statement.words.push(word),
                Token::Word(_) | Token::Close => {}
                Token::Open if depth == MAX_DEPTH => {
                    return Err(self.error(start, "blocks nest too deep"));
                }
                Token::Open => {
                    let (inner, end) = self.block(depth + 1)?;
                    end.ok_or_else(|| self.error(start, "a \"{\" that is never closed"))?;
                    statement.block.get_or_insert(inner);
                }
                Token::End => {
                    statement.range.end = self.at;
                    all.extend(open.take());
                }
            }
        }
        match open {
            Some(statement) => Err(self.error(statement.range.start, "a statement without \";\"")),
            None => Ok((all, None)),
        }
    }

    fn next(&mut self) -> Result<Option<(usize, Token<'a>)>, SyntaxError> {
        self.skip_blank()?;
        let start = self.at;
        let Some(&byte) = self.text.get(start) else {
            return Ok(None);
        };
        self.at += 1;
        let token = match byte {
            b'{' => Token::Open,
            b'}' => Token::Close,
            b';' => Token::End,
            b'"' => Token::Word(self.quoted(start)?),
            _ => {
                while self.text.get(self.at).is_some_and(|byte| !ends_word(*byte))
                    && !self.at_comment()
                {
                    self.at += 1;
                }
                Token::Word(Cow::Borrowed(&self.text[start..self.at]))
            }
        };
        Ok(Some((start, token)))
    }

    /// The string whose opening quote, at `start`, has been passed. As in `named`, a backslash only
    /// has a meaning before a quote.
    fn quoted(&mut self, start: usize) -> Result<Cow<'a, [u8]>, SyntaxError> {
        let body = self.at;
        let mut escaped_quotes = false;
        loop {
            match self.text.get(self.at) {
                None | Some(b'\n') => {
                    return Err(self.error(start, "a quote that is not closed on its line"));
                }
                Some(b'"') => break,
                Some(b'\\')
                    if self
                        .text
                        .get(self.at + 1)
                        .is_some_and(|next| *next != b'\n') =>
                {
                    escaped_quotes |= self.text[self.at + 1] == b'"';
                    self.at += 2;
                }
                Some(_) => self.at += 1,
            }
        }
        let raw = &self.text[body..self.at];
        self.at += 1;
        Ok(if escaped_quotes {
            Cow::Owned(without_escapes(raw))
        } else {
            Cow::Borrowed(raw)
        })
    }

    fn skip_blank(&mut self) -> Result<(), SyntaxError> {
        loop {
            let rest = &self.text[self.at..];
            match rest {
                [byte, ..] if byte.is_ascii_whitespace() => self.at += 1,
                [b'#', ..] | [b'/', b'/', ..] => {
                    self.at += rest
                        .iter()
                        .position(|byte| *byte == b'\n')
                        .unwrap_or(rest.len());
                }
                [b'/', b'*', body @ ..] => match body.windows(2).position(|pair| pair == b"*/") {
                    Some(len) => self.at += len + 4,
                    None => return Err(self.error(self.at, "a comment that is never closed")),
                },
                _ => return Ok(()),
            }
        }
    }

    /// `named` lets a comment start in the middle of a word.
    fn at_comment(&self) -> bool {
        matches!(self.text[self.at..], [b'#', ..] | [b'/', b'/' | b'*', ..])
    }

    fn error(&self, at: usize, rule: &'static str) -> SyntaxError {
        let before = &self.text[..at.min(self.text.len())];
        SyntaxError {
            line: 1 + before.iter().filter(|byte| **byte == b'\n').count(),
            rule,
        }
    }
}

fn ends_word(byte: u8) -> bool {
    byte.is_ascii_whitespace() || matches!(byte, b'{' | b'}' | b';' | b'"')
}

fn without_escapes(raw: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(raw.len());
    let mut bytes = raw.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        match (byte, bytes.peek()) {
            (b'\\', Some(b'"')) => {}
            (b'\\', Some(_)) => plain.extend([Some(byte), bytes.next()].into_iter().flatten()),
            _ => plain.push(byte),
        }
    }
    plain
}

#[cfg(test)]
mod tests;
