//! Declarations as an annotated file: each key with what it means, its variables and its default.

use crate::{Key, Takes, join, variable};

/// An annotated file that grows from top to bottom.
#[derive(Debug)]
pub struct Annotated(String);

impl Annotated {
    /// A file that begins with `head`.
    pub fn new(head: &str) -> Self {
        Self(head.to_owned())
    }

    /// The text.
    pub fn text(self) -> String {
        self.0
    }

    /// An empty line, but none below the name of a section.
    fn space(&mut self) {
        if !self.0.ends_with(":\n") {
            self.0.push('\n');
        }
    }

    /// The name of a section, with what it is for.
    pub fn section(&mut self, indent: &str, name: &str, doc: &[&str]) {
        self.space();
        self.comment(indent, doc);
        self.0.push_str(&format!("{indent}{name}:\n"));
    }

    /// Adds a heading.
    pub fn heading(&mut self, title: &str) {
        self.0.push_str(&format!(
            "\n# --- {title} {}\n",
            "-".repeat(90_usize.saturating_sub(title.len()))
        ));
    }

    fn comment(&mut self, indent: &str, lines: &[&str]) {
        for line in lines {
            self.0.push_str(&format!("{indent}#{line}\n"));
        }
    }

    /// A key below `section`, with what it means and its variables.
    pub fn key(&mut self, section: &str, key: &Key, default: &str) {
        let path = join(section, key.name);
        let indent = "  ".repeat(path.matches('.').count());
        self.space();
        self.comment(&indent, key.doc);
        match key.takes {
            Takes::Items(keys) => self.items(&indent, &path, keys),
            takes => self
                .0
                .push_str(&format!("{indent}# {}\n", variables(&path, takes))),
        }
        self.0
            .push_str(&format!("{indent}{}: {default}\n", key.name));
    }

    /// What an item of a list is, and an example of one.
    fn items(&mut self, indent: &str, list: &str, keys: &[Key]) {
        let mut example = String::new();
        for (key, begin) in keys
            .iter()
            .zip(["-"].into_iter().chain(std::iter::repeat(" ")))
        {
            let path = format!("{list}.1.{}", key.name);
            self.0
                .push_str(&format!("{indent}#  {}:{}\n", key.name, key.doc.join("")));
            self.0
                .push_str(&format!("{indent}#    {}\n", variables(&path, key.takes)));
            example.push_str(&format!(
                "{indent}#  {begin} {}: {}\n",
                key.name, key.default
            ));
        }
        self.0.push_str(&format!(
            "{indent}# In variables, 1 is the first item and 2 the second. An example:\n"
        ));
        self.0.push_str(&example);
    }
}

/// The variables that set the key at `path`.
fn variables(path: &str, takes: Takes) -> String {
    let variable = variable(path);
    match takes.is_secret() {
        true => format!("[{variable}], [{variable}_FILE]"),
        false => format!("[{variable}]"),
    }
}
