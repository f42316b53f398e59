//! 10,000 connections that do nothing, and floods of connections.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::attack::{connect, runtime};
use super::{Target, while_attacked};
use crate::alone;
use crate::host::{most_files, open_files};

/// So many connections, if the host lets both sides have them.
fn many() -> usize {
    10_000.min(most_files() / 2)
}

/// Opens connections from `attackers` addresses and keeps them; those that are closed are opened again.
async fn hold(to: SocketAddr, count: usize, attackers: usize, until: Instant) -> usize {
    let mut open: Vec<Option<TcpStream>> = Vec::new();
    let mut opened = 0;
    for n in 0..count {
        open.push(connect(n % attackers, to).await.ok());
        opened += usize::from(open[n].is_some());
    }
    let mut n = 0;
    while Instant::now() < until {
        n = (n + 1) % count;
        let mut octet = [0];
        let closed = match &open[n] {
            None => true,
            Some(stream) => matches!(stream.try_read(&mut octet), Ok(0)),
        };
        if closed {
            open[n] = connect(n % attackers, to).await.ok();
            opened += usize::from(open[n].is_some());
        }
        tokio::task::yield_now().await;
    }
    opened
}

#[test]
fn ten_thousand_idle_connections_to_http_keep_nobody_out() {
    let _alone = alone();
    let target = Target::start();
    let opened = target.during("10,000 idle HTTP connections", || {
        let until = Instant::now() + while_attacked();
        runtime().block_on(hold(target.gateway.address, many(), 200, until))
    });
    assert!(opened >= many(), "{opened}");
    println!(
        "{opened} connections opened; {} files open",
        open_files(target.pid)
    );
}

#[test]
fn ten_thousand_idle_connections_to_dns_keep_nobody_out() {
    let _alone = alone();
    let target = Target::start();
    let opened = target.during("10,000 idle DNS connections of 10,000 addresses", || {
        let until = Instant::now() + while_attacked();
        runtime().block_on(hold(target.dns, many(), many(), until))
    });
    assert!(opened >= many(), "{opened}");
    println!(
        "{opened} connections opened; {} files open",
        open_files(target.pid)
    );
}

/// Connects, sends something or nothing, and goes, again and again.
async fn flood(to: SocketAddr, until: Instant) -> usize {
    let mut opened = 0;
    while Instant::now() < until {
        for n in 0..100 {
            let Ok(mut stream) = connect(n, to).await else {
                continue;
            };
            opened += 1;
            match n % 3 {
                // Reset, with what was sent unread.
                0 => drop(stream.write_all(b"\0\x20nonsense").await),
                1 => drop(stream.write_all(&[0xff; 64]).await),
                _ => {}
            }
        }
    }
    opened
}

#[test]
fn a_flood_of_connections_keeps_nobody_out() {
    let _alone = alone();
    let target = Target::start();
    for (name, to) in [
        ("a flood of HTTP connections", target.gateway.address),
        ("a flood of DNS connections", target.dns),
    ] {
        let opened = target.during(name, || {
            let until = Instant::now() + while_attacked();
            runtime().block_on(flood(to, until))
        });
        assert!(opened > 100, "{opened}");
        println!("{opened} connections opened");
    }
}

#[test]
fn an_idle_connection_to_http_is_closed() {
    let _alone = alone();
    let target = Target::start();
    runtime().block_on(async {
        let mut stream = connect(0, target.gateway.address).await.unwrap();
        let mut answer = Vec::new();
        let closed = stream.read_to_end(&mut answer);
        let closed = tokio::time::timeout(Duration::from_secs(20), closed).await;
        closed.expect("it is closed within 20 s").unwrap();
    });
}
