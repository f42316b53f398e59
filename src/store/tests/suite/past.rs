//! History, and the way back.

use super::*;

pub(super) async fn rollback(store: &Store, revision: u64) -> Result<Stored, CannotRollBack> {
    let back = store.rollback(operator(), name("a.example"), revision);
    back.await.unwrap()
}

/// Of each zone three revisions are kept, however old.
fn keeping_three() -> Options {
    Options {
        keep: Keep {
            revisions: 3,
            days: 0,
        },
        ..options()
    }
}

fn revisions(store: &Store) -> Vec<u64> {
    let history = store.history(&name("a.example")).unwrap();
    history.into_iter().map(|(revision, _)| revision).collect()
}

fn address(store: &Store) -> String {
    let zone = store.desired(&name("a.example")).unwrap().zone.unwrap();
    let www = "www".parse::<String>().unwrap();
    let text = zone.to_string();
    let line = text.lines().find(|line| line.starts_with(&www)).unwrap();
    line.rsplit_once(char::is_whitespace).unwrap().1.to_owned()
}

#[tokio::test]
async fn every_accepted_revision_is_in_the_history_with_its_author_until_as_many_newer_ones_came() {
    let home = Home::new();
    let options = keeping_three();
    let (store, committer) = open_with(&home, &BTreeMap::new(), &options);
    for serial in 1..=5 {
        pushed(&store, "a.example", serial, &format!("192.0.2.{serial}")).await;
        // The same again is no revision.
        pushed(&store, "a.example", serial, &format!("192.0.2.{serial}")).await;
    }
    assert_eq!(revisions(&store), [5, 4, 3]);
    committer.stop(store);

    let (store, _committer) = open_with(&home, &BTreeMap::new(), &options);
    let version = store.version(&name("a.example"), 4).unwrap().unwrap();
    assert_eq!(
        store.content(&name("a.example"), 4).unwrap(),
        Some(Some(zone("a.example", 4, "192.0.2.4")))
    );
    assert_eq!(version.by, "test from 127.0.0.1");
    assert_eq!(version.owner.unwrap().master, "da1");
}

#[tokio::test]
async fn a_rollback_is_a_new_revision_of_the_old_content_with_a_higher_serial() {
    let (_home, store, _committer) = fresh();
    pushed(&store, "a.example", 10, "192.0.2.1").await;
    pushed(&store, "a.example", 20, "192.0.2.2").await;
    recorded(&store, verified("a.example", 2, 20)).await;
    let stored = rollback(&store, 1).await.unwrap();
    assert!(stored.changed);
    assert_eq!((stored.revision, stored.serial), (3, 21));
    assert_eq!(
        store.desired(&name("a.example")).unwrap().zone,
        Some(zone("a.example", 21, "192.0.2.1"))
    );
    assert_eq!(due_names(&store, "bind"), ["a.example"]);
    let version = store.version(&name("a.example"), 3).unwrap().unwrap();
    assert_eq!(version.kind, VersionKind::RolledBack(1));
    // The owner stays: whoever rolls back is no master.
    let head = store.head(&name("a.example")).unwrap().unwrap();
    assert_eq!(head.owner.unwrap().master, "da1");
}

#[tokio::test]
async fn a_removed_zone_comes_back_by_a_rollback_and_a_removal_is_nothing_to_go_back_to() {
    let (_home, store, _committer) = fresh();
    pushed(&store, "a.example", 10, "192.0.2.1").await;
    remove(&store, "a.example", "da1").await;
    assert_eq!(revisions(&store), [2, 1]);
    let refused = rollback(&store, 2).await;
    assert!(
        matches!(refused, Err(CannotRollBack::Removal { .. })),
        "{refused:?}"
    );
    let stored = rollback(&store, 1).await.unwrap();
    assert_eq!((stored.revision, stored.changed), (3, true));
    assert_eq!(address(&store), "192.0.2.1");
}

#[tokio::test]
async fn a_revision_that_is_not_kept_cannot_be_gone_back_to() {
    let (_home, store, _committer) = fresh();
    pushed(&store, "a.example", 10, "192.0.2.1").await;
    let refused = rollback(&store, 7).await;
    assert!(
        matches!(refused, Err(CannotRollBack::NoSuchRevision { .. })),
        "{refused:?}"
    );
}

#[tokio::test]
async fn a_signed_zone_is_not_rolled_back_because_its_serial_is_signed() {
    let (_home, store, _committer) = fresh();
    let signed = |serial: u32, address: &str| {
        let text = format!(
            "$TTL 300\n@ SOA ns1 host {serial} 3600 600 86400 300\n@ NS ns1\nns1 A {address}\n\
             ns1 RRSIG A 13 3 300 20400101000000 20200101000000 1 a.example. AAAA\n"
        );
        read(&name("a.example"), text.as_bytes(), &Limits::default())
            .unwrap()
            .zone
    };
    for (serial, address) in [(1, "192.0.2.1"), (2, "192.0.2.2")] {
        push(&store, signed(serial, address), "da1").await;
    }
    let refused = rollback(&store, 1).await;
    assert_eq!(refused, Err(CannotRollBack::Signed(name("a.example"))));
    assert_eq!(store.desired(&name("a.example")).unwrap().revision, 2);
}

#[tokio::test]
async fn a_push_and_a_rollback_that_wait_together_are_made_one_after_the_other() {
    let (_home, store, _committer) = fresh();
    pushed(&store, "a.example", 1, "192.0.2.1").await;
    // The revision that is gone back to is made by the change before it in the same group.
    let (first, second, third) = tokio::join!(
        push(&store, zone("a.example", 2, "192.0.2.2"), "da1"),
        push(&store, zone("a.example", 3, "192.0.2.3"), "da1"),
        rollback(&store, 2),
    );
    assert!(is_new(&first) && is_new(&second), "{first:?} {second:?}");
    assert!(third.unwrap().changed);
    assert_eq!(address(&store), "192.0.2.2");
    assert_eq!(revisions(&store), [4, 3, 2, 1]);
}

#[tokio::test]
async fn what_is_older_than_it_is_kept_is_forgotten_but_never_what_is_current() {
    let home = Home::new();
    let (store, committer) = open(&home, &[]);
    for serial in 1..=3 {
        pushed(&store, "a.example", serial, &format!("192.0.2.{serial}")).await;
    }
    assert_eq!(store.forget_old_versions().await.unwrap(), 0);
    // As if they had come two years ago.
    let years_ago = Timestamp::now() - (24 * 730).hours();
    for revision in 1..=3 {
        let mut version = store
            .version(&name("a.example"), revision)
            .unwrap()
            .unwrap();
        version.at = years_ago;
        let mut batch = Batch::default();
        let key = keys::version(&name("a.example"), revision);
        batch.insert(key, version.encode().unwrap());
        store.shared.db.write(batch).unwrap();
    }
    assert_eq!(store.forget_old_versions().await.unwrap(), 2);
    assert_eq!(revisions(&store), [3]);
    committer.stop(store);
}

#[tokio::test]
async fn serials_that_are_raised_again_and_again_push_no_content_out_of_the_history() {
    let home = Home::new();
    let options = keeping_three();
    let (store, _committer) = open_with(&home, &BTreeMap::new(), &options);
    for serial in 1..=2 {
        pushed(&store, "a.example", serial, &format!("192.0.2.{serial}")).await;
    }
    for past in 10..20 {
        let zone_a = name("a.example");
        let revision = store.head(&zone_a).unwrap().unwrap().revision;
        let check = Author::new(Part::Check);
        let raised = store.advance(&zone_a, revision, past, check).await.unwrap();
        assert!(matches!(raised, Advanced::Raised { .. }), "{raised:?}");
    }
    assert_eq!(revisions(&store), [12, 2, 1]);
}
