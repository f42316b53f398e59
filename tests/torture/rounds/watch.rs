//! Looks at what a name server answers all the time: nothing older than what it answered before.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use domain::base::iana::Rtype;
use fastrand::Rng;

use super::world::Shared;
use crate::dns::{Answer, Client, serial};

/// What was seen of a zone last: its serial, and the number of its push.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    pub serial: u32,
    pub push: u64,
}

/// What was seen so far, on which server, of which zone.
#[derive(Debug, Default)]
pub struct Past(Mutex<HashMap<(&'static str, usize), Seen>>);

impl Past {
    /// Takes in what is seen now. An error: it is older than what was seen before.
    pub fn see(&self, server: &'static str, zone: usize, now: Seen) -> Result<(), String> {
        let mut past = self.0.lock().unwrap();
        let Some(before) = past.insert((server, zone), now) else {
            return Ok(());
        };
        let is_back = now.push < before.push || back(before.serial, now.serial);
        let is_two = now.serial == before.serial && now.push != before.push;
        match is_back || is_two {
            true => Err(format!(
                "{server} served {before:?} of zone {zone}, then {now:?}"
            )),
            false => Ok(()),
        }
    }
}

/// Whether a serial is behind another (RFC 1982).
fn back(before: u32, now: u32) -> bool {
    now.wrapping_sub(before) > 1 << 31
}

/// Asks until it is done; how often it was answered.
pub fn watch(
    (server, address): (&'static str, SocketAddr),
    shared: &Shared,
    past: &Past,
    done: &AtomicBool,
    random: &mut Rng,
) -> Result<u64, String> {
    let mut client = Client::new(address);
    let mut answered = 0;
    while !done.load(Ordering::SeqCst) {
        let zone = random.usize(..shared.zones.len());
        match look(&mut client, &shared.zones[zone].0) {
            Ok(Some(now)) => past.see(server, zone, now)?,
            // Between two versions, removed, or nobody there.
            Ok(None) => {}
            Err(_) => continue,
        }
        answered += 1;
        // The gateway is to be tortured, not drowned.
        std::thread::sleep(Duration::from_micros(500));
    }
    Ok(answered)
}

/// The push with the serial that it is served under; `None`: there is none, or it has just changed.
fn look(client: &mut Client, zone: &str) -> std::io::Result<Option<Seen>> {
    let mut soa = || match client.ask(zone, Rtype::SOA)? {
        Answer::Data(data) => Ok::<_, std::io::Error>(data.first().map(|soa| serial(soa))),
        Answer::Nothing => Ok(None),
    };
    let Some(before) = soa()? else {
        return Ok(None);
    };
    let number = match client.ask(&format!("n.{zone}"), Rtype::TXT)? {
        Answer::Data(data) => data
            .first()
            .and_then(|text| text.trim_matches('"').parse().ok()),
        Answer::Nothing => None,
    };
    let mut soa = || match client.ask(zone, Rtype::SOA)? {
        Answer::Data(data) => Ok::<_, std::io::Error>(data.first().map(|soa| serial(soa))),
        Answer::Nothing => Ok(None),
    };
    let after = soa()?;
    Ok(number.filter(|_| after == Some(before)).map(|push| Seen {
        serial: before,
        push,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(all: &[(u32, u64)]) -> Result<(), String> {
        let past = Past::default();
        all.iter()
            .try_for_each(|&(serial, push)| past.see("bind", 0, Seen { serial, push }))
    }

    #[test]
    fn what_is_served_may_stay_and_go_on_and_never_back() {
        assert_eq!(seen(&[(1, 1), (1, 1), (2, 1), (9, 4)]), Ok(()));
        assert_eq!(seen(&[(u32::MAX, 1), (1, 2)]), Ok(()));
        assert!(seen(&[(2, 2), (3, 1)]).is_err());
        assert!(seen(&[(2, 1), (1, 1)]).is_err());
        assert!(seen(&[(1, u64::MAX), (u32::MAX, u64::MAX)]).is_err());
    }

    #[test]
    fn one_serial_for_two_contents_is_found() {
        assert!(seen(&[(1, 1), (1, 2)]).is_err());
    }
}
