//! The keys of databases that CoreDNS reads, and what is said about mistakes in them.

use std::path::Path;
use std::time::Duration;

use dadns_backends::coredns_mysql::{Plugin, Tls};

use super::{coredns_mysql, load, load_with, problems, shown};

/// A file with one enabled database that has these keys.
fn with(keys: &str) -> String {
    format!("dns:\n  backends:\n    coredns_1: {{enabled: true, {keys}}}\n")
}

#[test]
fn out_of_the_box_a_database_is_off_and_read_by_what_hosts_run() {
    let loaded = load("");
    let on = loaded
        .config
        .dns
        .enabled()
        .map(|backend| backend.id.as_str());
    assert_eq!(on.collect::<Vec<_>>(), ["builtin"]);
    let settings = coredns_mysql(&loaded, "coredns_mysql");
    assert_eq!((settings.host.as_str(), settings.port), ("127.0.0.1", 3306));
    assert_eq!(settings.tls, Tls::Preferred);
    assert_eq!(settings.pool_size, 4);
    assert_eq!(settings.connect_timeout, Duration::from_secs(5));
    assert_eq!(settings.timeout, Duration::from_secs(30));
    assert_eq!(settings.tables.zones.as_str(), "zones");
    assert_eq!(settings.tables.records.as_str(), "records");
    assert_eq!(settings.tables.changes.as_str(), "dadns_changes");
    assert!(settings.manage_schema);
    assert_eq!(settings.plugin, Plugin::MysqlExtend);
    assert_eq!(settings.dns_address, []);
}

#[test]
fn every_key_of_a_database_can_be_set() {
    let loaded = load(&with(
        "host: db.example.net, port: 3307, database: dns, username: writer, password: geheim, \
         tls: verify_identity, tls_ca: /etc/dadns/ca.pem, pool_size: 9, connect_timeout_ms: 100, \
         timeout_ms: 200, zones_table: z, records_table: r, changes_table: c, manage_schema: no, \
         plugin: dadns, dns_address: ['192.0.2.53:53', '[2001:db8::53]:53']",
    ));
    let settings = coredns_mysql(&loaded, "coredns_1");
    assert_eq!(
        (settings.host.as_str(), settings.port),
        ("db.example.net", 3307)
    );
    assert_eq!(
        (settings.database.as_str(), settings.username.as_str()),
        ("dns", "writer")
    );
    assert_eq!(settings.password.0, "geheim");
    assert_eq!(settings.tls, Tls::VerifyIdentity);
    assert_eq!(
        settings.tls_ca.as_deref(),
        Some(Path::new("/etc/dadns/ca.pem"))
    );
    assert_eq!(settings.pool_size, 9);
    assert_eq!(settings.connect_timeout, Duration::from_millis(100));
    assert_eq!(settings.timeout, Duration::from_millis(200));
    let tables = &settings.tables;
    let tables = [&tables.zones, &tables.records, &tables.changes].map(|name| name.as_str());
    assert_eq!(tables, ["z", "r", "c"]);
    assert!(!settings.manage_schema);
    assert_eq!(settings.plugin, Plugin::Dadns);
    assert_eq!(settings.dns_address.len(), 2);
}

#[test]
fn variables_go_over_the_file_and_the_password_is_shown_nowhere() {
    let file = with("host: db.example.net, password: geheim-1");
    let loaded = load_with(
        &file,
        &[
            ("DADNS_DNS_BACKENDS_COREDNS_1_PASSWORD", "geheim-2"),
            (
                "DADNS_DNS_BACKENDS_COREDNS_1_DNS_ADDRESS",
                "192.0.2.1:53,192.0.2.2:53",
            ),
        ],
    );
    let settings = coredns_mysql(&loaded, "coredns_1");
    assert_eq!(settings.password.0, "geheim-2");
    assert_eq!(settings.dns_address.len(), 2);
    assert_eq!(
        shown(&loaded, "dns.backends.coredns_1.password").0,
        "********"
    );
    assert!(
        !format!("{loaded:?}").contains("geheim"),
        "a password is shown"
    );
}

#[test]
fn a_value_that_does_not_fit_is_told_with_its_line_and_what_was_expected() {
    for (keys, told) in [
        ("port: 0", "a whole number from 1 to 65535"),
        ("zones_table: 'a`b'", "letters, digits, _ and $"),
        (
            "tls: maybe",
            "off, preferred, required, verify_ca or verify_identity",
        ),
        ("plugin: bind", "mysql_extend or dadns"),
        ("dns_address: [localhost]", "an address with a port"),
        ("password: ''", "must not be empty"),
        ("pasword: x", "password"),
    ] {
        let problems = problems(&with(keys));
        let [only] = problems.as_slice() else {
            panic!("{keys}: {problems:#?}");
        };
        assert!(
            only.starts_with("3: ") && only.contains(told),
            "{keys}: {only}"
        );
    }
}

#[test]
fn two_enabled_databases_may_not_be_the_same_tables() {
    let two = |keys: &str| {
        format!(
            "dns:\n  backends:\n    coredns_1: {{enabled: true, host: DB.example}}\n    \
             coredns_2: {{enabled: true, host: db.example{keys}}}\n"
        )
    };
    let problems = problems(&two(""));
    assert_eq!(problems.len(), 1, "{problems:#?}");
    assert!(
        problems[0].contains("coredns_1") && problems[0].contains("would undo each other's work"),
        "{problems:#?}"
    );
    load(&two(", database: other"));
    load(&two(", port: 3307"));
    load(&two(", enabled: false").replacen("enabled: true, host: db", "host: db", 1));
}

#[test]
fn a_ca_that_nothing_is_checked_against_is_worth_a_warning() {
    let told = |keys: &str| {
        let loaded = load(&with(keys));
        let mut warnings = loaded.warnings.iter().map(ToString::to_string);
        warnings.any(|warning| warning.contains("tls_ca"))
    };
    assert!(told("tls: required, tls_ca: /ca.pem"));
    assert!(!told("tls: verify_ca, tls_ca: /ca.pem"));
    assert!(!told("tls: required"));
}
