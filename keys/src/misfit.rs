//! Whether what stands in a file or a variable is what its key takes; and how a value that is not is told.

use crate::yaml::{Node, Value};
use crate::{Found, MASK, Takes};

/// What is wrong with a value, and on which line.
#[derive(Debug)]
pub struct Misfit {
    /// The line.
    pub line: usize,
    /// What is wrong.
    pub message: String,
}

impl Takes {
    /// The value that `node` stands for.
    ///
    /// # Errors
    /// It is not what the key takes.
    pub fn found(self, node: &Node) -> Result<Found, Misfit> {
        match self {
            Takes::One(_) | Takes::Optional(_) | Takes::OrNone(_) => {
                open(node, scalar(node)?, self).map(Found::One)
            }
            Takes::Many(_) => {
                let items = items(node, &[','])?.into_iter();
                let items = items.map(|(node, item)| open(node, item, self));
                items.collect::<Result<_, _>>().map(Found::Many)
            }
            Takes::OptionalSecret if node.text().is_some_and(str::is_empty) => {
                Ok(Found::One(String::new()))
            }
            Takes::Secret | Takes::OptionalSecret => match node.text() {
                Some(text) => secret(text).map_err(|why| misfit(node, why)),
                None => Err(misfit(node, "takes one value")),
            },
            Takes::Secrets(_) => {
                let items = items(node, &[',', '\n', '\r'])?.into_iter().zip(1..);
                let items = items.map(|((node, item), number)| {
                    let told = |expected| misfit(node, format!("item {number} is not {expected}"));
                    checked(item, self).map_err(told)
                });
                items.collect::<Result<_, _>>().map(Found::Many)
            }
            // The items stand at paths of their own.
            Takes::Items(_) if matches!(node.value, Value::List(_)) => Ok(Found::Many(Vec::new())),
            Takes::Items(keys) => {
                let names: Vec<&str> = keys.iter().map(|key| key.name).collect();
                let names = names.join(", ");
                let expected = format!(
                    "takes a list of sections with {names}; a variable sets one key of one item"
                );
                Err(misfit(node, expected))
            }
        }
    }
}

/// The items of a list, each with the node to blame; those of a scalar are separated by any of `marks`.
fn items<'a>(node: &'a Node, marks: &[char]) -> Result<Vec<(&'a Node, &'a str)>, Misfit> {
    match &node.value {
        Value::List(items) => items.iter().map(|item| Ok((item, scalar(item)?))).collect(),
        Value::Text(text) => {
            let items = text.split(marks).map(str::trim);
            let items = items.filter(|item| !item.is_empty());
            Ok(items.map(|item| (node, item)).collect())
        }
        _ => Err(misfit(node, "takes a list")),
    }
}

fn scalar(node: &Node) -> Result<&str, Misfit> {
    let none = || misfit(node, "takes one value, not a list or a mapping");
    node.text().ok_or_else(none)
}

/// Reads `text`; one that is not what was expected is shown.
fn open(node: &Node, text: &str, takes: Takes) -> Result<String, Misfit> {
    checked(text, takes).map_err(|expected| {
        let shown: String = without_keys(text.trim()).chars().take(80).collect();
        let message = match shown.as_str() {
            "" => format!("is empty, but has to be {expected}"),
            shown => format!("{shown:?} is not {expected}"),
        };
        misfit(node, message)
    })
}

fn checked(text: &str, takes: Takes) -> Result<String, String> {
    let text = text.trim();
    match text.chars().any(char::is_control) {
        true => Err("text without control characters".to_owned()),
        false => takes.read(text),
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

fn secret(text: &str) -> Result<Found, &'static str> {
    if text.is_empty() {
        Err("must not be empty")
    } else if text.chars().any(char::is_control) {
        Err("must not contain line ends or other control characters")
    } else {
        Ok(Found::One(text.to_owned()))
    }
}

fn misfit(node: &Node, message: impl Into<String>) -> Misfit {
    Misfit {
        line: node.line,
        message: message.into(),
    }
}
