use super::*;

fn zone(text: &str) -> ZoneName {
    ZoneName::parse(text).unwrap()
}

fn name(text: &str) -> DomainName {
    let mut wire = Vec::new();
    for label in text.split('.').filter(|label| !label.is_empty()) {
        wire.push(label.len() as u8);
        wire.extend_from_slice(label.as_bytes());
    }
    wire.push(0);
    DomainName::from_octets(wire.into()).unwrap()
}

#[test]
fn patterns_of_zones_are_exact_or_span_labels() {
    for (pattern, matching, others) in [
        ("*", vec!["example.com", "com"], vec![]),
        (
            "Example.com.",
            vec!["example.com"],
            vec!["www.example.com", "com", "xexample.com"],
        ),
        (
            "*.example.com",
            vec!["a.example.com", "a.b.example.com"],
            vec!["example.com", "aexample.com", "a.example.com.org"],
        ),
        (
            "customer-*.example",
            vec!["customer-7.example", "customer-.example"],
            vec!["customer-7.x.example", "customer.example"],
        ),
        (
            "a.*.example",
            vec!["a.b.example", "a.b.c.example"],
            vec!["a.example", "b.a.b.example"],
        ),
        (
            "0/25.2.0.192.in-addr.arpa",
            vec!["0/25.2.0.192.in-addr.arpa"],
            vec!["2.0.192.in-addr.arpa"],
        ),
    ] {
        let read = ZonePattern::read(pattern).unwrap();
        for matching in matching {
            assert!(read.matches(&zone(matching)), "{pattern} {matching}");
        }
        for other in others {
            assert!(!read.matches(&zone(other)), "{pattern} {other}");
        }
    }
}

#[test]
fn patterns_of_owner_names_are_relative_to_the_zone_or_absolute() {
    for (pattern, matching, others) in [
        ("*", vec!["example.com", "a.b.example.com", "org"], vec![]),
        ("@", vec!["example.com"], vec!["www.example.com", "com"]),
        (
            "_acme-challenge",
            vec!["_acme-challenge.example.com", "_ACME-Challenge.example.com"],
            vec![
                "_acme-challenge.www.example.com",
                "_acme-challenge.example.org",
            ],
        ),
        (
            "_acme-challenge.*",
            vec![
                "_acme-challenge.www.example.com",
                "_acme-challenge.a.b.example.com",
            ],
            vec![
                "_acme-challenge.example.com",
                "x._acme-challenge.www.example.com",
                "_acme-challenge.www.example.org",
                "_acme-challenges.www.example.com",
            ],
        ),
        (
            "*.dyn",
            vec![
                "a.dyn.example.com",
                "a.b.dyn.example.com",
                "*.dyn.example.com",
            ],
            vec!["dyn.example.com", "a.dyn.b.example.com"],
        ),
        (
            r"\*.dyn",
            vec!["*.dyn.example.com"],
            vec!["a.dyn.example.com"],
        ),
        (
            "www.example.com.",
            vec!["www.example.com"],
            vec!["www.example.com.example.com"],
        ),
        (
            "*.example.com.",
            vec!["www.example.com", "a.b.example.com"],
            vec!["example.com", "www.example.org"],
        ),
        (
            "host-*-*",
            vec!["host-1-2.example.com", "host---.example.com"],
            vec!["host-1.example.com"],
        ),
        (r"a\046b.\065", vec![], vec!["a.b.a.example.com"]),
    ] {
        let read = NamePattern::read(pattern).unwrap();
        let zone = zone("example.com");
        for matching in matching {
            assert!(read.matches(&zone, &name(matching)), "{pattern} {matching}");
        }
        for other in others {
            assert!(!read.matches(&zone, &name(other)), "{pattern} {other}");
        }
    }
}

#[test]
fn an_escaped_dot_is_part_of_its_label() {
    let owner = DomainName::from_octets(b"\x03a.b\x07example\x03com\0".to_vec().into()).unwrap();
    for pattern in [r"a\.b", r"a\046b", "a*b"] {
        let pattern = NamePattern::read(pattern).unwrap();
        assert!(pattern.matches(&zone("example.com"), &owner), "{pattern}");
    }
    let two = NamePattern::read("a.b").unwrap();
    assert!(!two.matches(&zone("example.com"), &owner));
}

#[test]
fn what_is_no_pattern_is_refused_with_the_reason() {
    let long = "a.".repeat(1_000);
    for text in [
        "", ".", "a..b", ".a", "a b", "bücher", r"a\", r"a\25", r"a\999", r"\1x2", &long,
    ] {
        assert!(NamePattern::read(text).is_err(), "{text:?}");
        assert!(ZonePattern::read(text).is_err(), "{text:?}");
    }
    assert!(NamePattern::read("*.").is_err());
    for text in ["@", r"\*.example", "a\0.example", "{a}"] {
        assert!(ZonePattern::read(text).is_err(), "{text:?}");
    }
}

/// Tries every way to divide the labels among the pieces.
fn slowly(pieces: &[Piece], labels: &[&[u8]]) -> bool {
    match pieces.split_first() {
        None => labels.is_empty(),
        Some((Piece::Labels, rest)) => {
            (1..=labels.len()).any(|taken| slowly(rest, &labels[taken..]))
        }
        Some((Piece::Label(glyphs), rest)) => labels
            .split_first()
            .is_some_and(|(first, more)| in_label_slowly(glyphs, first) && slowly(rest, more)),
    }
}

fn in_label_slowly(glyphs: &[Option<u8>], label: &[u8]) -> bool {
    match glyphs.split_first() {
        None => label.is_empty(),
        Some((None, rest)) => (0..=label.len()).any(|taken| in_label_slowly(rest, &label[taken..])),
        Some((Some(octet), rest)) => label
            .split_first()
            .is_some_and(|(first, more)| first == octet && in_label_slowly(rest, more)),
    }
}

#[test]
fn matching_agrees_with_trying_every_way() {
    let mut random = fastrand::Rng::with_seed(14);
    let mut matched = 0;
    for _ in 0..20_000 {
        let mut label = |letters: &[&'static str]| -> String {
            let count = random.usize(1..=3);
            (0..count)
                .map(|_| *random.choice(letters).unwrap())
                .collect()
        };
        let pattern: Vec<String> = (0..3).map(|_| label(&["a", "b", "*", "*"])).collect();
        let found: Vec<String> = (0..4).map(|_| label(&["a", "b"])).collect();
        let found = &found[random.usize(0..=2)..];
        let labels: Vec<&[u8]> = found.iter().map(String::as_bytes).collect();
        let pattern = pattern[random.usize(0..=2)..].join(".");
        let read = Pattern::read(&pattern, &pattern).unwrap();
        let expected = read
            .pieces
            .as_ref()
            .is_none_or(|pieces| slowly(pieces, &labels));
        assert_eq!(read.matches(&labels), expected, "{pattern} {found:?}");
        matched += usize::from(expected);
    }
    assert!(matched > 1_000, "only {matched} matched");
}

#[test]
fn no_text_and_no_name_makes_a_pattern_panic() {
    let mut random = fastrand::Rng::with_seed(15);
    let zone = zone("a.example");
    let mut read = 0;
    for _ in 0..20_000 {
        let length = random.usize(0..12);
        let text: String = (0..length)
            .map(|_| {
                *random
                    .choice(&['a', '*', '.', '\\', '0', '2', '@', 'é', ' ', '\0'])
                    .unwrap()
            })
            .collect();
        let labels = random.usize(0..5);
        let mut wire: Vec<u8> = (0..labels)
            .flat_map(|_| [1, *random.choice(b"a*.@\0\xff").unwrap()])
            .collect();
        wire.push(0);
        let owner = DomainName::from_octets(wire.into()).unwrap();
        if let Ok(pattern) = NamePattern::read(&text) {
            pattern.matches(&zone, &owner);
            read += 1;
        }
        if let Ok(pattern) = ZonePattern::read(&text) {
            pattern.matches(&zone);
        }
    }
    assert!(read > 1_000, "only {read} were patterns");
}
