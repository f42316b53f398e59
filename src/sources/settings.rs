//! What an operator says about directories that are watched.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use dadns_keys::{Report, boolean, items, keys, millis, one, text, whole};

/// The list of sources.
const LIST: &str = "sources.watched";

keys! {
    /// Directories and files that are watched: a zone file there is a push. See docs/sources.md.
    pub struct Settings("sources") {
        /// For how long a file has to be unchanged before it is read, in milliseconds.
        pub unchanged "unchanged_ms": Duration = millis(10, 600_000), "1000";
        /// How often each source is looked through in full, in seconds. Changes are noticed at once; this finds those of
        /// which the system sent no notice.
        pub look_seconds: u64 = whole(1, 86_400), "300";
        /// The sources, each with:
        pub watched: Vec<Source> = items(), "[]";
    }
}

keys! {
    /// One directory or file that is watched.
    pub struct Source("") {
        /// Its name. Zones of it belong to the owner `source NAME`, so a new name is a new owner.
        pub name: String = one(text()), required "zones";
        /// The directory, or one zone file. Directories below it are not read.
        pub path: PathBuf = one(text()), required "/var/lib/dadns/zones";
        /// Whether a zone is removed when its file is: only one that this source put there, and never the last ones.
        pub remove: bool = boolean(), "false";
    }
}

impl Settings {
    /// Rules between its keys.
    pub fn check(&self, report: &mut Report) {
        let (mut names, mut paths) = (BTreeMap::new(), BTreeMap::new());
        for (number, source) in (1..).zip(&self.watched) {
            let at = |key: &str| format!("{LIST}.{number}.{key}");
            let plain = |octet: u8| octet.is_ascii_alphanumeric() || b"-_.".contains(&octet);
            if source.name.len() > 64 || !source.name.bytes().all(plain) {
                let path = at("name");
                let message = format!(
                    "{path}: {:?} is not a name of at most 64 letters, digits, '-', '_' and '.'",
                    source.name
                );
                report.fail(&path, message);
            }
            if let Some(other) = names.insert(&source.name, number) {
                let path = at("name");
                let message = format!("{path}: {LIST}.{other} is called {} already", source.name);
                report.fail(&path, message);
            }
            if let Some(other) = paths.insert(&source.path, number) {
                let path = at("path");
                let message = format!(
                    "{path}: {LIST}.{other} watches {} already, and a zone belongs to one source",
                    source.path.display()
                );
                report.fail(&path, message);
            }
        }
    }
}
