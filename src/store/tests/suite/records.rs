//! Edits of records: layers, pushes in between, history, and zones that no master has.

use dadns_zone::{Layer, Loss, Rrset, RrsetKey, Rtype, ZoneError};

use super::kept::{assert_kept, is_read_alone};
use super::*;
use crate::records::rdata;

pub(super) fn editor() -> Author {
    Author::new(Principal::Token(login("acme")))
}

pub(super) fn key(owner: &str, rtype: &str, data: &str) -> (RrsetKey, dadns_zone::Rdata) {
    rdata(&name("a.example"), owner, rtype, data).unwrap()
}

fn set(owner: &str, rtype: &str, ttl: u32, data: &[&str]) -> Rrset {
    crate::records::rrset(&name("a.example"), owner, rtype, ttl, data).unwrap()
}

pub(super) fn add(owner: &str, rtype: &str, data: &str) -> RecordEdit {
    let (key, rdata) = key(owner, rtype, data);
    RecordEdit::Add {
        key,
        ttl: None,
        rdata,
    }
}

pub(super) fn drop_record(owner: &str, rtype: &str, data: &str) -> RecordEdit {
    let (key, rdata) = key(owner, rtype, data);
    RecordEdit::Remove { key, rdata }
}

pub(super) async fn try_edit(
    store: &Store,
    edits: Vec<RecordEdit>,
) -> Result<Edited, NotEdited<()>> {
    let edited = store.edit(editor(), name("a.example"), Mode::Make, move |_| {
        Ok(Edits::of(edits))
    });
    edited.await.unwrap()
}

pub(super) async fn edit(store: &Store, edits: Vec<RecordEdit>) -> Edited {
    try_edit(store, edits).await.unwrap()
}

/// The records at an owner name, without SOA.
pub(super) fn at(store: &Store, owner: &str) -> Vec<String> {
    let zone = store.desired(&name("a.example")).unwrap().zone.unwrap();
    let start = match owner {
        "@" => "a.example.".to_owned(),
        owner => format!("{owner}.a.example."),
    };
    let text = zone.to_string();
    let lines = text
        .lines()
        .filter(|line| line.split_whitespace().next() == Some(&start));
    lines
        .map(|line| {
            line.split_whitespace()
                .skip(1)
                .collect::<Vec<_>>()
                .join(" ")
        })
        .filter(|line| !line.contains("SOA"))
        .collect()
}

fn serial(store: &Store) -> u32 {
    store.head(&name("a.example")).unwrap().unwrap().serial
}

#[tokio::test]
async fn an_edit_outlives_the_pushes_that_come_after_it() {
    let (_home, store, _committer) = fresh();
    pushed(&store, "a.example", 10, "192.0.2.1").await;
    let edited = edit(&store, vec![add("_acme-challenge", "TXT", "\"token\"")]).await;
    assert_eq!((edited.stored.revision, edited.stored.serial), (2, 11));
    assert_eq!(edited.diff.changes.len(), 1);
    assert_eq!(at(&store, "_acme-challenge"), ["3600 IN TXT \"token\""]);
    assert_kept(&store);

    pushed(&store, "a.example", 11, "192.0.2.2").await;
    assert_eq!(at(&store, "_acme-challenge"), ["3600 IN TXT \"token\""]);
    assert_eq!(at(&store, "www"), ["300 IN A 192.0.2.2"]);
    assert_eq!(serial(&store), 12, "11 was served with other records");
    assert_kept(&store);
    assert!(is_read_alone(&store));

    let edited = edit(
        &store,
        vec![drop_record("_acme-challenge", "TXT", "\"token\"")],
    )
    .await;
    assert!(edited.stored.changed);
    assert!(
        store
            .layers(&name("a.example"))
            .unwrap()
            .unwrap()
            .above
            .is_empty()
    );
    assert_eq!(
        store.desired(&name("a.example")).unwrap().zone.unwrap(),
        zone("a.example", 13, "192.0.2.2")
    );
}

#[tokio::test]
async fn edits_survive_a_restart_with_their_author() {
    let home = Home::new();
    let (store, committer) = open(&home, &["bind"]);
    pushed(&store, "a.example", 10, "192.0.2.1").await;
    edit(
        &store,
        vec![RecordEdit::Replace(set("www", "A", 60, &["192.0.2.9"]))],
    )
    .await;
    committer.stop(store);

    let (store, _committer) = open(&home, &["bind"]);
    assert_eq!(at(&store, "www"), ["60 IN A 192.0.2.9"]);
    let layers = store.layers(&name("a.example")).unwrap().unwrap();
    let [(Layer::Records, entries)] = &layers.above[..] else {
        panic!("{:?}", layers.above)
    };
    let entry = entries.values().next().unwrap();
    assert_eq!(
        (entry.by.as_str(), &entry.pushed),
        ("token acme from 127.0.0.1", &None)
    );
    // Edits go on where the ones before the restart left off.
    edit(&store, vec![add("www", "A", "192.0.2.10")]).await;
    assert_eq!(
        at(&store, "www"),
        ["60 IN A 192.0.2.9", "60 IN A 192.0.2.10"]
    );
    assert_kept(&store);
}

#[tokio::test]
async fn a_push_that_changes_an_overridden_rrset_does_not_show_and_is_noted() {
    let (_home, store, _committer) = fresh();
    pushed(&store, "a.example", 10, "192.0.2.1").await;
    edit(
        &store,
        vec![RecordEdit::Replace(set("www", "A", 300, &["192.0.2.9"]))],
    )
    .await;
    let before = serial(&store);
    pushed(&store, "a.example", 11, "192.0.2.2").await;
    assert_eq!(at(&store, "www"), ["300 IN A 192.0.2.9"]);
    assert_eq!(serial(&store), before, "what is served is the same");
    let layers = store.layers(&name("a.example")).unwrap().unwrap();
    let entry = layers.above[0].1.values().next().unwrap();
    assert_eq!(entry.pushed.as_ref().unwrap().by, "test from 127.0.0.1");
    assert_eq!(*layers.push.unwrap(), zone("a.example", 11, "192.0.2.2"));

    edit(
        &store,
        vec![RecordEdit::Release(RrsetKey::new(
            set("www", "A", 1, &["192.0.2.1"]).owner(),
            Rtype::A,
        ))],
    )
    .await;
    assert_eq!(at(&store, "www"), ["300 IN A 192.0.2.2"]);
    assert_kept(&store);
}

#[tokio::test]
async fn an_entry_that_a_push_has_caught_up_with_disappears() {
    let (_home, store, _committer) = fresh();
    pushed(&store, "a.example", 10, "192.0.2.1").await;
    edit(
        &store,
        vec![RecordEdit::Replace(set("www", "A", 300, &["192.0.2.2"]))],
    )
    .await;
    pushed(&store, "a.example", 11, "192.0.2.2").await;
    assert!(
        store
            .layers(&name("a.example"))
            .unwrap()
            .unwrap()
            .above
            .is_empty()
    );
    pushed(&store, "a.example", 12, "192.0.2.3").await;
    assert_eq!(at(&store, "www"), ["300 IN A 192.0.2.3"]);
}

#[tokio::test]
async fn an_edit_that_changes_nothing_is_no_revision() {
    let (_home, store, _committer) = fresh();
    pushed(&store, "a.example", 10, "192.0.2.1").await;
    for edits in [
        vec![RecordEdit::Replace(set("www", "A", 300, &["192.0.2.1"]))],
        vec![add("www", "A", "192.0.2.1")],
        vec![drop_record("www", "A", "192.0.2.7")],
        vec![RecordEdit::Delete(key("nothing", "A", "192.0.2.1").0)],
        vec![
            add("x", "A", "192.0.2.1"),
            drop_record("x", "A", "192.0.2.1"),
        ],
    ] {
        let edited = edit(&store, edits).await;
        assert!(
            !edited.stored.changed && edited.diff.is_empty(),
            "{edited:?}"
        );
        assert_eq!(edited.stored.revision, 1);
    }
}

#[tokio::test]
async fn only_what_the_steps_come_to_is_judged_and_all_that_is_wrong_is_said() {
    let (_home, store, _committer) = fresh();
    pushed(&store, "a.example", 10, "192.0.2.1").await;
    // In either order.
    let alias = || RecordEdit::Replace(set("www", "CNAME", 300, &["host.example.net."]));
    let gone = || RecordEdit::Delete(key("www", "A", "192.0.2.1").0);
    edit(&store, vec![alias(), gone()]).await;
    assert_eq!(at(&store, "www"), ["300 IN CNAME host.example.net."]);
    let refused = try_edit(
        &store,
        vec![
            add("www", "A", "192.0.2.5"),
            add("ns1", "CNAME", "x.example.net."),
        ],
    )
    .await;
    let Err(NotEdited::Invalid(errors)) = refused else {
        panic!("{refused:?}")
    };
    assert!(errors.len() >= 2, "{errors:?}");
    assert!(
        errors
            .iter()
            .any(|error| matches!(error, ZoneError::NsIsAlias(_))),
        "{errors:?}"
    );
    assert_eq!(store.head(&name("a.example")).unwrap().unwrap().revision, 2);
}

#[tokio::test]
async fn a_cname_of_an_edit_wins_over_records_that_are_pushed_later_and_they_are_listed() {
    let (_home, store, _committer) = fresh();
    pushed(&store, "a.example", 10, "192.0.2.1").await;
    let alias = RecordEdit::Replace(set("www", "CNAME", 300, &["host.example.net."]));
    let edited = edit(&store, vec![alias]).await;
    assert_eq!(at(&store, "www"), ["300 IN CNAME host.example.net."]);
    let [shadowed] = &edited.shadowed[..] else {
        panic!("{edited:?}")
    };
    assert_eq!(
        (shadowed.layer, shadowed.key.rtype()),
        (Layer::Push, Rtype::A)
    );
    pushed(&store, "a.example", 11, "192.0.2.2").await;
    assert_eq!(at(&store, "www"), ["300 IN CNAME host.example.net."]);
    let shadowed = store.layers(&name("a.example")).unwrap().unwrap().shadowed;
    assert!(
        matches!(
            shadowed[0].loss,
            Loss::Cname {
                by: Layer::Records,
                ..
            }
        ),
        "{shadowed:?}"
    );
}

#[tokio::test]
async fn a_push_that_an_edit_would_break_is_served_without_the_edit_until_it_fits_again() {
    let (_home, store, _committer) = fresh();
    pushed(&store, "a.example", 10, "192.0.2.1").await;
    edit(
        &store,
        vec![RecordEdit::Replace(set(
            "mail",
            "CNAME",
            300,
            &["x.example.net."],
        ))],
    )
    .await;
    // Now the name server is called so.
    let text = "$TTL 300\n@ SOA ns1 host 11 3600 600 86400 300\n@ NS mail\nmail A 192.0.2.1\n";
    let other = read(&name("a.example"), text.as_bytes(), &Limits::default())
        .unwrap()
        .zone;
    push(&store, other, "da1").await;
    assert_eq!(at(&store, "mail"), ["300 IN A 192.0.2.1"]);
    let layers = store.layers(&name("a.example")).unwrap().unwrap();
    assert!(
        matches!(layers.shadowed[0].loss, Loss::Breaks(_)),
        "{:?}",
        layers.shadowed
    );
    assert_kept(&store);
    assert!(
        !is_read_alone(&store),
        "a rule without effect may be about another name"
    );
    // Other edits go on beside it.
    edit(&store, vec![add("x", "A", "192.0.2.3")]).await;
    assert_eq!(at(&store, "x"), ["3600 IN A 192.0.2.3"]);
    assert_kept(&store);
    pushed(&store, "a.example", 12, "192.0.2.1").await;
    assert_eq!(at(&store, "mail"), ["300 IN CNAME x.example.net."]);
}

#[tokio::test]
async fn a_signed_zone_is_not_edited_and_a_push_of_one_passes_edits_by() {
    let (_home, store, _committer) = fresh();
    pushed(&store, "a.example", 10, "192.0.2.1").await;
    edit(&store, vec![add("x", "A", "192.0.2.3")]).await;
    let text = "$TTL 300\n@ SOA ns1 host 20 3600 600 86400 300\n@ NS ns1\nns1 A 192.0.2.1\n\
                ns1 RRSIG A 13 3 300 20400101000000 20200101000000 1 a.example. AAAA\n";
    let signed = read(&name("a.example"), text.as_bytes(), &Limits::default())
        .unwrap()
        .zone;
    push(&store, signed.clone(), "da1").await;
    assert_eq!(
        store.desired(&name("a.example")).unwrap().zone.unwrap(),
        signed
    );
    assert_kept(&store);
    let refused = try_edit(&store, vec![add("y", "A", "192.0.2.3")]).await;
    assert_eq!(refused, Err(NotEdited::Signed));
    let shadowed = store.layers(&name("a.example")).unwrap().unwrap().shadowed;
    assert_eq!(shadowed[0].loss, Loss::Signed);
}

#[tokio::test]
async fn a_dry_run_says_what_would_come_of_it_and_writes_nothing() {
    let (_home, store, _committer) = fresh();
    pushed(&store, "a.example", 10, "192.0.2.1").await;
    let edits = vec![add("x", "A", "192.0.2.3")];
    let edited = store.edit(editor(), name("a.example"), Mode::DryRun, move |_| {
        Ok::<_, ()>(Edits::of(edits))
    });
    let edited = edited.await.unwrap().unwrap();
    assert_eq!((edited.stored.revision, edited.stored.changed), (2, true));
    assert_eq!(edited.diff.changes.len(), 1);
    assert!(at(&store, "x").is_empty());
    assert_eq!(store.head(&name("a.example")).unwrap().unwrap().revision, 1);
}

#[tokio::test]
async fn many_who_edit_one_rrset_at_once_lose_nothing() {
    let (_home, store, _committer) = fresh();
    pushed(&store, "a.example", 10, "192.0.2.1").await;
    let edits = (1..=50).map(|host| {
        let store = store.clone();
        async move { edit(&store, vec![add("x", "A", &format!("198.51.100.{host}"))]).await }
    });
    let push = push(&store, zone("a.example", 11, "192.0.2.2"), "da1");
    let (edited, _) = tokio::join!(futures_util::future::join_all(edits), push);
    assert!(edited.iter().all(|edited| edited.stored.changed));
    assert_eq!(at(&store, "x").len(), 50);
    assert_kept(&store);
}

#[tokio::test]
async fn a_soa_is_edited_but_its_serial_only_goes_ahead() {
    let (_home, store, _committer) = fresh();
    pushed(&store, "a.example", 10, "192.0.2.1").await;
    let soa = |serial: u32, refresh: u32| {
        let data = format!("ns1.a.example. root.a.example. {serial} {refresh} 600 86400 300");
        RecordEdit::Replace(set("@", "SOA", 300, &[&data]))
    };
    edit(&store, vec![soa(5, 7200)]).await;
    assert_eq!(serial(&store), 11);
    edit(&store, vec![soa(100, 7200)]).await;
    assert_eq!(serial(&store), 100);
    pushed(&store, "a.example", 200, "192.0.2.2").await;
    assert_eq!(serial(&store), 200);
    let zone = store.desired(&name("a.example")).unwrap().zone.unwrap();
    assert!(zone.to_string().contains("7200"), "{zone}");
}
