//! The ID of a zone: its name with a final dot, other characters than letters, digits, `.` and `-` as `=2F`.

use dadns_zone::ZoneName;

use super::Fault;

/// The ID as answers have it.
pub(super) fn of(name: &ZoneName) -> String {
    let mut id = String::with_capacity(name.as_str().len() + 1);
    for octet in name.as_str().bytes() {
        match octet {
            b'a'..=b'z' | b'0'..=b'9' | b'.' | b'-' => id.push(char::from(octet)),
            octet => id.push_str(&format!("={octet:02X}")),
        }
    }
    id.push('.');
    id
}

/// The zone that an ID of a path is: with or without the final dot, in any case. What cannot be the name of a
/// zone is one that does not exist.
pub(super) fn read(id: &str) -> Result<ZoneName, Fault> {
    ZoneName::parse(&decoded(id)).map_err(|_| Fault::no_zone(id))
}

fn decoded(id: &str) -> String {
    let mut parts = id.split('=');
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let code = part
            .get(..2)
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match code {
            Some(code) if code.is_ascii() => {
                text.push(char::from(code));
                text.push_str(&part[2..]);
            }
            _ => {
                text.push('=');
                text.push_str(part);
            }
        }
    }
    text
}

/// A name as answers have it.
pub(super) fn dotted(name: &ZoneName) -> String {
    format!("{name}.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_read_in_all_the_ways_that_clients_write_it() {
        let name = ZoneName::parse("0/25.2.0.192.in-addr.arpa").unwrap();
        assert_eq!(of(&name), "0=2F25.2.0.192.in-addr.arpa.");
        for id in [
            "0=2F25.2.0.192.in-addr.arpa.",
            "0=2f25.2.0.192.IN-ADDR.arpa",
            "0/25.2.0.192.in-addr.arpa.",
        ] {
            assert_eq!(read(id).as_ref(), Ok(&name), "{id}");
        }
        for id in ["=2E", "", ".", "a=", "a=zz.example", "=FF", "a..b", "=€"] {
            assert_eq!(read(id).unwrap_err().status(), 404, "{id}");
        }
    }
}
