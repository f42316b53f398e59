//! Wrong passwords, from one address and from many.

use std::net::SocketAddr;
use std::time::Instant;

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::attack::{connect, runtime};
use super::{Target, while_attacked};
use crate::alone;
use crate::support::gateway::USER;
use crate::support::http::{basic, master_request};

/// Guesses, one after the other, from the address of the attacker `n`; how many were answered, and how many of
/// them with something else than a refusal.
async fn guess(to: SocketAddr, first: usize, attackers: usize, until: Instant) -> (usize, usize) {
    let (mut refused, mut other) = (0, 0);
    for n in first.. {
        if Instant::now() >= until {
            break;
        }
        let login = basic(USER, &format!("guess{n}"));
        let target = "/CMD_API_DNS_ADMIN?action=rawsave&domain=good.example";
        let request = master_request("POST", target, &login, b"$TTL 1\n");
        let mut answer = Vec::new();
        let Ok(mut stream) = connect(n % attackers, to).await else {
            continue;
        };
        if stream.write_all(&request).await.is_err()
            || stream.read_to_end(&mut answer).await.is_err()
        {
            continue;
        }
        let status = answer.get(9..12).unwrap_or_default();
        match status {
            b"401" | b"429" => refused += 1,
            _ => other += 1,
        }
    }
    (refused, other)
}

#[test]
fn a_flood_of_wrong_passwords_gets_nowhere_and_slows_down_no_master() {
    let _alone = alone();
    let mut target = Target::start();
    let http = target.gateway.address;
    for (name, attackers) in [
        ("wrong passwords from one address", 1),
        ("wrong passwords from 10,000 addresses", 10_000),
    ] {
        let (refused, other) = target.during(name, || {
            let until = Instant::now() + while_attacked();
            runtime().block_on(async {
                let guessers =
                    (0..50).map(|n| tokio::spawn(guess(http, n * 1_000, attackers, until)));
                let mut sum = (0, 0);
                for guesser in guessers.collect::<Vec<_>>() {
                    let (refused, other) = guesser.await.unwrap();
                    sum = (sum.0 + refused, sum.1 + other);
                }
                sum
            })
        });
        println!("{name}: {refused} refused");
        assert!(refused > 100, "{refused}");
        assert_eq!(other, 0, "{name}");
    }
    let lines = target.gateway.log();
    // Told once of each address, and not for each guess.
    target
        .gateway
        .logs("too many wrong user names or passwords");
    let told = lines
        .lines()
        .filter(|line| line.contains("127.66.0.1 ") || line.ends_with("127.66.0.1"));
    assert!(told.count() < 10, "the log tells each guess");
}
