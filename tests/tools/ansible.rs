//! Ansible's module `nsupdate`: it asks by updates that are nothing but prerequisites, and does no more than
//! its playbook needs.

use crate::client::{client, run};
use crate::needs;
use crate::world::Served::ByBuiltin;
use crate::world::{World, ZONE};

const PLAYBOOK: &str = "\
- hosts: localhost
  gather_facts: false
  module_defaults:
    community.general.nsupdate:
      server: HOST
      port: PORT
      zone: example.com
      key_name: NAME
      key_secret: SECRET
      key_algorithm: hmac-sha256
  tasks:
    - community.general.nsupdate: {record: app, type: A, ttl: 300, value: [192.0.2.10, 192.0.2.11]}
    - community.general.nsupdate: {record: example.com., type: NS, ttl: 300, value: [ns1.example.com., ns3.example.net.]}
    - community.general.nsupdate: {record: note, type: TXT, value: by ansible}
    - community.general.nsupdate: {record: ns2, type: A, state: absent}
";

#[test]
#[ignore = "its install takes half a gigabyte: just ansible"]
fn ansible_changes_what_its_playbook_says_once() {
    needs!("ansible/bin/ansible-playbook", "dig", "nsupdate");
    let world = World::new(ByBuiltin);
    let playbook = PLAYBOOK
        .replace("HOST", &world.updates.ip().to_string())
        .replace("PORT", &world.updates.port().to_string())
        .replace("NAME", &world.key.name)
        .replace("SECRET", &world.key.secret);
    let playbook = world.file("playbook.yml", &playbook);
    let play = || {
        run(client("ansible/bin/ansible-playbook")
            .args(["--inventory", "localhost,", "--connection", "local"])
            .args([
                "--extra-vars",
                "ansible_python_interpreter={{ansible_playbook_python}}",
            ])
            .arg(&playbook)
            .env("HOME", world.path("home"))
            .env("LC_ALL", "C.UTF-8"))
    };
    let printed = world.while_pushing(play);
    assert!(printed.contains("ok=4    changed=4"), "{printed}");
    let printed = world.while_pushing(play);
    assert!(printed.contains("ok=4    changed=0"), "{printed}");
    world.serves(&format!("app.{ZONE}"), "A", &["192.0.2.10", "192.0.2.11"]);
    world.serves(ZONE, "NS", &["ns1.example.com.", "ns3.example.net."]);
    world.serves(&format!("note.{ZONE}"), "TXT", &["\"by ansible\""]);
    world.serves(&format!("ns2.{ZONE}"), "A", &[]);
}
