//! What is answered, RRset by RRset.

use dadns_zone::Zone;

use super::ask::*;
use super::zone;
use crate::{Answers, Backend, Served};

/// The records told as wrong; `None`: the backend does not ask for them.
async fn wrong(backend: &dyn Backend, zone: &Zone) -> Option<Vec<String>> {
    match every_rrset(backend, zone).await {
        Served::RRsets(Answers {
            wrong, wrong_count, ..
        }) => {
            assert_eq!(wrong.len(), wrong_count.min(crate::MOST_TOLD));
            Some(wrong.into_iter().map(|wrong| wrong.record).collect())
        }
        Served::NotAsked | Served::Serial(_) => None,
        other => panic!("{} is served differently: {other:?}", zone.name()),
    }
}

pub(super) async fn what_is_answered_wrong_is_told_with_its_record(backend: &dyn Backend) {
    let stored = "www A 192.0.2.1\nwww A 192.0.2.2\nttl 60 TXT a\ncut NS ns.example.net.\n";
    let stored = zone("a.example", 1, stored);
    applied(&put(backend, &stored).await);
    has(backend, &stored).await;
    let records = |serial, records: &str| zone("a.example", serial, records);
    for (other, told) in [
        (records(1, "www A 192.0.2.1\n"), "www.a.example. A"),
        (
            records(1, "www A 192.0.2.1\nwww A 192.0.2.2\nwww A 192.0.2.3\n"),
            "www.a.example. A",
        ),
        (records(1, "ttl 61 TXT a\n"), "ttl.a.example. TXT"),
        (records(1, "ttl 60 TXT A\n"), "ttl.a.example. TXT"),
        (
            records(1, "ttl 60 AAAA 2001:db8::1\n"),
            "ttl.a.example. AAAA",
        ),
        (records(1, "none MX 10 mail\n"), "none.a.example. MX"),
        (
            records(1, "cut NS other.example.net.\n"),
            "cut.a.example. NS",
        ),
        (
            records(1, "cut 60 NS ns.example.net.\n"),
            "cut.a.example. NS",
        ),
    ] {
        let wrong = wrong(backend, &other).await;
        assert!(wrong.is_none_or(|wrong| wrong == [told]), "{told}");
    }
    let ahead = every_rrset(backend, &records(2, "www A 192.0.2.1\nwww A 192.0.2.2\n")).await;
    assert!(
        matches!(ahead, Served::NotAsked | Served::Serial(1)),
        "{ahead:?}"
    );
    let absent = every_rrset(backend, &zone("absent.example", 1, "")).await;
    assert!(
        matches!(absent, Served::NotAsked | Served::Absent),
        "{absent:?}"
    );

    let many: String = (0..100)
        .map(|number| format!("h{number} A 192.0.2.1\n"))
        .collect();
    let Served::RRsets(Answers {
        wrong_count,
        rrsets,
        ..
    }) = every_rrset(backend, &zone("a.example", 1, &many)).await
    else {
        return clear(backend).await;
    };
    assert_eq!((wrong_count, rrsets), (100, 102));
    clear(backend).await;
}

pub(super) async fn names_in_a_zone_below_are_no_fault_of_the_zone_above(backend: &dyn Backend) {
    let above = zone(
        "a.example",
        1,
        "sub A 192.0.2.1\nx.sub TXT above\ny.sub A 192.0.2.1\ncut NS above.example.net.\n",
    );
    applied(&put(backend, &above).await);
    has(backend, &above).await;
    for apex in ["sub.a.example", "cut.a.example"] {
        let below = zone(apex, 1, "x TXT below\n");
        applied(&put(backend, &below).await);
        has(backend, &below).await;
    }
    let wrong = wrong(backend, &above).await;
    assert!(wrong.as_ref().is_none_or(Vec::is_empty), "{wrong:?}");
    clear(backend).await;
}

pub(super) async fn long_answers_are_compared_whole(backend: &dyn Backend) {
    // Each too long for a datagram, and more of them than are in flight at a time.
    let text = |last: &str| -> String {
        let strings = |owner: u32| -> String {
            let last = if owner == 17 { last } else { "x" };
            (0..10)
                .map(|number| format!("t{owner} TXT \"{number}{}\" {last}\n", "y".repeat(200)))
                .collect()
        };
        (0..40).map(strings).collect()
    };
    let stored = zone("long.example", 1, &text("x"));
    applied(&put(backend, &stored).await);
    has(backend, &stored).await;
    let wrong = wrong(backend, &zone("long.example", 1, &text("z"))).await;
    assert!(wrong.is_none_or(|wrong| wrong == ["t17.long.example. TXT"]));
    clear(backend).await;
}
