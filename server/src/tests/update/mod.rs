//! Dynamic updates, from the octets of a request to its answer.

mod changes;
mod prerequisites;
mod repeated;
mod requests;

use std::sync::Mutex;

use dadns_dns::tsig::{self, Signing, TsigKey};
use dadns_zone::record;

use super::answers::server_with;
use super::*;

const ZONE: &str = "a.example";
const RECORDS: &str = "\
www 300 A 192.0.2.1
www 300 A 192.0.2.2
www 300 TXT \"hello\"
alias CNAME www
deep.ent TXT \"below an empty non-terminal\"
";
const KEY: &str = "hmac-sha256:ddns:c2VjcmV0IG9mIGEgdGVzdA==";
const OTHER: &str = "hmac-sha256:other:b3RoZXIgc2VjcmV0";

fn key(text: &str) -> TsigKey {
    text.parse().unwrap()
}

/// A record as `CLASS TTL OWNER TYPE DATA`, the owner and names in the data below the zone.
fn octets(line: &str) -> Vec<u8> {
    let mut words = line.splitn(5, ' ');
    let [class, ttl, owner, rtype] = [(); 4].map(|()| words.next().unwrap());
    let zone: ZoneName = ZONE.parse().unwrap();
    let (name, _, _) = record(&zone, owner, "TXT", "x").unwrap();
    let mut out = name.as_slice().to_vec();
    let number = match rtype {
        "ANY" => 255,
        "AXFR" => 252,
        "OPT" => 41,
        rtype => record(&zone, "@", rtype, "\\# 0")
            .map(|(_, rtype, _)| rtype.to_int())
            .unwrap_or_else(|_| rtype.parse::<dadns_zone::Rtype>().unwrap().to_int()),
    };
    out.extend(number.to_be_bytes());
    let class: u16 = match class {
        "IN" => 1,
        "CH" => 3,
        "NONE" => 254,
        "ANY" => 255,
        class => panic!("{class}"),
    };
    out.extend(class.to_be_bytes());
    out.extend(ttl.parse::<u32>().unwrap().to_be_bytes());
    let data = match words.next() {
        None => Vec::new(),
        Some(raw) if raw.starts_with("raw ") => raw.as_bytes()[4..].to_vec(),
        Some(data) => {
            let (_, _, rdata) = record(&zone, owner, rtype, data).unwrap();
            rdata.as_bytes().to_vec()
        }
    };
    out.extend(u16::try_from(data.len()).unwrap().to_be_bytes());
    out.extend(data);
    out
}

/// An update of the zone with these prerequisites and changes.
fn message(prerequisites: &[&str], changes: &[&str]) -> Vec<u8> {
    let count = |lines: &[&str]| u16::try_from(lines.len()).unwrap().to_be_bytes();
    let mut out = vec![7, 7, 5 << 3, 0, 0, 1];
    out.extend(count(prerequisites));
    out.extend(count(changes));
    out.extend([0, 0]);
    out.extend(b"\x01A\x07exAmple\0\0\x06\0\x01");
    for line in [prerequisites, changes].concat() {
        out.extend(octets(line));
    }
    out
}

/// The same, signed with [`KEY`].
fn signed(mut message: Vec<u8>) -> Vec<u8> {
    Signing::request(key(KEY), &mut message, 0, tsig::now());
    message
}

/// A server of the zone, and of a signed one, that lets [`KEY`] update.
fn server() -> Server {
    let settings = Settings {
        tsig_keys: vec![key(KEY), key(OTHER)],
        allow_update: vec!["127.0.0.1 ddns".parse().unwrap()],
        allow_transfer: vec!["127.0.0.1 other".parse().unwrap()],
        catalog_zone: Some("catalog.example".parse().unwrap()),
        ..settings()
    };
    server_with(settings, &[(ZONE, RECORDS)])
}

/// A server that judges updates against the zone as it is, and what it makes of them.
fn judging(zone: Zone) -> (Server, Arc<Mutex<Vec<Plan>>>) {
    let plans = Arc::<Mutex<Vec<Plan>>>::default();
    let (server, made) = (server(), Arc::clone(&plans));
    server.update_by(Arc::new(move |update| {
        let code = match update.judge(&zone) {
            Ok(plan) => {
                made.lock().unwrap().push(plan);
                Code::NoError
            }
            Err(refused) => refused.code,
        };
        Box::pin(std::future::ready(code.into()))
    }));
    (server, plans)
}

/// What an update of these lines is answered with, and what it comes to.
async fn made(zone: Zone, prerequisites: &[&str], changes: &[&str]) -> (u8, Option<Plan>) {
    let (server, plans) = judging(zone);
    let request = signed(message(prerequisites, changes));
    let answer = server.updated(&request, CLIENT).await;
    let plan = plans.lock().unwrap().pop();
    (answer[3] & 0xf, plan)
}

fn the_zone() -> Zone {
    zone(ZONE, 7, RECORDS)
}

const FORMERR: u8 = 1;
const NXDOMAIN: u8 = 3;
const NOTIMP: u8 = 4;
const REFUSED: u8 = 5;
const YXDOMAIN: u8 = 6;
const YXRRSET: u8 = 7;
const NXRRSET: u8 = 8;
const NOTAUTH: u8 = 9;
const NOTZONE: u8 = 10;
