//! Signed zones whose serial does not advance.

use super::*;

/// The zone of the other tests with a signature: no matter which, the gateway does not validate.
fn signed(serial: u32, address: &str) -> Zone {
    let text = format!(
        "$TTL 300\n@ SOA ns1 host {serial} 3600 600 86400 300\n@ NS ns1\nns1 A 192.0.2.1\n\
         www A {address}\nwww RRSIG A 13 3 300 20400101000000 20200101000000 1 a.example. AAAA\n"
    );
    read(&name("a.example"), text.as_bytes(), &Limits::default())
        .unwrap()
        .zone
}

async fn push_signed(store: &Store, serial: u32, address: &str) -> Pushed {
    push(store, signed(serial, address), "da1").await
}

fn guarding(home: &Home) -> (Store, CommitterHandle) {
    let options = Options {
        guard: Guard {
            signed_serial: true,
            ..Guard::default()
        },
        ..options()
    };
    let backends = [(id("bind"), "here".to_owned())].into();
    open_with(home, &backends, &options)
}

/// The serial that is served, and the one that it has to pass.
fn serials(store: &Store) -> (u32, Option<u32>) {
    let name = name("a.example");
    let serial = store.head(&name).unwrap().unwrap().serial;
    let before = store.not_ahead(&name, serial);
    (serial, before.map(|not_ahead| not_ahead.before))
}

#[tokio::test]
async fn it_is_known_and_counted_until_the_serial_is_ahead() {
    let (_home, store, _committer) = fresh();
    for (serial, address, before, zones, pushes) in [
        (10, "192.0.2.1", None, 0, 0),
        (10, "192.0.2.2", Some(10), 1, 1),
        // Again, as it is: nothing has changed.
        (10, "192.0.2.2", Some(10), 1, 1),
        (9, "192.0.2.3", Some(10), 1, 2),
        (10, "192.0.2.4", Some(10), 1, 3),
        (11, "192.0.2.5", None, 0, 3),
    ] {
        push_signed(&store, serial, address).await;
        assert_eq!(serials(&store), (serial, before), "{serial} {address}");
        let counted = (store.zones_not_ahead(), store.pushes_not_ahead());
        assert_eq!(counted, (zones, pushes), "{serial} {address}");
    }
}

#[tokio::test]
async fn it_is_known_after_a_restart() {
    let home = Home::new();
    let (store, committer) = open(&home, &["bind"]);
    push_signed(&store, 10, "192.0.2.1").await;
    push_signed(&store, 9, "192.0.2.2").await;
    committer.stop(store);
    let (store, committer) = open(&home, &["bind"]);
    assert_eq!(serials(&store), (9, Some(10)));
    push_signed(&store, 11, "192.0.2.3").await;
    committer.stop(store);
    let (store, _committer) = open(&home, &["bind"]);
    assert_eq!(serials(&store), (11, None));
}

#[tokio::test]
async fn an_unsigned_push_passes_the_highest_serial_and_not_only_the_last() {
    let (_home, store, _committer) = fresh();
    push_signed(&store, 10, "192.0.2.1").await;
    push_signed(&store, 8, "192.0.2.2").await;
    // 9 is ahead of 8, and of no use to who has 10.
    pushed(&store, "a.example", 9, "192.0.2.3").await;
    assert_eq!(serials(&store), (11, None));
    assert!(!store.is_serial_reused(&name("a.example")));
}

#[tokio::test]
async fn a_zone_that_becomes_signed_behind_the_serial_it_was_served_with_is_known() {
    let (_home, store, _committer) = fresh();
    for address in ["192.0.2.1", "192.0.2.2", "192.0.2.3"] {
        // Raised by the gateway each time.
        pushed(&store, "a.example", 10, address).await;
    }
    push_signed(&store, 11, "192.0.2.3").await;
    assert_eq!(serials(&store), (11, Some(12)));
}

#[tokio::test]
async fn a_removed_zone_comes_back_with_its_serials_remembered() {
    let (_home, store, _committer) = fresh();
    push_signed(&store, 10, "192.0.2.1").await;
    push_signed(&store, 9, "192.0.2.2").await;
    remove(&store, "a.example", "da1").await;
    assert_eq!(store.zones_not_ahead(), 0, "it is not served");
    push_signed(&store, 10, "192.0.2.3").await;
    assert_eq!(serials(&store), (10, Some(10)));
    remove(&store, "a.example", "da1").await;
    push_signed(&store, 11, "192.0.2.4").await;
    assert_eq!(serials(&store), (11, None));
    remove(&store, "a.example", "da1").await;
    push_signed(&store, 11, "192.0.2.4").await;
    assert_eq!(serials(&store), (11, None), "as it was");
    remove(&store, "a.example", "da1").await;
    push_signed(&store, 5, "192.0.2.5").await;
    assert_eq!(serials(&store), (5, Some(11)));
}

#[tokio::test]
async fn changes_of_one_group_see_each_other() {
    let (_home, store, _committer) = fresh();
    let (first, second, third) = tokio::join!(
        push_signed(&store, 10, "192.0.2.1"),
        push_signed(&store, 9, "192.0.2.2"),
        push_signed(&store, 10, "192.0.2.3"),
    );
    for pushed in [first, second, third] {
        assert!(is_new(&pushed), "{pushed:?}");
    }
    assert_eq!(serials(&store), (10, Some(10)));
}

#[tokio::test]
async fn a_zone_that_is_fetched_is_known_too() {
    let (_home, store, _committer) = fresh();
    push_signed(&store, 10, "192.0.2.1").await;
    remove(&store, "a.example", "da1").await;
    let by = Author::new(Part::Reconciliation);
    let fetched = store.fetched(Moment::at(2), by, signed(10, "192.0.2.2"), Vec::new());
    let fetched = fetched.await.unwrap();
    assert!(matches!(fetched, AtMoment::Made(_)), "{fetched:?}");
    assert_eq!(serials(&store), (10, Some(10)));
}

#[tokio::test]
async fn the_guard_holds_it_where_it_is_told_to_and_it_may_be_approved() {
    let home = Home::new();
    let (store, _committer) = guarding(&home);
    push_signed(&store, 10, "192.0.2.1").await;
    for (serial, address, why) in [
        (10, "192.0.2.2", "has serial 10, as it had before"),
        (9, "192.0.2.2", "has serial 9, which is behind serial 10"),
    ] {
        let held = push_signed(&store, serial, address).await;
        let Pushed::Held { reasons } = &held else {
            panic!("{held:?}");
        };
        assert!(reasons[0].contains(why), "{reasons:?}");
        assert_eq!(serials(&store), (10, None), "what was served stays");
    }
    let approved = store.approve(operator(), name("a.example")).await.unwrap();
    let stored = approved.unwrap();
    assert_eq!((stored.serial, stored.changed), (9, true));
    assert_eq!(serials(&store), (9, Some(10)));
    assert_eq!(store.pushes_not_ahead(), 1);
    let ahead = push_signed(&store, 11, "192.0.2.3").await;
    assert!(is_new(&ahead), "{ahead:?}");
}

#[tokio::test]
async fn the_guard_knows_removed_zones_and_lets_what_is_as_it_was_pass() {
    let home = Home::new();
    let (store, _committer) = guarding(&home);
    push_signed(&store, 10, "192.0.2.1").await;
    let same = push_signed(&store, 10, "192.0.2.1").await;
    assert!(
        matches!(&same, Pushed::Stored(stored) if !stored.changed),
        "{same:?}"
    );
    remove(&store, "a.example", "da1").await;
    let other = push_signed(&store, 10, "192.0.2.2").await;
    assert!(matches!(other, Pushed::Held { .. }), "{other:?}");
    let as_it_was = push_signed(&store, 10, "192.0.2.1").await;
    assert!(is_new(&as_it_was), "{as_it_was:?}");
}

#[tokio::test]
async fn by_default_the_guard_holds_none_of_it() {
    let (_home, store, _committer) = fresh();
    push_signed(&store, 10, "192.0.2.1").await;
    let accepted = push_signed(&store, 10, "192.0.2.2").await;
    assert!(is_new(&accepted), "{accepted:?}");
}

#[tokio::test]
async fn a_serial_at_a_backend_that_is_ahead_of_a_signed_zone_is_known() {
    let (_home, store, _committer) = fresh();
    push_signed(&store, 40, "192.0.2.1").await;
    recorded(&store, verified("a.example", 1, 40)).await;
    for _ in 0..2 {
        let by = Author::new(Part::Lane(id("bind")));
        let raised = store.advance(&name("a.example"), 1, 50, by).await.unwrap();
        assert_eq!(raised, Advanced::Signed, "it keeps its serial");
        assert_eq!(serials(&store), (40, Some(50)));
        assert_eq!(store.pushes_not_ahead(), 1, "it is said once");
    }
    assert!(due_names(&store, "bind").is_empty());
    push_signed(&store, 45, "192.0.2.2").await;
    assert_eq!(serials(&store), (45, Some(50)));
    push_signed(&store, 51, "192.0.2.3").await;
    assert_eq!(serials(&store), (51, None));
}
