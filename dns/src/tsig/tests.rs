//! `domain`, which signs by itself, is the other side.

use domain::base::Message;
use domain::base::iana::Rtype;
use domain::base::message_builder::MessageBuilder;
use domain::base::name::Name;
use domain::rdata::tsig::Time48;
use domain::tsig::{
    Algorithm, ClientSequence, ClientTransaction, Key, KeyName as Named, ServerTransaction,
    ValidationError,
};

use super::*;
use crate::message::{Head, Writer, flag};

const SHA: [(&str, Algorithm); 4] = [
    ("hmac-sha1", Algorithm::Sha1),
    ("hmac-sha256", Algorithm::Sha256),
    ("hmac-sha384", Algorithm::Sha384),
    ("hmac-sha512", Algorithm::Sha512),
];
/// Of 32 octets.
const SECRET: &str = "c2VjcmV0IG9mIGEgdGVzdCwgMzIgYnl0ZXMgbG9uZyE=";
const NOW: Time = 1_700_000_000;

fn ours(algorithm: &str) -> TsigKey {
    format!("{algorithm}:Key.example:{SECRET}").parse().unwrap()
}

fn theirs(algorithm: Algorithm) -> Key {
    let name: Named = "key.example".parse().unwrap();
    Key::new(
        algorithm,
        b"secret of a test, 32 bytes long!",
        name,
        None,
        None,
    )
    .unwrap()
}

fn time(at: Time) -> Time48 {
    Time48::from_u64(at)
}

fn query() -> MessageBuilder<Vec<u8>> {
    let mut builder = MessageBuilder::new_vec();
    builder.header_mut().set_id(0x0a0b);
    builder
}

/// A request that `domain` signs, and its side of the exchange.
fn request(key: &Key) -> (Vec<u8>, ClientTransaction<&Key>) {
    let mut question = query().question();
    let name: Name<Vec<u8>> = "www.example".parse().unwrap();
    question.push((&name, Rtype::A)).unwrap();
    let mut message = question.additional();
    let exchange = ClientTransaction::request(key, &mut message, time(NOW)).unwrap();
    (message.finish(), exchange)
}

fn response(id: [u8; 2]) -> Vec<u8> {
    let mut out = Vec::new();
    let flags = flag::QR;
    Writer::new(
        &mut out,
        512,
        Head { id, flags },
        b"\x03www\x07example\0\0\x01\0\x01",
    );
    out
}

#[test]
fn requests_of_others_are_verified_and_they_verify_the_response() {
    for (text, algorithm) in SHA {
        let key = theirs(algorithm);
        let (request, exchange) = request(&key);
        let keys = Keys::new(&[ours(text)]);
        let mut signing = Signing::of_request(&keys, &request, NOW + 299)
            .unwrap()
            .unwrap();
        assert_eq!(signing.key().name().to_string(), "key.example");
        let mut out = b"before".to_vec();
        out.extend(response([0x0a, 0x0b]));
        let written = out.len();
        let room = signing.room();
        signing.append(&mut out, 6, NOW);
        assert_eq!(out.len(), written + room, "{text}");
        let mut message = Message::from_octets(out[6..].to_vec()).unwrap();
        exchange.answer(&mut message, time(NOW)).unwrap();
    }
}

#[test]
fn a_response_of_several_messages_is_verified_by_others() {
    for (text, algorithm) in SHA {
        let key = theirs(algorithm);
        let mut message = query().additional();
        let mut sequence = ClientSequence::request(&key, &mut message, time(NOW)).unwrap();
        let keys = Keys::new(&[ours(text)]);
        let request = message.finish();
        let mut signing = Signing::of_request(&keys, &request, NOW).unwrap().unwrap();
        for at in 0..3 {
            let mut out = response([0x0a, 0x0b]);
            signing.append(&mut out, 0, NOW + at);
            let mut message = Message::from_octets(out).unwrap();
            sequence.answer(&mut message, time(NOW)).unwrap();
        }
        sequence.done().unwrap();
    }
}

#[test]
fn requests_of_ours_are_verified_by_others_and_so_is_their_response() {
    for (text, algorithm) in SHA {
        let key = theirs(algorithm);
        let mut request = response([7, 7]);
        let signing = Signing::request(ours(text), &mut request, 0, NOW);
        let mut message = Message::from_octets(request).unwrap();
        let server = ServerTransaction::request(&&key, &mut message, time(NOW));
        let server = server.unwrap().unwrap();
        let mut answer = query().additional();
        answer.header_mut().set_id(0x0707);
        server.answer(&mut answer, time(NOW)).unwrap();
        let answer = answer.finish();
        assert!(signing.is_answered_by(&answer, NOW));
        assert!(!signing.is_answered_by(&answer, NOW + 301), "too late");
        for at in 0..answer.len() {
            let mut changed = answer.clone();
            // The ID may change on the way: the record has the one that was signed.
            changed[at] ^= if at < 2 { 0 } else { 1 };
            let still = signing.is_answered_by(&changed, NOW);
            assert_eq!(still, at < 2, "octet {at}");
        }
    }
}

#[test]
fn old_algorithms_sign_as_their_specification_says() {
    // RFC 2202 and RFC 4231, test case 2.
    let base64 = "SmVmZQ==";
    let what = b"what do ya want for nothing?";
    for (algorithm, expected) in [
        ("hmac-md5", "750c783e6ab0b503eaa86e310a5db738"),
        (
            "hmac-sha224",
            "a30e01098bc6dbbf45690f3a7e9e6d0f8bbea2a39e6148008fd05e44",
        ),
    ] {
        let key: TsigKey = format!("{algorithm}:k:{base64}").parse().unwrap();
        let mac = key.sign(&[&what[..5], &what[5..]]);
        let hex: String = mac.iter().map(|octet| format!("{octet:02x}")).collect();
        assert_eq!(hex, expected);
        let mut request = response([1, 2]);
        let client = Signing::request(key.clone(), &mut request, 0, NOW);
        let keys = Keys::new(&[key]);
        let mut server = Signing::of_request(&keys, &request, NOW).unwrap().unwrap();
        let mut answer = response([1, 2]);
        server.append(&mut answer, 0, NOW);
        assert!(client.is_answered_by(&answer, NOW));
    }
    let long = "HMAC-MD5.SIG-ALG.REG.INT:k:SmVmZQ==";
    assert!(long.parse::<TsigKey>().is_ok());
}

/// What a response says of a request that is refused, as `domain` reads it.
fn refused(request: &[u8], keys: &[TsigKey], now: Time) -> (Fault, Vec<u8>) {
    let refusal = Signing::of_request(&Keys::new(keys), request, now).unwrap_err();
    let fault = refusal.fault;
    let mut out = response([0x0a, 0x0b]);
    out[3] |= 9;
    let written = out.len();
    let room = refusal.room();
    refusal.append(&mut out, 0);
    assert_eq!(out.len(), written + room);
    (fault, out)
}

#[test]
fn a_wrong_signature_is_refused_with_the_error_that_others_understand() {
    let key = theirs(Algorithm::Sha256);
    let told = |keys: &[TsigKey], now| {
        let (request, exchange) = request(&key);
        let (fault, out) = refused(&request, keys, now);
        let mut message = Message::from_octets(out).unwrap();
        (fault, exchange.answer(&mut message, time(NOW)).unwrap_err())
    };
    let own = ours("hmac-sha256");
    let other: TsigKey = "hmac-sha256:key.example:b3RoZXI=".parse().unwrap();
    for (keys, now, fault, understood) in [
        (vec![], NOW, Fault::BadKey, ValidationError::ServerBadKey),
        (
            vec![ours("hmac-sha512")],
            NOW,
            Fault::BadKey,
            ValidationError::ServerBadKey,
        ),
        (
            vec![other],
            NOW,
            Fault::BadSig,
            ValidationError::ServerBadSig,
        ),
    ] {
        let (found, error) = told(&keys, now);
        assert_eq!(
            (found, format!("{error:?}")),
            (fault, format!("{understood:?}"))
        );
    }
    let short = Key::new(
        Algorithm::Sha256,
        b"secret of a test, 32 bytes long!",
        "key.example".parse().unwrap(),
        Some(16),
        Some(16),
    );
    let short = short.unwrap();
    let (request, _) = request(&short);
    let (fault, out) = refused(&request, &[own], NOW);
    assert_eq!(fault, Fault::BadTrunc);
    assert_eq!(out[out.len() - 4..], [0, 22, 0, 0]);
}

#[test]
fn whoever_has_another_time_is_told_ours_under_a_signature() {
    // `domain` signs eight octets of this time instead of six, and so does not verify it.
    let key = ours("hmac-sha256");
    let mut request = response([0x0a, 0x0b]);
    request[2] = 0;
    let client = Signing::request(key.clone(), &mut request, 0, NOW);
    let (fault, out) = refused(&request, std::slice::from_ref(&key), NOW + 301);
    assert_eq!(fault, Fault::BadTime);
    let (message, mut record) = out.split_at(29);
    assert_eq!(out[10..12], [0, 1]);
    let mut message = message.to_vec();
    message[11] = 0;
    let name = b"\x03key\x07example\0";
    let algorithm = b"\x0bhmac-sha256\0";
    let theirs = [&NOW.to_be_bytes()[2..], &[1, 44]].concat();
    let error = [&[0, 18, 0, 6][..], &(NOW + 301).to_be_bytes()[2..]].concat();
    let variables = [&name[..], &[0, 255, 0, 0, 0, 0], algorithm, &theirs, &error].concat();
    let mac = key.sign(&[&[0, 32], client.mac(), &message, &variables]);
    let length = [0, 13 + 16 + 32 + 6];
    for part in [
        &name[..],
        &[0, 250, 0, 255, 0, 0, 0, 0],
        &length,
        algorithm,
        &theirs,
        &[0, 32],
        &mac,
        &[0x0a, 0x0b],
        &error,
    ] {
        assert!(record.starts_with(part), "{part:?}");
        record = &record[part.len()..];
    }
    assert_eq!(record, b"");
}

#[test]
fn a_changed_request_is_refused_and_no_octets_are_a_panic() {
    let key = theirs(Algorithm::Sha256);
    let (request, _) = request(&key);
    let keys = Keys::new(&[ours("hmac-sha256")]);
    for at in 2..request.len() {
        for bit in 0..8 {
            let mut changed = request.clone();
            changed[at] ^= 1 << bit;
            let signing = Signing::of_request(&keys, &changed, NOW);
            let is_verified = matches!(signing, Ok(Some(_)));
            // Names are compared without regard to case.
            let is_letter = request[at].is_ascii_alphabetic() && bit == 5;
            assert!(!is_verified || is_letter, "octet {at}, bit {bit}");
        }
        assert!(!matches!(
            Signing::of_request(&keys, &request[..at], NOW),
            Ok(Some(_))
        ));
    }
}

#[test]
fn a_signature_that_is_not_the_last_record_is_malformed() {
    let key = theirs(Algorithm::Sha256);
    let (mut request, _) = request(&key);
    request[11] = 2;
    request.extend([0, 0, 41, 4, 208, 0, 0, 0, 0, 0, 0]);
    let refusal = Signing::of_request(&Keys::default(), &request, NOW).unwrap_err();
    assert_eq!(refusal.fault, Fault::Malformed);
    assert_eq!(refusal.room(), 0);
}

#[test]
fn what_is_no_key_is_refused_and_secrets_are_never_shown() {
    for text in [
        "hmac-sha257:key:c2VjcmV0",
        "hmac-sha256:key:",
        "hmac-sha256:key",
        "hmac-sha256:.:c2VjcmV0",
        "hmac-sha256:k:e:y:c2VjcmV0",
        "hmac-sha256:key:not base64",
    ] {
        assert_eq!(text.parse::<TsigKey>().unwrap_err(), InvalidKey, "{text}");
    }
    assert_eq!(format!("{:?}", ours("hmac-md5")), "TsigKey(key.example)");
}
