//! Masters and users who change zones at one node, one change after the other.

use std::net::SocketAddr;
use std::sync::RwLock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use fastrand::Rng;

use crate::client::change;
use crate::history::{Answer, Asked, History};
use crate::model::Op;
use crate::text;

/// Numbers pushes and edits: no two are the same.
static NUMBER: AtomicU64 = AtomicU64::new(1);

/// The pause after a change that no node took.
const PAUSE: Duration = Duration::from_millis(20);

/// The names of so many zones.
pub fn zones(count: usize) -> Vec<String> {
    (0..count).map(|zone| format!("z{zone}.example")).collect()
}

/// Who changes which zones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Writers {
    /// Every zone is changed at every node.
    AtAnyNode,
    /// Each zone is changed at one node only, as a master does: what is kept there without a majority meets no change
    /// of another.
    AtOneNode,
}

impl Writers {
    /// Changes zones at a node until it is done. An error: an answer that cannot be.
    pub fn work(
        self,
        node: usize,
        zones: &[String],
        history: &History,
        address: &RwLock<Option<SocketAddr>>,
        done: &AtomicBool,
        random: &mut Rng,
    ) -> Result<(), String> {
        while !done.load(Ordering::SeqCst) {
            let zone = match self {
                Self::AtAnyNode => random.usize(..zones.len()),
                Self::AtOneNode => random.usize(..zones.len() / 3) * 3 + node,
            };
            let op = choose(random);
            let address = *address.read().unwrap();
            let mut wrong = None;
            let answer = history.record(zone, node, Asked::Change(op), || {
                change(address, &zones[zone], op).unwrap_or_else(|why| {
                    wrong = Some(why);
                    Answer::Unknown
                })
            });
            if let Some(why) = wrong {
                return Err(why);
            }
            if answer == Answer::Untried {
                std::thread::sleep(PAUSE);
            }
        }
        Ok(())
    }
}

fn choose(random: &mut Rng) -> Op {
    let number = NUMBER.fetch_add(1, Ordering::SeqCst);
    let name = random.usize(..text::EDITED);
    match random.u8(..20) {
        0 | 1 => Op::Remove { master: 0 },
        2..=6 => Op::Edit { name, number },
        7 | 8 => Op::Release { name },
        _ => Op::Push { master: 0, number },
    }
}
