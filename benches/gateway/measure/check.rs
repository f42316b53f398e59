//! The check: a pass over all zones at full speed, and what the continuous one takes at its default rate.

use std::thread::sleep;
use std::time::Instant;

use super::Measurement;
use crate::arguments::Run;
use crate::figures::{Row, Sink};
use crate::setup::{Setup, Way};

pub const CHECK: Measurement = Measurement {
    names: &["check"],
    about: "a pass of the check over all zones (`dadns verify --all`), and CPU of the continuous check at its default rate",
    needs: &[],
    on_request: false,
    gateway,
    limits: |_, _| (),
};

fn gateway(run: &Run, sink: &mut Sink) {
    for way in run.ways(Way::ALL) {
        for present in &run.present {
            sink(checked(run, way, *present));
        }
    }
}

fn checked(run: &Run, way: Way, present: usize) -> Row {
    // The next pass begins at once: otherwise it would rest most of the time.
    let mut setup = Setup::start_with(run, way, "check:\n  every_seconds: 1\n", "");
    setup.fill(0, present);
    let began = Instant::now();
    setup.dadns.command(&["verify", "--all"]);
    let pass = began.elapsed().as_secs_f64();
    setup.dadns.restart();
    let (began, before) = (Instant::now(), setup.dadns.cpu());
    sleep(run.flood);
    let cpu = (setup.dadns.cpu() - before).as_secs_f64() / began.elapsed().as_secs_f64();
    Row::new("check", way.subject(), present)
        .with("per s", present as f64 / pass)
        .with("s a pass", pass)
        .with("CPU % continuously", cpu * 100.0)
}
