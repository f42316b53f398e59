//! The masters to reconcile with: a list of sections in the file and in variables, and what is said
//! about mistakes in it.

use std::path::Path;
use std::time::Duration;

use dadns::config::{Loaded, default_file};
use dadns::masters::Server;

use super::{File, load, load_with, problems, problems_with, shown};

/// The section as the predecessor had it.
const PREDECESSOR: &str = "\
reconciliation:
  enabled: true
  dry_run: true
  interval_minutes: 30
  initial_delay_minutes: 0
  verify_ssl: true
  ipp: 500
  directadmin_servers:
    - hostname: DA1.example.com
      port: 2223
      username: admin
      password: geheim-1
      ssl: true
    - {hostname: da2.example.com, username: admin, password: 012345}
";
const SERVER: &str = "{hostname: da1.example.com, username: admin, password: geheim}";
const FIRST: &str = "DADNS_RECONCILIATION_DIRECTADMIN_SERVERS_1";

/// A file with these items as masters, on its third line.
fn with(items: &str) -> String {
    format!("reconciliation:\n  enabled: true\n  directadmin_servers: [{items}]\n")
}

fn servers(loaded: &Loaded) -> &[Server] {
    &loaded.config.masters.servers
}

/// What is warned about masters.
fn warnings(text: &str) -> Vec<String> {
    let loaded = load(text);
    let all = loaded.warnings.iter().map(|warning| &warning.message);
    all.filter(|message| message.contains("reconciliation"))
        .cloned()
        .collect()
}

#[test]
fn out_of_the_box_no_master_is_asked() {
    let loaded = load("");
    let reconciliation = &loaded.config.reconciliation;
    let masters = &loaded.config.masters;
    assert!(!reconciliation.enabled && !reconciliation.dry_run && masters.verify_ssl);
    assert_eq!(reconciliation.interval, Duration::from_secs(3600));
    assert_eq!(reconciliation.initial_delay, Duration::from_secs(300));
    assert_eq!((masters.ipp, &masters.ca_file), (1000, &None));
    assert_eq!(reconciliation.orphan_threshold_percent, 10);
    assert_eq!(reconciliation.orphan_threshold_zones, 5);
    assert!(servers(&loaded).is_empty());
    assert_eq!(
        shown(&loaded, "reconciliation.directadmin_servers"),
        ("[]".into(), "built-in default".into())
    );
}

#[test]
fn the_section_of_the_predecessor_loads_and_shows_each_value_with_its_line() {
    let loaded = load(PREDECESSOR);
    let reconciliation = &loaded.config.reconciliation;
    assert!(reconciliation.enabled && reconciliation.dry_run);
    assert_eq!(reconciliation.interval, Duration::from_secs(1800));
    assert_eq!(reconciliation.initial_delay, Duration::ZERO);
    assert_eq!(loaded.config.masters.ipp, 500);
    let [first, second] = servers(&loaded) else {
        panic!("two, not {:?}", servers(&loaded));
    };
    assert_eq!(
        (first.hostname.as_str(), first.port, first.ssl),
        ("da1.example.com", 2223, true)
    );
    assert_eq!(first.password.expose(), "geheim-1");
    assert_eq!((second.port, second.ssl), (2222, true));
    assert_eq!(second.password.expose(), "012345");
    for (key, value, origin) in [
        ("1.hostname", "da1.example.com", "line 9"),
        ("1.password", "********", "line 12"),
        ("2.username", "admin", "line 14"),
        ("2.port", "2222", "built-in default"),
        ("2.password", "********", "line 14"),
    ] {
        let path = format!("reconciliation.directadmin_servers.{key}");
        assert_eq!(
            shown(&loaded, &path),
            (value.into(), origin.into()),
            "{key}"
        );
    }
    let report = loaded.to_string();
    assert!(!report.contains("reconciliation.directadmin_servers  "));
    for shown in [report, format!("{loaded:?}")] {
        assert!(
            !shown.contains("geheim") && !shown.contains("012345"),
            "{shown}"
        );
    }
}

#[test]
fn the_example_of_the_shipped_file_is_one_and_tells_defaults_and_variables() {
    let defaults = default_file();
    let (before, rest) = defaults.split_once("  #  - hostname:").unwrap();
    let (example, rest) = rest.split_once("  directadmin_servers: []\n").unwrap();
    let example = format!("     - hostname:{}", example.replace("\n  #", "\n   "));
    let text = format!("{before}  directadmin_servers:\n{example}\n{rest}");
    let loaded = load(&text);
    let [server] = servers(&loaded) else {
        panic!("one, not {:?}", servers(&loaded));
    };
    let plain = load(&with(SERVER));
    let default = &servers(&plain)[0];
    assert_eq!((server.port, server.ssl), (default.port, default.ssl));
    assert_eq!(server.password.expose(), "secret");
    let rows = loaded.config.effective.iter();
    let keys = rows.filter_map(|row| {
        row.path
            .strip_prefix("reconciliation.directadmin_servers.1.")
    });
    let keys: Vec<String> = keys.map(str::to_uppercase).collect();
    assert_eq!(keys, ["HOSTNAME", "PORT", "USERNAME", "PASSWORD", "SSL"]);
    let told = before
        .rsplit_once("  directadmin_servers")
        .map_or(before, |(_, rest)| rest);
    for key in keys {
        assert!(told.contains(&format!("_1_{key}")), "{key} is not told");
    }
    assert!(told.contains(&format!("[{FIRST}_HOSTNAME]")) && told.contains("_1_PASSWORD_FILE"));
}

#[test]
fn variables_change_a_master_of_the_file_and_add_others_behind_it() {
    let secret = File::new("geheim-3\n");
    let path = secret.path.to_str().unwrap();
    let second = FIRST.replace("_1", "_2");
    let loaded = load_with(
        &with(SERVER),
        &[
            (&format!("{FIRST}_PASSWORD"), "geheim-2"),
            (&format!("{second}_HOSTNAME"), "192.0.2.7"),
            (&format!("{second}_USERNAME"), "root"),
            (&format!("{second}_PASSWORD_FILE"), path),
            (&format!("{second}_SSL"), "off"),
            ("DADNS_RECONCILIATION_CA_FILE", "/ca.pem"),
        ],
    );
    let [first, other] = servers(&loaded) else {
        panic!("two, not {:?}", servers(&loaded));
    };
    assert_eq!(first.password.expose(), "geheim-2");
    assert_eq!(first.hostname, "da1.example.com");
    assert_eq!(other.password.expose(), "geheim-3");
    assert_eq!((other.hostname.as_str(), other.ssl), ("192.0.2.7", false));
    assert_eq!(
        loaded.config.masters.ca_file.as_deref(),
        Some(Path::new("/ca.pem"))
    );
    assert_eq!(
        shown(&loaded, "reconciliation.directadmin_servers.2.password"),
        (
            "********".into(),
            format!("{path} ({second}_PASSWORD_FILE)")
        )
    );
}

#[test]
fn more_than_nine_masters_keep_their_order() {
    let items: Vec<String> = (1..=12)
        .map(|n| format!("{{hostname: da{n}, username: a, password: b}}"))
        .collect();
    let loaded = load(&with(&items.join(", ")));
    let names: Vec<&str> = servers(&loaded)
        .iter()
        .map(|s| s.hostname.as_str())
        .collect();
    assert_eq!((names[1], names[8], names[11]), ("da2", "da9", "da12"));
}

#[test]
fn mistakes_are_told_with_their_line_and_what_was_meant() {
    const LIST: &str = "reconciliation.directadmin_servers";
    for (items, told) in [
        (
            "{hostname: a, username: b, password: c, pasword: d}",
            format!("unknown key \"{LIST}.1.pasword\"; did you mean {LIST}.1.password?"),
        ),
        (
            &format!("{SERVER}, {{hostname: b, username: c, password: d, port: 0}}"),
            format!("{LIST}.2.port: \"0\" is not a whole number from 1 to 65535"),
        ),
        (
            "{hostname: a}",
            format!("{LIST}.1: it has to have username and password too"),
        ),
        (
            &format!("{SERVER}, {{}}"),
            format!("{LIST}.2: it has to have hostname and username and password too"),
        ),
        (
            "{hostname: a, username: b, password: ''}",
            format!("{LIST}.1.password: must not be empty"),
        ),
        (
            "{hostname: 'https://a', username: b, password: c}",
            format!("{LIST}.1.hostname: \"https://a\" is not a host name"),
        ),
        (
            "da1.example.com",
            format!("{LIST}.1: takes keys below it, not a value"),
        ),
        ("~", format!("{LIST}.1: takes keys below it, not a value")),
        (
            &format!("{SERVER}, {}", SERVER.replace("da1", "DA1")),
            format!("{LIST}.2.hostname: {LIST}.1 is da1.example.com already"),
        ),
    ] {
        let problems = problems(&with(items));
        let [only] = problems.as_slice() else {
            panic!("{items}: {problems:#?}");
        };
        assert!(only.starts_with(&format!("3: {told}")), "{items}: {only}");
    }
    for list in ["da1.example.com", "{hostname: a}"] {
        let text = format!("reconciliation:\n  directadmin_servers: {list}\n");
        let problems = problems(&text);
        assert_eq!(problems.len(), 1, "{problems:#?}");
        let told = "2: reconciliation.directadmin_servers: takes a list of sections with hostname, \
                    port, username, password, ssl";
        assert!(problems[0].starts_with(told), "{problems:#?}");
    }
    let problems = problems("reconciliation: {enabeld: true}\n");
    assert_eq!(
        problems,
        ["1: unknown key \"reconciliation.enabeld\"; did you mean reconciliation.enabled?"]
    );
}

#[test]
fn a_variable_that_sets_no_key_of_a_master_is_told_and_so_is_a_gap() {
    let told = problems_with("", &[(&format!("{FIRST}_PASWORD"), "geheim")]);
    assert_eq!(
        told,
        [format!(
            "{FIRST}_PASWORD: sets no known key; did you mean {FIRST}_PASSWORD?"
        )]
    );
    for wrong in ["_0_PORT", "_01_PORT", "_-1_PORT", "_X_PORT"] {
        let name = FIRST.replace("_1", wrong);
        let told = problems_with("", &[(&name, "2222")]);
        assert!(told[0].contains("sets no known key"), "{told:#?}");
    }
    let third = FIRST.replace("_1", "_3");
    let told = problems_with(&with(SERVER), &[(&format!("{third}_PORT"), "2222")]);
    assert_eq!(
        told,
        [format!(
            "{third}_PORT: reconciliation.directadmin_servers.3 is set, but there is no \
             reconciliation.directadmin_servers.2: leave no gap"
        )]
    );
    let told = problems_with("", &[(FIRST.trim_end_matches("_1"), "da1.example.com")]);
    assert!(told[0].contains("takes a list of sections"), "{told:#?}");
}

#[test]
fn what_makes_masters_hard_to_trust_is_worth_a_warning() {
    let plain = |host: &str| {
        warnings(&with(&format!(
            "{{hostname: '{host}', username: a, password: b, ssl: false}}"
        )))
    };
    assert_eq!(
        plain("da1.example.com"),
        [
            "reconciliation.directadmin_servers.1.ssl is false: the password goes to \
          da1.example.com in clear text"
        ]
    );
    for loopback in ["localhost", "127.0.0.1", "[::1]", "::1", "127.1.2.3"] {
        assert_eq!(plain(loopback), Vec::<String>::new(), "{loopback}");
    }
    let empty = warnings("reconciliation: {enabled: true}\n");
    assert!(
        empty.len() == 1 && empty[0].contains("no master is asked"),
        "{empty:#?}"
    );
    let idle = warnings("reconciliation: {ca_file: /ca.pem, verify_ssl: false}\n");
    assert!(
        idle.len() == 1 && idle[0].contains("no certificate is checked"),
        "{idle:#?}"
    );
    assert_eq!(warnings(&with(SERVER)), Vec::<String>::new());
}
