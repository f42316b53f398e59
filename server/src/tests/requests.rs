//! Requests that are odd, hostile, or for whole zones.

use hickory_proto::op::{Message, ResponseCode};
use hickory_proto::rr::{Name, RData, Record, RecordType};

use super::answers::{query, sent, server, server_with};
use super::*;

fn raw(server: &Server, request: &[u8]) -> Option<Vec<u8>> {
    server.respond(request, CLIENT, Transport::Udp).pop()
}

fn code(answer: &[u8]) -> u8 {
    answer[3] & 0xf
}

fn www() -> Vec<u8> {
    query("www.a.example.", RecordType::A).to_vec().unwrap()
}

#[test]
fn what_is_no_request_is_not_answered() {
    let server = server(&[("a.example", "")]);
    let mut response = www();
    response[2] |= 0x80;
    for silent in [&b""[..], b"\0", &www()[..11], &response] {
        assert!(raw(&server, silent).is_none(), "{silent:?}");
    }
}

#[test]
fn malformed_requests_are_told_so() {
    let server = server(&[("a.example", "")]);
    let with = |at: usize, octet: u8| {
        let mut request = www();
        request[at] = octet;
        request
    };
    let cut = www()[..20].to_vec();
    // No question, two, a record that is announced and missing, a pointer, a name that runs out.
    for request in [
        with(5, 0),
        with(5, 2),
        with(11, 1),
        with(12, 0xc0),
        with(12, 63),
        cut,
    ] {
        assert_eq!(code(&raw(&server, &request).unwrap()), 1, "{request:?}");
    }
    let opt = [0, 0, 41, 4, 208, 0, 0, 0, 0, 0, 0];
    let mut twice = [with(11, 2), opt.to_vec(), opt.to_vec()].concat();
    assert_eq!(code(&raw(&server, &twice).unwrap()), 1, "two OPT records");
    twice.truncate(www().len() + opt.len());
    twice[11] = 1;
    assert_eq!(code(&raw(&server, &twice).unwrap()), 3);
    // Octets behind the last record are passed over, as others do.
    assert_eq!(
        code(&raw(&server, &[www(), vec![1, 2, 3]].concat()).unwrap()),
        3
    );
}

#[test]
fn other_opcodes_versions_and_classes_are_not_taken_for_queries() {
    let server = server(&[("a.example", "www A 192.0.2.1\n")]);
    for opcode in [1, 2, 3, 5, 15] {
        let mut request = www();
        request[2] = opcode << 3;
        let answer = raw(&server, &request).unwrap();
        assert_eq!((code(&answer), answer[2] >> 3 & 0xf), (4, opcode), "NOTIMP");
    }
    let mut badvers = [www(), vec![0, 0, 41, 4, 208, 0, 1, 0, 0, 0, 0]].concat();
    badvers[11] = 1;
    let answer = raw(&server, &badvers).unwrap();
    let message = Message::from_vec(&answer).unwrap();
    // BADVERS; to the decoder it is BADSIG, which has the same number.
    assert_eq!(u16::from(message.metadata.response_code), 16);
    let mut hesiod = www();
    *hesiod.last_mut().unwrap() = 4;
    assert_eq!(code(&raw(&server, &hesiod).unwrap()), 5);
}

fn open() -> Settings {
    Settings {
        allow_transfer: vec!["127.0.0.1".parse().unwrap()],
        ..settings()
    }
}

fn types(messages: &[Message]) -> Vec<RecordType> {
    let records = messages.iter().flat_map(|message| &message.answers);
    records.map(Record::record_type).collect()
}

#[test]
fn a_transfer_is_for_those_who_may_have_it_and_begins_and_ends_with_the_soa() {
    let zones = [("a.example", "www A 192.0.2.1\n")];
    let axfr = query("a.example.", RecordType::AXFR);
    let refused = sent(&server(&zones), &axfr, Transport::Tcp);
    assert_eq!(refused[0].metadata.response_code, ResponseCode::Refused);
    let server = server_with(open(), &zones);
    let messages = sent(&server, &axfr, Transport::Tcp);
    use RecordType::{A, NS, SOA};
    assert_eq!(types(&messages), [SOA, NS, A, SOA]);
    let over_udp = sent(&server, &axfr, Transport::Udp);
    assert_eq!(over_udp[0].metadata.response_code, ResponseCode::FormErr);
    let absent = sent(
        &server,
        &query("b.example.", RecordType::AXFR),
        Transport::Tcp,
    );
    assert_eq!(absent[0].metadata.response_code, ResponseCode::NotAuth);
}

#[test]
fn a_large_zone_is_transferred_in_many_messages_without_loss() {
    let records: String = (0..3000)
        .map(|n| format!("host{n} A 192.0.2.{}\n", n % 256))
        .collect();
    let large = format!(
        "large TXT {}\n",
        format!("\"{}\" ", "x".repeat(255)).repeat(100)
    );
    let server = server_with(open(), &[("a.example", &(records + &large))]);
    let messages = sent(
        &server,
        &query("a.example.", RecordType::AXFR),
        Transport::Tcp,
    );
    assert!(messages.len() > 3);
    assert_eq!(types(&messages).len(), 3000 + 1 + 3);
    assert!(messages.iter().all(|message| message.metadata.id == 4711));
}

/// An IXFR request of somebody who has this serial.
fn ixfr(server: &Server, serial: u8) -> Message {
    let mut query = query("a.example.", RecordType::IXFR);
    let soa = sent(
        server,
        &super::answers::query("a.example.", RecordType::SOA),
        Transport::Tcp,
    );
    let mut soa = soa[0].answers[0].clone();
    if let RData::SOA(data) = &mut soa.data {
        data.serial = u32::from(serial);
    }
    soa.name = Name::from_ascii("a.example.").unwrap();
    query.add_authority(soa);
    query
}

#[test]
fn an_incremental_transfer_has_the_changes_since_the_askers_version() {
    use RecordType::{A, SOA};
    let server = server_with(open(), &[]);
    // Large enough for its changes to be worth telling.
    let rest: String = (0..50)
        .map(|n| format!("h{n} TXT \"some text to fill it\"\n"))
        .collect();
    for (serial, address) in [(1, "192.0.2.1"), (2, "192.0.2.2"), (3, "192.0.2.3")] {
        let zone = zone("a.example", serial, &format!("{rest}www A {address}\n"));
        server.put(&zone).unwrap();
    }
    let get = |serial, transport| types(&sent(&server, &ixfr(&server, serial), transport));
    assert_eq!(get(2, Transport::Tcp), [SOA, SOA, A, SOA, A, SOA]);
    assert_eq!(
        get(1, Transport::Tcp),
        [SOA, SOA, A, SOA, A, SOA, A, SOA, A, SOA]
    );
    assert_eq!(get(3, Transport::Tcp), [SOA], "up to date");
    assert_eq!(get(4, Transport::Tcp), [SOA], "ahead of us");
    assert_eq!(
        get(0, Transport::Tcp).len(),
        50 + 1 + 1 + 2,
        "the whole zone"
    );
    assert_eq!(
        get(2, Transport::Udp),
        [SOA],
        "over UDP only that there is more"
    );
}

#[test]
fn who_has_a_serial_that_stood_for_two_contents_gets_the_whole_zone() {
    use RecordType::SOA;
    let rest: String = (0..50)
        .map(|n| format!("h{n} TXT \"some text to fill it\"\n"))
        .collect();
    let version = |serial: u32, last: u32| {
        zone(
            "a.example",
            serial,
            &format!("{rest}www A 192.0.2.{last}\n"),
        )
    };
    let whole = 50 + 1 + 1 + 2;
    // The serials of a zone in turn, then: who asks, and whether there are changes for that, or nothing.
    for (serials, theirs, records) in [
        (&[10, 10][..], 10, 1),
        (&[10, 10], 9, whole),
        (&[10, 9], 10, 1),
        (&[10, 9], 9, 1),
        (&[10, 10, 11], 10, whole),
        (&[10, 10, 11], 11, 1),
        (&[10, 10, 11, 12], 11, 6),
        (&[10, 9, 11], 9, whole),
        (&[10, 9, 11], 10, whole),
        (&[10, 9, 10, 11], 10, whole),
    ] {
        let server = server_with(open(), &[]);
        for (step, serial) in (1..).zip(serials) {
            server.put(&version(*serial, step)).unwrap();
        }
        let got = types(&sent(&server, &ixfr(&server, theirs), Transport::Tcp));
        assert_eq!(got.len(), records, "{theirs} after {serials:?}: {got:?}");
        let all = sent(
            &server,
            &query("a.example.", RecordType::AXFR),
            Transport::Tcp,
        );
        assert_eq!(types(&all).len(), whole, "AXFR works in any case");
    }
    // Known from what came before the start, or before the zone was removed.
    for loaded in [true, false] {
        let server = server_with(open(), &[]);
        // Somebody may have 11 with other records.
        let not_passed = NotPassed {
            serial: 11,
            differs: true,
        };
        server.ask_for_reused(Arc::new(move |_| Some(not_passed)));
        match loaded {
            true => server.load(&version(9, 1)).unwrap(),
            false => assert!(server.put(&version(9, 1)).unwrap()),
        }
        for (serial, last) in [(10, 2), (11, 3), (12, 4)] {
            server.put(&version(serial, last)).unwrap();
        }
        for theirs in [9, 10, 11] {
            let got = types(&sent(&server, &ixfr(&server, theirs), Transport::Tcp));
            assert_eq!((got.len(), got[1]), (whole, RecordType::NS), "{got:?}");
            assert_eq!(got[0], SOA);
        }
    }
}

#[test]
fn the_catalog_is_for_those_who_may_transfer_it() {
    let catalog = Some("catalog.example".parse().unwrap());
    let hidden = Settings {
        catalog_zone: catalog.clone(),
        ..settings()
    };
    let shown = Settings {
        catalog_zone: catalog,
        ..open()
    };
    for (settings, wanted) in [
        (hidden, ResponseCode::Refused),
        (shown, ResponseCode::NoError),
    ] {
        let server = server_with(settings, &[("a.example", "")]);
        for rtype in [RecordType::SOA, RecordType::AXFR] {
            let answer = sent(&server, &query("catalog.example.", rtype), Transport::Tcp);
            assert_eq!(answer[0].metadata.response_code, wanted);
        }
    }
}

#[test]
fn nobody_can_put_remove_or_read_the_catalog() {
    let name: ZoneName = "catalog.example".parse().unwrap();
    let settings = Settings {
        catalog_zone: Some(name.clone()),
        ..open()
    };
    let server = server_with(settings, &[("a.example", "")]);
    let soa = || {
        sent(
            &server,
            &query("catalog.example.", RecordType::SOA),
            Transport::Tcp,
        )
    };
    let put = zone("catalog.example", 9, "");
    assert!(!server.remove(&name));
    assert_eq!(soa()[0].answers.len(), 1);
    let refused = server.put(&put);
    assert!(
        matches!(refused, Err(NotPut::Unsupported(_))),
        "{refused:?}"
    );
    assert_eq!(soa()[0].answers.len(), 1);
    assert_eq!(server.read(&name), Ok(None));
    assert!(!server.list().contains(&name));
}

#[test]
fn strangers_do_not_get_at_the_catalog_by_an_alias_and_zones_below_its_name_are_served() {
    let settings = Settings {
        catalog_zone: Some("catalog.example".parse().unwrap()),
        follow: Follow::All,
        ..settings()
    };
    let zones = [
        (
            "a.example",
            "x CNAME catalog.example.\nd DNAME catalog.example.\n",
        ),
        ("b.catalog.example", "www A 192.0.2.1\n"),
    ];
    let server = server_with(settings, &zones);
    for (name, rtype) in [
        ("x.a.example.", RecordType::SOA),
        ("x.a.example.", RecordType::NS),
    ] {
        let answer = sent(&server, &query(name, rtype), Transport::Tcp);
        assert_eq!(types(&answer), [RecordType::CNAME], "{name}");
        assert!(answer[0].authorities.is_empty());
    }
    let request = query("version.d.a.example.", RecordType::TXT)
        .to_vec()
        .unwrap();
    let answer = raw(&server, &request).unwrap();
    assert_eq!(answer[7], 2, "the DNAME and its CNAME alone");
    let below = sent(
        &server,
        &query("www.b.catalog.example.", RecordType::A),
        Transport::Tcp,
    );
    assert_eq!(types(&below), [RecordType::A]);
}

#[test]
fn a_zone_that_could_not_be_loaded_stays_in_the_catalog() {
    let settings = Settings {
        listen: Vec::new(),
        catalog_zone: Some("catalog.example".parse().unwrap()),
        ..open()
    };
    let server = Server::open(settings);
    server.not_loaded(&"lost.example".parse().unwrap());
    assert!(server.loaded());
    let members = sent(
        &server,
        &query("catalog.example.", RecordType::AXFR),
        Transport::Tcp,
    );
    let listed = members[0]
        .answers
        .iter()
        .filter(|record| record.record_type() == RecordType::PTR);
    assert_eq!(listed.count(), 1);
}

#[test]
fn a_chain_of_hashes_that_leads_nowhere_is_not_climbed_to_the_end() {
    let salt = "ab".repeat(255);
    let records = format!(
        "@ NSEC3PARAM 1 0 150 {salt}\n{} NSEC3 1 0 150 {salt} {} A\n{} TXT x\n",
        "0".repeat(32),
        "1".repeat(32),
        "a.".repeat(100).trim_end_matches('.'),
    );
    let server = server(&[("a.example", &records)]);
    let name = format!("{}a.example.", "a.".repeat(100));
    let mut request = query(&name, RecordType::A).to_vec().unwrap();
    request[11] = 1;
    request.extend([0, 0, 41, 4, 208, 0, 0, 0x80, 0, 0, 0]);
    let answer = raw(&server, &request).unwrap();
    // NODATA without NSEC3 records: there are none.
    assert_eq!((code(&answer), answer[9]), (0, 1));
}
