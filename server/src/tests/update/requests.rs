//! Who may update, and what everybody else is told.

use super::*;
use hickory_proto::op::Message;

/// The code of the answer, and whether it is signed as the request was.
async fn answered(server: &Server, mut message: Vec<u8>, by: &str) -> (u8, bool) {
    let client = Signing::request(key(by), &mut message, 0, tsig::now());
    let answer = server.updated(&message, CLIENT).await;
    assert_eq!(answer[..2], [7, 7]);
    assert_eq!(answer[2], 0x80 | 5 << 3, "a response, of the same opcode");
    (answer[3] & 0xf, client.is_answered_by(&answer, tsig::now()))
}

fn add() -> Vec<u8> {
    message(&[], &["IN 60 new A 192.0.2.7"])
}

#[tokio::test]
async fn without_allow_update_the_opcode_is_not_known() {
    let closed = super::super::answers::server(&[(ZONE, RECORDS)]);
    let answer = closed.updated(&add(), CLIENT).await;
    assert_eq!(answer[3] & 0xf, NOTIMP);
}

#[tokio::test]
async fn only_a_key_that_may_update_does_from_where_it_may_and_errors_are_signed_too() {
    let (server, plans) = judging(the_zone());
    assert_eq!(answered(&server, add(), KEY).await, (0, true));
    assert_eq!(plans.lock().unwrap().len(), 1);
    assert_eq!(answered(&server, add(), OTHER).await, (REFUSED, true));
    let unknown = "hmac-sha256:unknown:c2VjcmV0";
    assert_eq!(answered(&server, add(), unknown).await, (NOTAUTH, false));
    let wrong = "hmac-sha256:ddns:d3Jvbmc=";
    assert_eq!(answered(&server, add(), wrong).await, (NOTAUTH, false));
    let answer = server.updated(&add(), CLIENT).await;
    assert_eq!((answer[3] & 0xf, answer[11]), (REFUSED, 0));
    let elsewhere = "192.0.2.1".parse().unwrap();
    let answer = server.updated(&signed(add()), elsewhere).await;
    assert_eq!((answer[3] & 0xf, answer[11]), (REFUSED, 1));
    // Mapped addresses are the same clients.
    let mapped = "::ffff:127.0.0.1".parse().unwrap();
    let another = signed(message(&[], &["IN 60 new A 192.0.2.8"]));
    assert_eq!(server.updated(&another, mapped).await[3] & 0xf, 0);
    assert_eq!(plans.lock().unwrap().len(), 2);
}

#[tokio::test]
async fn a_request_of_another_time_is_told_so() {
    let (server, plans) = judging(the_zone());
    let mut request = add();
    Signing::request(key(KEY), &mut request, 0, tsig::now() - 301);
    let answer = server.updated(&request, CLIENT).await;
    assert_eq!(answer[3] & 0xf, NOTAUTH);
    let error = answer.len() - 10;
    assert_eq!(answer[error..error + 4], [0, 18, 0, 6], "BADTIME, our time");
    assert!(plans.lock().unwrap().is_empty());
}

#[tokio::test]
async fn the_zone_section_has_one_entry_of_a_zone_that_is_here() {
    let (server, plans) = judging(the_zone());
    let with = |at: usize, octet: u8| {
        let mut message = add();
        message[at] = octet;
        message
    };
    let zone = |name: &[u8]| {
        let mut message = vec![7, 7, 5 << 3, 0, 0, 1, 0, 0, 0, 0, 0, 0];
        message.extend_from_slice(name);
        message.extend(b"\0\x06\0\x01");
        message
    };
    for (message, code) in [
        (with(5, 0), FORMERR),
        (with(5, 2), FORMERR),
        // Type A, class CH.
        (with(24, 1), FORMERR),
        (with(26, 3), NOTAUTH),
        // More records than there are.
        (with(9, 2), FORMERR),
        (with(7, 1), FORMERR),
        (zone(b"\x01b\x07example\0"), NOTAUTH),
        (zone(b"\x03www\x01a\x07example\0"), NOTAUTH),
        (zone(b"\x07catalog\x07example\0"), NOTAUTH),
        (zone(b"\0"), NOTAUTH),
        (zone(b"\x01a\x07example\0"), 0),
    ] {
        let unsigned = server.updated(&message, CLIENT).await;
        let expected = if code == 0 { REFUSED } else { code };
        assert_eq!(unsigned[3] & 0xf, expected, "{message:?}");
        let (answered, is_signed) = answered(&server, message.clone(), KEY).await;
        assert_eq!(answered, code, "{message:?}");
        // What cannot be read as a message cannot be verified either.
        assert!(is_signed || code == FORMERR, "{message:?}");
    }
    assert_eq!(plans.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn an_opt_record_is_answered_with_one() {
    let (server, _) = judging(the_zone());
    for (version, code) in [(0, 0), (1, 0)] {
        let mut request = add();
        request[11] = 1;
        request.extend([0, 0, 41, 4, 208, 0, version, 0, 0, 0, 0]);
        let answer = server.updated(&signed(request), CLIENT).await;
        assert_eq!((answer[3] & 0xf, answer[11]), (code, 2));
        let extended = answer[12 + 15 + 5];
        assert_eq!(extended, version, "BADVERS");
    }
}

#[tokio::test]
async fn no_octets_are_a_panic_and_every_answer_can_be_read() {
    let (server, _) = judging(the_zone());
    let lines = [
        "IN 60 new MX 10 mail",
        "ANY 0 www ANY",
        "NONE 0 www A 192.0.2.1",
        "IN 60 _s SRV 1 2 3 mail",
        "IN 60 n NAPTR 1 2 \"u\" \"b\" \"\" mail",
        "IN 60 @ SOA m h 9 2 3 4 5",
    ];
    let whole = message(&["ANY 0 www A", "IN 0 www TXT \"hello\""], &lines);
    let mut seed: u32 = 1;
    let mut next = move || {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (seed >> 8) as usize
    };
    let mut answers = 0;
    for round in 0..20_000 {
        let mut request = whole.clone();
        // The ID and the opcode stay.
        for _ in 0..next() % 4 {
            let at = 4 + next() % (request.len() - 4);
            request[at] = match next() % 3 {
                0 => 0xc0,
                1 => 0,
                _ => next() as u8,
            };
        }
        if next().is_multiple_of(4) {
            request.truncate(4 + next() % request.len());
        }
        if round % 2 == 0 && request.len() >= 12 {
            request = signed(request);
        }
        let answer = server.updated(&request, CLIENT).await;
        if request.len() < 12 {
            assert!(answer.is_empty());
            continue;
        }
        answers += 1;
        assert_eq!((&answer[..2], answer[2]), (&[7, 7][..], 0x80 | 5 << 3));
        if let Err(error) = Message::from_vec(&answer) {
            panic!("{error}: {answer:?} to {request:?}");
        }
    }
    assert!(answers > 19_000);
}
