//! How far a backend is: what a node tells, and what the others take from it.

use dadns_backends::{BackendId, ZoneResult};

use super::*;
use crate::store::{Progress, Tried};

fn builtin() -> BackendId {
    "builtin".parse().unwrap()
}

impl Node {
    fn progress(&self) -> Progress {
        let found = self.store.progress(&builtin(), &Progress::default());
        found.unwrap().unwrap()
    }

    /// Hears this of `left`, and says how many zones that clears.
    async fn takes(&self, theirs: &Progress) -> usize {
        let taken = self.store.take_progress(&builtin(), "left", theirs).await;
        taken.unwrap()
    }

    /// The lane of this node comes to this result for a zone.
    async fn came_to(&self, zone: &str, result: ZoneResult) {
        let zone = name(zone);
        let entry = self.store.pending_entry(&builtin(), &zone).unwrap();
        let tried = Tried {
            zone,
            revision: entry.revision,
            attempts: entry.attempts,
            content: Some((7, [1; 32])),
            notes: Vec::new(),
            result,
            retry: Timestamp::now(),
        };
        self.store.record(&builtin(), vec![tried]).await.unwrap();
    }

    /// Pushes a zone, which the ledger takes, and hears of it.
    async fn pushes(&mut self, ledger: &mut Ledger, zone: &str, serial: u32) {
        let push = self.push(testing::zone(zone, serial, ""));
        self.carry(ledger).await;
        push.await.unwrap().unwrap();
        self.follow(ledger).await;
    }
}

fn verified() -> ZoneResult {
    ZoneResult::Verified {
        changed: true,
        repaired: None,
    }
}

#[tokio::test]
async fn progress_goes_up_to_the_oldest_zone_that_is_pending_and_past_those_that_fail() {
    let mut node = Node::new("left").await;
    let mut ledger = Ledger::default();
    assert_eq!(node.progress(), Progress::default());
    for zone in ["a.example", "b.example", "c.example"] {
        node.pushes(&mut ledger, zone, 7).await;
    }
    assert_eq!((node.progress().cursor, node.progress().pending), (0, 3));
    node.came_to("a.example", verified()).await;
    assert_eq!((node.progress().cursor, node.progress().pending), (1, 2));
    node.came_to("b.example", ZoneResult::Failed("no".into()))
        .await;
    let progress = node.progress();
    assert_eq!((progress.cursor, progress.pending), (2, 2));
    assert_eq!(progress.failing, [name("b.example")]);
    node.came_to("c.example", verified()).await;
    let progress = node.progress();
    assert_eq!((progress.cursor, progress.pending), (3, 1));
    assert_eq!(progress.failing, [name("b.example")]);
}

#[tokio::test]
async fn progress_is_no_news_while_the_ledger_counts_other_things() {
    let mut node = Node::new("left").await;
    let mut ledger = Ledger::default();
    node.pushes(&mut ledger, "a.example", 7).await;
    node.came_to("a.example", verified()).await;
    let before = node.progress();
    assert_eq!(before.cursor, 1);
    // As by the notes of other nodes.
    ledger.revision = 900;
    node.follow(&ledger).await;
    assert_eq!(node.progress(), before);
}

#[tokio::test]
async fn what_another_node_has_verified_is_no_longer_pending_here_but_what_fails_there_is() {
    let (mut owner, other) = (Node::new("left").await, Node::new("right").await);
    let mut ledger = Ledger::default();
    for zone in ["a.example", "b.example", "c.example"] {
        owner.pushes(&mut ledger, zone, 7).await;
    }
    other.follow(&ledger).await;
    owner.came_to("a.example", verified()).await;
    owner
        .came_to("b.example", ZoneResult::Failed("no".into()))
        .await;
    let theirs = owner.progress();
    let take = async |theirs: &Progress| other.takes(theirs).await;
    assert_eq!(take(&theirs).await, 1);
    assert_eq!(take(&theirs).await, 0);
    let pending = other.store.pending_zones(&builtin(), |_| true);
    assert_eq!(pending, [name("b.example"), name("c.example")]);
    let receipt = other.store.receipt(&name("a.example"), &builtin());
    let receipt = receipt.unwrap().unwrap();
    assert_eq!((receipt.revision, receipt.serial), (Some(1), Some(7)));
    assert_eq!(receipt.notes, ["verified by node left"]);
    assert_eq!(receipt.history.back().unwrap().word(), "applied");

    // A newer revision is pending again, whatever the owner said before.
    owner.pushes(&mut ledger, "a.example", 8).await;
    other.follow(&ledger).await;
    assert_eq!(take(&theirs).await, 0);
    assert_eq!(other.store.pending_count(&builtin()), 3);
    owner.came_to("c.example", verified()).await;
    owner.came_to("a.example", verified()).await;
    owner.came_to("b.example", verified()).await;
    assert_eq!(take(&owner.progress()).await, 3);
}

#[tokio::test]
async fn what_others_do_not_know_is_not_cleared_by_what_they_verified() {
    let (mut owner, mut other) = (Node::new("left").await, Node::new("right").await);
    let mut ledger = Ledger::default();
    owner.pushes(&mut ledger, "a.example", 7).await;
    other.follow(&ledger).await;
    owner.came_to("a.example", verified()).await;
    other.outage(Some("no majority"));
    let push = other.push(testing::zone("a.example", 8, "www A 192.0.2.8\n"));
    push.await.unwrap().unwrap();
    assert_eq!(other.takes(&owner.progress()).await, 0);
    assert_eq!(other.store.pending_count(&builtin()), 1);
    other.outage(None);
    other.share(&mut ledger).await;
    owner.follow(&ledger).await;
    owner.came_to("a.example", verified()).await;
    other.follow(&ledger).await;
    assert_eq!(other.takes(&owner.progress()).await, 1);
}
