//! Pushes that were refused, and what ends that.

use super::*;

fn refuse(store: &Store, zone: &str, reason: &str) {
    store.note_refused(&name(zone), &author("da1"), reason);
}

async fn guarded() -> (Home, Store, CommitterHandle) {
    let home = Home::new();
    let options = Options {
        guard: Guard {
            removed_percent: 1,
            ..Guard::default()
        },
        ..options()
    };
    let (store, committer) = open_with(&home, &BTreeMap::new(), &options);
    pushed(&store, "a.example", 1, "192.0.2.1").await;
    (home, store, committer)
}

/// Whether a refusal is over after an edit.
async fn ends<T: std::fmt::Debug>(
    store: &Store,
    edit: impl Future<Output = Result<T, StoreError>>,
) -> bool {
    refuse(store, "a.example", "no");
    edit.await.unwrap();
    store.refused(&name("a.example")).is_none()
}

#[tokio::test]
async fn what_a_master_says_next_ends_a_refusal_and_what_others_do_does_not() {
    let (_home, store, _committer) = guarded().await;
    let as_it_is = || zone("a.example", 1, "192.0.2.1");
    let zone_a = || name("a.example");
    let da1 = || author("da1");
    let pushed = store.push(da1(), as_it_is(), Vec::new());
    assert!(ends(&store, pushed).await);
    let fetched = store.fetched(Moment::at(1), da1(), as_it_is(), Vec::new());
    assert!(ends(&store, fetched).await);
    let imported = store.accept(da1(), Import { zone: as_it_is() });
    assert!(!ends(&store, imported).await);
    let overtaken = store.fetched(Moment::at(9), da1(), as_it_is(), Vec::new());
    assert!(!ends(&store, overtaken).await);
    assert!(!ends(&store, store.rollback(da1(), zone_a(), 1)).await);
    assert!(!ends(&store, store.advance(&zone_a(), 1, 7, da1())).await);
    assert!(!ends(&store, store.remove(author("da2"), zone_a())).await);
    assert!(!ends(&store, store.approve(da1(), zone_a())).await);
    assert!(!ends(&store, store.reject(da1(), zone_a())).await);
    assert!(ends(&store, store.remove(da1(), zone_a())).await);
    assert!(ends(&store, store.remove(da1(), zone_a())).await);
}

#[tokio::test]
async fn a_push_that_is_held_or_approved_ends_a_refusal() {
    let (_home, store, _committer) = guarded().await;
    refuse(&store, "a.example", "no");
    let text = b"$TTL 300\n@ SOA ns1 host 2 3600 600 86400 300\n@ NS ns1\nns1 A 192.0.2.1\n";
    let emptied = read(&name("a.example"), text, &Limits::default()).unwrap();
    let held = push(&store, emptied.zone, "da1").await;
    assert!(matches!(held, Pushed::Held { .. }), "{held:?}");
    assert_eq!(store.refused_count(), 0);
    refuse(&store, "a.example", "no");
    let approved = store.approve(author("da1"), name("a.example")).await;
    approved.unwrap().unwrap();
    assert_eq!(store.refused_count(), 0);
}

#[tokio::test]
async fn refusals_are_counted_until_one_is_accepted_and_outlive_a_restart() {
    let home = Home::new();
    let (store, committer) = open(&home, &[]);
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
    let (store, committer) = open(&home, &[]);
    assert_eq!(store.newest_refused(9), all);
    pushed(&store, "b.example", 1, "192.0.2.1").await;
    committer.stop(store);
    let (store, _committer) = open(&home, &[]);
    assert_eq!(store.refused(&name("b.example")), None);
    assert_eq!(store.refused(&name("a.example")), Some(found));
}

#[tokio::test]
async fn names_that_are_not_here_crowd_out_each_other_only() {
    let home = Home::new();
    let (store, committer) = open(&home, &[]);
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
    let (store, _committer) = open(&home, &[]);
    assert_eq!(store.refused_count(), 1_001);
    assert!(store.refused(&name("n500.example")).is_some());
    assert!(store.refused(&name("a.example")).is_some());
}

#[tokio::test]
async fn an_entry_that_cannot_be_read_keeps_no_store_from_opening() {
    let home = Home::new();
    let (store, committer) = open(&home, &[]);
    pushed(&store, "a.example", 1, "192.0.2.1").await;
    committer.stop(store);
    let mut batch = Batch::default();
    batch.insert(keys::refused(&name("a.example")), b"\xff\xff");
    home.engine().apply(batch).unwrap();
    let (store, _committer) = open(&home, &[]);
    assert_eq!(store.refused_count(), 0);
    assert!(store.head(&name("a.example")).unwrap().is_some());
}
