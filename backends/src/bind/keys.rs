//! The keys of BIND in the configuration, and the rules between them.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use dadns_keys::{
    Report, Text, endpoint, keys, many, one, one_of, or_none, parsed, socket, text, whole,
};

use super::{Bind, Control, Provision, RecordLimits, Settings, View};
use crate::{BackendError, BackendId, Configured, Instance, Opened};

keys! {
    /// A BIND `named` on this host. Two of them need directories and files of their own.
    pub struct Keys("") {
        /// Directory of the zone files. dadns writes here and named reads.
        zones_dir: PathBuf = one(text()), "/var/cache/bind/dadns";
        /// File of zone stanzas that dadns writes. named.conf must include it.
        named_conf: PathBuf = one(text()), "/etc/bind/named.conf.dadns";
        /// Control channel of named, host:port, and below the file with its key.
        /// none: dadns only writes files, and something else must tell named.
        control: Option<String> = or_none(Text::Read(endpoint)), "127.0.0.1:953";
        /// The file with the key of the control channel. It is read again on every connect.
        key_file: PathBuf = one(text()), "/etc/bind/rndc.key";
        /// How named is given zones. include: by stanzas in named_conf, which takes longer the more zones
        /// there are. addzone: over the control channel, and named keeps them in its own database; named
        /// needs allow-new-zones yes. auto: addzone where named allows it, else include. A change moves the
        /// zones at the next start.
        provision: Provision = one_of(&["include", "addzone", "auto"]), "include";
        /// Where this named answers DNS: asked after each batch, to verify that it serves what was
        /// pushed. none: dadns relies on the control channel alone.
        dns_address: Option<SocketAddr> = or_none(Text::Read(socket)), "127.0.0.1:53";
        /// The views of named that include this file of stanzas, such as inside, outside: zones are
        /// reloaded and verified in each. Empty: as the configuration of named shows, where dadns can
        /// read it.
        views: Vec<View> = many(parsed::<View>()), "[]";
        /// Most records of one owner name and type that this named accepts. A zone with more is refused on
        /// this backend alone, and its receipt names the key. dadns writes the limit into its stanzas
        /// (max-records-per-type) where named knows it: 9.18.28 and later. 0: no limit. named itself has
        /// 100, since long lists slow it down.
        max_records_per_type: u32 = whole(0, u32::MAX as u64), "100";
        /// Most types of one owner name that this named accepts (max-types-per-name), in the same way.
        max_types_per_name: u32 = whole(0, u32::MAX as u64), "100";
    }
}

impl Configured for Bind {
    const NAME: &'static str = "bind";
    const PREFIXES: &'static [&'static str] = &["bind"];
    const ENABLED: bool = false;
    const FENCED: bool = false;
    type Keys = Keys;
    type Settings = Settings;

    /// `named` needs absolute paths: its own working directory is not ours.
    fn settings(keys: Keys, path: &str, report: &mut Report) -> Option<Settings> {
        let mut absolute = |name: &str, place: &Path| match std::path::absolute(place) {
            Ok(place) => Some(place),
            Err(error) => {
                let path = format!("{path}.{name}");
                report.fail(&path, format!("{path}: {place:?}: {error}"));
                None
            }
        };
        let zones_dir = absolute("zones_dir", &keys.zones_dir);
        let named_conf = absolute("named_conf", &keys.named_conf);
        let key_file = keys.key_file;
        Some(Settings {
            zones_dir: zones_dir?,
            named_conf: named_conf?,
            control: keys.control.map(|address| Control { address, key_file }),
            dns_address: keys.dns_address,
            provision: keys.provision,
            views: keys.views,
            limits: RecordLimits {
                per_type: keys.max_records_per_type,
                types_per_name: keys.max_types_per_name,
            },
        })
    }

    /// Two instances that write the same files would undo each other's work for ever.
    fn check(all: &[Instance<'_, Settings>], report: &mut Report) {
        let mut taken: Vec<(PathBuf, String)> = Vec::new();
        for bind in all {
            let files = [
                (&bind.settings.zones_dir, "zones_dir"),
                (&bind.settings.named_conf, "named_conf"),
            ];
            for (file, key) in files {
                let (real, path) = (real(file), bind.key(key));
                match taken.iter().find(|(other, _)| *other == real) {
                    Some((_, other)) => {
                        let message = format!("{path} and {other} are both {}", file.display());
                        report.fail(&path, message);
                    }
                    None => taken.push((real, path)),
                }
            }
        }
    }

    fn open(id: BackendId, settings: Settings) -> Result<Opened, BackendError> {
        Self::open(id, settings).map(Opened::backend)
    }
}

/// Where `path` leads, whichever way it is written: links are followed as far as they exist, and what
/// does not exist yet keeps its name.
fn real(path: &Path) -> PathBuf {
    if let Ok(real) = path.canonicalize() {
        return real;
    }
    let Some(above) = path.parent() else {
        return path.to_owned();
    };
    let mut real = real(above);
    match path.file_name() {
        Some(name) => real.push(name),
        // It ends with `..`.
        None => drop(real.pop()),
    }
    real
}
