//! Our zone stanza: the form that is written, and the forms that are known again as ours.
//!
//! What `named.conf` sets for all zones, and what would change what is served of a zone or keep it from
//! being loaded, each stanza sets again for its own zone:
//!
//! | option | why |
//! |---|---|
//! | `check-names ignore` | zones hold owners such as `my_host A` |
//! | `allow-update { none; }` | a dynamic zone is not read from its file again |
//! | `dnssec-policy none` | `named` would sign the zone and count serials of its own |
//! | `masterfile-format text` | a file of ours is not loaded as another format |
//! | `check-mx ignore` | `fail` refuses an MX record whose target is an address |
//! | `check-integrity no` | `check-mx-cname`, `check-srv-cname` and `check-spf`, set to `fail`, are part of it |
//! | `ixfr-from-differences no` | `named` would keep journals, which end a zone that does not fit them, and old records under an unchanged serial. The price: `named` itself sends its secondaries whole zones only |
//! | `max-zone-ttl unlimited` | a zone with a longer TTL is refused; from 9.20 on, `named` logs a warning for each zone that sets it, so there it is left out |
//! | `max-records-per-type`, `max-types-per-name` | as the keys of the backend say; known from 9.18.28 on |
//! | `check-svcb no` | known from 9.20 on |
//!
//! What else the checks of `named` would warn of, the reader of zones tells as notes.

use std::ops::Range;

use dadns_zone::ZoneName;

use super::files::ZoneFiles;
use crate::bind::named::Version;
use crate::bind::settings::RecordLimits;

/// The options of the first form. A `named` that refuses the present form is left with it.
const FIRST: [&str; 3] = [
    "check-names ignore",
    "allow-update { none; }",
    "dnssec-policy none",
];
/// What every version of `named` that has `dnssec-policy` knows.
const PINNED: [&str; 4] = [
    "masterfile-format text",
    "check-mx ignore",
    "check-integrity no",
    "ixfr-from-differences no",
];
const ANY_TTL: &str = "max-zone-ttl unlimited";
const ANY_SVCB: &str = "check-svcb no";
const PER_TYPE: &str = "max-records-per-type";
const PER_NAME: &str = "max-types-per-name";

/// From here on the limits of records are options; the fix of CVE-2024-1737 brought them.
const LIMITS_SINCE: Version = Version(9, 18, 28);
/// The first stable version in which `max-zone-ttl` is deprecated and `check-svcb` is known.
const BRANCH_9_20: Version = Version(9, 20, 0);
/// Development versions between the two branches know some of these options and not others.
const DEVELOPMENT: Range<Version> = Version(9, 19, 0)..BRANCH_9_20;

/// What stands in each stanza behind name and file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options(String);

impl Options {
    /// The options of the first form.
    pub fn first() -> Self {
        Self::of(FIRST.map(str::to_owned))
    }

    /// The options for a `named` of this version; `None`: what all versions know.
    pub fn for_version(version: Option<Version>, limits: RecordLimits) -> Self {
        let mut all: Vec<String> = FIRST
            .iter()
            .chain(&PINNED)
            .map(ToString::to_string)
            .collect();
        let is = |since| version.is_some_and(|version| version >= since);
        if !is(DEVELOPMENT.start) {
            all.push(ANY_TTL.to_owned());
        }
        if is(LIMITS_SINCE) && !version.is_some_and(|version| DEVELOPMENT.contains(&version)) {
            all.push(format!("{PER_TYPE} {}", limits.per_type));
            all.push(format!("{PER_NAME} {}", limits.types_per_name));
        }
        if is(BRANCH_9_20) {
            all.push(ANY_SVCB.to_owned());
        }
        Self::of(all)
    }

    /// Options of which no `named` knows one.
    #[cfg(test)]
    pub fn unknown() -> Self {
        Self::of(["no-such-option yes".to_owned()])
    }

    fn of(all: impl IntoIterator<Item = String>) -> Self {
        Self(all.into_iter().map(|option| option + "; ").collect())
    }

    /// Whether `text`, the options of a stanza, are these.
    pub fn are(&self, text: &[u8]) -> bool {
        self.0.as_bytes() == text
    }

    /// Whether all of them are in what `named` shows of a zone: it has an order of its own, and quotes.
    pub fn are_in(&self, shown: &str) -> bool {
        let shown = shown.replace('"', "");
        self.0
            .trim_end()
            .split_inclusive("; ")
            .all(|option| shown.contains(option.trim_end()))
    }
}

/// The stanza of `name` with these options.
pub fn stanza(name: &ZoneName, files: &ZoneFiles, options: &Options) -> String {
    format!("zone \"{name}\" {{ {}}};", body(name, files, options))
}

/// What stands between the braces of the stanza of `name` with these options.
pub fn body(name: &ZoneName, files: &ZoneFiles, options: &Options) -> String {
    let path = files.path(name);
    format!("type primary; file \"{}\"; {}", path.display(), options.0)
}

/// Where in `text` the options stand, if it is a stanza of `name` in a form of ours.
pub fn options_of(text: &[u8], name: &ZoneName, files: &ZoneFiles) -> Option<Range<usize>> {
    let head = head(name, files);
    let options = text.strip_prefix(head.as_bytes())?.strip_suffix(b"};")?;
    let mut rest = std::str::from_utf8(options)
        .ok()?
        .strip_prefix(Options::first().0.as_str())?;
    while !rest.is_empty() {
        rest = without_first(rest)?;
    }
    Some(head.len()..head.len() + options.len())
}

fn head(name: &ZoneName, files: &ZoneFiles) -> String {
    let path = files.path(name);
    format!(
        "zone \"{name}\" {{ type primary; file \"{}\"; ",
        path.display()
    )
}

/// `options` behind its first one, if that is one of ours that the first form did not have.
fn without_first(options: &str) -> Option<&str> {
    let fixed = PINNED.iter().chain([&ANY_TTL, &ANY_SVCB]);
    let mut rest = fixed.filter_map(|option| options.strip_prefix(option));
    let number = || {
        let mut limits = [PER_TYPE, PER_NAME].into_iter();
        let number = limits.find_map(|limit| options.strip_prefix(limit)?.strip_prefix(' '))?;
        let rest = number.trim_start_matches(|c: char| c.is_ascii_digit());
        (rest.len() < number.len()).then_some(rest)
    };
    rest.next().or_else(number)?.strip_prefix("; ")
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    const LIMITS: RecordLimits = RecordLimits {
        per_type: 100,
        types_per_name: 100,
    };

    fn files() -> ZoneFiles {
        ZoneFiles::at(Path::new("/zones")).unwrap()
    }

    fn name() -> ZoneName {
        "a.example".parse().unwrap()
    }

    #[test]
    fn every_form_that_was_ever_written_is_known_again() {
        let first = "zone \"a.example\" { type primary; file \"/zones/a.example.db\"; check-names ignore; \
             allow-update { none; }; dnssec-policy none; };";
        assert_eq!(stanza(&name(), &files(), &Options::first()), first);
        let versions = [
            None,
            Some(Version(9, 16, 50)),
            Some(Version(9, 18, 27)),
            Some(Version(9, 18, 28)),
            Some(Version(9, 19, 24)),
            Some(Version(9, 20, 0)),
            Some(Version(9, 22, 0)),
        ];
        let limits = RecordLimits {
            per_type: 0,
            types_per_name: 4_294_967_295,
        };
        let forms = versions.map(|version| Options::for_version(version, limits));
        for options in forms.into_iter().chain([Options::first()]) {
            let text = stanza(&name(), &files(), &options);
            let range = options_of(text.as_bytes(), &name(), &files()).unwrap();
            assert!(options.are(&text.as_bytes()[range]), "{text}");
        }
    }

    #[test]
    fn a_stanza_that_somebody_edited_is_not_ours() {
        let text = stanza(&name(), &files(), &Options::for_version(None, LIMITS));
        for edited in [
            text.replace("check-mx ignore", "check-mx fail"),
            text.replace("check-mx ignore", "allow-transfer { any; }"),
            text.replace("; };", "; max-records-per-type ; };"),
            text.replace("; };", "; max-records-per-type 1x; };"),
            text.replace(" check-names ignore;", "check-names ignore;"),
            text.replace("allow-update { none; }; ", ""),
        ] {
            assert_eq!(
                options_of(edited.as_bytes(), &name(), &files()),
                None,
                "{edited}"
            );
        }
        let bare = "zone \"a.example\" { type primary; file \"/zones/a.example.db\"; };";
        assert_eq!(options_of(bare.as_bytes(), &name(), &files()), None);
    }

    #[test]
    fn options_are_written_only_for_versions_that_know_them() {
        let has = |version, option: &str| {
            let options = Options::for_version(version, LIMITS);
            options.0.contains(option)
        };
        assert!(!has(None, PER_TYPE) && has(None, ANY_TTL) && !has(None, ANY_SVCB));
        assert!(!has(Some(Version(9, 18, 27)), PER_TYPE));
        assert!(has(Some(Version(9, 18, 28)), PER_TYPE));
        assert!(has(Some(Version(9, 18, 28)), ANY_TTL));
        assert!(!has(Some(Version(9, 19, 24)), PER_TYPE));
        assert!(has(Some(Version(9, 20, 1)), PER_TYPE));
        assert!(has(Some(Version(9, 20, 1)), ANY_SVCB));
        assert!(!has(Some(Version(9, 20, 1)), ANY_TTL));
    }
}
