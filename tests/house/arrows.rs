//! Who may know whom among the rooms of `src`. The crates hold the arrows between themselves.

use std::collections::{BTreeMap, BTreeSet};

use super::files;
use super::none;
use super::rooms::MAY_KNOW;
use super::source::{absolute, code, is_test, module, paths, without_tests};

/// Rooms of the crates of backends, and those of `src` that may name a kind of backend.
const KINDS: &[&str] = &[
    "dadns_backends::bind",
    "dadns_backends::builtin",
    "dadns_backends::coredns_mysql",
    "dadns_server",
];

/// What `config` may know of backends: which kinds there are, and the keys that they declare.
const DECLARATIONS: &[&str] = &["Chosen", "KINDS", "Kind"];

/// What everybody may know of backends: which one, and what happened to a zone there.
const VALUES: &[&str] = &["BackendId", "Difference", "Unsupported", "ZoneResult"];

/// Who works with backends, by their trait. All others know those values at most.
const WORK_WITH_BACKENDS: &[&str] = &["app", "lane", "check", "verify", "preload", "operations"];

/// What others may take from `metrics`: what to count with, and how it is shown.
const COUNTERS: &[&str] = &[
    "CONTENT_TYPE",
    "Choice",
    "Choices",
    "Counters",
    "Floats",
    "Histograms",
    "Labels",
    "Metrics",
    "choice",
    "labelled",
];

/// What a room names beyond its row, and why. One that nobody needs fails: delete it.
const EXCEPTIONS: &[(&str, &str, &str)] = &[
    (
        "metrics",
        "dadns_backends::Server",
        "scraping asks servers for their counters",
    ),
    (
        "metrics",
        "dadns_backends::Counts",
        "scraping asks servers for their counters",
    ),
    (
        "samples",
        "dadns_backends::Server",
        "it asks servers for their counters",
    ),
    (
        "updates",
        "dadns_backends::update",
        "built-in servers give it the updates that they read",
    ),
    (
        "updates",
        "dadns_backends::builtin::Settings",
        "a grant has to name a key that may update",
    ),
    (
        "updates",
        "dadns_backends::Chosen",
        "a grant has to name a key that may update",
    ),
    (
        "store",
        "dadns_backends::NotPassed",
        "it tells servers which serials secondaries may have",
    ),
];

/// Rooms that know each other in a circle, and why.
const CIRCLES: &[(&[&str], &str)] = &[];

/// A name that a room writes, and where.
struct Use {
    room: String,
    name: String,
    at: String,
}

/// Databases, which only one room may name.
const ENGINES: &[&str] = &["redb", "sled"];

/// What the code of each room names: rooms as `store::Store`, items of other crates with their crate.
fn uses() -> Vec<Use> {
    let mut all = Vec::new();
    for file in files::below(&["src"]) {
        let own = module(&file.path);
        let Some(room) = own.first().filter(|_| !is_test(&file.path)) else {
            continue;
        };
        for written in paths(without_tests(&code(&file.text))) {
            let name = match absolute(&own, &written.names) {
                Some(names) => names.join("::"),
                None if ENGINES.contains(&written.names[0].as_str())
                    || written.names[0].starts_with("dadns_") =>
                {
                    written.names.join("::")
                }
                None => continue,
            };
            let at = format!("{}:{}", file.path, written.line);
            let room = room.clone();
            all.push(Use { room, name, at });
        }
    }
    all
}

fn rooms() -> BTreeSet<String> {
    let files = files::below(&["src"]);
    files
        .iter()
        .filter_map(|file| module(&file.path).first().cloned())
        .collect()
}

/// Whether `name` is `whole` or below it.
fn is_in(name: &str, whole: &str) -> bool {
    name.strip_prefix(whole)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

/// Why a room may not name this.
fn fault(room: &str, name: &str, rooms: &BTreeSet<String>) -> Option<&'static str> {
    let first = name.split("::").next().unwrap_or_default();
    if ENGINES.contains(&first) && room != "engine" {
        return Some("only engine knows a database");
    }
    if ENGINES.contains(&first) {
        return None;
    }
    if room == "app" {
        return None;
    }
    if KINDS.iter().any(|kind| is_in(name, kind)) {
        return Some("only app knows kinds of backends");
    }
    if first == "dadns_client" {
        return (room != "cli").then_some("only cli asks a gateway as its clients do");
    }
    if first == "dadns_backends" {
        let item = name.strip_prefix("dadns_backends::").unwrap_or_default();
        let fine = WORK_WITH_BACKENDS.contains(&room)
            || VALUES.contains(&item)
            || room == "config" && DECLARATIONS.contains(&item);
        return (!fine).then_some("it does not work with backends");
    }
    if first == room || !rooms.contains(first) {
        return None;
    }
    if first == "metrics"
        && !COUNTERS
            .iter()
            .any(|counter| is_in(&name["metrics::".len()..], counter))
    {
        return Some("metrics observes: this type belongs where it is made");
    }
    let known = MAY_KNOW.iter().find(|(own, _)| *own == room);
    match known {
        Some((_, known)) if known.contains(&first) => None,
        Some(_) => Some("its row in MAY_KNOW does not have it"),
        None => Some("the room has no row in MAY_KNOW"),
    }
}

#[test]
fn no_room_names_what_it_may_not_know() {
    let rooms = rooms();
    let mut found = Vec::new();
    let mut unused: BTreeSet<_> = EXCEPTIONS.iter().collect();
    for Use { room, name, at } in uses() {
        let Some(fault) = fault(&room, &name, &rooms) else {
            continue;
        };
        let exception = EXCEPTIONS
            .iter()
            .find(|(own, what, _)| *own == room && is_in(&name, what));
        match exception {
            Some(exception) => drop(unused.remove(exception)),
            None => found.push(format!("{at}: {room} names {name}: {fault}")),
        }
    }
    none(&found, "arrows that the house does not have:");
    let unused: Vec<_> = unused
        .iter()
        .map(|(room, name, _)| format!("{room}, {name}"))
        .collect();
    none(
        &unused,
        "exceptions that nobody needs any more, to be deleted from EXCEPTIONS:",
    );
}

/// Sets of rooms that can all reach each other.
fn circles(edges: &BTreeMap<String, BTreeSet<String>>) -> Vec<Vec<String>> {
    let reached = |start: &String| {
        let mut seen = BTreeSet::new();
        let mut left = vec![start];
        while let Some(room) = left.pop() {
            for next in edges.get(room).into_iter().flatten() {
                if seen.insert(next) {
                    left.push(next);
                }
            }
        }
        seen
    };
    let mut found = BTreeSet::new();
    for room in edges.keys() {
        let circle: Vec<_> = reached(room)
            .into_iter()
            .filter(|other| reached(other).contains(room))
            .cloned()
            .collect();
        if circle.len() > 1 {
            found.insert(circle);
        }
    }
    found.into_iter().collect()
}

#[test]
fn rooms_know_each_other_in_no_circle() {
    let rooms = rooms();
    let mut edges = BTreeMap::<String, BTreeSet<String>>::new();
    for Use { room, name, .. } in uses() {
        let first = name.split("::").next().unwrap_or_default();
        if first != room && rooms.contains(first) {
            edges.entry(room).or_default().insert(first.to_owned());
        }
    }
    let mut found = circles(&edges);
    let mut unused = Vec::new();
    for (known, _) in CIRCLES {
        let before = found.len();
        found.retain(|circle| circle != known);
        if found.len() == before {
            unused.push(known.join(", "));
        }
    }
    let found: Vec<_> = found.iter().map(|circle| circle.join(", ")).collect();
    none(&found, "rooms that know each other in a circle:");
    none(
        &unused,
        "circles that are broken, to be deleted from CIRCLES:",
    );
}

#[test]
fn the_client_for_other_programs_knows_no_crate_of_ours() {
    let files = files::below(&["client/Cargo.toml"]);
    let own = files[0].text.lines().filter(|line| line.contains("dadns"));
    let own: Vec<_> = own.filter(|line| !line.starts_with("name = ")).collect();
    let described = own.iter().all(|line| line.starts_with("description = "));
    assert!(described, "{own:?}");
}

#[test]
fn each_row_is_of_a_room_once() {
    let named: Vec<_> = MAY_KNOW.iter().map(|(room, _)| *room).collect();
    let once: BTreeSet<_> = named.iter().collect();
    assert_eq!(once.len(), named.len());
}

#[test]
fn an_arrow_that_is_not_there_is_found() {
    let rooms = ["app", "lane", "http", "store", "metrics"]
        .map(str::to_owned)
        .into();
    let fault = |room: &str, name: &str| fault(room, name, &rooms);
    assert_eq!(fault("http", "store::Store"), None);
    assert_eq!(fault("http", "http::lane"), None);
    assert!(fault("http", "lane::Lane").is_some());
    assert!(fault("http", "dadns_backends::Backend").is_some());
    assert!(fault("http", "dadns_backends::bind::Bind").is_some());
    assert_eq!(fault("lane", "dadns_backends::Backend"), None);
    assert!(fault("lane", "dadns_backends::bind::Bind").is_some());
    assert_eq!(fault("lane", "metrics::Metrics"), None);
    assert!(fault("lane", "metrics::Domain").is_some());
    assert!(fault("store", "redb::Database").is_some());
    assert_eq!(fault("engine", "redb::Database"), None);
    assert!(fault("http", "dadns_client::Connection").is_some());
    assert_eq!(fault("cli", "dadns_client::Connection"), None);
    assert!(fault("attic", "store::Store").is_some());
    assert_eq!(fault("app", "dadns_server::Server"), None);
}

#[test]
fn a_circle_over_three_rooms_is_found() {
    let mut edges = BTreeMap::<String, BTreeSet<String>>::new();
    for (from, to) in [("a", "b"), ("b", "c"), ("c", "a"), ("c", "d"), ("d", "e")] {
        edges
            .entry(from.to_owned())
            .or_default()
            .insert(to.to_owned());
    }
    assert_eq!(circles(&edges), [["a", "b", "c"]]);
}
