//! Makes zone texts: records of every type, in every form that a master file allows.

mod parts;
mod records;

use dadns_zone::ZoneName;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

pub fn name() -> ZoneName {
    ZoneName::parse("z.example").unwrap()
}

/// A record: owner, type, the words of its data.
#[derive(Debug, Clone)]
struct Record {
    owner: String,
    rtype: String,
    words: Vec<String>,
}

/// How a record is written.
#[derive(Debug, Clone)]
struct Form {
    ttl: Option<String>,
    class: u8,
    parens: Option<usize>,
    blank_owner: bool,
    comment: bool,
    tabs: bool,
    upper: bool,
    directive: Option<String>,
}

/// A whole zone text, with the SOA and NS that it needs.
pub fn zone() -> impl Strategy<Value = String> {
    let records = vec((records::record(), form()), 1..12);
    (records, any::<bool>(), any::<bool>(), select(&["", "$TTL 1h\n", "$TTL 300 ; five minutes\n"][..])).prop_map(
        |(records, crlf, soa_ttl, ttl)| {
            let soa_ttl = if soa_ttl { "7200 " } else { "" };
            let mut text = format!(
                "{ttl}@ {soa_ttl}IN SOA ns. hostmaster ( 2024010100 ; serial\n 1h 600 1W 5m )\n@ NS ns.example.\n"
            );
            let mut last = "@".to_owned();
            for (record, form) in records {
                write(&record, &form, &mut last, &mut text);
            }
            if crlf { text.replace('\n', "\r\n") } else { text }
        },
    )
}

fn write(record: &Record, form: &Form, last: &mut String, text: &mut String) {
    if let Some(directive) = &form.directive {
        text.push_str(directive);
        text.push('\n');
    }
    let separator = if form.tabs { "\t" } else { " " };
    let same_owner = form.blank_owner && form.directive.is_none() && *last == record.owner;
    let mut line = if same_owner {
        String::new()
    } else {
        record.owner.clone()
    };
    last.clone_from(&record.owner);
    let (class, ttl) = (
        Some("IN".to_owned()).filter(|_| form.class > 0),
        form.ttl.clone(),
    );
    let head = if form.class == 1 {
        [class, ttl]
    } else {
        [ttl, class]
    };
    let rtype = if form.upper {
        record.rtype.clone()
    } else {
        record.rtype.to_lowercase()
    };
    for word in head.into_iter().flatten().chain([rtype]) {
        line.push_str(separator);
        line.push_str(&word);
    }
    for (index, word) in record.words.iter().enumerate() {
        line.push_str(separator);
        if form.parens == Some(index) {
            line.push_str("(\n  ; inside\n\t");
        }
        line.push_str(word);
    }
    if form.parens.is_some_and(|index| index < record.words.len()) {
        line.push_str(" )");
    }
    if form.comment {
        line.push_str(" ; \"comment ( \\");
    }
    text.push_str(&line);
    text.push('\n');
}

fn form() -> impl Strategy<Value = Form> {
    let ttl = prop_oneof![
        3 => Just(None),
        2 => (0..1_000_000u32).prop_map(|ttl| Some(ttl.to_string())),
        1 => select(&["1h", "1W2D", "1h30M5s", "0", "2147483647", "10m"][..]).prop_map(|ttl| Some(ttl.to_owned())),
    ];
    let directive = prop_oneof![
        12 => Just(None),
        1 => select(&["$ORIGIN sub", "$origin z.example.", "$ORIGIN @", "$TTL 1d", "", " ; only a comment", "$ORIGIN other.example."][..])
            .prop_map(|directive| Some(directive.to_owned())),
    ];
    (
        ttl,
        0..3u8,
        proptest::option::weighted(0.3, 0..6usize),
        any::<bool>(),
        any::<bool>(),
        any::<bool>(),
        any::<bool>(),
        directive,
    )
        .prop_map(
            |(ttl, class, parens, blank_owner, comment, tabs, upper, directive)| Form {
                ttl,
                class,
                parens,
                blank_owner,
                comment,
                tabs,
                upper,
                directive,
            },
        )
}

/// A zone text with a few octets changed, taken out or put in.
pub fn damaged() -> impl Strategy<Value = Vec<u8>> {
    let octet = prop_oneof![
        3 => select(&b" \t\n\r();\"\\.@$*#=,-:0129azAZ\0\x7f\xff"[..]),
        1 => any::<u8>(),
    ];
    let edit = (any::<prop::sample::Index>(), 0..3u8, octet);
    (zone(), vec(edit, 1..4)).prop_map(|(text, edits)| {
        let mut text = text.into_bytes();
        for (at, kind, octet) in edits {
            let at = at.index(text.len());
            match kind {
                0 => text[at] = octet,
                1 => text.insert(at, octet),
                _ => {
                    text.remove(at);
                }
            }
        }
        text
    })
}
