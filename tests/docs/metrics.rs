//! The table of metrics is written from what `/metrics` shows of itself.

use std::collections::BTreeMap;

use crate::needs;
use crate::page::Page;
use crate::run::{is_writing, run};
use crate::support::eventually;
use crate::world::{Around, World};

const PAGE: &str = "docs/metrics-and-alerts.md";
const BEGIN: &str = "<!-- metrics: written by a test from the texts in /metrics -->";
const END: &str = "<!-- end of metrics -->";

/// Metrics that show themselves only after something has happened.
const LATE: [&str; 2] = ["pass_seconds", "reconcile_passes_total"];

/// The table of all families: name with labels, and meaning.
fn table(text: &str) -> Vec<String> {
    let mut families: BTreeMap<&str, (&str, Vec<&str>)> = BTreeMap::new();
    for line in text.lines() {
        if let Some(help) = line.strip_prefix("# HELP ") {
            let (name, help) = help.split_once(' ').unwrap();
            families.insert(name, (help.trim_end_matches('.'), Vec::new()));
        }
    }
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let Some((name, labels)) = line.split_once('{') else {
            continue;
        };
        let name = ["_bucket", "_sum", "_count"]
            .iter()
            .find_map(|end| name.strip_suffix(end).filter(|n| families.contains_key(n)))
            .unwrap_or(name);
        let (_, known) = families.get_mut(name).unwrap();
        for label in labels
            .split("\",")
            .filter_map(|pair| pair.split('=').next())
        {
            if label != "le" && !known.contains(&label) {
                known.push(label);
            }
        }
    }
    let mut lines = vec!["| metric | meaning |".to_owned(), "|---|---|".to_owned()];
    for (name, (help, labels)) in families {
        let labels = match labels.is_empty() {
            true => String::new(),
            false => format!("{{{}}}", labels.join(",")),
        };
        lines.push(format!(
            "| `{name}{labels}` | {} |",
            help.replace('|', "\\|")
        ));
    }
    lines
}

#[test]
fn the_page_of_metrics_has_every_metric() {
    needs!("named", "curl");
    let variables = [("CHECK_EVERY_SECONDS", "1")];
    let mut world = World::new(Around::Takeover, &variables);
    world.start();
    let scrape = "curl -s -u directdnsonly:changeme http://127.0.0.1:2222/metrics";
    world.run("dadns import bind || true; dadns reconcile || true");
    let text = eventually("every metric shows itself", || {
        let (_, text) = world.run(scrape);
        LATE.iter().all(|late| text.contains(late)).then_some(text)
    });
    let mut page = Page::read(PAGE);
    let at = |line: &str| page.lines.iter().position(|found| found == line);
    let (begin, end) = (at(BEGIN).expect(BEGIN), at(END).expect(END));
    let table = table(&text);
    if is_writing() {
        page.lines.splice(begin + 1..end, table);
        page.write();
    } else {
        for line in &table {
            let known = page.lines[begin + 1..end].contains(line);
            assert!(known, "{PAGE} lacks this line (WRITE_PAGES=1):\n{line}");
        }
        let more = page.lines[begin + 1..end].len() - table.len();
        assert_eq!(more, 0, "{PAGE} has metrics that are gone (WRITE_PAGES=1)");
    }
    run(&mut page, &mut world);
}
