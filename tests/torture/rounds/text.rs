//! The zones of the rounds: what a push has, and what is served of it. Everything follows from a number.

use std::collections::BTreeSet;
use std::fmt::Write;

use super::model::Present;
use crate::dns::line;

/// RRsets that pushes have and that are edited as well: `w0`, `w1`, …
const PUSHED: usize = 2;
/// RRsets that are edited: those and the ones that no push has.
pub const EDITED: usize = 4;

/// The owner name of an RRset that is edited.
pub fn edited(name: usize) -> String {
    match name < PUSHED {
        true => format!("w{name}"),
        false => format!("e{name}"),
    }
}

/// The data of an edit.
pub fn edit(number: u64) -> String {
    format!("\"edit-{number}\"")
}

/// How many further addresses a push has: mostly few, now and then many.
fn addresses(number: u64) -> u64 {
    match number % 31 {
        7 => 700,
        _ => number * 7 % 13,
    }
}

fn address(number: u64, index: u64) -> String {
    let low = number * 31 + index;
    format!("10.{}.{}.{}", low >> 16 & 255, low >> 8 & 255, low & 255)
}

/// The zone as its master writes it. Its serial is often not ahead of the one before.
pub fn push(zone: &str, number: u64) -> String {
    let serial = 2_026_010_100 + number * 17 % 40;
    let mut text = format!(
        "$TTL 14400\n@ IN SOA ns1.{zone}. hostmaster.{zone}. ( {serial} 7200 3600 1209600 180 )\n\
         {zone}. 14400 IN NS ns1.{zone}.\nns1 14400 IN A 192.0.2.1\nn 14400 IN TXT \"{number}\"\n"
    );
    for name in 0..PUSHED {
        writeln!(text, "w{name} 14400 IN TXT \"push-{number}\"").unwrap();
    }
    for index in 0..addresses(number) {
        writeln!(text, "a{index} 14400 IN A {}", address(number, index)).unwrap();
    }
    text
}

/// All records but the SOA, as they are compared.
pub fn records(zone: &str, present: &Present) -> BTreeSet<String> {
    let number = present.push;
    let mut records = BTreeSet::from([
        line(zone, zone, "NS", &format!("ns1.{zone}")),
        "ns1 A 192.0.2.1".to_owned(),
        format!("n TXT {number}"),
    ]);
    for name in (0..PUSHED).filter(|name| !present.edits.contains_key(name)) {
        records.insert(format!("w{name} TXT push-{number}"));
    }
    for (name, number) in &present.edits {
        let data = edit(*number);
        records.insert(line(zone, &edited(*name), "TXT", &data));
    }
    for index in 0..addresses(number) {
        records.insert(format!("a{index} A {}", address(number, index)));
    }
    records
}

/// Whether a record says which push and which edits it comes from.
pub fn is_told(record: &str) -> bool {
    record.contains(" TXT ")
}
