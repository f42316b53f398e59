//! Nodes that reach the ledger agree.

use dadns_zone::{Rrset, RrsetKey, Rtype};

use super::*;
use crate::store::{Edits, Mode, RecordEdit, Removed};

#[tokio::test]
async fn a_push_is_answered_once_the_ledger_has_it_and_every_node_then_has_the_same() {
    let (mut left, right) = (Node::new("left").await, Node::new("right").await);
    let mut ledger = Ledger::default();
    let push = left.push(zone(7, "192.0.2.1"));
    let writes = left.leaves().await;
    assert!(!push.is_finished());
    assert_eq!(left.head("a.example"), None);
    left.land(writes, |write| ledger.commit(write));
    assert_eq!(stored(push.await.unwrap().unwrap()), (1, 7));
    right.follow(&ledger).await;
    left.follow(&ledger).await;
    assert_eq!(left.head("a.example"), right.head("a.example"));
    assert_eq!(left.text("a.example"), right.text("a.example"));
    let name = name("a.example");
    let (here, there) = (left.store.history(&name), right.store.history(&name));
    assert_eq!(here.unwrap(), there.unwrap());
    assert_eq!(
        left.store.stamp(&name).unwrap(),
        right.store.stamp(&name).unwrap()
    );
    let builtin = "builtin".parse().unwrap();
    assert_eq!(right.store.pending_count(&builtin), 1);
}

#[tokio::test]
async fn of_two_pushes_at_once_the_second_is_planned_anew_on_the_first() {
    let (mut left, mut right) = (Node::new("left").await, Node::new("right").await);
    let mut ledger = Ledger::default();
    let (one, other) = (
        left.push(zone(7, "192.0.2.1")),
        right.push(zone(7, "192.0.2.2")),
    );
    let late = right.leaves().await;
    left.carry(&mut ledger).await;
    right.land(late, |write| ledger.commit(write));
    right.carry(&mut ledger).await;
    assert_eq!(stored(one.await.unwrap().unwrap()), (1, 7));
    assert_eq!(stored(other.await.unwrap().unwrap()), (2, 8));
    left.follow(&ledger).await;
    right.follow(&ledger).await;
    assert_eq!(left.head("a.example"), right.head("a.example"));
    assert_eq!(left.store.history(&name("a.example")).unwrap().len(), 2);
    assert!(left.text("a.example").contains("192.0.2.2"));
}

#[tokio::test]
async fn later_changes_of_a_zone_wait_for_the_one_that_is_on_its_way_and_others_do_not() {
    let mut node = Node::new("left").await;
    let mut ledger = Ledger::default();
    let first = node.push(zone(7, "192.0.2.1"));
    let on_its_way = node.leaves().await;
    let second = node.push(zone(8, "192.0.2.2"));
    let other = node.push(testing::zone("b.example", 1, ""));
    node.carry(&mut ledger).await;
    assert_eq!(stored(other.await.unwrap().unwrap()), (1, 1));
    assert!(!second.is_finished());
    node.land(on_its_way, |write| ledger.commit(write));
    node.carry(&mut ledger).await;
    assert_eq!(stored(first.await.unwrap().unwrap()), (1, 7));
    assert_eq!(stored(second.await.unwrap().unwrap()), (2, 8));
}

#[tokio::test]
async fn an_edit_and_a_removal_reach_the_other_node_with_layers_and_history() {
    let (mut left, mut right) = (Node::new("left").await, Node::new("right").await);
    let mut ledger = Ledger::default();
    let push = left.push(zone(7, "192.0.2.1"));
    left.carry(&mut ledger).await;
    push.await.unwrap().unwrap();
    right.follow(&ledger).await;
    let with = testing::zone("a.example", 1, "api A 192.0.2.9\n");
    let key = with
        .rrsets()
        .iter()
        .find(|set| set.rtype() == Rtype::A)
        .cloned();
    let set: Rrset = key.unwrap();
    let edits = Edits::of(vec![RecordEdit::Replace(set.clone())]);
    let store = right.store.clone();
    let edit = tokio::spawn(async move {
        let plan = move |_: &crate::store::Standing<'_>| Ok::<_, ()>(edits);
        store
            .edit(author(), name("a.example"), Mode::Make, plan)
            .await
    });
    right.carry(&mut ledger).await;
    let edited = edit.await.unwrap().unwrap().unwrap();
    assert_eq!(edited.stored.revision, 2);
    left.follow(&ledger).await;
    assert_eq!(left.text("a.example"), right.text("a.example"));
    assert!(left.text("a.example").contains("192.0.2.9"));
    let served = left
        .store
        .served_at(&name("a.example"), set.owner())
        .unwrap()
        .unwrap();
    assert_eq!(served.sets.len(), 1);
    assert_eq!(RrsetKey::from(&served.sets[0]), RrsetKey::from(&set));
    // The push of before lies under it, at the node that never saw it pushed.
    let before = right
        .store
        .content(&name("a.example"), 1)
        .unwrap()
        .unwrap()
        .unwrap();
    assert!(!before.to_string().contains("192.0.2.9"));

    let store = left.store.clone();
    let removal = tokio::spawn(async move { store.remove(author(), name("a.example")).await });
    left.carry(&mut ledger).await;
    assert_eq!(
        removal.await.unwrap().unwrap(),
        Removed::Removed { revision: 3 }
    );
    right.follow(&ledger).await;
    assert!(right.desired("a.example").zone.is_none());
    assert_eq!(right.head("a.example").unwrap().revision, 3);
    assert_eq!(right.store.history(&name("a.example")).unwrap().len(), 3);
}

#[tokio::test]
async fn what_would_change_nothing_is_only_said_once_the_ledger_agrees() {
    let (mut left, mut right) = (Node::new("left").await, Node::new("right").await);
    let mut ledger = Ledger::default();
    let push = left.push(zone(7, "192.0.2.1"));
    left.carry(&mut ledger).await;
    push.await.unwrap().unwrap();
    // The right one has not heard of the zone when it is told to remove it.
    let store = right.store.clone();
    let removal = tokio::spawn(async move { store.remove(author(), name("a.example")).await });
    right.carry(&mut ledger).await;
    right.carry(&mut ledger).await;
    assert_eq!(
        removal.await.unwrap().unwrap(),
        Removed::Removed { revision: 2 }
    );
}

#[tokio::test]
async fn a_write_that_the_feed_shows_first_is_answered_by_it_and_made_once() {
    let mut node = Node::new("left").await;
    let mut ledger = Ledger::default();
    let push = node.push(zone(7, "192.0.2.1"));
    let writes = node.leaves().await;
    let late: Vec<_> = writes.iter().map(|write| ledger.commit(write)).collect();
    node.follow(&ledger).await;
    assert_eq!(stored(push.await.unwrap().unwrap()), (1, 7));
    let mut late = late.into_iter();
    node.land(writes, |_| late.next().unwrap());
    node.follow(&ledger).await;
    assert_eq!(node.store.history(&name("a.example")).unwrap().len(), 1);
}

#[tokio::test]
async fn an_answer_that_comes_after_what_another_node_made_of_the_zone_puts_nothing_back() {
    let mut ledger = Ledger::default();
    let (mut left, mut right) = (Node::new("left").await, Node::new("right").await);
    let late = left.push(zone(7, "192.0.2.7"));
    let writes = left.leaves().await;
    let stamp = ledger.commit(&writes[0]);
    right.follow(&ledger).await;
    let push = right.push(zone(8, "192.0.2.8"));
    right.carry(&mut ledger).await;
    push.await.unwrap().unwrap();
    left.follow(&ledger).await;
    left.land(writes, |_| stamp.clone());
    late.await.unwrap().unwrap();
    left.follow(&ledger).await;
    assert_eq!(left.head("a.example"), right.head("a.example"));
    assert!(left.text("a.example").contains("192.0.2.8"));
}

#[tokio::test]
async fn what_is_older_than_this_node_has_changes_nothing() {
    let (mut left, right) = (Node::new("left").await, Node::new("right").await);
    let mut ledger = Ledger::default();
    for serial in [7, 8] {
        let push = left.push(zone(serial, &format!("192.0.2.{serial}")));
        left.carry(&mut ledger).await;
        push.await.unwrap().unwrap();
        right.follow(&ledger).await;
        if serial == 7 {
            continue;
        }
        let mut old = ledger.news_after(0);
        old.documents[0].stamp = Stamp(1);
        right.store.take(old).await.unwrap();
    }
    assert_eq!(right.head("a.example").unwrap().serial, 8);
}

#[tokio::test]
async fn a_node_that_missed_revisions_has_the_newest_with_its_records_and_no_torn_history() {
    let (mut left, right) = (Node::new("left").await, Node::new("right").await);
    let mut ledger = Ledger::default();
    for serial in 1..=5 {
        let push = left.push(zone(serial, &format!("192.0.2.{serial}")));
        left.carry(&mut ledger).await;
        push.await.unwrap().unwrap();
        if serial == 2 {
            right.follow(&ledger).await;
        }
    }
    right.follow(&ledger).await;
    assert!(right.text("a.example").contains("192.0.2.5"));
    let history = right.store.history(&name("a.example")).unwrap();
    let revisions: Vec<_> = history.iter().map(|(revision, _)| *revision).collect();
    assert_eq!(revisions, [5]);
}
