//! What is answered to requests whose signature is wrong (RFC 8945 section 5.2).

use dadns_dns::tsig;
use domain::base::Message;
use domain::base::iana::{Rcode, Rtype, TsigRcode};
use domain::base::message_builder::MessageBuilder;
use domain::base::name::Name;
use domain::rdata::tsig::{Time48, Tsig};
use domain::tsig::{Algorithm, ClientTransaction, Key, KeyName};

use super::answers::server_with;
use super::*;

/// A key of this name and with a secret of this octet.
fn key(name: &str, secret: u8) -> Arc<Key> {
    let name: KeyName = name.parse().unwrap();
    let key = Key::new(Algorithm::Sha256, &[secret; 32], name, None, None);
    Arc::new(key.unwrap())
}

/// A server that knows one key.
fn server() -> Server {
    let known = "hmac-sha256:known.example:AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";
    let settings = Settings {
        tsig_keys: vec![known.parse().unwrap()],
        ..settings()
    };
    server_with(settings, &[("a.example", "www A 192.0.2.1\n")])
}

/// What a request is answered with that is signed with `key` at `time`, with an OPT record or without:
/// the code, whether it has an OPT record, and the error of its signature.
fn told(key: Arc<Key>, time: Time48, edns: bool) -> (Rcode, bool, TsigRcode) {
    let mut query = MessageBuilder::new_vec().question();
    query.header_mut().set_rd(true);
    let name: Name<Vec<u8>> = "WWW.a.example".parse().unwrap();
    query.push((&name, Rtype::A)).unwrap();
    let mut query = query.additional();
    if edns {
        query
            .opt(|opt| {
                opt.set_dnssec_ok(true);
                Ok(())
            })
            .unwrap();
    }
    ClientTransaction::request(key, &mut query, time).unwrap();
    let request = query.finish();
    let answer = server().respond(&request, CLIENT, Transport::Udp).remove(0);
    let question = 12..12 + name.len() + 4;
    assert_eq!(answer[question.clone()], request[question]);
    let answer = Message::from_octets(answer).unwrap();
    assert!(answer.header().rd() && answer.header().qr() && !answer.header().aa());
    let dnssec = answer.opt().map(|opt| opt.dnssec_ok());
    assert_ne!(dnssec, Some(false));
    let last = answer.additional().unwrap().last().unwrap().unwrap();
    let signature = last.to_record::<Tsig<_, _>>().unwrap().unwrap();
    let error = signature.data().error();
    (answer.header().rcode(), dnssec.is_some(), error)
}

#[test]
fn a_wrong_signature_is_told_with_its_reason_and_an_opt_record_where_there_was_one() {
    let now = Time48::from_u64(tsig::now());
    for edns in [false, true] {
        for (key, time, error) in [
            (key("known.example", 2), now, TsigRcode::BADSIG),
            (key("other.example", 1), now, TsigRcode::BADKEY),
            (
                key("known.example", 1),
                Time48::from_u64(1),
                TsigRcode::BADTIME,
            ),
        ] {
            let told = told(key, time, edns);
            assert_eq!(told, (Rcode::NOTAUTH, edns, error));
        }
    }
}
