//! A million zones on the built-in server: filling, memory, a push, a restart, a pass of the check.

use super::Measurement;
use crate::arguments::Run;
use crate::figures::Row;
use crate::setup::{Setup, Way};

pub const MILLION: Measurement = Measurement {
    names: &["million"],
    about: "a great number of zones on the built-in server: fill, memory, push, restart, check (--held says how many)",
    needs: &[],
    on_request: true,
    gateway,
    limits: |_| Vec::new(),
};

fn gateway(run: &Run) -> Vec<Row> {
    let held = run.held.iter().copied().max().unwrap_or_default();
    let setup = Setup::start(run, Way::Builtin);
    let flood = setup.fill(0, held);
    let row = Row::new("million", Way::Builtin.subject(), held);
    vec![
        row.with("pushes/s", flood.rate())
            .with("MB", setup.dadns.memory()),
    ]
}
