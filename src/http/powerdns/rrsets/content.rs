//! The content of records as PowerDNS takes and writes it: names in full, TXT in quotes and in one piece,
//! hexadecimal in lower case.

use std::fmt::Write;

use dadns_zone::{Rdata, Rtype, ZoneName, presentation, record};

/// The longest character-string (RFC 1035 §3.3).
const LONGEST: usize = 255;

/// Type SPF, which has the form of TXT.
const SPF: u16 = 99;

/// The data that `content` is.
///
/// # Errors
/// Why it is none.
pub fn read(zone: &ZoneName, rtype: Rtype, content: &str) -> Result<Rdata, String> {
    let text = match is_text(rtype) {
        true => split(content)?,
        false => {
            plain(content)?;
            content.to_owned()
        }
    };
    let mnemonic = dadns_zone::TypeName(rtype).to_string();
    let of = |zone: &ZoneName| record(zone, "@", &mnemonic, &text).map(|(_, _, rdata)| rdata);
    let rdata = of(zone).map_err(|error| format!("Not in expected format: {error}"))?;
    // A name that is not in full ends in the name of whatever zone it is read for.
    if !is_text(rtype) && !matches!(rtype, Rtype::A | Rtype::AAAA) {
        let other = elsewhere(zone);
        if other.is_some_and(|other| of(&other).as_ref() != Ok(&rdata)) {
            return Err(format!(
                "Not in expected format (parsed as '{}'): names are written in full, with a final dot",
                write(rtype, &rdata)
            ));
        }
    }
    Ok(rdata)
}

/// Some zone that is not this one.
fn elsewhere(zone: &ZoneName) -> Option<ZoneName> {
    let names = ["a.invalid", "b.invalid"];
    let other = names.into_iter().find(|name| *name != zone.as_str())?;
    ZoneName::parse(other).ok()
}

fn is_text(rtype: Rtype) -> bool {
    rtype == Rtype::TXT || rtype.to_int() == SPF
}

/// Refuses what a zone file would read as something else than data.
fn plain(content: &str) -> Result<(), String> {
    let mut quoted = false;
    let mut octets = content.bytes();
    while let Some(octet) = octets.next() {
        match octet {
            b'\\' => {
                octets.next();
            }
            b'"' => quoted = !quoted,
            b';' | b'(' | b')' if !quoted => {
                let octet = char::from(octet);
                return Err(format!(
                    "Not in expected format: it has a '{octet}' outside quotes"
                ));
            }
            octet if octet.is_ascii_control() => {
                return Err("Not in expected format: it has a control character".into());
            }
            _ => {}
        }
    }
    Ok(())
}

/// TXT content with each string that is longer than 255 octets in pieces of 255.
fn split(content: &str) -> Result<String, String> {
    let mut out = String::with_capacity(content.len() + 8);
    let mut rest = content.trim();
    if rest.is_empty() {
        return Err("Not in expected format: it is empty; text is written in quotes".into());
    }
    while !rest.is_empty() {
        let Some(string) = rest.strip_prefix('"') else {
            return Err(
                "Not in expected format: text is written in quotes, such as \"v=spf1 -all\"".into(),
            );
        };
        rest = one_string(string, &mut out)?.trim_start();
        if !rest.is_empty() {
            out.push(' ');
        }
    }
    Ok(out)
}

/// Writes the string that begins after its quote; gives what follows it.
fn one_string<'c>(string: &'c str, out: &mut String) -> Result<&'c str, String> {
    out.push('"');
    let mut length = 0;
    let mut chars = string.char_indices();
    while let Some((at, octet)) = chars.next() {
        let unit = match octet {
            '"' => {
                out.push('"');
                return Ok(&string[at + 1..]);
            }
            '\\' => escape(&string[at..])?,
            octet => &string[at..at + octet.len_utf8()],
        };
        // A character beyond ASCII is several octets, which may stand in two strings.
        let pieces: Vec<String> = match octet.is_ascii() {
            true => vec![unit.to_owned()],
            false => unit.bytes().map(|octet| format!("\\{octet:03}")).collect(),
        };
        for piece in pieces {
            if length == LONGEST {
                out.push_str("\" \"");
                length = 0;
            }
            out.push_str(&piece);
            length += 1;
        }
        // The characters of an escape beside its backslash.
        if octet == '\\' {
            for _ in unit.chars().skip(1) {
                chars.next();
            }
        }
    }
    Err("Not in expected format: a quote is missing at its end".into())
}

/// The escape that `text` begins with: `\DDD` or `\X`.
fn escape(text: &str) -> Result<&str, String> {
    let digits = text.get(1..4);
    if let Some(digits) = digits.filter(|digits| digits.bytes().all(|b| b.is_ascii_digit())) {
        return match digits.parse::<u8>() {
            Ok(_) => Ok(&text[..4]),
            Err(_) => Err(format!("Not in expected format: \\{digits} is no octet")),
        };
    }
    match text[1..].chars().next() {
        Some(' '..='/' | ':'..='~') => Ok(&text[..2]),
        _ => Err("Not in expected format: a backslash escapes nothing".into()),
    }
}

/// The content of a record.
pub fn write(rtype: Rtype, rdata: &Rdata) -> String {
    if is_text(rtype)
        && let Some(text) = joined(rdata.as_bytes())
    {
        return text;
    }
    let text = presentation(rtype, rdata);
    let hexadecimal = matches!(
        rtype,
        Rtype::DS | Rtype::CDS | Rtype::TLSA | Rtype::SSHFP | Rtype::SMIMEA | Rtype::NSEC3PARAM
    );
    match hexadecimal || text.starts_with("\\#") {
        true => text.to_ascii_lowercase(),
        false => text,
    }
}

/// Strings in quotes; one of 255 octets goes on in the next, which is how a longer one is stored.
fn joined(mut octets: &[u8]) -> Option<String> {
    let mut out = String::with_capacity(octets.len() + 8);
    let mut goes_on = false;
    while let [length, rest @ ..] = octets {
        let (string, rest) = rest.split_at_checked(usize::from(*length))?;
        if !goes_on {
            if !out.is_empty() {
                out.push(' ');
            }
            out.push('"');
        }
        for octet in string {
            match octet {
                b'"' | b'\\' => {
                    out.push('\\');
                    out.push(char::from(*octet));
                }
                b' '..=b'~' => out.push(char::from(*octet)),
                octet => write!(out, "\\{octet:03}").ok()?,
            }
        }
        goes_on = string.len() == LONGEST && !rest.is_empty();
        if !goes_on {
            out.push('"');
        }
        octets = rest;
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn again(rtype: Rtype, content: &str) -> Result<String, String> {
        let zone = ZoneName::parse("a.example").unwrap();
        read(&zone, rtype, content).map(|rdata| write(rtype, &rdata))
    }

    #[test]
    fn content_comes_back_as_clients_compare_it() {
        let long = format!("\"{}\"", "a".repeat(600));
        for (rtype, sent, shown) in [
            (Rtype::A, "192.0.2.1", "192.0.2.1"),
            (Rtype::AAAA, "2001:DB8:0::1", "2001:db8::1"),
            (Rtype::MX, "10  mail.example.net.", "10 mail.example.net."),
            (
                Rtype::TXT,
                "\"a\\;b; c\"  \"d\\\"e\"",
                "\"a;b; c\" \"d\\\"e\"",
            ),
            (Rtype::TXT, "\"\"", "\"\""),
            (Rtype::TXT, "\"é\\007\\ x\"", "\"\\195\\169\\007 x\""),
            (Rtype::TXT, &long, &long),
            (
                Rtype::CAA,
                "0 issue letsencrypt.org",
                "0 issue \"letsencrypt.org\"",
            ),
            (Rtype::CAA, "0 issue \"a; b\"", "0 issue \"a; b\""),
            (
                Rtype::SSHFP,
                "4 1 0A0B0c0D0e0f0a0b0c0d0e0f0a0b0c0d0e0f0a0b",
                "4 1 0a0b0c0d0e0f0a0b0c0d0e0f0a0b0c0d0e0f0a0b",
            ),
            (Rtype::SRV, "0 5 5060 .", "0 5 5060 ."),
        ] {
            assert_eq!(again(rtype, sent).as_deref(), Ok(shown), "{sent}");
        }
    }

    #[test]
    fn content_that_a_zone_file_would_read_as_something_else_is_refused() {
        for (rtype, content) in [
            (Rtype::TXT, "v=spf1"),
            (Rtype::TXT, "\"open"),
            (Rtype::TXT, "\"a\" b"),
            (Rtype::TXT, "\"\\256\""),
            (Rtype::TXT, "\"\\"),
            (Rtype::TXT, ""),
            (Rtype::CNAME, "www"),
            (Rtype::CNAME, "@"),
            (Rtype::MX, "10 mail"),
            (Rtype::SOA, "ns1.a.example. hostmaster 1 2 3 4 5"),
            (Rtype::A, "192.0.2.1 ; and more"),
            (Rtype::A, "( 192.0.2.1 )"),
            (Rtype::A, "192.0.2.1\n"),
            (Rtype::A, "192.0.2.256"),
        ] {
            let refused = again(rtype, content).unwrap_err();
            assert!(
                refused.starts_with("Not in expected format"),
                "{content}: {refused}"
            );
        }
    }
}
