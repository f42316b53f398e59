//! How large the pieces are.

use super::files;
use super::none;

/// Lines of a Rust file.
const FILE: usize = 400;

/// Lines of all that reads the configuration.
const CONFIG: usize = 1_800;

fn lines(file: &files::File) -> usize {
    file.text.lines().count()
}

#[test]
fn no_file_is_too_long_to_be_read_at_once() {
    let long = |file: &files::File| {
        let lines = lines(file);
        (lines > FILE).then(|| format!("{}: {lines} lines", file.path))
    };
    let found: Vec<_> = files::rust().iter().filter_map(long).collect();
    none(&found, &format!("files above {FILE} lines:"));
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
