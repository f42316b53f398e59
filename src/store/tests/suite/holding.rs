//! Pushes that the guard holds.

use super::*;

fn guarded(home: &Home) -> (Store, CommitterHandle) {
    let options = Options {
        guard: Guard {
            removed_percent: 20,
            ..Guard::default()
        },
        ..options()
    };
    let backends = [(id("bind"), "here".to_owned())].into();
    open_with(home, &backends, &options)
}

/// The zone of the other tests without its last record: a quarter less.
fn emptied(serial: u32) -> Zone {
    let text = format!(
        "$TTL 300\n@ SOA ns1 host {serial} 3600 600 86400 300\n@ NS ns1\nns1 A 192.0.2.1\n"
    );
    read(&name("a.example"), text.as_bytes(), &Limits::default())
        .unwrap()
        .zone
}

/// A store in which an emptied a.example waits for an operator.
async fn holding() -> (Home, Store, CommitterHandle) {
    let home = Home::new();
    let (store, committer) = guarded(&home);
    pushed(&store, "a.example", 1, "192.0.2.1").await;
    recorded(&store, verified("a.example", 1, 1)).await;
    let held = push(&store, emptied(2), "da2").await;
    assert!(
        matches!(&held, Pushed::Held { reasons } if reasons.len() == 1),
        "{held:?}"
    );
    (home, store, committer)
}

#[tokio::test]
async fn a_held_push_changes_nothing_and_outlives_a_restart() {
    let (home, store, committer) = holding().await;
    assert_eq!(store.desired(&name("a.example")).unwrap().revision, 1);
    assert!(due_names(&store, "bind").is_empty());
    committer.stop(store);
    let (store, _committer) = guarded(&home);
    assert_eq!(store.held_zones(), [name("a.example")]);
    let held = store.held(&name("a.example")).unwrap().unwrap();
    assert_eq!(held.zone(&name("a.example")).unwrap(), emptied(2));
    assert_eq!(held.by, "test from 127.0.0.1");
}

#[tokio::test]
async fn an_approved_push_is_made_as_if_it_came_now_with_its_owner() {
    let (_home, store, _committer) = holding().await;
    let approved = store.approve(operator(), name("a.example")).await.unwrap();
    let stored = approved.unwrap();
    assert_eq!((stored.revision, stored.changed), (2, true));
    assert!(stored.moved_from.is_some());
    let head = store.head(&name("a.example")).unwrap().unwrap();
    assert_eq!(head.owner.unwrap().master, "da2");
    assert_eq!(due_names(&store, "bind"), ["a.example"]);
    assert!(store.held_zones().is_empty());
    let version = store.version(&name("a.example"), 2).unwrap().unwrap();
    assert_eq!(version.kind, VersionKind::Approved);
}

#[tokio::test]
async fn a_rejected_push_is_gone() {
    let (_home, store, _committer) = holding().await;
    let rejected = store.reject(operator(), name("a.example")).await.unwrap();
    assert_eq!(rejected, Ok(()));
    assert!(store.held(&name("a.example")).unwrap().is_none());
    let again = store.approve(operator(), name("a.example")).await.unwrap();
    assert_eq!(again, Err(NothingHeld(name("a.example"))));
    assert_eq!(store.desired(&name("a.example")).unwrap().revision, 1);
}

#[tokio::test]
async fn a_later_push_that_may_pass_takes_the_place_of_the_held_one() {
    let (_home, store, _committer) = holding().await;
    pushed(&store, "a.example", 3, "192.0.2.3").await;
    assert!(store.held(&name("a.example")).unwrap().is_none());
    assert!(store.held_zones().is_empty());
}

#[tokio::test]
async fn the_clean_up_of_the_old_master_neither_removes_the_zone_nor_drops_the_held_push() {
    let (_home, store, _committer) = holding().await;
    let kept = remove(&store, "a.example", "da1").await;
    assert!(
        matches!(&kept, Removed::NotOwner { owner } if owner.master == "da2"),
        "{kept:?}"
    );
    assert!(store.desired(&name("a.example")).unwrap().zone.is_some());
    assert!(store.held(&name("a.example")).unwrap().is_some());
}

#[tokio::test]
async fn a_removal_by_who_pushed_it_drops_the_held_push() {
    let (_home, store, _committer) = holding().await;
    let kept = remove(&store, "a.example", "da2").await;
    assert!(
        matches!(&kept, Removed::NotOwner { owner } if owner.master == "da1"),
        "{kept:?}"
    );
    assert!(store.held(&name("a.example")).unwrap().is_none());
    // Whoever does not say who it is removes both.
    push(&store, emptied(2), "da2").await;
    let removed = remove(&store, "a.example", "").await;
    assert_eq!(removed, Removed::Removed { revision: 2 });
    assert!(store.held(&name("a.example")).unwrap().is_none());
}

#[tokio::test]
async fn an_import_and_a_rollback_leave_what_is_held_to_the_operator() {
    let (_home, store, _committer) = holding().await;
    // Whatever it was that the import found, it is made at the present revision.
    let imported = At {
        moment: Moment::at(1),
        edit: Import {
            zone: zone("a.example", 1, "192.0.2.7"),
        },
    };
    let imported = store.accept(operator(), imported).await.unwrap();
    assert!(matches!(imported, AtMoment::Made(_)), "{imported:?}");
    let back = store.rollback(operator(), name("a.example"), 1).await;
    assert_eq!(back.unwrap().unwrap().revision, 3);
    assert!(store.held(&name("a.example")).unwrap().is_some());
}

#[tokio::test]
async fn the_guard_sees_what_waits_in_the_same_group() {
    let home = Home::new();
    let (store, _committer) = guarded(&home);
    let (first, second) = tokio::join!(
        push(&store, zone("a.example", 1, "192.0.2.1"), "da1"),
        push(&store, emptied(2), "da1"),
    );
    assert!(is_new(&first), "{first:?}");
    assert!(matches!(second, Pushed::Held { .. }));
}
