//! What is measured, of which binary, and how long.

use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;

use super::measure::{self, Measurement};
use super::setup::Way;

/// The binary that was built with this program.
const BUILT: &str = env!("CARGO_BIN_EXE_dadns");

/// Measures the gateway beside what daemons, disk and HTTP allow without it.
#[derive(Debug, Parser)]
pub struct Arguments {
    /// What to measure, by the names of --list; nothing: all that is not said to be on request only.
    names: Vec<String>,
    /// Lists what can be measured.
    #[arg(long)]
    list: bool,
    /// Writes target/bench-report.md, and figures and pictures of docs/performance.md, from what was measured.
    #[arg(long)]
    page: bool,
    /// Each once, with few zones: shows that it runs.
    #[arg(long)]
    small: bool,
    /// The dadns to measure.
    #[arg(long, default_value = BUILT)]
    binary: PathBuf,
    /// Compares two binaries, in turns.
    #[arg(long, num_args = 2, value_names = ["OLD", "NEW"])]
    compare: Option<Vec<PathBuf>>,
    /// How often each of them has its turn.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Numbers of zones present.
    #[arg(long, value_delimiter = ',', default_value = "100,1000,10000")]
    present: Vec<usize>,
    /// Only these ways to serve: builtin, include, addzone, mysql.
    #[arg(long, value_delimiter = ',')]
    way: Vec<Way>,
    /// How long a flood takes.
    #[arg(long, default_value_t = 8.0)]
    seconds: f64,
    /// Zones that are pushed one by one.
    #[arg(long, default_value_t = 200)]
    samples: usize,
    /// Zones that are pushed at once.
    #[arg(long, default_value_t = 10_000)]
    zones: usize,
    /// `cargo bench` says so; `cargo test` does not, and then everything is small.
    #[arg(long, hide = true)]
    bench: bool,
}

/// What is to be done.
pub enum Mode {
    /// Say what can be measured.
    List,
    /// Write report, page and pictures.
    Page,
    /// Measure two binaries in turns, so many times.
    Compare([Run; 2], usize, Vec<&'static Measurement>),
    /// Measure one.
    Measure(Run, Vec<&'static Measurement>),
}

/// How a measurement runs.
#[derive(Debug, Clone)]
pub struct Run {
    /// The dadns to measure.
    pub binary: PathBuf,
    /// Whether it only shows that it runs.
    pub small: bool,
    /// Numbers of zones present.
    pub present: Vec<usize>,
    /// Ways to serve; none: all that the measurement has.
    ways: Vec<Way>,
    /// How long a flood takes.
    pub flood: Duration,
    /// Zones that are pushed one by one.
    pub samples: usize,
    /// How long that may take, for each number of zones present.
    pub patience: Duration,
    /// Zones that are pushed at once.
    pub zones: usize,
}

/// Connections of a flood.
pub const CONNECTIONS: usize = 64;

impl Arguments {
    /// Those of this process.
    pub fn read() -> Self {
        Self::parse()
    }

    /// What they ask for.
    pub fn mode(self) -> Mode {
        let small = self.small || !self.bench;
        match self {
            Self { list: true, .. } => return Mode::List,
            Self { page: true, .. } => return Mode::Page,
            _ => (),
        }
        let chosen = measure::chosen(&self.names);
        let run = |binary: &PathBuf| Run {
            binary: binary.clone(),
            small,
            present: if small {
                vec![10]
            } else {
                self.present.clone()
            },
            ways: self.way.clone(),
            flood: Duration::from_secs_f64(if small { 0.2 } else { self.seconds }),
            samples: if small { 3 } else { self.samples },
            patience: Duration::from_secs(20),
            zones: if small { 30 } else { self.zones },
        };
        match &self.compare {
            Some(binaries) => {
                Mode::Compare([run(&binaries[0]), run(&binaries[1])], self.rounds, chosen)
            }
            None => Mode::Measure(run(&self.binary), chosen),
        }
    }
}

impl Run {
    /// Those of these ways to serve that are asked for, whose daemons are installed and that the binary knows.
    pub fn ways(&self, ways: &[Way]) -> Vec<Way> {
        let asked = |way: &Way| self.ways.is_empty() || self.ways.contains(way);
        let ways = ways.iter().copied().filter(asked);
        ways.filter(|way| way.is_known(&self.binary)).collect()
    }
}
