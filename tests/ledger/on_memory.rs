//! The suite on the twin in memory, and what is staged there.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use dadns::ledger::memory::Lost;
use dadns::ledger::{FollowError, Ledger, Memory, Refused, Stamp};

use crate::suite::{Engine, Follower, LIMIT, founded, get, put, write};

#[derive(Default)]
struct InMemory(Memory);

#[async_trait::async_trait]
impl Engine for InMemory {
    async fn node(&self) -> Arc<dyn Ledger> {
        Arc::new(self.0.another())
    }
    async fn forget_before(&self, stamp: Stamp) {
        self.0.forget_before(stamp);
    }
    async fn pass(&self, seconds: u64) {
        self.0.pass(Duration::from_secs(seconds));
    }
    async fn remove_by_hand(&self, name: &str) {
        self.0.remove_by_hand(name);
    }
}

macro_rules! suite {
    ($($room:ident: $($test:ident),+;)+) => {
        $($(
            #[tokio::test]
            async fn $test() {
                crate::suite::$room::$test(&InMemory::default()).await;
            }
        )+)+
    };
}
crate::all_of_the_suite!(suite);

#[tokio::test]
async fn a_lost_answer_is_a_write_and_a_lost_request_is_none() {
    let engine = Memory::default();
    let node = founded(&InMemory(engine.clone())).await;
    engine.cluster().await.unwrap();
    for (lost, is_written) in [(Lost::Answer, true), (Lost::Request, false)] {
        engine.lose_next(lost);
        let name = format!("z/{lost:?}");
        let one = write(&name, Stamp(0), "1");
        let answer = engine.commit(vec![one.clone()], LIMIT).await.remove(0);
        assert!(matches!(answer, Err(Refused::Unknown(_))), "{answer:?}");
        let found = get(&*node, &name).await;
        assert_eq!(found.is_some(), is_written);
        // The same again finds out.
        let again = engine
            .commit(vec![one.clone()], LIMIT)
            .await
            .remove(0)
            .unwrap();
        let now = get(&*node, &name).await.unwrap();
        assert_eq!((now.stamp, now.id), (again, one.id));
    }
}

#[tokio::test]
async fn who_is_cut_off_hears_nothing_and_goes_on_afterwards() {
    let engine = Memory::default();
    let node = founded(&InMemory(engine.clone())).await;
    let cut = engine.another();
    let follower = cut.clone();
    let mut answers = cut.answers();
    let mut follower = Follower::of(&(Arc::new(follower) as Arc<dyn Ledger>), Stamp(0));
    cut.cut(true);
    assert!(answers.wait_for(Option::is_some).await.is_ok());
    assert!(matches!(
        put(&cut, "z/a", Stamp(0), "1").await,
        Err(Refused::Unavailable(_))
    ));
    assert!(cut.fetch(&[]).await.is_err());
    let stamp = put(&*node, "z/a", Stamp(0), "2").await.unwrap();
    cut.cut(false);
    assert!(answers.wait_for(Option::is_none).await.is_ok());
    let seen = follower.until(stamp).await;
    assert_eq!(seen[0].value, "2");
}

#[tokio::test]
async fn an_engine_from_an_old_backup_is_found() {
    let engine = Memory::default();
    let node = founded(&InMemory(engine.clone())).await;
    let first = put(&*node, "z/a", Stamp(0), "1").await.unwrap();
    let backup = engine.backup();
    let second = put(&*node, "z/a", first, "2").await.unwrap();
    let mut follower = Follower::of(&node, Stamp(0));
    follower.until(second).await;
    engine.restore(&backup);
    let behind = FollowError::Behind {
        engine: first,
        seen: second,
    };
    assert_eq!(follower.end().await, behind);
    assert_eq!(get(&*node, "z/a").await.unwrap().value, "1");
}

#[tokio::test]
async fn an_engine_from_an_old_backup_is_found_although_it_has_counted_on() {
    let engine = Memory::default();
    let node = founded(&InMemory(engine.clone())).await;
    put(&*node, "z/a", Stamp(0), "1").await.unwrap();
    let backup = engine.backup();
    let lost = put(&*node, "z/b", Stamp(0), "2").await.unwrap();
    let mut follower = Follower::of(&node, Stamp(0));
    follower.until(lost).await;
    engine.cut(true);
    engine.restore(&backup);
    let other = engine.another();
    for name in ["z/c", "z/d"] {
        put(&other, name, Stamp(0), "3").await.unwrap();
    }
    engine.cut(false);
    assert_eq!(follower.end().await, FollowError::Restored(lost));
}

#[tokio::test]
async fn another_cluster_takes_nothing_of_ours() {
    let engine = Memory::default();
    let node = founded(&InMemory(engine.clone())).await;
    put(&*node, "z/a", Stamp(0), "1").await.unwrap();
    engine.replace(Some(Bytes::from_static(b"another")));
    let answer = put(&*node, "z/a", Stamp(0), "2").await;
    assert!(matches!(answer, Err(Refused::Rejected(_))), "{answer:?}");
    let other = FollowError::Other {
        found: "another".into(),
        known: "the cluster".into(),
    };
    assert_eq!(Follower::of(&node, Stamp(0)).end().await, other);
}

#[tokio::test]
async fn somebody_is_first_just_before_a_commit() {
    let engine = Memory::default();
    founded(&InMemory(engine.clone())).await;
    engine.change_before_next_commit("z/a", "theirs");
    let answer = put(&engine, "z/a", Stamp(0), "ours").await;
    assert!(
        matches!(answer, Err(Refused::Changed(Some(_)))),
        "{answer:?}"
    );
}
