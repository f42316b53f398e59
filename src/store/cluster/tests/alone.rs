//! Nodes without the ledger, and what becomes of what they accepted.

use super::*;
use crate::store::Removed;

/// Two nodes that have the zone at revision 1.
async fn two(ledger: &mut Ledger) -> (Node, Node) {
    let (mut left, right) = (Node::new("left").await, Node::new("right").await);
    let push = left.push(zone(10, "192.0.2.1"));
    left.carry(ledger).await;
    push.await.unwrap().unwrap();
    left.follow(ledger).await;
    right.follow(ledger).await;
    (left, right)
}

#[tokio::test]
async fn without_the_ledger_a_push_is_kept_here_and_shared_when_it_is_back() {
    let mut ledger = Ledger::default();
    let (mut left, right) = two(&mut ledger).await;
    left.outage(Some("no leader"));
    let push = left.push(zone(11, "192.0.2.2"));
    assert_eq!(stored(push.await.unwrap().unwrap()), (2, 11));
    assert!(left.store.is_unshared(&name("a.example")));
    assert_eq!(left.store.share().await.unwrap(), 0);
    left.outage(None);
    left.share(&mut ledger).await;
    right.follow(&ledger).await;
    assert_eq!(right.head("a.example"), left.head("a.example"));
    assert_eq!(right.store.history(&name("a.example")).unwrap().len(), 2);
    assert!(!left.store.is_unshared(&name("a.example")));
}

#[tokio::test]
async fn while_the_ledger_is_full_a_push_is_kept_here_and_shared_when_it_has_room() {
    let mut ledger = Ledger::default();
    let (mut left, mut right) = two(&mut ledger).await;
    let full = |_: &Write| Err(Refused::Full(LedgerError::new("write", "space exceeded")));
    let push = left.push(zone(11, "192.0.2.2"));
    let writes = left.leaves().await;
    left.land(writes, full);
    assert_eq!(stored(push.await.unwrap().unwrap()), (2, 11));
    let standing = left.store.standing().unwrap();
    assert_eq!((standing.unshared, standing.is_whole()), (1, false));
    assert!(standing.full.unwrap().cause.contains("space exceeded"));
    // Others find it full themselves.
    let push = right.push(testing::zone("b.example", 1, ""));
    let writes = right.leaves().await;
    right.land(writes, full);
    push.await.unwrap().unwrap();
    // Of many zones one asks whether there is room.
    let push = left.push(testing::zone("c.example", 1, ""));
    let writes = left.leaves().await;
    left.land(writes, full);
    push.await.unwrap().unwrap();
    assert_eq!(left.store.share().await.unwrap(), 1);
    let writes = left.leaves().await;
    left.land(writes, full);
    left.share(&mut ledger).await;
    right.share(&mut ledger).await;
    right.follow(&ledger).await;
    left.follow(&ledger).await;
    for node in [&left, &right] {
        assert!(node.store.standing().unwrap().is_whole());
        assert_eq!(node.head("a.example"), left.head("a.example"));
        assert!(node.head("b.example").is_some() && node.head("c.example").is_some());
    }
}

#[tokio::test]
async fn a_full_ledger_refuses_where_the_operator_wants_that() {
    let mut ledger = Ledger::default();
    let mut node = Node::of("left", &Memory::default(), false);
    node.join().await;
    let push = node.push(zone(11, "192.0.2.2"));
    let writes = node.leaves().await;
    node.land(writes, |_| {
        Err(Refused::Full(LedgerError::new("write", "space exceeded")))
    });
    let refused = push.await.unwrap();
    assert!(
        matches!(refused, Err(StoreError::NoLedger { .. })),
        "{refused:?}"
    );
    assert!(!node.store.standing().unwrap().is_whole());
    // The next push asks again.
    let push = node.push(zone(11, "192.0.2.2"));
    node.carry(&mut ledger).await;
    push.await.unwrap().unwrap();
    assert!(node.store.standing().unwrap().is_whole());
}

#[tokio::test]
async fn what_was_shared_and_changed_by_another_node_before_its_answer_came_is_as_that_has_it() {
    let mut ledger = Ledger::default();
    let (mut left, mut right) = two(&mut ledger).await;
    left.outage(Some("no leader"));
    left.push(zone(11, "192.0.2.11")).await.unwrap().unwrap();
    left.outage(None);
    assert_eq!(left.store.share().await.unwrap(), 1);
    let writes = left.leaves().await;
    let stamp = ledger.commit(&writes[0]);
    right.follow(&ledger).await;
    let push = right.push(zone(12, "192.0.2.12"));
    right.carry(&mut ledger).await;
    push.await.unwrap().unwrap();
    left.follow(&ledger).await;
    left.land(writes, |_| stamp.clone());
    left.share(&mut ledger).await;
    left.follow(&ledger).await;
    assert_eq!(left.head("a.example"), right.head("a.example"));
    assert!(left.text("a.example").contains("192.0.2.12"));
    assert!(!left.store.is_held(&name("a.example")));
}

#[tokio::test]
async fn an_operator_may_have_it_refused_instead() {
    let node = Node::of("left", &Memory::default(), false);
    node.join().await;
    node.outage(Some("no leader"));
    let refused = node.push(zone(11, "192.0.2.2")).await.unwrap();
    assert!(
        matches!(refused, Err(StoreError::NoLedger { .. })),
        "{refused:?}"
    );
    assert_eq!(node.head("a.example"), None);
}

#[tokio::test]
async fn what_is_not_shared_survives_a_restart() {
    let engine = Memory::default();
    let mut ledger = Ledger::default();
    {
        let node = Node::of("left", &engine, true);
        node.join().await;
        node.outage(Some("no leader"));
        node.push(zone(11, "192.0.2.2")).await.unwrap().unwrap();
    }
    let mut node = Node::of("left", &engine, true);
    assert_eq!(node.store.standing().unwrap().unshared, 1);
    // Before it is known whether the ledger is the one that it was, nothing is shared.
    assert_eq!(node.store.share().await.unwrap(), 0);
    node.share(&mut ledger).await;
    assert_eq!(ledger.documents.len(), 1);
}

#[tokio::test]
async fn of_two_changes_apart_the_serial_that_is_ahead_wins_and_gets_a_revision_above_both() {
    let mut ledger = Ledger::default();
    let (mut left, mut right) = two(&mut ledger).await;
    left.outage(Some("no leader"));
    left.push(zone(20, "192.0.2.20")).await.unwrap().unwrap();
    let push = right.push(zone(15, "192.0.2.15"));
    right.carry(&mut ledger).await;
    push.await.unwrap().unwrap();
    left.outage(None);
    left.share(&mut ledger).await;
    right.follow(&ledger).await;
    left.follow(&ledger).await;
    assert_eq!(right.head("a.example"), left.head("a.example"));
    let head = right.head("a.example").unwrap();
    assert_eq!((head.revision, head.serial), (3, 20));
    assert!(right.text("a.example").contains("192.0.2.20"));
    assert_eq!(right.text("a.example"), left.text("a.example"));
    for node in [&left, &right] {
        let held = node.store.held(&name("a.example")).unwrap().unwrap();
        let lost = held.zone(&name("a.example")).unwrap().to_string();
        assert!(lost.contains("192.0.2.15"), "{lost}");
    }
}

#[tokio::test]
async fn what_loses_is_held_at_every_node_and_can_be_approved() {
    let mut ledger = Ledger::default();
    let (mut left, mut right) = two(&mut ledger).await;
    left.outage(Some("no leader"));
    left.push(zone(11, "192.0.2.11")).await.unwrap().unwrap();
    let push = right.push(zone(20, "192.0.2.20"));
    right.carry(&mut ledger).await;
    push.await.unwrap().unwrap();
    left.outage(None);
    left.share(&mut ledger).await;
    right.follow(&ledger).await;
    assert_eq!(right.head("a.example"), left.head("a.example"));
    assert!(left.text("a.example").contains("192.0.2.20"));
    for node in [&left, &right] {
        let held = node.store.held(&name("a.example")).unwrap().unwrap();
        let lost = held.zone(&name("a.example")).unwrap().to_string();
        assert!(lost.contains("192.0.2.11"), "{lost}");
        assert!(node.store.is_held(&name("a.example")));
    }
    let store = right.store.clone();
    let approved = tokio::spawn(async move { store.approve(author(), name("a.example")).await });
    right.carry(&mut ledger).await;
    let approved = approved.await.unwrap().unwrap().unwrap();
    assert_eq!((approved.revision, approved.serial), (3, 21));
    left.follow(&ledger).await;
    assert!(left.text("a.example").contains("192.0.2.11"));
    assert!(!left.store.is_held(&name("a.example")));
}

#[tokio::test]
async fn a_push_of_what_was_there_already_loses_in_silence() {
    let mut ledger = Ledger::default();
    let (mut left, mut right) = two(&mut ledger).await;
    left.outage(Some("no leader"));
    left.push(zone(10, "192.0.2.1")).await.unwrap().unwrap();
    let push = right.push(zone(20, "192.0.2.20"));
    right.carry(&mut ledger).await;
    push.await.unwrap().unwrap();
    left.outage(None);
    left.share(&mut ledger).await;
    assert!(!left.store.is_held(&name("a.example")));
    assert!(left.text("a.example").contains("192.0.2.20"));
}

#[tokio::test]
async fn a_removal_apart_does_not_remove_what_others_changed_meanwhile() {
    let mut ledger = Ledger::default();
    let (mut left, mut right) = two(&mut ledger).await;
    left.outage(Some("no leader"));
    let removed = left
        .store
        .remove(author(), name("a.example"))
        .await
        .unwrap();
    assert_eq!(removed, Removed::Removed { revision: 2 });
    let push = right.push(zone(20, "192.0.2.20"));
    right.carry(&mut ledger).await;
    push.await.unwrap().unwrap();
    left.outage(None);
    left.share(&mut ledger).await;
    assert!(left.text("a.example").contains("192.0.2.20"));
    assert_eq!(left.head("a.example"), right.head("a.example"));
}

#[tokio::test]
async fn a_removal_apart_is_shared_where_nobody_changed_the_zone() {
    let mut ledger = Ledger::default();
    let (mut left, right) = two(&mut ledger).await;
    left.outage(Some("no leader"));
    left.store
        .remove(author(), name("a.example"))
        .await
        .unwrap();
    left.outage(None);
    left.share(&mut ledger).await;
    right.follow(&ledger).await;
    assert!(right.desired("a.example").zone.is_none());
    assert_eq!(left.head("a.example"), right.head("a.example"));
}

#[tokio::test]
async fn a_lost_answer_neither_loses_the_push_nor_makes_it_twice() {
    for taken in [true, false] {
        let mut ledger = Ledger::default();
        let (mut left, right) = two(&mut ledger).await;
        let push = left.push(zone(11, "192.0.2.11"));
        let writes = left.leaves().await;
        if taken {
            writes.iter().for_each(|write| drop(ledger.commit(write)));
        }
        left.land(writes, |_| Err(Refused::Unknown(lost())));
        assert_eq!(stored(push.await.unwrap().unwrap()), (2, 11));
        // Another one comes on top of it.
        let second = left.push(zone(12, "192.0.2.12"));
        assert_eq!(stored(second.await.unwrap().unwrap()), (3, 12));
        left.share(&mut ledger).await;
        left.follow(&ledger).await;
        right.follow(&ledger).await;
        assert_eq!(left.head("a.example"), right.head("a.example"));
        assert_eq!(right.head("a.example").unwrap().revision, 3);
        assert!(!left.store.is_held(&name("a.example")));
    }
}

#[tokio::test]
async fn a_share_whose_answer_was_lost_is_found_to_be_done() {
    let mut ledger = Ledger::default();
    let (mut left, right) = two(&mut ledger).await;
    left.outage(Some("no leader"));
    left.push(zone(11, "192.0.2.11")).await.unwrap().unwrap();
    left.outage(None);
    left.store.share().await.unwrap();
    let writes = left.leaves().await;
    writes.iter().for_each(|write| drop(ledger.commit(write)));
    left.land(writes, |_| Err(Refused::Unknown(lost())));
    left.share(&mut ledger).await;
    right.follow(&ledger).await;
    assert_eq!(left.head("a.example"), right.head("a.example"));
    assert!(!left.store.is_held(&name("a.example")));
    assert_eq!(right.head("a.example").unwrap().revision, 2);
}

/// A node that has the zone at serial 20, and the ledger as it was at serial 10.
async fn ahead_of_a_backup() -> (Node, Ledger) {
    let mut ledger = Ledger::default();
    let (mut left, _right) = two(&mut ledger).await;
    let backup = ledger.clone();
    let push = left.push(zone(20, "192.0.2.20"));
    left.carry(&mut ledger).await;
    push.await.unwrap().unwrap();
    (left, backup)
}

#[tokio::test]
async fn an_engine_from_an_old_backup_is_found_by_the_next_change_which_is_kept() {
    let (mut left, mut backup) = ahead_of_a_backup().await;
    let push = left.push(zone(30, "192.0.2.30"));
    left.carry(&mut backup).await;
    push.await.unwrap().unwrap();
    left.store.until_diverged().await;
    assert!(left.text("a.example").contains("192.0.2.30"));
    let standing = left.store.standing().unwrap();
    assert_eq!(standing.unshared, 1);
    let why = standing.diverged.unwrap();
    assert!(why.contains("a.example"), "{why}");
    // A change of what it was before is shared in place of that.
    left.store.set_diverged(None);
    left.share(&mut backup).await;
    assert_eq!(backup.head("a.example").serial, 30);
}

#[tokio::test]
async fn a_removal_that_an_engine_from_an_old_backup_refuses_is_not_undone() {
    let (mut left, mut backup) = ahead_of_a_backup().await;
    let store = left.store.clone();
    let removal = tokio::spawn(async move { store.remove(author(), name("a.example")).await });
    left.carry(&mut backup).await;
    removal.await.unwrap().unwrap();
    left.store.set_diverged(None);
    left.share(&mut backup).await;
    assert!(!backup.head("a.example").present);
    assert!(!left.head("a.example").unwrap().present);
}

#[tokio::test]
async fn the_feed_does_not_overwrite_what_is_not_shared_yet() {
    let mut ledger = Ledger::default();
    let (left, mut right) = two(&mut ledger).await;
    left.outage(Some("no leader"));
    left.push(zone(30, "192.0.2.30")).await.unwrap().unwrap();
    let push = right.push(zone(20, "192.0.2.20"));
    right.carry(&mut ledger).await;
    push.await.unwrap().unwrap();
    left.follow(&ledger).await;
    assert!(left.text("a.example").contains("192.0.2.30"));
}

#[tokio::test]
async fn a_zone_that_the_ledger_does_not_take_keeps_no_other_back() {
    let mut node = Node::new("left").await;
    node.outage(Some("no leader"));
    for zone in ["a.example", "b.example", "c.example"] {
        let zone = testing::zone(zone, 1, "www A 192.0.2.1\n");
        node.push(zone).await.unwrap().unwrap();
    }
    node.outage(None);
    let mut sent: Vec<Vec<_>> = Vec::new();
    for _ in 0..4 {
        node.store.share().await.unwrap();
        let writes = node.leaves().await;
        sent.push(writes.iter().map(|write| write.name.clone()).collect());
        node.land(writes, |_| Err(Refused::Full(lost())));
    }
    // Once it is known to be full, one at a time.
    let (a, b, c) = ("z/a.example", "z/b.example", "z/c.example");
    let wanted: [&[&str]; 4] = [&[a, b, c], &[a], &[b], &[c]];
    assert_eq!(sent, wanted.map(|names| names.to_vec()));
}
