//! Octets that look like blanks, quotes or ASCII letters and are none.

use crate::escape::Excerpt;

/// A word that has such a character, and what is to say of it.
pub(super) struct Odd<'a> {
    /// The word.
    pub(super) word: &'a [u8],
    /// Where it starts in the text that was searched.
    pub(super) at: usize,
    pub(super) rule: String,
}

/// The first unquoted word of a record with a character that is taken for another one.
pub(super) fn find(record: &[u8]) -> Option<Odd<'_>> {
    if record
        .iter()
        .all(|byte| (b'\n'..=b'~').contains(byte) && !matches!(byte, 11 | 12) || *byte == b'\t')
    {
        return None;
    }
    let mut at = 0;
    while let Some(&byte) = record.get(at) {
        match byte {
            b';' => at += record[at..].iter().position(|byte| *byte == b'\n')?,
            b'"' => at += 1 + end_of_quote(&record[at + 1..]),
            b' ' | b'\t' | b'\n' | b'\r' | b'(' | b')' => at += 1,
            _ => {
                let word = word(&record[at..]);
                if let Some(rule) = rule(word) {
                    return Some(Odd { word, at, rule });
                }
                at += word.len();
            }
        }
    }
    None
}

fn end_of_quote(text: &[u8]) -> usize {
    let mut escaped = false;
    for (at, byte) in text.iter().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return at + 1,
            b'\n' => return at,
            _ => {}
        }
    }
    text.len()
}

/// The word at the start of a text; it has one octet at least.
fn word(text: &[u8]) -> &[u8] {
    let ends = |byte: &u8| {
        matches!(
            byte,
            b' ' | b'\t' | b'\n' | b'\r' | b'(' | b')' | b'"' | b';'
        )
    };
    let len = text.iter().skip(1).position(ends);
    &text[..len.map_or(text.len(), |len| len + 1)]
}

/// What is wrong with the first such character of a word.
pub(super) fn rule(word: &[u8]) -> Option<String> {
    for chunk in word.utf8_chunks() {
        for letter in chunk.valid().chars() {
            if let Some(what) = confusable(letter) {
                let mut octets = [0; 4];
                let octets = Excerpt::new(letter.encode_utf8(&mut octets).as_bytes()).to_string();
                let octets = octets.trim_matches('"');
                let code = u32::from(letter);
                return Some(format!("holds the octets {octets} (U+{code:04X}), {what}"));
            }
        }
        // A no-break space in Latin-1.
        if chunk.invalid().first() == Some(&0xa0) {
            return Some(
                "holds the octet \\160, which is no blank: put a space or a tab there".into(),
            );
        }
    }
    None
}

const BLANK: &str = "which are no blank: put a space or a tab there";
const UNSEEN: &str = "which nobody sees, and which are no blank: take them out";

fn confusable(letter: char) -> Option<&'static str> {
    Some(match letter {
        '\u{b}' | '\u{c}' | '\u{85}' | '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}' => BLANK,
        '\u{2028}' | '\u{2029}' | '\u{202f}' | '\u{205f}' | '\u{3000}' => BLANK,
        '\u{ad}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' => UNSEEN,
        '\u{2060}'..='\u{2064}' | '\u{2066}'..='\u{2069}' | '\u{feff}' => UNSEEN,
        '\u{ff01}'..='\u{ff5e}' => "a full-width character: write it in ASCII",
        '\u{3002}' | '\u{ff61}' => "a full stop that is no dot: write \".\"",
        '\u{201c}'..='\u{201f}' | '\u{ab}' | '\u{bb}' => "a curly quote: write a plain one",
        '\u{2018}'..='\u{201b}' => "a curly quote: write a plain one",
        '\u{2010}'..='\u{2015}' | '\u{2212}' => "a dash: write \"-\"",
        '\u{37e}' => "which is no \";\"",
        _ => return None,
    })
}
