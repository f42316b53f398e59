//! The API of PowerDNS: beside a real one, and with the bodies of its clients.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

// Each test target uses a part of it.
#[allow(dead_code)]
#[path = "../support/mod.rs"]
mod support;

mod clients;
mod oracle;
mod rules;
mod scopes;

use std::net::SocketAddr;

use dadns::app::Gateway;
use dadns::config::Config;
use serde_json::{Value, json};
use support::http::{Answer, basic, master_request, send};
use tempfile::TempDir;

const PASSWORD: &str = "a-secret-of-tests";

/// Where the zones are.
const ZONES: &str = "/api/v1/servers/localhost/zones";

/// A gateway without backends, in this process.
struct World {
    gateway: Gateway,
    _directory: TempDir,
    login: String,
}

impl World {
    async fn start() -> Self {
        Self::start_with("").await
    }

    /// With further keys below `app`.
    async fn start_with(app: &str) -> Self {
        let directory = TempDir::new().unwrap();
        let file = directory.path().join("app.yml");
        let text = format!(
            "queue_location: {}\napp:\n  auth_password: {PASSWORD}\n  operators: [\"anna:{PASSWORD}\"]\n  \
             listen_host: 127.0.0.1\n  listen_port: 0\n{app}dns:\n  backends:\n    builtin:\n      \
             enabled: false\n",
            directory.path().join("queues").display()
        );
        std::fs::write(&file, text).unwrap();
        let loaded = Config::load::<&str>(Some(&file), std::iter::empty()).unwrap();
        Self {
            gateway: Gateway::start(&loaded.config).await.unwrap(),
            _directory: directory,
            login: format!("Authorization: {}\r\n", basic("anna", PASSWORD)),
        }
    }

    /// One request, with a body where there is one.
    async fn ask(&self, method: &str, target: &str, body: &str) -> Answer {
        self.ask_as(&self.login, method, target, body).await
    }

    async fn ask_as(&self, headers: &str, method: &str, target: &str, body: &str) -> Answer {
        ask(self.gateway.address(), headers, method, target, body).await
    }

    /// One zone.
    async fn zone(&self, zone: &str) -> Value {
        let answer = self.ask("GET", &format!("{ZONES}/{zone}"), "").await;
        assert_eq!(answer.status, 200, "{answer:?}");
        serde_json::from_str(&answer.body).unwrap()
    }

    /// Makes a zone with an address of its name server.
    async fn make(&self, zone: &str) {
        let answer = self.ask("POST", ZONES, &zone_body(zone).to_string()).await;
        assert_eq!(answer.status, 201, "{answer:?}");
    }

    /// Edits RRsets; the answer has to be this status.
    #[track_caller]
    fn patch(&self, zone: &str, sets: Value, status: u16) -> impl Future<Output = Answer> {
        let target = format!("{ZONES}/{zone}");
        let body = json!({"rrsets": sets}).to_string();
        let (address, login) = (self.gateway.address(), self.login.clone());
        async move {
            let answer = ask(address, &login, "PATCH", &target, &body).await;
            assert_eq!(answer.status, status, "{body}: {answer:?}");
            answer
        }
    }

    /// Pushes a zone as a master does.
    async fn push(&self, zone: &str, records: &str) {
        let text = format!(
            "$TTL 300\n@ SOA ns1 host 1 3600 600 86400 300\n@ NS ns1\nns1 A 192.0.2.1\n{records}"
        );
        let target = format!("/CMD_API_DNS_ADMIN?action=rawsave&domain={zone}");
        let login = basic("anna", PASSWORD);
        let request = master_request("POST", &target, &login, text.as_bytes());
        let address = self.gateway.address();
        let answer = tokio::task::spawn_blocking(move || send(address, &request));
        assert_eq!(answer.await.unwrap().body, "error=0");
    }
}

async fn ask(address: SocketAddr, headers: &str, method: &str, target: &str, body: &str) -> Answer {
    let request = format!(
        "{method} {target} HTTP/1.0\r\nHost: 127.0.0.1\r\n{headers}Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    tokio::task::spawn_blocking(move || send(address, request.as_bytes()))
        .await
        .unwrap()
}

fn zone_body(zone: &str) -> Value {
    json!({
        "name": format!("{zone}."), "kind": "Native", "nameservers": [format!("ns1.{zone}.")],
        "rrsets": [{"name": format!("ns1.{zone}."), "type": "A", "ttl": 300,
            "records": [{"content": "192.0.2.53", "disabled": false}]}],
    })
}

/// An RRset of a request.
fn set(changetype: &str, name: &str, rtype: &str, ttl: u32, records: &[&str]) -> Value {
    let records: Vec<_> = records
        .iter()
        .map(|content| json!({"content": content, "disabled": false}))
        .collect();
    json!({"changetype": changetype, "name": name, "type": rtype, "ttl": ttl, "records": records})
}

/// The contents of an RRset of a zone; empty: there is none.
fn contents(zone: &Value, name: &str, rtype: &str) -> Vec<String> {
    let sets = zone["rrsets"].as_array().unwrap();
    let set = sets
        .iter()
        .find(|set| set["name"] == name && set["type"] == rtype);
    let records = set.map(|set| set["records"].as_array().unwrap().clone());
    let content = |record: &Value| record["content"].as_str().unwrap().to_owned();
    records.unwrap_or_default().iter().map(content).collect()
}
