//! The configuration file: where it is looked for, and its text.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::finding::{Finding, Origin};

/// Where a file is looked for when none is named; the first that is there is taken.
pub const PLACES: [&str; 3] = ["/etc/dadns/app.yml", "./app.yml", "./config/app.yml"];

/// No real configuration is larger.
const MAX_BYTES: usize = 1024 * 1024;

/// Finds the file and reads it. A file that was named must be there; one that is there must be
/// readable: to fall back to defaults behind the operator's back would be worse than to stop.
pub(super) fn find(
    explicit: Option<&Path>,
    places: &[PathBuf],
) -> Result<Option<(PathBuf, String)>, Finding> {
    if let Some(path) = explicit {
        return match read(path)? {
            Some(text) => Ok(Some((path.to_owned(), text))),
            None => Err(about(path, 0, "there is no such file")),
        };
    }
    for path in places {
        if let Some(text) = read(path)? {
            return Ok(Some((path.clone(), text)));
        }
    }
    Ok(None)
}

fn read(path: &Path) -> Result<Option<String>, Finding> {
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return Ok(None);
        }
        Err(error) => return Err(about(path, 0, &format!("cannot be read: {error}"))),
    };
    if bytes.len() > MAX_BYTES {
        return Err(about(path, 0, &format!("larger than {MAX_BYTES} bytes")));
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let good = error.as_bytes().get(..error.utf8_error().valid_up_to());
        let lines = good
            .unwrap_or_default()
            .iter()
            .filter(|byte| **byte == b'\n')
            .count();
        about(path, lines + 1, "not UTF-8 text")
    })?;
    Ok(Some(text))
}

fn about(path: &Path, line: usize, message: &str) -> Finding {
    let path: Arc<Path> = path.into();
    Finding::new(Origin::File { path, line }, message)
}
