//! What precedes the data of a record: class, TTL and type.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::panel_types;
use crate::Rtype;
use crate::escape::Excerpt;
use crate::layout::Layout;
use crate::time;
use crate::tokens::{Broken, NO_COMMENT, Position, Token, Tokens};

/// What precedes the data of a record.
pub(super) struct Head<'a> {
    /// The TTL in seconds, with the word that gives it.
    pub(super) ttl: Option<(u32, Token<'a>)>,
    pub(super) rtype: Rtype,
    /// The word that names the type.
    pub(super) word: Token<'a>,
}

impl<'a> Head<'a> {
    /// Reads class and TTL, which may be absent and in either order, then the type (RFC 1035 §5.1). What
    /// is missing is missed at `position`.
    pub(super) fn read(
        tokens: &mut Tokens<'a>,
        position: Position,
        owner: Option<&Token<'a>>,
    ) -> Result<Self, Broken> {
        let mut next = || match tokens.next()? {
            Some(word) => Ok(word),
            None => Err(no_type(position, tokens.read_so_far())),
        };
        let mut word = next()?;
        let has_class = is_class_in(&word)?;
        if has_class {
            word = next()?;
        }
        let ttl = word
            .plain()
            .and_then(time::period)
            .map(|seconds| (seconds, word));
        if ttl.is_some() {
            word = next()?;
        }
        if !has_class && is_class_in(&word)? {
            word = next()?;
        }
        match word.plain().and_then(Layout::rtype_named) {
            Some(rtype) => Ok(Self { ttl, rtype, word }),
            None => Err(not_a_type(&word, ttl.is_some(), owner)),
        }
    }
}

/// A record that ends before its type, with what there is of it.
fn no_type(position: Position, record: &[u8]) -> Broken {
    let rule = "the record ends before its type";
    let before_comment = record
        .split(|byte| *byte == b';')
        .next()
        .unwrap_or_default();
    let mut words = before_comment.trim_ascii().rsplit(u8::is_ascii_whitespace);
    match words.next().filter(|last| !last.is_empty()) {
        Some(last) => {
            let last = Excerpt::new(last);
            Broken::new(position, None, format!("{rule}, after {last}"))
        }
        None => Broken::new(position, None, rule),
    }
}

/// What is wrong with a word in place of the type.
fn not_a_type(word: &Token<'_>, has_ttl: bool, owner: Option<&Token<'_>>) -> Broken {
    let text = std::str::from_utf8(word.text).unwrap_or_default();
    if word.quoted {
        return word.broken("stands where the type of the record should, which is never quoted");
    }
    if word.is_comment_elsewhere() {
        return word.broken(NO_COMMENT);
    }
    let address = match (text.parse::<Ipv4Addr>(), text.parse::<Ipv6Addr>()) {
        (Ok(_), _) => Some("A"),
        (_, Ok(_)) => Some("AAAA"),
        _ => None,
    };
    if let Some(rtype) = address {
        let named = owner.filter(|owner| Layout::rtype_named(owner.text).is_some());
        return word.broken(match named {
            Some(owner) => format!(
                "stands where the type of the record should, as {} at the start of the line is read \
                 as a name: a line without a name begins with a blank",
                Excerpt::new(owner.text)
            ),
            None => format!(
                "is an address where the type of the record should stand ({rtype} for this one)"
            ),
        });
    }
    if !has_ttl && time::looks_like_a_period(word.text) {
        return word.broken(time::no_period(word.text, "TTL"));
    }
    word.broken(match panel_types::advice(text) {
        Some(advice) => advice,
        None if has_ttl && time::looks_like_a_period(word.text) => {
            "is not a record type; the TTL stands before it already"
        }
        None if is_numbered(text) => "is not a record type, whose numbers go up to 65535",
        None => "is not a record type",
    })
}

/// Whether a word is of the form `TYPEnnn`.
fn is_numbered(word: &str) -> bool {
    word.split_at_checked(4).is_some_and(|(prefix, digits)| {
        prefix.eq_ignore_ascii_case("TYPE")
            && !digits.is_empty()
            && digits.bytes().all(|byte| byte.is_ascii_digit())
    })
}

/// Whether a word is the class IN; another class is an error.
fn is_class_in(word: &Token<'_>) -> Result<bool, Broken> {
    match word.plain().and_then(class_named) {
        None => Ok(false),
        Some(CLASS_IN) => Ok(true),
        Some(_) => Err(word.broken("is a class other than IN")),
    }
}

const CLASS_IN: u16 = 1;

/// The class that a word names, as mnemonic or `CLASSnnn` (RFC 3597 §5).
fn class_named(word: &[u8]) -> Option<u16> {
    const NAMES: [(&[u8], u16); 7] = [
        (b"IN", CLASS_IN),
        (b"CH", 3),
        (b"CHAOS", 3),
        (b"HS", 4),
        (b"HESIOD", 4),
        (b"NONE", 254),
        (b"ANY", 255),
    ];
    if let Some((_, class)) = NAMES
        .iter()
        .find(|(name, _)| word.eq_ignore_ascii_case(name))
    {
        return Some(*class);
    }
    let (prefix, digits) = word.split_at_checked(5)?;
    let numbered = prefix.eq_ignore_ascii_case(b"CLASS") && digits.iter().all(u8::is_ascii_digit);
    numbered.then(|| std::str::from_utf8(digits).ok()?.parse().ok())?
}
