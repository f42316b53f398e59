//! Several stores that share their zones, with a ledger of a few lines between them, whose answers the tests hand
//! out as they like.

mod agree;
mod alone;
mod joining;
mod progress;
mod tokens;

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use bytes::Bytes;
use dadns_zone::testing;
use dadns_zone::{Zone, ZoneName};
use jiff::Timestamp;
use tokio::sync::{mpsc, watch};

use super::state::ZoneState;
use super::{Landed, Membership, Terms};
use crate::access::{Login, Principal, Rights};
use crate::engine::Memory;
use crate::ledger::{Document, LedgerError, News, Outage, Refused, Stamp, Write};
use crate::store::{
    Author, CommitterHandle, Desired, Guard, Head, Options, Pushed, Store, StoreError,
};

/// What all nodes agree on.
#[derive(Default, Clone)]
struct Ledger {
    documents: BTreeMap<String, Document>,
    revision: u64,
}

impl Ledger {
    fn commit(&mut self, write: &Write) -> Result<Stamp, Refused> {
        let stands = self.documents.get(&write.name);
        if stands.map_or(Stamp::default(), |document| document.stamp) != write.seen {
            return Err(Refused::Changed(stands.cloned()));
        }
        let Some(value) = &write.value else {
            return Ok(write.seen);
        };
        self.revision += 1;
        let stamp = Stamp(self.revision);
        self.put(&write.name, stamp, write.id, value.clone());
        Ok(stamp)
    }

    fn put(&mut self, name: &str, stamp: Stamp, id: [u8; 16], value: Bytes) {
        let document = Document {
            name: name.to_owned(),
            stamp,
            id,
            value,
        };
        self.documents.insert(name.to_owned(), document);
    }

    /// The head of a zone as it has it.
    fn head(&self, zone: &str) -> Head {
        let document = &self.documents[&format!("z/{zone}")];
        let state = ZoneState::decode(&name(zone), &document.value).unwrap();
        state.head(&name(zone)).unwrap().unwrap()
    }

    fn news_after(&self, cursor: u64) -> News {
        let newer = self
            .documents
            .values()
            .filter(|document| document.stamp.0 > cursor);
        let mut documents: Vec<_> = newer.cloned().collect();
        documents.sort_by_key(|document| document.stamp);
        News {
            documents,
            cursor: Stamp(self.revision),
        }
    }
}

/// A node with one backend.
struct Node {
    store: Store,
    leaving: mpsc::UnboundedReceiver<Vec<Write>>,
    answers: watch::Sender<Option<Outage>>,
    _committer: CommitterHandle,
}

impl Node {
    fn of(name: &str, engine: &Memory, spools: bool) -> Self {
        let answers = watch::Sender::new(None);
        let options = Options {
            terms: Some(Terms {
                node: name.to_owned(),
                takes: true,
                spools,
                answers: answers.subscribe(),
            }),
            guard: Guard::default(),
            ..Options::default()
        };
        let backends = BTreeMap::from([("builtin".parse().unwrap(), String::new())]);
        let engine = std::sync::Arc::new(engine.clone());
        let (store, committer) = Store::open(engine, &backends, &options).unwrap();
        Self {
            leaving: store.leaving().unwrap(),
            store,
            answers,
            _committer: committer,
        }
    }

    /// One that belongs to a cluster and has nothing.
    async fn new(name: &str) -> Self {
        let node = Self::of(name, &Memory::default(), true);
        node.join().await;
        node
    }

    async fn join(&self) {
        let membership = Membership {
            cluster: "test".into(),
            cursor: 0,
        };
        self.store.join(membership, false).await.unwrap();
    }

    /// Begins a push.
    fn push(&self, zone: Zone) -> tokio::task::JoinHandle<Result<Pushed, StoreError>> {
        let store = self.store.clone();
        tokio::spawn(async move { store.push(author(), zone, Vec::new()).await })
    }

    /// What leaves next for the ledger.
    async fn leaves(&mut self) -> Vec<Write> {
        self.leaving.recv().await.unwrap()
    }

    /// Brings what leaves next to the ledger, and its answers back.
    async fn carry(&mut self, ledger: &mut Ledger) {
        let writes = self.leaves().await;
        self.land(writes, |write| ledger.commit(write));
    }

    fn land(&self, writes: Vec<Write>, mut answer: impl FnMut(&Write) -> Result<Stamp, Refused>) {
        let landed = writes.iter().map(|write| Landed {
            name: write.name.clone(),
            id: write.id,
            answer: answer(write),
        });
        self.store.landed(landed.collect()).unwrap();
    }

    /// Reads what is new in the ledger.
    async fn follow(&self, ledger: &Ledger) {
        let cursor = self.store.standing().unwrap().membership.unwrap().cursor;
        self.store.take(ledger.news_after(cursor)).await.unwrap();
    }

    fn outage(&self, cause: Option<&str>) {
        self.answers.send_replace(cause.map(|cause| Outage {
            since: Timestamp::now(),
            cause: cause.to_owned(),
        }));
    }

    /// Finds the ledger to be the one that it knows.
    async fn finds_ledger(&self) {
        let known = self.store.standing().unwrap().membership.unwrap().cursor;
        let news = News {
            documents: Vec::new(),
            cursor: Stamp(known.max(1)),
        };
        self.store.take(news).await.unwrap();
    }

    /// Shares all that is not shared.
    async fn share(&mut self, ledger: &mut Ledger) {
        self.finds_ledger().await;
        loop {
            // It is looked at after all that came before it.
            self.store.share().await.unwrap();
            if self.store.standing().unwrap().unshared == 0 {
                return;
            }
            while let Ok(writes) = self.leaving.try_recv() {
                self.land(writes, |write| ledger.commit(write));
            }
        }
    }

    fn head(&self, zone: &str) -> Option<Head> {
        self.store.head(&name(zone)).unwrap()
    }

    fn desired(&self, zone: &str) -> Desired {
        self.store.desired(&name(zone)).unwrap()
    }

    fn text(&self, zone: &str) -> String {
        self.desired(zone)
            .zone
            .map(|zone| zone.to_string())
            .unwrap_or_default()
    }
}

fn name(zone: &str) -> ZoneName {
    zone.parse().unwrap()
}

fn zone(serial: u32, address: &str) -> Zone {
    testing::zone("a.example", serial, &format!("www A {address}\n"))
}

fn author() -> Author {
    Author {
        master: Some("da1.example.com".into()),
        user: Some("alice".into()),
        ..Author::new(Principal::Master(Login {
            name: "test".into(),
            address: Ipv4Addr::LOCALHOST.into(),
            rights: Rights::ALL,
            scope: None,
        }))
    }
}

fn lost() -> LedgerError {
    LedgerError {
        what: "writing a zone".into(),
        cause: "no answer".into(),
    }
}

/// The revision and the serial that a push came to.
fn stored(pushed: Pushed) -> (u64, u32) {
    match pushed {
        Pushed::Stored(stored) => (stored.revision, stored.serial),
        Pushed::Held { reasons } => panic!("held: {reasons:?}"),
    }
}
