//! What can be seen only from within: the places of the file, and the table of keys.

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
fn every_declared_key_is_shown_and_stands_in_the_default_file() {
    let (tree, faults) = yaml::read(&default_file());
    assert!(faults.is_empty(), "{faults:?}");
    let catalog = Catalog::new(&Named::by_default());
    let expected: Vec<&str> = catalog.entries().iter().map(|e| e.path.as_str()).collect();
    let shown = load_from(&[]).unwrap().effective;
    let shown: Vec<&str> = shown.iter().map(|row| row.path.as_str()).collect();
    assert_eq!(shown, expected);
    let absent = |path: &&&str| path.split('.').try_fold(&tree, yaml::Node::get).is_none();
    assert_eq!(
        expected.iter().filter(absent).collect::<Vec<_>>(),
        Vec::<&&str>::new()
    );
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
        let kind_line = kind.map_or_else(String::new, |kind| format!("type: {kind}"));
        let file = format!("dns: {{backends: {{{name}: {{{kind_line}}}}}}}");
        let named = Named::of_tree(&yaml::read(&file).0);
        let found = named.kind(name).map(|kind| kind.name);
        assert_eq!(found.or(named.unbuilt(name)), expected, "{name} {kind:?}");
    }
}
