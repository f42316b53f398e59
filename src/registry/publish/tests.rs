use std::net::{IpAddr, Ipv4Addr};

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use dadns_zone::{NameText, TypeName, presentation};

use super::*;
use crate::ledger::Holder;
use crate::registry::Settings;
use crate::registry::rules::{Address, Client, Key, Registration, Renewal};
use crate::store::{Deletion, Options};
use tokio::sync::watch;

struct World {
    registry: Registry,
    store: Store,
    publishers: Publishers,
}

fn world() -> World {
    let mut settings: Settings = dadns_keys::defaults().unwrap();
    settings.domain = Some("svc.example".parse().unwrap());
    settings.nameservers = vec!["ns1.example.net".to_owned()];
    let registry = Registry::in_memory(&settings);
    let (store, _committer) = Store::in_memory([], &Options::default());
    let records: records::Settings = dadns_keys::defaults().unwrap();
    let publishers = Publishers::new(registry.clone(), &store, &records).unwrap();
    World {
        registry,
        store,
        publishers,
    }
}

/// Another node on the same store, which publishes when `holder` says that it is its turn, and whether it wants to.
fn node(world: &World, holder: &watch::Sender<Holder>) -> (World, Arc<AtomicBool>) {
    let wanted = Arc::new(AtomicBool::new(true));
    let turn = Turn::of(holder.subscribe(), wanted.clone());
    let registry = Registry::in_turn(world.registry.settings(), turn);
    let store = world.store.clone();
    let records: records::Settings = dadns_keys::defaults().unwrap();
    let publishers = Publishers::new(registry.clone(), &store, &records).unwrap();
    let world = World {
        registry,
        store,
        publishers,
    };
    (world, wanted)
}

fn client() -> Client {
    Client {
        account: None,
        address: IpAddr::V4(Ipv4Addr::LOCALHOST),
        is_operator: false,
    }
}

impl World {
    async fn register(&self, service: &str, number: u8, tags: &[&str]) {
        let address = Address::Ip(IpAddr::V4(Ipv4Addr::new(192, 0, 2, number)));
        let key = Key::of(service, &number.to_string());
        let new = Registration {
            port: Some(80),
            tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
            ..Registration::new(key, service, address)
        };
        let step = self
            .registry
            .step(|book, now| book.register(now, &client(), new, Renewal::default()));
        step.await.unwrap();
    }

    async fn deregister(&self, service: &str, number: u8) {
        let key = Key::of(service, &number.to_string());
        let step = self
            .registry
            .step(|book, _| book.deregister(&client(), &key));
        step.await.unwrap();
    }

    /// What is to be published is, as the task does it.
    async fn publish(&mut self) {
        assert!(self.publishers.publish().await);
    }

    /// The records of the zone but SOA and NS.
    fn records(&self) -> Vec<String> {
        let served = self.store.served(&"svc.example".parse().unwrap()).unwrap();
        let zone = served.expect("the zone is there").zone;
        let sets = zone.rrsets().iter();
        let sets = sets.filter(|set| set.rtype() != dadns_zone::Rtype::SOA);
        let sets = sets.filter(|set| set.rtype() != dadns_zone::Rtype::NS);
        sets.flat_map(|set| {
            let (owner, rtype) = (NameText(set.owner()).to_string(), set.rtype());
            let owner = owner
                .trim_end_matches('.')
                .trim_end_matches(".svc.example")
                .to_owned();
            let data = set.rdata().iter();
            data.map(move |data| {
                format!("{owner} {} {}", TypeName(rtype), presentation(rtype, data))
            })
        })
        .collect()
    }

    fn is_there(&self) -> bool {
        let head = self.store.head(&"svc.example".parse().unwrap()).unwrap();
        head.is_some_and(|head| head.present)
    }

    fn revision(&self) -> u64 {
        let head = self.store.head(&"svc.example".parse().unwrap()).unwrap();
        head.unwrap().revision
    }
}

const SITE: [&str; 2] = [
    "node.dc1 DNAME node.svc.example.",
    "service.dc1 DNAME service.svc.example.",
];

#[tokio::test]
async fn a_service_has_the_names_of_consul_and_goes_with_all_of_them() {
    let mut world = world();
    world.register("web", 1, &["blue", "v1.0"]).await;
    world.register("web", 2, &[]).await;
    world.publish().await;
    let one = "1 1 80 c0000201.addr.dc1.svc.example.";
    let two = "1 1 80 c0000202.addr.dc1.svc.example.";
    let mut expected: Vec<String> = SITE.map(str::to_owned).to_vec();
    for owner in ["_web._tcp", "_web._tcp.service", "web.service"] {
        expected.push(format!("{owner} SRV {one}"));
        expected.push(format!("{owner} SRV {two}"));
    }
    for owner in ["_web._blue", "_web._blue.service", "blue.web.service"] {
        expected.push(format!("{owner} SRV {one}"));
    }
    for owner in ["blue.web.service", "c0000201.addr.dc1", "web.service"] {
        expected.push(format!("{owner} A 192.0.2.1"));
    }
    for owner in ["c0000202.addr.dc1", "web.service"] {
        expected.push(format!("{owner} A 192.0.2.2"));
    }
    expected.sort();
    let mut records = world.records();
    records.sort();
    assert_eq!(records, expected);
    let revision = world.revision();
    world.publish().await;
    assert_eq!(world.revision(), revision, "nothing changed");
    world.deregister("web", 1).await;
    world.deregister("web", 2).await;
    world.publish().await;
    assert_eq!(world.records(), SITE);
    assert_eq!(world.revision(), revision + 1, "both in one revision");
}

#[tokio::test]
async fn an_address_of_two_services_stays_until_both_are_gone() {
    let mut world = world();
    world.register("a", 1, &[]).await;
    world.register("b", 1, &[]).await;
    world.publish().await;
    let address = "c0000201.addr.dc1 A 192.0.2.1".to_owned();
    world.deregister("a", 1).await;
    world.publish().await;
    assert!(world.records().contains(&address));
    world.deregister("b", 1).await;
    world.publish().await;
    assert!(!world.records().contains(&address));
}

#[tokio::test]
async fn a_zone_that_somebody_deleted_is_made_anew_with_all_that_is_registered() {
    let mut world = world();
    world.register("web", 1, &[]).await;
    world.publish().await;
    let before = world.records();
    let how = Deletion {
        pushed: true,
        revisions: None,
        attributes: None,
        mode: Mode::Make,
    };
    let zone: ZoneName = "svc.example".parse().unwrap();
    let deleted = world.store.delete(author(), zone, how).await;
    deleted.unwrap().unwrap();
    world.publish().await;
    assert_eq!(world.records(), before);
}

#[tokio::test]
async fn what_an_earlier_process_left_is_withdrawn_and_what_others_edited_stays() {
    let mut world = world();
    world.register("old", 1, &[]).await;
    world.publish().await;
    let zone: ZoneName = "svc.example".parse().unwrap();
    let www = records::rrset(&zone, "www", "A", 60, &["192.0.2.9"]).unwrap();
    let plan = move |_: &Standing<'_>| Ok::<_, ()>(Edits::of(vec![RecordEdit::Replace(www)]));
    let edited = world.store.edit(author(), zone, Mode::Make, plan).await;
    edited.unwrap().unwrap();
    // Another process, which knows nothing of what was registered.
    let settings = world.registry.settings().clone();
    world.registry = Registry::in_memory(&settings);
    let records: records::Settings = dadns_keys::defaults().unwrap();
    let publishers = Publishers::new(world.registry.clone(), &world.store, &records);
    world.publishers = publishers.unwrap();
    world.register("new", 2, &[]).await;
    world.publish().await;
    let records = world.records();
    assert!(
        records.contains(&"www A 192.0.2.9".to_owned()),
        "{records:?}"
    );
    assert!(
        records.contains(&"new.service A 192.0.2.2".to_owned()),
        "{records:?}"
    );
    assert!(
        !records.iter().any(|record| record.contains("old")),
        "{records:?}"
    );
}

#[tokio::test]
async fn what_is_no_label_is_left_out_and_the_rest_is_published() {
    let mut world = world();
    for service in [
        "a.b",
        "*",
        "@",
        "a\\.b",
        "x y",
        "-a",
        &"x".repeat(64),
        "fine",
    ] {
        world.register(service, 1, &["*", "", "a.b"]).await;
    }
    world.publish().await;
    let records = world.records();
    let owners: BTreeSet<_> = records
        .iter()
        .map(|record| record.split(' ').next().unwrap())
        .filter(|owner| !owner.contains("dc1"))
        .collect();
    let expected = ["_fine._tcp", "_fine._tcp.service", "fine.service"];
    assert_eq!(owners.into_iter().collect::<Vec<_>>(), expected);
}

#[tokio::test]
async fn one_node_publishes_at_a_time_what_it_has_itself() {
    let both = world();
    let (ours, theirs) = (
        watch::Sender::new(Holder::Ours(Fence(1))),
        watch::Sender::new(Holder::Theirs("left".to_owned())),
    );
    let ((left, _), (right, _)) = (node(&both, &ours), node(&both, &theirs));
    left.register("web", 1, &[]).await;
    right.register("web", 2, &[]).await;
    assert_eq!(left.registry.published_by(), (true, None));
    let other = (false, Some("left".to_owned()));
    assert_eq!(right.registry.published_by(), other);
    let stop = CancellationToken::new();
    let publishers = [&left, &right].map(|node| {
        let records: records::Settings = dadns_keys::defaults().unwrap();
        Publishers::new(node.registry.clone(), &node.store, &records).unwrap()
    });
    let tasks = publishers.map(|one| tokio::spawn(one.run(stop.clone())));
    let has = |address: &str| both.is_there() && both.records().contains(&address.to_owned());
    let (first, second) = ("web.service A 192.0.2.1", "web.service A 192.0.2.2");
    while !has(first) {
        tokio::task::yield_now().await;
    }
    // The other began at the same moment, and has not published by the time of another change.
    left.register("web", 3, &[]).await;
    while !has("web.service A 192.0.2.3") {
        tokio::task::yield_now().await;
    }
    assert!(!right.registry.shared.has_published.load(Ordering::SeqCst));
    assert!(!has(second), "{:?}", both.records());

    // The first is gone, and its turn is over.
    ours.send_replace(Holder::Nobody);
    theirs.send_replace(Holder::Ours(Fence(2)));
    while !has(second) {
        tokio::task::yield_now().await;
    }
    assert!(!has(first), "{:?}", both.records());
    stop.cancel();
    for task in tasks {
        task.await.unwrap();
    }
}

#[tokio::test]
async fn a_node_claims_its_turn_only_while_it_has_something_to_publish_or_to_withdraw() {
    let holder = watch::Sender::new(Holder::Ours(Fence(1)));
    let (mut node, wanted) = node(&world(), &holder);
    let wants = || wanted.load(Ordering::SeqCst);
    assert!(!wants(), "nobody has registered");
    node.register("web", 1, &[]).await;
    assert!(wants());
    node.publish().await;
    node.registry.note_published(true);
    node.deregister("web", 1).await;
    assert!(wants(), "it is still published");
    node.publish().await;
    node.registry.note_published(false);
    assert!(!wants());

    // What has died here keeps no other node from its turn, nor does what another has put its own in the place of.
    node.register("web", 1, &[]).await;
    node.registry.note_published(true);
    holder.send_replace(Holder::Theirs("right".to_owned()));
    node.deregister("web", 1).await;
    assert!(!wants());
}
