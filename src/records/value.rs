//! Values of records as clients write them that know no master file: they know no origin, so that a name in a value is
//! always in full; and the value of a TXT record is its text.

use dadns_zone::{Rdata, Rtype, presentation, quoted};

/// Most octets of one character-string (RFC 1035, section 3.3).
const STRING: usize = 255;

/// Whether the data of this type ends in a name.
fn ends_in_a_name(rtype: Rtype) -> bool {
    matches!(
        rtype,
        Rtype::CNAME | Rtype::DNAME | Rtype::NS | Rtype::PTR | Rtype::MX | Rtype::SRV
    )
}

/// A value as a master file has it.
pub fn data_of_value(rtype: Rtype, value: &str) -> String {
    match rtype {
        Rtype::TXT if !value.starts_with('"') => {
            let strings: Vec<_> = value.as_bytes().chunks(STRING).map(quoted).collect();
            strings.join(" ")
        }
        rtype if ends_in_a_name(rtype) && !value.ends_with('.') => format!("{value}."),
        _ => value.to_owned(),
    }
}

/// The value that a record is for such a client.
pub fn value_of(rtype: Rtype, rdata: &Rdata) -> String {
    let text = presentation(rtype, rdata).to_string();
    match rtype {
        Rtype::TXT => {
            let inner = text
                .strip_prefix('"')
                .and_then(|text| text.strip_suffix('"'));
            let plain = inner.filter(|inner| !inner.contains(['"', '\\']));
            plain.map_or(text.clone(), str::to_owned)
        }
        rtype if ends_in_a_name(rtype) => match text.strip_suffix('.') {
            Some(name) if !name.is_empty() && !name.ends_with(' ') => name.to_owned(),
            _ => text,
        },
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use dadns_zone::{ZoneName, record, record_type};

    use super::*;

    #[test]
    fn a_value_comes_back_as_it_was_sent() {
        let zone = ZoneName::parse("example.com").unwrap();
        let long = "x".repeat(600);
        for (rtype, sent, back) in [
            ("A", "192.0.2.1", "192.0.2.1"),
            ("AAAA", "2001:db8::1", "2001:db8::1"),
            ("CNAME", "host.example.net", "host.example.net"),
            ("NS", "ns1.example.net.", "ns1.example.net"),
            ("MX", "10 mail.example.com", "10 mail.example.com"),
            ("MX", "0 .", "0 ."),
            ("SRV", "0 5 80 www.example.com", "0 5 80 www.example.com"),
            ("TXT", "v=spf1 -all", "v=spf1 -all"),
            ("TXT", "\"a\" \"b\"", "\"a\" \"b\""),
            ("TXT", "say \"hello\"", "\"say \\\"hello\\\"\""),
            (
                "TXT",
                &long,
                &format!(
                    "\"{}\" \"{}\" \"{}\"",
                    &long[..255],
                    &long[..255],
                    &long[..90]
                ),
            ),
        ] {
            let kind = record_type(rtype).unwrap();
            let text = data_of_value(kind, sent);
            let (_, _, rdata) = record(&zone, "@", rtype, &text).unwrap();
            assert_eq!(value_of(kind, &rdata), back, "{rtype} {sent}");
        }
    }
}
