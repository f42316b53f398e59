//! Whose zones are, and what is fetched.

use super::*;

#[test]
fn where_masters_list_what_is_present_nothing_is_planned() {
    let world = World::new().lists("a", "x=u y").holds("x y", "u@a");
    assert_eq!(world.plan(), Plan::default());
    assert_eq!(World::new().plan(), Plan::default());
    // Of masters that are not configured nothing is known.
    assert_eq!(
        planned(World::new().lists("a", "").holds("x", "elsewhere")),
        NOTHING
    );
    assert_eq!(
        planned(World::new().lists("a", "x").holds("x", "u@elsewhere")),
        NOTHING
    );
}

#[test]
fn an_owner_is_learnt_from_the_one_master_that_lists_the_zone() {
    let world = || World::new().holds("x", "");
    assert_eq!(
        planned(world().lists("a", "x=u").lists("b", "")),
        ["owner x u@a"]
    );
    assert_eq!(planned(world().lists("a", "x").unknown("b")), ["owner x a"]);
    assert_eq!(
        planned(world().lists("a", "x=u").lists("b", "x=v")),
        NOTHING
    );
    assert_eq!(planned(world().lists("a", "").unknown("b")), NOTHING);
}

#[test]
fn a_user_is_learnt_from_the_list_of_the_owner_alone() {
    let world = |own: &str| World::new().lists("a", "x=new").holds("x", own);
    assert_eq!(planned(world("old@a")), ["owner x new@a"]);
    assert_eq!(planned(world("a")), ["owner x new@a"]);
    assert_eq!(planned(world("new@a")), NOTHING);
    assert_eq!(planned(world("old@a").lists("a", "x")), NOTHING);
    assert_eq!(planned(world("old@b").lists("b", "x")), NOTHING);
}

#[test]
fn a_zone_follows_to_the_one_master_that_has_it_now() {
    let world = || World::new().holds("x", "u@a");
    assert_eq!(
        planned(world().lists("a", "").lists("b", "x=v")),
        ["moved x v@b"]
    );
    assert_eq!(planned(world().lists("a", "x").lists("b", "x=v")), NOTHING);
    assert_eq!(planned(world().unknown("a").lists("b", "x=v")), NOTHING);
    let two = world().lists("a", "").lists("b", "x").lists("c", "x");
    assert_eq!(planned(two.was_absent("a", "x")), NOTHING);
    let pushed = World::new().zone("x", true, "u@a", AFTER);
    assert_eq!(planned(pushed.lists("a", "").lists("b", "x")), NOTHING);
}

#[test]
fn a_zone_that_is_not_present_is_fetched_from_whom_it_belonged_to_last() {
    let world = || World::new().lists("a", "x=u").lists("b", "x=v");
    assert_eq!(planned(world()), ["fetch x u@a"]);
    assert_eq!(
        planned(world().zone("x", false, "b", BEFORE)),
        ["fetch x v@b"]
    );
    assert_eq!(
        planned(world().zone("x", false, "a", BEFORE)),
        ["fetch x u@a"]
    );
    assert_eq!(
        planned(world().zone("x", false, "c", BEFORE)),
        ["fetch x u@a"]
    );
    assert_eq!(planned(world().holds("x", "u@a")), NOTHING);
    assert_eq!(planned(World::new().unknown("a")), NOTHING);
}

#[test]
fn a_zone_that_was_removed_while_the_list_was_read_is_not_pulled() {
    let world = |whose: &str, changed| {
        World::new()
            .lists("a", "x")
            .zone("x", false, whose, changed)
    };
    for changed in [ASKED, AFTER] {
        assert_eq!(planned(world("a", changed)), NOTHING);
        assert_eq!(planned(world("", changed)), NOTHING);
        // The master that it has moved to has it all the same.
        assert_eq!(planned(world("b", changed).lists("b", "x")), ["fetch x a"]);
    }
    assert_eq!(planned(world("a", BEFORE)), ["fetch x a"]);
}
