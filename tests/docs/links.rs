//! Links between the pages.

use std::path::Path;

use crate::page::{Page, path};
use crate::pages;

/// The links of a page into the repository: line, path, and heading behind `#`.
fn links(page: &Page) -> Vec<(usize, String, String)> {
    let mut links = Vec::new();
    let code: Vec<_> = page.blocks().into_iter().map(|block| block.lines).collect();
    for (at, line) in page.lines.iter().enumerate() {
        if code.iter().any(|lines| lines.contains(&at)) {
            continue;
        }
        for link in line.split("](").skip(1) {
            let target = link.split(')').next().unwrap_or_default();
            if !target.contains("://") {
                let (file, heading) = target.split_once('#').unwrap_or((target, ""));
                links.push((at, file.to_owned(), heading.to_owned()));
            }
        }
    }
    links
}

/// A heading as links name it.
fn anchor(heading: &str) -> String {
    heading
        .trim_start_matches('#')
        .trim()
        .to_lowercase()
        .chars()
        .filter(|c| c.is_alphanumeric() || " -_".contains(*c))
        .map(|c| if c == ' ' { '-' } else { c })
        .collect()
}

#[test]
fn each_link_leads_to_a_file_and_a_heading_that_exist() {
    let others = ["ARCHITECTURE.md", "CHANGELOG.md"].map(Page::read);
    for page in pages::all().chain(others) {
        let directory = Path::new(page.path).parent().unwrap();
        for (line, file, heading) in links(&page) {
            let place = page.place(line);
            let target = match file.as_str() {
                "" => path(page.path),
                file => path(directory.join(file).to_str().unwrap()),
            };
            assert!(target.exists(), "{place}: there is no {file}");
            if heading.is_empty() {
                continue;
            }
            let text = std::fs::read_to_string(&target).unwrap();
            let mut headings = text.lines().filter(|line| line.starts_with('#'));
            let found = headings.any(|line| anchor(line) == heading);
            assert!(found, "{place}: {file} has no heading #{heading}");
        }
    }
}

#[test]
fn headings_become_what_links_name() {
    assert_eq!(anchor("## 1. Choose who answers"), "1-choose-who-answers");
}
