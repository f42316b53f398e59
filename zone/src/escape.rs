//! Hostile text made fit for a message: escaped, shortened, quoted.

use std::fmt;

/// Most octets of the text that an [`Excerpt`] keeps.
const KEPT: usize = 48;

/// A piece of input as it may appear in a log line: in double quotes, at most 48 octets of it,
/// everything but printable ASCII as `\DDD` (RFC 1035 §5.1).
#[derive(Clone, PartialEq, Eq)]
pub struct Excerpt {
    kept: Box<[u8]>,
    cut: bool,
}

impl Excerpt {
    /// Takes the beginning of `text`.
    pub fn new(text: &[u8]) -> Self {
        let kept = &text[..text.len().min(KEPT)];
        Self {
            kept: kept.into(),
            cut: kept.len() < text.len(),
        }
    }
}

impl fmt::Display for Excerpt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("\"")?;
        for &byte in &self.kept {
            write_escaped(f, byte)?;
        }
        f.write_str(if self.cut { "…\"" } else { "\"" })
    }
}

impl fmt::Debug for Excerpt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// One octet inside double quotes: `"` and `\` get a backslash, octets that are not printable
/// ASCII become `\DDD`.
pub(crate) fn write_escaped(f: &mut impl fmt::Write, byte: u8) -> fmt::Result {
    match byte {
        b'"' | b'\\' => {
            f.write_char('\\')?;
            f.write_char(char::from(byte))
        }
        b' '..=b'~' => f.write_char(char::from(byte)),
        _ => write!(f, "\\{byte:03}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_and_quotes_are_escaped() {
        assert_eq!(
            Excerpt::new(b"a\"\\\n\x1b\xff").to_string(),
            r#""a\"\\\010\027\255""#
        );
    }

    #[test]
    fn a_long_text_is_shortened() {
        assert_eq!(
            Excerpt::new(&[b'x'; 49]).to_string(),
            format!("\"{}…\"", "x".repeat(48))
        );
        assert_eq!(
            Excerpt::new(&[b'x'; 48]).to_string(),
            format!("\"{}\"", "x".repeat(48))
        );
    }
}
