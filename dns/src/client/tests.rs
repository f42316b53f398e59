use std::net::Ipv4Addr;

use dadns_zone::Rtype;
use hickory_proto::op::{MessageType, OpCode};
use hickory_proto::rr::rdata::{NS, SOA};
use hickory_proto::rr::{Name, Record, RecordType};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, UdpSocket};
use tokio::time::timeout;

use super::*;

fn soa(owner: &str, serial: u32) -> Record {
    let host = Name::from_ascii("ns.example.").unwrap();
    let soa = SOA::new(host.clone(), host, serial, 1, 1, 1, 1);
    Record::from_rdata(Name::from_ascii(owner).unwrap(), 60, RData::SOA(soa))
}

/// An answer to `query` with this code and these records.
fn answer(query: &[u8], code: ResponseCode, answers: &[Record], authorities: &[Record]) -> Message {
    let query = Message::from_vec(query).unwrap();
    assert!(!query.metadata.recursion_desired);
    let mut answer = Message::response(query.metadata.id, OpCode::Query);
    answer.metadata.response_code = code;
    answer.metadata.authoritative = true;
    answer.add_queries(query.queries);
    answer.add_answers(answers.to_vec());
    answer.add_authorities(authorities.to_vec());
    answer
}

/// Asks a server that sends, for each query, the messages that `script` makes of it and of its
/// number.
async fn ask(
    script: impl Fn(usize, &[u8]) -> Vec<Message> + Send + 'static,
) -> Result<Served, NoAnswer> {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = socket.local_addr().unwrap();
    let server = tokio::spawn(async move {
        let mut query = [0; 512];
        for number in 0.. {
            let (len, client) = socket.recv_from(&mut query).await.unwrap();
            for message in script(number, &query[..len]) {
                socket
                    .send_to(&message.to_vec().unwrap(), client)
                    .await
                    .unwrap();
            }
        }
    });
    let served = served(
        address,
        &"sub.example".parse().unwrap(),
        Authority::Required,
    )
    .await;
    server.abort();
    served
}

#[tokio::test]
async fn the_soa_of_the_apex_in_the_answer_gives_the_serial() {
    let served = ask(|_, query| {
        vec![answer(
            query,
            ResponseCode::NoError,
            &[soa("SUB.example.", 7)],
            &[],
        )]
    })
    .await;
    assert_eq!(served.unwrap(), Served::Serial(7));
}

#[tokio::test]
async fn the_soa_of_the_parent_says_nothing_wherever_it_stands() {
    for in_answer in [true, false] {
        let served = ask(move |_, query| {
            let (answers, authorities) = if in_answer { (1, 0) } else { (0, 1) };
            let parent = [soa("example.", 7)];
            vec![answer(
                query,
                ResponseCode::NoError,
                &parent[..answers],
                &parent[..authorities],
            )]
        });
        assert_eq!(served.await.unwrap(), Served::Absent);
    }
    let served = ask(|_, query| {
        let own = Record::from_rdata(
            Name::from_ascii("sub.example.").unwrap(),
            60,
            RData::NS(NS(Name::from_ascii("ns.example.").unwrap())),
        );
        vec![answer(
            query,
            ResponseCode::NoError,
            &[own],
            &[soa("sub.example.", 7)],
        )]
    });
    assert_eq!(
        served.await.unwrap(),
        Served::Absent,
        "an SOA in the authority section is a denial"
    );
}

#[tokio::test]
async fn an_answer_from_a_cache_does_not_count() {
    let served = ask(|_, query| {
        let mut cached = answer(query, ResponseCode::NoError, &[soa("sub.example.", 7)], &[]);
        cached.metadata.authoritative = false;
        vec![cached]
    });
    assert_eq!(served.await.unwrap(), Served::Absent);
}

#[tokio::test]
async fn codes_that_deny_the_zone_are_told_from_codes_that_break_it() {
    for (code, expected) in [
        (ResponseCode::Refused, Served::Absent),
        (ResponseCode::NXDomain, Served::Absent),
        (ResponseCode::NotAuth, Served::Absent),
        (
            ResponseCode::ServFail,
            Served::Broken("SERVFAIL".to_owned()),
        ),
        (ResponseCode::YXDomain, Served::Broken("RCODE 6".to_owned())),
    ] {
        // An SOA in the answer does not soften the code.
        let served = ask(move |_, query| vec![answer(query, code, &[soa("sub.example.", 7)], &[])]);
        assert_eq!(served.await.unwrap(), expected);
    }
}

#[tokio::test]
async fn what_does_not_answer_the_question_is_passed_over() {
    let served = ask(|_, query| {
        let right = answer(query, ResponseCode::NoError, &[soa("sub.example.", 7)], &[]);
        let stray = answer(query, ResponseCode::NoError, &[soa("sub.example.", 6)], &[]);
        let mut other_id = stray.clone();
        other_id.metadata.id ^= 1;
        let mut other_question = stray.clone();
        other_question.queries[0].set_query_type(RecordType::NS);
        let mut no_question = stray.clone();
        no_question.queries.clear();
        let mut a_query = stray;
        a_query.metadata.message_type = MessageType::Query;
        vec![other_id, other_question, no_question, a_query, right]
    });
    assert_eq!(served.await.unwrap(), Served::Serial(7));
}

#[tokio::test]
async fn a_lost_datagram_is_sent_again() {
    let served = ask(|number, query| match number {
        0 => Vec::new(),
        _ => vec![answer(
            query,
            ResponseCode::NoError,
            &[soa("sub.example.", 7)],
            &[],
        )],
    });
    assert_eq!(served.await.unwrap(), Served::Serial(7));
}

#[tokio::test]
async fn a_truncated_answer_is_asked_for_again_over_tcp() {
    let tcp = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = tcp.local_addr().unwrap();
    let udp = UdpSocket::bind(address).await.unwrap();
    let server = tokio::spawn(async move {
        let mut query = [0; 512];
        let (len, client) = udp.recv_from(&mut query).await.unwrap();
        let mut truncated = answer(&query[..len], ResponseCode::NoError, &[], &[]);
        truncated.metadata.truncation = true;
        udp.send_to(&truncated.to_vec().unwrap(), client)
            .await
            .unwrap();

        let (mut stream, _) = tcp.accept().await.unwrap();
        let mut query = vec![0; stream.read_u16().await.unwrap().into()];
        stream.read_exact(&mut query).await.unwrap();
        let whole = answer(
            &query,
            ResponseCode::NoError,
            &[soa("sub.example.", 8)],
            &[],
        )
        .to_vec()
        .unwrap();
        stream.write_u16(whole.len() as u16).await.unwrap();
        stream.write_all(&whole).await.unwrap();
    });
    let zone = "sub.example".parse().unwrap();
    assert_eq!(
        served(address, &zone, Authority::Required).await.unwrap(),
        Served::Serial(8)
    );
    timeout(Duration::from_secs(5), server)
        .await
        .unwrap()
        .unwrap();
}

#[tokio::test]
async fn a_port_that_nobody_listens_on_is_unreachable_at_once() {
    let free = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))
        .await
        .unwrap()
        .local_addr()
        .unwrap();
    let start = std::time::Instant::now();
    let error = served(free, &"sub.example".parse().unwrap(), Authority::Required)
        .await
        .unwrap_err();
    assert!(
        error.to_string().contains("the SOA of sub.example"),
        "{error}"
    );
    assert!(
        start.elapsed() < UDP_WAITS[0],
        "the kernel says so: there is nothing to wait for"
    );
}

#[tokio::test(start_paused = true)]
async fn a_server_that_never_answers_is_given_up_on() {
    let error = ask(|_, _| Vec::new()).await.unwrap_err();
    assert!(
        error
            .to_string()
            .contains("no answer to 3 queries within 3.5s"),
        "{error}"
    );
}

#[tokio::test]
async fn whatever_answers_our_question_shows_that_the_port_is_not_silent() {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = socket.local_addr().unwrap();
    let server = tokio::spawn(async move {
        let mut query = [0; 512];
        let (len, client) = socket.recv_from(&mut query).await.unwrap();
        // Its own query, and an answer to another one, are none.
        socket.send_to(&query[..len], client).await.unwrap();
        let mut refusal = [0; 12];
        refusal[..4].copy_from_slice(&[!query[0], query[1], 0x80, 5]);
        socket.send_to(&refusal, client).await.unwrap();
        socket.recv_from(&mut query).await.unwrap();
        refusal[0] = query[0];
        socket.send_to(&refusal, client).await.unwrap();
    });
    answers(address).await.unwrap();
    timeout(Duration::from_secs(5), server)
        .await
        .unwrap()
        .unwrap();

    let error = answers(address).await.unwrap_err();
    assert!(
        error.to_string().contains("whether it answers DNS"),
        "{error}"
    );
}

#[tokio::test]
async fn whoever_looks_sees_code_flags_and_records_and_an_empty_answer_with_its_authority() {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = socket.local_addr().unwrap();
    let server = tokio::spawn(async move {
        let mut query = [0; 512];
        for number in 0.. {
            let (len, client) = socket.recv_from(&mut query).await.unwrap();
            let soa = [soa("EXAMPLE.", 7)];
            let answer = match number {
                0 => answer(&query[..len], ResponseCode::NoError, &soa, &soa),
                _ => answer(&query[..len], ResponseCode::NXDomain, &[], &soa),
            };
            socket
                .send_to(&answer.to_vec().unwrap(), client)
                .await
                .unwrap();
        }
    });
    let name = "example.".parse().unwrap();
    let seen = look(address, &name, Rtype::SOA, Transport::Udp)
        .await
        .unwrap();
    assert_eq!(
        (&*seen.code, seen.authoritative, seen.tcp),
        ("NOERROR", true, false)
    );
    let [record] = &*seen.records else {
        panic!("{seen:?}");
    };
    assert!(!record.authority);
    assert_eq!((&*record.name, record.ttl), ("example.", 60));
    assert_eq!(record.data, "ns.example. ns.example. 7 1 1 1 1");
    let seen = look(address, &name, Rtype::A, Transport::Udp)
        .await
        .unwrap();
    assert_eq!(seen.code, "NXDOMAIN");
    assert!(
        seen.records.len() == 1 && seen.records[0].authority,
        "{seen:?}"
    );
    server.abort();
    let error = look(address, &name, Rtype::A, Transport::Tcp)
        .await
        .unwrap_err();
    assert!(error.to_string().contains("example. A"), "{error}");
}
