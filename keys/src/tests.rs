//! Declarations, and what is read by them.

use std::collections::BTreeMap;

use super::*;

crate::keys! {
    /// An item.
    struct Item("") {
        /// Its name.
        name: String = one(text()), required "x";
        /// Its size.
        size: u8 = whole(0, 9), "3";
    }
}

crate::keys! {
    /// A section.
    struct Section("a", Default) {
        /// How often.
        often "count": u32 = whole(1, 9), "7";
        /// Whether.
        whether: bool = boolean(), "true";
    }
}

crate::keys! {
    /// Another one.
    struct Other("") {
        /// Nothing or a port.
        port: Option<u16> = or_none(Text::Whole(1, 9)), "none";
        /// Items.
        list: Vec<Item> = items(), "[]";
    }
}

fn found(pairs: &[(&str, &str)]) -> BTreeMap<String, Found> {
    let one = |(path, text): &(&str, &str)| ((*path).to_owned(), Found::One((*text).to_owned()));
    pairs.iter().map(one).collect()
}

#[test]
fn one_declaration_is_field_key_and_default() {
    let [count, whether] = Section::SECTION.keys else {
        panic!("two keys");
    };
    assert_eq!(
        (count.name, count.doc, count.default),
        ("count", &[" How often."][..], "7")
    );
    assert_eq!(whether.takes.read("Yes"), Ok("true".into()));
    let default = Section::default();
    assert_eq!((default.often, default.whether), (7, true));
    let found = found(&[("a.count", "2"), ("a.whether", "false")]);
    let section = Section::read(&Values::new(&found, "a")).unwrap();
    assert_eq!((section.often, section.whether), (2, false));
    assert!(Section::read(&Values::new(&found, "b")).is_none());
}

#[test]
fn items_are_read_by_their_numbers_and_keys_without_a_default_are_required() {
    assert_eq!(Item::SECTION.keys.map_required(), ["name"]);
    let found = found(&[
        ("port", ""),
        ("list.1.name", "a"),
        ("list.1.size", "3"),
        ("list.2.name", "b"),
    ]);
    let other = Other::read(&Values::new(&found, "")).unwrap();
    assert_eq!((other.port, other.list.len()), (None, 1));
    assert_eq!((other.list[0].name.as_str(), other.list[0].size), ("a", 3));
}

trait Required {
    fn map_required(&self) -> Vec<&'static str>;
}

impl Required for [Key] {
    fn map_required(&self) -> Vec<&'static str> {
        let required = self.iter().filter(|key| key.required);
        required.map(|key| key.name).collect()
    }
}

#[test]
fn what_was_expected_ends_a_sentence() {
    let told = |takes: Takes, text: &str| takes.read(text).unwrap_err();
    assert_eq!(
        told(Takes::One(Text::Whole(1, 9)), "0"),
        "a whole number from 1 to 9"
    );
    assert_eq!(
        told(Takes::One(Text::OneOf(&["a", "b", "c"])), "d"),
        "a, b or c"
    );
    assert_eq!(
        told(Takes::OrNone(Text::Whole(1, 9)), "0"),
        "a whole number from 1 to 9, or none"
    );
}
