//! The host name by which a master calls itself, read as far as it makes sense.
//!
//! It is only noted as whose a zone is, so nothing that is odd about it may lose a push. It is compared
//! when a zone is to be removed: one host has to read the same however it was written.

use std::net::IpAddr;

use dadns_zone::{Excerpt, ZoneName};

/// A host name that was read.
#[derive(Debug, PartialEq, Eq)]
pub struct Hostname {
    /// The name, lower-case and without a trailing dot, or an address in its usual form.
    pub host: String,
    /// What was odd about it, in words for an operator.
    pub note: Option<String>,
}

/// Reads `sent`, without the port, scheme, path, user, brackets and blanks that do not belong there.
///
/// # Errors
/// Why no host name can be read from it. A name outside ASCII is such a case: which A-labels are meant
/// depends on the version of IDNA that its master follows.
pub fn read(sent: &str) -> Result<Hostname, String> {
    let shown = Excerpt::new(sent.as_bytes());
    let bare = bare(sent);
    if let Some(address) = address(bare) {
        let note = format!(
            "hostname {shown} is an address, not a name: the zone's owner is noted as {address}, and a \
             request with the master's name counts as another owner's"
        );
        return Ok(Hostname {
            host: address.to_string(),
            note: Some(note),
        });
    }
    let name = match bare.trim_end_matches('.') {
        "" => Err("nothing of it is a name".to_owned()),
        name => ZoneName::parse(name).map_err(|error| error.to_string()),
    };
    let name =
        name.map_err(|why| format!("hostname {shown} cannot be read as a host name: {why}"))?;
    let plain = sent.strip_suffix('.').unwrap_or(sent);
    let note = (!plain.eq_ignore_ascii_case(name.as_str()))
        .then(|| format!("hostname {shown} is not a plain host name; it is read as {name}"));
    Ok(Hostname {
        host: name.as_str().to_owned(),
        note,
    })
}

/// What is left of a URL, an authority or a name with blanks around it: its host.
fn bare(sent: &str) -> &str {
    let text = sent.split_once("://").map_or(sent, |(_, rest)| rest);
    let around = |c: char| c.is_whitespace() || "\"',;.\u{feff}\u{200b}".contains(c);
    let text = text.trim_matches(around);
    let schemes = ["https:", "http:"];
    let text = schemes
        .into_iter()
        .find_map(|scheme| text.strip_prefix(scheme))
        .unwrap_or(text);
    let text = text.trim().trim_start_matches('/');
    let text = text.split(['/', '\\', '?', '#']).next().unwrap_or_default();
    let text = text.rsplit_once('@').map_or(text, |(_, host)| host).trim();
    if let Some((host, _)) = text.strip_prefix('[').and_then(|text| text.split_once(']')) {
        return host.trim();
    }
    match text.split_once(':') {
        Some((host, port)) if !port.contains(':') => host.trim(),
        // None, or as many as an IPv6 address has.
        _ => text,
    }
}

/// The address that `text` is; an interface behind it (`fe80::1%eth0`) tells nothing elsewhere.
fn address(text: &str) -> Option<IpAddr> {
    let text = text.split_once('%').map_or(text, |(address, _)| address);
    let address: IpAddr = text.trim_end_matches('.').parse().ok()?;
    Some(address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_host_reads_the_same_however_it_is_written() {
        for sent in [
            "da1.example.net",
            "DA1.Example.NET.",
            " da1.example.net:2222",
            "https://da1.example.net:2222/CMD_API",
            "admin:pass@da1.example.net",
            "[da1.example.net]:2222",
            "//da1.example.net\\x",
            "\u{a0}da1.example.net\u{a0}",
        ] {
            assert_eq!(read(sent).unwrap().host, "da1.example.net", "{sent}");
        }
        for sent in [
            "2001:DB8:0:0::9",
            "[2001:db8::9]:2222",
            "http://[2001:db8::9%25]/",
        ] {
            assert_eq!(read(sent).unwrap().host, "2001:db8::9", "{sent}");
        }
        // What was read reads as itself: it is what the store compares.
        for host in ["da1.example.net", "2001:db8::9", "192.0.2.9"] {
            assert_eq!(read(host).unwrap().host, host);
        }
    }

    #[test]
    fn only_what_is_odd_is_noted() {
        for plain in ["da1.example.net", "DA1.example.net.", "x_1", "192.0.2.300"] {
            assert_eq!(read(plain).unwrap().note, None, "{plain}");
        }
        for odd in ["da1.example.net:1", "da1.example.net..", "::1", "192.0.2.9"] {
            assert!(read(odd).unwrap().note.is_some(), "{odd}");
        }
    }

    #[test]
    fn what_cannot_be_a_host_name_is_never_guessed() {
        for sent in [
            "",
            " ",
            ".",
            "-_*",
            "a b",
            "a..b",
            "ü.example",
            "a\0b",
            "1:2:x",
            "[::1",
            "https://",
            "@",
            "a\u{fffd}.example",
        ] {
            let why = read(sent).unwrap_err();
            assert!(
                why.contains("cannot be read as a host name"),
                "{sent}: {why}"
            );
        }
        let long = "a.".repeat(150);
        assert!(read(&long).unwrap_err().len() < 200);
    }
}
