//! Which zone a file is of. Pure.
//!
//! `$ORIGIN` does not come first for files that are named after their zone: BIND begins its own files with
//! `$ORIGIN com.` for the zone example.com.

use dadns_zone::ZoneName;

/// What the name of a file says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Named {
    /// It is no zone file: of an editor, a package manager, a name server or whoever is still writing it.
    Not,
    /// It is of this zone.
    Zone(ZoneName),
    /// `$ORIGIN` says which zone it is of; without one it is this.
    Origin(Option<ZoneName>),
    /// It is named as a zone file, and what is left of the name cannot be a zone.
    Bad(String),
}

/// What ends the names of files that are none of a zone.
const NOT: &[&str] = &[
    "~",
    ".swp",
    ".swo",
    ".swx",
    ".tmp",
    ".temp",
    ".part",
    ".bak",
    ".orig",
    ".old",
    ".rej",
    ".jnl",
    ".jbk",
    ".lock",
    ".new",
    ".rpmnew",
    ".rpmsave",
    ".rpmorig",
    ".ucf-dist",
    ".ucf-new",
    ".ucf-old",
    ".dpkg-new",
    ".dpkg-old",
    ".dpkg-dist",
    ".dpkg-tmp",
];

/// What the name `file` says.
pub fn named(file: &str) -> Named {
    if file.starts_with(['.', '#']) || NOT.iter().any(|end| file.ends_with(end)) {
        return Named::Not;
    }
    let zone = file
        .strip_suffix(".zone")
        .or_else(|| file.strip_suffix(".db"))
        .or_else(|| file.strip_prefix("db."));
    match zone.map(ZoneName::parse) {
        Some(Ok(zone)) => Named::Zone(zone),
        Some(Err(error)) => Named::Bad(error.to_string()),
        None => Named::Origin(
            file.contains('.')
                .then(|| ZoneName::parse(file).ok())
                .flatten(),
        ),
    }
}

/// The absolute name in the first `$ORIGIN` of a text, if that stands before its first record.
pub fn origin(text: &[u8]) -> Option<ZoneName> {
    for line in text.split(|&octet| octet == b'\n') {
        let line = line
            .split(|&octet| octet == b';')
            .next()
            .unwrap_or_default();
        let line = line.trim_ascii();
        if line.is_empty() {
            continue;
        }
        let mut words = line
            .split(u8::is_ascii_whitespace)
            .filter(|word| !word.is_empty());
        let directive = words.next().unwrap_or_default();
        if directive.eq_ignore_ascii_case(b"$TTL") {
            continue;
        }
        if !directive.eq_ignore_ascii_case(b"$ORIGIN") {
            return None;
        }
        let name = std::str::from_utf8(words.next()?).ok()?;
        return ZoneName::parse(name.strip_suffix('.')?).ok();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zone(name: &str) -> ZoneName {
        name.parse().unwrap()
    }

    #[test]
    fn a_file_is_named_after_its_zone_in_any_of_the_usual_ways() {
        for file in ["a.example.zone", "a.example.db", "db.a.example"] {
            assert_eq!(named(file), Named::Zone(zone("a.example")), "{file}");
        }
        assert_eq!(
            named("a.example"),
            Named::Origin(Some(zone("a.example"))),
            "$ORIGIN may say otherwise"
        );
        assert_eq!(named("dns_manifest"), Named::Origin(None));
        assert!(matches!(named("a b.zone"), Named::Bad(_)));
        assert!(matches!(named(".zone"), Named::Not));
    }

    #[test]
    fn what_editors_and_packages_leave_is_no_zone_file() {
        for file in [
            ".a.example.zone.swp",
            ".hidden",
            "..data",
            "a.example.zone~",
            "#a.example.zone#",
            "a.example.zone.tmp",
            "a.example.zone.dpkg-old",
            "a.example.jnl",
            "é~",
        ] {
            assert_eq!(named(file), Named::Not, "{file}");
        }
    }

    #[test]
    fn the_first_origin_counts_if_it_stands_before_all_records() {
        let first = b"; zone\n$TTL 60\n\n$ORIGIN a.example. ; x\n@ IN SOA a b 1 2 3 4 5\n";
        assert_eq!(origin(first), Some(zone("a.example")));
        for text in [
            "@ IN SOA a b 1 2 3 4 5\n$ORIGIN a.example.\n",
            "$ORIGIN a.example\n",
            "$ORIGIN\n",
            "$ORIGIN .\n",
            "",
        ] {
            assert_eq!(origin(text.as_bytes()), None, "{text}");
        }
    }
}
