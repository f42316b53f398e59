//! The commands beside `serve`.

use std::process::Command;

use crate::needs;
use crate::support::gateway::{Gateway, PASSWORD};
use crate::support::named::Named;
use crate::support::zone_text;

#[test]
fn config_check_shows_every_value_with_its_origin_and_no_secret() {
    let gateway = Gateway::start(&[]);
    let (status, shown, error) = gateway.command(&["config", "check"]);
    assert!(status.success(), "{error}");
    assert!(!shown.contains(PASSWORD), "{shown}");
    for part in [
        "app.auth_password",
        "app.yml",
        "DADNS_APP_LISTEN_PORT",
        "lanes.",
    ] {
        assert!(shown.contains(part), "{part} is missing in:\n{shown}");
    }
}

#[test]
fn a_bad_configuration_ends_with_1_and_the_place_of_the_mistake() {
    let directory = tempfile::TempDir::new().unwrap();
    let path = directory.path().join("app.yml");
    std::fs::write(&path, "log_level: INFO\napp:\n  listen_prot: 2222\n").unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_dadns"))
        .args(["config", "check", "--config"])
        .arg(&path)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let error = String::from_utf8(output.stderr).unwrap();
    for part in ["app.yml", "3", "listen_prot", "listen_port"] {
        assert!(error.contains(part), "{part} is missing in:\n{error}");
    }
}

#[test]
fn status_and_zones_tell_what_the_gateway_knows() {
    needs!("named", "dig");
    let named = Named::start();
    let gateway = Gateway::start(&[named.backend("bind")]);
    gateway.push("a.example", &zone_text("a.example", 42, "192.0.2.1"));
    gateway.until("a.example", "served");
    let (_, shown, _) = gateway.command(&["status"]);
    assert!(
        shown.contains("is ok") && shown.contains("1 zone, 6 records"),
        "{shown}"
    );
    assert!(shown.contains("bind: ok, 0 pending"), "{shown}");
    let (_, shown, _) = gateway.command(&["zones"]);
    assert!(
        shown.contains("a.example") && shown.contains("42"),
        "{shown}"
    );
    let (_, shown, _) = gateway.command(&["zones", "a.example"]);
    assert!(shown.contains("verified: revision 1, serial 42"), "{shown}");
    let (status, _, error) = gateway.command(&["zones", "b.example"]);
    assert_eq!(status.code(), Some(1));
    assert!(error.contains("never been pushed"), "{error}");
    let (_, json, _) = gateway.command(&["zones", "a.example", "--json"]);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["backends"][0]["verified_serial"], 42);
}

#[test]
fn the_password_is_never_handed_to_a_proxy() {
    let gateway = Gateway::start(&[]);
    // Nobody listens there: whoever asks by way of it fails.
    let proxy = "http://127.0.0.1:1";
    let variables = [
        "http_proxy",
        "HTTP_PROXY",
        "https_proxy",
        "all_proxy",
        "ALL_PROXY",
    ];
    let output = Command::new(env!("CARGO_BIN_EXE_dadns"))
        .arg("--config")
        .arg(gateway.config())
        .arg("status")
        .env("DADNS_APP_LISTEN_PORT", gateway.address.port().to_string())
        .envs(variables.map(|name| (name, proxy)))
        .env_remove("no_proxy")
        .env_remove("NO_PROXY")
        .output()
        .unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{error}");
}

#[test]
fn asking_a_gateway_that_does_not_run_says_so() {
    let mut gateway = Gateway::start(&[]);
    gateway.kill();
    let (status, _, error) = gateway.command(&["status"]);
    assert_eq!(status.code(), Some(1));
    assert!(error.contains("is it running"), "{error}");
}

#[test]
fn with_the_default_password_it_listens_on_this_machine_only_and_says_so() {
    let directory = tempfile::TempDir::new().unwrap();
    let path = directory.path().join("app.yml");
    let queues = directory.path().join("queues");
    let config = format!(
        "queue_location: {}\napp: {{listen_port: 0}}\n\
         dns: {{backends: {{builtin: {{enabled: false}}}}}}\n",
        queues.display()
    );
    std::fs::write(&path, config).unwrap();
    let mut process = crate::support::process::Process::start(
        "dadns",
        Command::new(env!("CARGO_BIN_EXE_dadns"))
            .arg("--config")
            .arg(&path),
    );
    let line = process.line("where it listens", |line| line.contains("Listening on"));
    assert!(line.contains("http://127.0.0.1:"), "{line}");
    assert!(line.contains("app.auth_password"), "{line}");
}

#[test]
fn two_gateways_do_not_share_a_store() {
    let gateway = Gateway::start(&[]);
    let output = Command::new(env!("CARGO_BIN_EXE_dadns"))
        .arg("--config")
        .arg(gateway.config())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.contains("in use by another process"), "{error}");
}
