//! History, and the way back.

use super::*;

async fn rollback(store: &Store, revision: u64) -> Accepted {
    let edit = Edit::Rollback {
        zone: name("a.example"),
        revision,
    };
    let change = Change::new(operator(), edit);
    store.accept(change).await.unwrap()
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
    let directory = TempDir::new().unwrap();
    let options = keeping_three();
    let (store, committer) = open_with(directory.path(), &BTreeMap::new(), &options);
    for serial in 1..=5 {
        pushed(&store, "a.example", serial, &format!("192.0.2.{serial}")).await;
        // The same again is no revision.
        pushed(&store, "a.example", serial, &format!("192.0.2.{serial}")).await;
    }
    assert_eq!(revisions(&store), [5, 4, 3]);
    committer.stop(store);

    let (store, _committer) = open_with(directory.path(), &BTreeMap::new(), &options);
    let version = store.version(&name("a.example"), 4).unwrap().unwrap();
    assert_eq!(
        version.content(&name("a.example")).unwrap(),
        Some(zone("a.example", 4, "192.0.2.4"))
    );
    assert_eq!(version.by, "test from 127.0.0.1");
    assert_eq!(version.owner.unwrap().master, "da1");
}

#[tokio::test]
async fn a_rollback_is_a_new_revision_of_the_old_content_with_a_higher_serial() {
    let (_directory, store, _committer) = fresh();
    pushed(&store, "a.example", 10, "192.0.2.1").await;
    pushed(&store, "a.example", 20, "192.0.2.2").await;
    recorded(&store, verified("a.example", 2, 20)).await;
    let accepted = rollback(&store, 1).await;
    assert!(
        matches!(
            accepted,
            Accepted::Stored {
                revision: 3,
                serial: 21,
                ..
            }
        ),
        "{accepted:?}"
    );
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
    let (_directory, store, _committer) = fresh();
    pushed(&store, "a.example", 10, "192.0.2.1").await;
    store.accept(removal("a.example", "da1")).await.unwrap();
    assert_eq!(revisions(&store), [2, 1]);
    let refused = rollback(&store, 2).await;
    assert!(
        matches!(refused, Accepted::Impossible(Impossible::Removal { .. })),
        "{refused:?}"
    );
    let accepted = rollback(&store, 1).await;
    assert!(
        matches!(accepted, Accepted::Stored { revision: 3, .. }),
        "{accepted:?}"
    );
    assert_eq!(address(&store), "192.0.2.1");
}

#[tokio::test]
async fn a_revision_that_is_not_kept_cannot_be_gone_back_to() {
    let (_directory, store, _committer) = fresh();
    pushed(&store, "a.example", 10, "192.0.2.1").await;
    let refused = rollback(&store, 7).await;
    assert!(
        matches!(
            refused,
            Accepted::Impossible(Impossible::NoSuchRevision { .. })
        ),
        "{refused:?}"
    );
}

#[tokio::test]
async fn a_signed_zone_is_not_rolled_back_because_its_serial_is_signed() {
    let (_directory, store, _committer) = fresh();
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
        store
            .accept(push(signed(serial, address), "da1"))
            .await
            .unwrap();
    }
    let refused = rollback(&store, 1).await;
    assert_eq!(
        refused,
        Accepted::Impossible(Impossible::Signed(name("a.example")))
    );
    assert_eq!(store.desired(&name("a.example")).unwrap().revision, 2);
}

#[tokio::test]
async fn a_push_and_a_rollback_that_wait_together_are_made_one_after_the_other() {
    let (_directory, store, _committer) = fresh();
    pushed(&store, "a.example", 1, "192.0.2.1").await;
    let edit = Edit::Rollback {
        zone: name("a.example"),
        revision: 2,
    };
    // The revision that is gone back to is made by the change before it in the same group.
    let (first, second, third) = tokio::join!(
        store.accept(push(zone("a.example", 2, "192.0.2.2"), "da1")),
        store.accept(push(zone("a.example", 3, "192.0.2.3"), "da1")),
        store.accept(Change::new(operator(), edit)),
    );
    for accepted in [first, second, third] {
        assert!(matches!(accepted.unwrap(), Accepted::Stored { .. }));
    }
    assert_eq!(address(&store), "192.0.2.2");
    assert_eq!(revisions(&store), [4, 3, 2, 1]);
}

#[tokio::test]
async fn what_is_older_than_it_is_kept_is_forgotten_but_never_what_is_current() {
    let directory = TempDir::new().unwrap();
    let (store, committer) = open(directory.path(), &[]);
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
        let mut batch = sled::Batch::default();
        let key = keys::version(&name("a.example"), revision);
        batch.insert(key, store.shared.db.encode(&version).unwrap());
        store.shared.db.write(batch).unwrap();
    }
    assert_eq!(store.forget_old_versions().await.unwrap(), 2);
    assert_eq!(revisions(&store), [3]);
    committer.stop(store);
}

#[tokio::test]
async fn serials_that_are_raised_again_and_again_push_no_content_out_of_the_history() {
    let directory = TempDir::new().unwrap();
    let options = keeping_three();
    let (store, _committer) = open_with(directory.path(), &BTreeMap::new(), &options);
    for serial in 1..=2 {
        pushed(&store, "a.example", serial, &format!("192.0.2.{serial}")).await;
    }
    for past in 10..20 {
        let edit = Edit::Advance {
            zone: name("a.example"),
            past,
        };
        let change = Change::new(Author::new(Part::Check), edit);
        store.accept(change).await.unwrap();
    }
    assert_eq!(revisions(&store), [12, 2, 1]);
}
