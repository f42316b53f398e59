//! Answers that are lost: what became of the request is found out, or said to be unknown.

use std::sync::Arc;
use std::time::{Duration, Instant};

use dadns::ledger::{Ledger, Refused, Stamp, Write};
use tokio::task::JoinHandle;

use crate::cut::Cut;
use crate::needs;
use crate::suite::{LIMIT, PATIENCE, get, put, write};
use crate::support::etcd::Etcd as Members;
use crate::trouble::{founded, open};

/// A member, a node that hears of it through a proxy, and another that asks it straight.
async fn two() -> (Members, Cut, Arc<dyn Ledger>, Arc<dyn Ledger>) {
    let members = Members::start(1);
    let cut = Cut::before(members.address(0));
    let node = founded(vec![format!("http://{}", cut.address)]).await;
    let other = open(members.endpoints()).await;
    (members, cut, node, other)
}

/// Has a node write, and does not wait for the answer.
fn send(node: &Arc<dyn Ledger>, write: &Write) -> JoinHandle<Result<Stamp, Refused>> {
    let (node, write) = (Arc::clone(node), write.clone());
    tokio::spawn(async move { node.commit(vec![write], LIMIT).await.remove(0) })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_was_lost_is_found_out() {
    needs!("go");
    let members = Members::start(1);
    let cut = Cut::before(members.address(0));
    let node = founded(vec![format!("http://{}", cut.address)]).await;
    let first = put(&*node, "z/a", Stamp(0), "1").await.unwrap();
    cut.lose_answers();
    let writes = (0..3)
        .map(|at| write(&format!("z/{at}"), Stamp(0), "2"))
        .collect::<Vec<_>>();
    let mut all = writes.clone();
    all.push(write("z/a", first, "2"));
    let stamps: Vec<_> = node
        .commit(all, LIMIT)
        .await
        .into_iter()
        .map(Result::unwrap)
        .collect();
    // They were taken by the request whose answer was lost: together, and once.
    assert_eq!(stamps, vec![Stamp(first.0 + 1); 4]);
    let found = get(&*node, "z/0").await.unwrap();
    assert_eq!((found.stamp, found.id), (stamps[0], writes[0].id));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_was_lost_is_found_out_though_others_wrote_since() {
    needs!("go");
    let (_members, cut, node, other) = two().await;
    let seen = put(&*node, "z/a", Stamp(0), "1").await.unwrap();
    for others in [1, 2, 9] {
        cut.lose_all_answers(true);
        let seen = match get(&*other, "z/a").await {
            Some(found) => found.stamp,
            None => seen,
        };
        let ours = write("z/a", seen, "ours");
        let sent = send(&node, &ours);
        let mut made = until_made(&*other, &ours).await;
        let first = made;
        for _ in 0..others {
            put(&*other, "z/elsewhere", Stamp(0), "x").await.ok();
            made = put(&*other, "z/a", made, "theirs").await.unwrap();
        }
        cut.lose_all_answers(false);
        assert_eq!(sent.await.unwrap().unwrap(), first, "{others} writes since");
        // One that was not made is told so, however often others wrote since.
        let late = node.commit(vec![write("z/a", seen, "late")], LIMIT).await;
        assert!(
            matches!(late[0], Err(Refused::Changed(Some(_)))),
            "{late:?}"
        );
    }
}

/// The version that a node saw is often an old one: etcd has forgotten it, and what others wrote is far above it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_was_lost_is_found_out_in_what_a_compaction_has_left() {
    needs!("go");
    let (members, cut, node, other) = two().await;
    let seen = put(&*node, "z/a", Stamp(0), "1").await.unwrap();
    let mut stamp = put(&*node, "z/b", Stamp(0), "1").await.unwrap();
    for _ in 0..100 {
        stamp = put(&*other, "z/b", stamp, "1").await.unwrap();
    }
    members.ctl(&["compact", &stamp.0.to_string()]);
    cut.lose_all_answers(true);
    let ours = write("z/a", seen, "ours");
    let sent = send(&node, &ours);
    let first = until_made(&*other, &ours).await;
    let mut made = first;
    for _ in 0..40 {
        made = put(&*other, "z/a", made, "theirs").await.unwrap();
    }
    cut.lose_all_answers(false);
    assert_eq!(sent.await.unwrap().unwrap(), first);
    // Where our own write is forgotten too, nobody can say.
    cut.lose_all_answers(true);
    let ours = write("z/a", made, "ours again");
    let sent = send(&node, &ours);
    let mut made = until_made(&*other, &ours).await;
    for _ in 0..2 {
        made = put(&*other, "z/a", made, "theirs").await.unwrap();
    }
    members.ctl(&["compact", &made.0.to_string()]);
    cut.lose_all_answers(false);
    let answer = sent.await.unwrap();
    assert!(matches!(answer, Err(Refused::Unknown(_))), "{answer:?}");
}

/// Waits until a write is there; its stamp.
async fn until_made(node: &dyn Ledger, write: &Write) -> Stamp {
    let end = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = get(node, &write.name).await
            && found.id == write.id
        {
            return found.stamp;
        }
        assert!(Instant::now() < end, "it was not written in time");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_cannot_be_found_out_in_time_is_unknown() {
    needs!("go");
    let members = Members::start(1);
    let cut = Cut::before(members.address(0));
    let node = founded(vec![format!("http://{}", cut.address)]).await;
    put(&*node, "z/a", Stamp(0), "1").await.unwrap();
    let mut answers = node.answers();
    cut.lose_all_answers(true);
    let one = write("z/b", Stamp(0), "2");
    let answer = node
        .commit(vec![one.clone()], Duration::from_secs(3))
        .await
        .remove(0);
    assert!(matches!(answer, Err(Refused::Unknown(_))), "{answer:?}");
    assert!(answers.borrow_and_update().is_some());
    cut.lose_all_answers(false);
    let stamp = node
        .commit(vec![one.clone()], LIMIT)
        .await
        .remove(0)
        .unwrap();
    let found = get(&*node, "z/b").await.unwrap();
    assert_eq!((found.stamp, found.id), (stamp, one.id));
    assert!(answers.borrow_and_update().is_none());
}
