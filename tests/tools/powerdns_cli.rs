//! powerdns-cli, which is to the API what `pdnsutil` is to the database.

use crate::client::{client, run, try_run};
use crate::needs;
use crate::world::Served::ByBuiltin;
use crate::world::{World, ZONE};

const PROGRAM: &str = "powerdns-cli/bin/powerdns-cli";

impl World {
    fn cli(&self, arguments: &str) -> String {
        run(&mut self.cli_command(arguments))
    }

    fn cli_command(&self, arguments: &str) -> std::process::Command {
        let mut command = client(PROGRAM);
        command
            .args(arguments.split(' '))
            .args(["-a", &self.token, "-u", &self.url("")]);
        command
    }
}

#[test]
fn powerdns_cli_adds_and_deletes_records_that_outlive_pushes() {
    needs!("powerdns-cli/bin/powerdns-cli", "dig");
    let world = World::new(ByBuiltin);
    world.while_pushing(|| {
        world.cli(&format!("record add api {ZONE}. A 192.0.2.80"));
        world.cli(&format!("record add api {ZONE}. A 192.0.2.81"));
        world.serves(&format!("api.{ZONE}"), "A", &["192.0.2.80", "192.0.2.81"]);
        let shown = world.cli(&format!("record export {ZONE}. --name api --type A"));
        assert!(
            shown.contains("192.0.2.80") && shown.contains("192.0.2.81"),
            "{shown}"
        );
        // What is there already is no change, and no failure.
        world.cli(&format!("record add api {ZONE}. A 192.0.2.81"));
        world.cli(&format!("record delete api {ZONE}. A 192.0.2.80"));
        world.cli(&format!("record replace text {ZONE}. TXT \"quoted\""));
    });
    world.serves(&format!("api.{ZONE}"), "A", &["192.0.2.81"]);
    world.serves(&format!("text.{ZONE}"), "TXT", &["\"quoted\""]);
    world.cli(&format!("record delete api {ZONE}. A 192.0.2.81"));
    world.serves(&format!("api.{ZONE}"), "A", &[]);
    assert_eq!(world.rrset(&format!("api.{ZONE}."), "A"), [""; 0]);
}

#[test]
fn powerdns_cli_makes_finds_and_deletes_zones() {
    needs!("powerdns-cli/bin/powerdns-cli", "dig");
    let world = World::new(ByBuiltin);
    world.cli("zone add made.example. native");
    // What is there already is no failure for it.
    world.cli("zone add made.example. native");
    let listed = world.cli("zone list");
    assert!(
        listed.contains("\"made.example.\"") && listed.contains("\"example.com.\""),
        "{listed}"
    );
    world.cli("record add www made.example. A 192.0.2.3");
    world.serves("www.made.example", "A", &["192.0.2.3"]);
    let exported = world.cli("zone export made.example.");
    assert!(exported.contains("192.0.2.3"), "{exported}");
    let exported = world.cli("record export made.example. --bind");
    assert!(exported.contains("192.0.2.3"), "{exported}");
    let found = world.cli("zone search www* --max 10");
    assert!(found.contains("www.made.example."), "{found}");
    for arguments in [
        "zone notify made.example.",
        "zone rectify made.example.",
        "zone flush-cache made.example.",
        "config list",
        "config export",
        "config stats",
        "metadata export made.example.",
        "cryptokey list made.example.",
        "tsigkey list",
    ] {
        world.cli(arguments);
    }
    world.cli("zone delete made.example. --force");
    let listed = world.cli("zone list");
    assert!(!listed.contains("made.example."), "{listed}");
    let (succeeded, printed) = try_run(&mut world.cli_command("zone export made.example."));
    assert!(!succeeded, "{printed}");
}
