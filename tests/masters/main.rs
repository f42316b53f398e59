//! Masters as the gateway asks them, and what it makes of their answers.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

// Each test target uses a part of it.
#[allow(dead_code)]
#[path = "../support/mod.rs"]
mod support;

mod lists;
mod login;
mod texts;
mod tls;

use std::time::Duration;

use dadns::config::Config;
use dadns::masters::{MasterError, Settings, ZoneList};
use support::master::{ADMIN_PASSWORD, Fault, Master};

/// Most bytes of a zone text.
const MAX_ZONE: usize = 4096;

/// The section that has this master, with further keys.
fn settings(master: &Master, keys: &str) -> Settings {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("app.yml");
    let text = format!(
        "reconciliation: {{directadmin_servers: [{}], ipp: 3, {keys}}}\n",
        master.settings()
    );
    std::fs::write(&path, text).unwrap();
    let none = std::iter::empty::<(String, String)>();
    Config::load(Some(&path), none).unwrap().config.masters
}

fn client_of(settings: &Settings) -> dadns::masters::Master {
    dadns::masters::Master::new(&settings.servers[0], settings, MAX_ZONE).unwrap()
}

fn client(master: &Master) -> dadns::masters::Master {
    client_of(&settings(master, ""))
}

fn wait<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    runtime.unwrap().block_on(future)
}

fn zones(client: &dadns::masters::Master) -> Result<ZoneList, MasterError> {
    let zones = wait(client.zones());
    if let Err(error) = &zones {
        for shown in [
            error.to_string(),
            format!("{error:?}"),
            format!("{client:?}"),
        ] {
            assert!(!shown.contains(ADMIN_PASSWORD), "{shown}");
        }
    }
    zones
}

fn text(client: &dadns::masters::Master, zone: &str) -> Result<Vec<u8>, MasterError> {
    wait(client.zone_text(&zone.parse().unwrap()))
}

/// The names of the list.
fn names(list: &ZoneList) -> Vec<&str> {
    list.zones.keys().map(|name| name.as_str()).collect()
}

/// Seven zones: three pages.
const SEVEN: [&str; 7] = ["a.x", "b.x", "c.x", "d.x", "e.x", "f.x", "g.x"];

fn fill(master: &Master) {
    for name in SEVEN {
        master.put(name, Some("bob"), "");
    }
}

/// A master with [`SEVEN`] that goes wrong.
fn faulty(fault: Fault) -> Master {
    let master = Master::start();
    fill(&master);
    master.fault(fault);
    master
}

/// Short enough to wait for, long enough for a busy machine to answer a request that goes well.
const IMPATIENT: Duration = Duration::from_secs(2);
