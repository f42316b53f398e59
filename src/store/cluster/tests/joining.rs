//! How a node comes to share what it has, and leaves again.

use super::*;
use crate::store::Comparison;

#[tokio::test]
async fn the_first_node_shares_all_that_it_has() {
    let node = Node::of("left", &Memory::default(), true);
    node.push(zone(7, "192.0.2.7")).await.unwrap().unwrap();
    node.push(zone(8, "192.0.2.8")).await.unwrap().unwrap();
    let other = testing::zone("gone.example", 1, "");
    node.push(other).await.unwrap().unwrap();
    node.store
        .remove(author(), name("gone.example"))
        .await
        .unwrap();
    let membership = Membership {
        cluster: "test".into(),
        cursor: 0,
    };
    node.store.join(membership, true).await.unwrap();
    let (mut first, mut ledger) = (node, Ledger::default());
    assert_eq!(first.store.standing().unwrap().unshared, 2);
    first.share(&mut ledger).await;
    let second = Node::new("right").await;
    second.follow(&ledger).await;
    for zone in ["a.example", "gone.example"] {
        assert_eq!(first.head(zone), second.head(zone));
        assert_eq!(first.text(zone), second.text(zone));
    }
    assert!(!second.head("gone.example").unwrap().present);
}

#[tokio::test]
async fn a_node_with_other_zones_is_told_which() {
    let mut ledger = Ledger::default();
    let mut left = Node::new("left").await;
    for zone in [zone(7, "192.0.2.7"), testing::zone("same.example", 1, "")] {
        let push = left.push(zone);
        left.carry(&mut ledger).await;
        push.await.unwrap().unwrap();
    }
    let right = Node::of("right", &Memory::default(), true);
    for zone in [
        zone(7, "192.0.2.8"),
        testing::zone("same.example", 1, ""),
        testing::zone("ours.example", 1, ""),
    ] {
        right.push(zone).await.unwrap().unwrap();
    }
    let mut comparison = Comparison::default();
    let documents = ledger.news_after(0).documents;
    right.store.compare(&mut comparison, &documents).unwrap();
    let (other, ours) = right.store.compared(comparison).unwrap();
    assert_eq!(other, [name("a.example")]);
    assert_eq!(ours, [name("ours.example")]);
}

#[tokio::test]
async fn a_ledger_that_has_lost_something_is_noticed_and_what_is_newer_here_is_shared() {
    let mut ledger = Ledger::default();
    let mut left = Node::new("left").await;
    for serial in [7, 8] {
        let push = left.push(zone(serial, &format!("192.0.2.{serial}")));
        left.carry(&mut ledger).await;
        push.await.unwrap().unwrap();
        if serial == 7 {
            let push = left.push(testing::zone("new.example", 1, ""));
            left.carry(&mut ledger).await;
            push.await.unwrap().unwrap();
        }
    }
    // As in a backup of before.
    ledger.documents.remove("z/new.example");
    let document = ledger.documents.get_mut("z/a.example").unwrap();
    document.stamp = Stamp(1);
    let stamps: Vec<_> = ledger
        .documents
        .values()
        .map(|one| (one.name.clone(), one.stamp))
        .collect();
    let differences = left.store.differences(&stamps).unwrap();
    assert_eq!(
        differences.newer_here,
        [name("a.example"), name("new.example")]
    );
    assert_eq!(left.store.share_newer(stamps).await.unwrap(), 2);
    left.share(&mut ledger).await;
    let right = Node::new("right").await;
    right.follow(&ledger).await;
    assert_eq!(right.text("a.example"), left.text("a.example"));
    assert!(right.head("new.example").is_some());
}

#[tokio::test]
async fn a_node_that_fills_an_engine_made_anew_goes_on_from_what_that_counts() {
    let mut ledger = Ledger {
        revision: 5_000,
        ..Ledger::default()
    };
    let (mut left, right) = (Node::new("left").await, Node::new("right").await);
    let push = left.push(zone(7, "192.0.2.7"));
    left.carry(&mut ledger).await;
    push.await.unwrap().unwrap();
    let mut ledger = Ledger::default();
    assert_eq!(left.store.share_newer(Vec::new()).await.unwrap(), 1);
    left.join().await;
    left.share(&mut ledger).await;
    assert_eq!(left.store.stamp(&name("a.example")).unwrap(), Stamp(1));
    let push = left.push(zone(8, "192.0.2.8"));
    left.carry(&mut ledger).await;
    assert_eq!(stored(push.await.unwrap().unwrap()), (2, 8));
    right.follow(&ledger).await;
    assert_eq!(right.head("a.example"), left.head("a.example"));
}

#[tokio::test]
async fn whoever_leaves_keeps_all_zones_and_asks_nobody_any_more() {
    let mut ledger = Ledger::default();
    let mut node = Node::new("left").await;
    let push = node.push(zone(7, "192.0.2.7"));
    node.carry(&mut ledger).await;
    push.await.unwrap().unwrap();
    node.store.leave().await.unwrap();
    let pushed = node.push(zone(8, "192.0.2.8")).await.unwrap().unwrap();
    assert_eq!(stored(pushed), (2, 8));
    assert_eq!(
        node.store.stamp(&name("a.example")).unwrap(),
        Stamp::default()
    );
}
