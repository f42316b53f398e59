//! Bodies of 64 MB, and a zone of a million records: refused, in bounded memory.

use std::fmt::Write as _;
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use super::{Target, while_attacked};
use crate::alone;
use crate::host::{forget_peak, peak_mib};
use crate::support::gateway::{PASSWORD, USER};
use crate::support::http::{basic, master_request};
use crate::support::zone_text;

/// How many send at the same time.
const SENDERS: usize = 4;

/// Sends a body of `size` octets, in chunks or with its length; what is answered.
fn send(to: SocketAddr, login: &str, size: usize, chunked: bool) -> String {
    let mut stream = TcpStream::connect(to).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(30)))
        .unwrap();
    let length = match chunked {
        true => "Transfer-Encoding: chunked".to_owned(),
        false => format!("Content-Length: {size}"),
    };
    let head = format!(
        "POST /CMD_API_DNS_ADMIN?action=rawsave&domain=large.example HTTP/1.1\r\nHost: a\r\n\
         Connection: close\r\nAuthorization: {login}\r\n{length}\r\n\r\n"
    );
    let part = b"; nothing at all\n".repeat(4_096);
    // It may be cut off while it still sends.
    let mut sent = stream.write_all(head.as_bytes());
    for _ in 0..size / part.len() {
        sent = sent.and_then(|()| match chunked {
            true => stream
                .write_all(format!("{:x}\r\n", part.len()).as_bytes())
                .and_then(|()| stream.write_all(&part))
                .and_then(|()| stream.write_all(b"\r\n")),
            false => stream.write_all(&part),
        });
    }
    let _ = sent.and_then(|()| stream.shutdown(Shutdown::Write));
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

#[test]
fn bodies_of_64_mb_are_refused_and_take_little_memory() {
    let _alone = alone();
    let mut target = Target::start();
    let http = target.gateway.address;
    let right = basic(USER, PASSWORD);
    for (name, login, chunked) in [
        ("64 MB bodies", &right, false),
        ("64 MB bodies in chunks", &right, true),
        ("64 MB bodies without a login", &String::new(), true),
    ] {
        let until = Instant::now() + while_attacked() / 3;
        let answers = target.during(name, || {
            std::thread::scope(|scope| {
                let sends = || {
                    let mut answers = Vec::new();
                    while answers.is_empty() || Instant::now() < until {
                        answers.push(send(http, login, 64 << 20, chunked));
                    }
                    answers
                };
                let senders: Vec<_> = (0..SENDERS).map(|_| scope.spawn(sends)).collect();
                let answers = senders.into_iter().map(|sender| sender.join().unwrap());
                answers.flatten().collect::<Vec<_>>()
            })
        });
        println!("{name}: {} refused", answers.len());
        for answer in &answers {
            // Where the connection is reset before the answer is read, there is none.
            let refused = answer.is_empty()
                || answer.contains("HTTP/1.1 401")
                || answer.contains("larger+than+app.max_body_bytes");
            assert!(refused, "{name}: {answer}");
        }
        let peak = peak_mib(target.pid);
        assert!(peak < 400, "{name}: {peak} MiB");
    }
    // Whether or not those who send could read it, the operator can.
    target
        .gateway
        .logs("its body is larger than app.max_body_bytes");
}

/// Pushes a text that may be refused while it is still sent; what is answered.
fn push(to: SocketAddr, text: &str) -> String {
    let mut stream = TcpStream::connect(to).unwrap();
    let patience = Some(Duration::from_secs(60));
    stream.set_read_timeout(patience).unwrap();
    let target = "/CMD_API_DNS_ADMIN?action=rawsave&domain=million.example";
    let login = basic(USER, PASSWORD);
    let _ = stream.write_all(&master_request("POST", target, &login, text.as_bytes()));
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

/// A zone of so many records.
fn zone(records: usize) -> String {
    let mut text = zone_text("million.example", 1, "192.0.2.1");
    for n in 0..records {
        let [_, a, b, c] = u32::try_from(n).unwrap().to_be_bytes();
        writeln!(text, "h{n} A 10.{a}.{b}.{c}").unwrap();
    }
    text
}

#[test]
fn a_zone_of_a_million_records_is_refused_and_takes_little_memory() {
    let _alone = alone();
    let text = zone(1_000_000);
    let megabytes = text.len() >> 20;
    for (name, app, words) in [
        (
            "a zone of 1,000,000 records",
            "",
            "larger+than+app.max_body_bytes",
        ),
        (
            "a zone of 1,000,000 records, where its size is allowed",
            "  max_body_bytes: 100000000\n",
            "more+records+than+are+allowed",
        ),
    ] {
        let mut target = Target::start_with(app);
        let answer = target.during(name, || {
            forget_peak(target.pid);
            let pushed = push(target.gateway.address, &text);
            // What it takes beside the others.
            std::thread::sleep(while_attacked() / 2);
            pushed
        });
        // Where the connection is reset before the answer is read, there is none.
        assert!(answer.is_empty() || answer.contains(words), "{answer}");
        target.gateway.logs(&words.replace('+', " "));
        let peak = peak_mib(target.pid);
        println!("{name}: {megabytes} MB of text, {peak} MiB of memory at most");
        assert!(peak < 400, "{name}: {peak} MiB");
        let known = target
            .gateway
            .ask("GET", "/api/v1/zones/million.example", b"");
        assert_eq!(known.status, 404);
    }
}
