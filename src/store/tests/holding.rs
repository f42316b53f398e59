//! Pushes that the guard holds.

use super::*;

fn guarded(directory: &TempDir) -> (Store, CommitterHandle) {
    let options = Options {
        guard: Guard {
            removed_percent: 20,
            ..Guard::default()
        },
        ..options()
    };
    let backends = [(id("bind"), "here".to_owned())].into();
    open_with(directory.path(), &backends, &options)
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

async fn operator(store: &Store, edit: Edit) -> Accepted {
    let change = Change::new(super::operator(), edit);
    store.accept(change).await.unwrap()
}

/// A store in which an emptied a.example waits for an operator.
async fn holding() -> (TempDir, Store, CommitterHandle) {
    let directory = TempDir::new().unwrap();
    let (store, committer) = guarded(&directory);
    pushed(&store, "a.example", 1, "192.0.2.1").await;
    recorded(&store, verified("a.example", 1, 1)).await;
    let held = store.accept(push(emptied(2), "da2")).await.unwrap();
    assert!(
        matches!(&held, Accepted::Held { reasons } if reasons.len() == 1),
        "{held:?}"
    );
    (directory, store, committer)
}

#[tokio::test]
async fn a_held_push_changes_nothing_and_outlives_a_restart() {
    let (directory, store, committer) = holding().await;
    assert_eq!(store.desired(&name("a.example")).unwrap().revision, 1);
    assert!(due_names(&store, "bind").is_empty());
    committer.stop(store);
    let (store, _committer) = guarded(&directory);
    assert_eq!(store.held_zones(), [name("a.example")]);
    let held = store.held(&name("a.example")).unwrap().unwrap();
    assert_eq!(held.zone(&name("a.example")).unwrap(), emptied(2));
    assert_eq!(held.by, "test from 127.0.0.1");
}

#[tokio::test]
async fn an_approved_push_is_made_as_if_it_came_now_with_its_owner() {
    let (_directory, store, _committer) = holding().await;
    let accepted = operator(&store, Edit::Approve(name("a.example"))).await;
    assert!(
        matches!(
            &accepted,
            Accepted::Stored {
                revision: 2,
                moved_from: Some(_),
                ..
            }
        ),
        "{accepted:?}"
    );
    let head = store.head(&name("a.example")).unwrap().unwrap();
    assert_eq!(head.owner.unwrap().master, "da2");
    assert_eq!(due_names(&store, "bind"), ["a.example"]);
    assert!(store.held_zones().is_empty());
    let version = store.version(&name("a.example"), 2).unwrap().unwrap();
    assert_eq!(version.kind, VersionKind::Approved);
}

#[tokio::test]
async fn a_rejected_push_is_gone() {
    let (_directory, store, _committer) = holding().await;
    assert_eq!(
        operator(&store, Edit::Reject(name("a.example"))).await,
        Accepted::Rejected
    );
    assert!(store.held(&name("a.example")).unwrap().is_none());
    let again = operator(&store, Edit::Approve(name("a.example"))).await;
    assert!(
        matches!(again, Accepted::Impossible(Impossible::NothingHeld(_))),
        "{again:?}"
    );
    assert_eq!(store.desired(&name("a.example")).unwrap().revision, 1);
}

#[tokio::test]
async fn a_later_push_that_may_pass_takes_the_place_of_the_held_one() {
    let (_directory, store, _committer) = holding().await;
    pushed(&store, "a.example", 3, "192.0.2.3").await;
    assert!(store.held(&name("a.example")).unwrap().is_none());
    assert!(store.held_zones().is_empty());
}

#[tokio::test]
async fn the_clean_up_of_the_old_master_neither_removes_the_zone_nor_drops_the_held_push() {
    let (_directory, store, _committer) = holding().await;
    let kept = store.accept(removal("a.example", "da1")).await.unwrap();
    assert!(
        matches!(&kept, Accepted::NotOwner { owner } if owner.master == "da2"),
        "{kept:?}"
    );
    assert!(store.desired(&name("a.example")).unwrap().zone.is_some());
    assert!(store.held(&name("a.example")).unwrap().is_some());
}

#[tokio::test]
async fn a_removal_by_who_pushed_it_drops_the_held_push() {
    let (_directory, store, _committer) = holding().await;
    let kept = store.accept(removal("a.example", "da2")).await.unwrap();
    assert!(
        matches!(&kept, Accepted::NotOwner { owner } if owner.master == "da1"),
        "{kept:?}"
    );
    assert!(store.held(&name("a.example")).unwrap().is_none());
    // Whoever does not say who it is removes both.
    store.accept(push(emptied(2), "da2")).await.unwrap();
    let removed = store.accept(removal("a.example", "")).await.unwrap();
    assert_eq!(removed, Accepted::Removed { revision: 2 });
    assert!(store.held(&name("a.example")).unwrap().is_none());
}

#[tokio::test]
async fn an_import_and_a_rollback_leave_what_is_held_to_the_operator() {
    let (_directory, store, _committer) = holding().await;
    let taken = Edit::Push {
        zone: zone("a.example", 1, "192.0.2.7"),
        warnings: Vec::new(),
        kind: VersionKind::Imported,
    };
    operator(&store, taken).await;
    let back = Edit::Rollback {
        zone: name("a.example"),
        revision: 1,
    };
    let back = operator(&store, back).await;
    assert!(
        matches!(back, Accepted::Stored { revision: 3, .. }),
        "{back:?}"
    );
    assert!(store.held(&name("a.example")).unwrap().is_some());
}

#[tokio::test]
async fn the_guard_sees_what_waits_in_the_same_group() {
    let directory = TempDir::new().unwrap();
    let (store, _committer) = guarded(&directory);
    let (first, second) = tokio::join!(
        store.accept(push(zone("a.example", 1, "192.0.2.1"), "da1")),
        store.accept(push(emptied(2), "da1")),
    );
    assert!(matches!(first.unwrap(), Accepted::Stored { .. }));
    assert!(matches!(second.unwrap(), Accepted::Held { .. }));
}
