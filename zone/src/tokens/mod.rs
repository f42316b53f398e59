//! Splits a master file into words (RFC 1035 §5.1): quotes, escapes, comments, parentheses, line ends.

mod recover;
mod token;

use crate::rule::Rule;
pub(crate) use token::{Broken, NO_COMMENT, Position, Token};

const NUL: Rule = "a NUL octet has to be written as \\000";

/// How a logical line starts.
#[derive(Debug)]
pub(crate) enum Line<'a> {
    /// With white space: the record has the owner of the one before.
    Blank,
    /// With this word.
    Word(Token<'a>),
}

/// A comment of a record.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Comment<'a> {
    /// What follows the ";" on its line.
    pub(crate) text: &'a [u8],
    /// Whether it begins inside an unquoted word.
    pub(crate) in_word: bool,
    /// Whether a closing quote is the last before it, but for blanks and parentheses.
    pub(crate) behind_quote: bool,
    /// Whether nothing stands between it and what is before it.
    pub(crate) is_glued: bool,
    pub(crate) position: Position,
}

/// Reads words off a text.
pub(crate) struct Tokens<'a> {
    text: &'a [u8],
    at: usize,
    line: u32,
    line_start: usize,
    parens: u32,
    opened: Position,
    peeked: Option<Token<'a>>,
    /// Whether the logical line has no more words.
    ended: bool,
    /// Where the logical line starts, and the first comment on it.
    begun: usize,
    comment: Option<Comment<'a>>,
    /// Whether it is unknown which parentheses are open, after a quote that was not closed in them.
    lost: bool,
}

impl<'a> Tokens<'a> {
    pub(crate) fn new(text: &'a [u8]) -> Self {
        let start = Position { line: 1, column: 1 };
        Self {
            text,
            at: 0,
            line: 1,
            line_start: 0,
            parens: 0,
            opened: start,
            peeked: None,
            ended: true,
            begun: 0,
            comment: None,
            lost: false,
        }
    }

    /// The first comment of the record in hand.
    pub(crate) fn comment(&self) -> Option<Comment<'a>> {
        self.comment
    }

    /// The record in hand as far as it was read.
    pub(crate) fn read_so_far(&self) -> &'a [u8] {
        &self.text[self.begun..self.at]
    }

    /// The position of an octet of [`read_so_far`](Self::read_so_far).
    pub(crate) fn position_in_record(&self, at: usize) -> Position {
        let after = &self.read_so_far()[at..];
        let ends = |text: &[u8]| text.iter().filter(|byte| **byte == b'\n').count() as u32;
        let at = self.begun + at;
        let line_start = self.text[..at].iter().rposition(|byte| *byte == b'\n');
        Position {
            line: self.line - ends(after),
            column: (at - line_start.map_or(0, |end| end + 1) + 1) as u32,
        }
    }

    pub(crate) fn position(&self) -> Position {
        self.position_of(self.at)
    }

    fn position_of(&self, at: usize) -> Position {
        // Limits keep texts far below 4 GiB.
        Position {
            line: self.line,
            column: (at - self.line_start + 1) as u32,
        }
    }

    fn broken(&self, position: Position, rule: Rule) -> Broken {
        Broken::new(position, None, rule)
    }

    /// Goes to the next line that has a word. `None` at the end of the text.
    pub(crate) fn next_line(&mut self) -> Result<Option<Line<'a>>, Broken> {
        loop {
            self.ended = false;
            self.begun = self.at;
            self.comment = None;
            match self.text.get(self.at) {
                None => return Ok(None),
                Some(b' ' | b'\t') => {
                    if let Some(word) = self.next()? {
                        self.peeked = Some(word);
                        return Ok(Some(Line::Blank));
                    }
                }
                Some(_) => {
                    if let Some(word) = self.next()? {
                        return Ok(Some(Line::Word(word)));
                    }
                }
            }
        }
    }

    /// The next word of this logical line; at its end `None`, as often as it is asked for.
    pub(crate) fn next(&mut self) -> Result<Option<Token<'a>>, Broken> {
        if let Some(word) = self.peeked.take() {
            return Ok(Some(word));
        }
        if self.ended {
            return Ok(None);
        }
        let word = self.scan()?;
        self.ended = word.is_none();
        Ok(word)
    }

    fn scan(&mut self) -> Result<Option<Token<'a>>, Broken> {
        let begun = self.at;
        loop {
            let Some(&byte) = self.text.get(self.at) else {
                return if self.parens == 0 {
                    Ok(None)
                } else {
                    Err(self.broken(self.opened, "this \"(\" is never closed"))
                };
            };
            match byte {
                b' ' | b'\t' => self.at += 1,
                b'\n' => {
                    self.end_line();
                    if self.parens == 0 {
                        return Ok(None);
                    }
                }
                // Alone it ends a line as well, as in BIND; it just does not count as one.
                b'\r' => {
                    self.at += 1;
                    if self.parens == 0 {
                        if self.text.get(self.at) == Some(&b'\n') {
                            self.end_line();
                        }
                        return Ok(None);
                    }
                }
                b';' => {
                    let rest = &self.text[self.at..];
                    let len = rest
                        .iter()
                        .position(|&byte| byte == b'\n')
                        .unwrap_or(rest.len());
                    if self.comment.is_none() {
                        let before = &self.text[self.begun..self.at];
                        let is_glued = begun == self.at && begun > self.begun;
                        let last = before.iter().rfind(|byte| {
                            !matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | b'(' | b')')
                        });
                        self.comment = Some(Comment {
                            text: &rest[1..len],
                            in_word: is_glued && !before.ends_with(b"\""),
                            behind_quote: last == Some(&b'"'),
                            is_glued,
                            position: self.position(),
                        });
                    }
                    self.at += len;
                }
                b'(' => {
                    if self.parens == 0 {
                        self.opened = self.position();
                    }
                    self.parens = self.parens.saturating_add(1);
                    self.at += 1;
                }
                b')' => {
                    self.parens = self
                        .parens
                        .checked_sub(1)
                        .ok_or_else(|| self.broken(self.position(), "this \")\" closes nothing"))?;
                    self.at += 1;
                }
                b'"' => return self.quoted(begun).map(Some),
                0 => {
                    return Err(self.broken(self.position(), NUL));
                }
                _ => return self.word(begun).map(Some),
            }
        }
    }

    fn end_line(&mut self) {
        self.at += 1;
        self.line += 1;
        self.line_start = self.at;
    }

    fn word(&mut self, begun: usize) -> Result<Token<'a>, Broken> {
        let start = self.at;
        let position = self.position();
        let mut escaped = false;
        while let Some(&byte) = self.text.get(self.at) {
            match byte {
                b'\n' | b'\r' => break,
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b' ' | b'\t' | b'(' | b')' | b'"' | b';' | 0 => break,
                _ => {}
            }
            self.at += 1;
        }
        let text = &self.text[start..self.at];
        let token = Token {
            text,
            quoted: false,
            glued: begun == start,
            position,
        };
        if escaped {
            Err(token.broken("ends in a lone \"\\\""))
        } else {
            Ok(token)
        }
    }

    fn quoted(&mut self, begun: usize) -> Result<Token<'a>, Broken> {
        let position = self.position();
        let glued = begun == self.at;
        self.at += 1;
        let start = self.at;
        let mut escaped = false;
        loop {
            match self.text.get(self.at) {
                None => break,
                Some(b'\n') if escaped => {
                    escaped = false;
                    self.end_line();
                    continue;
                }
                Some(b'\n') => break,
                Some(0) => {
                    self.lost = true;
                    return Err(self.broken(self.position(), NUL));
                }
                Some(_) if escaped => escaped = false,
                Some(b'\\') => escaped = true,
                Some(b'"') => {
                    let text = &self.text[start..self.at];
                    self.at += 1;
                    return Ok(Token {
                        text,
                        quoted: true,
                        glued,
                        position,
                    });
                }
                Some(_) => {}
            }
            self.at += 1;
        }
        let token = Token {
            text: &self.text[start..self.at],
            quoted: true,
            glued,
            position,
        };
        self.lost = self.parens > 0;
        Err(token.broken("has no closing quote on its line"))
    }
}
