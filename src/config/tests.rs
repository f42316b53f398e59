//! What can be seen only from within: the places of the file, and the table of keys.

use super::keys::{KEYS, Place};
use super::kinds::KINDS;
use super::*;

fn load_from(places: &[PathBuf]) -> Result<Loaded, ConfigErrors> {
    load(None, places, std::iter::empty())
}

#[test]
fn the_first_file_that_is_there_is_taken_and_one_that_cannot_be_read_is_not_passed_over() {
    let directory = tempfile::tempdir().unwrap();
    let places = ["a.yml", "b.yml", "c.yml"].map(|name| directory.path().join(name));
    let nothing = load_from(&places).unwrap();
    assert_eq!(
        (nothing.source_file, nothing.config.app.listen_port),
        (None, 2222)
    );

    std::fs::write(&places[1], "app: {listen_port: 1}").unwrap();
    std::fs::write(&places[2], "app: {listen_port: 2}").unwrap();
    let second = load_from(&places).unwrap();
    assert_eq!(
        (second.source_file.as_ref(), second.config.app.listen_port),
        (Some(&places[1]), 1)
    );

    std::fs::create_dir(&places[0]).unwrap();
    assert!(
        load_from(&places)
            .unwrap_err()
            .to_string()
            .contains("a.yml: cannot be read")
    );
}

#[test]
fn every_key_of_the_table_has_a_default_and_every_default_a_key() {
    let (defaults, faults) = yaml::read(DEFAULTS);
    assert!(faults.is_empty(), "{faults:?}");
    let shown = load_from(&[]).unwrap().effective;
    let fixed = KEYS.iter().map(|key| key.name.to_owned());
    let of_kinds = KINDS.iter().filter(|kind| kind.built).flat_map(|kind| {
        kind.keys()
            .map(|key| format!("{}.{}.{}", keys::BACKENDS, kind.name, key.name))
    });
    let expected: Vec<String> = fixed.chain(of_kinds).collect();
    let paths: Vec<&str> = shown.iter().map(|row| row.path.as_str()).collect();
    assert_eq!(paths, expected);
    assert!(defaults.entries().iter().all(|entry| {
        !matches!(
            keys::place(&entry.key, &Instances::default()),
            Place::Unknown
        )
    }));
}

#[test]
fn a_variable_that_is_not_text_is_told() {
    use std::os::unix::ffi::OsStringExt;
    let value = OsString::from_vec(vec![0xff]);
    let environment = ["DADNS_APP_HOSTNAME", "OTHER"].map(|name| (name.into(), value.clone()));
    let errors = load(None, &[], environment.into_iter()).unwrap_err();
    let told: Vec<String> = errors.findings().iter().map(ToString::to_string).collect();
    assert_eq!(told, ["DADNS_APP_HOSTNAME: its value is not UTF-8 text"]);
}

#[test]
fn the_default_password_is_the_one_that_is_shipped() {
    assert!(load_from(&[]).unwrap().config.app.has_default_password());
}

#[test]
fn a_name_of_the_system_stands_in_for_the_host_name() {
    let app = load_from(&[]).unwrap().config.app;
    let system = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap();
    assert_eq!(app.hostname(), system.trim());
}

#[test]
fn a_kind_is_read_from_the_type_or_else_from_the_start_of_the_name() {
    let mut instances = Instances::default();
    for (name, kind, expected) in [
        ("bind", None, Some("bind")),
        ("bind_2", None, Some("bind")),
        ("coredns_dc1", None, Some("coredns_mysql")),
        ("coredns_mysql-dc1", None, Some("coredns_mysql")),
        ("binder", None, None),
        ("bind_3", Some("nsd"), Some("nsd")),
        ("east", Some("bind"), Some("bind")),
        ("bind_4", Some("BIND"), None),
    ] {
        instances.declare(name, kind);
        assert_eq!(
            instances.kind(name).map(|kind| kind.name),
            expected,
            "{name} {kind:?}"
        );
    }
}
