//! What followers are given.

use std::sync::Arc;

use bytes::Bytes;
use dadns::ledger::{FollowError, Remembered, Stamp};

use super::{Engine, Follower, LIMIT, PATIENCE, founded, put, write};

pub async fn a_follower_sees_all_writes_in_their_order(engine: &dyn Engine) {
    let one = founded(engine).await;
    let two = engine.node().await;
    let mut follower = Follower::of(&two, Stamp(0));
    let mut stamp = Stamp(0);
    let mut expected = Vec::new();
    for at in 0..50 {
        stamp = put(&*one, "z/a", stamp, &at.to_string()).await.unwrap();
        expected.push((stamp, Bytes::from(at.to_string())));
    }
    let seen = follower.until(stamp).await;
    let seen: Vec<_> = seen
        .into_iter()
        .map(|document| (document.stamp, document.value))
        .collect();
    // Of several to one document it may see the last alone.
    assert!(seen.iter().all(|one| expected.contains(one)));
    assert_eq!(seen.last(), expected.last());
}

pub async fn a_follower_resumes_where_it_was(engine: &dyn Engine) {
    let node = founded(engine).await;
    let mut follower = Follower::of(&node, Stamp(0));
    let first = put(&*node, "z/a", Stamp(0), "1").await.unwrap();
    assert_eq!(follower.until(first).await.len(), 1);
    let cursor = follower.cursor;
    drop(follower.news);
    assert_eq!(follower.task.await.unwrap(), FollowError::Closed);
    let name = |at: usize| format!("z/{at:04}");
    let mut last = first;
    for round in 0..8 {
        let writes = (0..100)
            .map(|at| write(&name(100 * round + at), Stamp(0), "2"))
            .collect();
        for result in node.commit(writes, LIMIT).await {
            last = last.max(result.unwrap());
        }
    }
    let mut follower = Follower::of(&node, cursor);
    let mut names: Vec<_> = follower
        .until(last)
        .await
        .into_iter()
        .map(|document| document.name)
        .collect();
    names.sort();
    assert_eq!(names, (0..800).map(name).collect::<Vec<_>>());
}

pub async fn a_follower_catches_up_with_much_and_misses_nothing(engine: &dyn Engine) {
    let node = founded(engine).await;
    let mut last = Stamp(0);
    for round in 0..10 {
        // Groups share a stamp, and are more than one message takes.
        let name = |at| format!("z/{round}-{at}");
        let writes = (0..64).map(|at| write(&name(at), Stamp(0), vec![at; 60_000]));
        for result in node.commit(writes.collect(), LIMIT).await {
            last = last.max(result.unwrap());
        }
    }
    let seen = Follower::of(&node, Stamp(1)).until(last).await;
    let names: std::collections::BTreeSet<_> = seen.iter().map(|document| &document.name).collect();
    assert_eq!((seen.len(), names.len()), (640, 640));
}

pub async fn an_idle_engine_gives_its_cursor(engine: &dyn Engine) {
    let node = founded(engine).await;
    let stamp = put(&*node, "z/a", Stamp(0), "1").await.unwrap();
    let mut follower = Follower::of(&node, stamp);
    let news = tokio::time::timeout(PATIENCE, follower.news.recv())
        .await
        .unwrap()
        .unwrap();
    assert!(news.documents.is_empty() && news.cursor >= stamp);
}

pub async fn large_documents_are_followed(engine: &dyn Engine) {
    let node = founded(engine).await;
    let mut follower = Follower::of(&node, Stamp(0));
    let mut value = vec![0; 3 << 20];
    fastrand::fill(&mut value);
    let large = write("z/large", Stamp(0), value.clone());
    let stamp = node.commit(vec![large], LIMIT).await.remove(0).unwrap();
    let seen = follower.until(stamp).await;
    assert_eq!(seen.len(), 1);
    assert!(seen[0].value == value);
}

pub async fn who_was_absent_too_long_is_told(engine: &dyn Engine) {
    let node = founded(engine).await;
    let mut stamp = put(&*node, "z/a", Stamp(0), "0").await.unwrap();
    let cursor = stamp;
    for at in 1..5 {
        stamp = put(&*node, "z/a", stamp, &at.to_string()).await.unwrap();
    }
    engine.forget_before(stamp).await;
    let end = Follower::of(&node, cursor).end().await;
    assert_eq!(end, FollowError::Forgotten(stamp));
    // What is still known is followed.
    let next = put(&*node, "z/a", stamp, "5").await.unwrap();
    assert_eq!(Follower::of(&node, stamp).until(next).await.len(), 1);
}

pub async fn who_has_seen_more_than_there_is_is_told(engine: &dyn Engine) {
    let node = founded(engine).await;
    let stamp = put(&*node, "z/a", Stamp(0), "0").await.unwrap();
    let seen = Stamp(stamp.0 + 100);
    let end = Follower::of(&node, seen).end().await;
    let FollowError::Behind { engine, seen: told } = end else {
        panic!("{end:?}");
    };
    assert!(engine >= stamp && told == seen);
}

pub async fn whether_a_document_was_written_is_told(engine: &dyn Engine) {
    let node = founded(engine).await;
    let first = put(&*node, "z/a", Stamp(0), "1").await.unwrap();
    let second = put(&*node, "z/a", first, "2").await.unwrap();
    let other = put(&*node, "z/b", Stamp(0), "1").await.unwrap();
    let remembers = async |name: &str, stamp| node.remembers(name, stamp).await.unwrap();
    for (name, stamp, wanted) in [
        ("z/a", second, Remembered::Yes),
        ("z/a", first, Remembered::Yes),
        ("z/b", other, Remembered::Yes),
        ("z/a", other, Remembered::No),
        ("z/b", first, Remembered::No),
        ("z/c", first, Remembered::No),
        ("z/a", Stamp(other.0 + 100), Remembered::No),
    ] {
        assert_eq!(remembers(name, stamp).await, wanted, "{name} {stamp}");
    }
    engine.forget_before(other).await;
    assert_eq!(remembers("z/a", first).await, Remembered::Forgotten);
    // As they stand they are known for ever.
    assert_eq!(remembers("z/a", second).await, Remembered::Yes);
    assert_eq!(remembers("z/b", other).await, Remembered::Yes);
}

pub async fn without_a_cluster_nobody_follows(engine: &dyn Engine) {
    let node: Arc<_> = engine.node().await;
    let end = Follower::of(&node, Stamp(0)).end().await;
    assert!(matches!(end, FollowError::Other { .. }), "{end:?}");
}

pub async fn what_is_removed_by_hand_is_not_followed(engine: &dyn Engine) {
    let node = founded(engine).await;
    let mut follower = Follower::of(&node, Stamp(0));
    let first = put(&*node, "z/a", Stamp(0), "1").await.unwrap();
    assert_eq!(follower.until(first).await.len(), 1);
    engine.remove_by_hand("z/a").await;
    let next = put(&*node, "z/b", Stamp(0), "2").await.unwrap();
    let seen = follower.until(next).await;
    assert_eq!(seen.len(), 1);
    assert_eq!(seen[0].name, "z/b");
}
