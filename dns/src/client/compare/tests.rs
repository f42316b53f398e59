use std::sync::{Arc, Mutex};

use self::server::*;
use super::*;
use dadns_zone::testing::zone;

mod server;

fn nothing() -> Script {
    Arc::new(|_| Vec::new())
}

/// What is told as wrong where a server changes a good answer to the questions for `owner`.
async fn changed(
    zone: &Zone,
    owner: &'static str,
    change: impl Fn(&mut Draft) + Send + Sync + 'static,
) -> (usize, Vec<String>) {
    let served = zone.clone();
    let script: Script = Arc::new(move |query| {
        let mut draft = right(&served, query);
        // A question for what the zone does not have is about the zone that answers.
        if asked(query).0.to_string() == owner && !draft.answer.is_empty() {
            change(&mut draft);
        }
        vec![draft.encode(query)]
    });
    let Answers {
        rrsets,
        wrong,
        wrong_count,
    } = compare_with(zone, script, nothing()).await.unwrap();
    assert_eq!(wrong.len(), wrong_count);
    (rrsets, wrong.iter().map(ToString::to_string).collect())
}

const WWW: &str = "www A 192.0.2.1\nwww A 192.0.2.2\n";

#[tokio::test]
async fn what_differs_is_told_in_words_for_an_operator() {
    let zone = zone("a.example", 1, WWW);
    type Edit = fn(&mut Draft);
    let cases: [(Edit, &str); 9] = [
        (|draft| draft.answer[1].ttl = 60, "TTL 60 instead of 3600"),
        (|draft| drop(draft.answer.pop()), "without 192.0.2.2"),
        (
            |draft| {
                let more = Rr {
                    rdata: vec![192, 0, 2, 3],
                    ..draft.answer[0].clone()
                };
                draft.answer.push(more);
            },
            "with 192.0.2.3",
        ),
        (
            |draft| draft.answer[0].rdata = vec![192, 0, 2, 9],
            "without 192.0.2.1, with 192.0.2.9",
        ),
        (
            |draft| draft.answer[0].rdata = vec![1],
            "without 192.0.2.1, with \"\\001\"",
        ),
        (|draft| draft.answer.clear(), "no such record"),
        (
            |draft| draft.answer.iter_mut().for_each(|rr| rr.rtype = 28),
            "no such record",
        ),
        (
            |draft| {
                *draft = Draft {
                    flags: AA | NXDOMAIN,
                    ..Draft::default()
                }
            },
            "NXDOMAIN",
        ),
        (|draft| draft.flags = 0, "it does not claim authority"),
    ];
    for (change, told) in cases {
        let (rrsets, wrong) = changed(&zone, "www.a.example", change).await;
        assert_eq!(rrsets, 3);
        assert_eq!(wrong, [format!("www.a.example. A: {told}")]);
    }
}

#[tokio::test]
async fn the_order_of_records_the_case_of_names_and_their_compression_make_no_difference() {
    let zone = zone("a.example", 1, "m MX 10 mail\nm MX 20 MAIL.x\n");
    let (rrsets, wrong) = changed(&zone, "m.a.example", |draft| {
        draft.answer.reverse();
        for rr in &mut draft.answer {
            rr.owner.make_ascii_uppercase();
        }
        // Of "m.a.example." at octet 12, "a.example." starts at 14.
        let mail = draft
            .answer
            .iter_mut()
            .find(|rr| rr.rdata[1] == 10)
            .unwrap();
        mail.rdata = b"\0\x0a\x04MaiL\xc0\x0e".to_vec();
    })
    .await;
    assert_eq!((rrsets, wrong.len()), (3, 0), "{wrong:?}");
    let (_, wrong) = changed(&zone, "m.a.example", |draft| {
        draft.answer[0].rdata = b"\0\x0a\x04mail\xc0\x0c".to_vec();
    })
    .await;
    assert_eq!(
        wrong,
        ["m.a.example. MX: without 10 mail.a.example., with 10 mail.m.a.example."]
    );
}

#[tokio::test]
async fn names_of_types_that_are_never_compressed_may_differ_in_case_and_nothing_else() {
    let zone = zone(
        "a.example",
        1,
        "d DNAME oTher.example.\nd HTTPS 1 Other.example. alpn=\"h2\"\n",
    );
    let lower = |draft: &mut Draft| draft.answer[0].rdata[2..9].make_ascii_lowercase();
    assert_eq!(changed(&zone, "d.a.example", lower).await.1, [""; 0]);
    let upper = |draft: &mut Draft| draft.answer[0].rdata.make_ascii_uppercase();
    let (_, wrong) = changed(&zone, "d.a.example", upper).await;
    assert_eq!(wrong.len(), 1, "{wrong:?}");
    assert!(
        wrong[0].contains("with 1 other.example. alpn=\"H2\""),
        "{wrong:?}"
    );
}

#[tokio::test]
async fn the_servers_of_a_delegation_come_as_a_referral() {
    let zone = zone("a.example", 1, "cut NS ns.cut\nns.cut A 192.0.2.1\n");
    fn refer(draft: &mut Draft) {
        draft.flags = 0;
        draft.authority = std::mem::take(&mut draft.answer);
    }
    let (rrsets, wrong) = changed(&zone, "cut.a.example", refer).await;
    assert_eq!((rrsets, wrong.len()), (3, 0), "{wrong:?}");
    let (_, wrong) = changed(&zone, "cut.a.example", |draft| {
        refer(draft);
        draft.authority.iter_mut().for_each(|rr| rr.ttl = 1);
    })
    .await;
    assert_eq!(wrong, ["cut.a.example. NS: TTL 1 instead of 3600"]);
    // Nothing but a delegation is answered so.
    let (_, wrong) = changed(&zone, "a.example", refer).await;
    assert_eq!(wrong.len(), 2, "{wrong:?}");
}

#[tokio::test]
async fn signatures_are_asked_for_and_compared() {
    let signed = |rtype: &str, by: &str| {
        format!("@ RRSIG {rtype} 13 2 3600 20380101000000 20200101000000 1 a.example. {by}\n")
    };
    let zone = zone(
        "a.example",
        1,
        &[
            "@ DNSKEY 257 3 13 AAAA\n",
            &signed("DNSKEY", "AAAA"),
            &signed("NS", "BBBB"),
        ]
        .concat(),
    );
    let owner = zone.name().to_domain_name();
    let signatures: Vec<Rr> = [Rtype::DNSKEY, Rtype::NS]
        .iter()
        .flat_map(|covered| rrs(zone.signatures(&owner, *covered).unwrap()))
        .collect();
    let with = signatures.clone();
    let both = move |draft: &mut Draft| draft.answer.extend(with.clone());
    assert_eq!(changed(&zone, "a.example", both).await, (3, Vec::new()));
    let one = move |draft: &mut Draft| draft.answer.push(signatures[0].clone());
    assert_eq!(
        changed(&zone, "a.example", one).await.1,
        ["a.example. NS: its signatures: no such record"]
    );
}

#[tokio::test]
async fn truncated_answers_are_asked_for_over_tcp_over_as_many_connections_as_it_takes() {
    let records: String = (0..50).map(|n| format!("h{n} A 192.0.2.1\n")).collect();
    let zone = zone("a.example", 1, &records);
    let truncated = Draft {
        flags: AA | TC,
        ..Draft::default()
    };
    let served = zone.clone();
    let tcp: Script = Arc::new(move |query| {
        let mut draft = right(&served, query);
        if asked(query) == asked(&query_for("h17.a.example")) {
            draft.answer[0].ttl = 1;
        }
        vec![draft.encode(query)]
    });
    let udp: Script = Arc::new(move |query| vec![truncated.encode(query)]);
    let Answers { rrsets, wrong, .. } = compare_with(&zone, udp, tcp).await.unwrap();
    assert_eq!(rrsets, 52);
    let told: Vec<_> = wrong.iter().map(|wrong| wrong.record.as_str()).collect();
    assert_eq!(told, ["h17.a.example. A"]);
}

#[tokio::test]
async fn lost_datagrams_are_sent_again_and_what_is_always_lost_is_asked_for_over_tcp() {
    let records: String = (0..50).map(|n| format!("h{n} A 192.0.2.1\n")).collect();
    let zone = zone("a.example", 1, &records);
    let (seen, served) = (Mutex::new(BTreeSet::new()), zone.clone());
    let udp: Script = Arc::new(move |query| {
        let owner = asked(query).0.to_string();
        let first = seen.lock().unwrap().insert(query.to_vec());
        let lost = first && owner.starts_with("h3") || owner == "h7.a.example";
        match lost {
            true => Vec::new(),
            false => vec![right(&served, query).encode(query)],
        }
    });
    let (over_tcp, served) = (Arc::new(Mutex::new(Vec::new())), zone.clone());
    let noted = Arc::clone(&over_tcp);
    let tcp: Script = Arc::new(move |query| {
        noted.lock().unwrap().push(asked(query).0.to_string());
        vec![right(&served, query).encode(query)]
    });
    let answers = compare_with(&zone, udp, tcp).await.unwrap();
    let all = Answers {
        rrsets: 52,
        wrong: Vec::new(),
        wrong_count: 0,
    };
    assert_eq!(answers, all);
    assert_eq!(*over_tcp.lock().unwrap(), ["h7.a.example"]);
}

#[tokio::test]
async fn what_does_not_answer_a_question_in_flight_is_passed_over() {
    let zone = zone("a.example", 1, WWW);
    let served = zone.clone();
    let script: Script = Arc::new(move |query| {
        let nothing = Draft {
            flags: AA,
            ..Draft::default()
        };
        let mut other_id = nothing.encode(query);
        other_id[0] ^= 0x80;
        let mut other_name = nothing.encode(query);
        other_name[13] ^= 1;
        let mut other_type = nothing.encode(query);
        other_type[12 + question_len(query) - 3] ^= 0x20;
        let mut a_query = nothing.encode(query);
        a_query[2] &= 0x7f;
        let short = query[..11].to_vec();
        let right = right(&served, query).encode(query);
        vec![other_id, other_name, other_type, a_query, short, right]
    });
    let Answers { wrong_count, .. } = compare_with(&zone, script, nothing()).await.unwrap();
    assert_eq!(wrong_count, 0);
}

#[tokio::test]
async fn an_answer_that_is_cut_off_is_told_and_is_no_panic() {
    let zone = zone("a.example", 1, WWW);
    let whole = right(&zone, &query_for("www.a.example")).encode(&query_for("www.a.example"));
    for len in 12 + question_len(&whole)..whole.len() {
        let served = zone.clone();
        let script: Script = Arc::new(move |query| {
            let mut answer = right(&served, query).encode(query);
            if asked(query) == asked(&query_for("www.a.example")) {
                answer.truncate(len);
            }
            vec![answer]
        });
        let Answers { wrong, .. } = compare_with(&zone, script, nothing()).await.unwrap();
        assert!(
            wrong[0].found.contains("cannot be decoded"),
            "{len}: {wrong:?}"
        );
    }
}

fn query_for(owner: &str) -> Vec<u8> {
    let name: dadns_zone::ZoneName = owner.parse().unwrap();
    Question::new(&name.to_domain_name(), Rtype::A, false)
        .unwrap()
        .octets
}

#[tokio::test(start_paused = true)]
async fn a_server_that_never_answers_is_given_up_on() {
    let zone = zone("a.example", 1, WWW);
    let error = compare_with(&zone, nothing(), nothing()).await.unwrap_err();
    let told = error.to_string();
    assert!(
        told.contains("the records of a.example: no answer to 3 queries"),
        "{told}"
    );
}
