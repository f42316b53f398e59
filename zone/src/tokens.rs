//! Splits a master file into words (RFC 1035 §5.1): quotes, escapes, comments, parentheses, line ends.

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
    pub(crate) place: Place,
}

/// A place in the text: line and column in octets, both from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) line: u32,
    pub(crate) column: u32,
}

/// A rule broken at a place, perhaps by a word.
#[derive(Debug)]
pub(crate) struct Broken {
    pub(crate) place: Place,
    pub(crate) text: Option<Excerpt>,
    pub(crate) rule: String,
}

impl<'a> Token<'a> {
    /// The word, unless it was quoted.
    pub(crate) fn plain(&self) -> Option<&'a [u8]> {
        (!self.quoted).then_some(self.text)
    }

    /// This word breaks `rule`.
    pub(crate) fn broken(&self, rule: Rule) -> Broken {
        Broken {
            place: self.place,
            text: Some(Excerpt::new(self.text)),
            rule: rule.into(),
        }
    }

    /// What starts with this word breaks `rule` as a whole.
    pub(crate) fn starts(&self, rule: Rule) -> Broken {
        Broken {
            place: self.place,
            text: None,
            rule: rule.into(),
        }
    }
}

const NUL: Rule = "a NUL octet has to be written as \\000";

/// How a logical line starts.
#[derive(Debug)]
pub(crate) enum Line<'a> {
    /// With white space: the record has the owner of the one before.
    Blank,
    /// With this word.
    Word(Token<'a>),
}

/// Reads words off a text.
pub(crate) struct Tokens<'a> {
    text: &'a [u8],
    at: usize,
    line: u32,
    line_start: usize,
    parens: u32,
    opened: Place,
    peeked: Option<Token<'a>>,
    /// Whether the logical line has no more words.
    ended: bool,
}

impl<'a> Tokens<'a> {
    pub(crate) fn new(text: &'a [u8]) -> Self {
        let start = Place { line: 1, column: 1 };
        Self {
            text,
            at: 0,
            line: 1,
            line_start: 0,
            parens: 0,
            opened: start,
            peeked: None,
            ended: true,
        }
    }

    pub(crate) fn place(&self) -> Place {
        self.place_of(self.at)
    }

    fn place_of(&self, at: usize) -> Place {
        // Limits keep texts far below 4 GiB.
        Place {
            line: self.line,
            column: (at - self.line_start + 1) as u32,
        }
    }

    fn broken(&self, place: Place, rule: Rule) -> Broken {
        Broken {
            place,
            text: None,
            rule: rule.into(),
        }
    }

    /// Goes to the next line that has a word. `None` at the end of the text.
    pub(crate) fn next_line(&mut self) -> Result<Option<Line<'a>>, Broken> {
        loop {
            self.ended = false;
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
                    self.at += rest
                        .iter()
                        .position(|&byte| byte == b'\n')
                        .unwrap_or(rest.len());
                }
                b'(' => {
                    if self.parens == 0 {
                        self.opened = self.place();
                    }
                    self.parens = self.parens.saturating_add(1);
                    self.at += 1;
                }
                b')' => {
                    self.parens = self
                        .parens
                        .checked_sub(1)
                        .ok_or_else(|| self.broken(self.place(), "this \")\" closes nothing"))?;
                    self.at += 1;
                }
                b'"' => return self.quoted(begun).map(Some),
                0 => {
                    return Err(self.broken(self.place(), NUL));
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
        let place = self.place();
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
            place,
        };
        if escaped {
            Err(token.broken("ends in a lone \"\\\""))
        } else {
            Ok(token)
        }
    }

    fn quoted(&mut self, begun: usize) -> Result<Token<'a>, Broken> {
        let place = self.place();
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
                Some(0) => return Err(self.broken(self.place(), NUL)),
                Some(_) if escaped => escaped = false,
                Some(b'\\') => escaped = true,
                Some(b'"') => {
                    let text = &self.text[start..self.at];
                    self.at += 1;
                    return Ok(Token {
                        text,
                        quoted: true,
                        glued,
                        place,
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
            place,
        };
        Err(token.broken("has no closing quote on its line"))
    }
}
