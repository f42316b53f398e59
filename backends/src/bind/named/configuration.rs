//! The configuration of `named` itself, read as far as it says how to deal with `named`: in which views our
//! include file stands, and to which files `named` logs.
//!
//! The control channel has no command that lists views, but it names the configuration file. Reading that
//! is a help and no need: where it cannot be read, the operator names the views.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::files::Files;
use crate::bind::settings::View;
use crate::bind::syntax::{self, Statement};

/// Most files that are read, and most octets of them.
const MAX_FILES: usize = 256;
const MAX_BYTES: u64 = 32 << 20;

/// What the configuration of `named` says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NamedConf {
    /// The views whose block includes our file, in order.
    pub views: Vec<View>,
    /// How many views there are in all.
    pub view_count: usize,
    /// The files that `named` logs to.
    pub logs: Vec<PathBuf>,
    /// What all this was read from.
    pub files: Files,
}

impl NamedConf {
    /// Reads the configuration file at `path` and what it includes. `root`: what `named` sees as `/`. `ours`
    /// is the include file of the backend.
    ///
    /// # Errors
    /// What cannot be read or understood, with its path.
    pub fn read(path: &Path, root: &Path, ours: &Path) -> Result<Self, String> {
        let mut reader = Reader {
            ours: identity(ours),
            root: root.to_owned(),
            directory: path.parent().unwrap_or(Path::new("/")).to_owned(),
            found: Self::default(),
            files: 0,
            bytes: 0,
            open: BTreeSet::new(),
        };
        reader.file(path, None)?;
        Ok(reader.found)
    }
}

struct Reader {
    /// The device and number of the include file of the backend: it may have several paths.
    ours: Option<(u64, u64)>,
    root: PathBuf,
    /// What relative paths are relative to.
    directory: PathBuf,
    found: NamedConf,
    files: usize,
    bytes: u64,
    /// The files that are being read, against circles.
    open: BTreeSet<PathBuf>,
}

impl Reader {
    fn file(&mut self, path: &Path, view: Option<&View>) -> Result<(), String> {
        let (given, path) = (path, canonical(path));
        if self.ours.is_some() && identity(&path) == self.ours {
            // It holds zones only, and many.
            self.found.views.extend(view.cloned());
            return Ok(());
        }
        self.files += 1;
        if self.files > MAX_FILES {
            return Err(format!("it includes more than {MAX_FILES} files"));
        }
        if !self.open.insert(path.clone()) {
            return Err(format!("{} includes itself", path.display()));
        }
        let failed = |cause: &dyn std::fmt::Display| format!("{}: {cause}", path.display());
        self.found.files.add(given);
        let text = self.text(&path).map_err(|error| failed(&error))?;
        let statements = syntax::statements(&text).map_err(|error| failed(&error))?;
        self.block(&statements, view)?;
        self.open.remove(&path);
        Ok(())
    }

    fn text(&mut self, path: &Path) -> io::Result<Vec<u8>> {
        let found = fs::metadata(path)?;
        if !found.is_file() {
            return Err(io::Error::other("it is no file"));
        }
        self.bytes += found.len();
        if self.bytes > MAX_BYTES {
            let cause = format!("named's configuration has more than {MAX_BYTES} octets");
            return Err(io::Error::other(cause));
        }
        fs::read(path)
    }

    fn block(&mut self, block: &[Statement<'_>], view: Option<&View>) -> Result<(), String> {
        for statement in block {
            let inner = statement.block.as_deref().unwrap_or_default();
            if statement.is("include") {
                for file in self.included(statement)? {
                    self.file(&file, view)?;
                }
            } else if statement.is("options") {
                let directory = inner.iter().find(|inner| inner.is("directory"));
                if let Some(directory) = directory.and_then(|directory| directory.word(1)) {
                    self.directory = self.path(directory);
                }
                self.block(inner, view)?;
            } else if statement.is("view") {
                self.found.view_count += 1;
                // One that cannot be named in a command is none that can be dealt with.
                let named = statement.word(1).and_then(|name| name.parse().ok());
                if let Some(named) = named {
                    self.block(inner, Some(&named))?;
                }
            } else if statement.is("logging") {
                self.logs(inner);
            }
        }
        Ok(())
    }

    /// Where a path of the configuration leads, seen from here.
    fn path(&self, named: &str) -> PathBuf {
        match named.strip_prefix('/') {
            Some(below) => self.root.join(below),
            None => self.directory.join(named),
        }
    }

    /// The files that an `include` names: one, or those that fit its pattern.
    fn included(&mut self, include: &Statement<'_>) -> Result<Vec<PathBuf>, String> {
        let Some(file) = include.word(1) else {
            return Ok(Vec::new());
        };
        let path = self.path(file);
        if !file.contains(['*', '?', '[']) {
            return Ok(vec![path]);
        }
        let found = self.found.files.matching(path.to_string_lossy().into());
        found.map_err(|error| format!("{file}: {error}"))
    }

    fn logs(&mut self, logging: &[Statement<'_>]) {
        for channel in logging.iter().filter(|inner| inner.is("channel")) {
            let settings = channel.block.as_deref().unwrap_or_default();
            let file = settings.iter().find(|setting| setting.is("file"));
            if let Some(file) = file.and_then(|file| file.word(1)) {
                let file = self.path(file);
                self.found.logs.push(file);
            }
        }
    }
}

/// The device and number of a file, if it is there.
fn identity(path: &Path) -> Option<(u64, u64)> {
    let found = fs::metadata(path).ok()?;
    Some((found.dev(), found.ino()))
}

/// The path without links, as far as it leads anywhere.
fn canonical(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is read of a `named.conf` with this text, in a directory with the include file `ours`.
    fn read(text: &str, others: &[(&str, &str)]) -> Result<NamedConf, String> {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        fs::write(at("ours"), "").unwrap();
        for (name, text) in others {
            fs::write(at(name), text).unwrap();
        }
        fs::write(at("named.conf"), text).unwrap();
        let mut found = NamedConf::read(&at("named.conf"), Path::new("/"), &at("ours"))?;
        for log in &mut found.logs {
            *log = log.strip_prefix(dir.path()).unwrap_or(log).to_owned();
        }
        Ok(found)
    }

    fn views(found: &NamedConf) -> Vec<String> {
        found.views.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn views_that_include_our_file_are_found_and_others_are_counted() {
        let text = "view lan { include \"ours\"; };\n\
             view \"wan two\" IN { match-clients { any; }; include \"more\"; };\n\
             view third { zone \".\" { type hint; file \"x\"; }; };\n";
        let found = read(text, &[("more", "include \"./ours\";")]).unwrap();
        assert_eq!(views(&found), ["lan", "wan two"]);
        assert_eq!(found.view_count, 3);
    }

    #[test]
    fn patterns_of_includes_are_followed() {
        let text = "include \"*.inc\";\ninclude \"none-*\";";
        let others = [
            ("a.inc", "view a { include \"ours\"; };"),
            ("b.inc", "view b { include \"our?\"; };"),
        ];
        assert_eq!(views(&read(text, &others).unwrap()), ["a", "b"]);
    }

    #[test]
    fn in_a_chroot_paths_are_below_its_root() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        fs::create_dir(at("etc")).unwrap();
        fs::write(at("etc/ours"), "").unwrap();
        fs::write(at("etc/views"), "view a { include \"/etc/ours\"; };").unwrap();
        fs::write(at("etc/named.conf"), "include \"/etc/views\";").unwrap();
        let found = NamedConf::read(&at("etc/named.conf"), dir.path(), &at("etc/ours"));
        assert_eq!(views(&found.unwrap()), ["a"]);
    }

    #[test]
    fn without_views_none_are_found() {
        let found = read("options { recursion no; }; include \"ours\";", &[]).unwrap();
        let files = found.files.clone();
        let none = NamedConf {
            files,
            ..NamedConf::default()
        };
        assert_eq!(found, none);
    }

    #[test]
    fn log_files_are_relative_to_the_directory_of_named() {
        let text = "options { directory \"var\"; };\n\
             logging { channel a { file \"a.log\" versions 3; severity info; }; \
             channel b { syslog; }; channel c { file \"/log/c\"; }; category default { a; }; };";
        let found = read(text, &[]).unwrap();
        assert_eq!(found.logs, [Path::new("var/a.log"), Path::new("/log/c")]);
    }

    #[test]
    fn what_cannot_be_read_is_said_with_its_path() {
        for (text, others, part) in [
            ("include \"gone\";", &[][..], "gone: No such file"),
            ("view a {", &[][..], "named.conf: line 1"),
            (
                "include \"b\";",
                &[("b", "include \"b\";")][..],
                "includes itself",
            ),
            ("include \".\";", &[][..], "it is no file"),
        ] {
            let error = read(text, others).unwrap_err();
            assert!(error.contains(part), "{text}: {error}");
        }
    }
}
