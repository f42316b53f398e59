//! Clients that send an octet now and then, so that their connections last: slow-loris.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio::io::AsyncWriteExt;

use super::attack::{connect, runtime};
use super::{Target, while_attacked};
use crate::support::gateway::{PASSWORD, USER};
use crate::support::http::basic;
use crate::{alone, amount};

/// The pause between two octets.
const PAUSE: Duration = Duration::from_millis(200);

/// Sends `begin`, then an octet of `rest` after the other, until the time is over or nobody takes them; how
/// long that was.
async fn slowly(n: usize, to: SocketAddr, begin: String, rest: &[u8], until: Instant) -> Duration {
    let began = Instant::now();
    let Ok(mut stream) = connect(n % 200, to).await else {
        return Duration::ZERO;
    };
    let mut sent = stream.write_all(begin.as_bytes()).await;
    for octet in rest.iter().cycle() {
        if sent.is_err() || Instant::now() >= until {
            break;
        }
        tokio::time::sleep(PAUSE).await;
        sent = stream.write_all(&[*octet]).await;
    }
    began.elapsed()
}

/// Has so many clients send slowly; the longest that one of them was listened to.
fn attack(to: SocketAddr, begin: &str, rest: &'static [u8], until: Instant) -> Duration {
    let clients = usize::try_from(amount(500, 5_000))
        .unwrap()
        .clamp(500, 5_000);
    runtime().block_on(async {
        let slow = (0..clients).map(|n| tokio::spawn(slowly(n, to, begin.to_owned(), rest, until)));
        let mut longest = Duration::ZERO;
        for slow in slow.collect::<Vec<_>>() {
            longest = longest.max(slow.await.unwrap());
        }
        longest
    })
}

#[test]
fn clients_that_send_slowly_keep_nobody_waiting_and_are_not_listened_to_for_ever() {
    let _alone = alone();
    let target = Target::start();
    let http = target.gateway.address;
    // Past the time that a head may take, if that is not too long for now.
    let until = || Instant::now() + while_attacked();
    let head = "POST /CMD_API_DNS_ADMIN HTTP/1.1\r\nHost: a\r\nX-Slow: ";
    let longest = target.during("slow heads", || attack(http, head, b"a", until()));
    println!("slow heads: listened to for at most {longest:.1?}");
    assert!(longest < Duration::from_secs(15), "{longest:?}");
    // With a login, a body may take a minute.
    let login = basic(USER, PASSWORD);
    let body = format!(
        "POST /CMD_API_DNS_ADMIN?action=rawsave&domain=slow.example HTTP/1.1\r\nHost: a\r\n\
         Authorization: {login}\r\nContent-Length: 1000000\r\n\r\n"
    );
    let longest = target.during("slow bodies with a login", || {
        attack(http, &body, b"; a\n", until())
    });
    println!("slow bodies: listened to for at most {longest:.1?}");
    let without = body.replace("Authorization", "X-Other");
    let longest = target.during("slow bodies without a login", || {
        attack(http, &without, b"; a\n", until())
    });
    println!("slow bodies without a login: listened to for at most {longest:.1?}");
    assert!(longest < Duration::from_secs(15), "{longest:?}");
}
