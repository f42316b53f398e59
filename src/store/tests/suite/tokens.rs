//! Tokens and signing keys.

use super::*;
use crate::access::jwt::{SigningKey, Subject};
use crate::access::{Grant, Token, TokenRecord};

fn token(name: &str) -> (Token, blake3::Hash) {
    let grant = Grant::acme(vec!["a.example".to_owned()]);
    let (record, text) = TokenRecord::fresh(name, grant, "operator anna".into()).unwrap();
    (
        Token::new(record).unwrap(),
        crate::access::token_hash(&text),
    )
}

#[tokio::test]
async fn a_token_is_found_by_its_hash_until_it_is_revoked_and_also_after_a_restart() {
    let home = Home::new();
    let (store, committer) = open(&home, &[]);
    let ((one, hash), (two, _)) = (token("certbot"), token("certbot"));
    assert!(store.create_token(one).await.unwrap());
    assert!(!store.create_token(two).await.unwrap(), "the name is taken");
    assert_eq!(store.token_by_hash(&hash).unwrap().record().name, "certbot");
    let from = Ipv4Addr::LOCALHOST.into();
    store.token_used("certbot", from);
    // Within the minute: written at the stop.
    let other = Ipv4Addr::new(192, 0, 2, 1).into();
    store.token_used("certbot", other);
    store.token_used("unknown", from);
    committer.stop(store);

    let (store, committer) = open(&home, &[]);
    let found = store.token_by_hash(&hash).unwrap();
    assert_eq!(found.record().grant.names.len(), 2);
    let all = store.tokens();
    assert_eq!((all.len(), all[0].1.unwrap().from), (1, other));
    assert!(store.revoke_token("certbot").await.unwrap());
    assert!(!store.revoke_token("certbot").await.unwrap());
    assert!(store.token_by_hash(&hash).is_none());
    committer.stop(store);

    let (store, committer) = open(&home, &[]);
    assert!(store.token_by_hash(&hash).is_none());
    assert!(store.token("certbot").is_none());
    let (again, other) = token("certbot");
    assert!(store.create_token(again).await.unwrap());
    assert!(store.token_by_hash(&hash).is_none() && store.token_by_hash(&other).is_some());
    assert_eq!(store.tokens()[0].1, None, "it was never used");
    committer.stop(store);
}

#[tokio::test]
async fn the_signing_key_is_kept_and_not_replaced_before_it_is_due() {
    let home = Home::new();
    let (store, committer) = open(&home, &[]);
    let now = Timestamp::now();
    assert!(store.signing_keys().are_due(now));
    let fresh = || SigningKey::fresh(now).unwrap();
    store.rotate_signing_key(fresh()).await.unwrap();
    let kept = store.signing_keys();
    store.rotate_signing_key(fresh()).await.unwrap();
    assert_eq!(store.signing_keys(), kept);
    let subject = Subject::Account("anna".into());
    let credential = blake3::hash(b"credential");
    let (jwt, _) = kept.sign(&subject, &credential, None, now).unwrap();
    committer.stop(store);
    let (store, committer) = open(&home, &[]);
    let keys = store.signing_keys();
    assert_eq!(keys.verify(&jwt, now).unwrap().subject, subject);
    committer.stop(store);
}
