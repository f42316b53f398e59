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
async fn verified_zone() -> (Home, Store, CommitterHandle) {
    let (home, store, committer) = fresh();
    pushed(&store, "a.example", 1, "192.0.2.1").await;
    recorded(&store, verified("a.example", 1, 1)).await;
    (home, store, committer)
}

#[tokio::test]
async fn a_drifted_zone_is_due_at_once_until_it_is_verified_again() {
    let (_home, store, _committer) = verified_zone().await;
    assert!(drifted(&store, 1).await);
    assert_eq!(due_names(&store, "bind"), ["a.example"]);
    let entry = store.pending_entry(&id("bind"), &name("a.example"));
    assert_eq!(entry.unwrap().cause.as_deref(), Some("a row is missing"));
    recorded(&store, verified("a.example", 1, 1)).await;
    assert!(due_names(&store, "bind").is_empty());
}

#[tokio::test]
async fn drift_of_a_revision_that_is_no_longer_current_is_none() {
    let (_home, store, _committer) = verified_zone().await;
    pushed(&store, "a.example", 2, "192.0.2.2").await;
    recorded(&store, verified("a.example", 2, 2)).await;
    assert!(!drifted(&store, 1).await);
    assert!(due_names(&store, "bind").is_empty());
}

#[tokio::test]
async fn drift_does_not_hasten_or_hide_what_is_pending_already() {
    let (_home, store, _committer) = fresh();
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
    let (_home, store, _committer) = fresh();
    pushed(&store, "a.example", 1, "192.0.2.1").await;
    assert!(drifted(&store, 1).await);
    let entry = store.pending_entry(&id("bind"), &name("a.example"));
    assert_eq!(entry.unwrap().cause, None);
}

#[tokio::test]
async fn a_change_that_was_decided_upon_before_another_came_is_overtaken() {
    let (_home, store, _committer) = fresh();
    let late = |moment| {
        let zone = zone("a.example", 1, "192.0.2.9");
        store.fetched(moment, author("da2"), zone, Vec::new())
    };
    pushed(&store, "a.example", 1, "192.0.2.1").await;
    assert_eq!(late(Moment::at(0)).await.unwrap(), AtMoment::Overtaken);
    let fitting = late(Moment::at(1)).await.unwrap();
    assert!(
        matches!(&fitting, AtMoment::Made(pushed) if is_new(pushed)),
        "{fitting:?}"
    );
}

#[tokio::test]
async fn a_claim_gives_the_zone_an_owner_and_makes_no_revision() {
    let (_home, store, _committer) = fresh();
    push(&store, zone("a.example", 1, "192.0.2.1"), "").await;
    recorded(&store, verified("a.example", 1, 1)).await;
    let owner = Owner {
        master: "da3".into(),
        user: Some("bob".into()),
    };
    let claim = || {
        let by = Author::new(Part::Reconciliation);
        store.claim(Moment::at(1), by, name("a.example"), None, owner.clone())
    };
    assert_eq!(claim().await.unwrap(), Claimed::Claimed);
    // It has an owner by now.
    assert_eq!(claim().await.unwrap(), Claimed::Overtaken);
    let head = store.head(&name("a.example")).unwrap().unwrap();
    assert_eq!((head.owner.as_ref(), head.revision), (Some(&owner), 1));
    assert!(due_names(&store, "bind").is_empty());
}

#[tokio::test]
async fn a_serial_that_a_backend_is_ahead_with_is_passed_by_one_also_across_the_wrap_around() {
    let (_home, store, _committer) = fresh();
    pushed(&store, "a.example", u32::MAX - 1, "192.0.2.1").await;
    let zone_a = name("a.example");
    let advance = |revision, past| store.advance(&zone_a, revision, past, Author::new(Part::Check));
    let raised = advance(1, u32::MAX).await.unwrap();
    let advanced = Advanced::Raised {
        revision: 2,
        serial: 0,
    };
    assert_eq!(raised, advanced);
    let desired = store.desired(&name("a.example")).unwrap().zone.unwrap();
    assert_eq!(desired, zone("a.example", 0, "192.0.2.1"));
    // What lies behind is passed already.
    assert_eq!(advance(2, u32::MAX).await.unwrap(), Advanced::Ahead);
    let head = store.head(&zone_a).unwrap().unwrap();
    assert_eq!((head.revision, head.serial), (2, 0));
}

#[tokio::test]
async fn a_push_of_the_same_overtakes_a_change_that_was_decided_upon_before_it() {
    let (_home, store, _committer) = verified_zone().await;
    let decided = Moment {
        revision: 1,
        since: Some(Timestamp::now()),
    };
    let late = |moment| store.remove_at(moment, author("da1"), name("a.example"));
    // The same again: no revision, but whoever pushes wants the zone.
    pushed(&store, "a.example", 1, "192.0.2.1").await;
    assert_eq!(late(decided).await.unwrap(), AtMoment::Overtaken);
    let removed = late(Moment::at(1)).await.unwrap();
    let tombstone = Removed::Removed { revision: 2 };
    assert_eq!(removed, AtMoment::Made(tombstone));
}
