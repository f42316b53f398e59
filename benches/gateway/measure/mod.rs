//! What can be measured: one file each, with what the gateway comes to and what limits it.

mod accept;
mod bulk;
mod check;
mod cpu;
mod memory;
mod million;
mod mysql;
mod single;

use super::arguments::Run;
use super::figures::Sink;
use super::support::find;

/// A measurement.
pub struct Measurement {
    /// The names that choose it, which are those of its rows.
    pub names: &'static [&'static str],
    /// What it measures.
    pub about: &'static str,
    /// Programs that it needs.
    pub needs: &'static [&'static str],
    /// Whether it has to be asked for by name.
    pub on_request: bool,
    /// What the gateway comes to.
    pub gateway: fn(&Run, &mut Sink),
    /// What it cannot exceed.
    pub limits: fn(&Run, &mut Sink),
}

/// All of them, in the order of the report.
pub const ALL: &[Measurement] = &[
    accept::ACCEPT,
    single::SINGLE,
    bulk::BULK,
    mysql::MYSQL,
    memory::MEMORY,
    cpu::CPU,
    check::CHECK,
    million::MILLION,
];

/// Those of these names; without names, all that are not on request only.
pub fn chosen(names: &[String]) -> Vec<&'static Measurement> {
    let named = |measurement: &Measurement| {
        measurement
            .names
            .iter()
            .any(|own| names.iter().any(|name| name == own))
    };
    for name in names {
        let known = ALL
            .iter()
            .any(|measurement| measurement.names.contains(&name.as_str()));
        assert!(
            known,
            "there is no measurement {name}: --list says which there are"
        );
    }
    let all = ALL.iter();
    let all = all.filter(|one| {
        if names.is_empty() {
            !one.on_request
        } else {
            named(one)
        }
    });
    all.collect()
}

/// Says what there is.
pub fn list() {
    for Measurement {
        names,
        about,
        on_request,
        ..
    } in ALL
    {
        let note = if *on_request { " (on request)" } else { "" };
        println!("{:20} {about}{note}", names.join(", "));
    }
}

impl Measurement {
    /// Whether its programs are installed; those that are not are said.
    pub fn can_run(&self) -> bool {
        let missing: Vec<_> = self
            .needs
            .iter()
            .filter(|program| find(program).is_none())
            .collect();
        if !missing.is_empty() {
            println!(
                "LEFT OUT: {}: not installed: {missing:?}",
                self.names.join(", ")
            );
        }
        missing.is_empty()
    }
}
