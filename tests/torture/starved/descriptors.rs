//! No more file descriptors.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use super::Starved;
use crate::alone;
use crate::clients::{ZONE, udp};
use crate::host::{left_out, open_files, run};
use crate::support::gateway::{PASSWORD, USER};
use crate::support::http::basic;
use crate::support::{eventually, test_name, zone_text};

/// Asks on a connection that stays; what is answered, up to `end`.
fn over(stream: &mut TcpStream, method: &str, target: &str, body: &str, end: &str) -> String {
    let login = basic(USER, PASSWORD);
    let request = format!(
        "{method} {target} HTTP/1.1\r\nHost: a\r\nAuthorization: {login}\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    let mut octets = [0; 4_096];
    while !answer.contains(end) {
        let len = stream.read(&mut octets).unwrap();
        assert!(len > 0, "{answer}");
        answer.push_str(&String::from_utf8_lossy(&octets[..len]));
    }
    answer
}

#[test]
fn without_file_descriptors_those_who_are_connected_are_served_and_all_others_when_there_are_some_again()
 {
    let _alone = alone();
    let mut starved = Starved::prepare();
    starved.run();
    let pid = starved.gateway.process().unwrap().id();
    let process = pid.to_string();
    let shown = ["--nofile", "--raw", "--noheadings", "-o", "SOFT"];
    let before = run("prlimit", &[&["--pid", &process], &shown[..]].concat());
    let Some(before) = before.ok().and_then(|soft| soft.parse::<usize>().ok()) else {
        return left_out(&test_name(), "there is no prlimit");
    };
    let limit = |files: usize| {
        let files = format!("--nofile={files}:");
        run("prlimit", &["--pid", &process, &files])
    };
    let mut connected = TcpStream::connect(starved.gateway.address).unwrap();
    connected
        .set_read_timeout(Some(Duration::from_secs(10)))
        .unwrap();
    over(&mut connected, "GET", "/health", "", "ok");
    limit(open_files(pid)).unwrap();
    // Files that others close meanwhile are taken too.
    let mut others = Vec::new();
    eventually("nobody else is let in", || {
        let mut other = TcpStream::connect(starved.gateway.address).unwrap();
        let patience = Some(Duration::from_millis(300));
        other.set_read_timeout(patience).unwrap();
        other
            .write_all(b"GET /health HTTP/1.1\r\nHost: a\r\n\r\n")
            .unwrap();
        let served = other.read(&mut [0; 64]).is_ok();
        others.push(other);
        (!served).then_some(())
    });
    let target = format!("/CMD_API_DNS_ADMIN?action=rawsave&domain={ZONE}");
    let text = zone_text(ZONE, 2, "192.0.2.8");
    let answer = over(&mut connected, "POST", &target, &text, "error=");
    assert!(answer.ends_with("error=0"), "{answer}");
    over(&mut connected, "GET", "/health", "", "ok");
    udp(starved.dns).unwrap();
    // Whoever asks the server by TCP is not let in either, and the log says why.
    let _waits = TcpStream::connect(starved.dns).unwrap();
    starved.gateway.logs("Too many open files");
    limit(before).unwrap();
    drop(others);
    starved.serial = 2;
    starved.recovers();
}
