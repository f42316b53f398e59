//! Any order of steps, at any time: disk and memory agree, and only who may be published is.

use std::collections::BTreeMap;
use std::time::Duration;

use proptest::prelude::*;
use proptest::strategy::Strategy as PropStrategy;

use super::{at, client, new, published, terms, tick};
use crate::registry::rules::{
    Beat, Book, Change, Group, Instance, Key, Now, Renewal, Status, Write,
};

/// What a disk has after these writes.
pub(super) type Disk = BTreeMap<Key, (Option<Instance>, Vec<Change>)>;

/// Who is kept of service `a`, as a disk has it.
fn kept(writes: &[Write]) -> Option<Vec<Key>> {
    let kept = writes.iter().rev();
    let mut kept = kept.filter_map(|write| match write {
        Write::Kept(_, kept) => Some(kept.clone()),
        _ => None,
    });
    kept.next()
}

pub(super) fn apply(disk: &mut Disk, writes: &[Write]) {
    for write in writes {
        match write {
            Write::Instance(instance) => {
                disk.entry(instance.key().clone()).or_default().0 = Some((**instance).clone());
            }
            Write::Removed(key) => {
                let entry = disk.remove(key);
                let left = entry.map_or(0, |(_, changes)| changes.len());
                assert_eq!(left, 0, "changes of {key} are left");
            }
            Write::Change(key, change) => {
                disk.entry(key.clone()).or_default().1.push(change.clone());
            }
            Write::Forgotten(key, index) => {
                let changes = &mut disk.entry(key.clone()).or_default().1;
                changes.retain(|change| change.index != *index);
            }
            Write::Kept(..) => {}
        }
    }
}

/// One step of somebody.
#[derive(Debug, Clone)]
enum Step {
    Register(u8, u8),
    Beat(u8, u8),
    Report(u8, u8, Status),
    Maintain(u8, u8, bool),
    Deregister(u8, u8),
    Wait(u64),
    Restart,
}

fn steps() -> impl PropStrategy<Value = Vec<Step>> {
    let who = 1_u8..4;
    let number = 0_u8..8;
    let status = prop_oneof![
        Just(Status::Passing),
        Just(Status::Warning),
        Just(Status::Critical)
    ];
    let step = prop_oneof![
        3 => (who.clone(), number.clone()).prop_map(|(who, number)| Step::Register(who, number)),
        4 => (who.clone(), number.clone()).prop_map(|(who, number)| Step::Beat(who, number)),
        2 => (who.clone(), number.clone(), status).prop_map(|(who, number, status)| Step::Report(who, number, status)),
        1 => (who.clone(), number.clone(), any::<bool>()).prop_map(|(who, number, on)| Step::Maintain(who, number, on)),
        1 => (who, number).prop_map(|(who, number)| Step::Deregister(who, number)),
        4 => (0_u64..400).prop_map(Step::Wait),
        1 => Just(Step::Restart),
    ];
    prop::collection::vec(step, 1..120)
}

fn take(book: &mut Book, now: Now, step: &Step) {
    let key = |number: &u8| Key::of("a", &number.to_string());
    // What is refused changes nothing, which is looked at after each step.
    let _ = match step {
        Step::Register(who, number) => {
            book.register(now, &client(*who), new("a", *number), Renewal::default())
        }
        Step::Beat(who, number) => {
            book.heartbeat(now, &client(*who), &key(number), Beat::default())
        }
        Step::Report(who, number, status) => {
            book.report(now, &client(*who), &key(number), None, *status, "said")
        }
        Step::Maintain(who, number, on) => {
            let why = on.then_some("because");
            book.maintain(now, &client(*who), &key(number), why)
        }
        Step::Deregister(who, number) => book.deregister(&client(*who), &key(number)),
        Step::Wait(_) | Step::Restart => Ok(()),
    };
}

proptest! {
    #[test]
    fn whatever_happens_disk_and_memory_agree_and_only_who_is_healthy_or_kept_is_published(
        steps in steps()
    ) {
        let mut book = Book::new(terms());
        let mut disk = Disk::new();
        let mut kept_on_disk = Vec::new();
        let mut seconds = 0;
        for step in &steps {
            let index = book.index();
            match step {
                Step::Wait(more) => {
                    seconds += more;
                    tick(&mut book, seconds);
                }
                Step::Restart => {
                    let found = disk.values().cloned();
                    let found = found.map(|(instance, changes)| (instance.unwrap(), changes));
                    let before = published(&book);
                    let kept = [("a".to_owned(), kept_on_disk.clone())];
                    book = Book::load(terms(), index, found, kept, at(seconds));
                    prop_assert_eq!(published(&book), before);
                }
                step => take(&mut book, at(seconds), step),
            }
            let effects = book.take_effects();
            // Who waits for a change hears of each, and of nothing else.
            let changed = !effects.writes.is_empty();
            prop_assert_eq!(book.index() > index, changed || matches!(step, Step::Restart));
            apply(&mut disk, &effects.writes);
            kept_on_disk = kept(&effects.writes).unwrap_or(kept_on_disk);
            prop_assert_eq!(disk.len(), book.len());
            for instance in book.all() {
                let (on_disk, changes) = &disk[instance.key()];
                let on_disk = on_disk.as_ref().unwrap();
                prop_assert_eq!(on_disk.status(), instance.status());
                prop_assert_eq!(&on_disk.owner, &instance.owner);
                prop_assert!(changes.iter().eq(book.history(instance.key()).unwrap()));
                let last = changes.last().unwrap();
                prop_assert_eq!(last.status, instance.status());
            }
            let stale = book.is_stale("a");
            for instance in book.published(&Group::service("a")) {
                let status = instance.status();
                let kept = stale && status == Status::Critical;
                prop_assert!(status.is_published() || kept, "{status} is published");
            }
            for instance in book.all().filter(|one| one.status().is_published()) {
                prop_assert!(book.is_published(instance));
            }
            // Nobody is overdue.
            tick(&mut book, seconds);
            prop_assert!(book.take_effects().writes.is_empty());
            prop_assert!(book.next_due().is_none_or(|due| due > Duration::from_secs(seconds)));
        }
    }
}
