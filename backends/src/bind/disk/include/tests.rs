use super::*;

fn files() -> ZoneFiles {
    ZoneFiles::at(Path::new("/zones")).unwrap()
}

fn parse(text: &str) -> Include {
    Include::parse(text.as_bytes().to_vec(), &files()).unwrap()
}

fn name(text: &str) -> ZoneName {
    text.parse().unwrap()
}

fn ours(text: &str) -> String {
    stanza(&name(text), &files(), &Options::first())
}

fn edited(text: &str, put: &[&str], removed: &[&str]) -> Option<String> {
    let [put, removed] =
        [put, removed].map(|names| names.iter().map(|text| name(text)).collect::<Vec<_>>());
    let edited = parse(text).edited(
        &put.iter().collect(),
        &removed.iter().collect(),
        &Options::first(),
        &files(),
    );
    edited.map(|text| String::from_utf8(text).unwrap())
}

#[test]
fn only_the_exact_form_is_ours() {
    let text = ours("a.example");
    assert!(parse(&text).is_ours(&name("a.example")));
    for other in [
        text.replace("primary", "master"),
        text.replace("zone", "Zone"),
        text.replace("a.example\"", "A.example\""),
        text.replace("/zones/a.example.db", "/zones/b.example.db"),
        text.replace("check-names ignore; ", ""),
    ] {
        let include = parse(&other);
        assert_eq!(
            (
                include.is_ours(&name("a.example")),
                include.unmanaged_count()
            ),
            (false, 1),
            "{other}"
        );
    }
}

#[test]
fn what_is_put_comes_at_the_end_and_what_is_removed_goes_with_its_line() {
    let (a, b, c) = (ours("a.example"), ours("b.example"), ours("c.example"));
    let text = format!("// one\n{a}\n{b} // two\nacl x {{ any; }};\n");
    assert_eq!(
        edited(
            &text,
            &["c.example", "a.example"],
            &["b.example", "never.example"]
        )
        .unwrap(),
        format!("// one\n{a}\n // two\nacl x {{ any; }};\n{c}\n")
    );
    assert_eq!(
        edited(&text, &[], &["a.example"]).unwrap(),
        format!("// one\n{b} // two\nacl x {{ any; }};\n")
    );
    assert_eq!(edited(&a, &[], &["a.example"]).unwrap(), "");
}

#[test]
fn an_edit_that_changes_nothing_is_none() {
    let text = ours("a.example");
    assert_eq!(edited(&text, &["a.example"], &["b.example"]), None);
    assert_eq!(
        edited("zone \"b.example\" { type hint; };", &[], &["b.example"]),
        None
    );
}

#[test]
fn one_stanza_of_ours_is_left_of_several_with_the_same_name() {
    let a = ours("a.example");
    let unmanaged = "zone a.example. in { type master; file x; };";
    assert_eq!(
        edited(
            &format!("{unmanaged}\n{a}\n{unmanaged}\n{a}\n"),
            &["a.example"],
            &[]
        )
        .unwrap(),
        format!("{a}\n")
    );
    assert_eq!(
        edited(&format!("{unmanaged}\n{unmanaged}"), &["a.example"], &[]).unwrap(),
        format!("{a}\n")
    );
}

#[test]
fn zones_of_other_classes_are_not_zones_to_us() {
    let text = "zone \"a.example\" CH { type master; file \"/zones/a.example.db\"; };\n";
    let include = parse(text);
    assert_eq!(include.unmanaged_count(), 0);
    assert_eq!(
        edited(text, &["a.example"], &[]).unwrap(),
        format!("{text}{}\n", ours("a.example"))
    );
}

#[test]
fn ten_thousand_zones_are_read_and_edited_in_a_blink() {
    let names: Vec<_> = (0..10_000)
        .map(|number| name(&format!("z{number}.example")))
        .collect();
    let files = files();
    let text: String = names
        .iter()
        .map(|name| stanza(name, &files, &Options::first()) + "\n")
        .collect();
    let include = parse(&text);
    let start = std::time::Instant::now();
    let include = Include::parse(include.text().to_vec(), &files).unwrap();
    let edited = include
        .edited(
            &BTreeSet::new(),
            &names.iter().collect(),
            &Options::first(),
            &files,
        )
        .unwrap();
    assert_eq!((include.ours().count(), edited.len()), (10_000, 0));
    // Far above what a slow machine takes; a quadratic step takes minutes.
    assert!(start.elapsed().as_secs() < 5, "{:?}", start.elapsed());
}
