//! Tokens that hold at every node.

use super::*;
use crate::access::{Grant, Token, TokenRecord};

fn token(name: &str) -> Token {
    let grant = Grant::acme(vec!["a.example".to_owned()]);
    let (record, _) = TokenRecord::fresh(name, grant, "operator anna".into()).unwrap();
    Token::new(record).unwrap()
}

/// Begins to make a token.
fn create(node: &Node, name: &str) -> tokio::task::JoinHandle<Result<bool, StoreError>> {
    let (store, token) = (node.store.clone(), token(name));
    tokio::spawn(async move { store.create_token(token).await })
}

fn has(node: &Node, name: &str) -> bool {
    node.store.token(name).is_some()
}

#[tokio::test]
async fn a_token_holds_at_the_other_node_and_so_does_its_revocation() {
    let mut ledger = Ledger::default();
    let (mut left, mut right) = (Node::new("left").await, Node::new("right").await);
    let made = create(&left, "certbot");
    left.carry(&mut ledger).await;
    assert!(made.await.unwrap().unwrap());
    right.follow(&ledger).await;
    assert!(has(&left, "certbot") && has(&right, "certbot"));
    assert!(right.store.revoke_token("certbot").await.unwrap());
    assert!(!has(&right, "certbot"), "it is revoked at once");
    right.store.share().await.unwrap();
    right.carry(&mut ledger).await;
    left.follow(&ledger).await;
    assert!(!has(&left, "certbot"));
}

#[tokio::test]
async fn an_answer_that_comes_after_the_revocation_brings_no_token_back() {
    let mut ledger = Ledger::default();
    let (mut left, mut right) = (Node::new("left").await, Node::new("right").await);
    let made = create(&left, "certbot");
    let writes = left.leaves().await;
    let stamp = ledger.commit(&writes[0]);
    right.follow(&ledger).await;
    assert!(right.store.revoke_token("certbot").await.unwrap());
    right.store.share().await.unwrap();
    right.carry(&mut ledger).await;
    left.follow(&ledger).await;
    left.land(writes, |_| stamp.clone());
    made.await.unwrap().unwrap();
    assert!(!has(&left, "certbot"));
}

#[tokio::test]
async fn whoever_leaves_has_no_revocation_to_tell_the_next_cluster() {
    let mut ledger = Ledger::default();
    let mut node = Node::new("left").await;
    let made = create(&node, "certbot");
    node.carry(&mut ledger).await;
    assert!(made.await.unwrap().unwrap());
    node.outage(Some("no leader"));
    assert!(node.store.revoke_token("certbot").await.unwrap());
    node.store.leave().await.unwrap();
    node.outage(None);
    node.join().await;
    node.store.share().await.unwrap();
    assert!(node.leaving.try_recv().is_err(), "nobody has to hear of it");
}

#[tokio::test]
async fn a_token_that_is_made_again_right_after_its_revocation_stays() {
    let mut ledger = Ledger::default();
    let mut node = Node::new("left").await;
    for _ in 0..2 {
        let made = create(&node, "certbot");
        node.carry(&mut ledger).await;
        assert!(made.await.unwrap().unwrap());
        if ledger.revision == 1 {
            assert!(node.store.revoke_token("certbot").await.unwrap());
        }
    }
    node.store.share().await.unwrap();
    assert!(node.leaving.try_recv().is_err(), "nothing is left to tell");
    assert!(has(&node, "certbot"));
}

#[tokio::test]
async fn a_token_that_is_revoked_while_it_is_on_its_way_does_not_come_back() {
    let mut ledger = Ledger::default();
    let mut node = Node::new("left").await;
    let made = create(&node, "certbot");
    let writes = node.leaves().await;
    let stamp = ledger.commit(&writes[0]);
    node.follow(&ledger).await;
    assert!(has(&node, "certbot"));
    assert!(node.store.revoke_token("certbot").await.unwrap());
    node.land(writes, |_| stamp.clone());
    let answer = made.await.unwrap();
    assert!(
        matches!(answer, Err(StoreError::AnswerLost { .. })),
        "{answer:?}"
    );
    node.follow(&ledger).await;
    assert!(!has(&node, "certbot"));
}

/// Shares until nothing more leaves.
async fn share_all(node: &mut Node, ledger: &mut Ledger) {
    for _ in 0..4 {
        node.store.share().await.unwrap();
        while let Ok(writes) = node.leaving.try_recv() {
            node.land(writes, |write| ledger.commit(write));
        }
    }
}

#[tokio::test]
async fn an_engine_restored_from_a_backup_gets_the_tokens_and_the_revocations_since() {
    let mut ledger = Ledger {
        revision: 5_000,
        ..Ledger::default()
    };
    let mut node = Node::new("left").await;
    let made = create(&node, "certbot");
    let writes = node.leaves().await;
    let old = writes[0].clone();
    node.land(writes, |write| ledger.commit(write));
    assert!(made.await.unwrap().unwrap());
    assert!(node.store.revoke_token("certbot").await.unwrap());
    share_all(&mut node, &mut ledger).await;
    let made = create(&node, "lego");
    node.carry(&mut ledger).await;
    assert!(made.await.unwrap().unwrap());

    let mut restored = Ledger::default();
    restored.commit(&old).unwrap();
    node.join().await;
    share_all(&mut node, &mut restored).await;
    assert!(!has(&node, "certbot") && has(&node, "lego"));
    assert!(restored.documents["t/certbot"].value.is_empty());
    assert!(!restored.documents["t/lego"].value.is_empty());
}
