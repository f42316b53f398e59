//! The store's size follows what is kept, not what was ever written.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::chart;
use super::load::address;
use super::sample::{HEAD, MEMORY, STORE, Series, memory, on_disk};
use crate::keep_alive::Connection;
use crate::support::builtin::Builtin;
use crate::support::gateway::Gateway;
use crate::support::zone_text;
use crate::{alone, amount};

/// Connections that push at the same time.
const CONNECTIONS: usize = 32;
/// How many samples there are.
const SAMPLES: u64 = 90;

#[test]
fn the_store_does_not_grow_with_what_was_ever_pushed() {
    let _alone = alone();
    let pushes = amount(12_000, 1_000_000);
    // So that each zone is pushed far more often than the history keeps.
    let zones = (pushes / 120).clamp(50, 1_000);
    let builtin = Builtin::new();
    let mut gateway = Gateway::prepare("", &[builtin.backend("")]);
    // Not a line for each push: that is for DEBUG.
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_dadns"));
    gateway.run_as(command.env("DADNS_LOG_LEVEL", "INFO"));
    let process = gateway.process().unwrap().id();
    let (address_of, store) = (gateway.address, gateway.store());
    let done = AtomicU64::new(0);
    let start = Instant::now();
    let mut size = Series::of(STORE);
    let mut resident = Series::of(MEMORY);
    std::thread::scope(|scope| {
        let done = &done;
        let pushers: Vec<_> = (0..CONNECTIONS)
            .map(|_| {
                scope.spawn(move || {
                    let mut connection = Connection::open(address_of).unwrap();
                    loop {
                        let number = done.fetch_add(1, Ordering::SeqCst);
                        if number >= pushes {
                            return;
                        }
                        let zone = format!("s{}.example", number % zones);
                        let text = zone_text(&zone, 1, &address(number));
                        let said = connection.push(1, &zone, &text).unwrap();
                        assert_eq!(said, (200, "error=0".to_owned()));
                    }
                })
            })
            .collect();
        let mut next = 0;
        while pushers.iter().any(|pusher| !pusher.is_finished()) {
            let so_far = done.load(Ordering::SeqCst).min(pushes);
            if so_far >= next {
                next = so_far + pushes / SAMPLES;
                size.add(so_far as f64, on_disk(&store));
                resident.add(so_far as f64, memory(process));
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    });
    let took = start.elapsed();
    let versions = gateway.json("/api/v1/zones/s0.example/history");
    let all = [size, resident];
    let chart = chart::draw("size", "pushes", &all);
    let rate = pushes as f64 / took.as_secs_f64();
    println!(
        "{pushes} pushes of {zones} zones in {took:.1?}, {rate:.0}/s; {} versions of one are kept; {}\n{HEAD}",
        versions.as_array().map_or(0, Vec::len),
        chart.display()
    );
    all.iter().for_each(|series| println!("{}", series.row()));
    let growth = all[0].growth();
    assert_eq!(growth, None, "see {}", chart.display());
}
