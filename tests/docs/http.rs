//! The page of the HTTP interface has every route with its right, and every code of a problem.

use crate::page::{Page, path};
use crate::run::run;
use crate::world::{Around, World};

const PAGE: &str = "docs/http.md";

/// The text between the first two quotes.
fn quoted(line: &str) -> Option<&str> {
    line.split('"').nth(1)
}

fn source(name: &str) -> String {
    std::fs::read_to_string(path(name)).unwrap()
}

#[test]
fn the_page_of_the_interface_has_every_route_with_its_right() {
    let page = Page::read(PAGE);
    let mut found = 0;
    let tables = ["src/http/routes.rs", "src/http/routes/gateway.rs"].map(source);
    for line in tables.iter().flat_map(|table| table.lines()) {
        let Some((method, rest)) = line.trim_start().split_once("(\"/") else {
            continue;
        };
        let Some((_, right)) = rest.split_once("Right::") else {
            continue;
        };
        let right: String = right.chars().take_while(|c| c.is_alphabetic()).collect();
        let route = rest.split('"').next().unwrap();
        let route = route
            .replace("{zone:[^/]+}", "ZONE")
            .replace("{host:[^/]+}", "HOST")
            .replace("{id:[^/]+}", "ID")
            .replace("{service:[^/]+}", "SERVICE")
            .replace("{id:[0-9a-f]+}", "ID")
            .replace("{kind:[^/]+}", "KIND")
            .replace("{key:[^/]+}", "KEY")
            .replace("{type:[a-z0-9-]+}", "TYPE")
            .replace("{name:[^/]+}", "NAME")
            .replace("{token:[^/]+}", "NAME")
            .replace("{command:.*}", "…");
        let route = match method {
            "any" => format!("| `{route}` | "),
            method => format!("| `{} /{route}` | ", method.to_uppercase()),
        };
        let row = format!("{route}{} | ", right.to_lowercase());
        let known = page.lines.iter().any(|line| line.starts_with(&row));
        assert!(known, "{PAGE} lacks a row that begins with {row:?}");
        found += 1;
    }
    assert!(found > 15, "only {found} routes were found");
}

#[test]
fn the_page_of_the_interface_has_every_code_of_a_problem() {
    let page = Page::read(PAGE);
    let source = source("src/http/problem/code.rs");
    let codes = source.lines().filter(|line| line.contains(" => (\""));
    let mut found = 0;
    for code in codes.filter_map(quoted) {
        let row = format!("| `{code}` | ");
        let known = page.lines.iter().any(|line| line.starts_with(&row));
        assert!(known, "{PAGE} lacks a row that begins with {row:?}");
        found += 1;
    }
    assert!(found > 15, "only {found} codes were found");
}

#[test]
fn the_interface_answers_as_its_page_shows() {
    crate::needs!("curl");
    let mut world = World::new(Around::Gateway, &[]);
    world.start();
    run(&mut Page::read(PAGE), &mut world);
}
