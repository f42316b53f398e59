//! What the running `named` says of itself: its version and the file that it is configured by.

use std::path::PathBuf;

/// A version of BIND, such as 9.18.28.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(pub u16, pub u16, pub u16);

/// What `status` tells over the control channel.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Status {
    pub version: Option<Version>,
    /// The file that it was started with.
    pub configuration: Option<PathBuf>,
    /// The directory that it sees as `/`, where it runs in a chroot.
    pub root: Option<PathBuf>,
    /// When it was started, as it says it.
    pub start: String,
    /// When it was started and when it last read its configuration, as it says it.
    pub configured: String,
    /// When it last read its configuration, as it says it.
    pub last_configured: String,
}

impl Status {
    /// Reads the answer to `status`. Lines that are missing leave their field empty.
    pub fn read(answer: &str) -> Self {
        let field = |name: &str| {
            let mut lines = answer.lines();
            lines.find_map(|line| Some(line.strip_prefix(name)?.strip_prefix(": ")?.trim()))
        };
        let times = [field("boot time"), field("last configured")];
        let (configuration, root) = field("configuration file").map(configuration).unzip();
        Self {
            version: field("version").and_then(version),
            configuration,
            root: root.flatten(),
            last_configured: times[1].unwrap_or_default().to_owned(),
            start: times[0].unwrap_or_default().to_owned(),
            configured: times.map(Option::unwrap_or_default).join(", "),
        }
    }
}

/// The configuration file, and the chroot: `/etc/named.conf`, or `/etc/named.conf (/jail/etc/named.conf)`.
fn configuration(text: &str) -> (PathBuf, Option<PathBuf>) {
    let jailed = || {
        let (inside, outside) = text.strip_suffix(')')?.split_once(" (")?;
        let root = outside.strip_suffix(inside)?;
        Some((PathBuf::from(outside), Some(PathBuf::from(root))))
    };
    jailed().unwrap_or_else(|| (PathBuf::from(text), None))
}

/// The version in a text such as `BIND 9.18.49-1~deb12u3-Debian (Extended Support Version) <id:>`.
fn version(text: &str) -> Option<Version> {
    let mut words = text.split_whitespace();
    words.find(|word| word.trim_start_matches('(') == "BIND")?;
    let mut parts = words.next()?.split(|c: char| !c.is_ascii_digit());
    let mut part = || parts.next()?.parse().ok();
    Some(Version(part()?, part()?, part()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn version_and_configuration_file_are_read_from_a_status() {
        let answer = "version: BIND 9.18.49-1~deb12u3-Debian (Extended Support Version) <id:>\n\
             running on vm: Linux x86_64\nboot time: Sat, 28 Nov 2026 15:25:30 GMT\n\
             last configured: Sat, 28 Nov 2026 15:25:31 GMT\nconfiguration file: /etc/bind/named.conf\n";
        assert_eq!(
            Status::read(answer),
            Status {
                version: Some(Version(9, 18, 49)),
                configuration: Some("/etc/bind/named.conf".into()),
                root: None,
                start: "Sat, 28 Nov 2026 15:25:30 GMT".into(),
                configured: "Sat, 28 Nov 2026 15:25:30 GMT, Sat, 28 Nov 2026 15:25:31 GMT".into(),
                last_configured: "Sat, 28 Nov 2026 15:25:31 GMT".into(),
            }
        );
        assert_eq!(Status::read("").version, None);
        for (text, expected) in [
            (
                "BIND 9.20.0 (Stable Release) <id:>",
                Some(Version(9, 20, 0)),
            ),
            ("BIND 9.21.3-dev", Some(Version(9, 21, 3))),
            ("BIND 9.18", None),
            ("hidden (BIND 9.18.1)", Some(Version(9, 18, 1))),
            ("", None),
        ] {
            let answer = format!("version: {text}");
            assert_eq!(Status::read(&answer).version, expected, "{text}");
        }
    }

    #[test]
    fn a_chroot_is_told_by_the_two_paths_of_the_configuration_file() {
        let status = Status::read("configuration file: /etc/n.conf (/jail/etc/n.conf)\n");
        assert_eq!(status.configuration, Some("/jail/etc/n.conf".into()));
        assert_eq!(status.root, Some("/jail".into()));
    }

    #[test]
    fn versions_compare_by_number() {
        assert!(Version(9, 18, 28) > Version(9, 18, 9));
        assert!(Version(9, 20, 0) > Version(9, 18, 28));
    }
}
