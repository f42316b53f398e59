//! A new kind of backend is a folder and a line: this adds one to a registry of its own, reads its
//! settings as the gateway does, opens it, and holds it to the contract.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod toy;

use std::collections::{BTreeMap, BTreeSet};

use dadns_backends::{Chosen, KINDS, Kind, conformance};
use dadns_keys::{Found, Report, Values, join, yaml};

/// The registry: one line per kind.
static TOYS: &[Kind] = &[
    Kind::of::<toy::Toy>(), //
];

/// The values of `path` where these keys are set and all others have their defaults.
fn values(kind: &Kind, path: &str, set: &[(&str, &str)]) -> BTreeMap<String, Found> {
    let keys = kind.section.keys.iter();
    keys.map(|key| {
        let mut set = set.iter().filter(|(name, _)| *name == key.name);
        let text = set.next().map_or(key.default, |(_, text)| text);
        let found = key.takes.found(&yaml::read(text).0).unwrap();
        (join(path, key.name), found)
    })
    .collect()
}

fn read(kind: &'static Kind, path: &str, set: &[(&str, &str)]) -> (Option<Chosen>, Report) {
    let mut report = Report::default();
    let found = values(kind, path, set);
    let chosen = kind.read(&Values::new(&found, path), path, &mut report);
    (chosen, report)
}

#[tokio::test]
async fn a_kind_in_one_folder_and_one_line_keeps_the_contract() {
    let kind = TOYS.iter().find(|kind| kind.name == "toy").unwrap();
    let (chosen, report) = read(kind, "dns.backends.toy", &[]);
    assert_eq!(report.errors, []);
    let opened = chosen.unwrap().open("toy".parse().unwrap()).unwrap();
    assert!(opened.server.is_none(), "the gateway has nothing to run");
    conformance::all(&*opened.backend).await;
}

#[test]
fn its_keys_and_rules_are_its_own() {
    let kind = &TOYS[0];
    let (chosen, _) = read(kind, "a", &[("shelf", "3"), ("colour", "blue")]);
    let settings: &toy::Settings = chosen.as_ref().unwrap().get().unwrap();
    assert_eq!((settings.shelf, settings.colour.as_str()), (3, "blue"));
    let (_, report) = read(kind, "a", &[("colour", "black")]);
    assert_eq!(
        report.errors,
        [("a.colour".into(), "a.colour: nobody finds it".into())]
    );
    let all: Vec<(String, Chosen)> = ["a", "b"]
        .map(|path| (path.to_owned(), chosen.clone().unwrap()))
        .into();
    let mut report = Report::default();
    kind.check(&all, &mut report);
    assert_eq!(
        report.errors,
        [("b.shelf".into(), "b.shelf: a stands there".into())]
    );
}

#[test]
fn the_kinds_of_the_gateway_have_names_of_their_own_and_defaults_that_read() {
    let mut names = BTreeSet::new();
    for kind in KINDS {
        for prefix in kind.prefixes {
            assert!(names.insert(prefix), "{prefix} means two kinds");
        }
        assert!(kind.prefixes.contains(&kind.name), "{}", kind.name);
        let (chosen, report) = read(kind, "a", &[]);
        assert!(chosen.is_some(), "{}: {report:?}", kind.name);
    }
}
