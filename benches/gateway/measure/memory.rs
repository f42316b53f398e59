//! Resident memory with zones that were pushed and are verified.

use super::Measurement;
use crate::arguments::Run;
use crate::figures::{Row, Sink};
use crate::setup::{Setup, Way};

pub const MEMORY: Measurement = Measurement {
    names: &["memory"],
    about: "resident memory after so many pushes, when all is verified, with one backend alone",
    needs: &[],
    on_request: false,
    gateway,
    limits: |_, _| (),
};

fn gateway(run: &Run, sink: &mut Sink) {
    for way in run.ways(Way::ALL) {
        let setup = Setup::start(run, way);
        let empty = setup.dadns.memory();
        let (mut present, mut sizes) = (0, run.present.clone());
        sizes.sort_unstable();
        for size in sizes {
            setup.fill(present, size);
            present = size;
            let row = Row::new("memory", way.subject(), present);
            sink(
                row.with("MB", setup.dadns.memory())
                    .with("MB when empty", empty),
            );
        }
    }
}
