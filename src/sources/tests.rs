//! A source whose directory or store fails.

use std::path::Path;
use std::sync::Arc;

use tempfile::TempDir;

use super::book::AFTER_FAILURE;
use super::*;
use crate::engine::{Batch, Engine as _, KeyRange, Memory};
use crate::store::{CommitterHandle, Options};

/// A watcher of `directory` that removes zones, with a store on `engine`.
fn watcher(directory: &Path, engine: &Memory) -> (Watcher, CommitterHandle) {
    let settings = Settings {
        unchanged: Duration::from_millis(10),
        look_seconds: 300,
        watched: vec![Source {
            name: "zones".to_owned(),
            path: directory.to_owned(),
            remove: true,
        }],
    };
    let none = std::collections::BTreeMap::new();
    let engine = Arc::new(engine.clone());
    let (store, committer) = Store::open(engine, &none, &Options::default()).unwrap();
    let (mut all, _) = all(&settings, &store, Limits::default(), &Metrics::empty());
    (all.pop().unwrap(), committer)
}

fn write(directory: &TempDir, zone: &str) {
    let text = "$TTL 300\n@ IN SOA ns1.example.net. a.example.net. 1 7200 3600 604800 300\n@ NS ns1.example.net.\n";
    std::fs::write(directory.path().join(format!("{zone}.zone")), text).unwrap();
}

/// Looks, and says how long nothing is due from then on.
async fn rest_after_look(watcher: &mut Watcher) -> Duration {
    let before = Instant::now();
    watcher.look(true).await;
    let next = watcher.book.next(watcher.unchanged).unwrap();
    next.saturating_duration_since(before)
}

#[tokio::test]
async fn a_directory_that_vanishes_is_not_looked_at_all_the_time() {
    let directory = TempDir::new().unwrap();
    let (mut watcher, _committer) = watcher(directory.path(), &Memory::default());
    write(&directory, "a.example");
    let rest = rest_after_look(&mut watcher).await;
    assert!(rest < AFTER_FAILURE, "{rest:?}");
    drop(directory);
    let rest = rest_after_look(&mut watcher).await;
    assert!(rest >= AFTER_FAILURE, "{rest:?}");
}

#[tokio::test]
async fn a_store_that_cannot_be_read_is_not_asked_all_the_time_for_zones_without_a_file() {
    let directory = TempDir::new().unwrap();
    let engine = Memory::default();
    let (mut watcher, _committer) = watcher(directory.path(), &engine);
    // So that files are read at once.
    watcher.unchanged = Duration::ZERO;
    write(&directory, "a.example");
    write(&directory, "b.example");
    watcher.look(true).await;
    let removed = directory.path().join("b.example.zone");
    std::fs::remove_file(removed).unwrap();
    watcher.unchanged = Duration::from_secs(60);
    assert!(
        watcher.look(true).await,
        "zone b.example waits to be removed"
    );

    // What the store has of it is damaged.
    let all = engine.scan(KeyRange::prefix(""));
    let keys = all.map(|entry| entry.unwrap().0);
    let is_of_zone = |key: &[u8]| key.windows(9).any(|part| part == b"b.example");
    let mut batch = Batch::default();
    for key in keys.filter(|key| is_of_zone(key)) {
        batch.insert(key.to_vec(), "damaged");
    }
    engine.apply(batch).unwrap();
    // It is due, as it has been gone for long enough.
    watcher.unchanged = Duration::ZERO;
    let rest = rest_after_look(&mut watcher).await;
    let trouble = watcher.trouble.unwrap_or_default();
    assert!(trouble.contains("zones without a file stay"), "{trouble}");
    assert!(rest >= AFTER_FAILURE, "{rest:?}");
}
