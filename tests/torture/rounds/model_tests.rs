//! The checker finds what it is there for.

use super::model::{Known, Op, Present, Reply};
use super::text;

const ZONE: &str = "a.example";

fn push(number: u64) -> Op {
    Op::Push { master: 0, number }
}

/// After these changes, all acknowledged.
fn after(ops: &[Op]) -> Known {
    let mut known = Known::default();
    for op in ops {
        known.answered(*op, Reply::Done).unwrap();
    }
    known
}

fn present(push: u64, edits: &[(usize, u64)]) -> Present {
    Present {
        master: 0,
        push,
        edits: edits.iter().copied().collect(),
    }
}

fn found(known: &Known, state: Option<Present>) -> Result<(), String> {
    let records = state.map(|present| text::records(ZONE, &present));
    known.clone().found(ZONE, records.as_ref())
}

#[test]
fn the_last_acknowledged_push_and_nothing_older_passes() {
    let known = after(&[push(1), push(2)]);
    assert_eq!(found(&known, Some(present(2, &[]))), Ok(()));
    assert!(found(&known, Some(present(1, &[]))).is_err());
    assert!(found(&known, None).is_err());
}

#[test]
fn an_acknowledged_removal_that_is_not_there_is_found() {
    let known = after(&[push(1), Op::Remove { master: 0 }]);
    assert_eq!(found(&known, None), Ok(()));
    assert!(found(&known, Some(present(1, &[]))).is_err());
}

#[test]
fn a_lost_edit_is_found_and_a_push_does_not_wipe_one() {
    let edit = Op::Edit { name: 1, number: 7 };
    let known = after(&[push(1), edit, push(2)]);
    assert_eq!(found(&known, Some(present(2, &[(1, 7)]))), Ok(()));
    assert!(found(&known, Some(present(2, &[]))).is_err());
    assert!(found(&known, Some(present(1, &[(1, 7)]))).is_err());
}

#[test]
fn a_released_edit_that_is_still_served_is_found() {
    let edit = Op::Edit { name: 1, number: 7 };
    let known = after(&[push(1), edit, Op::Release { name: 1 }]);
    assert_eq!(found(&known, Some(present(1, &[]))), Ok(()));
    assert!(found(&known, Some(present(1, &[(1, 7)]))).is_err());
}

#[test]
fn a_mixture_of_two_pushes_is_found() {
    let known = after(&[push(1), push(2)]);
    let mut records = text::records(ZONE, &present(2, &[]));
    let old = text::records(ZONE, &present(1, &[]));
    records.extend(old.into_iter().filter(|record| record.contains(" A ")));
    assert!(known.clone().found(ZONE, Some(&records)).is_err());
}

#[test]
fn a_push_without_an_answer_may_be_there_or_not_until_it_was_looked_at() {
    let mut known = after(&[push(1)]);
    known.unanswered(push(2));
    assert_eq!(known.doubts(), 2);
    for number in [1, 2] {
        assert_eq!(found(&known, Some(present(number, &[]))), Ok(()));
    }
    let records = text::records(ZONE, &present(1, &[]));
    known.found(ZONE, Some(&records)).unwrap();
    assert!(found(&known, Some(present(2, &[]))).is_err());
}

#[test]
fn an_acknowledged_push_ends_every_doubt() {
    let mut known = after(&[push(1)]);
    known.unanswered(push(2));
    known.unanswered(Op::Remove { master: 0 });
    known.answered(push(3), Reply::Done).unwrap();
    assert!(found(&known, Some(present(2, &[]))).is_err());
    assert_eq!(found(&known, Some(present(3, &[]))), Ok(()));
}

#[test]
fn answers_that_fit_no_state_are_found() {
    let edit = Op::Edit { name: 0, number: 1 };
    let mut removed = after(&[push(1), Op::Remove { master: 0 }]);
    assert!(removed.answered(edit, Reply::Done).is_err());
    let mut lost = after(&[push(1)]);
    assert!(lost.answered(edit, Reply::Refused).is_err());
    let mut by_another = after(&[push(1)]);
    let remove = Op::Remove { master: 1 };
    assert!(by_another.clone().answered(remove, Reply::Done).is_err());
    assert_eq!(by_another.answered(remove, Reply::Refused), Ok(()));
    assert_eq!(found(&by_another, Some(present(1, &[]))), Ok(()));
}
