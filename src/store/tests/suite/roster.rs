//! What lists know of zones without reading their heads.

use super::*;

/// That it says what the heads on disk say.
fn assert_as_on_disk(store: &Store) {
    let heads: Vec<_> = store.heads().map(|found| found.unwrap()).collect();
    let rows: Vec<_> = store.rows(None).collect();
    assert_eq!(rows.len(), heads.len());
    for ((name, row), (head_name, head)) in rows.iter().zip(&heads) {
        assert_eq!(name, head_name);
        assert_eq!(row.revision, head.revision, "{name}");
        assert_eq!(row.present, head.present, "{name}");
        assert_eq!(row.records, head.records, "{name}");
        assert_eq!(row.changed.as_millisecond(), head.changed.as_millisecond());
        assert_eq!(row.owner.as_deref(), head.owner.as_ref(), "{name}");
    }
    let present = heads.iter().filter(|(_, head)| head.present);
    let records = present.clone().map(|(_, head)| u64::from(head.records));
    assert_eq!(store.zone_count(), present.count());
    assert_eq!(store.record_count(), records.sum::<u64>());
}

#[tokio::test]
async fn zones_are_counted_as_they_come_and_go_and_after_a_restart() {
    let (home, store, committer) = fresh();
    for (zone, master) in [
        ("a.example", "da1"),
        ("b.example", "da1"),
        ("c.example", "da2"),
    ] {
        push(&store, super::zone(zone, 1, "192.0.2.1"), master).await;
    }
    pushed(&store, "a.example", 2, "192.0.2.2").await;
    remove(&store, "c.example", "da2").await;
    assert_as_on_disk(&store);
    assert_eq!((store.zone_count(), store.change_count()), (2, 5));
    assert_eq!(store.masters(), ["da1"]);
    committer.stop(store);
    let (store, _committer) = open(&home, &["bind"]);
    assert_as_on_disk(&store);
    assert_eq!((store.zone_count(), store.change_count()), (2, 0));
    push(&store, super::zone("c.example", 1, "192.0.2.1"), "da2").await;
    assert_eq!(store.masters(), ["da1", "da2"]);
    let after: Vec<_> = store
        .rows(Some("a.example"))
        .map(|(name, _)| name)
        .collect();
    assert_eq!(after, [name("b.example"), name("c.example")]);
}

#[tokio::test]
async fn it_is_known_whether_a_zone_is_signed_that_was_pushed_and_noted_of_one_that_was_read() {
    let (home, store, committer) = fresh();
    let signed = |zone: &str, serial: u32| {
        let text = format!(
            "$TTL 300\n@ SOA ns1 host {serial} 3600 600 86400 300\n@ NS ns1\nns1 A 192.0.2.1\n\
             ns1 RRSIG A 8 3 300 20301231000000 20201231000000 1 {zone}. AAAA\n"
        );
        let read = read(&name(zone), text.as_bytes(), &Limits::default());
        read.unwrap().zone
    };
    let known = |store: &Store| store.row(&name("a.example")).unwrap().signed;
    push(&store, signed("a.example", 1), "da1").await;
    assert_eq!(known(&store), Some(true));
    pushed(&store, "a.example", 2, "192.0.2.2").await;
    assert_eq!(known(&store), Some(false));
    push(&store, signed("a.example", 3), "da1").await;
    committer.stop(store);
    let (store, _committer) = open(&home, &["bind"]);
    assert_eq!(known(&store), None, "a head does not say it");
    store.note_signed(&name("a.example"), 2, false);
    assert_eq!(known(&store), None, "that was another revision");
    store.note_signed(&name("a.example"), 3, true);
    assert_eq!(known(&store), Some(true));
}
