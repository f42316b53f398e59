//! What a key takes, one value or a list, open or secret; and how a value that does not fit is told.

use figment::value::Value;

use super::lists::Section;
use super::read::Reader;
use super::secret::MASK;
use super::yaml::{self, Node};

/// What a key takes.
#[derive(Debug, Clone, Copy)]
pub(super) enum Takes {
    /// One value.
    One(Reader),
    /// A list; a scalar is read as one whose items are parted by commas.
    Many(Reader),
    /// Text that is never shown.
    Secret,
    /// A list whose items are never shown; line ends part them as commas do, for files of secrets.
    Secrets(Reader),
    /// A list of sections, each with these keys (`lists`).
    Sections(&'static Section),
}

/// What is wrong with a value, and on which line.
pub(super) struct Misfit {
    pub line: usize,
    pub message: String,
}

impl Takes {
    /// Whether its values are never shown.
    pub fn is_secret(self) -> bool {
        matches!(self, Self::Secret | Self::Secrets(_))
    }

    /// The value that `node` stands for.
    pub fn read(self, node: &Node) -> Result<Value, Misfit> {
        match self {
            Self::One(reader) => open(node, scalar(node)?, reader),
            Self::Many(reader) => {
                let items = items(node, &[','])?.into_iter();
                let items: Result<Vec<Value>, Misfit> =
                    items.map(|(node, item)| open(node, item, reader)).collect();
                items.map(Value::from)
            }
            Self::Secret => match node.text() {
                Some(text) => secret(text).map_err(|why| misfit(node, why)),
                None => Err(misfit(node, "takes one value")),
            },
            Self::Secrets(reader) => {
                let items = items(node, &[',', '\n', '\r'])?.into_iter().zip(1..);
                let items: Result<Vec<Value>, Misfit> = items
                    .map(|((node, item), number)| {
                        read(item, reader).map_err(|expected| {
                            let told = format!("item {number} does not fit: it takes {expected}");
                            misfit(node, told)
                        })
                    })
                    .collect();
                items.map(Value::from)
            }
            // The layers take lists of sections apart; whatever else stands there does not fit.
            Self::Sections(section) => Err(misfit(node, section.expected())),
        }
    }
}

/// The items of a list, each with the node to blame; those of a scalar are parted by any of `marks`.
fn items<'a>(node: &'a Node, marks: &[char]) -> Result<Vec<(&'a Node, &'a str)>, Misfit> {
    match &node.value {
        yaml::Value::List(items) => items.iter().map(|item| Ok((item, scalar(item)?))).collect(),
        yaml::Value::Text(text) => {
            let items = text.split(marks).map(str::trim);
            Ok(items
                .filter(|item| !item.is_empty())
                .map(|item| (node, item))
                .collect())
        }
        _ => Err(misfit(node, "takes a list")),
    }
}

fn scalar(node: &Node) -> Result<&str, Misfit> {
    let none = || misfit(node, "takes one value, not a list or a mapping");
    node.text().ok_or_else(none)
}

/// Reads `text`; what does not fit is shown.
fn open(node: &Node, text: &str, reader: Reader) -> Result<Value, Misfit> {
    read(text, reader).map_err(|expected| {
        let shown: String = without_keys(text.trim()).chars().take(80).collect();
        misfit(node, format!("{shown:?} does not fit: it takes {expected}"))
    })
}

fn read(text: &str, reader: Reader) -> Result<Value, String> {
    let text = text.trim();
    match text.chars().any(char::is_control) {
        true => Err("text without control characters".to_owned()),
        false => reader(text),
    }
}

/// Who names a TSIG key may have put all of it there, secret and all: that is not shown.
fn without_keys(text: &str) -> String {
    let is_key = |word: &str, first: bool| match first {
        // Addresses have colons too.
        true => word.to_ascii_lowercase().starts_with("hmac-"),
        false => word.contains(':'),
    };
    let words = text.split(' ').enumerate();
    let shown: Vec<&str> = words
        .map(|(at, word)| if is_key(word, at == 0) { MASK } else { word })
        .collect();
    shown.join(" ")
}

fn secret(text: &str) -> Result<Value, &'static str> {
    if text.is_empty() {
        Err("must not be empty")
    } else if text.chars().any(char::is_control) {
        Err("must not contain line ends or other control characters")
    } else {
        Ok(Value::from(text))
    }
}

fn misfit(node: &Node, message: impl Into<String>) -> Misfit {
    Misfit {
        line: node.line,
        message: message.into(),
    }
}
