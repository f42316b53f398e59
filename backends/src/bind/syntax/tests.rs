use super::*;

fn words<'a>(statement: &'a Statement<'_>) -> Vec<&'a str> {
    (0..statement.words.len())
        .map(|index| statement.word(index).unwrap())
        .collect()
}

#[test]
fn a_statement_has_words_a_block_and_the_range_of_its_bytes() {
    let text = b"// zones\nZONE \"a.example\" IN { type master; file \"a.db\"; };\nkey k { };";
    let all = statements(text).unwrap();
    assert_eq!(all.len(), 2);
    assert!(all[0].is("zone"));
    assert_eq!(words(&all[0])[1..], ["a.example", "IN"]);
    let block = all[0].block.as_ref().unwrap();
    assert_eq!(words(&block[1]), ["file", "a.db"]);
    assert_eq!(text[all[0].range.clone()], text[9..59]);
    assert!(text[..all[0].range.end].ends_with(b"};"));
}

#[test]
fn comments_of_all_three_kinds_hide_what_they_hold() {
    let text = b"a /* { \" */ b; # {\n// }\nc//d\n;e#f;\n;";
    let all = statements(text).unwrap();
    assert_eq!(
        all.iter().map(words).collect::<Vec<_>>(),
        [vec!["a", "b"], vec!["c"], vec!["e"]]
    );
}

#[test]
fn a_quoted_string_holds_braces_comments_and_escaped_quotes() {
    let all = statements(br#"file "a{;}//#\"b\\c"; "x"y;"#).unwrap();
    assert_eq!(words(&all[0]), ["file", r#"a{;}//#"b\\c"#]);
    assert_eq!(words(&all[1]), ["x", "y"]);
}

#[test]
fn a_block_may_be_followed_by_more_words() {
    let all = statements(b"controls { inet * allow { any; } keys { k; }; };").unwrap();
    assert_eq!(
        words(&all[0].block.as_ref().unwrap()[0]),
        ["inet", "*", "allow"]
    );
}

#[test]
fn an_unbalanced_text_is_an_error_that_names_the_line() {
    for (text, said) in [
        ("a;\nzone x {", "line 2: a \"{\" that is never closed"),
        ("a;\n}", "line 2: a \"}\" that closes nothing"),
        ("a;\n\nb", "line 3: a statement without \";\""),
        ("x { a }", "line 1: a statement without \";\""),
        ("\n\"a;\n", "line 2: a quote that is not closed on its line"),
        ("a; /* b", "line 1: a comment that is never closed"),
    ] {
        assert_eq!(
            statements(text.as_bytes()).unwrap_err().to_string(),
            said,
            "{text}"
        );
    }
    assert!(statements("{".repeat(100_000).as_bytes()).is_err());
}

#[test]
fn bytes_that_are_not_text_are_passed_through() {
    let all = statements(b"# caf\xe9\nzone \"\xff\" { };").unwrap();
    assert_eq!(all[0].word(1), None);
}
