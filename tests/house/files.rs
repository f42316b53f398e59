//! The files of the repository.

use std::path::{Path, PathBuf};

/// A text file, by its path from the top of the repository.
pub struct File {
    pub path: String,
    pub text: String,
}

pub fn top() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// All text files below these paths that we wrote; what was built, downloaded or recorded is not ours.
pub fn below(starts: &[&str]) -> Vec<File> {
    let mut left: Vec<PathBuf> = starts.iter().map(|start| top().join(start)).collect();
    let mut found = Vec::new();
    while let Some(path) = left.pop() {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if matches!(&*name, "target" | ".git" | "corpus" | "seeds" | "secrets") {
            continue;
        }
        if path.is_dir() {
            let entries = std::fs::read_dir(&path).unwrap();
            left.extend(entries.map(|entry| entry.unwrap().path()));
        } else if let Ok(text) = std::fs::read_to_string(&path) {
            let path = path.strip_prefix(top()).unwrap();
            let path = path.to_str().unwrap().to_owned();
            found.push(File { path, text });
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    assert!(!found.is_empty(), "nothing is below {starts:?}");
    found
}

/// All Rust files of the workspace.
pub fn rust() -> Vec<File> {
    let mut all = below(&["."]);
    all.retain(|file| file.path.ends_with(".rs"));
    all
}
