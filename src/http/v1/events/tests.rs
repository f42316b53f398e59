use std::net::Ipv4Addr;
use std::sync::Arc;

use actix_web::web::Bytes;
use futures_util::StreamExt;

use super::shape::{Event, What};
use super::*;
use crate::access::{Grant, Login, Rights, Scope, Token, TokenRecord};
use crate::feed::News;
use crate::store::Options;

const LONG: Duration = Duration::from_secs(600);
const SHORT: Duration = Duration::from_millis(5);

fn operator() -> Principal {
    Principal::Operator(Login {
        name: "anna".into(),
        address: Ipv4Addr::LOCALHOST.into(),
        rights: Rights::ALL,
        scope: None,
    })
}

fn grant(zones: &[&str]) -> Grant {
    Grant {
        zones: zones.iter().map(|zone| (*zone).to_owned()).collect(),
        actions: vec!["read".to_owned()],
        ..Grant::default()
    }
}

fn changed(zone: &str) -> News {
    News::Changed {
        zone: zone.parse().unwrap(),
        revision: 1,
        serial: 1,
        present: true,
        by: "anna".into(),
    }
}

fn unavailable() -> News {
    News::Unavailable {
        backend: "bind".parse().unwrap(),
        cause: "gone".into(),
    }
}

fn reader(store: &Store, principal: Principal, keep_alive: Duration, longest: Duration) -> Reader {
    let listener = store.feed().listen("anna".into(), None).unwrap();
    let shown = Shown {
        principal,
        zone: None,
    };
    Reader::new(listener, shown, store.clone(), keep_alive, longest)
}

fn read(piece: Option<Result<Bytes, std::convert::Infallible>>) -> Option<String> {
    let bytes = piece?.unwrap();
    Some(String::from_utf8(bytes.to_vec()).unwrap())
}

/// The events of a piece.
fn events_of(piece: &str) -> Vec<Event> {
    let data = piece.lines().filter_map(|line| line.strip_prefix("data: "));
    data.map(|data| serde_json::from_str(data).unwrap())
        .collect()
}

#[actix_web::test]
async fn a_scope_hides_events_of_other_zones_and_of_backends() {
    let (store, _committer) = Store::in_memory([], &Options::default());
    let scope = Scope::read(&grant(&["a.example"])).unwrap();
    let key = Principal::Key(Login {
        name: "key".into(),
        address: Ipv4Addr::LOCALHOST.into(),
        rights: Rights::ALL,
        scope: Some(Arc::new(scope)),
    });
    let reader = reader(&store, key, LONG, LONG);
    let news = [changed("b.example"), unavailable(), changed("a.example")];
    store.feed().publish(news);
    let mut pieces = Box::pin(reader.pieces());
    let piece = read(pieces.next().await).unwrap();
    let found = events_of(&piece);
    assert_eq!(found.len(), 1, "{piece}");
    assert!(
        matches!(&found[0].what, What::ZoneChanged { zone, .. } if zone == "a.example"),
        "{piece}"
    );
}

#[actix_web::test]
async fn a_client_that_reads_too_slowly_is_told_that_it_lagged() {
    let (store, _committer) = Store::in_memory([], &Options::default());
    let reader = reader(&store, operator(), LONG, LONG);
    let news = std::iter::repeat_n(changed("a.example"), 8_192 + 3);
    store.feed().publish(news);
    let mut pieces = Box::pin(reader.pieces());
    let piece = read(pieces.next().await).unwrap();
    let found = events_of(&piece);
    assert_eq!(found[0].what, What::Lagged { missed: Some(3) });
    assert!(piece.contains("event: lagged\n"), "{piece}");
    assert_eq!(found.len(), 1 + 256, "then those that are still there");
}

#[actix_web::test]
async fn a_stream_without_events_says_that_it_is_still_there_and_ends_in_time() {
    let (store, _committer) = Store::in_memory([], &Options::default());
    let mut pieces = Box::pin(reader(&store, operator(), SHORT, LONG).pieces());
    let first = read(pieces.next().await).unwrap();
    assert!(first.starts_with("retry: 2000\n"), "{first}");
    let second = read(pieces.next().await).unwrap();
    assert!(second.starts_with(": still there\nid: "), "{second}");
    let mut pieces = Box::pin(reader(&store, operator(), LONG, SHORT).pieces());
    while pieces.next().await.is_some() {}
}

#[actix_web::test]
async fn the_stream_of_a_token_ends_when_that_is_revoked() {
    let (store, _committer) = Store::in_memory([], &Options::default());
    let (record, _) = TokenRecord::fresh("ci", grant(&["*"]), "anna".into()).unwrap();
    let token = Token::new(record).unwrap();
    let principal = token.principal(Ipv4Addr::LOCALHOST.into());
    assert!(store.create_token(token).await.unwrap());
    let mut pieces = Box::pin(reader(&store, principal, LONG, LONG).pieces());
    store.feed().publish([changed("a.example")]);
    let piece = read(pieces.next().await).unwrap();
    assert_eq!(events_of(&piece).len(), 1, "{piece}");
    assert!(store.revoke_token("ci").await.unwrap());
    store.feed().publish([changed("a.example")]);
    assert_eq!(read(pieces.next().await), None);
}
