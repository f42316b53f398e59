//! Name servers that dadns runs.

use std::process::Command;

use crate::needs;
use crate::support::dns::NameServer;
use crate::support::gateway::Gateway;
use crate::support::named::Named;
use crate::support::{eventually, find, zone_text};

const ZONE: &str = "a.example";

/// The backend of a named that dadns runs.
fn backend(named: &Named) -> String {
    format!(
        "{}      child_command: [{}, -g, -n, \"2\", -c, {}]\n",
        named.backend("bind"),
        find("named").unwrap().display(),
        named.path("named.conf").display()
    )
}

/// The process of the backend, once it is not `before`.
fn process(gateway: &Gateway, before: u64) -> u64 {
    eventually("named runs", || {
        let status = gateway.json("/status");
        let pid = status["backends"][0]["child"]["pid"].as_u64();
        pid.filter(|&pid| pid != before)
    })
}

/// Whether a process is there; one that nobody waits for any more is not.
fn runs(pid: u64) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"));
    stat.is_ok_and(|stat| !stat.contains(") Z "))
}

fn kill(pid: u64) {
    let sent = Command::new("kill")
        .args(["-KILL", &pid.to_string()])
        .status();
    let sent = sent.unwrap();
    assert!(sent.success());
}

#[test]
fn a_name_server_that_dadns_runs_is_started_again_when_it_ends_and_stopped_last() {
    needs!("named", "dig");
    let named = Named::prepare();
    let mut gateway = Gateway::start(&[backend(&named)]);
    gateway.push(ZONE, &zone_text(ZONE, 1, "192.0.2.1"));
    gateway.until(ZONE, "served");
    gateway.logs("bind prints: ");
    let first = process(&gateway, 0);
    assert_eq!(gateway.get("/health"), "{\"status\":\"ok\"}");
    let shown = gateway.get("/metrics");
    assert!(
        shown.contains("dadns_child_up{backend=\"bind\"} 1"),
        "{shown}"
    );

    kill(first);
    gateway.logs("ended: signal 9; it is started again in 1 s");
    let second = process(&gateway, first);
    gateway.push(ZONE, &zone_text(ZONE, 2, "192.0.2.2"));
    gateway.until(ZONE, "served");
    assert_eq!(
        named.dig(&["+short", "www.a.example", "A"]).trim(),
        "192.0.2.2"
    );
    let (_, shown, _) = gateway.command(&["status"]);
    assert!(
        shown.contains(&format!("process {second}, started again once")),
        "{shown}"
    );

    let (status, log) = gateway.terminate();
    assert!(status.success(), "{log}");
    let stopped = format!("bind: process {second} was stopped");
    let (before, _) = log.split_once(&stopped).unwrap_or_else(|| panic!("{log}"));
    assert!(before.contains("SIGTERM: stopping"), "{log}");
    assert!(!runs(first) && !runs(second));
}

#[test]
fn a_name_server_ends_with_dadns_even_if_that_is_killed() {
    needs!("named");
    let named = Named::prepare();
    let mut gateway = Gateway::start(&[backend(&named)]);
    let pid = process(&gateway, 0);
    gateway.kill();
    eventually("named ends", || (!runs(pid)).then_some(()));
}

#[test]
fn a_name_server_that_cannot_run_is_started_later_and_later_and_said_to_be_missing() {
    let named = Named::prepare();
    let backend =
        named.backend("bind") + "      child_command: [/bin/sh, -c, \"echo no && exit 3\"]\n";
    let mut gateway = Gateway::start(&[backend]);
    gateway.logs("bind prints: no");
    gateway.logs("ended: exit status 3; it is started again in 1 s");
    assert_eq!(gateway.get("/health"), "{\"status\":\"degraded\"}");
    let status = gateway.json("/status");
    assert_eq!(status["state"], "degraded");
    gateway.logs("ended: exit status 3; it is started again in 2 s");
    let shown = gateway.get("/metrics");
    assert!(
        shown.contains("dadns_child_up{backend=\"bind\"} 0"),
        "{shown}"
    );
    let (status, _) = gateway.terminate();
    assert!(status.success());
}
