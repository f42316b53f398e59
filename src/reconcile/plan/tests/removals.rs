//! What is removed, and what is not.

use super::*;

#[test]
fn a_zone_is_an_orphan_when_its_owner_has_not_listed_it_twice_in_a_row() {
    let world = || World::new().lists("a", "y").holds("x y", "a");
    assert_eq!(planned(world()), ["absent x a"]);
    assert_eq!(world().remembered(), ["x a"]);
    let twice = world().was_absent("a", "x y");
    assert_eq!(twice.planned(), ["orphan x a"]);
    // Remembered until it is gone, as in a dry run it never is.
    assert_eq!(twice.remembered(), ["x a"]);
    // Listed in between, it begins anew.
    let between = World::new()
        .lists("a", "x y")
        .holds("x y", "a")
        .was_absent("a", "x");
    assert_eq!(between.remembered(), NOTHING);
    // Absent from another master is another thing.
    assert_eq!(
        planned(world().was_absent("b", "x").lists("b", "")),
        ["absent x a"]
    );
}

#[test]
fn what_is_unknown_removes_nothing() {
    let world = || World::new().holds("x", "a").was_absent("a", "x z");
    assert_eq!(planned(world().unknown("a")), NOTHING);
    assert_eq!(world().unknown("a").remembered(), ["x a", "z a"]);
    assert_eq!(planned(world().unknown("a").lists("b", "")), NOTHING);
    assert_eq!(
        world().lists("b", "").remembered(),
        NOTHING,
        "a is not configured any more"
    );
    // A zone without an owner is nobody's to give up.
    let nobodys = World::new()
        .holds("x", "")
        .lists("a", "")
        .was_absent("a", "x");
    assert_eq!(nobodys.planned(), NOTHING);
    // It may have moved to the master that is unknown: it waits, and is remembered.
    let other = World::new()
        .holds("x k", "a")
        .lists("a", "k")
        .unknown("b")
        .was_absent("a", "x");
    assert_eq!(other.planned(), ["absent x a"]);
    assert_eq!(other.remembered(), ["x a"]);
}

#[test]
fn what_was_pushed_while_the_list_was_read_is_not_absent() {
    for changed in [ASKED, AFTER] {
        let world = World::new().lists("a", "").was_absent("a", "x");
        let world = world.zone("x", true, "a", changed);
        assert_eq!(
            (world.planned(), world.remembered()),
            (vec![], vec![]),
            "{changed}"
        );
    }
    let world = World::new().lists("a", "k").holds("k", "a");
    let world = world.was_absent("a", "x");
    assert_eq!(planned(world.zone("x", true, "a", BEFORE)), ["orphan x a"]);
}

#[test]
fn times_are_compared_as_they_are_kept_to_the_millisecond() {
    let mut world = World::new().lists("a", "").zone("x", true, "a", ASKED);
    let within = Timestamp::from_nanosecond(i128::from(ASKED) * 1_000_000 + 700_000).unwrap();
    world.masters.get_mut("a").unwrap().began = within;
    assert_eq!(
        world.planned(),
        NOTHING,
        "it may have changed later in that millisecond"
    );
}

#[test]
fn an_international_name_that_is_not_understood_may_be_any_of_them() {
    let list = |unsupported: &str| {
        let unsupported = [unsupported.to_owned()].into();
        let zones = BTreeMap::new();
        Listing::Known(ZoneList { zones, unsupported })
    };
    let world = World::new().holds("xn--bcher-kva.example plain.example", "a");
    let world = world.was_absent("a", "xn--bcher-kva.example plain.example");
    let told = |unsupported| world.clone().master("a", list(unsupported)).planned();
    assert_eq!(told("bücher.example"), ["orphan plain.example a"]);
    assert_eq!(told("*.example").len(), 2);
}

/// `n` zones of `host`, numbered from `from`.
fn many(host: &str, from: usize, n: usize) -> String {
    let zones: Vec<String> = (from..from + n).map(|i| format!("z{i}.{host}")).collect();
    zones.join(" ")
}

#[test]
fn more_than_the_threshold_stops_every_removal_and_says_so_from_the_first_pass_on() {
    // Percent, least number, present, gone: whether that is too much.
    for (percent, zones, present, gone, stops) in [
        (10, 5, 100, 10, false),
        (10, 5, 100, 11, true),
        (10, 5, 20, 4, false),
        (10, 5, 20, 5, true),
        (10, 5, 5, 4, false),
        // A master that has nothing left is odd, however little it had.
        (10, 5, 4, 4, true),
        (10, 5, 1, 1, true),
        (10, 5, 5, 5, true),
        (0, 1, 100, 1, true),
        (100, 1, 7, 6, false),
        (100, 1, 7, 7, true),
        (50, 1, 10, 5, false),
        (50, 1, 10, 6, true),
    ] {
        let mut world = World::new()
            .holds(&many("a", 0, present), "a")
            .lists("a", &many("a", gone, present - gone))
            .holds("x y", "b")
            .lists("b", "y")
            .was_absent("b", "x");
        world.threshold = Threshold { percent, zones };
        // Of b, half is gone.
        let b = percent < 50 && zones <= 1;
        let first = world.plan();
        let masters: Vec<&str> = first
            .stopped
            .iter()
            .map(|stop| stop.master.as_str())
            .collect();
        let expected: Vec<&str> = [("a", stops), ("b", b)]
            .iter()
            .filter_map(|(host, stops)| stops.then_some(*host))
            .collect();
        assert_eq!(masters, expected, "{percent} {zones} {present} {gone}");
        assert_eq!(first.absent["a"].len(), gone);
        assert_eq!(first.orphans.is_empty(), stops || b);
        assert_eq!(first.remember["a"].len(), gone);
        assert_eq!(
            first.remember["b"].len(),
            1,
            "it is still twice in a row next time"
        );

        world.absent = first.remember;
        let second = world.plan();
        assert_eq!(second.stopped.is_empty(), !stops && !b);
        let removed = |plan: &Plan| plan.orphans.values().map(BTreeSet::len).sum::<usize>();
        assert_eq!(removed(&second), if stops || b { 0 } else { gone + 1 });
        world.confirm = true;
        let confirmed = world.plan();
        assert_eq!(
            (confirmed.stopped.len(), removed(&confirmed)),
            (0, gone + 1)
        );
    }
}

#[test]
fn a_confirmation_does_not_make_once_into_twice() {
    let mut world = World::new().holds(&many("a", 0, 10), "a").lists("a", "");
    world.confirm = true;
    let plan = world.plan();
    assert_eq!((plan.absent["a"].len(), plan.orphans.len()), (10, 0));
}

#[test]
fn a_stop_is_told_with_its_numbers_and_stops_nothing_but_removals() {
    let world = World::new()
        .holds(&many("a", 0, 60), "a")
        .lists("a", "")
        .lists("b", "z0.a new=u");
    let plan = world.plan();
    assert_eq!(
        plan.stopped[0].to_string(),
        "master a does not list 59 of the 60 zones that are its own here; that is more than 10 % and \
         at least 5, so that no zone of any master is removed until an operator confirms"
    );
    assert_eq!(plan.moved[&name("z0.a")], owner("b"));
    assert_eq!(plan.fetch[&name("new")], owner("u@b"));
}
