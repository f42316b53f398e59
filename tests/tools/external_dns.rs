//! external-dns, with a source that needs no cluster. It takes minutes to compile: `just external-dns`.

use std::process::Command;

use serde_json::{Value, json};

use crate::client::{client, run};
use crate::needs;
use crate::support::dns::free_port;
use crate::support::find;
use crate::support::process::Process;
use crate::world::Served::ByBuiltin;
use crate::world::{World, ZONE};

#[test]
#[ignore = "external-dns takes minutes to compile: just external-dns"]
fn external_dns_keeps_a_zone_by_the_api() {
    needs!("go/external-dns", "go/connector", "dig", "nsupdate");
    let world = World::new(ByBuiltin);
    let (host, port) = (world.api.ip(), world.api.port());
    keeps(
        &world,
        &[
            "--provider=pdns",
            &format!("--pdns-server=http://{host}:{port}"),
            &format!("--pdns-api-key={}", world.token),
        ],
    );
}

#[test]
#[ignore = "external-dns takes minutes to compile: just external-dns"]
fn external_dns_keeps_a_zone_by_dynamic_update() {
    needs!("go/external-dns", "go/connector", "dig", "nsupdate");
    let world = World::new(ByBuiltin);
    let (host, port) = (world.updates.ip(), world.updates.port());
    keeps(
        &world,
        &[
            "--provider=rfc2136",
            &format!("--rfc2136-host={host}"),
            &format!("--rfc2136-port={port}"),
            &format!("--rfc2136-zone={ZONE}"),
            &format!("--rfc2136-tsig-keyname={}", world.key.name),
            &format!("--rfc2136-tsig-secret={}", world.key.secret),
            &format!("--rfc2136-tsig-secret-alg={}", world.key.algorithm),
            "--rfc2136-tsig-axfr",
            "--rfc2136-min-ttl=60s",
        ],
    );
}

#[test]
#[ignore = "external-dns takes minutes to compile: just external-dns"]
fn external_dns_keeps_a_zone_by_the_webhook() {
    needs!("go/external-dns", "go/connector", "dig", "nsupdate");
    let registry = format!(
        "registry:\n  enabled: true\n  listen: [\"127.0.0.1:0\"]\n  webhook_zones: [{ZONE}]\n"
    );
    let mut world = World::with(&registry, ByBuiltin);
    let webhook = world.registry();
    keeps(
        &world,
        &[
            "--provider=webhook",
            &format!("--webhook-provider-url=http://{webhook}"),
        ],
    );
}

fn endpoint(name: &str, rtype: &str, targets: &[&str]) -> Value {
    json!({
        "DNSName": format!("{name}.{ZONE}"),
        "RecordType": rtype,
        "Targets": targets,
        "RecordTTL": 300,
    })
}

/// What external-dns is told to keep is served, pass by pass, and what it is told no more is gone.
fn keeps(world: &World, provider: &[&str]) {
    let address = free_port().to_string();
    let file = world.file("endpoints.json", "[]");
    let mut connector = Process::start(
        "connector",
        Command::new(find("go/connector").unwrap())
            .arg(&address)
            .arg(&file),
    );
    connector.line("where it listens", |line| line.contains("Listening on"));
    let pass = |endpoints: &[Value]| {
        world.file("endpoints.json", &Value::from(endpoints).to_string());
        run(client("go/external-dns")
            .args(provider)
            .arg("--source=connector")
            .arg(format!("--connector-source-server={address}"))
            .arg(format!("--domain-filter={ZONE}"))
            .arg(format!("--metrics-address={}", free_port()))
            .args([
                "--registry=txt",
                "--txt-owner-id=tests",
                "--policy=sync",
                "--once",
            ]))
    };
    let app = endpoint("app", "A", &["192.0.2.10", "192.0.2.11"]);
    let alias = endpoint("alias", "CNAME", &["www.example.net"]);
    let name = |name: &str| format!("{name}.{ZONE}");
    world.while_pushing(|| pass(&[app.clone(), alias.clone()]));
    world.serves(&name("app"), "A", &["192.0.2.10", "192.0.2.11"]);
    world.serves(&name("alias"), "CNAME", &["www.example.net."]);
    let again = world.while_pushing(|| pass(&[app, alias]));
    assert!(
        again.contains("All records are already up to date"),
        "{again}"
    );
    let moved = endpoint("app", "A", &["192.0.2.12"]);
    world.while_pushing(|| pass(&[moved]));
    world.serves(&name("app"), "A", &["192.0.2.12"]);
    world.serves(&name("alias"), "CNAME", &[]);
}
