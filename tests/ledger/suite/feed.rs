//! What followers are given.

use std::sync::Arc;

use bytes::Bytes;
use dadns::ledger::{FollowError, Landmark, Stamp};

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
    // At first, and whenever it has counted on.
    let first = tokio::time::timeout(PATIENCE, follower.news.recv());
    let first = first.await.unwrap().unwrap();
    assert_eq!((first.documents.len(), first.cursor), (0, stamp));
    assert!(node.note("k/a", "1".into(), None, None).await.unwrap());
    let noted = node.notes("k/").await.unwrap()[0].stamp;
    assert!(follower.until(noted).await.is_empty());
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

pub async fn the_document_that_was_given_last_is_looked_for(engine: &dyn Engine) {
    let node = founded(engine).await;
    let mut follower = Follower::of(&node, Stamp(0));
    let first = put(&*node, "z/a", Stamp(0), "1").await.unwrap();
    let given = Landmark::from(&follower.until(first).await[0]);
    let second = put(&*node, "z/a", first, "2").await.unwrap();
    let other = put(&*node, "z/b", Stamp(0), "1").await.unwrap();
    // However far it was: of what came later nothing is known.
    let mut follower = Follower::after(&node, other, Some(given.clone()));
    assert_eq!(follower.until(other).await.len(), 2);
    let never = |stamp, name: &str, id| Landmark {
        stamp,
        name: name.to_owned(),
        id,
    };
    for landmark in [
        never(second, "z/a", given.id),
        never(first, "z/b", given.id),
        never(other, "z/a", given.id),
        never(first, "z/a", [7; 16]),
        never(first, "z/c", given.id),
    ] {
        let stamp = landmark.stamp;
        let end = Follower::after(&node, other, Some(landmark)).end().await;
        assert_eq!(end, FollowError::Restored(stamp));
    }
    engine.forget_before(other).await;
    let end = Follower::after(&node, other, Some(given)).end().await;
    assert_eq!(end, FollowError::Forgotten(first));
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
