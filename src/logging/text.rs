//! Text that is safe in a log line: nothing in it can end the line, fake another, move the cursor
//! or reorder what is read.

use std::borrow::Cow;
use std::fmt::{self, Write};

/// Longest message, in bytes; the rest is counted, not shown.
pub(super) const MAX_MESSAGE: usize = 4096;
/// Longest value of a field, in bytes.
pub(super) const MAX_VALUE: usize = 1024;

/// A number of things in words: `1 zone`, `2 zones`.
pub fn counted(number: usize, noun: &str) -> String {
    match number {
        1 => format!("1 {noun}"),
        number => format!("{number} {noun}s"),
    }
}

/// Whether a character could deceive a reader or a terminal: control characters, line and
/// paragraph separators, marks that change the direction of writing, and invisible tags.
fn is_hostile(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{2028}' | '\u{2029}' | '\u{feff}'
            | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{e0000}'..='\u{e007f}')
}

/// Cuts `text` to `most` bytes and says how much is missing.
pub(super) fn capped(text: &str, most: usize) -> Cow<'_, str> {
    if text.len() <= most {
        return Cow::Borrowed(text);
    }
    let cut = text.floor_char_boundary(most);
    let (kept, rest) = text.split_at(cut);
    Cow::Owned(format!("{kept}… ({} more bytes)", rest.len()))
}

/// Writes `text` with every hostile character escaped.
pub(super) fn escaped(out: &mut impl Write, text: &str) -> fmt::Result {
    for c in text.chars() {
        match c {
            c if is_hostile(c) => write!(out, "{}", c.escape_default())?,
            c => out.write_char(c)?,
        }
    }
    Ok(())
}

/// Writes the value of a field: bare if it is one plain word, else quoted so that its end is plain.
pub(super) fn value(out: &mut impl Write, text: &str) -> fmt::Result {
    let bare = |c: char| !c.is_whitespace() && !is_hostile(c) && !matches!(c, '"' | '=' | '\\');
    if !text.is_empty() && text.chars().all(bare) {
        return out.write_str(text);
    }
    out.write_char('"')?;
    for c in text.chars() {
        match c {
            '"' | '\\' => write!(out, "\\{c}")?,
            c if is_hostile(c) => write!(out, "{}", c.escape_default())?,
            c => out.write_char(c)?,
        }
    }
    out.write_char('"')
}

/// Writes a JSON document, in which `serde_json` leaves all but the ASCII control characters as
/// they are, with the other hostile characters in JSON's own escapes.
pub(super) fn json(out: &mut impl Write, document: &str) -> fmt::Result {
    for c in document.chars() {
        match c {
            c if is_hostile(c) => {
                let mut units = [0; 2];
                for unit in c.encode_utf16(&mut units) {
                    write!(out, "\\u{unit:04x}")?;
                }
            }
            c => out.write_char(c)?,
        }
    }
    Ok(())
}
