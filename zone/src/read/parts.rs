//! Reads one record from its parts, as databases keep records: owner, type and data on their own.

use bytes::Bytes;

use crate::escape::Excerpt;
use crate::layout::Layout;
use crate::text::{push_name, read_rdata};
use crate::tokens::{Line, Tokens};
use crate::wire::name_from_checked;
use crate::words::Words;
use crate::{DomainName, Rdata, Rtype, ZoneName};

/// Why parts are not one record.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text} {rule}")]
pub struct PartsError {
    text: Excerpt,
    rule: String,
}

impl PartsError {
    pub(super) fn new(text: &str, rule: impl Into<String>) -> Self {
        Self {
            text: Excerpt::new(text.as_bytes()),
            rule: rule.into(),
        }
    }
}

/// The owner name that `text` is in zone `apex`: without a final dot it ends in `apex`; `@` is the apex
/// itself.
///
/// # Errors
/// When it is no name.
pub fn owner_name(apex: &ZoneName, text: &str) -> Result<DomainName, PartsError> {
    let origin = apex.to_domain_name();
    let mut name = Vec::with_capacity(text.len() + origin.len() + 1);
    push_name(text.as_bytes(), origin.as_slice(), true, &mut name)
        .map_err(|rule| PartsError::new(text, rule))?;
    Ok(name_from_checked(Bytes::from(name)))
}

/// The record type that `text` names, in any case or as `TYPEnnn`; one that a zone can hold.
///
/// # Errors
/// When it is none.
pub fn record_type(text: &str) -> Result<Rtype, PartsError> {
    let code = Layout::rtype_named(text.as_bytes())
        .ok_or_else(|| PartsError::new(text, "is not a record type"))?;
    Layout::of(code).map_err(|rule| PartsError::new(text, rule))?;
    Ok(code)
}

/// The record of zone `apex` that has these parts, each in presentation form (RFC 1035 §5.1). Owner and
/// names in the data that have no final dot end in `apex`; an owner of `@` is the apex itself.
///
/// # Errors
/// When a part is not what it should be, or there is more than one record in them.
pub fn record(
    apex: &ZoneName,
    owner: &str,
    rtype: &str,
    data: &str,
) -> Result<(DomainName, Rtype, Rdata), PartsError> {
    let origin = apex.to_domain_name();
    let owner = owner_name(apex, owner)?;
    let code = record_type(rtype)?;
    let layout = Layout::of(code).map_err(|rule| PartsError::new(rtype, rule))?;

    // The space is where the owner would be: what follows is all data.
    let line = format!(" {data}");
    let mut tokens = Tokens::new(line.as_bytes());
    let broken = |rule: String| PartsError::new(data, rule);
    match tokens.next_line() {
        Ok(Some(Line::Blank)) => {}
        Ok(_) => return Err(broken("has no data".into())),
        Err(error) => return Err(broken(error.rule)),
    }
    let position = tokens.position();
    let mut rdata = Vec::with_capacity(data.len());
    let mut words = Words::new(&mut tokens, origin.as_slice(), position, false);
    read_rdata(code, layout, &mut words, &mut rdata).map_err(|error| match error.text {
        Some(text) => PartsError {
            text,
            rule: error.rule,
        },
        None => broken(format!("is no data of this type: {}", error.rule)),
    })?;
    match tokens.next_line() {
        Ok(None) => {}
        _ => return Err(broken("is more than one line".into())),
    }
    Ok((owner, code, Rdata::from_canonical(rdata.into())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{NameText, presentation};

    fn read(owner: &str, rtype: &str, data: &str) -> Result<String, String> {
        let apex = "example.com".parse().unwrap();
        record(&apex, owner, rtype, data)
            .map(|(owner, rtype, rdata)| {
                format!("{} {}", NameText(&owner), presentation(rtype, &rdata))
            })
            .map_err(|error| error.to_string())
    }

    #[test]
    fn parts_are_one_record() {
        for (owner, rtype, data, record) in [
            ("@", "A", "192.0.2.1", "example.com. 192.0.2.1"),
            ("WWW", "cname", "Host", "www.example.com. host.example.com."),
            (
                "a\\.b",
                "MX",
                "10 mail.example.net.",
                "a\\.b.example.com. 10 mail.example.net.",
            ),
            (
                "*.deep",
                "TXT",
                "\"a;b\" \"\\\"\"",
                "*.deep.example.com. \"a;b\" \"\\\"\"",
            ),
            ("t", "TYPE65400", "\\# 2 0a0b", "t.example.com. \\# 2 0A0B"),
        ] {
            assert_eq!(
                read(owner, rtype, data).as_deref(),
                Ok(record),
                "{owner} {rtype}"
            );
        }
    }

    #[test]
    fn parts_that_hold_less_or_more_than_one_record_are_refused() {
        for (owner, rtype, data) in [
            ("", "A", "192.0.2.1"),
            ("a..b", "A", "192.0.2.1"),
            ("www", "A", ""),
            ("www", "A", "192.0.2.1 192.0.2.2"),
            ("www", "A", "192.0.2.1\nwww A 192.0.2.2"),
            ("www", "A", "192.0.2.1\n$INCLUDE /etc/passwd"),
            ("www", "TXT", "( \"a\""),
            ("www", "TXT", "\"a"),
            ("www", "ANY", "x"),
            ("www", "A A", "192.0.2.1"),
        ] {
            assert!(
                read(owner, rtype, data).is_err(),
                "{owner:?} {rtype:?} {data:?}"
            );
        }
        assert_eq!(
            read("www", "A", "192.0.2.256").unwrap_err(),
            "\"192.0.2.256\" is not an IPv4 address"
        );
    }
}
