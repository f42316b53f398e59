//! Notes, leases and fences.

use bytes::Bytes;
use dadns::ledger::{Claim, Lease};

use super::{Engine, founded};

const ONE: Bytes = Bytes::from_static(b"one");
const TWO: Bytes = Bytes::from_static(b"two");

pub async fn one_of_two_has_a_claim_until_its_lease_is_over(engine: &dyn Engine) {
    let one = founded(engine).await;
    let two = engine.node().await;
    let (first, second) = (one.grant(5).await.unwrap(), two.grant(60).await.unwrap());
    let Claim::Ours(fence) = one.claim("o/db", first, ONE).await.unwrap() else {
        panic!("nobody else has it");
    };
    assert_eq!(
        one.claim("o/db", first, ONE).await.unwrap(),
        Claim::Ours(fence)
    );
    assert_eq!(
        two.claim("o/db", second, TWO).await.unwrap(),
        Claim::Theirs(ONE)
    );
    engine.pass(3).await;
    assert!(one.keep_alive(first).await.unwrap());
    engine.pass(3).await;
    assert_eq!(
        two.claim("o/db", second, TWO).await.unwrap(),
        Claim::Theirs(ONE)
    );
    engine.pass(6).await;
    let Claim::Ours(next) = two.claim("o/db", second, TWO).await.unwrap() else {
        panic!("the lease is over");
    };
    assert!(next > fence);
    assert!(!one.keep_alive(first).await.unwrap());
    one.revoke(first).await.unwrap();
}

pub async fn a_claim_ends_with_its_lease(engine: &dyn Engine) {
    let one = founded(engine).await;
    let two = engine.node().await;
    let (first, second) = (one.grant(60).await.unwrap(), two.grant(60).await.unwrap());
    one.claim("o/db", first, ONE).await.unwrap();
    one.revoke(first).await.unwrap();
    assert!(matches!(
        two.claim("o/db", second, TWO).await.unwrap(),
        Claim::Ours(_)
    ));
    two.forget("o/db").await.unwrap();
    two.forget("o/db").await.unwrap();
    let third = one.grant(60).await.unwrap();
    assert!(matches!(
        one.claim("o/db", third, ONE).await.unwrap(),
        Claim::Ours(_)
    ));
    assert!(one.claim("o/else", Lease(12_345), ONE).await.is_err());
}

pub async fn a_note_is_written_only_under_a_fence_that_stands(engine: &dyn Engine) {
    let one = founded(engine).await;
    let two = engine.node().await;
    let first = one.grant(60).await.unwrap();
    let Claim::Ours(fence) = one.claim("o/db", first, ONE).await.unwrap() else {
        panic!("nobody else has it");
    };
    assert!(
        one.note("p/db", ONE, None, Some(("o/db", fence)))
            .await
            .unwrap()
    );
    one.revoke(first).await.unwrap();
    let second = two.grant(60).await.unwrap();
    two.claim("o/db", second, TWO).await.unwrap();
    assert!(
        !one.note("p/db", TWO, None, Some(("o/db", fence)))
            .await
            .unwrap()
    );
    let notes = two.notes("p/").await.unwrap();
    assert_eq!(notes.len(), 1);
    assert_eq!((&notes[0].name[..], &notes[0].value), ("p/db", &ONE));
}

pub async fn notes_are_listed_by_the_beginning_of_their_names(engine: &dyn Engine) {
    let node = founded(engine).await;
    for (name, value) in [("n/b", "1"), ("n/a", "2"), ("k/a", "3"), ("n/a", "4")] {
        assert!(node.note(name, value.into(), None, None).await.unwrap());
    }
    let notes = node.notes("n/").await.unwrap();
    let seen: Vec<_> = notes
        .iter()
        .map(|note| (&note.name[..], &note.value[..]))
        .collect();
    assert_eq!(seen, [("n/a", b"4".as_slice()), ("n/b", b"1")]);
    // Written twice: its fence is that of its making.
    assert!(notes[0].stamp.0 > notes[0].made.0);
    assert_eq!(notes[1].stamp.0, notes[1].made.0);
}
