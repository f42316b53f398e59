//! One master: it pushes, removes and pushes again, and its users edit records.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use fastrand::Rng;

use super::ask::{Sent, reply, send};
use super::model::{Known, Op, Reply};
use super::text;
use super::world::Shared;

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
