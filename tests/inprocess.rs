//! The whole gateway as a library call: started in this process on free ports, pushed to over HTTP, asked
//! over DNS, stopped. The place to begin for a test of your own.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

// Other test targets use more of it.
#[allow(dead_code)]
#[path = "support/http.rs"]
mod http;

use std::net::{SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use dadns::app::Gateway;
use dadns::config::Config;
use http::{Answer, basic, master_request, send};
use tempfile::TempDir;

const USER: &str = "directdnsonly";
const PASSWORD: &str = "a-secret-of-tests";

/// Type A.
const A: u16 = 1;

/// A gateway with the built-in server, on free ports, in a directory that goes with it.
async fn start() -> (Gateway, TempDir) {
    let directory = TempDir::new().unwrap();
    let file = directory.path().join("app.yml");
    let text = format!(
        "queue_location: {}\napp:\n  auth_password: {PASSWORD}\n  listen_host: 127.0.0.1\n  \
         listen_port: 0\ndns:\n  backends:\n    builtin:\n      type: builtin\n      enabled: true\n      \
         listen: [\"127.0.0.1:0\"]\n",
        directory.path().join("queues").display()
    );
    std::fs::write(&file, text).unwrap();
    let loaded = Config::load::<&str>(Some(&file), std::iter::empty()).unwrap();
    (Gateway::start(&loaded.config).await.unwrap(), directory)
}

/// A request as a master sends it.
async fn ask(gateway: &Gateway, method: &str, target: &str, body: &str) -> Answer {
    let address = gateway.address();
    let request = master_request(method, target, &basic(USER, PASSWORD), body.as_bytes());
    tokio::task::spawn_blocking(move || send(address, &request))
        .await
        .unwrap()
}

/// Pushes a zone and waits until every backend has verified it.
async fn push(gateway: &Gateway, zone: &str, address: &str) {
    let target = format!("/CMD_API_DNS_ADMIN?action=rawsave&domain={zone}");
    let text = format!(
        "$TTL 300\n@ SOA ns1 host 1 3600 600 86400 300\n@ NS ns1\nns1 A 192.0.2.1\nwww A {address}\n"
    );
    let answer = ask(gateway, "POST", &target, &text).await;
    assert_eq!(answer.body, "error=0");
    let waited = ask(gateway, "GET", &format!("/api/v1/zones/{zone}/wait"), "").await;
    assert!(waited.body.contains("\"verified\":true"), "{waited:?}");
}

/// The RCODE of an answer, and its last four octets: an address, where it ends in one.
async fn resolve(server: SocketAddr, name: &str, qtype: u16) -> (u8, [u8; 4]) {
    let mut query = vec![0, 7, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    for label in name.split('.') {
        query.push(u8::try_from(label.len()).unwrap());
        query.extend_from_slice(label.as_bytes());
    }
    query.push(0);
    query.extend_from_slice(&qtype.to_be_bytes());
    query.extend_from_slice(&[0, 1]);
    let asked = tokio::task::spawn_blocking(move || {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket
            .set_read_timeout(Some(Duration::from_secs(5)))
            .unwrap();
        socket.send_to(&query, server).unwrap();
        let mut answer = [0; 512];
        let length = socket.recv(&mut answer).unwrap();
        answer[..length].to_vec()
    });
    let answer = asked.await.unwrap();
    (answer[3] & 0xf, *answer.last_chunk().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_zone_is_pushed_and_served_by_a_gateway_in_this_process_within_two_seconds() {
    let began = Instant::now();
    let (gateway, _directory) = start().await;
    let server = gateway.dns_addresses()[0];
    push(&gateway, "a.example", "192.0.2.7").await;
    assert_eq!(
        resolve(server, "www.a.example", A).await,
        (0, [192, 0, 2, 7])
    );
    gateway.stop().await;
    let took = began.elapsed();
    assert!(took < Duration::from_secs(2), "it took {took:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_gateways_in_one_process_do_not_know_of_each_other() {
    let ((one, _kept), (other, _too)) = (start().await, start().await);
    push(&one, "a.example", "192.0.2.1").await;
    push(&other, "b.example", "192.0.2.2").await;
    for (gateway, own, other) in [(&one, "a", "b"), (&other, "b", "a")] {
        let server = gateway.dns_addresses()[0];
        let (answered, _) = resolve(server, &format!("www.{own}.example"), A).await;
        let (refused, _) = resolve(server, &format!("www.{other}.example"), A).await;
        assert_eq!((answered, refused), (0, 5), "NOERROR and REFUSED");
    }
    one.stop().await;
    // The other goes on.
    push(&other, "c.example", "192.0.2.3").await;
    other.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_that_is_stopped_starts_again_with_what_it_accepted() {
    let (gateway, directory) = start().await;
    push(&gateway, "a.example", "192.0.2.9").await;
    gateway.stop().await;
    let file = directory.path().join("app.yml");
    let loaded = Config::load::<&str>(Some(&file), std::iter::empty()).unwrap();
    // The threads that served requests let go of the store a moment after the stop.
    let began = Instant::now();
    let gateway = loop {
        match Gateway::start(&loaded.config).await {
            Ok(gateway) => break gateway,
            Err(error) if error.to_string().contains("in use") => {
                assert!(began.elapsed() < Duration::from_secs(20), "{error}");
                tokio::task::yield_now().await;
            }
            Err(error) => panic!("{error}"),
        }
    };
    let server = gateway.dns_addresses()[0];
    assert_eq!(
        resolve(server, "www.a.example", A).await,
        (0, [192, 0, 2, 9])
    );
    gateway.stop().await;
}
