//! What is said about files that cannot be used.

use std::path::Path;

use dadns::config::Config;

use super::{File, problems, problems_with};

#[test]
fn all_problems_are_told_at_once_each_with_its_line() {
    let problems = problems_with(
        "log_level: LOUD
log_json: maybe
app:
  listen_prt: 1
  listen_port: 99999
  trusted_proxies:
    - 10.0.0.0/8
    - ten
  auth_password: {a: b}
listen_host: 127.0.0.1
dns:
  default_backend: bnd
  backends:
    bind: {enabled: perhaps, zone_dir: /x}
    Bad Name: {type: bind}
    thing: {enabled: true}
    other: {type: powerdns}
store: 5
queue_location: [a]
",
        &[("DADNS_TIMEZONE", "Mars/Olympus")],
    );
    let expected = [
        "1: log_level: \"LOUD\" is not one of TRACE, DEBUG",
        "2: log_json: \"maybe\" is not true or false",
        "4: unknown key \"app.listen_prt\"; did you mean app.listen_port?",
        "5: app.listen_port: \"99999\" is not a whole number from 0 to 65535",
        "8: app.trusted_proxies: \"ten\" is not an IP address or a network",
        "9: app.auth_password: takes one value",
        "10: unknown key \"listen_host\"; did you mean app.listen_host?",
        "12: dns.default_backend: there is no backend \"bnd\"",
        "14: dns.backends.bind.enabled: \"perhaps\" is not true or false",
        "14: unknown key \"dns.backends.bind.zone_dir\"; did you mean dns.backends.bind.zones_dir?",
        "15: \"Bad Name\" is not a backend name",
        "16: dns.backends.thing: its name does not say what it is, so set its type",
        "17: dns.backends.other.type: \"powerdns\" is not a kind of backend",
        "18: store takes keys below it, not a value",
        "19: queue_location: takes one value, not a list or a mapping",
        "DADNS_TIMEZONE: timezone: \"Mars/Olympus\" is not an IANA time zone",
    ];
    assert_eq!(problems.len(), expected.len(), "{problems:#?}");
    for (problem, expected) in problems.iter().zip(expected) {
        assert!(
            problem.starts_with(expected),
            "{problem}\ninstead of\n{expected}"
        );
    }
}

#[test]
fn an_empty_password_is_refused_wherever_it_comes_from() {
    assert_eq!(
        problems("app: {auth_password: ''}"),
        ["1: app.auth_password: must not be empty"]
    );
    let empty = problems_with("", &[("DADNS_APP_AUTH_PASSWORD", "")]);
    assert_eq!(
        empty,
        ["DADNS_APP_AUTH_PASSWORD: app.auth_password: must not be empty"]
    );
}

#[test]
fn the_default_backend_must_be_an_enabled_one() {
    let off = problems("dns: {default_backend: bind}");
    assert_eq!(
        off,
        ["1: dns.default_backend: bind is not enabled: set dns.backends.bind.enabled: true"]
    );
    let typo = problems("dns: {default_backend: bnid, backends: {bind: {enabled: true}}}");
    assert_eq!(
        typo,
        ["1: dns.default_backend: there is no backend \"bnid\"; did you mean bind?"]
    );
}

#[test]
fn two_enabled_binds_may_not_write_the_same_files() {
    let both = "dns: {backends: {bind: {enabled: 1}, bind_2: {enabled: 1, zones_dir: /z}}}";
    let problems = problems(both);
    assert_eq!(problems.len(), 1, "{problems:#?}");
    assert!(
        problems[0].contains("dns.backends.bind_2.named_conf and dns.backends.bind.named_conf")
    );
}

#[test]
fn the_same_files_are_found_under_other_spellings_and_through_links() {
    let directory = tempfile::tempdir().unwrap();
    let at = |below: &str| directory.path().join(below).display().to_string();
    std::fs::create_dir(at("zones")).unwrap();
    std::os::unix::fs::symlink("zones", at("link")).unwrap();
    let told = |one: &str, other: &str| {
        let (one, other) = (at(one), at(other));
        File::new(format!(
            "dns: {{backends: {{bind: {{enabled: 1, zones_dir: {one}}}, \
             bind_2: {{enabled: 1, zones_dir: {other}, named_conf: /other}}}}}}"
        ))
    };
    for (one, other) in [
        ("zones", "./zones"),
        ("zones", "link"),
        ("zones/new", "link/../zones/./new"),
        ("absent/a", "absent/b/../a"),
    ] {
        let problems = told(one, other).problems(&[]);
        assert_eq!(problems.len(), 1, "{one} {other}: {problems:#?}");
        assert!(
            problems[0]
                .contains("dns.backends.bind_2.zones_dir and dns.backends.bind.zones_dir are both"),
            "{problems:#?}"
        );
    }
    assert!(told("zones/a", "link/b").load(&[]).is_ok());
}

#[test]
fn a_file_that_was_named_must_be_there() {
    let missing = Config::load(
        Some(Path::new("/nowhere/app.yml")),
        std::iter::empty::<(String, String)>(),
    );
    let told = missing.unwrap_err().to_string();
    assert_eq!(
        told,
        "the configuration cannot be used: /nowhere/app.yml: there is no such file"
    );
    let directory =
        Config::load(Some(Path::new("/")), std::iter::empty::<(String, String)>()).unwrap_err();
    assert!(
        directory.to_string().contains("/: cannot be read"),
        "{directory}"
    );
}

#[test]
fn hostile_and_broken_yaml_is_answered_with_a_line() {
    let bomb = "a: &a [x,x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\n\
                c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]\n";
    let nested = |depth| format!("app: {}{}", "[".repeat(depth), "]".repeat(depth));
    for (text, expected) in [
        (
            "app: {listen_port: 1}\napp: {listen_port: 2}\n",
            "2: \"app\" is given twice, first on line 1",
        ),
        ("app:\n\tlisten_port: 1\n", "2: not valid YAML at column"),
        ("app: {listen_port: 1\n", "not valid YAML at column"),
        ("just text\n", "1: the file must be a mapping"),
        ("- a\n- b\n", "1: the file must be a mapping"),
        ("a: 1\n---\nb: 2\n", "2: a second document"),
        ("app: !ruby/object {}\n", "1: the tag"),
        (
            "app.listen_port: 80\n",
            "1: \"app.listen_port\" is not a key: nest it as",
        ),
        ("? [a]\n: b\n", "1: a key must be a plain word"),
        (
            "app: &x {ssl_cert: *x}\n",
            "1: this alias points into itself",
        ),
        (
            "app: {hostname: \"a\\nb\"}\n",
            "is not text without control characters",
        ),
        (bomb, "4: more than 10000 values"),
        (&nested(100), "1: nested more than 16 levels deep"),
        (&nested(5000), "1: not valid YAML at column"),
    ] {
        let problems = problems(text);
        assert!(
            problems.iter().any(|problem| problem.contains(expected)),
            "{expected}: {problems:#?}"
        );
    }
    let problems = File::new(b"app: {}\n# \xff\n").problems(&[]);
    assert_eq!(problems, ["2: not UTF-8 text"]);
}

#[test]
fn a_kind_is_read_from_the_type_or_else_from_the_start_of_the_name() {
    for (name, kind, expected) in [
        ("bind", None, Some("bind")),
        ("bind_2", None, Some("bind")),
        ("coredns_dc1", None, Some("coredns_mysql")),
        ("coredns_mysql-dc1", None, Some("coredns_mysql")),
        ("binder", None, None),
        ("bind_3", Some("nsd"), None),
        ("nsd-1", None, None),
        ("east", Some("bind"), Some("bind")),
        ("bind_4", Some("BIND"), None),
    ] {
        let kind_line = kind.map_or_else(String::new, |kind| format!("type: {kind}"));
        let file = File::new(format!("dns: {{backends: {{{name}: {{{kind_line}}}}}}}"));
        let loaded = file.load(&[]).ok();
        let backends = loaded.map(|loaded| loaded.config.dns.backends);
        let found = backends
            .iter()
            .flatten()
            .find(|backend| backend.id.as_str() == name);
        let found = found.map(|backend| backend.chosen.kind.name);
        assert_eq!(found, expected, "{name} {kind:?}");
    }
}
