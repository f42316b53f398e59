//! Many new zones at once: how long until all of them are served.

use std::fmt::Write;
use std::thread;
use std::time::Instant;

use super::Measurement;
use super::single::{holding, stanza};
use crate::arguments::{CONNECTIONS, Run};
use crate::control::Control;
use crate::dns::Asked;
use crate::figures::{Row, Sink};
use crate::load::{Until, flood};
use crate::setup::{Setup, Way};
use crate::zones::{FIRST, name, push, text};

pub const BULK: Measurement = Measurement {
    names: &["bulk"],
    about: "many new zones at once, from the first push until the last zone is served",
    needs: &[],
    on_request: false,
    gateway,
    limits,
};

fn gateway(run: &Run, sink: &mut Sink) {
    for way in run.ways(&[Way::Builtin, Way::Include, Way::Addzone]) {
        sink(bulk("bulk", run, way));
    }
}

/// Pushes many zones and waits until all are served, and verified.
pub fn bulk(measurement: &str, run: &Run, way: Way) -> Row {
    let setup = Setup::start(run, way);
    let dadns = &setup.dadns;
    let began = Instant::now();
    let (accepted, served) = thread::scope(|scope| {
        let served = setup.dns.map(|dns| {
            scope.spawn(move || {
                Asked::at(dns).until_all(0..run.zones, FIRST);
                began.elapsed()
            })
        });
        let until = Until::Count(run.zones);
        let accepted = flood(dadns.http, CONNECTIONS, until, |number| push(number, FIRST));
        dadns.until_verified(setup.backend);
        (accepted, served.map(|served| served.join().unwrap()))
    });
    let verified = began.elapsed();
    if let Some(mariadb) = setup.mariadb() {
        let found = mariadb.query("SELECT COUNT(*) FROM zones");
        assert_eq!(found[0][0], run.zones.to_string());
    }
    let last = served.unwrap_or(verified).as_secs_f64();
    let row = Row::new(measurement, way.subject(), run.zones)
        .with("per s", run.zones as f64 / last)
        .with("s until accepted", accepted.took.as_secs_f64());
    let row = match served {
        Some(served) => row.with("s until served", served.as_secs_f64()),
        None => row,
    };
    row.with("s until verified", verified.as_secs_f64())
}

fn limits(run: &Run, sink: &mut Sink) {
    if !run.ways(&[Way::Include, Way::Addzone]).is_empty() {
        sink(by_reconfig(run));
        sink(by_addzone(run));
    }
}

/// All files, one file of stanzas, one `reconfig`.
fn by_reconfig(run: &Run) -> Row {
    let named = holding(0);
    let began = Instant::now();
    let mut include = String::new();
    for number in 0..run.zones {
        let zone = name(number);
        let file = named.path(&format!("{zone}.zone"));
        std::fs::write(&file, text(&zone, FIRST)).unwrap();
        let _ = writeln!(
            include,
            "zone \"{zone}\" {};",
            stanza(&file.display().to_string())
        );
    }
    std::fs::write(named.include(), include).unwrap();
    let files = began.elapsed();
    Control::connect(named.control).call("reconfig").unwrap();
    Asked::at(named.dns).until_all(0..run.zones, FIRST);
    row("named alone, one reconfig", run, began, files)
}

/// The same, each by `addzone`, one after the other.
fn by_addzone(run: &Run) -> Row {
    let named = holding(0);
    let mut control = Control::connect(named.control);
    let began = Instant::now();
    let mut commands = Vec::new();
    for number in 0..run.zones {
        let zone = name(number);
        let file = named.path(&format!("{zone}.zone"));
        std::fs::write(&file, text(&zone, FIRST)).unwrap();
        commands.push(format!(
            "addzone \"{zone}\" {};",
            stanza(&file.display().to_string())
        ));
    }
    let files = began.elapsed();
    for command in commands {
        control.call(&command).unwrap();
    }
    row("named alone, addzone", run, began, files)
}

fn row(subject: &str, run: &Run, began: Instant, files: std::time::Duration) -> Row {
    let took = began.elapsed().as_secs_f64();
    Row::new("bulk", subject, run.zones)
        .with("per s", run.zones as f64 / took)
        .with("s until served", took)
        .with("s of it for files", files.as_secs_f64())
}
