//! Good records pass, and the checker finds each violation that it is there for.

use fastrand::Rng;

use super::views::Views;
use super::{Answer, Asked, Entry, History, Judged, Standing, check};
use crate::model::{Op, Present, Reply, State};

fn push(number: u64) -> Op {
    Op::Push { master: 0, number }
}

const REMOVE: Op = Op::Remove { master: 0 };

/// A change that was answered with this revision.
fn taken(op: Op, began: u64, ended: u64, revision: u64) -> Entry {
    let answer = Answer::Taken {
        revision: Some(revision),
        serial: None,
    };
    entry(op, began, ended, answer)
}

/// A change that was answered without saying more.
fn done(op: Op, began: u64, ended: u64) -> Entry {
    let answer = Answer::Taken {
        revision: None,
        serial: None,
    };
    entry(op, began, ended, answer)
}

fn entry(op: Op, began: u64, ended: u64, answer: Answer) -> Entry {
    Entry {
        node: 0,
        asked: Asked::Change(op),
        answer,
        began,
        ended,
    }
}

fn present(push: u64, edits: &[(usize, u64)]) -> State {
    Some(Present {
        master: 0,
        push,
        edits: edits.iter().copied().collect(),
    })
}

fn read(at: u64, revision: u64, zone: State) -> Entry {
    Entry {
        node: 1,
        asked: Asked::Read,
        answer: Answer::Stands(Standing {
            revision,
            serial: 0,
            zone,
        }),
        began: at,
        ended: at + 1,
    }
}

fn judge(record: &[Entry]) -> Result<(), String> {
    fits(check(&Standing::default(), record))
}

fn fits(judged: Result<Judged, String>) -> Result<(), String> {
    judged.map(|judged| assert_eq!(judged, Judged::Fits))
}

#[test]
fn one_change_after_another_passes() {
    let edit = Op::Edit { name: 0, number: 9 };
    let record = [
        taken(push(1), 0, 10, 1),
        taken(edit, 11, 20, 2),
        taken(push(2), 21, 30, 3),
        read(40, 3, present(2, &[(0, 9)])),
        taken(REMOVE, 50, 60, 4),
        read(70, 4, None),
        taken(push(2), 80, 90, 5),
        read(95, 5, present(2, &[])),
    ];
    assert_eq!(judge(&record), Ok(()));
}

#[test]
fn changes_under_way_together_may_be_in_either_order() {
    for last in [1, 2] {
        let record = [
            done(push(1), 0, 10),
            done(push(2), 5, 15),
            read(20, 2, present(last, &[])),
        ];
        assert_eq!(judge(&record), Ok(()), "{last}");
    }
}

#[test]
fn a_lost_acknowledged_push_is_found() {
    let record = [
        done(push(1), 0, 10),
        done(push(2), 11, 20),
        read(30, 1, present(1, &[])),
    ];
    let told = judge(&record).unwrap_err();
    assert!(told.contains("number: 2"), "{told}");
    let record = [done(push(1), 0, 10), read(30, 0, None)];
    assert!(judge(&record).is_err());
}

#[test]
fn an_older_push_that_won_over_a_newer_is_found() {
    let record = [
        done(push(1), 0, 10),
        done(push(2), 11, 20),
        read(30, 2, present(1, &[])),
    ];
    assert!(judge(&record).is_err());
}

#[test]
fn a_removed_zone_that_came_back_is_found() {
    let record = [
        done(push(1), 0, 10),
        done(REMOVE, 11, 20),
        read(30, 3, present(1, &[])),
    ];
    assert!(judge(&record).is_err());
}

#[test]
fn one_revision_for_two_changes_is_found() {
    let record = [taken(push(1), 0, 10, 1), taken(push(2), 5, 15, 1)];
    assert!(judge(&record).is_err());
}

#[test]
fn a_gap_between_revisions_is_found() {
    let record = [taken(push(1), 0, 10, 1), taken(push(2), 11, 20, 3)];
    assert!(judge(&record).is_err());
    // A change without an answer may have had the one between.
    let unknown = entry(push(7), 5, 6, Answer::Unknown);
    let [first, last] = record;
    assert_eq!(judge(&[first, unknown, last]), Ok(()));
}

#[test]
fn revisions_against_the_order_of_time_are_found() {
    let record = [taken(push(1), 0, 10, 2), taken(push(2), 11, 20, 1)];
    assert!(judge(&record).is_err());
    let together = [taken(push(1), 0, 12, 2), taken(push(2), 11, 20, 1)];
    assert_eq!(judge(&together), Ok(()));
}

#[test]
fn an_unknown_change_may_be_done_later_or_never_but_not_before_it_was_sent() {
    let unknown = entry(push(1), 0, 5, Answer::Unknown);
    let later = done(push(2), 10, 20);
    let after = |revision, number| read(30, revision, present(number, &[]));
    for (revision, number) in [(1, 2), (2, 2), (2, 1)] {
        let record = [unknown.clone(), later.clone(), after(revision, number)];
        assert_eq!(judge(&record), Ok(()), "{revision}, {number}");
    }
    let late = entry(push(1), 25, 26, Answer::Unknown);
    let record = [done(push(2), 10, 20), read(22, 1, present(1, &[])), late];
    assert!(judge(&record).is_err());
}

#[test]
fn an_unknown_change_that_is_done_twice_is_found() {
    let record = [
        entry(push(1), 0, 5, Answer::Unknown),
        done(push(2), 10, 20),
        read(30, 2, present(1, &[])),
        done(push(3), 40, 50),
        read(60, 4, present(1, &[])),
    ];
    assert!(judge(&record).is_err());
}

#[test]
fn a_change_that_no_node_took_and_is_there_is_found() {
    let record = [
        done(push(1), 0, 10),
        entry(push(2), 11, 20, Answer::Untried),
    ];
    let with = |last: Entry| [record.as_slice(), &[last]].concat();
    assert_eq!(judge(&with(read(30, 1, present(1, &[])))), Ok(()));
    assert!(judge(&with(read(30, 2, present(2, &[])))).is_err());
}

#[test]
fn a_change_refused_without_a_reason_is_found() {
    let edit = Op::Edit { name: 0, number: 9 };
    let refused = |began, ended| entry(edit, began, ended, Answer::Refused);
    assert_eq!(
        judge(&[refused(0, 1), done(push(1), 2, 3)]),
        Ok(()),
        "there was no zone"
    );
    assert!(judge(&[done(push(1), 0, 1), refused(2, 3)]).is_err());
}

#[test]
fn a_serial_that_stands_still_or_goes_back_is_found() {
    let with = |op, began, revision, serial| {
        let answer = Answer::Taken {
            revision: Some(revision),
            serial: Some(serial),
        };
        entry(op, began, began + 1, answer)
    };
    let first = with(push(1), 0, 1, 10);
    assert_eq!(judge(&[first.clone(), with(push(2), 5, 2, 11)]), Ok(()));
    assert!(judge(&[first.clone(), with(push(2), 5, 2, 10)]).is_err());
    assert!(judge(&[first.clone(), with(push(2), 5, 2, 9)]).is_err());
    // Nothing changed: nor did the serial.
    assert_eq!(judge(&[first, with(push(1), 5, 1, 10)]), Ok(()));
}

#[test]
fn a_change_that_changes_nothing_has_no_revision() {
    let record = [taken(push(1), 0, 1, 1), taken(push(1), 2, 3, 1)];
    assert_eq!(judge(&record), Ok(()));
    let record = [taken(push(1), 0, 1, 1), taken(push(1), 2, 3, 2)];
    assert!(judge(&record).is_err());
}

#[test]
fn a_record_begins_with_what_was_there_before() {
    let before = Standing {
        revision: 7,
        serial: 0,
        zone: present(3, &[]),
    };
    let record = [taken(push(4), 0, 1, 8)];
    assert_eq!(fits(check(&before, &record)), Ok(()));
    assert!(judge(&record).is_err());
}

#[test]
fn random_records_of_a_right_register_pass_and_a_changed_answer_is_found() {
    let seed = fastrand::u64(..);
    println!("seed {seed}");
    let mut random = Rng::with_seed(seed);
    let mut found = 0;
    for _ in 0..200 {
        let mut record = right(&mut random, 40, 10);
        assert_eq!(judge(&record), Ok(()));
        // One acknowledged change gets the revision of another time.
        let at = random.usize(..record.len());
        if let Answer::Taken {
            revision: Some(revision),
            ..
        } = &mut record[at].answer
        {
            *revision += 1;
            found += usize::from(judge(&record).is_err());
        }
    }
    assert!(found > 50, "{found}");
}

#[test]
fn a_long_record_is_judged_in_time() {
    let mut random = Rng::with_seed(7);
    for _ in 0..10 {
        let mut record = right(&mut random, 300, 60);
        // A push is answered without its revision.
        for entry in &mut record {
            if let (Asked::Change(Op::Push { .. }), Answer::Taken { revision, .. }) =
                (&entry.asked, &mut entry.answer)
            {
                *revision = None;
            }
        }
        let began = std::time::Instant::now();
        assert_eq!(judge(&record), Ok(()));
        println!("{} requests in {:?}", record.len(), began.elapsed());
    }
}

/// A record of six clients of a register that is right, of whose answers one in so many gets lost.
fn right(random: &mut Rng, changes: u64, answers: u8) -> Vec<Entry> {
    let mut standing = Standing::default();
    let mut free = [0_u64; 6];
    let mut record = Vec::new();
    // Each change is done at a moment of its own, in this order; it was sent before and is answered later.
    for number in 0..changes {
        let client = random.usize(..free.len());
        let moment = number * 100;
        let began = free[client].max(moment.saturating_sub(random.u64(1..300)));
        let ended = moment + random.u64(1..300);
        if began > moment {
            continue;
        }
        free[client] = ended + 1;
        let op = match random.u8(..6) {
            0 => REMOVE,
            1 | 2 => Op::Edit {
                name: random.usize(..4),
                number,
            },
            _ => push(number),
        };
        let is_lost = random.u8(..answers) == 0;
        if !op.fits(&standing.zone, Reply::Done) {
            record.push(entry(op, began, ended, Answer::Refused));
            continue;
        }
        if is_lost && random.bool() {
            record.push(entry(op, began, ended, Answer::Unknown));
            continue;
        }
        let zone = op.made(&standing.zone);
        standing.revision += u64::from(zone != standing.zone);
        standing.zone = zone;
        record.push(match is_lost {
            true => entry(op, began, ended, Answer::Unknown),
            false => taken(op, began, ended, standing.revision),
        });
    }
    record.push(read(
        changes * 100 + 1_000,
        standing.revision,
        standing.zone,
    ));
    record
}

#[test]
fn a_record_keeps_the_order_of_time() {
    let history = History::new(2);
    let taken = Answer::Taken {
        revision: Some(1),
        serial: None,
    };
    let answer = history.record(1, 2, Asked::Change(push(1)), || taken.clone());
    assert_eq!(answer, taken);
    history.record(1, 0, Asked::Read, || Answer::Unknown);
    assert!(history.of(0).is_empty());
    let [first, second] = &history.of(1)[..] else {
        panic!()
    };
    assert!(first.began <= first.ended && first.ended <= second.began);
    assert_eq!((first.node, second.node), (2, 0));
}

#[test]
fn a_view_that_goes_back_is_found() {
    let views = Views::default();
    assert_eq!(views.see(0, "a.example", 2, "two"), Ok(()));
    assert_eq!(views.see(1, "a.example", 1, "one"), Ok(()), "only behind");
    assert_eq!(views.see(0, "b.example", 1, "another"), Ok(()));
    assert!(views.see(0, "a.example", 1, "one").is_err());
}

#[test]
fn one_revision_with_two_contents_is_found() {
    let views = Views::default();
    assert_eq!(views.see(0, "a.example", 2, "two"), Ok(()));
    assert_eq!(views.see(1, "a.example", 2, "two"), Ok(()));
    assert!(views.see(2, "a.example", 2, "other").is_err());
}
