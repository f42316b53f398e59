//! What precedes the data of a record: class, TTL and type.

use crate::Rtype;
use crate::layout::Layout;
use crate::time;
use crate::tokens::{Broken, Place, Token, Tokens};

/// What precedes the data of a record.
pub(super) struct Head<'a> {
    /// The TTL in seconds, with the word that gives it.
    pub(super) ttl: Option<(u32, Token<'a>)>,
    pub(super) rtype: Rtype,
    /// The word that names the type.
    pub(super) word: Token<'a>,
}

impl<'a> Head<'a> {
    /// Reads class and TTL, which may be absent and in either order, then the type (RFC 1035 §5.1).
    pub(super) fn read(tokens: &mut Tokens<'a>, place: Place) -> Result<Self, Broken> {
        let mut next = || {
            let missing = || Broken {
                place,
                text: None,
                rule: "the record ends before its type".into(),
            };
            tokens.next()?.ok_or_else(missing)
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
        let rtype = word.plain().and_then(Layout::rtype_named);
        let rtype = rtype.ok_or_else(|| word.broken("is not a record type"))?;
        Ok(Self { ttl, rtype, word })
    }
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
