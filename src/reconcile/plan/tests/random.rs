//! What holds in every plan.

use super::*;

/// Worlds by the thousand, and what holds in all of them.
#[test]
fn no_plan_removes_what_a_known_list_has_or_an_unknown_one_may_have() {
    let mut random = fastrand::Rng::with_seed(20_261_124);
    let mut removed = 0;
    for case in 0..10_000 {
        let mut world = World::new();
        for host in ["a", "b", "c"] {
            world = match random.u8(0..5) {
                0 => world.unknown(host),
                1 => world,
                _ => {
                    let zones = (0..8).filter(|_| random.bool());
                    let zones: Vec<String> = zones.map(|zone| format!("z{zone}=u")).collect();
                    world.lists(host, &zones.join(" "))
                }
            };
            let before = (0..8).filter(|_| random.bool());
            let before: Vec<String> = before.map(|zone| format!("z{zone}")).collect();
            world = world.was_absent(host, &before.join(" "));
        }
        for zone in 0..8 {
            let whose = ["", "a", "u@a", "b", "v@b", "c", "elsewhere"][random.usize(0..7)];
            let changed = [BEFORE, BEFORE, ASKED, AFTER][random.usize(0..4)];
            if random.u8(0..6) > 0 {
                world = world.zone(&format!("z{zone}"), random.bool(), whose, changed);
            }
        }
        world.threshold = Threshold {
            percent: random.u32(0..=100),
            zones: random.usize(1..=4),
        };
        world.confirm = random.bool();
        let plan = world.plan();
        let listed = |zone: &ZoneName| {
            world.masters.values().any(|asked| match &asked.listing {
                Listing::Known(list) => list.zones.contains_key(zone),
                Listing::Unknown(_) => false,
            })
        };
        for (host, zone) in each(&plan.orphans) {
            removed += 1;
            let desired = &world.zones[zone];
            let known = |asked: &Asked| matches!(asked.listing, Listing::Known(_));
            assert!(
                world.masters.values().all(known),
                "{case}: {zone} may be elsewhere"
            );
            assert!(!listed(zone), "{case}: {zone} is listed");
            assert!(
                desired.present && desired.changed < at(ASKED),
                "{case}: {zone}"
            );
            assert_eq!(&desired.owner.as_ref().unwrap().master, host, "{case}");
            assert!(
                world.absent[host].contains(zone),
                "{case}: {zone} is absent only once"
            );
            assert!(plan.stopped.is_empty(), "{case}");
            assert!(plan.remember[host].contains(zone), "{case}");
        }
        for (zone, from) in &plan.fetch {
            let present = world.zones.get(zone).is_some_and(|desired| desired.present);
            assert!(!present && listed(zone), "{case}: {zone} from {from}");
        }
        for (host, asked) in &world.masters {
            if matches!(asked.listing, Listing::Unknown(_)) {
                assert_eq!(plan.remember[host], world.absent[host], "{case}");
            }
        }
        let twice: Vec<_> = plan
            .owners
            .keys()
            .filter(|zone| plan.moved.contains_key(*zone))
            .collect();
        assert!(twice.is_empty(), "{case}: {twice:?}");
        assert_eq!(plan, world.plan(), "{case}: the same again");
    }
    assert!(removed > 200, "only {removed} removals were looked at");
}
