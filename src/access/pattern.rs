//! Patterns of zones and owner names.
//!
//! A pattern is labels with dots between them, compared without case. `*` in place of a label stands for one
//! label or more, wherever it stands; `*` within a label for any characters of that label, or none. `\` takes
//! the special meaning from the character after it, so `\*` is the label of a wildcard; `\DDD` is the octet
//! with that decimal value. `*` alone is everything.
//!
//! A pattern of zones names the zone in full. A pattern of owner names without a final dot is relative to
//! the zone, with one it is absolute; `@` is the zone itself.

use std::fmt;

use dadns_zone::{DomainName, ZoneName};

/// Most characters of one pattern: those of the longest name, each escaped.
const MOST: usize = 1_020;

/// A pattern of zones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ZonePattern(Pattern);

/// A pattern of owner names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct NamePattern {
    pattern: Pattern,
    absolute: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Pattern {
    /// `None`: everything.
    pieces: Option<Vec<Piece>>,
    text: String,
}

/// What a label of a pattern stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    /// One label or more.
    Labels,
    /// One label; `None` in it: any octets, or none.
    Label(Vec<Option<u8>>),
}

impl ZonePattern {
    /// # Errors
    /// What is wrong with it.
    pub fn read(text: &str) -> Result<Self, &'static str> {
        let plain = |octet: u8| octet.is_ascii_alphanumeric() || b"-_/.*".contains(&octet);
        if !text.bytes().all(plain) {
            return Err(
                "a pattern of zones has letters, digits, \"-\", \"_\" and \"*\" between \
                        dots; write international names as A-labels (xn--…)",
            );
        }
        let bare = text.strip_suffix('.').unwrap_or(text);
        Ok(Self(Pattern::read(bare, text)?))
    }

    pub fn is_all(&self) -> bool {
        self.0.pieces.is_none()
    }

    /// The one zone that it names, if it has no `*`.
    pub fn one(&self) -> Option<&str> {
        let text = self.bare();
        (!text.contains('*')).then_some(text)
    }

    /// As it is written, in lower case and without a final dot.
    fn bare(&self) -> &str {
        let text = &self.0.text;
        text.strip_suffix('.').unwrap_or(text)
    }

    pub fn matches(&self, zone: &ZoneName) -> bool {
        let (text, zone) = (self.bare(), zone.as_str());
        // Lists ask this of every zone, most of which end in other letters.
        let Some((begin, rest)) = text.split_once('*') else {
            return text == zone;
        };
        let end = rest.rsplit('*').next().unwrap_or(rest);
        if !zone.starts_with(begin) || !zone.ends_with(end) {
            return false;
        }
        let labels: Vec<_> = zone.split('.').map(str::as_bytes).collect();
        self.0.matches(&labels)
    }
}

impl NamePattern {
    /// # Errors
    /// What is wrong with it.
    pub fn read(text: &str) -> Result<Self, &'static str> {
        let escaped = |rest: &str| rest.bytes().rev().take_while(|one| *one == b'\\').count() % 2;
        let (bare, absolute) = match text.strip_suffix('.') {
            Some(rest) if escaped(rest) == 0 => (rest, true),
            _ => (text, false),
        };
        let pattern = match bare {
            "@" if !absolute => Pattern {
                pieces: Some(Vec::new()),
                text: text.to_owned(),
            },
            "*" if absolute => return Err("write \"*\" for all names"),
            bare => Pattern::read(bare, text)?,
        };
        Ok(Self { pattern, absolute })
    }

    pub fn is_all(&self) -> bool {
        self.pattern.pieces.is_none()
    }

    pub fn matches(&self, zone: &ZoneName, owner: &DomainName) -> bool {
        let labels = labels(owner);
        if self.absolute {
            return self.pattern.matches(&labels);
        }
        match relative(&labels, zone) {
            Some(labels) => self.pattern.matches(labels),
            None => self.is_all(),
        }
    }
}

impl fmt::Display for ZonePattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.text)
    }
}

impl fmt::Display for NamePattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.pattern.text)
    }
}

impl Pattern {
    /// `shown` is how it is written.
    fn read(bare: &str, shown: &str) -> Result<Self, &'static str> {
        if bare.len() > MOST {
            return Err("it is longer than a name can be");
        }
        let text = shown.to_ascii_lowercase();
        if bare == "*" {
            return Ok(Self { pieces: None, text });
        }
        let pieces = pieces(bare)?;
        Ok(Self {
            pieces: Some(pieces),
            text,
        })
    }

    fn matches(&self, labels: &[&[u8]]) -> bool {
        let Some(pieces) = &self.pieces else {
            return true;
        };
        reaches(labels, pieces, |piece| match piece {
            Piece::Labels => Step::Many { least: 1 },
            Piece::Label(glyphs) => Step::One(Box::new(|label: &&[u8]| in_label(label, glyphs))),
        })
    }
}

fn in_label(label: &[u8], glyphs: &[Option<u8>]) -> bool {
    reaches(label, glyphs, |glyph| match glyph {
        None => Step::Many { least: 0 },
        Some(octet) => Step::One(Box::new(|found: &u8| found.eq_ignore_ascii_case(octet))),
    })
}

/// What one part of a pattern takes.
enum Step<'p, T> {
    One(Box<dyn Fn(&T) -> bool + 'p>),
    Many { least: usize },
}

/// Whether the parts of a pattern take all of `items`. Notes how far each part can reach, so that no pattern
/// takes longer than its length times that of the name.
fn reaches<'p, T, P>(items: &[T], parts: &'p [P], step: impl Fn(&'p P) -> Step<'p, T>) -> bool {
    let mut reached = vec![false; items.len() + 1];
    reached[0] = true;
    for part in parts {
        let mut next = vec![false; items.len() + 1];
        match step(part) {
            Step::One(takes) => {
                for (at, item) in items.iter().enumerate() {
                    next[at + 1] = reached[at] && takes(item);
                }
            }
            Step::Many { least } => {
                if let Some(first) = reached.iter().position(|reached| *reached) {
                    next.iter_mut()
                        .skip(first + least)
                        .for_each(|next| *next = true);
                }
            }
        }
        reached = next;
    }
    reached.last() == Some(&true)
}

fn pieces(bare: &str) -> Result<Vec<Piece>, &'static str> {
    let mut pieces = Vec::new();
    let mut label = Vec::new();
    let mut characters = bare.chars();
    let mut end = |label: &mut Vec<Option<u8>>| {
        pieces.push(match label.as_slice() {
            [] => return Err("it has an empty label (two dots in a row, or one in front)"),
            [None] => Piece::Labels,
            _ => Piece::Label(std::mem::take(label)),
        });
        label.clear();
        Ok(())
    };
    while let Some(character) = characters.next() {
        match character {
            '.' => end(&mut label)?,
            '*' => label.push(None),
            '\\' => label.push(Some(escaped(&mut characters)?)),
            '!'..='~' => label.push(Some(character as u8)),
            _ => {
                return Err("it has a space, a control character or one outside ASCII: \
                            write international names as A-labels (xn--…), others as \\DDD");
            }
        }
    }
    end(&mut label)?;
    Ok(pieces)
}

fn escaped(characters: &mut std::str::Chars<'_>) -> Result<u8, &'static str> {
    const WRONG: &str = "after \\ comes a character or three digits up to 255";
    let first = characters.next().ok_or(WRONG)?;
    if !first.is_ascii_digit() {
        return match first {
            '!'..='~' => Ok(first as u8),
            _ => Err(WRONG),
        };
    }
    let digits: String = std::iter::once(first)
        .chain(characters.by_ref().take(2))
        .collect();
    match digits.len() {
        3 => digits.parse().map_err(|_| WRONG),
        _ => Err(WRONG),
    }
}

/// The labels of a name, without the root.
fn labels(name: &DomainName) -> Vec<&[u8]> {
    let mut labels = Vec::new();
    let mut rest = name.as_slice();
    while let Some((length, more)) = rest.split_first()
        && *length > 0
        && let Some((label, more)) = more.split_at_checked(usize::from(*length))
    {
        labels.push(label);
        rest = more;
    }
    labels
}

/// What stands before the name of the zone; `None`: it is not in the zone.
fn relative<'l, 'n>(labels: &'l [&'n [u8]], zone: &ZoneName) -> Option<&'l [&'n [u8]]> {
    let apex: Vec<_> = zone.as_str().split('.').collect();
    let (before, end) = labels.split_at(labels.len().checked_sub(apex.len())?);
    let same = |(label, apex): (&&[u8], &&str)| label.eq_ignore_ascii_case(apex.as_bytes());
    end.iter().zip(&apex).all(same).then_some(before)
}

#[cfg(test)]
mod tests;
