//! Which backends are to have which zones.

use super::*;
use crate::placement::{Group, Groups, Target};

/// Backends a, b and c, each in a group of its own that is called like it, but for those without weight.
fn grouped(home: &Home, weights: [u32; 3]) -> (Store, CommitterHandle) {
    let group = |(name, weight): (&str, u32)| Group {
        name: name.to_owned(),
        site: String::new(),
        weight,
        backends: vec![Target::new(name)],
    };
    let groups = ["a", "b", "c"].into_iter().zip(weights).map(group);
    let options = Options {
        groups: Groups::new(1, groups.collect(), "here"),
        ..options()
    };
    let here = |name| (id(name), format!("in group {name}"));
    open_with(home, &["a", "b", "c"].map(here).into(), &options)
}

fn only(group: &str) -> BTreeSet<String> {
    BTreeSet::from([group.to_owned()])
}

/// The backends that may be behind on a.example.
fn pending(store: &Store) -> Vec<&'static str> {
    let zone = name("a.example");
    let is = |backend: &&str| store.pending_entry(&id(backend), &zone).is_some();
    ["a", "b", "c"].into_iter().filter(is).collect()
}

/// A lane does what is desired of a.example on a backend.
async fn delivered(store: &Store, backend: &str) {
    let desired = store.desired_at(&id(backend), &name("a.example")).unwrap();
    let content = desired
        .zone
        .map(|zone| (zone.serial(), *zone.digest().as_bytes()));
    let tried = Tried {
        content,
        ..verified("a.example", desired.revision, 0)
    };
    store.record(&id(backend), vec![tried]).await.unwrap();
}

async fn moved(store: &Store, to: &str) -> Moved {
    let order = store.move_zone(operator(), name("a.example"), only(to));
    order.await.unwrap()
}

/// It has arrived at all backends of `to`.
async fn arrived(store: &Store, to: &str) -> Moved {
    let (backends, author) = (BTreeSet::new(), Author::new(Part::Moves));
    let arrived = store.arrived(author, name("a.example"), only(to), backends, true);
    arrived.await.unwrap()
}

#[tokio::test]
async fn a_zone_is_placed_when_it_is_first_accepted_and_pending_there_only() {
    let home = Home::new();
    let (store, committer) = grouped(&home, [0, 1, 0]);
    pushed(&store, "a.example", 1, "192.0.2.1").await;
    assert_eq!(pending(&store), ["b"]);
    let at = |store: &Store, backend| {
        let desired = store.desired_at(&id(backend), &name("a.example")).unwrap();
        (desired.revision, desired.zone.is_some())
    };
    assert_eq!((at(&store, "a"), at(&store, "b")), ((1, false), (1, true)));
    delivered(&store, "b").await;
    assert!(pending(&store).is_empty());
    committer.stop(store);
    // Other weights change nothing of what is stored, and a removed zone is placed where it was when it comes back.
    let (store, _committer) = grouped(&home, [1, 0, 0]);
    pushed(&store, "a.example", 2, "192.0.2.2").await;
    assert_eq!(pending(&store), ["b"]);
    delivered(&store, "b").await;
    remove(&store, "a.example", "da1").await;
    assert_eq!(pending(&store), ["b"]);
    delivered(&store, "b").await;
    pushed(&store, "a.example", 3, "192.0.2.3").await;
    assert_eq!(pending(&store), ["b"]);
}

#[tokio::test]
async fn a_zone_from_before_there_were_groups_is_everywhere() {
    let home = Home::new();
    let (store, committer) = open(&home, &["a", "b"]);
    pushed(&store, "a.example", 1, "192.0.2.1").await;
    committer.stop(store);
    let (store, _committer) = grouped(&home, [1, 1, 1]);
    assert_eq!(store.placement(&name("a.example")), None);
    pushed(&store, "a.example", 2, "192.0.2.2").await;
    assert_eq!(pending(&store), ["a", "b", "c"]);
}

#[tokio::test]
async fn a_zone_that_moves_is_added_then_verified_and_only_then_removed() {
    let home = Home::new();
    let (store, committer) = grouped(&home, [1, 0, 0]);
    pushed(&store, "a.example", 1, "192.0.2.1").await;
    delivered(&store, "a").await;
    assert_eq!(moved(&store, "b").await, Moved::Ordered);
    assert_eq!(moved(&store, "b").await, Moved::There);
    // It stays at a, where nothing changes, and comes to b.
    assert_eq!(pending(&store), ["b"]);
    let zone = name("a.example");
    assert!(store.is_placed(&id("a"), &zone) && store.is_placed(&id("b"), &zone));
    committer.stop(store);

    let (store, _committer) = grouped(&home, [1, 0, 0]);
    assert_eq!(store.moving(), [zone.clone()]);
    assert!(!store.is_verified_at(&id("b"), &zone).unwrap());
    delivered(&store, "a").await;
    delivered(&store, "b").await;
    delivered(&store, "c").await;
    assert!(store.is_verified_at(&id("b"), &zone).unwrap());
    assert_eq!(
        arrived(&store, "c").await,
        Moved::There,
        "it does not move there"
    );
    assert_eq!(arrived(&store, "b").await, Moved::Ordered);
    assert_eq!(pending(&store), ["a"]);
    assert!(store.desired_at(&id("a"), &zone).unwrap().zone.is_none());
    delivered(&store, "a").await;
    assert!(pending(&store).is_empty() && store.moving().is_empty());
    // What was verified to be gone is not asked again with each push.
    pushed(&store, "a.example", 2, "192.0.2.2").await;
    assert_eq!(pending(&store), ["b"]);
}

#[tokio::test]
async fn a_result_from_before_a_move_does_not_end_what_the_move_needs() {
    let home = Home::new();
    let (store, _committer) = grouped(&home, [1, 0, 0]);
    pushed(&store, "a.example", 1, "192.0.2.1").await;
    delivered(&store, "a").await;
    moved(&store, "b").await;
    delivered(&store, "b").await;
    arrived(&store, "b").await;
    // The lane of a has removed it, but before it can say so the zone is ordered to come back.
    let zone = name("a.example");
    let removed = store.desired_at(&id("a"), &zone).unwrap();
    assert_eq!((removed.revision, removed.zone.is_none()), (1, true));
    moved(&store, "a").await;
    let tried = Tried {
        content: None,
        ..verified("a.example", 1, 0)
    };
    store.record(&id("a"), vec![tried]).await.unwrap();
    assert_eq!(pending(&store), ["a"]);
    delivered(&store, "a").await;
    assert!(store.is_verified_at(&id("a"), &zone).unwrap());
}

#[tokio::test]
async fn a_zone_that_is_removed_while_it_moves_is_removed_at_both() {
    let home = Home::new();
    let (store, _committer) = grouped(&home, [1, 0, 0]);
    pushed(&store, "a.example", 1, "192.0.2.1").await;
    delivered(&store, "a").await;
    moved(&store, "b").await;
    delivered(&store, "b").await;
    remove(&store, "a.example", "da1").await;
    assert_eq!(pending(&store), ["a", "b"]);
    assert_eq!(moved(&store, "c").await, Moved::NotPresent);
    assert_eq!(arrived(&store, "b").await, Moved::Ordered);
    assert_eq!(pending(&store), ["a", "b"]);
    assert!(store.moving().is_empty());
}
