//! The proxies do what the other tests believe of them.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::{Duration, Instant};

use crate::support::proxy::{Passing, Proxy};

/// How long nothing has to come until a test believes that nothing comes.
const SILENCE: Duration = Duration::from_millis(150);

/// Answers every octet with the same one.
fn echo() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            std::thread::spawn(move || {
                let mut octets = [0; 1_024];
                while let Ok(count @ 1..) = stream.read(&mut octets) {
                    if stream.write_all(&octets[..count]).is_err() {
                        return;
                    }
                }
            });
        }
    });
    address
}

struct Client(TcpStream);

impl Client {
    fn new(proxy: &Proxy) -> Self {
        let stream = TcpStream::connect(proxy.address).unwrap();
        stream.set_nodelay(true).unwrap();
        Self(stream)
    }

    fn say(&mut self, text: &str) {
        self.0.write_all(text.as_bytes()).unwrap();
    }

    fn hears(&mut self, text: &str) {
        self.0
            .set_read_timeout(Some(Duration::from_secs(10)))
            .unwrap();
        let mut octets = vec![0; text.len()];
        self.0.read_exact(&mut octets).unwrap();
        assert_eq!(String::from_utf8(octets).unwrap(), text);
    }

    fn hears_nothing(&mut self) {
        self.0.set_read_timeout(Some(SILENCE)).unwrap();
        let error = self.0.read(&mut [0]).expect_err("something came");
        assert!(
            matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut),
            "{error}"
        );
    }

    fn is_ended(&mut self) {
        self.0
            .set_read_timeout(Some(Duration::from_secs(10)))
            .unwrap();
        match self.0.read(&mut [0]) {
            Ok(0) => {}
            Err(error) if error.kind() == ErrorKind::ConnectionReset => {}
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn what_passes_a_slow_proxy_takes_twice_its_delay_and_more_of_it_no_longer() {
    let proxy = Proxy::start(echo());
    proxy.delay(Duration::from_millis(40));
    let mut client = Client::new(&proxy);
    let began = Instant::now();
    for _ in 0..20 {
        client.say("one");
    }
    client.hears(&"one".repeat(20));
    let took = began.elapsed();
    assert!(took >= Duration::from_millis(80), "{took:?}");
    assert!(took < Duration::from_millis(1_500), "{took:?}");
}

#[test]
fn what_waits_comes_once_the_cable_is_repaired() {
    let proxy = Proxy::start(echo());
    let mut client = Client::new(&proxy);
    client.say("one");
    client.hears("one");
    proxy.set(Passing::Waits, Passing::Waits);
    client.say("two");
    client.hears_nothing();
    let mut late = Client::new(&proxy);
    late.say("three");
    late.hears_nothing();
    proxy.pass();
    client.hears("two");
    late.hears("three");
}

#[test]
fn answers_that_are_lost_never_come_and_their_connection_ends() {
    let proxy = Proxy::start(echo());
    let mut client = Client::new(&proxy);
    proxy.set(Passing::Through, Passing::Lost);
    client.say("one");
    client.hears_nothing();
    proxy.pass();
    client.say("two");
    client.is_ended();
    let mut next = Client::new(&proxy);
    next.say("three");
    next.hears("three");
}

#[test]
fn one_member_is_cut_off_by_its_name_and_others_are_not() {
    let proxy = Proxy::start(echo());
    let hello = |id: &str| format!("GET /raft HTTP/1.1\r\nX-Server-From: {id}\r\n\r\n");
    let (mut one, mut other) = (Client::new(&proxy), Client::new(&proxy));
    one.say(&hello("8211f1d0f64f3269"));
    one.hears(&hello("8211f1d0f64f3269"));
    other.say(&hello("91bc3c398fb3c146"));
    other.hears(&hello("91bc3c398fb3c146"));
    proxy.set_from("8211f1d0f64f3269", Passing::Waits, Passing::Waits);
    one.say("more");
    one.hears_nothing();
    other.say("more");
    other.hears("more");
    proxy.pass();
    one.hears("more");
}

#[test]
fn connections_can_be_ended_all_at_once() {
    let proxy = Proxy::start(echo());
    let mut client = Client::new(&proxy);
    client.say("one");
    client.hears("one");
    proxy.reset();
    client.is_ended();
    let mut next = Client::new(&proxy);
    next.say("two");
    next.hears("two");
}
