//! No more file descriptors.

use super::Starved;
use crate::alone;
use crate::host::{left_out, open_files, run};
use crate::support::{eventually, test_name};

#[test]
fn without_file_descriptors_the_server_answers_and_all_goes_on_when_there_are_some_again() {
    let _alone = alone();
    let mut starved = Starved::prepare();
    starved.run();
    let pid = starved.gateway.process().unwrap().id();
    let limit = |files: usize| {
        let (pid, files) = (pid.to_string(), format!("--nofile={files}:"));
        run("prlimit", &["--pid", &pid, &files])
    };
    let before = run(
        "prlimit",
        &[
            "--pid",
            &pid.to_string(),
            "--nofile",
            "--raw",
            "--noheadings",
            "-o",
            "SOFT",
        ],
    );
    let Some(before) = before.ok().and_then(|soft| soft.parse().ok()) else {
        return left_out(&test_name(), "there is no prlimit");
    };
    // One is left, for a master that connects: its push finds none to write with.
    eventually("the connections of before are closed", || {
        limit(open_files(pid) + 1).ok()?;
        let answer = starved.push();
        (answer.starts_with("error=1&") && answer.contains("Too+many+open+files")).then_some(())
    });
    crate::clients::udp(starved.dns).unwrap();
    starved.gateway.logs("the store can no longer be written: ");
    limit(before).unwrap();
    starved.recovers();
}
