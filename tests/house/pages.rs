//! What the pages for newcomers name is there.

use std::collections::BTreeSet;

use super::files::{below, rust, top};
use super::none;

const PAGES: &[&str] = &["ARCHITECTURE.md", "CONTRIBUTING.md"];

/// Beginnings of paths within the repository, and single files at its top.
fn looks_like_a_path(word: &str, entries: &[String]) -> bool {
    let strange = |c: char| !(c.is_ascii_alphanumeric() || "._-/".contains(c));
    if word.contains(strange) || word.starts_with('/') {
        return false;
    }
    let first = word.split('/').next().unwrap_or_default();
    let is_file = [".rs", ".md", ".toml", ".yml"]
        .iter()
        .any(|end| word.ends_with(end));
    (word.contains('/') && entries.iter().any(|entry| entry == first)) || is_file
}

/// The words in backticks, with the line of each.
fn in_backticks(text: &str) -> Vec<(usize, &str)> {
    let mut fenced = false;
    let mut found = Vec::new();
    for (at, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if !fenced {
            found.extend(
                line.split('`')
                    .skip(1)
                    .step_by(2)
                    .map(|word| (at + 1, word)),
            );
        }
    }
    found
}

fn missing(page: &str, text: &str) -> Vec<String> {
    let entries = std::fs::read_dir(top()).unwrap();
    let entries: Vec<_> = entries
        .filter_map(|entry| entry.unwrap().file_name().into_string().ok())
        .collect();
    let all = rust();
    let files: BTreeSet<_> = all
        .iter()
        .filter_map(|file| file.path.rsplit('/').next())
        .collect();
    let words = in_backticks(text).into_iter();
    words
        .filter(|(_, word)| looks_like_a_path(word, &entries))
        .filter(|(_, word)| !top().join(word).exists())
        // A file of the folder that its paragraph is about.
        .filter(|(_, word)| word.contains('/') || !files.contains(*word))
        .map(|(line, word)| format!("{page}:{line}: {word}"))
        .collect()
}

#[test]
fn each_path_that_a_page_names_exists() {
    let mut found = Vec::new();
    for page in PAGES {
        for file in below(&[page]) {
            found.extend(missing(&file.path, &file.text));
        }
    }
    none(&found, "paths that are not there:");
}

#[test]
fn a_path_that_is_not_there_is_found() {
    let text = "`src/lib.rs` and `tests/run`, `tokio::sync`, `/etc/dadns/app.yml`, `a/b`\n\
                `src/nowhere/mod.rs`, `missing.rs`\n```\n`src/fenced.rs`\n```\n";
    assert_eq!(
        missing("PAGE.md", text),
        ["PAGE.md:2: src/nowhere/mod.rs", "PAGE.md:2: missing.rs"]
    );
}
