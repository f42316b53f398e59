//! What a key takes: as data, for whoever reads files and writes schemas, and with the type of its field.

use std::fmt::Display;
use std::str::FromStr;
use std::time::Duration;

use crate::{Expected, Found, Key, Keys, Secret, Values};

/// What one value may be.
#[derive(Debug, Clone, Copy)]
pub enum Text {
    /// Yes or no, in the spellings of YAML and of DirectAdmin.
    Boolean,
    /// A whole number from the first to the second.
    Whole(u64, u64),
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// Whatever this reads.
    Read(fn(&str) -> Expected),
}

impl Text {
    /// `text` in its one spelling, or what was expected.
    ///
    /// # Errors
    /// What was expected, as the end of a sentence such as "x is not …".
    pub fn read(self, text: &str) -> Expected {
        match self {
            Self::Boolean => match text.to_ascii_lowercase().as_str() {
                "true" | "yes" | "on" | "1" => Ok("true".to_owned()),
                "false" | "no" | "off" | "0" => Ok("false".to_owned()),
                _ => Err("true or false (or yes, no, on, off, 1, 0)".to_owned()),
            },
            Self::Whole(least, most) => match text.parse::<u64>() {
                Ok(number) if (least..=most).contains(&number) => Ok(number.to_string()),
                _ => Err(format!("a whole number from {least} to {most}")),
            },
            Self::OneOf(words) if words.contains(&text) => Ok(text.to_owned()),
            Self::OneOf(words) => Err(match words.split_last() {
                Some((last, [])) => (*last).to_owned(),
                Some((last, first)) => format!("{} or {last}", first.join(", ")),
                None => "anything".to_owned(),
            }),
            Self::Read(read) => read(text),
        }
    }
}

/// What a key takes.
#[derive(Debug, Clone, Copy)]
pub enum Takes {
    /// One value.
    One(Text),
    /// One value, or nothing.
    Optional(Text),
    /// One value, or `none`.
    OrNone(Text),
    /// A list; a scalar is read as one whose items are separated by commas.
    Many(Text),
    /// Text that is never shown.
    Secret,
    /// Text that is never shown, or nothing.
    OptionalSecret,
    /// A list whose items are never shown; line ends separate them as commas do, for files of secrets.
    Secrets(Text),
    /// A list of sections, each with these keys.
    Items(&'static [Key]),
}

impl Takes {
    /// Whether its values are never shown.
    pub fn is_secret(self) -> bool {
        matches!(self, Self::Secret | Self::OptionalSecret | Self::Secrets(_))
    }

    /// One value in its one spelling, empty for none, or what was expected.
    ///
    /// # Errors
    /// What was expected.
    pub fn read(self, text: &str) -> Expected {
        let or = |other: &'static str| move |expected| format!("{expected}, or {other}");
        match self {
            Self::Optional(_) | Self::OrNone(_) if text.is_empty() => Ok(String::new()),
            Self::OrNone(_) if text == "none" => Ok(String::new()),
            Self::Optional(one) => one.read(text).map_err(or("nothing")),
            Self::OrNone(one) => one.read(text).map_err(or("none")),
            Self::One(one) | Self::Many(one) | Self::Secrets(one) => one.read(text),
            Self::Secret | Self::OptionalSecret | Self::Items(_) => Ok(text.to_owned()),
        }
    }
}

/// What a key takes, and how its field is read from that.
#[derive(Debug)]
pub struct Type<T> {
    takes: Takes,
    get: fn(&Values<'_>, &str) -> Option<T>,
}

impl<T> Type<T> {
    /// What the key takes.
    pub const fn takes(&self) -> Takes {
        self.takes
    }

    /// The value of the key `name`.
    pub fn get(&self, values: &Values<'_>, name: &str) -> Option<T> {
        (self.get)(values, name)
    }
}

/// Yes or no.
pub const fn boolean() -> Type<bool> {
    one(Text::Boolean)
}

/// A whole number within bounds.
pub const fn whole<T: FromStr>(least: u64, most: u64) -> Type<T> {
    one(Text::Whole(least, most))
}

/// A whole number of milliseconds.
pub const fn millis(least: u64, most: u64) -> Type<Duration> {
    custom(Takes::One(Text::Whole(least, most)), |values, name| {
        values.one(name)?.parse().ok().map(Duration::from_millis)
    })
}

/// A whole number of minutes.
pub const fn minutes(least: u64, most: u64) -> Type<Duration> {
    custom(Takes::One(Text::Whole(least, most)), |values, name| {
        let minutes: u64 = values.one(name)?.parse().ok()?;
        Some(Duration::from_secs(minutes * 60))
    })
}

/// One of some words.
pub const fn one_of<T: FromStr>(words: &'static [&'static str]) -> Type<T> {
    one(Text::OneOf(words))
}

/// One value.
pub const fn one<T: FromStr>(text: Text) -> Type<T> {
    custom(Takes::One(text), |values, name| {
        values.one(name)?.parse().ok()
    })
}

/// One value, or nothing.
pub const fn optional<T: FromStr>(text: Text) -> Type<Option<T>> {
    custom(Takes::Optional(text), option)
}

/// One value, or the word `none`.
pub const fn or_none<T: FromStr>(text: Text) -> Type<Option<T>> {
    custom(Takes::OrNone(text), option)
}

/// A list.
pub const fn many<T: FromStr>(text: Text) -> Type<Vec<T>> {
    custom(Takes::Many(text), list)
}

/// Text that is never shown.
pub const fn secret() -> Type<Secret> {
    custom(Takes::Secret, |values, name| {
        values.one(name).map(Secret::new)
    })
}

/// Text that is never shown, or nothing.
pub const fn optional_secret() -> Type<Option<Secret>> {
    custom(Takes::OptionalSecret, |values, name| {
        let text = values.one(name)?;
        Some(Some(text).filter(|text| !text.is_empty()).map(Secret::new))
    })
}

/// A list whose items are never shown.
pub const fn secrets<T: FromStr>(text: Text) -> Type<Vec<T>> {
    custom(Takes::Secrets(text), list)
}

/// A list of sections.
pub const fn items<T: Keys>() -> Type<Vec<T>> {
    custom(Takes::Items(T::SECTION.keys), |values, name| {
        Some(values.items(name, T::read))
    })
}

/// A type of one's own.
pub const fn custom<T>(takes: Takes, get: fn(&Values<'_>, &str) -> Option<T>) -> Type<T> {
    Type { takes, get }
}

fn option<T: FromStr>(values: &Values<'_>, name: &str) -> Option<Option<T>> {
    match values.one(name)? {
        "" => Some(None),
        text => text.parse().ok().map(Some),
    }
}

fn list<T: FromStr>(values: &Values<'_>, name: &str) -> Option<Vec<T>> {
    let items = values.many(name)?.iter();
    items.map(|item| item.parse().ok()).collect()
}

/// Any text but none.
pub const fn text() -> Text {
    Text::Read(|text| match text {
        "" => Err("text: it is empty".to_owned()),
        text => Ok(text.to_owned()),
    })
}

/// Any text.
pub const fn any() -> Text {
    Text::Read(|text| Ok(text.to_owned()))
}

/// What a type reads and writes; its error says what was expected.
pub const fn parsed<T: FromStr<Err: Display> + Display>() -> Text {
    Text::Read(|text| match text.parse::<T>() {
        Ok(value) => Ok(value.to_string()),
        Err(expected) => Err(expected.to_string()),
    })
}

/// What a type reads, kept as it was written; its error says what was expected.
pub const fn checked<T: FromStr<Err: Display>>() -> Text {
    Text::Read(|text| match text.parse::<T>() {
        Ok(_) => Ok(text.to_owned()),
        Err(expected) => Err(expected.to_string()),
    })
}

impl Found {
    /// As it is shown to an operator; secrets by [`MASK`](crate::MASK).
    pub fn shown(&self, takes: Takes) -> String {
        let one = |text: &String| match takes.is_secret() {
            true => crate::MASK.to_owned(),
            false => text.clone(),
        };
        match self {
            Self::One(text) if text.is_empty() => "-".to_owned(),
            Self::One(text) => one(text),
            Self::Many(items) => {
                format!("[{}]", items.iter().map(one).collect::<Vec<_>>().join(", "))
            }
        }
    }
}
