//! `config/app.yml`, made from the declarations.

use dadns_backends::KINDS;
use dadns_keys::{Key, Keys as _, Takes};

use super::SECTIONS;
use super::backends::{Common, DnsKeys};
use super::catalog::{BACKENDS, join, variable};

const HEAD: &str = "\
# dadns - annotated default configuration.
#
# Every key stands here with its default: leave out what you do not want to change. dadns reads the file
# given by --config FILE, or else the first of /etc/dadns/app.yml, ./app.yml and ./config/app.yml.
# The variable named in [brackets] overrides the key; for a secret, VARIABLE_FILE may name a file that
# holds it. `dadns config check` prints every value and where it comes from. This file is written by
# `dadns config default`, and `dadns config schema` prints a JSON schema of it for editors.
";

/// The annotated file with every key and its default.
pub fn default_file() -> String {
    let mut file = HEAD.to_owned();
    for (heading, sections) in SECTIONS {
        title(&mut file, heading);
        let mut open = "";
        for section in *sections {
            if section.path != open {
                open = section.path;
                file.push_str(&format!("\n{open}:\n"));
            }
            if !section.path.is_empty() {
                comment(&mut file, "  ", section.doc);
            }
            for key in section.keys {
                self::key(&mut file, section.path, key, key.default);
            }
        }
    }
    title(&mut file, "Name servers");
    file.push_str("\ndns:\n");
    for key in DnsKeys::SECTION.keys {
        self::key(&mut file, DnsKeys::SECTION.path, key, key.default);
    }
    file.push('\n');
    comment(&mut file, "  ", Common::SECTION.doc);
    file.push_str("  backends:\n");
    for kind in KINDS {
        let path = join(BACKENDS, kind.name);
        file.push_str(&format!("    {}:\n", kind.name));
        comment(&mut file, "      ", kind.section.doc);
        for common in Common::SECTION.keys {
            match common.name {
                "type" => key(&mut file, &path, common, kind.name),
                _ => key(&mut file, &path, common, &kind.enabled.to_string()),
            }
        }
        for key in kind.section.keys {
            self::key(&mut file, &path, key, key.default);
        }
        file.push('\n');
    }
    file.truncate(file.trim_end().len());
    file.push('\n');
    file
}

fn title(file: &mut String, title: &str) {
    file.push_str(&format!(
        "\n# --- {title} {}\n",
        "-".repeat(90 - title.len())
    ));
}

fn comment(file: &mut String, indent: &str, lines: &[&str]) {
    for line in lines {
        file.push_str(&format!("{indent}#{line}\n"));
    }
}

/// A key below `section`, with what it means and its variables.
fn key(file: &mut String, section: &str, key: &Key, default: &str) {
    let path = join(section, key.name);
    let indent = "  ".repeat(path.matches('.').count());
    file.push('\n');
    comment(file, &indent, key.doc);
    match key.takes {
        Takes::Items(keys) => items(file, &indent, &path, keys),
        takes => file.push_str(&format!("{indent}# {}\n", variables(&path, takes))),
    }
    file.push_str(&format!("{indent}{}: {default}\n", key.name));
}

/// The variables that set the key at `path`.
fn variables(path: &str, takes: Takes) -> String {
    let variable = variable(path);
    match takes.is_secret() {
        true => format!("[{variable}], [{variable}_FILE]"),
        false => format!("[{variable}]"),
    }
}

/// What an item of a list is, and an example of one.
fn items(file: &mut String, indent: &str, list: &str, keys: &[Key]) {
    let mut example = String::new();
    for (key, begin) in keys
        .iter()
        .zip(["-"].into_iter().chain(std::iter::repeat(" ")))
    {
        let path = format!("{list}.1.{}", key.name);
        file.push_str(&format!("{indent}#  {}:{}\n", key.name, key.doc.join("")));
        file.push_str(&format!("{indent}#    {}\n", variables(&path, key.takes)));
        example.push_str(&format!(
            "{indent}#  {begin} {}: {}\n",
            key.name, key.default
        ));
    }
    file.push_str(&format!(
        "{indent}# In variables, 1 is the first item and 2 the second. An example:\n"
    ));
    file.push_str(&example);
}
