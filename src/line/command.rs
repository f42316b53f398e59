//! Commands: what a line says. Pure.

use dadns_zone::MAX_TTL;

/// A command. Keywords are upper-case; what begins otherwise is a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Command<'a> {
    /// `ADD:NAME:TYPE:VALUE` or `UPDATE:NAME:TYPE:VALUE`.
    Write(Write<'a>),
    /// `DELETE:NAME:TYPE`.
    Delete(Asked<'a>),
    /// `NAME:TYPE`.
    Query(Asked<'a>),
    /// `LIST:NAME`: the records at a name and below it.
    List(&'a str),
    /// `AUTH:TOKEN`: the command after it is made with this token.
    Auth(&'a str),
}

/// A record to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Write<'a> {
    /// Whether it is an update.
    pub update: bool,
    /// Which RRset.
    pub of: Asked<'a>,
    /// The data of the record. It may have colons.
    pub value: &'a str,
    /// Its TTL in seconds: what stands behind the last `;`, where that is a number.
    pub ttl: Option<u32>,
}

/// The RRset that a command names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Asked<'a> {
    /// The owner name, in full.
    pub name: &'a str,
    /// The type, as it was sent.
    pub rtype: &'a str,
}

/// Why a line is no command, in the words of the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Malformed {
    #[error("Malformed ADD query. Use the format: ADD:<domain>:<record_type>:<value>")]
    Add,
    #[error("Malformed UPDATE query. Use the format: UPDATE:<domain>:<record_type>:<value>")]
    Update,
    #[error("Malformed DELETE query. Use the format: DELETE:<domain>:<record_type>")]
    Delete,
    #[error("Malformed LIST query. Use the format: LIST:<domain>")]
    List,
    #[error("Malformed AUTH query. Use the format: AUTH:<token>")]
    Auth,
    #[error("Malformed query. Use the format: <domain>:<record_type>")]
    Query,
}

/// The command that a line is.
pub(super) fn read(line: &str) -> Result<Command<'_>, Malformed> {
    let line = line.trim();
    let (keyword, rest) = line.split_once(':').ok_or(Malformed::Query)?;
    match keyword {
        "ADD" => write(rest, false).ok_or(Malformed::Add),
        "UPDATE" => write(rest, true).ok_or(Malformed::Update),
        "DELETE" => asked(rest).map(Command::Delete).ok_or(Malformed::Delete),
        "LIST" => single(rest).map(Command::List).ok_or(Malformed::List),
        "AUTH" => single(rest).map(Command::Auth).ok_or(Malformed::Auth),
        _ => asked(line).map(Command::Query).ok_or(Malformed::Query),
    }
}

fn write(rest: &str, update: bool) -> Option<Command<'_>> {
    let mut parts = rest.splitn(3, ':');
    let of = Asked {
        name: single(parts.next()?)?,
        rtype: single(parts.next()?)?,
    };
    let value = parts.next()?.trim();
    let (value, ttl) = match value
        .rsplit_once(';')
        .map(|(value, ttl)| (value, seconds(ttl)))
    {
        Some((value, Some(ttl))) => (value.trim_end(), Some(ttl)),
        _ => (value, None),
    };
    (!value.is_empty()).then_some(Command::Write(Write {
        update,
        of,
        value,
        ttl,
    }))
}

/// A number of seconds that a TTL can be.
fn seconds(text: &str) -> Option<u32> {
    let is_number = !text.is_empty() && text.bytes().all(|octet| octet.is_ascii_digit());
    let ttl = is_number.then(|| text.parse().ok()).flatten();
    ttl.filter(|ttl| *ttl <= MAX_TTL)
}

/// A name and a type.
fn asked(rest: &str) -> Option<Asked<'_>> {
    let (name, rtype) = rest.split_once(':')?;
    Some(Asked {
        name: single(name)?,
        rtype: single(rtype)?,
    })
}

/// A part without a colon that is not empty.
fn single(part: &str) -> Option<&str> {
    let part = part.trim();
    (!part.is_empty() && !part.contains(':')).then_some(part)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(line: &str) -> Write<'_> {
        match read(line) {
            Ok(Command::Write(write)) => write,
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn a_value_is_the_rest_of_the_line_with_its_colons() {
        let of = Asked {
            name: "www.example.com",
            rtype: "AAAA",
        };
        let write = written("ADD:www.example.com:AAAA:2001:db8::1");
        let value = "2001:db8::1";
        assert_eq!(
            write,
            Write {
                update: false,
                of,
                value,
                ttl: None
            }
        );
        let write = written("UPDATE:www.example.com:AAAA:2001:db8::1;60\r\n");
        assert_eq!(
            write,
            Write {
                update: true,
                of,
                value,
                ttl: Some(60)
            }
        );
    }

    #[test]
    fn only_a_number_behind_a_semicolon_is_a_ttl() {
        for (value, expected) in [
            ("v=DMARC1; p=none", ("v=DMARC1; p=none", None)),
            ("v=DMARC1; p=none;300", ("v=DMARC1; p=none", Some(300))),
            ("\"a;300\"", ("\"a;300\"", None)),
            ("a;", ("a;", None)),
            ("a;+5", ("a;+5", None)),
            ("a;99999999999", ("a;99999999999", None)),
        ] {
            let line = format!("ADD:example.com:TXT:{value}");
            let write = written(&line);
            assert_eq!((write.value, write.ttl), expected);
        }
    }

    #[test]
    fn what_has_no_keyword_is_a_question_and_keywords_are_upper_case() {
        let asked = Asked {
            name: "example.com",
            rtype: "A",
        };
        assert_eq!(read("example.com:A"), Ok(Command::Query(asked)));
        assert_eq!(read("DELETE:example.com:A"), Ok(Command::Delete(asked)));
        assert_eq!(read("LIST:example.com"), Ok(Command::List("example.com")));
        assert_eq!(read("AUTH:dadns_x"), Ok(Command::Auth("dadns_x")));
        for (line, why) in [
            ("add:example.com:A:192.0.2.1", Malformed::Query),
            ("example.com", Malformed::Query),
            ("", Malformed::Query),
            (":", Malformed::Query),
            ("ADD:example.com:A", Malformed::Add),
            ("ADD:example.com:A:", Malformed::Add),
            ("ADD:example.com:A:;300", Malformed::Add),
            ("ADD::A:192.0.2.1", Malformed::Add),
            ("UPDATE:example.com", Malformed::Update),
            ("DELETE:example.com", Malformed::Delete),
            ("DELETE:example.com:A:192.0.2.1", Malformed::Delete),
            ("LIST:", Malformed::List),
            ("AUTH: ", Malformed::Auth),
        ] {
            assert_eq!(read(line), Err(why), "{line}");
        }
    }
}
