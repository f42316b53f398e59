//! Which versions of etcd keep what they promise.

/// What is thought of a version.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Version {
    Good,
    /// It works, and something is known about it.
    Doubtful(&'static str),
    /// It loses writes or events.
    TooOld(&'static str),
}

const LOSES: &str = "watches of it miss changes and members of it can be damaged by a defragmentation; dadns needs \
                     etcd 3.6.9 or newer, or 3.5.28 or newer of 3.5";
const READABLE: &str =
    "watches of it show keys to users who may not read them; 3.6.14 and 3.7.1 do not";
const UNREADABLE: &str = "its version cannot be read; dadns needs etcd 3.6.9 or newer";

/// Judges a version as etcd tells it.
pub(super) fn judge(version: &str) -> Version {
    let mut parts = version.splitn(3, '.');
    let mut part = || {
        let digits: String = parts
            .next()?
            .chars()
            .take_while(char::is_ascii_digit)
            .collect();
        digits.parse::<u32>().ok()
    };
    let (Some(major), Some(minor), Some(patch)) = (part(), part(), part()) else {
        return Version::TooOld(UNREADABLE);
    };
    match (major, minor, patch) {
        version if version < (3, 5, 28) => Version::TooOld(LOSES),
        (3, 6, patch) if patch < 9 => Version::TooOld(LOSES),
        version if version < (3, 6, 14) => Version::Doubtful(READABLE),
        (3, 7, 0) => Version::Doubtful(READABLE),
        _ => Version::Good,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_that_lose_changes_are_refused() {
        for version in [
            "3.4.23", "3.5.16", "3.5.27", "3.6.0", "3.6.8", "2.3.8", "", "3.6", "x.y.z",
        ] {
            assert!(matches!(judge(version), Version::TooOld(_)), "{version}");
        }
        for version in ["3.5.28", "3.5.30", "3.6.9", "3.6.13", "3.7.0"] {
            assert!(matches!(judge(version), Version::Doubtful(_)), "{version}");
        }
        for version in ["3.6.14", "3.6.16", "3.7.1", "3.8.0-alpha.0", "4.0.0"] {
            assert_eq!(judge(version), Version::Good, "{version}");
        }
    }
}
