//! What values mean and how they are shown.

use std::path::Path;

use dadns::config::Config;

use super::{load, problems, problems_with, shown};

#[test]
fn scalars_of_any_spelling_become_what_their_key_takes() {
    let text = "app: {auth_password: 012345, auth_username: yes, proxy_support: 1, \
                check_subdomain_owner_in_cluster_domainowners: 0, trusted_proxies: 10.1.2.3, \
                listen_port: \"8080\", ssl_enable: Off}\nlog_level: success\nlog_json: YES\n";
    let Config { app, logging, .. } = load(text).config;
    assert_eq!(app.auth_password.expose(), "012345");
    assert_eq!(app.auth_username, "yes");
    assert!(app.proxy_support && !app.check_subdomain_owner_in_cluster_domainowners);
    assert_eq!(app.trusted_proxies[0].to_string(), "10.1.2.3/32");
    assert_eq!((app.listen_port, app.tls()), (8080, None));
    assert_eq!((logging.level.name(), logging.json), ("SUCCESS", true));
}

#[test]
fn an_alias_stands_for_what_it_names() {
    let loaded = load("dns: {backends: {bind: &b {control: none}, bind_2: *b}}\n");
    assert_eq!(shown(&loaded, "dns.backends.bind_2.control").0, "-");
}

#[test]
fn a_secret_is_never_shown() {
    let secret = "hunter2-x";
    let file = format!(
        "app: {{auth_password: {secret}}}\ndns: {{backends: {{coredns_1: {{password: {secret}}}}}}}\n"
    );
    let loaded = load(&file);
    for shown in [
        format!("{loaded:?}"),
        format!("{:?}", loaded.config),
        loaded.to_string(),
    ] {
        assert!(!shown.contains(secret), "{shown}");
        assert!(shown.contains("********"), "{shown}");
    }
    let wrong = problems_with(&file, &[("DADNS_APP_AUTH_PASSWORD", "hunter2\n")]);
    assert!(!wrong.concat().contains("hunter2"), "{wrong:#?}");
    let wrong = problems("app: {auth_password: [hunter2]}\n");
    assert!(!wrong.concat().contains("hunter2"), "{wrong:#?}");
    let json = serde_json::to_string(&loaded.config.app.auth_password).unwrap();
    assert_eq!(json, "\"********\"");
}

#[test]
fn the_report_is_in_columns_and_ends_with_the_warnings() {
    let report = load("app: {listen_port: 80}\n").to_string();
    let column = |needle: &str| {
        let line = report
            .lines()
            .find(|line| line.starts_with(needle))
            .unwrap();
        line.find("built-in default").unwrap()
    };
    assert_eq!(column("timezone"), column("app.auth_password"));
    assert!(report.contains("app.yml:1\n"), "{report}");
    assert!(
        report
            .lines()
            .last()
            .unwrap()
            .starts_with("warning: built-in default: "),
        "{report}"
    );
}

#[test]
fn with_the_default_password_only_this_machine_is_listened_to() {
    let address = |text: &str| load(text).config.app.listen_addr().address.to_string();
    assert_eq!(address(""), "127.0.0.1:2222");
    assert_eq!(address("app: {listen_host: 0.0.0.0}"), "127.0.0.1:2222");
    assert_eq!(address("app: {listen_host: \"::\"}"), "[::1]:2222");
    assert_eq!(address("app: {listen_host: 127.0.0.2}"), "127.0.0.2:2222");
    assert_eq!(address("app: {auth_password: own}"), "[::]:2222");
    assert_eq!(
        address("app: {auth_password: own, listen_host: 10.0.0.1}"),
        "10.0.0.1:2222"
    );
    let warned = load("app: {listen_host: 0.0.0.0}").warnings;
    assert!(
        warned[0]
            .message
            .contains("listening on 127.0.0.1:2222 only"),
        "{warned:#?}"
    );
}

#[test]
fn tls_needs_its_files() {
    assert!(problems("app: {ssl_enable: true}")[0].contains("needs app.ssl_cert"));
    assert!(problems("app: {ssl_enable: true, ssl_cert: /c}")[0].contains("needs app.ssl_key"));
    let config = load("app: {ssl_enable: true, ssl_cert: /c, ssl_key: /k}").config;
    let tls = config.app.tls().unwrap();
    assert_eq!(
        (tls.cert, tls.key, tls.bundle),
        (Path::new("/c"), Path::new("/k"), None)
    );
    assert!(
        load("app: {ssl_cert: /c}")
            .warnings
            .iter()
            .any(|w| w.message.contains("plain HTTP"))
    );
}

#[test]
fn the_default_password_is_the_one_that_is_shipped() {
    assert!(load("").config.app.has_default_password());
}

#[test]
fn a_name_of_the_system_stands_in_for_the_host_name() {
    let app = load("").config.app;
    let system = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap();
    assert_eq!(app.hostname(), system.trim());
}

const SEVERAL: &str =
    "cluster:\n  engine: etcd\n  node: left\n  endpoints: [\"http://127.0.0.1:2379\"]\n";

#[test]
fn pools_at_one_of_several_nodes_are_refused() {
    let pools = "registry:\n  enabled: true\n  pools: [{name: vms, networks: [10.0.8.0/24]}]\n";
    load(pools);
    let problems = problems(&format!("{pools}{SEVERAL}"));
    assert!(
        problems[0].contains("would give one address twice"),
        "{problems:?}"
    );
}

#[test]
fn a_registry_at_one_of_several_nodes_is_warned_of() {
    let registry = "registry:\n  enabled: true\n";
    let several = SEVERAL;
    let tells = |text: &str| {
        let loaded = load(text);
        let mut messages = loaded.warnings.iter().map(|warning| &warning.message);
        messages.any(|message| message.contains("one node at a time publishes"))
    };
    assert!(tells(&format!("{registry}{several}")));
    assert!(!tells(registry));
    assert!(!tells(several));
}
