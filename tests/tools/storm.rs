//! Many clients edit one zone while its master pushes it and the gateway is killed again and again: every edit
//! that was acknowledged is there.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::RwLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::builtin::Builtin;
use crate::support::gateway::{Gateway, PASSWORD, USER};
use crate::support::http::{api_request, basic, master_request, send, try_send};
use crate::support::zone_text;
use crate::world::{ZONE, token};

const CLIENTS: usize = 50;

/// How many records of the RRset of all a client has at a time.
const AT_ONCE: usize = 6;

#[test]
fn fifty_clients_that_edit_one_zone_at_once_lose_no_record() {
    storm(Duration::from_secs(5), false);
}

#[test]
fn every_edit_that_was_acknowledged_is_there_after_pushes_and_kills() {
    let seconds = std::env::var("DADNS_TEST_STORM_SECONDS").ok();
    let seconds = seconds.map_or(8, |seconds| seconds.parse().unwrap());
    storm(Duration::from_secs(seconds), true);
}

/// What one client knows of its records.
#[derive(Debug, Default)]
struct Known {
    /// Acknowledged, and not removed since.
    present: BTreeSet<String>,
    /// Their removal was acknowledged.
    removed: BTreeSet<String>,
    /// What the RRset of its own may be: the one acknowledged last, and those without an answer since.
    own: Vec<String>,
    acknowledged: usize,
}

fn storm(duration: Duration, kills: bool) {
    let builtin = Builtin::new();
    let mut gateway = Gateway::start(&[builtin.backend("")]);
    assert_eq!(push(gateway.address, 0), Some(true));
    let token = token(
        &gateway,
        "storm",
        &["--zones", "*", "--actions", "read,edit"],
    );
    let address = RwLock::new(gateway.address);
    let done = AtomicBool::new(false);
    let start = Instant::now();
    let (clients, pushed, killed) = std::thread::scope(|scope| {
        let (address, done, token) = (&address, &done, token.as_str());
        let clients: Vec<_> = (0..CLIENTS)
            .map(|client| scope.spawn(move || edit(client, address, token, done)))
            .collect();
        let pushes = scope.spawn(move || push_on(address, done));
        let mut killed = 0;
        while start.elapsed() < duration {
            // Of the storm itself: nothing is waited for.
            std::thread::sleep(Duration::from_millis(fastrand::u64(200..1_200)));
            if kills {
                gateway.kill();
                gateway.run();
                *address.write().unwrap() = gateway.address;
                killed += 1;
            }
        }
        done.store(true, Ordering::SeqCst);
        let clients: Vec<_> = clients
            .into_iter()
            .map(|client| client.join().unwrap())
            .collect();
        (clients, pushes.join().unwrap(), killed)
    });
    // What is there now has to be on the disk too.
    gateway.kill();
    gateway.run();
    let waited = gateway.get(&format!("/api/v1/zones/{ZONE}/wait"));
    assert!(waited.contains("\"verified\":true"), "{waited}");
    let target = format!("/api/v1/servers/localhost/zones/{ZONE}.");
    let answer = send(gateway.address, &api_request("GET", &target, &token, ""));
    assert_eq!(answer.status, 200, "{answer:?}");
    let zone: Value = serde_json::from_str(&answer.body).unwrap();
    let many = contents(&zone, "many");
    for (client, known) in clients.iter().enumerate() {
        let lost: Vec<_> = known.present.difference(&many).collect();
        assert!(lost.is_empty(), "client {client} lost {lost:?}");
        let back: Vec<_> = known.removed.intersection(&many).collect();
        assert!(
            back.is_empty(),
            "client {client} removed {back:?}, which are there"
        );
        let own = contents(&zone, &format!("c{client}"));
        let own = own.first().cloned().unwrap_or_default();
        assert!(
            known.own.contains(&own),
            "client {client} set {:?}, and found {own:?}",
            known.own
        );
    }
    let www = contents(&zone, "www");
    assert!(
        pushed
            .iter()
            .any(|push| www.contains(&pushed_address(*push))),
        "www is {www:?} after the pushes {pushed:?}"
    );
    let acknowledged: usize = clients.iter().map(|known| known.acknowledged).sum();
    assert!(
        acknowledged >= CLIENTS,
        "only {acknowledged} edits were made"
    );
    println!(
        "{acknowledged} edits by {CLIENTS} clients and {} pushes in {:?}, with {killed} times kill -9: none is lost",
        pushed.first().unwrap(),
        start.elapsed()
    );
}

/// One client: it adds records to the RRset of all, removes them, and replaces the RRset of its own.
fn edit(client: usize, address: &RwLock<SocketAddr>, token: &str, done: &AtomicBool) -> Known {
    let mut known = Known {
        // There is none yet.
        own: vec![String::new()],
        ..Known::default()
    };
    let mut count = 0_usize;
    while !done.load(Ordering::SeqCst) {
        count += 1;
        let patch = |name: &str, changetype: &str, content: &str| {
            let body = json!({"rrsets": [{
                "name": format!("{name}.{ZONE}."), "type": "TXT", "ttl": 300, "changetype": changetype,
                "records": [{"content": content, "disabled": false}],
            }]});
            let target = format!("/api/v1/servers/localhost/zones/{ZONE}.");
            let request = api_request("PATCH", &target, token, &body.to_string());
            let to = *address.read().unwrap();
            let answer = try_send(to, &request)?;
            assert_eq!(answer.status, 204, "{answer:?}");
            Some(())
        };
        let content = format!("\"{client} {count}\"");
        let answered = match count % 3 {
            0 => {
                let answered = patch(&format!("c{client}"), "REPLACE", &content);
                if answered.is_some() {
                    known.own.clear();
                }
                known.own.push(content);
                answered
            }
            _ if known.present.len() >= AT_ONCE => {
                let oldest = known.present.pop_first().unwrap();
                let answered = patch("many", "PRUNE", &oldest);
                if answered.is_some() {
                    known.removed.insert(oldest);
                }
                answered
            }
            _ => {
                let answered = patch("many", "EXTEND", &content);
                if answered.is_some() {
                    known.present.insert(content);
                }
                answered
            }
        };
        known.acknowledged += usize::from(answered.is_some());
        if answered.is_none() {
            std::thread::yield_now();
        }
    }
    known
}

/// Pushes until it is done: the number of the push acknowledged last, and of those without an answer since.
fn push_on(address: &RwLock<SocketAddr>, done: &AtomicBool) -> Vec<usize> {
    let mut known = vec![0];
    let mut count = 0;
    while !done.load(Ordering::SeqCst) {
        count += 1;
        let to = *address.read().unwrap();
        match push(to, count) {
            Some(accepted) => {
                assert!(accepted);
                known = vec![count];
            }
            None => known.push(count),
        }
    }
    known
}

/// One push: whether it was accepted, or `None` without an answer.
fn push(address: SocketAddr, count: usize) -> Option<bool> {
    let target =
        format!("/CMD_API_DNS_ADMIN?action=rawsave&domain={ZONE}&hostname=da1.example.net");
    let text = zone_text(ZONE, 1, &pushed_address(count));
    let request = master_request("POST", &target, &basic(USER, PASSWORD), text.as_bytes());
    Some(try_send(address, &request)?.body == "error=0")
}

fn pushed_address(push: usize) -> String {
    format!("10.{}.{}.{}", push >> 16 & 255, push >> 8 & 255, push & 255)
}

/// What a name of the zone has of records, whatever their type.
fn contents(zone: &Value, name: &str) -> BTreeSet<String> {
    let name = format!("{name}.{ZONE}.");
    let sets = zone["rrsets"].as_array().unwrap().iter();
    sets.filter(|set| set["name"] == name.as_str())
        .flat_map(|set| set["records"].as_array().unwrap())
        .map(|record| record["content"].as_str().unwrap().to_owned())
        .collect()
}
