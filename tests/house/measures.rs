//! How large the pieces are.

use super::files;
use super::none;

/// Lines of a Rust file.
const FILE: usize = 400;

/// Files that are longer, and why.
const LONGER: &[(&str, &str)] = &[
    ("tests/gateway/drift.rs", "to be split by subject"),
    ("tests/gateway/saving.rs", "to be split by subject"),
    ("zone/tests/notes.rs", "to be split by subject"),
];

/// Lines of all that reads the configuration.
const CONFIG: usize = 1_700;

fn lines(file: &files::File) -> usize {
    file.text.lines().count()
}

#[test]
fn no_file_is_too_long_to_be_read_at_once() {
    let mut found = Vec::new();
    let mut unused: Vec<_> = LONGER.iter().map(|(path, _)| (*path).to_owned()).collect();
    for file in files::rust() {
        let lines = lines(&file);
        if lines <= FILE {
            continue;
        }
        let before = unused.len();
        unused.retain(|path| *path != file.path);
        if unused.len() == before {
            found.push(format!("{}: {lines} lines", file.path));
        }
    }
    none(&found, &format!("files above {FILE} lines:"));
    none(
        &unused,
        "files that are short enough now, to be deleted from LONGER:",
    );
}

#[test]
fn the_configuration_stays_small() {
    let files = files::below(&["src/config"]);
    let lines: usize = files.iter().map(lines).sum();
    assert!(
        lines <= CONFIG,
        "src/config has {lines} lines, of at most {CONFIG}"
    );
}
