//! What a reply says to somebody who knows a panel's form, not master files: the record at fault, what is
//! wrong with it, and what to write instead.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod records;
mod texts;
mod together;
mod zone;

use dadns_zone::{Limits, ReadErrors, Reading, ZoneName, read};

const HEAD: &str = "$TTL 60\n@ SOA ns.x. h.x. 1 2 3 4 5\n@ NS ns.x.\n";

fn try_read(text: &[u8]) -> Result<Reading, ReadErrors> {
    let name = ZoneName::parse("z.example").unwrap();
    read(&name, text, &Limits::default())
}

/// What is said of a text.
fn said_of(text: impl AsRef<[u8]>) -> String {
    match try_read(text.as_ref()) {
        Ok(_) => "accepted".into(),
        Err(errors) => errors.to_string(),
    }
}

/// What is said of lines that follow SOA and NS; the first is line 4.
fn said(lines: &str) -> String {
    said_of(format!("{HEAD}{lines}\n"))
}

fn table(cases: &[(&str, &str)]) {
    for (lines, expected) in cases {
        assert_eq!(said(lines), *expected, "{lines}");
    }
}

/// Cases of which the message has a part.
fn table_of_parts(cases: &[(&str, &str)]) {
    for (lines, part) in cases {
        let said = said(lines);
        assert!(said.contains(part), "{lines}: {said}");
    }
}
