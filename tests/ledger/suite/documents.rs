//! Documents: written if they stand as they were seen, whole or not at all.

use bytes::Bytes;
use dadns::ledger::{Refused, Stamp, Write};
use tokio::sync::mpsc;

use super::{Engine, LIMIT, founded, get, put, write};

pub async fn a_document_is_written_only_if_it_stands_as_it_was_seen(engine: &dyn Engine) {
    let one = founded(engine).await;
    let two = engine.node().await;
    let first = put(&*one, "z/a", Stamp(0), "1").await.unwrap();
    let second = put(&*two, "z/a", first, "2").await.unwrap();
    assert!(second > first);
    match put(&*one, "z/a", first, "3").await {
        Err(Refused::Changed(Some(document))) => {
            assert_eq!(
                (document.stamp, &document.value[..]),
                (second, b"2".as_slice())
            );
            assert_eq!(document.name, "z/a");
        }
        other => panic!("{other:?}"),
    }
    assert!(matches!(
        put(&*one, "z/a", Stamp(0), "4").await,
        Err(Refused::Changed(Some(_)))
    ));
    assert!(matches!(
        put(&*one, "z/b", first, "5").await,
        Err(Refused::Changed(None))
    ));
    assert_eq!(get(&*two, "z/a").await.unwrap().value, "2");
    assert_eq!(get(&*two, "z/b").await, None);
}

pub async fn the_same_write_twice_is_one_write(engine: &dyn Engine) {
    let node = founded(engine).await;
    let one = write("z/a", Stamp(0), "1");
    let first = node
        .commit(vec![one.clone()], LIMIT)
        .await
        .remove(0)
        .unwrap();
    let again = node.commit(vec![one], LIMIT).await.remove(0).unwrap();
    assert_eq!(first, again);
}

pub async fn one_conflict_among_many_writes_refuses_one(engine: &dyn Engine) {
    let node = founded(engine).await;
    let stamp = put(&*node, "z/0070", Stamp(0), "other").await.unwrap();
    let name = |at: usize| format!("z/{at:04}");
    let writes = (0..200)
        .map(|at| write(&name(at), Stamp(0), at.to_string()))
        .collect();
    let results = node.commit(writes, LIMIT).await;
    assert_eq!(results.len(), 200);
    for (at, result) in results.into_iter().enumerate() {
        match result {
            Ok(stamp) => {
                let document = get(&*node, &name(at)).await.unwrap();
                assert_eq!(
                    (document.stamp, document.value),
                    (stamp, at.to_string().into())
                );
            }
            Err(Refused::Changed(Some(document))) => {
                assert_eq!((at, document.stamp), (70, stamp));
                assert_eq!(document.value, "other");
            }
            Err(other) => panic!("{at}: {other:?}"),
        }
    }
}

pub async fn a_write_without_a_value_only_asks(engine: &dyn Engine) {
    let node = founded(engine).await;
    let stamp = put(&*node, "z/a", Stamp(0), "1").await.unwrap();
    let ask = |seen| Write {
        value: None,
        ..write("z/a", seen, "")
    };
    assert_eq!(
        node.commit(vec![ask(stamp)], LIMIT)
            .await
            .remove(0)
            .unwrap(),
        stamp
    );
    let with = vec![ask(stamp), write("z/b", Stamp(0), "2")];
    let results = node.commit(with, LIMIT).await;
    assert_eq!(*results[0].as_ref().unwrap(), stamp);
    assert!(results[1].is_ok());
    assert!(matches!(
        node.commit(vec![ask(Stamp(1))], LIMIT).await[0],
        Err(Refused::Changed(Some(_)))
    ));
    assert_eq!(get(&*node, "z/a").await.unwrap().value, "1");
}

pub async fn a_large_document_is_written_whole(engine: &dyn Engine) {
    let one = founded(engine).await;
    let two = engine.node().await;
    let mut seen = Stamp(0);
    // An empty one, one at the border of one key, and 16 MiB.
    for length in [0, 512 << 10, (512 << 10) + 1, 16 << 20] {
        let mut value = vec![0; length];
        fastrand::fill(&mut value);
        let value = Bytes::from(value);
        let small = write(&format!("z/{length}"), Stamp(0), "small");
        let mut results = one
            .commit(vec![small, write("z/large", seen, value.clone())], LIMIT)
            .await;
        seen = results.pop().unwrap().unwrap();
        assert!(results[0].is_ok());
        let document = get(&*two, "z/large").await.unwrap();
        assert_eq!(document.stamp, seen);
        assert!(document.value == value, "{length}");
    }
    // A conflict shows it whole.
    match put(&*two, "z/large", Stamp(1), "small").await {
        Err(Refused::Changed(Some(document))) => assert_eq!(document.value.len(), 16 << 20),
        other => panic!("{:?}", other.map_err(|refused| refused.to_string())),
    }
}

pub async fn everything_is_read_in_pages_in_the_order_of_names(engine: &dyn Engine) {
    let node = founded(engine).await;
    let name = |at: usize| format!("z/{at:05}");
    let writes = (0..2500)
        .map(|at| write(&name(at), Stamp(0), vec![at as u8; at % 3000]))
        .collect();
    assert!(node.commit(writes, LIMIT).await.iter().all(Result::is_ok));
    put(&*node, "h/other", Stamp(0), "other").await.unwrap();
    let large = write("z/large", Stamp(0), vec![7; 3 << 20]);
    let last = node.commit(vec![large], LIMIT).await.remove(0).unwrap();
    let (sender, mut pages) = mpsc::channel(1);
    let reader = async {
        let mut all = Vec::new();
        while let Some(page) = pages.recv().await {
            all.extend(page);
        }
        all
    };
    let (stamp, all) = tokio::join!(node.all("z/", sender), reader);
    assert_eq!(stamp.unwrap(), last);
    assert_eq!(all.len(), 2501);
    for (at, document) in all.iter().take(2500).enumerate() {
        assert_eq!(document.name, name(at));
        assert!(document.value == vec![at as u8; at % 3000]);
    }
    assert!(all[2500].value == vec![7; 3 << 20]);
    let (moment, stamps) = node.stamps("z/").await.unwrap();
    assert_eq!(moment, last);
    let expected: Vec<_> = all
        .into_iter()
        .map(|document| (document.name, document.stamp))
        .collect();
    assert_eq!(stamps, expected);
}

pub async fn many_are_fetched_in_the_order_of_the_question(engine: &dyn Engine) {
    let node = founded(engine).await;
    let writes = (0..150)
        .map(|at| write(&format!("z/{at}"), Stamp(0), at.to_string()))
        .collect();
    assert!(node.commit(writes, LIMIT).await.iter().all(Result::is_ok));
    let names: Vec<_> = (0..300).rev().map(|at| format!("z/{at}")).collect();
    let found = node.fetch(&names).await.unwrap();
    assert_eq!(found.len(), 300);
    for (at, document) in (0..300).rev().zip(found) {
        let expected = (at < 150).then(|| Bytes::from(at.to_string()));
        assert_eq!(document.map(|document| document.value), expected);
    }
}

pub async fn a_cluster_is_made_once_and_writes_need_it(engine: &dyn Engine) {
    let (one, two) = (engine.node().await, engine.node().await);
    assert_eq!(one.cluster().await.unwrap(), None);
    match put(&*one, "z/a", Stamp(0), "1").await {
        Err(Refused::Rejected(error)) => {
            assert!(error.to_string().contains("dadns cluster init"), "{error}")
        }
        other => panic!("{other:?}"),
    }
    assert!(one.found(Bytes::from_static(b"first")).await.unwrap());
    assert!(!two.found(Bytes::from_static(b"second")).await.unwrap());
    assert_eq!(two.cluster().await.unwrap().unwrap(), "first");
    put(&*one, "z/a", Stamp(0), "1").await.unwrap();
    put(&*two, "z/b", Stamp(0), "1").await.unwrap();
}
