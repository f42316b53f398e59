//! Name servers that dadns runs: how they are shown, and what they are started through.

use std::ffi::OsString;

use clap::Args;

use crate::http::status::shape::ChildStatus;

/// What `dadns run-child` takes.
#[derive(Debug, Args)]
pub(super) struct RunChild {
    /// The process of dadns
    pub parent: u32,
    /// The program and its arguments
    #[arg(last = true, required = true)]
    pub words: Vec<OsString>,
}

/// The name server that dadns runs for a backend.
pub(super) fn shown(child: &ChildStatus) -> String {
    let again = match child.restarts {
        0 => String::new(),
        1 => ", started again once".to_owned(),
        times => format!(", started again {times} times"),
    };
    match (child.pid, &child.ended) {
        (Some(pid), _) => format!("process {pid}{again}"),
        (None, why) => {
            let why = why.as_deref().unwrap_or("it does not run");
            let next = child.next_start.map(|at| format!("; next start {at}"));
            format!("no process: {why}{again}{}", next.unwrap_or_default())
        }
    }
}
