//! What becomes of edits when their zone is removed, rolled back or was never pushed.

use dadns_zone::Rtype;

use super::kept::{assert_kept, is_read_alone};
use super::past::rollback;
use super::records::{add, at, drop_record, edit, editor, key, try_edit};
use super::*;

pub(super) fn deletion(pushed: bool) -> Deletion {
    Deletion {
        pushed,
        revisions: None,
        attributes: None,
        mode: Mode::Make,
    }
}

#[tokio::test]
async fn a_removal_by_the_master_takes_edits_with_it_and_a_rollback_brings_them_back() {
    let (_home, store, _committer) = fresh();
    pushed(&store, "a.example", 10, "192.0.2.1").await;
    edit(&store, vec![add("x", "A", "192.0.2.3")]).await;
    edit(
        &store,
        vec![
            drop_record("www", "A", "192.0.2.1"),
            add("www", "A", "192.0.2.4"),
        ],
    )
    .await;
    remove(&store, "a.example", "da1").await;
    assert!(store.layers(&name("a.example")).unwrap().is_none());
    pushed(&store, "a.example", 20, "192.0.2.5").await;
    assert!(at(&store, "x").is_empty());

    rollback(&store, 3).await.unwrap();
    assert_eq!(at(&store, "x"), ["3600 IN A 192.0.2.3"]);
    assert_eq!(at(&store, "www"), ["300 IN A 192.0.2.4"]);
    assert_kept(&store);
    // They are edits again, not part of the push.
    pushed(&store, "a.example", 30, "192.0.2.6").await;
    assert_eq!(
        at(&store, "www"),
        ["300 IN A 192.0.2.4", "300 IN A 192.0.2.6"]
    );
    rollback(&store, 2).await.unwrap();
    assert_eq!(at(&store, "www"), ["300 IN A 192.0.2.1"]);
    assert_eq!(at(&store, "x"), ["3600 IN A 192.0.2.3"]);
    rollback(&store, 1).await.unwrap();
    assert!(at(&store, "x").is_empty());
}

#[tokio::test]
async fn the_past_of_edits_outlives_the_push_that_they_stand_on() {
    let home = Home::new();
    let keep = Keep {
        revisions: 3,
        ..Keep::default()
    };
    let options = Options { keep, ..options() };
    let (store, committer) = open_with(&home, &BTreeMap::new(), &options);
    pushed(&store, "a.example", 10, "192.0.2.1").await;
    for host in 1..=6 {
        edit(&store, vec![add("x", "A", &format!("192.0.2.{host}"))]).await;
    }
    let revisions: Vec<_> = store.history(&name("a.example")).unwrap();
    let revisions: Vec<_> = revisions
        .into_iter()
        .map(|(revision, _)| revision)
        .collect();
    assert_eq!(revisions, [7, 6, 5]);
    committer.stop(store);

    let (store, _committer) = open_with(&home, &BTreeMap::new(), &options);
    let zone = store
        .content(&name("a.example"), 5)
        .unwrap()
        .unwrap()
        .unwrap();
    let x = zone
        .get(key("x", "A", "192.0.2.1").0.owner(), Rtype::A)
        .unwrap();
    assert_eq!((x.rdata().len(), zone.serial()), (4, 14));
    assert_eq!(at(&store, "x").len(), 6);
    // A new push makes what was pushed before superfluous, once no revision has it.
    for serial in 20..=22 {
        pushed(&store, "a.example", serial, &format!("192.0.2.{serial}")).await;
    }
    assert_eq!(store.shared.db.bases(&name("a.example")).count(), 0);
}

#[tokio::test]
async fn a_zone_is_created_without_a_master_and_no_master_removes_it() {
    let (_home, store, _committer) = fresh();
    let created = store.create(
        editor(),
        zone("a.example", 1, "192.0.2.1"),
        Attributes::new(),
        Mode::Make,
    );
    let created = created.await.unwrap().unwrap();
    assert_eq!((created.stored.revision, created.stored.serial), (1, 1));
    assert_eq!(due_names(&store, "bind"), ["a.example"]);
    let again = store.create(
        editor(),
        zone("a.example", 1, "192.0.2.1"),
        Attributes::new(),
        Mode::Make,
    );
    assert_eq!(again.await.unwrap(), Err(NotCreated::Present));
    assert!(is_read_alone(&store));
    assert_kept(&store);
    edit(&store, vec![add("x", "A", "192.0.2.3")]).await;
    assert_eq!(at(&store, "x"), ["3600 IN A 192.0.2.3"]);
    assert_kept(&store);
    assert!(is_read_alone(&store));
    assert_eq!(remove(&store, "a.example", "da1").await, Removed::NotPushed);
    let gone = try_edit(
        &store,
        vec![RecordEdit::Delete(key("@", "SOA", "a. b. 1 2 3 4 5").0)],
    )
    .await;
    assert!(matches!(gone, Err(NotEdited::Invalid(_))), "{gone:?}");
    let deleted = store.delete(editor(), name("a.example"), deletion(false));
    assert_eq!(deleted.await.unwrap(), Ok(3));
    assert!(store.served(&name("a.example")).unwrap().is_none());
    rollback(&store, 2).await.unwrap();
    assert_eq!(at(&store, "x"), ["3600 IN A 192.0.2.3"]);
}

#[tokio::test]
async fn a_zone_that_a_master_pushed_is_deleted_only_if_that_is_said() {
    let (_home, store, _committer) = fresh();
    pushed(&store, "a.example", 10, "192.0.2.1").await;
    let deleted = store
        .delete(editor(), name("a.example"), deletion(false))
        .await;
    assert!(matches!(deleted.unwrap(), Err(NotDeleted::Pushed(Some(_)))));
    let deleted = store
        .delete(editor(), name("a.example"), deletion(true))
        .await;
    assert_eq!(deleted.unwrap(), Ok(2));
}

#[tokio::test]
async fn attributes_that_are_set_at_once_are_all_kept_and_make_no_revision() {
    let (_home, store, _committer) = fresh();
    pushed(&store, "a.example", 10, "192.0.2.1").await;
    let edits = (0..20).map(|number| {
        store.edit(editor(), name("a.example"), Mode::Make, move |standing| {
            let mut attributes = standing.attributes.clone();
            attributes.insert(number.to_string(), "set".to_owned());
            Ok::<_, ()>(Edits {
                attributes: Some(attributes),
                ..Edits::of(Vec::new())
            })
        })
    });
    let edited = futures_util::future::join_all(edits).await;
    assert!(edited.iter().all(|edited| matches!(edited, Ok(Ok(_)))));
    assert_eq!(store.attributes(&name("a.example")).unwrap().len(), 20);
    assert_eq!(store.head(&name("a.example")).unwrap().unwrap().revision, 1);
}

#[tokio::test]
async fn a_zone_is_neither_created_nor_edited_beyond_the_most_records_but_may_lose_some() {
    let home = Home::new();
    let limited = |max_records| Options {
        max_records,
        ..options()
    };
    let (store, committer) = open_with(&home, &BTreeMap::new(), &limited(5));
    let created = |serial| {
        let zone = zone("a.example", serial, "192.0.2.1");
        store.create(editor(), zone, Attributes::new(), Mode::Make)
    };
    created(1).await.unwrap().unwrap();
    edit(&store, vec![add("x", "A", "192.0.2.3")]).await;
    let beyond = || vec![add("y", "A", "192.0.2.4"), add("x", "A", "192.0.2.5")];
    let (records, most) = (7, 5);
    let refused = Err(NotEdited::TooMany(TooMany { records, most }));
    assert_eq!(try_edit(&store, beyond()).await, refused);
    let tried = store.edit(editor(), name("a.example"), Mode::DryRun, move |_| {
        Ok(Edits::of(beyond()))
    });
    assert_eq!(tried.await.unwrap(), refused);
    // What is gone makes room.
    let instead = vec![
        drop_record("x", "A", "192.0.2.3"),
        add("y", "A", "192.0.2.4"),
    ];
    edit(&store, instead).await;
    committer.stop(store);

    let (store, _committer) = open_with(&home, &BTreeMap::new(), &limited(3));
    let grown = try_edit(&store, vec![add("y", "A", "192.0.2.5")]).await;
    let (records, most) = (6, 3);
    assert_eq!(grown, Err(NotEdited::TooMany(TooMany { records, most })));
    edit(&store, vec![drop_record("y", "A", "192.0.2.4")]).await;
    let zone = zone("b.example", 1, "192.0.2.1");
    let created = store.create(editor(), zone, Attributes::new(), Mode::Make);
    let (records, most) = (4, 3);
    let refused = NotCreated::TooMany(TooMany { records, most });
    assert_eq!(created.await.unwrap(), Err(refused));
    assert!(store.head(&name("b.example")).unwrap().is_none());
}
