//! octoDNS: what it has written once it finds again, also after pushes.

use std::path::PathBuf;

use crate::client::{client, run};
use crate::needs;
use crate::support::zone_text;
use crate::world::Served::ByBuiltin;
use crate::world::{World, ZONE};

/// The zone as its files have it: what the master pushes, with another address of `www`, and more.
const RECORDS: &str = "\
'':
  - type: NS
    ttl: 14400
    values: [ns1.example.com., ns2.example.com.]
  - type: MX
    ttl: 600
    values: [{preference: 10, exchange: mail.example.com.}]
  - type: CAA
    ttl: 600
    values: [{flags: 0, tag: issue, value: ca.example}]
ns1: {type: A, ttl: 14400, value: 192.0.2.1}
ns2: {type: A, ttl: 14400, value: 192.0.2.2}
mail: {type: AAAA, ttl: 600, values: ['2001:db8::25', '2001:db8::26']}
_dmarc: {type: TXT, ttl: 600, value: v=DMARC1\\; p=none}
_sip._tcp: {type: SRV, ttl: 600, values: [{priority: 1, weight: 2, port: 5060, target: mail.example.com.}]}
www: {type: A, ttl: 600, value: 198.51.100.80}
";

#[test]
fn octodns_finds_nothing_to_change_after_a_sync_by_the_api_and_pushes() {
    needs!("octodns/bin/octodns-sync", "dig");
    let world = World::new(ByBuiltin);
    let provider = format!(
        "    class: octodns_powerdns.PowerDnsProvider\n    host: {}\n    port: {}\n    api_key: {}\n",
        world.api.ip(),
        world.api.port(),
        world.token
    );
    syncs(&world, &provider);
}

#[test]
fn octodns_finds_nothing_to_change_after_a_sync_by_dynamic_update_and_pushes() {
    needs!("octodns/bin/octodns-sync", "dig");
    let world = World::new(ByBuiltin);
    let provider = format!(
        "    class: octodns_bind.Rfc2136Provider\n    host: {}\n    port: {}\n    key_name: {}\n    \
         key_secret: {}\n    key_algorithm: {}\n",
        world.updates.ip(),
        world.updates.port(),
        world.key.name,
        world.key.secret,
        world.key.algorithm
    );
    syncs(&world, &provider);
}

fn syncs(world: &World, provider: &str) {
    world.file(&format!("zones/{ZONE}.yaml"), RECORDS);
    let config = world.file(
        "octodns.yaml",
        &format!(
            "providers:\n  files:\n    class: octodns.provider.yaml.YamlProvider\n    directory: {}\n    \
             enforce_order: false\n  gateway:\n{provider}zones:\n  {ZONE}.:\n    sources: [files]\n    \
             targets: [gateway]\n",
            world.path("zones").display()
        ),
    );
    let printed = sync(&config);
    assert!(!printed.contains("No changes"), "{printed}");
    served(world);
    let printed = sync(&config);
    assert!(printed.contains("No changes were planned"), "{printed}");
    if !world.is_pushed() {
        return;
    }
    // The master does not know what octoDNS has changed.
    world.push(&zone_text(ZONE, 7, "192.0.2.7"));
    served(world);
    let printed = sync(&config);
    assert!(printed.contains("No changes were planned"), "{printed}");
    // A record that the master has added is all that is planned.
    world.push(&(zone_text(ZONE, 8, "192.0.2.8") + "new\t14400\tIN\tA\t192.0.2.9\n"));
    world.serves(&format!("new.{ZONE}"), "A", &["192.0.2.9"]);
    let printed = sync(&config);
    assert!(
        printed.contains("Creates=0, Updates=0, Deletes=1"),
        "{printed}"
    );
    world.serves(&format!("new.{ZONE}"), "A", &[]);
    served(world);
}

fn sync(config: &PathBuf) -> String {
    run(client("octodns/bin/octodns-sync")
        .arg("--config-file")
        .arg(config)
        // It changes a third of the zone or more, which it takes for an accident.
        .args(["--doit", "--force"]))
}

/// What octoDNS has written is what DNS answers.
fn served(world: &World) {
    world.serves(&format!("www.{ZONE}"), "A", &["198.51.100.80"]);
    world.serves(ZONE, "MX", &["10 mail.example.com."]);
    world.serves(ZONE, "CAA", &["0 issue \"ca.example\""]);
    world.serves(
        &format!("mail.{ZONE}"),
        "AAAA",
        &["2001:db8::25", "2001:db8::26"],
    );
    world.serves(&format!("_dmarc.{ZONE}"), "TXT", &["\"v=DMARC1; p=none\""]);
}
