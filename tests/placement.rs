//! Groups of backends in a whole gateway: zones land where they belong, and move while they are asked for.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

// Other test targets use more of it.
#[allow(dead_code)]
#[path = "support/http.rs"]
mod http;

use std::collections::BTreeMap;
use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use dadns::app::Gateway;
use dadns::config::Config;
use http::{Answer, basic, master_request, send};
use serde_json::Value;
use tempfile::TempDir;

const USER: &str = "directdnsonly";
const PASSWORD: &str = "a-secret-of-tests";

/// How many zones there are.
const ZONES: usize = 40;

const NOERROR: u8 = 0;
const REFUSED: u8 = 5;

/// The backends, in the order of their addresses, and the group of each.
const BACKENDS: [(&str, &str); 3] = [
    ("builtin_a", "one"),
    ("builtin_b", "two"),
    ("builtin_c", "three"),
];

/// A configuration with three built-in servers, of which those in `groups` are in groups of their own.
fn configured(directory: &TempDir, groups: &[&str]) -> Config {
    let mut text = format!(
        "queue_location: {}\napp:\n  auth_password: {PASSWORD}\n  listen_host: 127.0.0.1\n  listen_port: 0\n\
         check:\n  every_seconds: 1\ndns:\n  backends:\n    builtin:\n      enabled: false\n",
        directory.path().join("queues").display()
    );
    for (name, group) in BACKENDS {
        // One in no group would get every zone.
        let enabled = groups.is_empty() || groups.contains(&group);
        text += &format!(
            "    {name}:\n      type: builtin\n      enabled: {enabled}\n      listen: [\"127.0.0.1:0\"]\n"
        );
    }
    if !groups.is_empty() {
        text += "placement:\n  groups:\n";
    }
    for (name, group) in BACKENDS.iter().filter(|(_, group)| groups.contains(group)) {
        text += &format!("    - name: {group}\n      backends: [{name}]\n");
    }
    let file = directory.path().join("app.yml");
    std::fs::write(&file, text).unwrap();
    Config::load::<&str>(Some(&file), std::iter::empty())
        .unwrap()
        .config
}

/// Starts the gateway; one that was stopped lets go of its store a moment after.
async fn start(directory: &TempDir, groups: &[&str]) -> Gateway {
    let config = configured(directory, groups);
    let began = Instant::now();
    loop {
        match Gateway::start(&config).await {
            Ok(gateway) => return gateway,
            Err(error) if error.to_string().contains("in use") => {
                assert!(began.elapsed() < Duration::from_secs(20), "{error}");
                tokio::task::yield_now().await;
            }
            Err(error) => panic!("{error}"),
        }
    }
}

async fn sent(gateway: &Gateway, request: Vec<u8>) -> Answer {
    let address = gateway.address();
    tokio::task::spawn_blocking(move || send(address, &request))
        .await
        .unwrap()
}

async fn get(gateway: &Gateway, target: &str) -> Value {
    let request = master_request("GET", target, &basic(USER, PASSWORD), b"");
    let answer = sent(gateway, request).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    serde_json::from_str(&answer.body).unwrap()
}

/// Orders the moves of the plan. Says how many were ordered.
async fn apply(gateway: &Gateway) -> u64 {
    let request = format!(
        "POST /api/v1/placement/apply HTTP/1.0\r\nHost: 127.0.0.1\r\nAuthorization: {}\r\n\
         Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{{}}",
        basic(USER, PASSWORD)
    );
    let answer = sent(gateway, request.into_bytes()).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let answer: Value = serde_json::from_str(&answer.body).unwrap();
    answer["ordered"].as_u64().unwrap()
}

async fn plan(gateway: &Gateway) -> Value {
    get(gateway, "/api/v1/placement").await
}

fn zone(number: usize) -> String {
    format!("z{number}.example")
}

fn address(number: usize) -> [u8; 4] {
    [192, 0, 2, u8::try_from(number).unwrap()]
}

/// Pushes a zone, and waits until it is verified wherever it is placed.
async fn push(gateway: &Gateway, number: usize) {
    let name = zone(number);
    let target = format!("/CMD_API_DNS_ADMIN?action=rawsave&domain={name}");
    let text = format!(
        "$TTL 300\n@ SOA ns1 host 1 3600 600 86400 300\n@ NS ns1\nns1 A 192.0.2.1\nwww A 192.0.2.{number}\n"
    );
    let request = master_request("POST", &target, &basic(USER, PASSWORD), text.as_bytes());
    assert_eq!(sent(gateway, request).await.body, "error=0");
    let waited = get(gateway, &format!("/api/v1/zones/{name}/wait")).await;
    assert_eq!(waited["verified"], true, "{waited}");
}

/// The RCODE of an answer, and its last four octets: an address, where it ends in one.
fn resolve(server: SocketAddr, number: usize) -> (u8, [u8; 4]) {
    let mut query = vec![0, 7, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    for label in format!("www.{}", zone(number)).split('.') {
        query.push(u8::try_from(label.len()).unwrap());
        query.extend_from_slice(label.as_bytes());
    }
    query.extend_from_slice(&[0, 0, 1, 0, 1]);
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket
        .set_read_timeout(Some(Duration::from_secs(5)))
        .unwrap();
    socket.send_to(&query, server).unwrap();
    let mut answer = [0; 512];
    let length = socket.recv(&mut answer).unwrap();
    (answer[3] & 0xf, *answer[..length].last_chunk().unwrap())
}

/// Which servers serve a zone. Whoever does gives the right answer.
fn serving(servers: &[SocketAddr], number: usize) -> Vec<usize> {
    let serves = |index: &usize| match resolve(servers[*index], number) {
        (NOERROR, found) => {
            assert_eq!(found, address(number));
            true
        }
        (rcode, _) => {
            assert_eq!(rcode, REFUSED);
            false
        }
    };
    (0..servers.len()).filter(serves).collect()
}

/// The place of a group among the servers.
fn server_of(group: &Value) -> usize {
    let group = group.as_str().unwrap();
    BACKENDS.iter().position(|(_, own)| *own == group).unwrap()
}

/// Waits until no zone is on its way, and what left has been removed where it was.
async fn until_moved(gateway: &Gateway) {
    let began = Instant::now();
    loop {
        // In this order: what leaves is pending from the moment that nothing moves any more.
        let moving = plan(gateway).await["moving"].as_u64();
        let status = get(gateway, "/status").await;
        let backends = status["backends"].as_array().unwrap();
        let pending = backends.iter().any(|backend| backend["pending"] != 0);
        if moving == Some(0) && !pending {
            return;
        }
        assert!(began.elapsed() < Duration::from_secs(30), "{status}");
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn zones_land_where_they_belong_and_move_by_order_without_a_moment_of_wrong_answers() {
    let directory = TempDir::new().unwrap();
    let gateway = start(&directory, &["one", "two"]).await;
    for number in 0..ZONES {
        push(&gateway, number).await;
    }
    let servers = gateway.dns_addresses();
    assert_eq!(servers.len(), 2);
    let mut at = BTreeMap::new();
    for number in 0..ZONES {
        let found = get(
            &gateway,
            &format!("/api/v1/zones/{}/placement", zone(number)),
        )
        .await;
        let server = server_of(&found["groups"][0]);
        assert_eq!(serving(&servers, number), [server], "{found}");
        at.insert(number, server);
        let status = get(&gateway, &format!("/api/v1/zones/{}", zone(number))).await;
        assert_eq!(status["state"], "served", "{status}");
        let other = &status["backends"][1 - server];
        assert_eq!(other["state"], "not placed", "{status}");
    }
    assert!(at.values().any(|server| *server == 0) && at.values().any(|server| *server == 1));
    gateway.stop().await;

    // A new group moves nothing by itself.
    let gateway = start(&directory, &["one", "two", "three"]).await;
    let servers = gateway.dns_addresses();
    for (number, server) in &at {
        assert_eq!(serving(&servers, *number), [*server]);
    }
    let planned = plan(&gateway).await;
    let moves = planned["moves"].as_u64().unwrap();
    assert!(moves > 0 && moves < ZONES as u64 / 2, "{planned}");
    assert_eq!(planned["groups"][2]["zones"], 0, "{planned}");
    assert_eq!(planned["groups"][2]["zones_after"], moves, "{planned}");
    for one in planned["zones"].as_array().unwrap() {
        assert_eq!(one["to"], serde_json::json!(["three"]), "{one}");
        assert_eq!(one["why"], "group three ranks higher for it now");
    }

    // While they move, whoever asks where a zone was, and if it is gone there where it goes, gets an answer.
    let (stop, asked) = (
        Arc::new(AtomicBool::new(false)),
        Arc::new(AtomicUsize::new(0)),
    );
    let asking = {
        let (stop, asked, at, servers) = (stop.clone(), asked.clone(), at.clone(), servers.clone());
        tokio::task::spawn_blocking(move || {
            // Where something else fails, nobody says stop.
            let began = Instant::now();
            while !stop.load(Ordering::Relaxed) && began.elapsed() < Duration::from_secs(120) {
                for (number, server) in &at {
                    let (mut rcode, mut found) = resolve(servers[*server], *number);
                    if rcode == REFUSED {
                        (rcode, found) = resolve(servers[2], *number);
                    }
                    assert_eq!((rcode, found), (NOERROR, address(*number)), "zone {number}");
                    let other = resolve(servers[1 - server], *number).0;
                    assert_eq!(other, REFUSED, "zone {number} has never been there");
                }
                asked.fetch_add(1, Ordering::Relaxed);
            }
        })
    };
    let rounds = |least: usize| {
        let (asked, from) = (asked.clone(), asked.load(Ordering::Relaxed));
        let asking = &asking;
        async move {
            while asked.load(Ordering::Relaxed) < from + least {
                assert!(!asking.is_finished(), "whoever asks has stopped");
                tokio::task::yield_now().await;
            }
        }
    };
    rounds(2).await;
    assert_eq!(apply(&gateway).await, moves);
    until_moved(&gateway).await;
    rounds(2).await;
    stop.store(true, Ordering::Relaxed);
    asking.await.unwrap();

    let mut moved = 0;
    for (number, before) in &at {
        let now = serving(&servers, *number);
        moved += u64::from(now == [2]);
        assert!(now == [2] || now == [*before], "zone {number}: {now:?}");
    }
    assert_eq!(moved, moves);
    assert_eq!(apply(&gateway).await, 0, "an order is safe to repeat");
    // The check finds nothing to repair, and what was not placed somewhere is no drift there.
    let drift = get(&gateway, "/api/v1/drift").await;
    assert_eq!(drift, serde_json::json!([]));
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn zones_from_before_there_were_groups_stay_everywhere_until_they_are_ordered_to_move() {
    let directory = TempDir::new().unwrap();
    let gateway = start(&directory, &[]).await;
    for number in 0..8 {
        push(&gateway, number).await;
    }
    gateway.stop().await;
    let gateway = start(&directory, &["one", "two", "three"]).await;
    let servers = gateway.dns_addresses();
    for number in 0..8 {
        assert_eq!(serving(&servers, number), [0, 1, 2]);
    }
    let planned = plan(&gateway).await;
    assert_eq!(
        (&planned["everywhere"], &planned["moves"]),
        (&8.into(), &8.into())
    );
    assert_eq!(
        planned["zones"][0]["why"],
        "it was accepted before there were groups"
    );
    // It is stopped right after the order, which goes on where it was.
    assert_eq!(apply(&gateway).await, 8);
    gateway.stop().await;
    let gateway = start(&directory, &["one", "two", "three"]).await;
    until_moved(&gateway).await;
    let servers = gateway.dns_addresses();
    for number in 0..8 {
        assert_eq!(serving(&servers, number).len(), 1);
    }
    gateway.stop().await;
}
