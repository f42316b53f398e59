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
    let shown = load_from(&[]).unwrap().config.effective;
    let shown: Vec<&str> = shown.iter().map(|row| row.path.as_str()).collect();
    assert_eq!(shown, expected);
    let absent = |path: &&&str| path.split('.').try_fold(&tree, yaml::Node::get).is_none();
    assert_eq!(
        expected.iter().filter(absent).collect::<Vec<_>>(),
        Vec::<&&str>::new()
    );
}
