//! Which serials are passed, and which are not.

use jiff::Timestamp;

use super::*;

const HALF: u32 = 1 << 31;

/// One content is told from another by its first octet.
fn content(octet: u8) -> [u8; 32] {
    [octet; 32]
}

fn head(serial: u32, octet: u8) -> Head {
    Head {
        revision: 1,
        present: true,
        owner: None,
        serial,
        content: content(octet),
        records: 4,
        changed: Timestamp::UNIX_EPOCH,
        changed_by: String::new(),
        warnings: Vec::new(),
    }
}

/// What has to be passed after a signed zone had each of these serials and contents in turn.
fn after(steps: &[(u32, u8)]) -> Option<u32> {
    let (mut highest, mut served) = (None, None);
    for (serial, octet) in steps.iter().copied() {
        highest = Highest::after(highest.as_ref(), served.as_ref(), serial, &content(octet));
        served = Some(head(serial, octet));
    }
    let (last, _) = steps.last()?;
    Some(highest?.not_ahead(*last)?.before)
}

#[test]
fn a_serial_has_to_be_ahead_of_the_one_before_by_serial_number_arithmetic() {
    for (first, second, passes) in [
        (10, 11, true),
        (10, 10, false),
        (10, 9, false),
        (u32::MAX, 0, true),
        (0, u32::MAX, false),
        (10, 10 + HALF - 1, true),
        (10, 10 + HALF, false),
        (10 + HALF, 10, false),
        (10, 10 + HALF + 1, false),
        (0, HALF, false),
    ] {
        let found = after(&[(first, 1), (second, 2)]);
        assert_eq!(found, (!passes).then_some(first), "{first} then {second}");
    }
}

#[test]
fn the_first_content_has_nothing_to_pass() {
    assert_eq!(after(&[(10, 1)]), None);
}

#[test]
fn a_serial_that_went_back_has_to_pass_the_highest_one_and_not_only_the_last() {
    assert_eq!(after(&[(10, 1), (9, 2), (10, 3)]), Some(10));
    assert_eq!(after(&[(10, 1), (8, 2), (9, 3)]), Some(10));
    assert_eq!(after(&[(10, 1), (9, 2), (8, 3), (7, 4), (10, 5)]), Some(10));
    assert_eq!(after(&[(10, 1), (9, 2), (11, 3)]), None);
}

#[test]
fn the_content_that_a_serial_always_stood_for_may_come_back_with_it() {
    assert_eq!(after(&[(10, 1), (9, 2), (10, 1)]), None);
    // Who has it may have got either.
    assert_eq!(after(&[(10, 1), (10, 2), (10, 1)]), Some(10));
    assert_eq!(after(&[(10, 1), (10, 2), (9, 3), (10, 1)]), Some(10));
}

#[test]
fn the_same_records_under_a_lower_serial_leave_nobody_behind_but_are_remembered() {
    assert_eq!(after(&[(10, 1), (9, 1)]), None);
    assert_eq!(after(&[(10, 1), (9, 1), (10, 2)]), Some(10));
}

#[test]
fn two_serials_that_are_half_the_way_round_apart_are_passed_one_after_the_other() {
    let steps = [(0, 1), (HALF, 2), (HALF - 1, 3), (HALF, 4), (HALF + 1, 5)];
    let found: Vec<_> = (2..=steps.len())
        .map(|count| after(&steps[..count]))
        .collect();
    assert_eq!(found, [Some(0), Some(HALF), Some(HALF), None]);
}

#[test]
fn whatever_comes_is_told_unless_it_is_ahead_of_all_that_was_served() {
    // Every sequence of four out of a few serials and contents.
    let serials = [9, 10, 11];
    let choices: Vec<(u32, u8)> = serials
        .iter()
        .flat_map(|serial| [(*serial, 1), (*serial, 2)])
        .collect();
    let count = choices.len();
    for number in 0..count.pow(4) {
        let steps: Vec<_> = (0..4)
            .map(|place| choices[number / count.pow(place) % count])
            .collect();
        // The same again is no change.
        if steps.windows(2).any(|two| two[0] == two[1]) {
            continue;
        }
        let (serial, octet) = steps[3];
        // A secondary that took any of the contents in its turn, and those of later turns that were ahead.
        let left_behind = (0..3).any(|first| {
            let mut has = steps[first];
            for next in &steps[first + 1..] {
                if is_ahead(next.0, has.0) {
                    has = *next;
                }
            }
            has.1 != octet
        });
        let told = after(&steps).is_some();
        assert!(
            !left_behind || told,
            "a secondary is left behind by {steps:?}"
        );
        let all_passed = steps[..3].iter().all(|step| is_ahead(serial, step.0));
        assert!(!all_passed || !told, "nobody is left behind by {steps:?}");
    }
}

#[test]
fn a_serial_at_a_backend_that_is_not_passed_is_remembered_once() {
    let head = head(40, 1);
    let found = Highest::found(None, &head, 50).unwrap();
    assert_eq!(found.not_ahead(40).unwrap().before, 50);
    assert_eq!(Highest::found(Some(&found), &head, 50), None);
    assert_eq!(Highest::found(Some(&found), &head, 45), None);
    assert!(Highest::found(Some(&found), &head, 51).is_some());
    assert!(Highest::found(None, &head, 40).is_some());
    assert!(Highest::found(None, &head, 40 + HALF).is_some());
    assert_eq!(Highest::found(None, &head, 39), None);
}

#[test]
fn what_is_said_names_both_serials_and_what_to_do() {
    let said = |serial, before| NotAhead { serial, before }.to_string();
    for (serial, before, how) in [
        (10, 10, "has serial 10, as it had before with other records"),
        (9, 10, "has serial 9, which is behind serial 10"),
        (HALF, 0, "which is not ahead of serial 0"),
    ] {
        let said = said(serial, before);
        for part in [how, "sign the zone with a serial ahead of", "push it again"] {
            assert!(said.contains(part), "{part} is not in: {said}");
        }
    }
}
