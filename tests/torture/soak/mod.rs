//! Soak: mixed load for as long as you like; memory, descriptors and the store stay as they are.

mod chart;
mod load;
mod sample;
mod size;

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use self::load::{Done, Load};
use self::sample::{DESCRIPTORS, HEAD, MEMORY, STORE, Series, descriptors, memory, on_disk};
use crate::support::builtin::Builtin;
use crate::support::gateway::Gateway;
use crate::support::mariadb::Mariadb;
use crate::support::named::Named;
use crate::support::{have, zone_text};
use crate::{alone, amount};

const SAMPLES: u64 = 300;

#[test]
fn memory_descriptors_and_store_stay_as_they_are_under_mixed_load() {
    let _alone = alone();
    let seconds = amount(15, 1_800);
    // So that the history of each is full soon.
    let zones = usize::try_from(seconds * 2).unwrap().clamp(20, 300);
    let builtin = Builtin::new();
    let named = have(&["named"], "soak with named").then(Named::start);
    let programs = ["mariadbd", "mariadb-install-db", "mariadb"];
    let mariadb = have(&programs, "soak with mariadbd").then(Mariadb::start);
    let backends = [
        Some(builtin.backend("")),
        named.as_ref().map(|named| named.backend("bind")),
        mariadb.as_ref().map(|mariadb| mariadb.backend("mysql", "")),
    ];
    let backends: Vec<_> = backends.into_iter().flatten().collect();
    let mut gateway = Gateway::prepare("", &backends);
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_dadns"));
    gateway.run_as(command.env("DADNS_LOG_LEVEL", "INFO"));
    for at in 0..zones {
        let zone = load::zone(at);
        let host = format!("da{}.example.net", at % 2);
        let pushed = gateway.push_from(&host, &zone, &zone_text(&zone, 1, "192.0.2.1"));
        assert_eq!(pushed, "error=0");
    }
    let process = gateway.process().unwrap().id();
    let store = gateway.store();
    let mut all = [MEMORY, DESCRIPTORS, STORE].map(Series::of);
    let load = Load {
        zones,
        gateway: gateway.address,
        done: Done::default(),
        stop: AtomicBool::new(false),
    };
    let servers = [Some(builtin.dns), named.as_ref().map(|named| named.dns)];
    let start = Instant::now();
    std::thread::scope(|scope| {
        let load = &load;
        let mut clients: Vec<_> = (0..2)
            .map(|master| scope.spawn(move || load.push(master)))
            .collect();
        clients.push(scope.spawn(move || load.edit()));
        clients.push(scope.spawn(move || load.read()));
        for server in servers.into_iter().flatten() {
            clients.push(scope.spawn(move || load.ask(server)));
        }
        let pause = Duration::from_secs(seconds) / u32::try_from(SAMPLES).unwrap();
        while start.elapsed() < Duration::from_secs(seconds) {
            std::thread::sleep(pause);
            if clients.iter().any(|client| client.is_finished()) {
                break;
            }
            let at = start.elapsed().as_secs_f64();
            let values = [memory(process), descriptors(process), on_disk(&store)];
            all.iter_mut()
                .zip(values)
                .for_each(|(series, value)| series.add(at, value));
        }
        load.stop.store(true, Ordering::SeqCst);
    });
    let chart = chart::draw("soak", "seconds", &all);
    println!(
        "{:.0?}: {:?}; {}\n{HEAD}",
        start.elapsed(),
        load.done,
        chart.display()
    );
    all.iter().for_each(|series| println!("{}", series.row()));
    let waited = gateway.get(&format!("/api/v1/zones/{}/wait", load::zone(0)));
    assert!(waited.contains("\"verified\":true"), "{waited}");
    let growth: Vec<_> = all.iter().filter_map(Series::growth).collect();
    assert!(growth.is_empty(), "{growth:?}, see {}", chart.display());
}
