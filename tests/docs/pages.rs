//! The pages, and what each needs to run.

use std::path::Path;
use std::process::Command;

use crate::needs;
use crate::page::{Page, path};
use crate::run::run;
use crate::support::find;
use crate::world::{Around, World, program};

/// Pages with blocks that are run.
const RUN: [&str; 8] = [
    "README.md",
    "docs/configuration.md",
    "docs/http.md",
    "docs/metrics-and-alerts.md",
    "docs/moving-from-directdnsonly.md",
    "docs/operations.md",
    "docs/record-api.md",
    "docs/tokens.md",
];

/// Pages of which no block is run.
const OTHER: [&str; 15] = [
    "CONTRIBUTING.md",
    "docs/backends.md",
    "docs/clients.md",
    "docs/cluster.md",
    "docs/dynamic-update.md",
    "docs/install.md",
    "docs/logging.md",
    "docs/performance.md",
    "docs/placement.md",
    "docs/registry.md",
    "docs/powerdns-api.md",
    "docs/rest-and-acme-dns.md",
    "docs/secondaries.md",
    "docs/sources.md",
    "docs/web.md",
];

/// Kinds of blocks.
const KINDS: [&str; 6] = ["sh", "console", "yaml", "named", "text", "run"];

/// All pages.
pub fn all() -> impl Iterator<Item = Page> {
    RUN.into_iter().chain(OTHER).map(Page::read)
}

#[test]
fn the_readme_does_what_it_shows() {
    needs!("curl", "dig");
    // The block that starts the gateway is one of the page.
    let mut world = World::new(Around::Gateway, &[]);
    run(&mut Page::read("README.md"), &mut world);
}

#[test]
fn the_configuration_is_checked_as_its_page_shows() {
    let mut world = World::new(Around::Nothing, &[]);
    run(&mut Page::read("docs/configuration.md"), &mut world);
}

#[test]
fn the_daily_commands_print_what_their_page_shows() {
    needs!("named", "curl");
    let variables = [
        ("GUARD_APEX_MX", "true"),
        // The page lets `dadns verify` find the drift.
        ("CHECK_ENABLED", "false"),
    ];
    let mut world = World::new(Around::Bind, &variables);
    world.start();
    run(&mut Page::read("docs/operations.md"), &mut world);
}

#[test]
fn tokens_are_made_and_used_as_their_page_shows() {
    needs!("curl");
    let mut world = World::new(Around::Gateway, &[]);
    world.start();
    run(&mut Page::read("docs/tokens.md"), &mut world);
}

#[test]
fn records_are_edited_as_their_page_shows() {
    needs!("curl");
    let mut world = World::new(Around::Gateway, &[]);
    world.start();
    run(&mut Page::read("docs/record-api.md"), &mut world);
}

#[test]
fn the_move_from_another_gateway_goes_as_its_page_shows() {
    needs!("named", "curl");
    let mut world = World::new(Around::Takeover, &[("CHECK_ENABLED", "false")]);
    world.start();
    run(
        &mut Page::read("docs/moving-from-directdnsonly.md"),
        &mut world,
    );
}

#[test]
fn each_configuration_in_the_pages_is_accepted() {
    let checked = accepted("yaml", |file| {
        let mut program = program();
        program.args(["config", "check", "--config"]).arg(file);
        program
    });
    assert!(checked >= 6, "only {checked} configurations were found");
}

#[test]
fn bind_accepts_each_configuration_for_it() {
    needs!("named-checkconf");
    let checked = accepted("named", |file| {
        let mut program = Command::new(find("named-checkconf").unwrap());
        program.arg(file);
        program
    });
    assert!(checked >= 1, "no configuration for BIND was found");
}

/// Lets a program check each block of a kind; how many there are.
fn accepted(kind: &str, program: impl Fn(&Path) -> Command) -> usize {
    let directory = tempfile::TempDir::new().unwrap();
    let file = directory.path().join("configuration");
    let mut checked = 0;
    for page in all() {
        let blocks = page.blocks().into_iter();
        for block in blocks.filter(|block| block.kind == kind && block.reason().is_none()) {
            let place = page.place(block.lines.start);
            std::fs::write(&file, page.text(block.lines)).unwrap();
            let output = program(&file).output().unwrap();
            let printed = [output.stdout, output.stderr].concat();
            let printed = String::from_utf8_lossy(&printed);
            assert!(output.status.success(), "{place}: {printed}");
            checked += 1;
        }
    }
    checked
}

#[test]
fn each_block_says_what_it_is_and_why_it_is_left_out() {
    for page in all() {
        let mut run = 0;
        for block in page.blocks() {
            let place = page.place(block.lines.start);
            let known = KINDS.contains(&block.kind.as_str());
            assert!(known, "{place}: {:?} is no kind of block", block.kind);
            let rest = &block.rest;
            let reason = block.reason();
            let good =
                rest.is_empty() || block.kind == "run" || reason.is_some_and(|r| r.len() > 10);
            assert!(good, "{place}: write not-run: and the reason, not {rest:?}");
            run += usize::from(block.is_run());
        }
        let path = page.path;
        match RUN.contains(&path) {
            true => assert!(run > 0, "{path}: no block of it is run any more"),
            false => assert_eq!(run, 0, "{path}: its blocks are not run: make it one of RUN"),
        }
    }
}

#[test]
fn each_page_is_known_here_and_the_readme_is_short() {
    for entry in std::fs::read_dir(path("docs")).unwrap() {
        let entry = entry.unwrap();
        let name = format!("docs/{}", entry.file_name().to_string_lossy());
        if entry.file_type().unwrap().is_dir() {
            // Pictures of a page.
            assert!(path(&format!("{name}.md")).exists(), "{name} has no page");
            continue;
        }
        let known = RUN.contains(&name.as_str()) || OTHER.contains(&name.as_str());
        assert!(known, "{name} is not among the pages of this test");
    }
    let lines = Page::read("README.md").lines.len();
    assert!(lines <= 150, "README.md has {lines} lines: more than 150");
}

#[test]
fn each_command_that_a_page_names_exists() {
    let mut named = std::collections::BTreeSet::new();
    for page in all() {
        for line in &page.lines {
            // In code of a text: `dadns zones ZONE`.
            for code in line.split('`').skip(1).step_by(2) {
                let Some(rest) = code.strip_prefix("dadns ") else {
                    continue;
                };
                let words = rest.split(' ').take_while(|word| {
                    !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase())
                });
                named.insert(words.map(str::to_owned).collect::<Vec<_>>());
            }
        }
    }
    assert!(named.len() > 12, "{named:?}");
    for words in named.iter().filter(|words| !words.is_empty()) {
        // The last word may be an argument, such as the name of a backend.
        let known = |words: &[String]| {
            let output = program().args(words).arg("--help").output().unwrap();
            output.status.success()
        };
        assert!(known(words), "dadns {} does not exist", words.join(" "));
    }
}
