//! Measures the gateway as a process of its own, beside what the daemons, the disk and HTTP allow without it,
//! on one machine in one run. `just bench` runs all of it, `--list` says what there is, and `--page` writes
//! `target/bench-report.md` and the figures and pictures of `docs/performance.md`.
//!
//! Nothing here fails because something is slow. `cargo test --bench gateway` runs each measurement once, small,
//! so that none rots; figures of such a run say nothing.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout
)]

mod arguments;
mod compare;
mod control;
mod dadns;
mod dns;
mod figures;
mod load;
mod measure;
mod page;
mod plot;
mod setup;
// The tests start the same daemons; each user takes a part of it.
#[allow(dead_code)]
#[path = "../../tests/support/mod.rs"]
mod support;
mod zones;

use arguments::{Arguments, Mode};
use figures::{Figures, Row};

fn main() {
    match Arguments::read().mode() {
        Mode::List => measure::list(),
        Mode::Page => page::write(&Figures::load()),
        Mode::Compare(runs, rounds, chosen) => compare::run(&runs, rounds, &chosen),
        Mode::Measure(run, chosen) => {
            let mut figures = Figures::load();
            for measurement in chosen {
                if !measurement.can_run() {
                    continue;
                }
                println!("{}: {}", measurement.names.join(", "), measurement.about);
                let mut sink = |row: Row| {
                    figures::print(&row);
                    // A small run shows that it runs, and nothing else.
                    if !run.small {
                        figures.put(row);
                        figures.save();
                    }
                };
                (measurement.gateway)(&run, &mut sink);
                (measurement.limits)(&run, &mut sink);
            }
        }
    }
}
