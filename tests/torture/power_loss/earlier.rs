//! A store as dadns 0.1.0 kept it, with the entries of one of today: what a migration begins with.

use std::path::Path;

use dadns::engine::{self, KeyRange};

/// The whole of a process that writes the store in `from` into sled's files in `to`. Only its end makes sure
/// that sled has let go of them.
pub fn run(from: &Path, to: &Path) {
    let engine = engine::open(from, 1 << 20).unwrap();
    let db = sled::Config::new().path(to).open().unwrap();
    for entry in engine.scan(KeyRange::prefix("")) {
        let (key, value) = entry.unwrap();
        db.insert(&*key, &*value).unwrap();
    }
    db.flush().unwrap();
}
