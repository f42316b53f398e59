//! The files that operators bring along, and the one that is shipped.

use std::path::Path;

use dadns::config::{Config, Loaded, Origin, default_file};

use super::{bind, coredns_mysql, load, load_with, problems, problems_with, shown};

const SAMPLE_1: &str = "\
app: {auth_username: directdnsonly, auth_password: your-secret}
dns: {default_backend: bind, backends: {bind: {type: bind, enabled: true, zones_dir: /etc/named/zones, named_conf: /etc/bind/named.conf.local}}}
";
const SAMPLE_2: &str = "\
app: {auth_username: directdnsonly, auth_password: your-secret}
dns:
  default_backend: coredns_mysql_primary
  backends:
    coredns_mysql_primary: {type: coredns_mysql, enabled: true, host: 10.0.0.80, port: 3306, database: coredns, username: coredns, password: your-db-password}
    coredns_mysql_secondary: {type: coredns_mysql, enabled: true, host: 10.0.1.29, port: 3306, database: coredns, username: coredns, password: your-db-password}
";
const SAMPLE_3: &str = r#"
dns: {backends: {bind: {enabled: true}, coredns_dc1: {enabled: true, host: "mysql-dc1"}, coredns_dc2: {enabled: true, host: "mysql-dc2"}}}
"#;
const SAMPLE_4: &str = r#"timezone: Pacific/Auckland
log_level: INFO
queue_location: ./data/queues
app: {auth_username: directdnsonly, auth_password: changeme}
dns:
  default_backend: bind
  backends:
    bind: {enabled: true, zones_dir: ./data/zones, named_conf: ./data/named.conf.include}
    coredns_mysql: {enabled: true, host: "127.0.0.1", port: 3306, database: "coredns", username: "coredns", password: "password"}
"#;

/// Those that the predecessor documents.
pub const SAMPLES: [&str; 4] = [SAMPLE_1, SAMPLE_2, SAMPLE_3, SAMPLE_4];

/// The backends that could be run.
fn names(loaded: &Loaded) -> Vec<&str> {
    let all = loaded.config.dns.backends.iter();
    all.map(|backend| backend.id.as_str()).collect()
}

#[test]
fn the_first_sample_of_the_predecessor_loads() {
    let loaded = load(SAMPLE_1);
    let Config { app, dns, .. } = &loaded.config;
    assert_eq!(app.auth_password.expose(), "your-secret");
    assert_eq!(app.listen_addr().address.to_string(), "[::]:2222");
    assert_eq!(dns.default_backend.as_ref().unwrap().as_str(), "bind");
    let enabled = dns.enabled().map(|backend| backend.id.as_str());
    assert_eq!(enabled.collect::<Vec<_>>(), ["bind", "builtin"]);
    let bind = bind(&loaded, "bind");
    assert_eq!(bind.zones_dir, Path::new("/etc/named/zones"));
    assert_eq!(bind.named_conf, Path::new("/etc/bind/named.conf.local"));
    let control = bind.control.as_ref().unwrap();
    assert_eq!(control.address, "127.0.0.1:953");
    assert_eq!(control.key_file, Path::new("/etc/bind/rndc.key"));
    assert_eq!(bind.dns_address.unwrap().to_string(), "127.0.0.1:53");
    assert_eq!(loaded.warnings, []);
}

#[test]
fn the_other_samples_of_the_predecessor_load_with_their_databases() {
    for (sample, enabled, hosts) in [
        (
            SAMPLE_2,
            vec![
                "builtin",
                "coredns_mysql_primary",
                "coredns_mysql_secondary",
            ],
            vec!["10.0.0.80", "10.0.1.29"],
        ),
        (
            SAMPLE_3,
            vec!["bind", "builtin", "coredns_dc1", "coredns_dc2"],
            vec!["mysql-dc1", "mysql-dc2"],
        ),
        (
            SAMPLE_4,
            vec!["bind", "builtin", "coredns_mysql"],
            vec!["127.0.0.1"],
        ),
    ] {
        let loaded = load(sample);
        let on = loaded
            .config
            .dns
            .enabled()
            .map(|backend| backend.id.as_str());
        assert_eq!(on.collect::<Vec<_>>(), enabled);
        let databases = enabled.iter().filter(|name| name.starts_with("coredns"));
        let found: Vec<_> = databases
            .map(|name| coredns_mysql(&loaded, name).host.as_str())
            .collect();
        assert_eq!(found, hosts);
    }
    let loaded = load(SAMPLE_4);
    let bind = bind(&loaded, "bind");
    assert!(
        bind.zones_dir.is_absolute() && bind.zones_dir.ends_with("data/zones"),
        "{bind:?}"
    );
    assert_eq!(
        loaded.config.logging.timezone.iana_name(),
        Some("Pacific/Auckland")
    );
}

#[test]
fn a_kind_that_is_not_built_does_no_harm_while_it_is_off_and_its_keys_are_not_judged() {
    let file = "dns: {backends: {nsd_1: {enabled: false, colour: blue}}}";
    assert_eq!(names(&load(file)), ["bind", "builtin", "coredns_mysql"]);
    let problems = problems(&file.replace("false", "true"));
    let [only] = problems.as_slice() else {
        panic!("one error, not {problems:#?}");
    };
    let start = "1: this version cannot run nsd_1 (nsd); kinds that are built: bind, \
                 builtin, coredns_mysql.";
    assert!(only.starts_with(start), "{only}");
}

#[test]
fn keys_of_the_predecessor_get_an_answer_of_their_own() {
    let loaded = load(
        "datastore: {type: sqlite, db_location: ./x.db}
app: {log_level: debug, proxy_support_base: http://127.0.0.1}
peer_sync: {enabled: false, interval_minutes: 15}
",
    );
    let warnings: Vec<String> = loaded.warnings.iter().map(ToString::to_string).collect();
    assert!(
        warnings[0].contains("app.yml:1: datastore: ignored"),
        "{warnings:#?}"
    );
    assert!(
        warnings
            .iter()
            .any(|warning| warning.contains("app.log_level: ignored"))
    );
    let problems = problems("peer_sync: {enabled: 1}\n");
    assert_eq!(problems.len(), 1, "{problems:#?}");
    assert!(
        problems[0].starts_with("1: peer_sync: this version"),
        "{problems:#?}"
    );
}

#[test]
fn the_shipped_file_loads_to_exactly_the_defaults() {
    let rows = |loaded: Loaded| -> Vec<(String, String)> {
        loaded
            .config
            .effective
            .into_iter()
            .map(|row| (row.path, row.value))
            .collect()
    };
    let (shipped, defaults) = (load(&default_file()), load(""));
    assert!(
        defaults
            .config
            .effective
            .iter()
            .all(|row| row.origin == Origin::Default)
    );
    // All but where the values stand.
    let said = |loaded: &Loaded| {
        let config = dadns::config::Config {
            effective: Vec::new(),
            ..loaded.config.clone()
        };
        format!("{config:?}")
    };
    assert_eq!(said(&shipped), said(&defaults));
    assert_eq!(rows(shipped), rows(defaults));
}

#[test]
fn the_shipped_file_is_the_one_that_the_declarations_make() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/app.yml");
    let shipped = std::fs::read_to_string(path).unwrap();
    assert!(
        shipped == default_file(),
        "write it anew: cargo run -- config default > config/app.yml"
    );
}

#[test]
fn every_key_stands_in_the_shipped_file_with_its_meaning_and_variable() {
    // The items of lists have variables of their own.
    let lists = [
        "placement.groups",
        "reconciliation.directadmin_servers",
        "registry.pools",
        "sources.watched",
        "updates.grants",
    ];
    let mut rows = load("").config.effective;
    rows.retain(|row| !lists.contains(&row.path.as_str()));
    let defaults = default_file();
    for row in rows {
        let variable = format!("DADNS_{}", row.path.to_uppercase().replace('.', "_"));
        let line = defaults
            .lines()
            .position(|line| line.contains(&format!("[{variable}]")));
        let line = line.unwrap_or_else(|| panic!("{variable} is not told"));
        let key = format!("{}:", row.path.rsplit('.').next().unwrap());
        let next = defaults.lines().nth(line + 1).unwrap().trim();
        assert!(next.starts_with(&key), "{variable} stands above {next:?}");
    }
}

#[test]
fn nothing_and_only_comments_are_the_defaults() {
    for text in [
        "",
        "---\n",
        "# nothing\n",
        "~\n",
        "app:\ndns:\n  backends:\n    bind:\n",
        "\u{feff}",
        "\u{feff}app: {listen_port: 2222}",
    ] {
        let loaded = load(text);
        assert_eq!(loaded.config.app.listen_port, 2222, "{text:?}");
        assert_eq!(loaded.config.app.max_body_bytes, 16 * 1024 * 1024);
    }
}

#[test]
fn old_names_of_keys_go_on_working_with_one_warning_each() {
    let loaded = load(
        "app: {auth_password: own}
audit:
  enabled: false
  every_seconds: 7
lanes: {proof_timeout_ms: 300}
",
    );
    let Config { check, lanes, .. } = &loaded.config;
    assert_eq!((check.enabled, check.every_seconds), (false, 7));
    assert_eq!(lanes.verify_timeout.as_millis(), 300);
    let warnings = loaded.warnings.iter().map(|warning| {
        let told = warning.to_string();
        let (_, told) = told.split_once("app.yml:").unwrap();
        told.to_owned()
    });
    assert_eq!(
        warnings.collect::<Vec<_>>(),
        [
            "2: audit is now called check; the old name still works",
            "5: lanes.proof_timeout_ms is now called lanes.verify_timeout_ms; the old name still works",
        ]
    );
    assert_eq!(
        shown(&loaded, "check.every_seconds"),
        ("7".into(), "line 4".into())
    );
    let both = problems("check: {enabled: true}\naudit: {enabled: false}\n");
    assert_eq!(
        both,
        ["2: audit is the old name of check, which is set too: remove one"]
    );
    let typo = problems("audit: {every_second: 1}\n");
    assert_eq!(
        typo,
        ["1: unknown key \"check.every_second\"; did you mean check.every_seconds?"]
    );
}

#[test]
fn old_names_of_variables_go_on_working_with_one_warning_each() {
    let loaded = load_with(
        "app: {auth_password: own}",
        &[
            ("DADNS_AUDIT_EVERY_SECONDS", "7"),
            ("DADNS_LANES_PROOF_TIMEOUT_MS", "300"),
        ],
    );
    assert_eq!(loaded.config.check.every_seconds, 7);
    assert_eq!(
        shown(&loaded, "lanes.verify_timeout_ms"),
        ("300".into(), "DADNS_LANES_PROOF_TIMEOUT_MS".into())
    );
    let warnings: Vec<String> = loaded.warnings.iter().map(ToString::to_string).collect();
    assert_eq!(
        warnings,
        [
            "DADNS_AUDIT_EVERY_SECONDS: is now called DADNS_CHECK_EVERY_SECONDS; the old name still \
             works",
            "DADNS_LANES_PROOF_TIMEOUT_MS: is now called DADNS_LANES_VERIFY_TIMEOUT_MS; the old name \
             still works",
        ]
    );
    let both = [("DADNS_AUDIT_ENABLED", "no"), ("DADNS_CHECK_ENABLED", "no")];
    assert_eq!(
        problems_with("", &both),
        ["DADNS_CHECK_ENABLED: sets check.enabled, and so does DADNS_AUDIT_ENABLED: unset one"]
    );
}
