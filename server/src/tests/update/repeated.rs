//! The same request once more: answered, not made again; and updates over real sockets.

use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::net::UdpSocket;
use tokio::sync::Notify;
use tokio::time::timeout;

use super::*;

/// A server that counts the updates that it makes; each ends when it is let.
struct Counting {
    server: Server,
    made: Arc<AtomicUsize>,
    let_end: Arc<Notify>,
}

fn counting(
    server: Server,
    updated: impl Fn(usize) -> Updated + Send + Sync + 'static,
) -> Counting {
    let made = Arc::<AtomicUsize>::default();
    let let_end = Arc::<Notify>::default();
    let (counter, gate) = (Arc::clone(&made), Arc::clone(&let_end));
    server.update_by(Arc::new(move |_| {
        let updated = updated(counter.fetch_add(1, Ordering::SeqCst));
        let gate = Arc::clone(&gate);
        Box::pin(async move {
            gate.notified().await;
            updated
        })
    }));
    Counting {
        server,
        made,
        let_end,
    }
}

fn request() -> Vec<u8> {
    signed(message(&[], &["IN 60 new A 192.0.2.7"]))
}

#[tokio::test]
async fn a_request_that_comes_again_is_answered_again_and_made_once() {
    let counting = counting(server(), |_| Code::YxRrset.into());
    let request = request();
    let (one, other) = {
        let (one, other) = (request.clone(), request.clone());
        let (first, second) = (counting.server.clone(), counting.server.clone());
        (
            tokio::spawn(async move { first.updated(&one, CLIENT).await }),
            // While the first one is still being made.
            tokio::spawn(async move { second.updated(&other, CLIENT).await }),
        )
    };
    counting.let_end.notify_one();
    // One that is made twice waits in vain: only one is let end.
    let all = async {
        let (one, other) = (one.await.unwrap(), other.await.unwrap());
        (one, other, counting.server.updated(&request, CLIENT).await)
    };
    let (one, other, later) = timeout(Duration::from_secs(5), all).await.unwrap();
    for answer in [one, other, later] {
        assert_eq!(answer[3] & 0xf, YXRRSET);
    }
    assert_eq!(counting.made.load(Ordering::SeqCst), 1);
    // Another one of the same changes is made.
    let mut another = message(&[], &["IN 60 new A 192.0.2.7"]);
    another[0] = 8;
    counting.let_end.notify_one();
    counting.server.updated(&signed(another), CLIENT).await;
    assert_eq!(counting.made.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_request_that_failed_may_come_again() {
    let counting = counting(server(), |time| match time {
        0 => Code::ServFail.into(),
        _ => Code::NoError.into(),
    });
    let request = request();
    for code in [2, 0, 0] {
        counting.let_end.notify_one();
        let answer = counting.server.updated(&request, CLIENT).await;
        assert_eq!(answer[3] & 0xf, code);
    }
    assert_eq!(counting.made.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn the_answer_waits_until_the_change_is_served() {
    let serial = Some(8);
    let updated = Updated {
        code: Code::NoError,
        serial,
    };
    let counting = counting(server(), move |_| updated);
    counting.let_end.notify_one();
    let server = counting.server.clone();
    let answer = tokio::spawn(async move { server.updated(&request(), CLIENT).await });
    while counting.made.load(Ordering::SeqCst) == 0 {
        tokio::task::yield_now().await;
    }
    assert!(!answer.is_finished());
    let zone = zone(ZONE, 8, RECORDS);
    assert!(counting.server.put(&zone).unwrap());
    let answer = timeout(Duration::from_secs(5), answer).await;
    assert_eq!(answer.unwrap().unwrap()[3] & 0xf, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn updates_come_over_udp_from_any_address_and_over_tcp() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    for listen in ["127.0.0.1:0", "0.0.0.0:0"] {
        let settings = Settings {
            listen: vec![listen.parse().unwrap()],
            tsig_keys: vec![key(KEY)],
            allow_update: vec!["127.0.0.0/8 ddns".parse().unwrap()],
            ..settings()
        };
        let server = running(settings);
        server.load(&the_zone()).unwrap();
        let counting = counting(server, |_| Code::NxRrset.into());
        let address = counting.server.address().unwrap();
        counting.let_end.notify_one();
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        // Connected: the answer has to come from where the request went.
        socket.connect(address).await.unwrap();
        socket.send(&request()).await.unwrap();
        let mut answer = [0; 512];
        let received = timeout(Duration::from_secs(5), socket.recv(&mut answer)).await;
        received.unwrap().unwrap();
        assert_eq!((answer[3] & 0xf, answer[11]), (NXRRSET, 1));
        counting.let_end.notify_one();
        let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
        let mut another = message(&[], &["IN 60 new A 192.0.2.8"]);
        another[0] = 9;
        let another = signed(another);
        stream.write_u16(another.len() as u16).await.unwrap();
        stream.write_all(&another).await.unwrap();
        let length = stream.read_u16().await.unwrap();
        stream
            .read_exact(&mut answer[..usize::from(length)])
            .await
            .unwrap();
        assert_eq!((answer[0], answer[3] & 0xf), (9, NXRRSET));
        assert_eq!(counting.made.load(Ordering::SeqCst), 2);
    }
}
