//! Zones larger than what etcd takes in one piece.

use std::fmt::Write;

use crate::alone;
use crate::needs;
use crate::support::dns::NameServer;
use crate::support::{eventually, zone_text};
use crate::world::{Plan, World};

/// A zone of so many addresses, about 70 octets of text each.
fn large(zone: &str, serial: u32, addresses: u32) -> String {
    let mut text = zone_text(zone, serial, "192.0.2.1");
    for number in 0..addresses {
        let [.., a, b, c] = number.to_be_bytes();
        let name = format!("a-name-that-takes-some-room-in-the-document-{number}");
        writeln!(text, "{name}\t14400\tIN\tA\t10.{a}.{b}.{c}").unwrap();
    }
    text
}

#[test]
fn a_zone_of_many_pieces_is_at_all_nodes_whole() {
    needs!("go", "dig");
    let _alone = alone();
    let world = World::start(&Plan::default());
    let zone = "large.example";
    let text = large(zone, 1, 90_000);
    println!("{} octets of text", text.len());
    assert_eq!(world.nodes[0].gateway.push(zone, &text), "error=0");
    for node in &world.nodes {
        eventually("the large zone is served", || {
            (node.builtin.serial(zone) == Some(1)).then_some(())
        });
    }
    let digests = || -> Vec<_> {
        let said = world
            .nodes
            .iter()
            .map(|node| node.gateway.until(zone, "served"));
        said.map(|said| said["backends"][0]["verified_digest"].clone())
            .collect()
    };
    let first = digests();
    assert!(
        first[0].is_string() && first.iter().all(|digest| *digest == first[0]),
        "{first:?}"
    );
    assert_eq!(
        world.nodes[2].gateway.push(zone, &large(zone, 2, 80_000)),
        "error=0"
    );
    for node in &world.nodes {
        eventually("the next revision is served", || {
            (node.builtin.serial(zone) == Some(2)).then_some(())
        });
    }
    let second = digests();
    assert!(
        second.iter().all(|digest| *digest == second[0]),
        "{second:?}"
    );
    assert_ne!(first[0], second[0]);
}
