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
