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
                begin(&mut file, "", open, section.doc);
            }
            for key in section.keys {
                self::key(&mut file, section.path, key, key.default);
            }
        }
    }
    title(&mut file, "Name servers");
    let (dns, common) = (DnsKeys::SECTION, Common::SECTION);
    begin(&mut file, "", dns.path, dns.doc);
    for key in dns.keys {
        self::key(&mut file, dns.path, key, key.default);
    }
    begin(&mut file, "  ", "backends", common.doc);
    for kind in KINDS {
        let path = join(BACKENDS, kind.name);
        begin(&mut file, "    ", kind.name, kind.section.doc);
        for common in common.keys {
            let enabled = kind.enabled.to_string();
            let is_type = common.name == "type";
            key(
                &mut file,
                &path,
                common,
                if is_type { kind.name } else { &enabled },
            );
        }
        for key in kind.section.keys {
            self::key(&mut file, &path, key, key.default);
        }
    }
    file
}

/// An empty line, but none below the name of a section.
fn space(file: &mut String) {
    if !file.ends_with(":\n") {
        file.push('\n');
    }
}

/// The name of a section, with what it is for.
fn begin(file: &mut String, indent: &str, name: &str, doc: &[&str]) {
    space(file);
    comment(file, indent, doc);
    file.push_str(&format!("{indent}{name}:\n"));
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
    space(file);
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
