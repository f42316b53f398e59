//! The words of one record's data, for forms that ask for each field of it on its own.

use std::fmt;

use crate::PartsError;
use crate::present;
use crate::text::unescape;
use crate::tokens::{Line, Token, Tokens};

/// A word of data in presentation form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    text: String,
    quoted: bool,
    glued: bool,
}

impl Word {
    /// The word as it was written, its escapes in it and its quotation marks not.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether it stood in quotation marks.
    pub fn is_quoted(&self) -> bool {
        self.quoted
    }

    /// Whether nothing separates it from the word before.
    pub fn is_glued(&self) -> bool {
        self.glued
    }

    /// The octets that it stands for; `None`: an escape in it is none.
    pub fn octets(&self) -> Option<Vec<u8>> {
        let mut octets = Vec::with_capacity(self.text.len());
        unescape(self.text.as_bytes(), &mut octets).ok()?;
        Some(octets)
    }
}

/// As it was written.
impl fmt::Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.quoted {
            true => write!(f, "\"{}\"", self.text),
            false => f.write_str(&self.text),
        }
    }
}

/// The words of `data`, which is one line of a master file at most (RFC 1035 §5.1).
///
/// # Errors
/// When quotation marks or parentheses are open at its end, or it is more than one line.
pub fn words(data: &str) -> Result<Vec<Word>, PartsError> {
    let broken = |rule: &str| PartsError::new(data, rule);
    // The space is where the owner would be: what follows is all data.
    let line = format!(" {data}");
    let mut tokens = Tokens::new(line.as_bytes());
    let mut words = Vec::new();
    match tokens.next_line() {
        Ok(None) => return Ok(words),
        Ok(Some(Line::Blank)) => {}
        Ok(Some(Line::Word(_))) => return Err(broken("begins with a line of its own")),
        Err(error) => return Err(broken(&error.rule)),
    }
    while let Some(token) = tokens.next().map_err(|error| broken(&error.rule))? {
        words.push(word(&token));
    }
    match tokens.next_line() {
        Ok(None) => Ok(words),
        _ => Err(broken("is more than one line")),
    }
}

fn word(token: &Token<'_>) -> Word {
    Word {
        // A word of a text is text: only ASCII divides words.
        text: String::from_utf8_lossy(token.text).into_owned(),
        quoted: token.quoted,
        glued: token.glued,
    }
}

/// `octets` in quotation marks, as a master file has a character-string. It may have more than the 255 octets of
/// one.
pub fn quoted(octets: &[u8]) -> String {
    let mut text = String::with_capacity(octets.len() + 2);
    // A string takes all that is written.
    let _ = present::write_quoted(octets, &mut text);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(data: &str) -> Vec<String> {
        let words = words(data).unwrap();
        words.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn data_is_divided_into_words_as_the_reader_divides_it() {
        for (data, expected) in [
            ("10 mail", &["10", "mail"][..]),
            ("\"a b\" \"c\\\"d\"", &["\"a b\"", "\"c\\\"d\""]),
            ("( \"a\"\n \"b\" ) ; c", &["\"a\"", "\"b\""]),
            ("", &[]),
            ("  ; only a comment", &[]),
        ] {
            assert_eq!(written(data), expected, "{data}");
        }
        let glued = words("alpn=\"h2,h3\" x").unwrap();
        let glued: Vec<_> = glued.iter().map(Word::is_glued).collect();
        assert_eq!(glued, [false, true, false]);
    }

    #[test]
    fn what_is_more_than_the_data_of_one_record_has_no_words() {
        for data in ["a\nb", "\"a", "( a", "\nwww A 192.0.2.1"] {
            assert!(words(data).is_err(), "{data:?}");
        }
    }

    #[test]
    fn quoted_octets_read_back_as_they_were() {
        let all: Vec<u8> = (0..=255).collect();
        let text = quoted(&all);
        assert!(text.is_ascii(), "{text}");
        let words = words(&text).unwrap();
        assert_eq!(words.len(), 1);
        assert_eq!(words[0].octets().unwrap(), all);
    }
}
