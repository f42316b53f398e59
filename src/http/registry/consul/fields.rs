//! Members of JSON objects as clients of Consul write them: `ServiceName`, `servicename` and `service_name` are one.

use std::time::Duration;

use serde_json::{Map, Value};

use crate::http::registry::fault::Fault;

/// An object, by names in lower case without `_`.
#[derive(Debug, Default)]
pub(super) struct Fields(Map<String, Value>);

impl Fields {
    /// The members of an object. Of two whose names are the same, the later one counts; `null` is nothing.
    pub fn of(object: Map<String, Value>) -> Self {
        let members = object.into_iter().filter(|(_, value)| !value.is_null());
        let members =
            members.map(|(name, value)| (name.replace('_', "").to_ascii_lowercase(), value));
        Self(members.collect())
    }

    pub fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    pub fn take(&mut self, name: &str) -> Option<Value> {
        self.0.remove(name)
    }

    /// A text; empty where there is none.
    pub fn text(&self, name: &str) -> Result<String, Fault> {
        match self.0.get(name) {
            None => Ok(String::new()),
            Some(Value::String(text)) => Ok(text.clone()),
            Some(_) => Err(Fault::invalid(format!("{name} is no text"))),
        }
    }

    /// A whole number.
    pub fn number(&self, name: &str) -> Result<Option<u64>, Fault> {
        let wrong = || Fault::invalid(format!("{name} is no whole number"));
        let value = self.0.get(name);
        value
            .map(|value| value.as_u64().ok_or_else(wrong))
            .transpose()
    }

    pub fn flag(&self, name: &str) -> Result<bool, Fault> {
        match self.0.get(name) {
            None => Ok(false),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(_) => Err(Fault::invalid(format!("{name} is neither true nor false"))),
        }
    }

    /// A list of texts.
    pub fn texts(&self, name: &str) -> Result<Vec<String>, Fault> {
        let wrong = || Fault::invalid(format!("{name} is no list of texts"));
        let list = match self.0.get(name) {
            None => return Ok(Vec::new()),
            Some(Value::Array(list)) => list,
            Some(_) => return Err(wrong()),
        };
        let text = |value: &Value| value.as_str().map(str::to_owned).ok_or_else(wrong);
        list.iter().map(text).collect()
    }

    /// An object.
    pub fn object(&self, name: &str) -> Result<Map<String, Value>, Fault> {
        match self.0.get(name) {
            None => Ok(Map::new()),
            Some(Value::Object(object)) => Ok(object.clone()),
            Some(_) => Err(Fault::invalid(format!("{name} is no object"))),
        }
    }

    /// A time such as `10s`; a number counts nanoseconds.
    pub fn duration(&self, name: &str) -> Result<Option<Duration>, Fault> {
        match self.0.get(name) {
            None => Ok(None),
            Some(Value::String(text)) if text.is_empty() => Ok(None),
            Some(Value::String(text)) => match duration(text) {
                Some(duration) => Ok(Some(duration)),
                None => Err(Fault::invalid(format!("{name} is no time such as 10s"))),
            },
            Some(value) => match value.as_u64() {
                Some(nanos) => Ok(Some(nanos)
                    .filter(|nanos| *nanos > 0)
                    .map(Duration::from_nanos)),
                None => Err(Fault::invalid(format!("{name} is no time such as 10s"))),
            },
        }
    }
}

/// A time as Go writes it: `1h30m`, `1.5s`, `120000ms`.
pub(in crate::http::registry) fn duration(text: &str) -> Option<Duration> {
    if text == "0" {
        return Some(Duration::ZERO);
    }
    let mut rest = text;
    let mut seconds = 0.0;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let number: f64 = rest[..end].parse().ok()?;
        let unit = &rest[end..];
        let end = unit
            .find(|c: char| c.is_ascii_digit() || c == '.')
            .unwrap_or(unit.len());
        seconds += number
            * match &unit[..end] {
                "ns" => 1e-9,
                "us" | "µs" | "μs" => 1e-6,
                "ms" => 1e-3,
                "s" => 1.0,
                "m" => 60.0,
                "h" => 3_600.0,
                _ => return None,
            };
        rest = &unit[end..];
    }
    (!text.is_empty())
        .then(|| Duration::try_from_secs_f64(seconds).ok())
        .flatten()
}

/// Whether a word of a query says yes, as Go reads it; alone it does.
pub(super) fn yes(word: &str) -> bool {
    matches!(word, "" | "1" | "t" | "T" | "true" | "TRUE" | "True")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_go_writes_them() {
        for (text, millis) in [
            ("10s", Some(10_000)),
            ("1h30m", Some(5_400_000)),
            ("1.5s", Some(1_500)),
            ("120000ms", Some(120_000)),
            ("0", Some(0)),
            ("", None),
            ("10", None),
            ("s", None),
            ("10x", None),
            ("-1s", None),
            ("1..2s", None),
            ("99999999999999999999999999h", None),
        ] {
            assert_eq!(duration(text), millis.map(Duration::from_millis), "{text}");
        }
    }
}
