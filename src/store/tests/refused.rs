//! Pushes that were refused, and what ends that.

use super::*;

fn refuse(store: &Store, zone: &str, reason: &str) {
    store.note_refused(&name(zone), &author("da1"), reason);
}

async fn guarded() -> (TempDir, Store, CommitterHandle) {
    let directory = TempDir::new().unwrap();
    let options = Options {
        guard: Guard {
            removed_percent: 1,
            ..Guard::default()
        },
        ..options()
    };
    let (store, committer) = open_with(directory.path(), &BTreeMap::new(), &options);
    pushed(&store, "a.example", 1, "192.0.2.1").await;
    (directory, store, committer)
}

async fn made(store: &Store, edit: Edit) -> Accepted {
    let change = Change::new(author("da1"), edit);
    store.accept(change).await.unwrap()
}

#[tokio::test]
async fn what_a_master_says_next_ends_a_refusal_and_what_others_do_does_not() {
    let (_directory, store, _committer) = guarded().await;
    let zone_a = name("a.example");
    let import = |kind| Edit::Push {
        zone: zone("a.example", 1, "192.0.2.1"),
        warnings: Vec::new(),
        kind,
    };
    for (edit, master, ends) in [
        (import(VersionKind::Pushed), "da1", true),
        (import(VersionKind::Fetched), "da1", true),
        (import(VersionKind::Imported), "da1", false),
        (
            Edit::Rollback {
                zone: zone_a.clone(),
                revision: 1,
            },
            "da1",
            false,
        ),
        (
            Edit::Advance {
                zone: zone_a.clone(),
                past: 7,
            },
            "da1",
            false,
        ),
        (Edit::Remove(zone_a.clone()), "da2", false),
        (Edit::Approve(zone_a.clone()), "da1", false),
        (Edit::Reject(zone_a.clone()), "da1", false),
        (Edit::Remove(zone_a.clone()), "da1", true),
        (Edit::Remove(zone_a.clone()), "da1", true),
    ] {
        refuse(&store, "a.example", "no");
        let what = format!("{edit:?} by {master}");
        let change = Change::new(author(master), edit);
        store.accept(change).await.unwrap();
        assert_eq!(store.refused(&zone_a).is_none(), ends, "{what}");
    }
}

#[tokio::test]
async fn a_push_that_is_held_or_approved_ends_a_refusal() {
    let (_directory, store, _committer) = guarded().await;
    refuse(&store, "a.example", "no");
    let text = b"$TTL 300\n@ SOA ns1 host 2 3600 600 86400 300\n@ NS ns1\nns1 A 192.0.2.1\n";
    let emptied = read(&name("a.example"), text, &Limits::default()).unwrap();
    let held = store.accept(push(emptied.zone, "da1")).await.unwrap();
    assert!(matches!(held, Accepted::Held { .. }), "{held:?}");
    assert_eq!(store.refused_count(), 0);
    refuse(&store, "a.example", "no");
    made(&store, Edit::Approve(name("a.example"))).await;
    assert_eq!(store.refused_count(), 0);
}

#[tokio::test]
async fn refusals_are_counted_until_one_is_accepted_and_outlive_a_restart() {
    let directory = TempDir::new().unwrap();
    let (store, committer) = open(directory.path(), &[]);
    pushed(&store, "a.example", 1, "192.0.2.1").await;
    for number in 1..=3 {
        refuse(&store, "a.example", &format!("reason {number}"));
    }
    refuse(&store, "b.example", &"é".repeat(5_000));
    let found = store.refused(&name("a.example")).unwrap();
    assert_eq!((found.times, found.reason.as_str()), (3, "reason 3"));
    assert!(found.since <= found.at);
    let all = store.newest_refused(9);
    let long = store.refused(&name("b.example")).unwrap().reason;
    assert!(long.ends_with("é…") && long.len() < 2_100, "{}", long.len());
    committer.stop(store);
    let (store, committer) = open(directory.path(), &[]);
    assert_eq!(store.newest_refused(9), all);
    pushed(&store, "b.example", 1, "192.0.2.1").await;
    committer.stop(store);
    let (store, _committer) = open(directory.path(), &[]);
    assert_eq!(store.refused(&name("b.example")), None);
    assert_eq!(store.refused(&name("a.example")), Some(found));
}

#[tokio::test]
async fn names_that_are_not_here_crowd_out_each_other_only() {
    let directory = TempDir::new().unwrap();
    let (store, committer) = open(directory.path(), &[]);
    pushed(&store, "a.example", 1, "192.0.2.1").await;
    refuse(&store, "a.example", "no");
    for number in 0..1_500 {
        refuse(&store, &format!("n{number}.example"), "no");
    }
    assert_eq!(store.refused_count(), 1_001);
    assert_eq!(store.refused(&name("n499.example")), None);
    assert!(store.refused(&name("n500.example")).is_some());
    committer.stop(store);
    // Nor are they on disk.
    let (store, _committer) = open(directory.path(), &[]);
    assert_eq!(store.refused_count(), 1_001);
    assert!(store.refused(&name("n500.example")).is_some());
    assert!(store.refused(&name("a.example")).is_some());
}

#[tokio::test]
async fn an_entry_that_cannot_be_read_keeps_no_store_from_opening() {
    let directory = TempDir::new().unwrap();
    let (store, committer) = open(directory.path(), &[]);
    pushed(&store, "a.example", 1, "192.0.2.1").await;
    committer.stop(store);
    {
        let db = loop {
            match sled::open(directory.path()) {
                Ok(db) => break db,
                Err(_) => std::thread::yield_now(),
            }
        };
        db.insert(keys::refused(&name("a.example")), b"\xff\xff")
            .unwrap();
        db.flush().unwrap();
    }
    let (store, _committer) = open(directory.path(), &[]);
    assert_eq!(store.refused_count(), 0);
    assert!(store.head(&name("a.example")).unwrap().is_some());
}
