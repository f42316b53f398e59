//! Properties of merging, over generated pushes and rules.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::testing::zone;
use crate::{Rdata, Rrset, Rtype, Zone, ZoneName, record};

const APEX: &str = "a.example";

fn apex() -> ZoneName {
    APEX.parse().unwrap()
}

/// Records of few names and types, so that rules meet them and each other.
fn records() -> Vec<(&'static str, &'static str, &'static str)> {
    let mut all = Vec::new();
    for owner in ["@", "x", "ns", "deep.x", "*.w"] {
        for (rtype, data) in [
            ("A", ["192.0.2.1", "192.0.2.2"]),
            ("TXT", ["\"a\"", "\"b\""]),
            ("CNAME", ["x", "elsewhere.example.net."]),
            ("NS", ["ns", "ns.x"]),
            ("DNAME", ["y.example.net.", "z.example.net."]),
        ] {
            all.extend(data.map(|data| (owner, rtype, data)));
        }
    }
    all
}

fn rdata(owner: &str, rtype: &str, data: &str) -> (RrsetKey, Rdata) {
    let (owner, rtype, rdata) = record(&apex(), owner, rtype, data).unwrap();
    (RrsetKey::new(&owner, rtype), rdata)
}

/// A zone of some of the records; those that make none of it are left out.
fn push() -> impl Strategy<Value = Zone> {
    prop::collection::vec(prop::sample::select(records()), 0..8).prop_map(|chosen| {
        let mut push = zone(APEX, 7, "");
        for (owner, rtype, data) in chosen {
            let (key, rdata) = rdata(owner, rtype, data);
            let mut sets = push.rrsets().to_vec();
            let at = sets.iter().position(|set| RrsetKey::from(set) == key);
            let old = at.map(|at| sets.remove(at));
            let data = old.iter().flat_map(|set| set.rdata().to_vec());
            let set = Rrset::new(key.owner(), key.rtype(), 300, data.chain([rdata])).unwrap();
            sets.push(set);
            push = Zone::new(apex(), sets).unwrap_or(push);
        }
        push
    })
}

fn rule() -> impl Strategy<Value = (RrsetKey, Rule)> {
    let ttl = prop::option::of(prop::sample::select(vec![60_u32, 300]));
    (prop::sample::select(records()), 0..4_u8, ttl).prop_map(|((owner, rtype, data), kind, ttl)| {
        let (key, rdata) = rdata(owner, rtype, data);
        let one = vec![rdata];
        let rule = match kind {
            0 => Rule::Absent,
            1 => Rule::Replace {
                ttl: ttl.unwrap_or(60),
                rdata: one,
            },
            kind => {
                let (add, remove) = match kind {
                    2 => (one, Vec::new()),
                    _ => (Vec::new(), one),
                };
                Rule::Amend {
                    ttl,
                    otherwise: 60,
                    add,
                    remove,
                }
            }
        };
        (key, rule)
    })
}

fn rules() -> impl Strategy<Value = Vec<(RrsetKey, Rule)>> {
    prop::collection::vec(rule(), 0..8)
}

fn merged(push: Option<&Zone>, registry: &Rules, records: &Rules) -> Option<Merged> {
    let above = [
        Overlay {
            layer: Layer::Registry,
            rules: registry,
        },
        Overlay {
            layer: Layer::Records,
            rules: records,
        },
    ];
    merge(&apex(), push, &above).ok()
}

fn without_serial(zone: &Zone) -> Zone {
    zone.with_serial(0)
}

proptest! {
    /// Whatever stands above a push, what is served is a zone, and no RRset is in it that nobody asked for.
    #[test]
    fn a_push_with_any_rules_above_it_is_a_valid_zone(
        push in push(), registry in rules(), records in rules(),
    ) {
        let (registry, records) = (registry.into_iter().collect(), records.into_iter().collect());
        let merged = merged(Some(&push), &registry, &records).unwrap();
        let again = Zone::new(apex(), merged.zone.rrsets().to_vec());
        prop_assert_eq!(again.as_ref(), Ok(&merged.zone));
        for set in merged.zone.rrsets() {
            let key = RrsetKey::from(set);
            let known = push.get(set.owner(), set.rtype()) == Some(set)
                || registry.contains_key(&key)
                || records.contains_key(&key);
            prop_assert!(known, "{set:?}");
        }
    }

    /// Rules are merged by what they say, not by when they came.
    #[test]
    fn the_order_in_which_rules_came_makes_no_difference(
        push in push(), records in rules(), seed in any::<u64>(),
    ) {
        let distinct: Rules = records.into_iter().collect();
        let mut other: Vec<_> = distinct.clone().into_iter().collect();
        let len = other.len().max(1);
        other.rotate_left((seed as usize) % len);
        other.reverse();
        let other: Rules = other.into_iter().collect();
        let none = Rules::new();
        prop_assert_eq!(merged(Some(&push), &none, &distinct), merged(Some(&push), &none, &other));
    }

    /// Rules that have had their effect change nothing more.
    #[test]
    fn merging_what_is_merged_changes_nothing(push in push(), records in rules()) {
        let records: Rules = records.into_iter().collect();
        let none = Rules::new();
        let once = merged(Some(&push), &none, &records).unwrap();
        let twice = merged(Some(&once.zone), &none, &records).unwrap();
        // A rule that broke the zone may fit one that a CNAME of another rule has changed.
        if once.shadowed.iter().all(|lost| !matches!(lost.loss, Loss::Breaks(_))) {
            prop_assert_eq!(once.zone, twice.zone);
        }
    }

    /// One name merged by itself is what merging everything gives.
    #[test]
    fn a_name_merged_by_itself_is_as_if_all_were_merged(
        push in push(), before in rules(), (key, rule) in rule(),
    ) {
        let none = Rules::new();
        let mut records: Rules = before.into_iter().collect();
        let served = merged(Some(&push), &none, &records).unwrap();
        let breaks = |merged: &Merged| {
            merged.shadowed.iter().any(|lost| matches!(lost.loss, Loss::Breaks(_)))
        };
        prop_assume!(!breaks(&served));
        records.insert(key.clone(), rule);
        let all = merged(Some(&push), &none, &records).unwrap();
        let here = records.iter().filter(|(other, _)| other.owner() == key.owner());
        let here: Rules = here.map(|(key, rule)| (key.clone(), rule.clone())).collect();
        let above = [Overlay { layer: Layer::Records, rules: &here }];
        let changed = BTreeSet::from([key]);
        match merge_names(&served.zone, Some(&push), &above, &changed) {
            Ok(one) => {
                prop_assert!(!breaks(&all), "{:?}", all.shadowed);
                prop_assert_eq!(without_serial(&one.zone), without_serial(&all.zone));
                for key in &changed {
                    let owner = key.owner();
                    let alone = merge_at(owner, push.at(owner), &above).unwrap();
                    prop_assert_eq!(&alone[..], all.zone.at(owner));
                }
            }
            Err(_) => prop_assert!(breaks(&all)),
        }
    }

    #[test]
    fn a_rule_comes_back_from_its_octets((key, rule) in rule()) {
        let packed = rule.pack();
        prop_assert_eq!(Rule::unpack(&key, &packed), Ok(rule));
        for len in 0..packed.len() {
            prop_assert!(Rule::unpack(&key, &packed[..len]).is_err());
        }
    }
}

#[test]
fn octets_that_are_no_rule_are_refused() {
    let (key, _) = rdata("x", "A", "192.0.2.1");
    for octets in [
        &[9_u8][..],
        &[],
        &[0, 0],
        &[1, 0, 0, 0, 60, 0, 0, 0, 1, 0, 3, 1, 2, 3],
        &[1, 0, 0, 0, 60, 0xff, 0xff, 0xff, 0xff],
    ] {
        assert_eq!(Rule::unpack(&key, octets), Err(RuleError), "{octets:?}");
    }
}

#[test]
fn a_zone_without_a_push_is_its_rules_or_all_that_is_wrong_with_them() {
    let whole = zone(APEX, 7, "x A 192.0.2.1\n");
    let rules: Rules = whole
        .rrsets()
        .iter()
        .map(|set| (set.into(), Rule::replace(set)))
        .collect();
    fn above(rules: &Rules) -> Result<Merged, Vec<crate::ZoneError>> {
        let layer = Layer::Records;
        merge(&apex(), None, &[Overlay { layer, rules }])
    }
    assert_eq!(above(&rules).unwrap().zone, whole);
    let without: Rules = rules
        .into_iter()
        .filter(|(key, _)| key.rtype() != Rtype::SOA)
        .collect();
    assert!(above(&without).is_err());
}
