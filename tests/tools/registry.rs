//! Clients of Consul that register and discover: python-consul, consulate, and Consul's own library in Go. That of
//! Prometheus, which discovers, takes a minute to build: `just prometheus`.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use crate::client::{client, run};
use crate::needs;
use crate::support::builtin::Builtin;
use crate::support::find;
use crate::support::gateway::Gateway;
use crate::support::http::send;
use crate::support::process::Process;

struct World {
    registry: SocketAddr,
    #[expect(dead_code, reason = "it lives as long as the test")]
    gateway: Gateway,
}

impl World {
    fn start() -> Self {
        let builtin = Builtin::new();
        let keys = "records:\n  nameservers: [ns1.example.net]\nregistry:\n  enabled: true\n  \
                    listen: [\"127.0.0.1:0\"]\n  domain: svc.example\n";
        let mut gateway = Gateway::start_with(keys, &[builtin.backend("")]);
        let line = gateway.logs("The registry takes services at http://127");
        let rest = line.split("http://").nth(1).unwrap();
        let address = rest.split(' ').next().unwrap();
        Self {
            registry: address.parse().unwrap(),
            gateway,
        }
    }

    fn put(&self, target: &str, body: &str) {
        let length = body.len();
        let request = format!("PUT {target} HTTP/1.0\r\nContent-Length: {length}\r\n\r\n{body}");
        let answer = send(self.registry, request.as_bytes());
        assert_eq!(answer.status, 200, "{answer:?}");
    }
}

#[test]
fn python_consul_and_consulate_register_report_discover_and_deregister() {
    needs!("registry/bin/python");
    let world = World::start();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tools/python/registry.py");
    let (host, port) = (world.registry.ip(), world.registry.port());
    let printed = run(client("registry/bin/python")
        .arg(&script)
        .args([host.to_string(), port.to_string()]));
    assert!(printed.contains("find what they expect"), "{printed}");
}

#[test]
fn the_library_of_consul_registers_waits_for_health_and_deregisters() {
    needs!("go/consul");
    let world = World::start();
    let printed = run(client("go/consul").arg(world.registry.to_string()));
    assert!(printed.contains("finds what it expects"), "{printed}");
}

#[test]
#[ignore = "its build takes a minute: just prometheus"]
fn prometheus_finds_targets_and_sees_when_they_become_critical_and_leave() {
    needs!("go/prometheus-consul");
    let world = World::start();
    let service = |id: &str| {
        format!(
            r#"{{"ID": "{id}", "Name": "node", "Address": "192.0.2.1", "Port": 9100, "Tags": ["{id}"],
                "Check": {{"TTL": "1h", "Status": "passing"}}}}"#
        )
    };
    world.put("/v1/agent/service/register", &service("one"));
    let mut command = Command::new(find("go/prometheus-consul").unwrap());
    let mut found = Process::start("prometheus", command.arg(world.registry.to_string()));
    let health = |line: &str, id: &str| {
        let line: serde_json::Value = serde_json::from_str(line).unwrap_or_default();
        let targets = line["targets"].as_array().cloned().unwrap_or_default();
        let mut all = targets.iter();
        let one = all.find(|one| one["__meta_consul_service_id"] == id)?;
        Some(one["__meta_consul_health"].as_str()?.to_owned())
    };
    found.line("the first target", |line| {
        health(line, "one").as_deref() == Some("passing")
    });
    // By a read that waits, long before its time.
    world.put("/v1/agent/service/register", &service("two"));
    found.line("the second target", |line| health(line, "two").is_some());
    world.put("/v1/agent/check/fail/service:two", "");
    found.line("that it is critical", |line| {
        health(line, "two").as_deref() == Some("critical")
    });
    world.put("/v1/agent/service/deregister/one", "");
    found.line("that the first has left", |line| {
        health(line, "two").is_some() && health(line, "one").is_none()
    });
    // A service whose client says more of it than texts.
    let new = r#"{"server": "jarvis", "instance_id": 1, "port": 80, "metadata": {"list": [1, 2]}}"#;
    let length = new.len();
    let request = format!("POST /register HTTP/1.0\r\nContent-Length: {length}\r\n\r\n{new}");
    assert_eq!(send(world.registry, request.as_bytes()).status, 200);
    found.line("its metadata as text", |line| {
        line.contains(r#""__meta_consul_service_metadata_list":"[1,2]""#)
    });
}
