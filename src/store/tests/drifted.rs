//! Zones that were found drifted on a backend, and changes that were decided upon earlier.

use super::*;

/// Whether a.example is going to be repaired on `bind`.
async fn drifted(store: &Store, revision: u64) -> bool {
    let drifted = Drifted {
        zone: name("a.example"),
        revision,
        found: "a row is missing".into(),
    };
    store.drifted(&id("bind"), drifted).await.unwrap()
}

/// A store in which a.example is verified on `bind` at revision 1.
async fn verified_zone() -> (TempDir, Store, CommitterHandle) {
    let (directory, store, committer) = fresh();
    pushed(&store, "a.example", 1, "192.0.2.1").await;
    recorded(&store, verified("a.example", 1, 1)).await;
    (directory, store, committer)
}

#[tokio::test]
async fn a_drifted_zone_is_due_at_once_until_it_is_verified_again() {
    let (_directory, store, _committer) = verified_zone().await;
    assert!(drifted(&store, 1).await);
    assert_eq!(due_names(&store, "bind"), ["a.example"]);
    let entry = store.pending_entry(&id("bind"), &name("a.example"));
    assert_eq!(entry.unwrap().cause.as_deref(), Some("a row is missing"));
    recorded(&store, verified("a.example", 1, 1)).await;
    assert!(due_names(&store, "bind").is_empty());
}

#[tokio::test]
async fn drift_of_a_revision_that_is_no_longer_current_is_none() {
    let (_directory, store, _committer) = verified_zone().await;
    pushed(&store, "a.example", 2, "192.0.2.2").await;
    recorded(&store, verified("a.example", 2, 2)).await;
    assert!(!drifted(&store, 1).await);
    assert!(due_names(&store, "bind").is_empty());
}

#[tokio::test]
async fn drift_does_not_hasten_or_hide_what_is_pending_already() {
    let (_directory, store, _committer) = fresh();
    pushed(&store, "a.example", 1, "192.0.2.1").await;
    recorded(&store, failed("refused", Timestamp::now() + 10.minutes())).await;
    assert!(!drifted(&store, 1).await);
    let entry = store
        .pending_entry(&id("bind"), &name("a.example"))
        .unwrap();
    assert_eq!(entry.cause.as_deref(), Some("refused"));
}

#[tokio::test]
async fn drift_is_repaired_with_what_is_about_to_be_applied_anyway() {
    let (_directory, store, _committer) = fresh();
    pushed(&store, "a.example", 1, "192.0.2.1").await;
    assert!(drifted(&store, 1).await);
    let entry = store.pending_entry(&id("bind"), &name("a.example"));
    assert_eq!(entry.unwrap().cause, None);
}

#[tokio::test]
async fn a_change_that_was_decided_upon_before_another_came_is_overtaken() {
    let (_directory, store, _committer) = fresh();
    let late = Change {
        only_at: Some(Moment::at(0)),
        ..push(zone("a.example", 1, "192.0.2.9"), "da2")
    };
    pushed(&store, "a.example", 1, "192.0.2.1").await;
    assert_eq!(
        store.accept(late.clone()).await.unwrap(),
        Accepted::Overtaken
    );
    let fitting = Change {
        only_at: Some(Moment::at(1)),
        ..late
    };
    assert!(matches!(
        store.accept(fitting).await.unwrap(),
        Accepted::Stored { .. }
    ));
}

#[tokio::test]
async fn a_claim_gives_the_zone_an_owner_and_makes_no_revision() {
    let (_directory, store, _committer) = fresh();
    store
        .accept(push(zone("a.example", 1, "192.0.2.1"), ""))
        .await
        .unwrap();
    recorded(&store, verified("a.example", 1, 1)).await;
    let owner = Owner {
        master: "da3".into(),
        user: Some("bob".into()),
    };
    let claim = || {
        let edit = Edit::Claim {
            zone: name("a.example"),
            from: None,
            owner: owner.clone(),
        };
        store.accept(Change::new(Author::new(Part::Reconciliation), edit))
    };
    assert_eq!(claim().await.unwrap(), Accepted::Claimed);
    // It has an owner by now.
    assert_eq!(claim().await.unwrap(), Accepted::Overtaken);
    let head = store.head(&name("a.example")).unwrap().unwrap();
    assert_eq!((head.owner.as_ref(), head.revision), (Some(&owner), 1));
    assert!(due_names(&store, "bind").is_empty());
}

#[tokio::test]
async fn a_serial_that_a_backend_is_ahead_with_is_passed_by_one_also_across_the_wrap_around() {
    let (_directory, store, _committer) = fresh();
    pushed(&store, "a.example", u32::MAX - 1, "192.0.2.1").await;
    let advance = |past| {
        let edit = Edit::Advance {
            zone: name("a.example"),
            past,
        };
        store.accept(Change::new(Author::new(Part::Check), edit))
    };
    let raised = advance(u32::MAX).await.unwrap();
    assert!(
        matches!(
            raised,
            Accepted::Stored {
                revision: 2,
                serial: 0,
                ..
            }
        ),
        "{raised:?}"
    );
    let desired = store.desired(&name("a.example")).unwrap().zone.unwrap();
    assert_eq!(desired, zone("a.example", 0, "192.0.2.1"));
    // What lies behind is passed already.
    let same = advance(u32::MAX).await.unwrap();
    assert!(
        matches!(
            same,
            Accepted::Same {
                revision: 2,
                serial: 0,
                ..
            }
        ),
        "{same:?}"
    );
}

#[tokio::test]
async fn a_push_of_the_same_overtakes_a_change_that_was_decided_upon_before_it() {
    let (_directory, store, _committer) = verified_zone().await;
    let decided = Moment {
        revision: 1,
        since: Some(Timestamp::now()),
    };
    let late = || Change {
        only_at: Some(decided),
        ..removal("a.example", "da1")
    };
    // The same again: no revision, but whoever pushes wants the zone.
    pushed(&store, "a.example", 1, "192.0.2.1").await;
    assert_eq!(store.accept(late()).await.unwrap(), Accepted::Overtaken);
    let later = Change {
        only_at: Some(Moment::at(1)),
        ..late()
    };
    let removed = store.accept(later).await.unwrap();
    assert!(matches!(removed, Accepted::Removed { .. }), "{removed:?}");
}
