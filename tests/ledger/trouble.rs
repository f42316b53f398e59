//! Members that die, hang, lose their disk or have no room, while documents are written and followed.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use dadns::ledger::{Etcd, EtcdSettings, FollowError, Landmark, Ledger, Refused, Stamp};
use tokio::task::JoinHandle;

use crate::needs;
use crate::suite::{Follower, LIMIT, PATIENCE, get, put, write};
use crate::support::etcd::Etcd as Members;

/// A node of the engine.
pub async fn open(endpoints: Vec<String>) -> Arc<dyn Ledger> {
    Arc::new(Etcd::open(&EtcdSettings::new(endpoints)).await.unwrap())
}

/// One that has made its cluster.
pub async fn founded(endpoints: Vec<String>) -> Arc<dyn Ledger> {
    let node = open(endpoints).await;
    assert!(
        node.found(Bytes::from_static(b"the cluster"))
            .await
            .unwrap()
    );
    node
}

/// etcd says itself that it is full; what was refused is taken when an operator has made room.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_engine_that_is_full_refuses_until_there_is_room() {
    needs!("go");
    let members = Members::start_with(1, "http", &["--quota-backend-bytes=2097152"]);
    let node = founded(members.endpoints()).await;
    let large = "x".repeat(200_000);
    let mut stamp = put(&*node, "z/a", Stamp(0), &large).await.unwrap();
    let full = loop {
        match put(&*node, "z/a", stamp, &large).await {
            Ok(made) => stamp = made,
            Err(refused) => break refused,
        }
    };
    assert!(matches!(full, Refused::Full(_)), "{full:?}");
    assert!(full.to_string().contains("alarm disarm"), "{full}");
    assert!(node.answers().borrow().is_none(), "it answers");
    members.ctl(&["compact", &stamp.0.to_string()]);
    members.ctl(&["defrag"]);
    members.ctl(&["alarm", "disarm"]);
    put(&*node, "z/a", stamp, "1").await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_majority_nothing_is_written_and_everybody_is_told() {
    needs!("go");
    let mut members = Members::start(3);
    let node = founded(members.endpoints()).await;
    put(&*node, "z/a", Stamp(0), "1").await.unwrap();
    let (first, second) = (members.leader(), (members.leader() + 1) % 3);
    members.kill(first);
    members.kill(second);
    // The first may be lost on its way. As soon as the last member knows that it is alone, it is certain.
    let mut answer = None;
    let start = Instant::now();
    while start.elapsed() < PATIENCE {
        let one = write("z/b", Stamp(0), "2");
        let result = node
            .commit(vec![one], Duration::from_secs(1))
            .await
            .remove(0);
        let is_certain = matches!(result, Err(Refused::Unavailable(_)));
        answer = Some(result);
        if is_certain {
            break;
        }
    }
    assert!(
        matches!(answer, Some(Err(Refused::Unavailable(_)))),
        "{answer:?}"
    );
    let outage = node.answers().borrow().clone().unwrap();
    println!("told: {}", outage.cause);
    assert!(node.fetch(&["z/a".into()]).await.is_err());
    let told = node.members().await;
    assert_eq!(
        told.iter().filter(|member| member.error.is_some()).count(),
        3,
        "{told:?}"
    );
    members.run(first);
    members.restart(second);
    // What was lost on its way may have come through meanwhile.
    let seen = get(&*node, "z/b")
        .await
        .map_or(Stamp(0), |document| document.stamp);
    put(&*node, "z/b", seen, "3").await.unwrap();
    assert_eq!(*node.answers().borrow(), None);
}

/// Writes documents one after the other, until it is told to stop; gives what was acknowledged, and the longest time
/// without an acknowledgement.
fn writer(
    node: Arc<dyn Ledger>,
    name: String,
    stop: Arc<AtomicBool>,
) -> JoinHandle<(BTreeMap<String, Stamp>, Duration)> {
    tokio::spawn(async move {
        let (mut taken, mut longest, mut last) = (BTreeMap::new(), Duration::ZERO, Instant::now());
        for number in 0.. {
            if stop.load(Ordering::SeqCst) {
                break;
            }
            let group = (0..4).map(|at| write(&format!("z/{name}-{number}-{at}"), Stamp(0), "1"));
            let group: Vec<_> = group.collect();
            let results = node.commit(group.clone(), LIMIT).await;
            for (one, result) in group.into_iter().zip(results) {
                let stamp = result.unwrap_or_else(|refused| panic!("{}: {refused:?}", one.name));
                taken.insert(one.name, stamp);
            }
            longest = longest.max(last.elapsed());
            last = Instant::now();
        }
        (taken, longest)
    })
}

/// Has four write and one follow while `harm` is done; all that was acknowledged has to be there and followed.
async fn nothing_is_lost(node: Arc<dyn Ledger>, what: &str, harm: impl AsyncFnOnce()) {
    let mut follower = Follower::of(&node, Stamp(0));
    let stop = Arc::new(AtomicBool::new(false));
    let writers: Vec<_> = (0..4)
        .map(|at| writer(node.clone(), format!("w{at}"), stop.clone()))
        .collect();
    harm().await;
    stop.store(true, Ordering::SeqCst);
    let mut taken = BTreeMap::new();
    let mut longest = Duration::ZERO;
    for writer in writers {
        let (of_one, pause) = writer.await.unwrap();
        longest = longest.max(pause);
        taken.extend(of_one);
    }
    let last = put(&*node, "z/last", Stamp(0), "last").await.unwrap();
    let late = Instant::now();
    let seen = follower.until(last).await;
    let seen: BTreeMap<_, _> = seen
        .into_iter()
        .map(|document| (document.name, document.stamp))
        .collect();
    eprintln!(
        "{what}: {} writes, none for {} ms at most; the follower was {} ms behind at the end",
        taken.len(),
        longest.as_millis(),
        late.elapsed().as_millis()
    );
    let (_, there) = node.stamps("z/").await.unwrap();
    let there: BTreeMap<_, _> = there.into_iter().collect();
    for (name, stamp) in &taken {
        assert_eq!(there.get(name), Some(stamp), "{name} was acknowledged");
        assert_eq!(seen.get(name), Some(stamp), "{name} is followed");
    }
    assert!(taken.len() > 100);
}

async fn pause(seconds: u64) {
    tokio::time::sleep(Duration::from_secs(seconds)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_when_leaders_are_killed() {
    needs!("go");
    let mut members = Members::start(3);
    let node = founded(members.endpoints()).await;
    nothing_is_lost(node, "leader killed, 3 times", async || {
        for _ in 0..3 {
            pause(1).await;
            let leader = members.leader();
            members.kill(leader);
            members.leader();
            pause(1).await;
            members.restart(leader);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_when_members_hang() {
    needs!("go");
    let members = Members::start(3);
    let node = founded(members.endpoints()).await;
    for at in 0..3 {
        let what = if at == members.leader() {
            "leader"
        } else {
            "follower"
        };
        let part = open(members.endpoints()).await;
        let what = format!("member {at}, a {what}, stopped for 8 s");
        if let Some(last) = get(&*node, "z/last").await {
            // Each round has names of its own.
            let (_, all) = node.stamps("z/").await.unwrap();
            assert!(all.iter().any(|(_, stamp)| *stamp == last.stamp));
            members.ctl(&["del", "--prefix", "dadns/d/z/"]);
        }
        nothing_is_lost(part, &what, async || {
            pause(1).await;
            members.stop(at);
            pause(8).await;
            members.go_on(at);
            pause(1).await;
        })
        .await;
    }
}

/// A single member that can be put back to what it was.
struct Restorable {
    members: Members,
    backup: tempfile::TempDir,
}

impl Restorable {
    fn start() -> Self {
        Self {
            members: Members::start(1),
            backup: tempfile::TempDir::new().unwrap(),
        }
    }

    fn copy(from: &Path, to: &Path) {
        let copied = Command::new("cp").arg("-aT").args([from, to]).status();
        assert!(copied.unwrap().success());
    }

    fn save(&mut self) {
        self.members.terminate(0);
        Self::copy(&self.members.data(0), self.backup.path());
        self.members.restart(0);
    }

    fn restore(&mut self) {
        self.members.kill(0);
        let data = self.members.data(0);
        std::fs::remove_dir_all(&data).unwrap();
        Self::copy(self.backup.path(), &data);
        self.members.restart(0);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_etcd_from_an_old_backup_is_found() {
    needs!("go");
    let mut etcd = Restorable::start();
    let node = founded(etcd.members.endpoints()).await;
    let first = put(&*node, "z/a", Stamp(0), "1").await.unwrap();
    etcd.save();
    let second = put(&*node, "z/a", first, "2").await.unwrap();
    let mut follower = Follower::of(&node, Stamp(0));
    follower.until(second).await;
    etcd.restore();
    let behind = FollowError::Behind {
        engine: first,
        seen: second,
    };
    assert_eq!(follower.end().await, behind);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_etcd_from_an_old_backup_is_found_although_it_has_counted_on() {
    needs!("go");
    let mut etcd = Restorable::start();
    let node = founded(etcd.members.endpoints()).await;
    put(&*node, "z/a", Stamp(0), "1").await.unwrap();
    etcd.save();
    let lost = put(&*node, "z/b", Stamp(0), "2").await.unwrap();
    let mut follower = Follower::of(&node, Stamp(0));
    let last = follower.until(lost).await.pop().unwrap();
    drop(follower);
    etcd.restore();
    etcd.members.count_on(10);
    // What this node itself notes there meanwhile is no sign that it is the same.
    assert!(node.note("k/a", "1".into(), None, None).await.unwrap());
    let last = Landmark::from(&last);
    let end = Follower::after(&node, lost, Some(last)).end().await;
    assert_eq!(end, FollowError::Restored(lost));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_an_etcd_from_a_backup_that_has_lost_notes_alone_nothing_is_missed() {
    needs!("go");
    let mut etcd = Restorable::start();
    let node = founded(etcd.members.endpoints()).await;
    let first = put(&*node, "z/a", Stamp(0), "1").await.unwrap();
    let mut follower = Follower::of(&node, Stamp(0));
    let last = follower.until(first).await.pop().unwrap();
    drop(follower);
    etcd.save();
    etcd.members.count_on(10);
    assert!(node.note("k/a", "1".into(), None, None).await.unwrap());
    let noted = node.notes("k/").await.unwrap()[0].stamp;
    etcd.restore();
    // Under a number that this node has seen already.
    let other = open(etcd.members.endpoints()).await;
    let hidden = put(&*other, "z/b", Stamp(0), "2").await.unwrap();
    assert!(hidden < noted);
    etcd.members.count_on(10);
    let last = Landmark::from(&last);
    let mut follower = Follower::after(&node, noted, Some(last));
    let seen = follower.until(hidden).await;
    assert_eq!(seen.len(), 1);
    assert_eq!(seen[0].name, "z/b");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_document_that_is_damaged_is_named_and_given_to_nobody() {
    needs!("go");
    let members = Members::start(1);
    let node = founded(members.endpoints()).await;
    let mut follower = Follower::of(&node, Stamp(0));
    members.ctl(&["put", "dadns/d/z/bad", "rubbish"]);
    let next = put(&*node, "z/good", Stamp(0), "1").await.unwrap();
    let seen = follower.until(next).await;
    assert_eq!(
        seen.iter()
            .map(|document| &document.name)
            .collect::<Vec<_>>(),
        ["z/good"]
    );
    let error = node.fetch(&["z/bad".into()]).await.unwrap_err();
    assert!(error.to_string().contains("z/bad"), "{error}");
    let (pages, _page) = tokio::sync::mpsc::channel(10);
    assert!(
        node.all("z/", pages)
            .await
            .unwrap_err()
            .to_string()
            .contains("z/bad")
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pieces_that_no_document_names_are_swept() {
    needs!("go");
    let members = Members::start(1);
    let node = founded(members.endpoints()).await;
    let large = |seen| write("z/large", seen, vec![7; 3 << 20]);
    let first = node
        .commit(vec![large(Stamp(0))], LIMIT)
        .await
        .remove(0)
        .unwrap();
    let old = Duration::ZERO;
    assert_eq!(node.sweep(old).await.unwrap(), 0);
    let second = node
        .commit(vec![large(first)], LIMIT)
        .await
        .remove(0)
        .unwrap();
    assert_eq!(node.sweep(Duration::from_secs(3600)).await.unwrap(), 0);
    // Six pieces, and the key that says whose they are.
    assert_eq!(node.sweep(old).await.unwrap(), 7);
    assert_eq!(get(&*node, "z/large").await.unwrap().value.len(), 3 << 20);
    // Of a write that was cut short.
    members.ctl(&[
        "put",
        "dadns/b/00112233445566778899aabbccddeeff/of",
        "z/large",
    ]);
    members.ctl(&[
        "put",
        "dadns/b/00112233445566778899aabbccddeeff/0000",
        "a piece",
    ]);
    assert_eq!(node.sweep(old).await.unwrap(), 2);
    put(&*node, "z/large", second, "small").await.unwrap();
    assert_eq!(node.sweep(old).await.unwrap(), 7);
    assert_eq!(
        members
            .ctl(&["get", "--prefix", "dadns/b/", "--keys-only"])
            .trim(),
        ""
    );
}
