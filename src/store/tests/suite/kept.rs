//! Zones that are kept merged, and names that are read without the others.

use dadns_zone::Rrset;

use super::layers::deletion;
use super::records::{add, edit, editor, key};
use super::*;

/// What is kept for the next edit is what is read from the entries, and so is each name that is read alone.
pub(super) fn assert_kept(store: &Store) {
    let name = name("a.example");
    let kept = store.served(&name).unwrap().unwrap();
    store.shared.cache.remove(&name);
    let read = store.served(&name).unwrap().unwrap();
    assert_eq!(kept.zone, read.zone);
    assert_eq!(kept.head, read.head);
    let nothing = key("nothing", "A", "192.0.2.1").0;
    let owners = read.zone.rrsets().iter().map(Rrset::owner);
    for owner in owners.chain([nothing.owner()]) {
        for is_kept in [true, false] {
            if !is_kept {
                store.shared.cache.remove(&name);
            }
            let part = store.served_at(&name, owner).unwrap().unwrap();
            assert_eq!(part.sets, read.zone.at(owner), "{owner}");
            assert_eq!(part.head, read.head);
            assert_eq!(part.is_signed, read.zone.is_signed());
        }
    }
}

/// Whether one name of the zone is read without the others.
pub(super) fn is_read_alone(store: &Store) -> bool {
    let name = name("a.example");
    store.shared.cache.remove(&name);
    let owner = key("www", "A", "192.0.2.1").0;
    let part = store.served_at(&name, owner.owner()).unwrap().unwrap();
    store.shared.cache.get(&name, part.head.revision).is_none()
}

#[tokio::test]
async fn a_large_zone_that_is_created_or_pushed_under_edits_is_kept_for_what_comes_next() {
    let (_home, store, _committer) = fresh();
    let large = |serial| {
        let hosts: String = (0..1_000)
            .map(|host| format!("h{host} A 192.0.2.1\n"))
            .collect();
        let text = format!(
            "$TTL 300\n@ SOA ns1 host {serial} 3600 600 86400 300\n@ NS ns1\nns1 A 192.0.2.1\nwww A 192.0.2.{serial}\n{hosts}"
        );
        let read = read(&name("a.example"), text.as_bytes(), &Limits::default());
        read.unwrap().zone
    };
    let is_kept = || {
        let head = store.head(&name("a.example")).unwrap().unwrap();
        let kept = store.shared.cache.get(&name("a.example"), head.revision);
        kept.is_some()
    };
    push(&store, large(1), "da1").await;
    assert!(is_kept());
    assert_kept(&store);
    edit(&store, vec![add("x", "A", "192.0.2.3")]).await;
    push(&store, large(7), "da1").await;
    assert!(is_kept());
    assert_kept(&store);
    store.shared.cache.remove(&name("a.example"));
    store.desired(&name("a.example")).unwrap();
    assert!(is_kept(), "what a lane or the start has merged is kept");

    let deleted = store.delete(editor(), name("a.example"), deletion(true));
    deleted.await.unwrap().unwrap();
    let created = store.create(editor(), large(9), Attributes::new(), Mode::Make);
    created.await.unwrap().unwrap();
    assert!(is_kept());
    assert_kept(&store);
}
