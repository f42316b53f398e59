//! One master: it pushes, removes and pushes again, and its users edit records.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use fastrand::Rng;
use serde_json::json;

use super::model::{Known, Op, Reply};
use super::text;
use super::world::Shared;
use crate::support::gateway::{PASSWORD, USER};
use crate::support::http::{Answer, basic, master_request, parse};

/// Numbers pushes and edits: a later one has a higher number.
static NUMBER: AtomicU64 = AtomicU64::new(1);

/// How changes were answered.
#[derive(Debug, Default, Clone, Copy)]
pub struct Counts {
    pub acknowledged: u64,
    pub refused: u64,
    pub unanswered: u64,
}

/// Changes zones until it is done. An error: an answer that cannot be.
pub fn write(
    master: usize,
    shared: &Shared,
    done: &AtomicBool,
    random: &mut Rng,
) -> Result<Counts, String> {
    let mut counts = Counts::default();
    while !done.load(Ordering::SeqCst) {
        let Some(address) = *shared.address.read().unwrap() else {
            std::thread::sleep(Duration::from_millis(1));
            continue;
        };
        let (zone, known) = &shared.zones[random.usize(..shared.zones.len())];
        // One change of a zone at a time; what several at once may do is not torture, but races of the test.
        let mut known = known.lock().unwrap();
        let op = choose(master, &mut known, random);
        match send(address, zone, op) {
            Sent::Not => {}
            Sent::Unanswered => {
                counts.unanswered += 1;
                known.unanswered(op);
            }
            Sent::Answered(answer) => {
                let reply = reply(op, &answer).map_err(|why| format!("{zone}: {why}"))?;
                match reply {
                    None => known.unanswered(op),
                    Some(reply) => {
                        let went = known.answered(op, reply);
                        went.map_err(|why| {
                            format!("{zone}: {why}\n{answer:?}\nits changes:{}", known.log())
                        })?;
                    }
                }
                match reply {
                    None => counts.unanswered += 1,
                    Some(Reply::Done) => counts.acknowledged += 1,
                    Some(Reply::Refused) => counts.refused += 1,
                }
            }
        }
    }
    Ok(counts)
}

fn choose(master: usize, known: &mut Known, random: &mut Rng) -> Op {
    let name = random.usize(..text::EDITED);
    match random.u8(..20) {
        0 => Op::Remove { master },
        1..=5 => Op::Edit {
            name,
            number: NUMBER.fetch_add(1, Ordering::SeqCst),
        },
        6 | 7 => Op::Release { name },
        // The same text again, perhaps by another master.
        8 | 9 if known.pushed > 0 => Op::Push {
            master,
            number: known.pushed,
        },
        _ => {
            known.pushed = NUMBER.fetch_add(1, Ordering::SeqCst);
            let number = known.pushed;
            Op::Push { master, number }
        }
    }
}

enum Sent {
    /// Nobody listens.
    Not,
    Unanswered,
    Answered(Answer),
}

fn send(address: SocketAddr, zone: &str, op: Op) -> Sent {
    let Ok(stream) = TcpStream::connect(address) else {
        return Sent::Not;
    };
    match exchange(stream, &request(zone, op)) {
        Ok(bytes) if bytes.windows(4).any(|end| end == b"\r\n\r\n") => {
            Sent::Answered(parse(&bytes))
        }
        _ => Sent::Unanswered,
    }
}

fn exchange(mut stream: TcpStream, request: &[u8]) -> std::io::Result<Vec<u8>> {
    stream.set_read_timeout(Some(Duration::from_secs(20)))?;
    stream.write_all(request)?;
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn request(zone: &str, op: Op) -> Vec<u8> {
    let login = basic(USER, PASSWORD);
    let host = |master: usize| format!("da{master}.example.net");
    let edit = |change: serde_json::Value| {
        let body = json!({ "changes": [change] }).to_string();
        let length = body.len();
        format!(
            "PATCH /api/v1/zones/{zone}/rrsets HTTP/1.0\r\nHost: 127.0.0.1\r\nAuthorization: {login}\r\n\
             Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
        )
        .into_bytes()
    };
    match op {
        Op::Push { master, number } => {
            let target = format!(
                "/CMD_API_DNS_ADMIN?action=rawsave&domain={zone}&username=alice&hostname={}",
                host(master)
            );
            master_request("POST", &target, &login, text::push(zone, number).as_bytes())
        }
        Op::Remove { master } => {
            let body = format!("action=delete&hostname={}&select0={zone}", host(master));
            master_request("POST", "/CMD_API_DNS_ADMIN", &login, body.as_bytes())
        }
        Op::Edit { name, number } => edit(json!({
            "op": "replace", "name": text::edited(name), "type": "TXT", "ttl": 300,
            "records": [text::edit(number)],
        })),
        Op::Release { name } => {
            edit(json!({ "op": "release", "name": text::edited(name), "type": "TXT" }))
        }
    }
}

/// What an answer says; `None`: that it may or may not be done. An error: it says something that nobody expects.
fn reply(op: Op, answer: &Answer) -> Result<Option<Reply>, String> {
    let is_edit = matches!(op, Op::Edit { .. } | Op::Release { .. });
    match answer.status {
        503 => Ok(None),
        200 if is_edit => Ok(Some(Reply::Done)),
        200 if answer.body == "error=0" => Ok(Some(Reply::Done)),
        200 if answer.body.contains("belongs") => Ok(Some(Reply::Refused)),
        404 | 409 if is_edit => Ok(Some(Reply::Refused)),
        _ => Err(format!("{op:?} was answered {answer:?}")),
    }
}
