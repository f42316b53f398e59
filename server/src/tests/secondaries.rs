//! Secondaries that keep old records, and what they are told of changes.

use std::net::SocketAddr;
use std::sync::mpsc;

use super::*;

const ZONE: &str = "a.example";

fn www(serial: u32, last: u8) -> Zone {
    zone(ZONE, serial, &format!("www A 192.0.2.{last}\n"))
}

/// A server that says all that it finds at the secondary `at`, and takes every serial that `reused` says for one
/// that may stand for other records.
fn watching(at: SocketAddr, reused: bool) -> (Server, mpsc::Receiver<Notice>) {
    let settings = Settings {
        notify: vec![at.to_string().parse().unwrap()],
        ..settings()
    };
    let builtin = Server::open(settings);
    let not_passed = NotPassed {
        serial: u32::MAX / 2,
        differs: true,
    };
    builtin.ask_for_reused(Arc::new(move |_| reused.then_some(not_passed)));
    let (send, receive) = mpsc::channel();
    let server = builtin.clone();
    let sink: NoticeSink = Arc::new(move |notice| drop(send.send(notice)));
    tokio::spawn(async move { server.run(sink).await });
    (builtin, receive)
}

fn put(server: &Server, zone: &Zone) {
    server.put(zone).unwrap();
}

/// The next that is told of the zone there; that a NOTIFY is not understood there is another matter.
fn next(news: &mpsc::Receiver<Notice>) -> Notice {
    loop {
        match news.recv_timeout(Duration::from_secs(20)).unwrap() {
            Notice::Trouble(_) | Notice::Recovered(_) => {}
            news => return news,
        }
    }
}

fn said(news: Notice) -> String {
    match news {
        Notice::LeftBehind { report, .. } => report,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secondary_that_has_our_serial_with_other_records_is_named_until_it_has_ours() {
    let secondary = running(settings());
    put(&secondary, &www(10, 1));
    let address = secondary.addresses()[0];
    let (server, news) = watching(address, true);
    put(&server, &www(10, 2));
    let line = said(next(&news));
    for part in [
        &format!("secondary {address} keeps its old records of zone a.example"),
        "it has serial 10 too, but 1 of 3 RRsets differ (www.a.example. A)",
        "rndc retransfer",
    ] {
        assert!(line.contains(part), "{part} is not in: {line}");
    }
    // As if somebody had forced a transfer.
    put(&secondary, &www(10, 2));
    let caught_up = Notice::CaughtUp {
        zone: ZoneName::parse(ZONE).unwrap(),
        secondary: address,
    };
    assert_eq!(next(&news), caught_up);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secondary_that_is_ahead_is_named() {
    for (theirs, ours) in [(10, 9), (1 << 31, 0), (0, u32::MAX)] {
        let secondary = running(settings());
        put(&secondary, &www(theirs, 1));
        let (server, news) = watching(secondary.addresses()[0], true);
        put(&server, &www(ours, 2));
        let line = said(next(&news));
        let why = format!("it has serial {theirs}, and our serial {ours} is not ahead of that");
        assert!(line.contains(&why), "{line}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_zone_that_is_new_here_a_secondary_may_have_other_records_from_before() {
    let secondary = running(settings());
    put(&secondary, &www(10, 1));
    let (server, news) = watching(secondary.addresses()[0], false);
    put(&server, &www(10, 2));
    assert!(said(next(&news)).contains("it has serial 10 too"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secondary_that_says_nothing_of_the_zone_is_named_as_unknown() {
    let secondary = running(settings());
    let address = secondary.addresses()[0];
    let (server, news) = watching(address, true);
    put(&server, &www(10, 2));
    let line = said(next(&news));
    let who = format!("cannot tell whether secondary {address} has the new records");
    assert!(line.contains(&who), "{line}");
    assert!(line.contains("does not serve the zone"), "{line}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_said_of_secondaries_that_come_for_the_zone_or_have_it() {
    let secondary = running(settings());
    put(&secondary, &www(10, 2));
    put(&secondary, &zone("b.example", 9, ""));
    let (server, news) = watching(secondary.addresses()[0], false);
    put(&server, &www(10, 2));
    put(&server, &zone("b.example", 10, ""));
    put(&server, &zone("new.example", 10, ""));
    // Asked about after all others, and known to be told.
    put(&secondary, &zone("z.example", 10, "www A 192.0.2.1\n"));
    put(&server, &zone("z.example", 10, "www A 192.0.2.2\n"));
    let line = said(next(&news));
    assert!(line.contains("zone z.example"), "{line}");
}
