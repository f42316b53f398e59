//! Zone names: checked once against a strict grammar, safe in a path, a configuration file or SQL.

use std::borrow::Borrow;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use crate::DomainName;
use crate::escape::Excerpt;

/// Most octets a domain name takes on the wire (RFC 1035 §3.1).
const MAX_WIRE_LEN: usize = 255;
/// Most octets in one label (RFC 1035 §2.3.4).
const MAX_LABEL_LEN: usize = 63;

/// The name of a zone: absolute, lower-case, without the trailing dot (`example.com`).
///
/// Only letters, digits, `-` and `_` occur in its labels, and `/` in names under `in-addr.arpa`
/// (classless delegation, RFC 2317). The root zone has no `ZoneName`. Cloning shares the text.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ZoneName(Arc<str>);

/// Why a text is not a zone name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// There is no label: the empty text, or the root.
    #[error("a zone name needs at least one label")]
    Empty,
    /// Two dots in a row, or one in front.
    #[error("{0} has an empty label (two dots in a row, or one in front)")]
    EmptyLabel(Excerpt),
    /// A label has more than 63 octets.
    #[error("label {0} is longer than 63 octets")]
    LabelTooLong(Excerpt),
    /// The name takes more than 255 octets on the wire.
    #[error("{0} is longer than 255 octets")]
    TooLong(Excerpt),
    /// A character outside ASCII.
    #[error("{0} is not ASCII: write international names as A-labels (xn--…)")]
    NotAscii(Excerpt),
    /// A slash in a name that is not under `in-addr.arpa`.
    #[error("{0} has a \"/\", which only names under in-addr.arpa may have")]
    Slash(Excerpt),
    /// An ASCII character that no zone name has.
    #[error(
        "{0} has a character other than letters, digits, \"-\" and \"_\" in labels and \".\" between them"
    )]
    Character(Excerpt),
    /// A file stem that [`ZoneName::file_stem`] never writes.
    #[error("{0} is not the file stem of a zone")]
    FileStem(Excerpt),
}

impl ZoneName {
    /// Checks `text` and lower-cases it. One trailing dot is accepted.
    ///
    /// # Errors
    /// Names the first rule of the grammar that `text` breaks.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let bare = text.strip_suffix('.').unwrap_or(text);
        let excerpt = || Excerpt::new(text.as_bytes());
        if bare.is_empty() {
            return Err(NameError::Empty);
        }
        if bare.len() + 2 > MAX_WIRE_LEN {
            return Err(NameError::TooLong(excerpt()));
        }
        if !bare.is_ascii() {
            return Err(NameError::NotAscii(excerpt()));
        }
        let name = bare.to_ascii_lowercase();
        let reverse = name.ends_with(".in-addr.arpa");
        for label in name.split('.') {
            check_label(label, text, reverse)?;
        }
        Ok(Self(name.into()))
    }

    /// The name as text: lower-case, no trailing dot.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A file name without extension for this zone: never hidden, never outside its directory,
    /// different for different zones. `/` becomes `%2f`, so it has at most 253 octets except
    /// under `in-addr.arpa`.
    pub fn file_stem(&self) -> String {
        self.0.replace('/', "%2f")
    }

    /// The zone whose [`file_stem`](Self::file_stem) this is.
    ///
    /// # Errors
    /// [`NameError::FileStem`] for every text that `file_stem` would not have written.
    pub fn from_file_stem(stem: &str) -> Result<Self, NameError> {
        Self::parse(&stem.replace("%2f", "/"))
            .ok()
            .filter(|name| name.file_stem() == stem)
            .ok_or_else(|| NameError::FileStem(Excerpt::new(stem.as_bytes())))
    }

    /// The proper ancestors, nearest first and without the root: `a.b.c` has `b.c` and `c`.
    pub fn ancestors(&self) -> impl Iterator<Item = ZoneName> + '_ {
        self.0
            .match_indices('.')
            .map(|(dot, _)| Self(self.0[dot + 1..].into()))
    }

    /// The same name in wire form.
    pub fn to_domain_name(&self) -> DomainName {
        let mut wire = Vec::with_capacity(self.0.len() + 2);
        for label in self.0.split('.') {
            // The grammar keeps labels at 63 octets or fewer.
            wire.push(label.len() as u8);
            wire.extend_from_slice(label.as_bytes());
        }
        wire.push(0);
        crate::wire::name_from_checked(wire.into())
    }
}

fn check_label(label: &str, text: &str, reverse: bool) -> Result<(), NameError> {
    let excerpt = || Excerpt::new(text.as_bytes());
    if label.is_empty() {
        return Err(NameError::EmptyLabel(excerpt()));
    }
    if label.len() > MAX_LABEL_LEN {
        return Err(NameError::LabelTooLong(Excerpt::new(label.as_bytes())));
    }
    for byte in label.bytes() {
        match byte {
            b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' => {}
            b'/' if reverse => {}
            b'/' => return Err(NameError::Slash(excerpt())),
            _ => return Err(NameError::Character(excerpt())),
        }
    }
    Ok(())
}

impl fmt::Display for ZoneName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for ZoneName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ZoneName({})", self.0)
    }
}

impl FromStr for ZoneName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        Self::parse(text)
    }
}

impl AsRef<str> for ZoneName {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl Borrow<str> for ZoneName {
    fn borrow(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> ZoneName {
        ZoneName::parse(text).unwrap()
    }

    #[test]
    fn a_name_is_lower_cased_and_loses_one_trailing_dot() {
        assert_eq!(name("Example.COM.").as_str(), "example.com");
        assert_eq!(
            ZoneName::parse("example.com.."),
            Err(NameError::EmptyLabel(Excerpt::new(b"example.com..")))
        );
    }

    #[test]
    fn hostile_names_are_refused() {
        let long_label = format!("{}.example", "a".repeat(64));
        let long_name = ["a".repeat(63).as_str(); 4].join(".");
        for text in [
            "",
            ".",
            "..",
            ".example",
            "a..b",
            "/etc/cron.d/x",
            "../x",
            "a/b.example",
            "x\".example",
            "{",
            "a b.example",
            "a\n.example",
            "a\0b",
            "*.example",
            "bücher.example",
            "a\\.b",
            "%2f.example",
            &long_label,
            &long_name,
        ] {
            let error = ZoneName::parse(text).expect_err(text);
            let said = error.to_string();
            assert!(
                !said.chars().any(char::is_control),
                "{said:?} carries a raw control character"
            );
        }
    }

    #[test]
    fn a_name_outside_ascii_is_told_about_a_labels() {
        assert!(
            ZoneName::parse("bücher.example")
                .unwrap_err()
                .to_string()
                .contains("A-labels")
        );
    }

    #[test]
    fn the_longest_name_and_label_are_accepted() {
        let label = "a".repeat(63);
        let longest = format!("{label}.{label}.{label}.{}", "a".repeat(61));
        assert_eq!(name(&longest).to_domain_name().as_slice().len(), 255);
        assert!(ZoneName::parse(&format!("{label}.{label}.{label}.{}", "a".repeat(62))).is_err());
    }

    #[test]
    fn a_slash_is_for_classless_reverse_zones_only() {
        assert_eq!(
            name("0/25.2.0.192.in-addr.arpa").as_str(),
            "0/25.2.0.192.in-addr.arpa"
        );
        assert!(matches!(
            ZoneName::parse("0/25.example"),
            Err(NameError::Slash(_))
        ));
        assert!(matches!(
            ZoneName::parse("a/b.xin-addr.arpa"),
            Err(NameError::Slash(_))
        ));
    }

    #[test]
    fn a_file_stem_goes_back_to_its_zone_and_no_other_text_does() {
        for text in ["example.com", "_x-1.example", "0/25.2.0.192.in-addr.arpa"] {
            let stem = name(text).file_stem();
            assert!(!stem.contains('/') && !stem.starts_with('.'));
            assert_eq!(ZoneName::from_file_stem(&stem), Ok(name(text)));
        }
        for stem in [
            "Example.com",
            "example.com.",
            "0/25.2.0.192.in-addr.arpa",
            "0%2F25.2.0.192.in-addr.arpa",
            ".",
            "..",
        ] {
            assert!(ZoneName::from_file_stem(stem).is_err(), "{stem}");
        }
    }

    #[test]
    fn ancestors_come_nearest_first_without_the_root() {
        let all: Vec<_> = name("a.b.example")
            .ancestors()
            .map(|name| name.to_string())
            .collect();
        assert_eq!(all, ["b.example", "example"]);
        assert_eq!(name("example").ancestors().count(), 0);
    }

    #[test]
    fn the_wire_form_has_a_length_before_each_label() {
        assert_eq!(name("ab.c").to_domain_name().as_slice(), b"\x02ab\x01c\0");
    }
}
