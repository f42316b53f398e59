//! `config/app.yml`, made from the declarations.

use dadns_backends::KINDS;
use dadns_keys::{Annotated, Keys as _, join};

use super::SECTIONS;
use super::backends::{Common, DnsKeys};
use super::catalog::BACKENDS;

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
    let mut file = Annotated::new(HEAD);
    for (heading, sections) in SECTIONS {
        file.heading(heading);
        let mut open = "";
        for section in *sections {
            if section.path != open {
                open = section.path;
                file.section("", open, section.doc);
            }
            for key in section.keys {
                file.key(section.path, key, key.default);
            }
        }
    }
    file.heading("Name servers");
    let (dns, common) = (DnsKeys::SECTION, Common::SECTION);
    file.section("", dns.path, dns.doc);
    for key in dns.keys {
        file.key(dns.path, key, key.default);
    }
    file.section("  ", "backends", common.doc);
    for kind in KINDS {
        let path = join(BACKENDS, kind.name);
        file.section("    ", kind.name, kind.section.doc);
        for common in common.keys {
            let enabled = kind.enabled.to_string();
            let default = match common.name {
                "type" => kind.name,
                "enabled" => &enabled,
                _ => common.default,
            };
            file.key(&path, common, default);
        }
        for key in kind.section.keys {
            file.key(&path, key, key.default);
        }
    }
    file.text()
}
