//! The fields of forms: what each takes, and whether a text is that. The readers of `zone` decide: each field is
//! read in a record of its own, so that an error stands beside the field that it is about.

use dadns_zone::{ZoneName, quoted, words};

use crate::http::web::text::is_hidden;
use crate::records::rdata;

/// What a field takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Ipv4,
    Ipv6,
    /// A domain name.
    Name,
    U8,
    U16,
    U32,
    /// A number of seconds, or with units.
    Seconds,
    /// The number or mnemonic of a DNSSEC algorithm.
    Algorithm,
    DigestType,
    /// An unquoted word of letters and digits.
    Tag,
    /// Hexadecimal, to the end.
    Hex,
    /// Text of up to 255 octets.
    Text,
    /// Text without a limit of its own.
    LongText,
    /// Text that is cut into character-strings, to the end.
    Strings,
    /// Service parameters, to the end.
    Params,
}

/// One field of a form.
#[derive(Debug)]
pub(super) struct Field {
    /// What it is called in requests.
    pub id: &'static str,
    /// What its RFC calls it.
    pub label: &'static str,
    pub hint: &'static str,
    pub kind: Kind,
    /// What is registered, each with its meaning. None: whatever it takes.
    pub choices: &'static [(&'static str, &'static str)],
    /// What it has in a new value.
    pub default: &'static str,
    pub may_be_empty: bool,
    /// Whether the gateway writes it.
    pub is_fixed: bool,
}

impl Field {
    pub const fn new(
        id: &'static str,
        label: &'static str,
        kind: Kind,
        hint: &'static str,
    ) -> Self {
        Self {
            id,
            label,
            hint,
            kind,
            choices: &[],
            default: "",
            may_be_empty: false,
            is_fixed: false,
        }
    }

    pub const fn of(mut self, choices: &'static [(&'static str, &'static str)]) -> Self {
        self.choices = choices;
        self
    }

    pub const fn begins(mut self, default: &'static str) -> Self {
        self.default = default;
        self
    }

    pub const fn may_be_empty(mut self) -> Self {
        self.may_be_empty = true;
        self
    }

    pub const fn fixed(mut self) -> Self {
        self.is_fixed = true;
        self
    }

    /// What is wrong with `text` in this field, if anything is.
    pub fn fault(&self, zone: &ZoneName, text: &str) -> Option<String> {
        if text.trim().is_empty() && !self.is_text() {
            return match self.may_be_empty {
                true => None,
                false => Some(format!("{} is missing", self.label)),
            };
        }
        let data = match self.written(text) {
            Ok(data) => data,
            Err(fault) => return Some(fault),
        };
        let mut fault = None;
        for (rtype, before, after) in self.kind.alone() {
            match rdata(zone, "@", rtype, &format!("{before}{data}{after}")) {
                Ok(_) => return None,
                Err(error) => fault = Some(error.to_string()),
            }
        }
        fault
    }

    fn is_text(&self) -> bool {
        matches!(self.kind, Kind::Text | Kind::LongText | Kind::Strings)
    }

    /// `text` as the data of a record has it.
    ///
    /// # Errors
    /// When it is more than this field.
    pub fn written(&self, text: &str) -> Result<String, String> {
        let one_line = text.trim().replace(['\r', '\n'], " ");
        let one_line = one_line.trim();
        match self.kind {
            Kind::Strings => {
                if is_quoted(text) {
                    return all_quoted(one_line);
                }
                let octets = without_line_ends(text);
                let strings: Vec<_> = octets.as_bytes().chunks(255).map(quoted).collect();
                Ok(match strings.is_empty() {
                    true => "\"\"".to_owned(),
                    false => strings.join(" "),
                })
            }
            Kind::Text | Kind::LongText if is_quoted(text) => {
                let written = all_quoted(one_line)?;
                match words(&written).map(|words| words.len()) {
                    Ok(1) => Ok(written),
                    _ => Err(format!("{} is one text in quotation marks", self.label)),
                }
            }
            Kind::Text | Kind::LongText => Ok(quoted(without_line_ends(text).as_bytes())),
            Kind::Hex | Kind::Params => Ok(one_line.to_owned()),
            _ => match words(one_line) {
                Ok(words) if matches!(&*words, [word] if !word.is_quoted() && word.text() == one_line) => {
                    Ok(one_line.to_owned())
                }
                _ => Err(format!("{} is one word, without spaces", self.label)),
            },
        }
    }

    /// What is worth saying of `text` though it can be read.
    pub fn note(&self, zone: &ZoneName, text: &str) -> Option<String> {
        let text = text.trim();
        let relative = self.kind == Kind::Name && !text.ends_with('.') && text.contains('.');
        relative.then(|| {
            format!("{text} has no final dot, so it is {text}.{zone}. in full; add the dot if it is complete")
        })
    }
}

impl Kind {
    /// Records in which it stands alone, each as type and what stands before and after it: fine is what one of
    /// them takes. None of these types has a rule between its fields, but the last.
    fn alone(self) -> &'static [(&'static str, &'static str, &'static str)] {
        const DIGITS: [&str; 3] = [
            " 0123456789012345678901234567890123456789",
            " 0123456789012345678901234567890123456789012345678901234567890123",
            " 012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345",
        ];
        match self {
            Self::Ipv4 => &[("A", "", "")],
            Self::Ipv6 => &[("AAAA", "", "")],
            Self::Name => &[("NS", "", "")],
            Self::U8 => &[("SMIMEA", "", " 0 0 00")],
            Self::U16 => &[("KX", "", " .")],
            Self::U32 => &[("SOA", ". . ", " 1 1 1 1")],
            Self::Seconds => &[("SOA", ". . 1 ", " 1 1 1")],
            Self::Algorithm => &[("CERT", "1 0 ", " AA==")],
            Self::DigestType => &[
                ("DS", "0 8 ", DIGITS[0]),
                ("DS", "0 8 ", DIGITS[1]),
                ("DS", "0 8 ", DIGITS[2]),
            ],
            Self::Tag => &[("CAA", "0 ", " \"\"")],
            Self::Hex => &[("SMIMEA", "0 0 0 ", "")],
            Self::Text => &[("HINFO", "", " x")],
            Self::LongText => &[("URI", "0 0 ", "")],
            Self::Strings => &[("TXT", "", "")],
            Self::Params => &[("SVCB", "1 . ", "")],
        }
    }
}

/// Whether a text is meant as a master file has it.
fn is_quoted(text: &str) -> bool {
    text.trim_start().starts_with('"')
}

fn all_quoted(text: &str) -> Result<String, String> {
    let why = "what begins with a quotation mark is read as in a zone file: strings in quotation marks, with \\\" for one \
               in the text";
    match words(text) {
        Ok(words) if words.iter().all(dadns_zone::Word::is_quoted) && !words.is_empty() => {
            let words: Vec<_> = words.iter().map(ToString::to_string).collect();
            Ok(words.join(" "))
        }
        Ok(_) => Err(why.to_owned()),
        Err(error) => Err(format!("{error}; {why}")),
    }
}

fn without_line_ends(text: &str) -> String {
    text.replace(['\r', '\n'], "")
}

/// Octets as a plain text, where nothing is lost by that.
pub(super) fn plain(octets: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(octets).ok()?;
    let fine = !text.chars().any(is_hidden) && !is_quoted(text);
    fine.then_some(text)
}

/// A text of one line, with what cannot be seen as `\DDD`: as a master file has it.
pub(super) fn seen(text: &str) -> String {
    let mut seen = String::with_capacity(text.len());
    for c in text.chars() {
        match is_hidden(c) && !matches!(c, '\r' | '\n' | '\t') {
            true => {
                let mut octets = [0; 4];
                for octet in c.encode_utf8(&mut octets).bytes() {
                    seen.push_str(&format!("\\{octet:03}"));
                }
            }
            false => seen.push(c),
        }
    }
    seen
}
