//! One zone after the other, each pushed when the one before is verified: how long it takes until it is served.

use std::fmt::Write;
use std::time::Instant;

use super::Measurement;
use crate::arguments::Run;
use crate::control::Control;
use crate::dns::Asked;
use crate::figures::{Row, Sink, Times};
use crate::setup::{Setup, Way};
use crate::support::named::Named;
use crate::zones::{FIRST, name, request, text};

pub const SINGLE: Measurement = Measurement {
    names: &["new", "changed"],
    about: "one zone at a time, from its push until it is served, and until it is verified",
    needs: &[],
    on_request: false,
    gateway,
    limits,
};

fn gateway(run: &Run, sink: &mut Sink) {
    for way in run.ways(Way::ALL) {
        for present in &run.present {
            let setup = Setup::filled(run, way, *present);
            let new = one_by_one(run, &setup, |turn| (present + turn, FIRST));
            sink(row("new", way.subject(), *present, new));
            // Each is another zone, where there are enough of them.
            let changed = one_by_one(run, &setup, |turn| {
                (turn * 7_919 % present, FIRST + 1 + turn as u32)
            });
            sink(row("changed", way.subject(), *present, changed));
        }
    }
}

/// Until served, where the zone is served over DNS, and until verified.
type Both = (Option<Times>, Times);

fn row(what: &str, subject: &str, present: usize, (served, verified): Both) -> Row {
    let row = Row::new(what, subject, present);
    let row = match &served {
        Some(served) => row.with_times(served),
        None => row,
    };
    row.with("verified p50 ms", verified.at(0.5))
        .with("verified p99 ms", verified.at(0.99))
}

/// Pushes the zones with the number and serial that `turn` gives, until there are enough or time is up.
pub fn one_by_one(run: &Run, setup: &Setup, turn: impl Fn(usize) -> (usize, u32)) -> Both {
    let asked = setup.dns.map(Asked::at);
    let (mut served, mut verified) = (Times::default(), Times::default());
    let mut connection = setup.dadns.connect();
    let began = Instant::now();
    for at in 0..run.samples {
        if began.elapsed() > run.patience {
            break;
        }
        let (number, serial) = turn(at);
        let zone = name(number);
        let pushed = Instant::now();
        connection.push(number, serial);
        if let Some(asked) = &asked {
            asked.until(&zone, serial);
            served.0.push(pushed.elapsed());
        }
        let wait = format!("/api/v1/zones/{zone}/wait?timeout_ms=60000");
        let waited = connection.call(&request("GET", &wait, ""));
        assert!(waited.contains("\"verified\":true"), "{waited}");
        verified.0.push(pushed.elapsed());
    }
    (asked.map(|_| served), verified)
}

fn limits(run: &Run, sink: &mut Sink) {
    if !run.ways(&[Way::Include, Way::Addzone]).is_empty() {
        for present in &run.present {
            bind_alone(run, *present).into_iter().for_each(&mut *sink);
        }
    }
    if !run.ways(&[Way::Mysql]).is_empty() {
        sink(super::mysql::one_alone(run));
    }
}

/// A named with so many zones, all of them of one file.
pub fn holding(zones: usize) -> Named {
    let mut named = Named::prepare();
    let options = "allow-new-zones yes;\nlmdb-mapsize 256M;\n";
    std::fs::write(named.path("options.conf"), options).unwrap();
    // Names within it are relative: it is the file of any zone.
    let file = named.path("any.zone");
    std::fs::write(&file, text("any.example", FIRST)).unwrap();
    let mut include = String::new();
    for number in 0..zones {
        let _ = writeln!(
            include,
            "zone \"{}\" {};",
            name(number),
            stanza(&file.display().to_string())
        );
    }
    std::fs::write(named.include(), include).unwrap();
    named.run();
    named
}

/// What a zone statement says.
pub fn stanza(file: &str) -> String {
    format!("{{ type primary; file \"{file}\"; check-names ignore; check-integrity no; }}")
}

/// `addzone` and `reload` over one kept connection, without the gateway.
fn bind_alone(run: &Run, present: usize) -> [Row; 2] {
    let named = holding(present);
    let mut control = Control::connect(named.control);
    let asked = Asked::at(named.dns);
    let (mut added, mut reloaded) = (Times::default(), Times::default());
    for turn in 0..run.samples {
        let zone = name(present + turn);
        let file = named.path(&format!("{zone}.zone"));
        std::fs::write(&file, text(&zone, FIRST)).unwrap();
        let command = format!(
            "addzone \"{zone}\" {};",
            stanza(&file.display().to_string())
        );
        let began = Instant::now();
        control.call(&command).unwrap();
        added.0.push(began.elapsed());
        assert_eq!(asked.serial(&zone), Some(FIRST));
        std::fs::write(&file, text(&zone, FIRST + 1)).unwrap();
        let began = Instant::now();
        control.call(&format!("reload \"{zone}\"")).unwrap();
        reloaded.0.push(began.elapsed());
    }
    [
        Row::new("new", "named alone, addzone", present).with_times(&added),
        Row::new("changed", "named alone, reload", present).with_times(&reloaded),
    ]
}
