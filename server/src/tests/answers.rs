//! What is answered, read by an independent decoder.

use std::collections::BTreeSet;

use hickory_proto::op::{Edns, Message, MessageType, OpCode, Query, ResponseCode};
use hickory_proto::rr::{Name, RecordType};

use super::*;

/// A server of these zones, each a name and its records.
pub(super) fn server(zones: &[(&str, &str)]) -> Server {
    server_with(settings(), zones)
}

pub(super) fn server_with(settings: Settings, zones: &[(&str, &str)]) -> Server {
    let settings = Settings {
        listen: Vec::new(),
        ..settings
    };
    let server = Server::open(settings);
    for (name, records) in zones {
        server.load(&zone(name, 7, records)).unwrap();
    }
    assert!(server.loaded());
    server
}

pub(super) fn query(name: &str, rtype: RecordType) -> Message {
    let mut message = Message::new(4711, MessageType::Query, OpCode::Query);
    message.add_query(Query::query(Name::from_ascii(name).unwrap(), rtype));
    message
}

pub(super) fn sent(server: &Server, query: &Message, transport: Transport) -> Vec<Message> {
    let octets = query.to_vec().unwrap();
    let answers = server.respond(&octets, CLIENT, transport);
    let read = |answer: &Vec<u8>| Message::from_vec(answer).unwrap();
    answers.iter().map(read).collect()
}

pub(super) fn ask(server: &Server, name: &str, rtype: RecordType) -> Message {
    let mut answers = sent(server, &query(name, rtype), Transport::Tcp);
    assert_eq!(answers.len(), 1);
    answers.remove(0)
}

/// The code, whether it is authoritative, and the records of the three sections.
pub(super) fn told(message: &Message) -> (ResponseCode, bool, [Vec<String>; 3]) {
    let sections = [&message.answers, &message.authorities, &message.additionals];
    let text = |records: &&Vec<hickory_proto::rr::Record>| {
        let mut records: Vec<_> = records.iter().map(ToString::to_string).collect();
        records.sort();
        records
    };
    let header = &message.metadata;
    (
        header.response_code,
        header.authoritative,
        sections.each_ref().map(text),
    )
}

const SOA: &str = "a.example. 300 IN SOA ns.example.net. host.example.net. 7 7200 3600 1209600 300";

#[track_caller]
fn answers(server: &Server, name: &str, rtype: RecordType, records: &[&str]) {
    let (code, authoritative, [answer, _, _]) = told(&ask(server, name, rtype));
    assert_eq!(
        (code, authoritative),
        (ResponseCode::NoError, true),
        "{name}"
    );
    assert_eq!(answer, records, "{name}");
}

#[track_caller]
fn lacks(server: &Server, name: &str, rtype: RecordType, code: ResponseCode) {
    let (found, authoritative, [answer, authority, _]) = told(&ask(server, name, rtype));
    assert_eq!((found, authoritative), (code, true), "{name}");
    assert!(answer.is_empty(), "{name}: {answer:?}");
    assert_eq!(authority, [SOA], "{name}");
}

#[test]
fn records_are_answered_in_the_case_that_was_asked_in() {
    let server = server(&[("a.example", "www A 192.0.2.1\nwww A 192.0.2.2\n")]);
    let answer = ask(&server, "WWW.a.EXAMPLE.", RecordType::A);
    let (_, _, [records, authority, _]) = told(&answer);
    assert_eq!(
        records,
        [
            "WWW.a.EXAMPLE. 3600 IN A 192.0.2.1",
            "WWW.a.EXAMPLE. 3600 IN A 192.0.2.2"
        ]
    );
    assert!(authority.is_empty());
    assert_eq!(answer.metadata.id, 4711);
    assert_eq!(answer.queries[0].name().to_string(), "WWW.a.EXAMPLE.");
}

#[test]
fn what_is_not_there_is_told_with_the_lesser_of_the_two_ttls_of_the_soa() {
    let server = server(&[("a.example", "www A 192.0.2.1\nx.deep A 192.0.2.3\n")]);
    lacks(
        &server,
        "www.a.example.",
        RecordType::AAAA,
        ResponseCode::NoError,
    );
    lacks(
        &server,
        "no.a.example.",
        RecordType::A,
        ResponseCode::NXDomain,
    );
    lacks(
        &server,
        "deep.a.example.",
        RecordType::A,
        ResponseCode::NoError,
    );
    lacks(
        &server,
        "no.deep.a.example.",
        RecordType::A,
        ResponseCode::NXDomain,
    );
}

#[test]
fn wildcards_stand_for_what_is_not_there_as_rfc_4592_has_it() {
    let records =
        "*.w A 192.0.2.1\nsub.host.w TXT x\nb.*.e A 192.0.2.2\n*.c CNAME www\nwww A 192.0.2.9\n";
    let server = server(&[("a.example", records)]);
    answers(
        &server,
        "any.w.a.example.",
        RecordType::A,
        &["any.w.a.example. 3600 IN A 192.0.2.1"],
    );
    answers(
        &server,
        "one.two.w.a.example.",
        RecordType::A,
        &["one.two.w.a.example. 3600 IN A 192.0.2.1"],
    );
    lacks(
        &server,
        "host.w.a.example.",
        RecordType::A,
        ResponseCode::NoError,
    );
    lacks(
        &server,
        "x.host.w.a.example.",
        RecordType::A,
        ResponseCode::NXDomain,
    );
    lacks(
        &server,
        "any.w.a.example.",
        RecordType::MX,
        ResponseCode::NoError,
    );
    // The wildcard is there, without records.
    lacks(
        &server,
        "any.e.a.example.",
        RecordType::A,
        ResponseCode::NoError,
    );
    answers(
        &server,
        "x.c.a.example.",
        RecordType::A,
        &[
            "www.a.example. 3600 IN A 192.0.2.9",
            "x.c.a.example. 3600 IN CNAME www.a.example.",
        ],
    );
}

#[test]
fn aliases_are_followed_within_the_zone_and_not_in_circles() {
    let server = server(&[(
        "a.example",
        "one CNAME two\ntwo CNAME three\nthree A 192.0.2.3\nloop CNAME pool\npool CNAME loop\n\
         out CNAME www.elsewhere.test.\n",
    )]);
    answers(
        &server,
        "one.a.example.",
        RecordType::A,
        &[
            "one.a.example. 3600 IN CNAME two.a.example.",
            "three.a.example. 3600 IN A 192.0.2.3",
            "two.a.example. 3600 IN CNAME three.a.example.",
        ],
    );
    answers(
        &server,
        "one.a.example.",
        RecordType::CNAME,
        &["one.a.example. 3600 IN CNAME two.a.example."],
    );
    answers(
        &server,
        "out.a.example.",
        RecordType::A,
        &["out.a.example. 3600 IN CNAME www.elsewhere.test."],
    );
    let (code, _, [records, _, _]) = told(&ask(&server, "loop.a.example.", RecordType::A));
    assert_eq!((code, records.len()), (ResponseCode::NoError, 2));
}

#[test]
fn a_dname_moves_all_below_it_as_far_as_names_go() {
    let long = ["x".repeat(63).as_str(); 3].join(".");
    let server = server(&[(
        "a.example",
        &format!("d DNAME b\nl DNAME {long}.example.\nwww.b A 192.0.2.3\n"),
    )]);
    let octets = query("www.d.a.example.", RecordType::A).to_vec().unwrap();
    let answer = server.respond(&octets, CLIENT, Transport::Tcp).remove(0);
    // The decoder does not know DNAME: three records, and the last is the address.
    assert_eq!(answer[3] & 0xf, 0);
    assert_eq!(answer[7], 3);
    assert!(answer.ends_with(&[192, 0, 2, 3]));
    lacks(
        &server,
        "d.a.example.",
        RecordType::A,
        ResponseCode::NoError,
    );
    let octets = query(&format!("{}.l.a.example.", "y".repeat(60)), RecordType::A);
    let answer = server
        .respond(&octets.to_vec().unwrap(), CLIENT, Transport::Tcp)
        .remove(0);
    assert_eq!(answer[3] & 0xf, 6, "YXDOMAIN");
}

#[test]
fn a_delegation_is_referred_to_with_its_glue_and_its_ds_is_the_parents() {
    let records = "sub NS ns.sub\nsub NS ns.other\nns.sub A 192.0.2.53\nns.other A 192.0.2.54\n\
                   sub DS 1 13 2 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\n";
    let server = server(&[("a.example", records), ("child.a.example", "")]);
    for name in ["sub.a.example.", "www.sub.a.example.", "ns.sub.a.example."] {
        let (code, authoritative, [answer, authority, additional]) =
            told(&ask(&server, name, RecordType::A));
        assert_eq!((code, authoritative), (ResponseCode::NoError, false));
        assert!(answer.is_empty());
        assert_eq!(authority.len(), 2, "{authority:?}");
        assert_eq!(
            additional,
            [
                "ns.other.a.example. 3600 IN A 192.0.2.54",
                "ns.sub.a.example. 3600 IN A 192.0.2.53"
            ]
        );
    }
    let (_, authoritative, [answer, _, _]) = told(&ask(&server, "sub.a.example.", RecordType::DS));
    assert!(authoritative && answer.len() == 1, "{answer:?}");
    // Of a zone that is served beside its parent, the parent is asked too.
    let (_, _, [_, authority, _]) = told(&ask(&server, "child.a.example.", RecordType::DS));
    assert_eq!(authority, [SOA]);
}

#[test]
fn names_that_are_not_ours_are_refused() {
    let server = server(&[("a.example", "")]);
    for name in [
        "example.",
        ".",
        "b.example.",
        "xa.example.",
        "a.example.net.",
    ] {
        let (code, authoritative, _) = told(&ask(&server, name, RecordType::A));
        assert_eq!(
            (code, authoritative),
            (ResponseCode::Refused, false),
            "{name}"
        );
    }
}

#[test]
fn servers_that_an_answer_names_come_with_their_addresses_once() {
    let server = server(&[(
        "a.example",
        "@ MX 10 mail\n@ MX 20 mail2\nmail A 192.0.2.1\nmail2 AAAA 2001:db8::1\n_s SRV 1 2 3 mail\n_s SRV 1 2 4 mail\n",
    )]);
    for (name, rtype, wanted) in [
        ("a.example.", RecordType::MX, 2),
        ("_s.a.example.", RecordType::SRV, 1),
    ] {
        let (_, _, [_, _, additional]) = told(&ask(&server, name, rtype));
        assert_eq!(additional.len(), wanted, "{additional:?}");
    }
}

#[test]
fn any_is_answered_with_one_set() {
    let server = server(&[(
        "a.example",
        "www A 192.0.2.1\nwww AAAA 2001:db8::1\nwww TXT x\n",
    )]);
    let (_, _, [answer, _, _]) = told(&ask(&server, "www.a.example.", RecordType::ANY));
    assert_eq!(answer.len(), 1);
}

#[test]
fn the_first_of_many_addresses_is_another_from_query_to_query() {
    let server = server(&[(
        "a.example",
        "www A 192.0.2.1\nwww A 192.0.2.2\nwww A 192.0.2.3\n",
    )]);
    let mut firsts = BTreeSet::new();
    for id in 0..3 {
        let mut query = query("www.a.example.", RecordType::A);
        query.metadata.id = id;
        firsts.insert(sent(&server, &query, Transport::Udp)[0].answers[0].to_string());
    }
    assert_eq!(firsts.len(), 3);
}

#[test]
fn over_udp_an_answer_keeps_to_what_the_asker_takes_and_to_1232_octets() {
    let many: String = (0..100).map(|n| format!("m TXT \"{n:040}\"\n")).collect();
    let glue: String = (0..40)
        .map(|n| format!("cut NS n{n}.cut\nn{n}.cut A 192.0.2.{n}\n"))
        .collect();
    let server = server(&[("a.example", &(many + &glue))]);
    for (size, most) in [
        (None, 512),
        (Some(1000), 1000),
        (Some(4096), 1232),
        (Some(100), 512),
    ] {
        for name in ["m.a.example.", "x.cut.a.example."] {
            let mut query = query(name, RecordType::TXT);
            if let Some(size) = size {
                let mut edns = Edns::new();
                edns.set_max_payload(size);
                query.set_edns(edns);
            }
            let octets = query.to_vec().unwrap();
            let answer = server.respond(&octets, CLIENT, Transport::Udp).remove(0);
            assert!(answer.len() <= most, "{} of {most}", answer.len());
            let answer = Message::from_vec(&answer).unwrap();
            assert!(answer.metadata.truncation);
            assert_eq!(answer.edns.is_some(), size.is_some());
        }
    }
}
