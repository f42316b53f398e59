//! The include file: one stanza for each zone of ours, among whatever else an operator or another
//! tool keeps there.
//!
//! The file is shared, so it is edited and not generated: our stanzas are recognised by their exact
//! form, and every other byte stays as it is. A stanza in any other form is *unmanaged*. Zones that
//! move over from another gateway are unmanaged at first, and taken over one by one as they are pushed.
//!
//! Rejected: a file of our own, generated whole. It needs no parser, but moving over would need every
//! zone at once, and a stanza in both files stops `named` from starting. `rndc addzone` is the other way, for a
//! `named` that allows it: `addzone/` says what it costs.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;
use std::path::{Path, PathBuf};

use dadns_zone::ZoneName;

use super::files::ZoneFiles;
use super::stanza::{self, Options, stanza};
use crate::bind::syntax::{self, Statement, SyntaxError};

/// What a new include file starts with.
const HEAD: &[u8] =
    b"// Zones of this name server. dadns adds and removes stanzas of its own here and keeps\n\
    // everything else as it is. named.conf has to include this file.\n";

/// An include file that has been read, with the position of each zone stanza.
#[derive(Debug, Clone)]
pub struct Include {
    text: Vec<u8>,
    ours: BTreeMap<ZoneName, Ours>,
    unmanaged: Vec<Unmanaged>,
    /// Where in `unmanaged` each file is used.
    unmanaged_files: HashMap<PathBuf, Vec<usize>>,
}

/// Where a stanza of ours stands, and its options.
#[derive(Debug, Clone)]
struct Ours {
    range: Range<usize>,
    options: Range<usize>,
}

/// A zone stanza that is not of our form.
#[derive(Debug, Clone)]
struct Unmanaged {
    /// `None`: the root, or a name that no zone of ours could have.
    name: Option<ZoneName>,
    range: Range<usize>,
    /// Where the zone stands; otherwise why it cannot be read as it is served.
    file: Result<PathBuf, String>,
    /// Whether it is a zone that this `named` has from no other server.
    primary: bool,
}

impl Include {
    /// An include file with no zones.
    pub fn empty() -> Self {
        Self {
            text: HEAD.to_vec(),
            ours: BTreeMap::new(),
            unmanaged: Vec::new(),
            unmanaged_files: HashMap::new(),
        }
    }

    /// Reads `text`; a stanza that names its place in `files` in our form is ours.
    ///
    /// # Errors
    /// When braces, quotes or comments do not balance. Then nothing about the file can be trusted.
    pub fn parse(text: Vec<u8>, files: &ZoneFiles) -> Result<Self, SyntaxError> {
        let mut ours = BTreeMap::new();
        let mut unmanaged = Vec::new();
        let mut unmanaged_files: HashMap<_, Vec<_>> = HashMap::new();
        for statement in syntax::statements(&text)? {
            if !statement.is("zone") || !is_internet(&statement) {
                continue;
            }
            let name = statement
                .word(1)
                .and_then(|name| name.parse::<ZoneName>().ok());
            let range = statement.range.clone();
            let options = name
                .as_ref()
                .filter(|name| !ours.contains_key(*name))
                .and_then(|name| stanza::options_of(&text[range.clone()], name, files));
            match (name, options) {
                (Some(name), Some(options)) => {
                    let options = range.start + options.start..range.start + options.end;
                    ours.insert(name, Ours { range, options });
                }
                (name, _) => {
                    if let Some(file) = file_of(&statement) {
                        unmanaged_files
                            .entry(file)
                            .or_default()
                            .push(unmanaged.len());
                    }
                    unmanaged.push(Unmanaged {
                        name,
                        range,
                        file: readable_file(&statement),
                        primary: is_primary(&statement),
                    });
                }
            }
        }
        Ok(Self {
            text,
            ours,
            unmanaged,
            unmanaged_files,
        })
    }

    /// The file, byte for byte.
    pub fn text(&self) -> &[u8] {
        &self.text
    }

    /// The zones with a stanza of ours.
    pub fn ours(&self) -> impl Iterator<Item = &ZoneName> {
        self.ours.keys()
    }

    pub fn is_ours(&self, name: &ZoneName) -> bool {
        self.ours.contains_key(name)
    }

    /// The text with each stanza of ours in the form that has these `options`. `None` where all have.
    pub fn renewed(&self, options: &Options, files: &ZoneFiles) -> Option<Vec<u8>> {
        let mut older: Vec<_> = self
            .ours
            .iter()
            .filter(|(_, ours)| !options.are(&self.text[ours.options.clone()]))
            .collect();
        if older.is_empty() {
            return None;
        }
        older.sort_by_key(|(_, ours)| ours.range.start);
        let mut text = Vec::with_capacity(self.text.len() + 256 * older.len());
        let mut from = 0;
        for (name, ours) in older {
            text.extend_from_slice(&self.text[from..ours.range.start]);
            text.extend_from_slice(stanza(name, files, options).as_bytes());
            from = ours.range.end;
        }
        text.extend_from_slice(&self.text[from..]);
        Some(text)
    }

    /// How many zones here have a stanza that is not ours.
    pub fn unmanaged_count(&self) -> usize {
        self.unmanaged.len()
    }

    /// The unmanaged zones that this `named` is primary for.
    pub fn unmanaged(&self) -> impl Iterator<Item = &ZoneName> {
        let primary = self.unmanaged.iter().filter(|unmanaged| unmanaged.primary);
        primary
            .filter_map(|unmanaged| unmanaged.name.as_ref())
            .filter(|name| !self.is_ours(name))
    }

    /// The file of such a zone.
    ///
    /// # Errors
    /// Why what it holds is not the zone that is served.
    pub fn unmanaged_file(&self, name: &ZoneName) -> Result<&Path, &str> {
        let mut stanzas = self.unmanaged.iter();
        match stanzas.find(|unmanaged| unmanaged.name.as_ref() == Some(name)) {
            Some(unmanaged) if !self.is_ours(name) => {
                unmanaged.file.as_deref().map_err(String::as_str)
            }
            _ => Err("there is no unmanaged stanza for this zone"),
        }
    }

    /// Whether the stanza of another zone, which is not ours, uses the file at `path`.
    pub fn is_file_of_another(&self, path: &Path, name: &ZoneName) -> bool {
        let users = self
            .unmanaged_files
            .get(path)
            .map(Vec::as_slice)
            .unwrap_or_default();
        users
            .iter()
            .any(|user| self.unmanaged[*user].name.as_ref() != Some(name))
    }

    /// Whether any stanza that is not ours uses the file at `path`.
    pub fn uses(&self, path: &Path) -> bool {
        self.unmanaged_files.contains_key(path)
    }

    /// The text with exactly one stanza for each zone of `put`, ours, and with none of ours for the
    /// zones of `removed`. `None` where that changes nothing.
    pub fn edited<'a>(
        &self,
        put: &BTreeSet<&'a ZoneName>,
        removed: &BTreeSet<&'a ZoneName>,
        options: &Options,
        files: &ZoneFiles,
    ) -> Option<Vec<u8>> {
        let mut missing: BTreeSet<_> = put
            .iter()
            .copied()
            .filter(|name| !self.is_ours(name))
            .collect();
        // What goes, and what stands there instead. An unmanaged stanza is taken over where it stands.
        let mut edits: Vec<(Range<usize>, Option<&ZoneName>)> = Vec::new();
        for unmanaged in &self.unmanaged {
            let Some(name) = unmanaged.name.as_ref().and_then(|name| put.get(name)) else {
                continue;
            };
            edits.push((unmanaged.range.clone(), missing.take(*name)));
        }
        edits.extend(
            removed
                .iter()
                .filter_map(|name| Some((self.ours.get(*name)?.range.clone(), None))),
        );
        if edits.is_empty() && missing.is_empty() {
            return None;
        }
        edits.sort_by_key(|(range, _)| range.start);

        let mut text = Vec::with_capacity(self.text.len() + 256 * missing.len());
        let mut from = 0;
        for (range, instead) in edits {
            text.extend_from_slice(&self.text[from..range.start]);
            from = range.end;
            match instead {
                Some(name) => text.extend_from_slice(stanza(name, files, options).as_bytes()),
                // A stanza alone on its line goes with its line.
                None if text.last().is_none_or(|byte| *byte == b'\n')
                    && self.text.get(from) == Some(&b'\n') =>
                {
                    from += 1;
                }
                None => {}
            }
        }
        text.extend_from_slice(&self.text[from..]);
        // The last line may be a comment: what is added must not become a part of it.
        if text.last().is_some_and(|byte| *byte != b'\n') {
            text.push(b'\n');
        }
        for name in missing {
            text.extend_from_slice(stanza(name, files, options).as_bytes());
            text.push(b'\n');
        }
        Some(text)
    }
}

/// What has to leave the file for zones that `named` keeps itself.
impl Include {
    /// The zones of `put` that have any stanza, and those of `removed` that have one of ours.
    pub fn with_stanza<'a>(
        &self,
        put: &BTreeSet<&'a ZoneName>,
        removed: &BTreeSet<&'a ZoneName>,
    ) -> BTreeSet<&'a ZoneName> {
        let unmanaged = self.unmanaged.iter();
        let unmanaged = unmanaged.filter_map(|unmanaged| put.get(unmanaged.name.as_ref()?));
        let ours = put.union(removed).filter(|name| self.is_ours(name));
        ours.chain(unmanaged).copied().collect()
    }

    /// The text without any stanza of `names`.
    pub fn without(&self, names: &BTreeSet<&ZoneName>) -> Vec<u8> {
        let unmanaged = self.unmanaged.iter();
        let mut ranges: Vec<_> = unmanaged
            .filter(|unmanaged| {
                unmanaged
                    .name
                    .as_ref()
                    .is_some_and(|name| names.contains(name))
            })
            .map(|unmanaged| unmanaged.range.clone())
            .chain(
                names
                    .iter()
                    .filter_map(|name| Some(self.ours.get(*name)?.range.clone())),
            )
            .collect();
        ranges.sort_by_key(|range| range.start);
        let mut text = Vec::with_capacity(self.text.len());
        let mut from = 0;
        for range in ranges {
            text.extend_from_slice(&self.text[from..range.start]);
            from = range.end;
            // A stanza alone on its line goes with its line.
            let alone = text.last().is_none_or(|byte| *byte == b'\n');
            if alone && self.text.get(from) == Some(&b'\n') {
                from += 1;
            }
        }
        text.extend_from_slice(&self.text[from..]);
        text
    }
}

/// Whether a `zone` statement is of class IN, which is the default.
fn is_internet(statement: &Statement<'_>) -> bool {
    statement
        .word(2)
        .is_none_or(|class| class.eq_ignore_ascii_case("in"))
}

fn file_of(statement: &Statement<'_>) -> Option<PathBuf> {
    option(statement, "file").map(PathBuf::from)
}

/// The first word that the stanza gives `option`.
fn option<'s>(statement: &'s Statement<'_>, option: &str) -> Option<&'s str> {
    let block = statement.block.as_ref()?;
    block.iter().find(|inner| inner.is(option))?.word(1)
}

fn is_primary(statement: &Statement<'_>) -> bool {
    option(statement, "type").is_some_and(|kind| {
        kind.eq_ignore_ascii_case("primary") || kind.eq_ignore_ascii_case("master")
    })
}

/// The file that holds the zone as `named` serves it.
fn readable_file(statement: &Statement<'_>) -> Result<PathBuf, String> {
    if !is_primary(statement) {
        let kind = option(statement, "type").unwrap_or("none");
        return Err(format!("its type is {kind}: the zone is not kept here"));
    }
    for (signs, off) in [
        ("dnssec-policy", "none"),
        ("inline-signing", "no"),
        ("auto-dnssec", "off"),
    ] {
        if let Some(set) = option(statement, signs)
            && set != off
        {
            return Err(format!(
                "it has {signs} {set}: named signs the zone, and its file does not hold what is served"
            ));
        }
    }
    match file_of(statement) {
        Some(file) if file.is_absolute() => Ok(file),
        Some(file) => Err(format!(
            "its file {} is relative to the directory of named, which is not known here; make it an \
             absolute path",
            file.display()
        )),
        None => Err("it names no file".to_owned()),
    }
}

#[cfg(test)]
mod tests;
