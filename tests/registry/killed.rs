//! Clients register and deregister while the gateway is killed again and again: what was acknowledged is so.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::RwLock;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use serde_json::{Value, json};

use super::support::builtin::Builtin;
use super::support::eventually;
use super::support::gateway::Gateway;
use super::support::http::{send, try_send};

const CLIENTS: usize = 4;

/// How often it is killed.
const KILLS: usize = 4;

/// How many answers each client has before the next kill, at least.
const ANSWERS: usize = 40;

/// A gateway in a process of its own.
pub struct Registry {
    pub gateway: Gateway,
    pub dns: SocketAddr,
}

impl Registry {
    /// With more keys of `registry`, each on a line with two blanks before it.
    pub fn prepare(more: &str) -> Self {
        let builtin = Builtin::new();
        let keys = format!(
            "records:\n  nameservers: [ns1.example.net]\nregistry:\n  enabled: true\n  \
             listen: [\"127.0.0.1:0\"]\n  domain: svc.example\n{more}"
        );
        let gateway = Gateway::prepare(&keys, &[builtin.backend("")]);
        let dns = builtin.dns;
        Self { gateway, dns }
    }

    pub fn start(more: &str) -> Self {
        let mut registry = Self::prepare(more);
        registry.gateway.run();
        registry
    }

    /// Where it takes services, now.
    pub fn address(&mut self) -> SocketAddr {
        let line = self
            .gateway
            .logs("The registry takes services at http://127");
        let rest = line.split("http://").nth(1).unwrap();
        rest.split(' ').next().unwrap().parse().unwrap()
    }

    /// The instances of a service.
    pub fn service(&mut self, name: &str) -> Vec<Value> {
        let request = request("GET", &format!("/services/{name}"), "");
        let answer = send(self.address(), &request);
        let service: Value = serde_json::from_str(&answer.body).unwrap();
        service["instances"].as_array().cloned().unwrap_or_default()
    }
}

pub fn request(method: &str, target: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    let request = format!("{method} {target} HTTP/1.0\r\nContent-Length: {length}\r\n\r\n{body}");
    request.into_bytes()
}

/// What a client knows of its instances.
#[derive(Default)]
struct Known {
    present: BTreeSet<usize>,
    gone: BTreeSet<usize>,
}

fn register(service: &str, id: usize) -> String {
    json!({"server": service, "instance_id": id, "port": 80, "host": "192.0.2.1"}).to_string()
}

/// Registers one after the other, and removes every third of them again.
fn client(
    service: &str,
    at: &RwLock<SocketAddr>,
    answers: &AtomicUsize,
    end: &AtomicBool,
) -> Known {
    let mut known = Known::default();
    let ask = |path: &str, body: &str| {
        let answer = try_send(*at.read().unwrap(), &request("POST", path, body));
        let done = answer.map(|answer| answer.status == 200);
        answers.fetch_add(usize::from(done.is_some()), Ordering::SeqCst);
        done
    };
    for id in 0.. {
        if end.load(Ordering::SeqCst) {
            break;
        }
        if ask("/register", &register(service, id)) == Some(true) {
            known.present.insert(id);
        }
        let old = id / 2;
        if id % 3 == 0 && known.present.remove(&old) {
            let body = json!({"server": service, "instance_id": old}).to_string();
            // Without an answer nobody knows.
            if ask("/deregister", &body) == Some(true) {
                known.gone.insert(old);
            }
        }
    }
    known
}

#[test]
fn no_registration_that_was_acknowledged_is_lost_by_kills_and_nobody_who_left_is_back() {
    let mut registry = Registry::start("  lease_seconds: 3600\n  instances_per_client: 100000\n");
    let at = RwLock::new(registry.address());
    let answers: Vec<_> = (0..CLIENTS).map(|_| AtomicUsize::new(0)).collect();
    let end = AtomicBool::new(false);
    let known: Vec<Known> = std::thread::scope(|scope| {
        let (at, end) = (&at, &end);
        let all: Vec<_> = answers
            .iter()
            .enumerate()
            .map(|(number, answers)| {
                scope.spawn(move || client(&format!("s{number}"), at, answers, end))
            })
            .collect();
        for kill in 1..=KILLS {
            // Killed while all of them wait for answers.
            eventually("every client has been answered", || {
                let enough = |count: &AtomicUsize| count.load(Ordering::SeqCst) >= kill * ANSWERS;
                answers.iter().all(enough).then_some(())
            });
            registry.gateway.kill();
            registry.gateway.run();
            *at.write().unwrap() = registry.address();
        }
        end.store(true, Ordering::SeqCst);
        all.into_iter()
            .map(|client| client.join().unwrap())
            .collect()
    });
    registry.gateway.kill();
    registry.gateway.run();
    for (number, known) in known.iter().enumerate() {
        let found = registry.service(&format!("s{number}"));
        let ids = found.iter().map(|one| one["id"].as_str().unwrap());
        let ids: BTreeSet<usize> = ids.map(|id| id.parse().unwrap()).collect();
        let lost: Vec<_> = known.present.difference(&ids).collect();
        assert!(lost.is_empty(), "s{number} lost {lost:?}");
        let back: Vec<_> = known.gone.intersection(&ids).collect();
        assert!(back.is_empty(), "of s{number} {back:?} are back");
        assert!(!known.present.is_empty() && !known.gone.is_empty());
        // No lease ended by the kill.
        assert!(found.iter().all(|one| one["status"] == "passing"));
    }
}

#[test]
fn after_a_kill_each_lease_has_its_full_time_and_what_then_ends_at_once_stays_published() {
    let mut registry = Registry::start("  lease_seconds: 2\n");
    let address = registry.address();
    for id in 0..3 {
        let answer = send(
            address,
            &request("POST", "/register", &register("oauth", id)),
        );
        assert_eq!(answer.status, 200, "{answer:?}");
    }
    registry.gateway.kill();
    registry.gateway.run();
    let found = registry.service("oauth");
    assert_eq!(found.len(), 3);
    assert!(
        found.iter().all(|one| one["status"] == "passing"),
        "{found:?}"
    );
    // Nobody sends heartbeats any more.
    let ended = eventually("all leases have ended", || {
        let found = registry.service("oauth");
        let all = found.iter().all(|one| one["status"] == "critical");
        all.then_some(found)
    });
    assert!(
        ended.iter().all(|one| one["published"] == true),
        "{ended:?}"
    );
    registry.gateway.logs("most of service oauth");
}
