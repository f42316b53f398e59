use std::collections::{BTreeMap, BTreeSet};

use dadns_keys::Report;
use dadns_zone::ZoneName;
use proptest::prelude::*;

use super::*;

fn group(name: &str, site: &str, weight: u32) -> Group {
    Group {
        name: name.to_owned(),
        site: site.to_owned(),
        weight,
        backends: vec![Target::new(&format!("at-{name}"))],
    }
}

fn groups(factor: usize, all: &[(&str, &str, u32)]) -> Groups {
    let all = all
        .iter()
        .map(|(name, site, weight)| group(name, site, *weight));
    Groups::new(factor, all.collect(), "here")
}

fn zones(count: usize) -> impl Iterator<Item = ZoneName> {
    (0..count).map(|number| format!("zone-{number}.example").parse().unwrap())
}

fn names(all: &[&str]) -> BTreeSet<String> {
    all.iter().map(|name| (*name).to_owned()).collect()
}

/// How many of these zones each group has.
fn spread(groups: &Groups, count: usize) -> BTreeMap<String, usize> {
    let mut spread = BTreeMap::new();
    for zone in zones(count) {
        for name in groups.place(&zone) {
            *spread.entry(name).or_default() += 1;
        }
    }
    spread
}

#[test]
fn zones_are_spread_by_weight_within_a_few_percent() {
    let groups = groups(
        1,
        &[("a", "", 1), ("b", "", 2), ("c", "", 3), ("d", "", 10)],
    );
    let spread = spread(&groups, 32_000);
    for (name, weight) in [("a", 1), ("b", 2), ("c", 3), ("d", 10)] {
        let (found, expected) = (spread[name], 32_000 * weight / 16);
        let off = found.abs_diff(expected) * 100 / expected;
        assert!(off <= 5, "{name} has {found} instead of {expected}");
    }
}

#[test]
fn a_zone_goes_to_different_sites_while_there_are_enough() {
    let all = [
        ("a1", "a", 1),
        ("a2", "a", 5),
        ("b1", "b", 1),
        ("c1", "c", 1),
    ];
    let site = |name: &String| name[..1].to_owned();
    for zone in zones(1_000) {
        for (factor, sites) in [(1, 1), (2, 2), (3, 3), (4, 3)] {
            let placed = groups(factor, &all).place(&zone);
            assert_eq!(placed.len(), factor);
            let at: BTreeSet<_> = placed.iter().map(site).collect();
            assert_eq!(at.len(), sites, "{zone}: {placed:?}");
        }
    }
}

#[test]
fn a_new_group_gets_its_share_and_no_zone_moves_between_others() {
    for factor in [1, 2] {
        let before = groups(factor, &[("a", "x", 1), ("b", "y", 1), ("c", "x", 1)]);
        let after = groups(
            factor,
            &[("a", "x", 1), ("b", "y", 1), ("c", "x", 1), ("d", "y", 1)],
        );
        let mut moved = 0;
        for zone in zones(8_000) {
            let (old, new) = (before.place(&zone), after.place(&zone));
            if old != new {
                moved += 1;
                assert!(new.contains("d"), "{zone}: {old:?} to {new:?}");
                assert_eq!(
                    old.difference(&new).count(),
                    1,
                    "{zone}: {old:?} to {new:?}"
                );
            }
        }
        // Of two sites that get half of all copies each, the new group shares one.
        let expected = 8_000 * factor / 4;
        let off = expected.abs_diff(moved) * 100 / expected;
        assert!(off <= 6, "factor {factor}: {moved} instead of {expected}");
    }
}

#[test]
fn a_group_that_is_removed_moves_its_zones_only() {
    for factor in [1, 2] {
        let before = groups(
            factor,
            &[("a", "", 3), ("b", "", 1), ("c", "", 2), ("d", "", 1)],
        );
        let after = groups(factor, &[("a", "", 3), ("c", "", 2), ("d", "", 1)]);
        for zone in zones(4_000) {
            let (mut old, new) = (before.place(&zone), after.place(&zone));
            match old.remove("b") {
                true => assert!(old.is_subset(&new), "{zone}: {old:?} to {new:?}"),
                false => assert_eq!(old, new, "{zone}"),
            }
        }
    }
}

/// The formula is part of what nodes agree on: these were computed by a program of its own (Python and its blake3).
#[test]
fn the_score_is_what_the_formula_says() {
    let zone = "example.com".parse().unwrap();
    for (name, weight, expected) in SCORES {
        let found = rank::score(name, weight, &zone);
        assert!(
            (found - expected).abs() < 1e-9 * expected,
            "{name}: {found}"
        );
    }
}

const SCORES: [(&str, u32, f64); 3] = [
    ("fra-1", 1, 5.3447176649292185),
    ("fra-2", 1, 2.580136455000613),
    ("ams-1", 7, 112.45696876550817),
];

#[test]
fn the_score_of_a_group_without_weight_is_the_least() {
    let groups = groups(1, &[("a", "", 1), ("b", "", 0)]);
    assert_eq!(spread(&groups, 500).get("b"), None);
}

prop_compose! {
    fn any_groups()(all in prop::collection::btree_map("[a-z]{1,6}", ("[x-z]?", 0_u32..50), 1..9), factor in 1_usize..5)
        -> (usize, Vec<Group>) {
        let all = all.iter().map(|(name, (site, weight))| group(name, site, *weight));
        (factor, all.collect())
    }
}

proptest! {
    #[test]
    fn the_order_of_the_configuration_does_not_matter(
        (factor, all) in any_groups(),
        label in "[a-z0-9]{1,20}",
        turn in 0_usize..9,
    ) {
        let zone = format!("{label}.example").parse().unwrap();
        let mut other = all.clone();
        other.reverse();
        let turn = turn % other.len();
        other.rotate_left(turn);
        let placed = Groups::new(factor, all, "here").place(&zone);
        prop_assert_eq!(placed, Groups::new(factor, other, "here").place(&zone));
    }

    #[test]
    fn one_group_more_replaces_one_at_most_and_only_by_itself(
        (factor, mut all) in any_groups(),
        label in "[a-z0-9]{1,20}",
        site in "[x-z]?",
        weight in 0_u32..50,
    ) {
        let zone = format!("{label}.example").parse().unwrap();
        let old = Groups::new(factor, all.clone(), "here").place(&zone);
        all.push(group("new-1", &site, weight));
        let new = Groups::new(factor, all, "here").place(&zone);
        let came: Vec<_> = new.difference(&old).collect();
        prop_assert!(came.is_empty() || came == ["new-1"], "{:?} to {:?}", old, new);
        prop_assert!(old.difference(&new).count() <= 1, "{:?} to {:?}", old, new);
    }
}

#[test]
fn a_zone_that_moves_is_at_both_and_a_second_move_loses_neither() {
    let placed = Placement::at(names(&["a"]));
    let moving = Placement::moving(Some(&placed), names(&["b"]));
    assert!(moving.is_moving() && moving.has("a") && moving.has("b") && !moving.has("c"));
    let again = Placement::moving(Some(&moving), names(&["c"]));
    assert!(["a", "b", "c"].iter().all(|group| again.has(group)));
    let first = Placement::moving(None, names(&["a"]));
    assert!(first.has("a") && first.has("whatever"));
}

#[test]
fn a_zone_of_which_nobody_knows_where_it_belongs_is_everywhere() {
    let groups = groups(1, &[("a", "", 1), ("b", "", 1)]);
    let (at_a, other) = ("at-a".parse().unwrap(), "other".parse().unwrap());
    assert!(groups.is_at(&at_a, None));
    assert!(groups.is_at(&at_a, Some(&Placement::at(names(&["a"])))));
    assert!(!groups.is_at(&at_a, Some(&Placement::at(names(&["b"])))));
    assert!(groups.is_at(&at_a, Some(&Placement::at(names(&["gone"])))));
    assert!(groups.is_at(&other, Some(&Placement::at(names(&["b"])))));
    let none = Groups::default();
    assert!(none.is_at(&at_a, Some(&Placement::at(names(&["b"])))));
}

#[test]
fn a_zone_is_at_the_backends_of_other_nodes_that_are_in_its_groups() {
    let group = |name: &str, backends: &[&str]| Group {
        name: name.to_owned(),
        site: String::new(),
        weight: 1,
        backends: backends.iter().map(|text| Target::new(text)).collect(),
    };
    let all = vec![
        group("left", &["one/bind", "db"]),
        group("right", &["two/bind"]),
    ];
    let groups = Groups::new(1, all, "one");
    let zone = zones(1).next().unwrap();
    let to = groups.place(&zone);
    let placement = Placement::at(to.clone());
    let is_left = to.contains("left");
    for (node, backend, is_there) in [
        ("one", "bind", is_left),
        ("two", "bind", !is_left),
        ("two", "db", is_left),
        ("three", "bind", true),
    ] {
        let found = groups.is_at_node(node, backend, Some(&placement));
        assert_eq!(found, is_there, "{node}/{backend}");
    }
}

#[test]
fn why_a_zone_belongs_elsewhere_is_told() {
    let zone: ZoneName = "example.com".parse().unwrap();
    let two = groups(1, &[("a", "", 1), ("b", "", 0)]);
    let why = |placement: Option<Placement>| {
        let found = two.misplaced(&zone, placement.as_ref());
        found.map(|(to, why)| (to, why.to_string()))
    };
    let to_a = |why: &str| Some((names(&["a"]), why.to_owned()));
    assert_eq!(why(None), to_a("it was accepted before there were groups"));
    assert_eq!(why(Some(Placement::at(names(&["a"])))), None);
    let at = |all: &[&str]| Some(Placement::at(names(all)));
    assert_eq!(why(at(&["b"])), to_a("group b has the weight 0"));
    assert_eq!(why(at(&["z"])), to_a("group z is not configured any more"));
    let three = groups(1, &[("a", "", 1), ("c", "", 1)]);
    let (to, why) = three.misplaced(&zone, at(&["a", "c"]).as_ref()).unwrap();
    assert_eq!(
        (to.len(), why.to_string()),
        (1, "each zone goes to 1 group now".to_owned())
    );
}

fn keys(name: &str, backends: &[&str]) -> GroupKeys {
    GroupKeys {
        name: name.to_owned(),
        site: String::new(),
        weight: 1,
        backends: backends.iter().map(|text| (*text).to_owned()).collect(),
    }
}

#[test]
fn what_does_not_fit_together_is_refused_with_the_key() {
    let faults = |factor, groups: &[GroupKeys], cluster: Option<&str>| {
        let mut report = Report::default();
        let groups = groups.to_vec();
        let settings = Settings { factor, groups };
        settings.check(["one", "two"].into_iter(), cluster, &mut report);
        let errors = report.errors.into_iter().map(|(_, message)| message);
        errors.collect::<Vec<_>>().join("; ")
    };
    assert_eq!(faults(1, &[], None), "");
    assert_eq!(
        faults(1, &[keys("a", &["one"]), keys("b", &["two"])], None),
        ""
    );
    for (factor, groups, cluster, expected) in [
        (
            2,
            vec![keys("a", &["one"])],
            None,
            "placement.factor is 2, but there are 1 groups",
        ),
        (
            1,
            vec![keys("a", &["on"])],
            None,
            "placement.groups.1.backends: on: there is no such",
        ),
        (
            1,
            vec![keys("a", &[])],
            None,
            "placement.groups.1.backends is empty",
        ),
        (
            1,
            vec![keys("a", &["one"]), keys("b", &["two", "one"])],
            None,
            "placement.groups.2.backends: one is in placement.groups.1 already",
        ),
        (
            1,
            vec![keys("a", &["one"]), keys("a", &["two"])],
            None,
            "placement.groups.2.name: placement.groups.1 is called a already",
        ),
        (
            1,
            vec![keys("a b", &["one"])],
            None,
            "placement.groups.1.name: \"a b\" is not a name",
        ),
        (
            1,
            vec![keys("a", &["n1/one"])],
            None,
            "NODE/BACKEND is for clusters",
        ),
        (
            1,
            vec![keys("a", &["n1/on"])],
            Some("n1"),
            "n1/on: there is no such backend",
        ),
    ] {
        let found = faults(factor, &groups, cluster);
        assert!(found.contains(expected), "{found}");
    }
    assert_eq!(faults(1, &[keys("a", &["n2/x", "n1/one"])], Some("n1")), "");
}
