//! What `named` may leave beside a zone file, and what that does to the zone.
//!
//! `named` applies a journal whenever it loads the zone for the first time, whatever its configuration
//! says by then, and does not serve a zone whose journal does not fit its file. Where the journal is
//! missing, it takes the backup of one. So a journal that a removed zone left behind, or one from before
//! `named` was told to keep none, ends the zone at the next start of `named`.

use std::io;
use std::path::{Path, PathBuf};

const SIGNED: &str = "named signs the zone, or did, so its file may not hold what is served; if it is not \
     signed any more, remove what stands beside it";
const JOURNAL: &str = "named keeps a journal of changes there, so what is served may be newer; rndc sync \
     -clean writes them into the file";

/// The extensions of such files, and why the file alone then is not what is served.
const EXTENSIONS: [(&str, &str); 7] = [
    ("signed", SIGNED),
    ("signed.jnl", SIGNED),
    ("signed.jbk", SIGNED),
    ("signed.jnw", SIGNED),
    ("jbk", SIGNED),
    ("jnw", JOURNAL),
    ("jnl", JOURNAL),
];

/// The first file that stands beside the zone file at `path`, and why the zone file alone is not what is
/// served.
pub fn first(path: &Path) -> Option<(PathBuf, &'static str)> {
    all(path).find(|(beside, _)| beside.symlink_metadata().is_ok())
}

/// Removes what stands beside the zone file at `path`. Says whether there was anything.
///
/// # Errors
/// The first that cannot be removed, with its path.
pub fn remove(path: &Path) -> io::Result<bool> {
    let mut any = false;
    for (beside, _) in all(path) {
        match std::fs::remove_file(&beside) {
            Ok(()) => any = true,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            // The name with the longest extension may be none that a file can have.
            Err(error) if error.kind() == io::ErrorKind::InvalidFilename => {}
            Err(error) => {
                let told = format!("removing {}: {error}", beside.display());
                return Err(io::Error::new(error.kind(), told));
            }
        }
    }
    Ok(any)
}

fn all(path: &Path) -> impl Iterator<Item = (PathBuf, &'static str)> + '_ {
    EXTENSIONS
        .iter()
        .map(|(extension, what)| (path.with_added_extension(extension), *what))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn all_that_named_leaves_beside_a_zone_file_is_removed_and_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.example.db");
        assert!(!remove(&path).unwrap());
        let mine = [
            "a.example.db.jnl",
            "a.example.db.jbk",
            "a.example.db.signed",
            "a.example.db.signed.jnl",
        ];
        let others = ["a.example.db", "a.example.dbjnl", "b.a.example.db.jnl"];
        for file in mine.iter().chain(&others) {
            fs::write(dir.path().join(file), "").unwrap();
        }
        for file in mine {
            assert!(dir.path().join(file).exists(), "{file}");
        }
        assert!(first(&path).is_some());
        assert!(remove(&path).unwrap());
        assert!(first(&path).is_none());
        let mut left: Vec<_> = fs::read_dir(dir.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        left.sort();
        assert_eq!(left, others);
    }

    #[test]
    fn a_link_beside_a_zone_file_is_removed_and_not_what_it_leads_to() {
        let dir = tempfile::tempdir().unwrap();
        let (path, target) = (dir.path().join("a.db"), dir.path().join("target"));
        fs::write(&target, "").unwrap();
        std::os::unix::fs::symlink(&target, dir.path().join("a.db.jnl")).unwrap();
        assert!(remove(&path).unwrap());
        assert!(target.exists());
    }
}
