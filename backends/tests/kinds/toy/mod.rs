//! The simplest kind of backend: it keeps its zones in memory, on a shelf.

use dadns_backends::memory::Memory;
use dadns_backends::{BackendError, BackendId, Configured, Instance, Opened};
use dadns_keys::{Report, keys, one, text, whole};

keys! {
    /// A toy.
    pub struct Keys("") {
        /// The shelf that it stands on. No two toys stand on one.
        shelf: u8 = whole(1, 9), "1";
        /// Its colour.
        colour: String = one(text()), "red";
    }
}

/// What the keys amount to.
#[derive(Debug, Clone)]
pub struct Settings {
    pub shelf: u8,
    pub colour: String,
}

/// The kind; as a backend it is [`Memory`].
pub struct Toy;

impl Configured for Toy {
    const NAME: &'static str = "toy";
    const PREFIXES: &'static [&'static str] = &["toy"];
    const ENABLED: bool = false;
    const FENCED: bool = true;
    type Keys = Keys;
    type Settings = Settings;

    fn settings(keys: Keys, path: &str, report: &mut Report) -> Option<Settings> {
        if keys.colour == "black" {
            let path = format!("{path}.colour");
            report.fail(&path, format!("{path}: nobody finds it"));
            return None;
        }
        Some(Settings {
            shelf: keys.shelf,
            colour: keys.colour,
        })
    }

    fn check(all: &[Instance<'_, Settings>], report: &mut Report) {
        for (at, toy) in all.iter().enumerate() {
            let mut before = all.iter().take(at);
            if let Some(other) = before.find(|other| other.settings.shelf == toy.settings.shelf) {
                let path = toy.key("shelf");
                report.fail(&path, format!("{path}: {} stands there", other.path()));
            }
        }
    }

    fn open(id: BackendId, _: Settings) -> Result<Opened, BackendError> {
        Ok(Opened::backend(Memory::new(id)))
    }
}
