//! A great number of zones on the built-in server: filling, memory, pushes, transfers, a pass of the check, a
//! restart. `just bench-million` says a million.

use std::net::TcpStream;
use std::time::Instant;

use super::Measurement;
use super::single::one_by_one;
use crate::arguments::Run;
use crate::dns::{Asked, transfer};
use crate::figures::{Row, Sink};
use crate::setup::{Setup, Way};
use crate::zones::{FIRST, name};

pub const MILLION: Measurement = Measurement {
    names: &["million"],
    about: "a great number of zones (--present) on the built-in server with a catalog zone",
    needs: &[],
    on_request: true,
    gateway,
    limits: |_, _| (),
};

/// The name of the catalog zone.
const CATALOG: &str = "catalog.example";
/// Zones that are transferred one after the other.
const TRANSFERS: usize = 10_000;

fn gateway(run: &Run, sink: &mut Sink) {
    let present = run.present.iter().copied().max().unwrap_or_default();
    let keys = format!("      catalog_zone: {CATALOG}\n");
    let mut setup = Setup::start_with(run, Way::Builtin, "", &keys);
    let dns = setup.dns.unwrap();
    let row = |what: &str| Row::new("million", what, present);

    let began = Instant::now();
    let flood = setup.fill(0, present);
    let filled = row("filled by pushes")
        .with("per s", flood.rate())
        .with("s", began.elapsed().as_secs_f64());
    sink(
        filled
            .with("memory MB", setup.dadns.memory())
            .with("disk MB", setup.dadns.store()),
    );

    let (served, _) = one_by_one(run, &setup, |turn| (present + turn, FIRST));
    sink(row("one new zone until served").with_times(&served.unwrap()));
    let (served, _) = one_by_one(run, &setup, |turn| (turn * 7_919 % present, FIRST + 1));
    sink(row("one changed zone until served").with_times(&served.unwrap()));

    let mut stream = TcpStream::connect(dns).unwrap();
    let began = Instant::now();
    let octets = transfer(&mut stream, CATALOG);
    let took = began.elapsed().as_secs_f64();
    sink(
        row("transfer of the catalog zone")
            .with("s", took)
            .with("transferred MB", octets as f64 / 1e6),
    );
    let count = TRANSFERS.min(present);
    let began = Instant::now();
    let octets: usize = (0..count)
        .map(|number| transfer(&mut stream, &name(number * (present / count))))
        .sum();
    let took = began.elapsed().as_secs_f64();
    let transfers = row("transfers of zones, one connection").with("per s", count as f64 / took);
    sink(
        transfers
            .with("s", took)
            .with("transferred MB", octets as f64 / 1e6),
    );

    let began = Instant::now();
    setup.dadns.command(&["verify", "--all"]);
    let took = began.elapsed().as_secs_f64();
    let pass = row("a pass of the check").with("per s", present as f64 / took);
    sink(pass.with("s", took).with("memory MB", setup.dadns.memory()));

    let took = setup.dadns.restart();
    Asked::at(dns).until(&name(present - 1), FIRST);
    let started = row("a start, until it answers for the last zone")
        .with("per s", present as f64 / took.as_secs_f64());
    sink(
        started
            .with("s", took.as_secs_f64())
            .with("memory MB", setup.dadns.memory()),
    );
}
