//! Whose a zone is, and which serial it gets.

use super::*;

#[tokio::test]
async fn a_removal_by_a_master_that_does_not_own_the_zone_changes_nothing() {
    let (_home, store, _committer) = fresh();
    pushed(&store, "a.example", 1, "192.0.2.1").await;
    let kept = remove(&store, "a.example", "da2").await;
    assert!(matches!(kept, Removed::NotOwner { owner } if owner.master == "da1"));
    assert_eq!(store.desired(&name("a.example")).unwrap().revision, 1);
}

#[tokio::test]
async fn a_push_from_another_master_takes_the_zone_over() {
    let (_home, store, _committer) = fresh();
    pushed(&store, "a.example", 1, "192.0.2.1").await;
    let moved = push(&store, zone("a.example", 1, "192.0.2.1"), "da2").await;
    let Pushed::Stored(stored) = &moved else {
        panic!("{moved:?}");
    };
    assert!(!stored.changed, "{moved:?}");
    assert_eq!(stored.moved_from.as_ref().unwrap().master, "da1");
    let late = remove(&store, "a.example", "da1").await;
    assert!(matches!(late, Removed::NotOwner { owner } if owner.master == "da2"));
}

#[tokio::test]
async fn the_serial_never_goes_back_and_never_stands_for_two_contents() {
    let (_home, store, _committer) = fresh();
    let mut served = Vec::new();
    for (serial, address) in [
        (10, "192.0.2.1"),
        (10, "192.0.2.2"),
        (9, "192.0.2.3"),
        (20, "192.0.2.3"),
        (20, "192.0.2.3"),
    ] {
        pushed(&store, "a.example", serial, address).await;
        let desired = store.desired(&name("a.example")).unwrap();
        served.push(desired.zone.unwrap().serial());
    }
    assert_eq!(served, [10, 11, 12, 20, 20]);
    assert_eq!(store.desired(&name("a.example")).unwrap().revision, 4);
}

#[tokio::test]
async fn the_serial_goes_on_through_the_wrap_around_and_a_removal() {
    let (_home, store, _committer) = fresh();
    let serial = || {
        store
            .desired(&name("a.example"))
            .unwrap()
            .zone
            .unwrap()
            .serial()
    };
    pushed(&store, "a.example", u32::MAX, "192.0.2.1").await;
    pushed(&store, "a.example", u32::MAX, "192.0.2.2").await;
    assert_eq!(serial(), 0);
    remove(&store, "a.example", "da1").await;
    pushed(&store, "a.example", u32::MAX - 5, "192.0.2.3").await;
    assert_eq!(serial(), 1);
}
