//! The line protocol, byte for byte as its first clients send it and read the answer.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::http::basic;
use super::world::{PASSWORD, World};

const ON: &str = "  line_listen: [\"127.0.0.1:0\", \"127.0.0.1:0\"]\n  line_zones: [example.com]\n";

async fn send(address: SocketAddr, sent: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(sent).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

/// Has a zone made that the protocol may edit.
async fn zone(world: &World, name: &str) {
    let head = head();
    let body = json!({"zone": name, "rrsets": [
        {"name": "www", "type": "A", "ttl": 300, "records": ["192.0.2.80", "192.0.2.81"]},
    ]});
    let address = world.gateway.address();
    let made = world
        .raw_at(address, "POST", "/api/v1/zones", &head, &body.to_string())
        .await;
    assert_eq!(made.status, 201, "{made:?}");
}

fn head() -> String {
    let login = basic("anna", PASSWORD);
    format!("Authorization: {login}\r\nContent-Type: application/json\r\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn records_are_added_updated_asked_for_and_deleted_by_two_ports_onto_one_store() {
    let world = World::start(ON).await;
    zone(&world, "example.com").await;
    let [one, other] = world.gateway.line_addresses() else {
        panic!("two addresses");
    };
    for (at, sent, answer) in [
        (
            one,
            "ADD:host.example.com:A:192.0.2.1",
            "Record added: A record for host.example.com -> 192.0.2.1",
        ),
        (
            other,
            "host.example.com:A",
            "DNS Response: A record for host.example.com -> 192.0.2.1",
        ),
        (
            other,
            "UPDATE:host.example.com:A:192.0.2.2",
            "Record updated: A record for host.example.com -> 192.0.2.2",
        ),
        (
            one,
            "host.example.com:A",
            "DNS Response: A record for host.example.com -> 192.0.2.2",
        ),
        (
            one,
            "ADD:host.example.com:A:192.0.2.3",
            "Record added: A record for host.example.com -> 192.0.2.3",
        ),
        (
            one,
            "host.example.com:A",
            "DNS Response: A record for host.example.com -> 192.0.2.3",
        ),
        (
            one,
            "www.example.com:A",
            "DNS Response: A record for www.example.com -> 192.0.2.80, 192.0.2.81",
        ),
        (
            one,
            "ADD:six.example.com:AAAA:2001:db8::1;60",
            "Record added: AAAA record for six.example.com -> 2001:db8::1",
        ),
        (
            one,
            "ADD:text.example.com:TXT:v=spf1 -all",
            "Record added: TXT record for text.example.com -> v=spf1 -all",
        ),
        (
            one,
            "text.example.com:TXT",
            "DNS Response: TXT record for text.example.com -> v=spf1 -all",
        ),
        (
            one,
            "ADD:alias.example.com:CNAME:www.example.net",
            "Record added: CNAME record for alias.example.com -> www.example.net",
        ),
        (
            one,
            "DELETE:host.example.com:A",
            "Record deleted: A record for host.example.com",
        ),
        (
            one,
            "DELETE:host.example.com:A",
            "Record deleted: A record for host.example.com",
        ),
        (other, "host.example.com:A", "Record not found."),
        (
            one,
            "ADD:host.example.com",
            "[ERROR] Malformed ADD query. Use the format: ADD:<domain>:<record_type>:<value>",
        ),
        (
            one,
            "UPDATE:host.example.com:A",
            "[ERROR] Malformed UPDATE query. Use the format: UPDATE:<domain>:<record_type>:<value>",
        ),
        (
            one,
            "DELETE:host.example.com",
            "[ERROR] Malformed DELETE query. Use the format: DELETE:<domain>:<record_type>",
        ),
        (
            one,
            "add:host.example.com:A:192.0.2.1",
            "[ERROR] Malformed query. Use the format: <domain>:<record_type>",
        ),
    ] {
        assert_eq!(send(*at, sent.as_bytes()).await, answer, "{sent}");
    }
    world
        .until("six.example.com", "AAAA", &["2001:db8::1"])
        .await;
    world
        .until("alias.example.com", "CNAME", &["www.example.net"])
        .await;
    let listed = send(*one, b"LIST:six.example.com\n").await;
    assert_eq!(listed, "six.example.com. 60 IN AAAA 2001:db8::1");
    for refused in [
        "ADD:host.example.com:A:no address",
        "ADD:host.example.org:A:192.0.2.1",
        "ADD:alias.example.com:A:192.0.2.1",
    ] {
        let answer = send(*one, refused.as_bytes()).await;
        assert!(answer.starts_with("[ERROR] "), "{refused}: {answer}");
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_ends_at_a_line_feed_at_the_end_or_at_silence_and_has_64_kib() {
    let world = World::start(ON).await;
    zone(&world, "example.com").await;
    let address = world.gateway.line_addresses()[0];
    let expected = "DNS Response: A record for www.example.com -> 192.0.2.80, 192.0.2.81";
    assert_eq!(send(address, b"www.example.com:A\r\n").await, expected);
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(b"www.example.").await.unwrap();
    stream.write_all(b"com:A").await.unwrap();
    stream.shutdown().await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert_eq!(answer, expected);
    let long = [b"ADD:x.example.com:TXT:".to_vec(), vec![b'x'; 100_000]].concat();
    assert_eq!(
        send(address, &long).await,
        "[ERROR] a command has at most 65536 octets"
    );
    assert_eq!(
        send(address, b"\xff\xfe:A").await,
        "[ERROR] the command is not UTF-8"
    );
    // Who says nothing has no answer, and keeps nobody from stopping.
    let silent = TcpStream::connect(address).await.unwrap();
    let began = Instant::now();
    world.stop().await;
    assert!(began.elapsed() < Duration::from_secs(5));
    drop(silent);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_sent_before_a_command_and_limits_it_and_without_one_only_line_zones_are_there()
{
    let world = World::start(&format!("{ON}  line_add_replaces: false\n")).await;
    zone(&world, "example.com").await;
    zone(&world, "example.org").await;
    let grant = json!({"name": "line", "zones": ["example.org"], "actions": ["read", "edit"], "types": ["A"], "ttl_max": 600});
    let made = world
        .raw_at(
            world.gateway.address(),
            "POST",
            "/api/v1/tokens",
            &head(),
            &grant.to_string(),
        )
        .await;
    let made: Value = serde_json::from_str(&made.body).unwrap();
    let token = made["token"].as_str().unwrap();
    let address = world.gateway.line_addresses()[0];
    let with = async |token: &str, command: &str| {
        send(address, format!("AUTH:{token}\n{command}").as_bytes()).await
    };
    assert_eq!(
        send(address, b"www.example.org:A").await,
        "Record not found."
    );
    assert_eq!(
        with(token, "www.example.org:A").await,
        "DNS Response: A record for www.example.org -> 192.0.2.80, 192.0.2.81"
    );
    assert_eq!(
        with(token, "ADD:www.example.org:A:192.0.2.82;60").await,
        "Record added: A record for www.example.org -> 192.0.2.82"
    );
    let all = ["192.0.2.80", "192.0.2.81", "192.0.2.82"];
    world.until("www.example.org", "A", &all).await;
    for (token, command, why) in [
        (token, "ADD:www.example.org:A:192.0.2.83;3600", "TTL"),
        (token, "ADD:www.example.org:TXT:x;60", "TXT"),
        (token, "ADD:www.example.com:A:192.0.2.1;60", "no zone"),
        ("guessed", "www.example.org:A", "wrong token"),
        (token, "AUTH:again", "AUTH"),
    ] {
        let answer = with(token, command).await;
        assert!(
            answer.starts_with("[ERROR] ") && answer.contains(why),
            "{command}: {answer}"
        );
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_line_sends_a_command_and_shows_the_answer() {
    let world = World::start(ON).await;
    zone(&world, "example.com").await;
    let address = world.gateway.line_addresses()[0].to_string();
    let added = world
        .command(&["line", &address, "ADD:a.example.com:A:192.0.2.5"])
        .await;
    assert_eq!(
        added,
        "Record added: A record for a.example.com -> 192.0.2.5\n"
    );
    let asked = world.command(&["line", &address, "a.example.com:A"]).await;
    assert_eq!(
        asked,
        "DNS Response: A record for a.example.com -> 192.0.2.5\n"
    );
    world.until("a.example.com", "A", &["192.0.2.5"]).await;
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_off_by_default_and_needs_zones_or_a_token() {
    let world = World::start("").await;
    assert!(world.gateway.line_addresses().is_empty());
    let world = world.restart("  line_listen: [\"127.0.0.1:0\"]\n").await;
    let address = world.gateway.line_addresses()[0];
    let answer = send(address, b"svc.example:SOA").await;
    assert!(answer.contains("registry.line_zones"), "{answer}");
    world.stop().await;
}
