//! CPU time of a single push: each comes alone, at a steady pace.

use std::thread::sleep;
use std::time::{Duration, Instant};

use super::Measurement;
use crate::arguments::Run;
use crate::figures::{Row, Sink};
use crate::setup::{Setup, Way};
use crate::zones::FIRST;

pub const CPU: Measurement = Measurement {
    names: &["cpu"],
    about: "CPU time of the gateway for one push of a changed zone, 100 of them a second, each alone",
    needs: &[],
    on_request: false,
    gateway,
    limits: |_, _| (),
};

const PACE: Duration = Duration::from_millis(10);
/// Zones that change in turn.
const ZONES: usize = 1_000;

fn gateway(run: &Run, sink: &mut Sink) {
    for way in run.ways(Way::ALL) {
        sink(measured(run, way));
    }
}

fn measured(run: &Run, way: Way) -> Row {
    let zones = if run.small { run.zones } else { ZONES };
    let setup = Setup::filled(run, way, zones);
    let mut connection = setup.dadns.connect();
    // What it takes without pushes is not theirs.
    let (began, before) = (Instant::now(), setup.dadns.cpu());
    sleep(run.flood / 4);
    let idle = (setup.dadns.cpu() - before).as_secs_f64() / began.elapsed().as_secs_f64();
    let (began, before) = (Instant::now(), setup.dadns.cpu());
    let mut pushed = 0;
    while began.elapsed() < run.flood {
        connection.push(pushed % zones, FIRST + 1 + (pushed / zones) as u32);
        pushed += 1;
        sleep((PACE * pushed as u32).saturating_sub(began.elapsed()));
    }
    setup.dadns.until_verified(setup.backend);
    let (took, cpu) = (began.elapsed().as_secs_f64(), setup.dadns.cpu() - before);
    let each = (cpu.as_secs_f64() - idle * took) / pushed as f64;
    Row::new("cpu", way.subject(), zones)
        .with("CPU ms a push", each * 1_000.0)
        .with("CPU ms a second without", idle * 1_000.0)
}
