//! Runs a page from top to bottom.

use std::time::{Duration, Instant};

use crate::compare::{difference, same_lines};
use crate::page::{Block, Page};
use crate::world::World;

/// Commands that only read, and may be run again until what a task of the gateway does has happened.
const READS: [&str; 6] = [
    "dig ",
    "grep ",
    "curl -u directdnsonly:changeme http",
    "dadns status",
    "dadns zones ",
    "dadns refused",
];

/// Commands that look at several zones at a time and show them as they are done.
const IN_ANY_ORDER: [&str; 2] = ["dadns import ", "dadns verify "];

/// How long a command that only reads may take until it prints what the page shows.
const PATIENCE: Duration = Duration::from_secs(30);

/// The same, when the page will be written anyway.
const PATIENCE_OF_WRITING: Duration = Duration::from_secs(2);

/// Whether pages are written instead of compared.
pub fn is_writing() -> bool {
    std::env::var_os("WRITE_PAGES").is_some()
}

/// Runs all blocks of a page, and compares what they print, or writes it into the page.
pub fn run(page: &mut Page, world: &mut World) {
    let found = differences(page, world);
    if is_writing() && !found.is_empty() {
        // From the bottom, so that the lines above stay where they are.
        for Difference { lines, printed, .. } in found.into_iter().rev() {
            page.lines.splice(
                lines,
                printed.lines().map(|line| line.trim_end().to_owned()),
            );
        }
        page.write();
        return;
    }
    let told: Vec<_> = found.iter().map(|found| found.told.as_str()).collect();
    assert!(
        told.is_empty(),
        "{}\n\nTo write what is printed now into the pages: WRITE_PAGES=1 cargo test -p dadns --test docs",
        told.join("\n\n")
    );
}

/// Output that is not what the page shows.
pub struct Difference {
    lines: std::ops::Range<usize>,
    printed: String,
    pub told: String,
}

/// Runs all blocks of a page.
pub fn differences(page: &Page, world: &mut World) -> Vec<Difference> {
    let mut found = Vec::new();
    for block in page.blocks().iter().filter(|block| block.is_run()) {
        match block.kind.as_str() {
            "console" => console(page, block, world, &mut found),
            _ => {
                let (succeeded, printed) = world.run(&page.text(block.lines.clone()));
                let place = page.place(block.lines.start);
                assert!(succeeded, "{place}: the commands fail:\n{printed}");
            }
        }
    }
    found
}

fn console(page: &Page, block: &Block, world: &mut World, found: &mut Vec<Difference>) {
    for command in page.commands(block) {
        let shown = page.text(command.output.clone());
        let start = Instant::now();
        let patience = match is_writing() {
            true => PATIENCE_OF_WRITING,
            false => PATIENCE,
        };
        let begins = |with: &[&str]| with.iter().any(|word| command.text.starts_with(word));
        let (printed, differs) = loop {
            let (_, printed) = world.run(&quiet(&command.text));
            let same = begins(&IN_ANY_ORDER) && same_lines(&shown, &printed);
            let differs = difference(&shown, &printed).filter(|_| !same);
            if differs.is_none() || !begins(&READS) || start.elapsed() >= patience {
                break (printed, differs);
            }
            std::thread::sleep(Duration::from_millis(20));
        };
        let Some((at, left, right)) = differs else {
            continue;
        };
        let place = page.place(command.output.start + at);
        found.push(Difference {
            lines: command.output.clone(),
            told: format!(
                "{place}: $ {}\n  the page shows: {left}\n  it prints now:  {right}",
                command.text
            ),
            printed,
        });
    }
}

/// On a terminal curl shows no progress.
fn quiet(command: &str) -> String {
    match command.strip_prefix("curl ") {
        Some(rest) => format!("curl --silent --show-error {rest}"),
        None => command.to_owned(),
    }
}

#[test]
fn a_page_that_shows_something_else_fails_with_its_line() {
    let text = "```console\n$ echo right\nright\n$ echo right\nwrong\n```\n";
    let mut world = World::new(crate::world::Around::Nothing, &[]);
    let found = differences(&Page::new("page.md", text), &mut world);
    assert_eq!(found.len(), 1);
    assert_eq!(
        found[0].told,
        "page.md:5: $ echo right\n  the page shows: wrong\n  it prints now:  right"
    );
}

#[test]
#[should_panic(expected = "page.md:2: the commands fail")]
fn a_block_that_fails_fails_the_test() {
    let mut world = World::new(crate::world::Around::Nothing, &[]);
    differences(&Page::new("page.md", "```sh\nfalse\n```\n"), &mut world);
}
