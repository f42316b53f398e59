use super::*;

/// Gathers what one answer after the other says.
fn gather(answers: &[&str]) -> Result<ZoneList, String> {
    let mut gathering = Gathering::default();
    let mut answers = answers.iter();
    loop {
        let answer = answers
            .next()
            .expect("no page is asked for behind the last");
        if !gathering.add(page(answer.as_bytes())?)? {
            assert_eq!(answers.next(), None, "the last page is asked for too");
            return Ok(gathering.finish());
        }
    }
}

fn names(list: &ZoneList) -> Vec<&str> {
    list.zones.keys().map(ZoneName::as_str).collect()
}

const FIRST: &str = r#"{"0":{"domain":"a.example","user":"bob"},"1":{"domain":"B.example."},
    "info":{"total_pages":"2","current_page":"1","rows":"3","ipp":2}}"#;
const LAST: &str = r#"{"0":{"domain":"c.example","username":"eve"},
    "info":{"total_pages":2,"current_page":2,"rows":3},"headers":[]}"#;

#[test]
fn pages_make_a_whole_with_the_users_that_they_name() {
    let list = gather(&[FIRST, LAST]).unwrap();
    assert_eq!(names(&list), ["a.example", "b.example", "c.example"]);
    let users: Vec<_> = list.zones.values().map(Option::as_deref).collect();
    assert_eq!(users, [Some("bob"), None, Some("eve")]);
    assert!(list.unsupported.is_empty());
}

#[test]
fn rows_may_count_those_of_the_page_and_entries_may_be_counted_on() {
    let first = FIRST.replace(r#""rows":"3""#, r#""rows":"2""#);
    let last = LAST
        .replace(r#""rows":3"#, r#""rows":1"#)
        .replace(r#""0":"#, r#""2":"#);
    assert_eq!(gather(&[&first, &last]).unwrap().zones.len(), 3);
}

#[test]
fn an_empty_list_that_says_so_is_believed_and_no_other() {
    for info in [r#"{"total_pages":1,"rows":0}"#, r#"{"total_pages":"0"}"#] {
        let list = gather(&[&format!(r#"{{"info":{info}}}"#)]);
        assert_eq!(list, Ok(ZoneList::default()));
    }
    for nothing in ["", " \n", "{}", "[]", "null", "list[]=", r#"{"info":{}}"#] {
        assert!(gather(&[nothing]).is_err(), "{nothing:?}");
    }
}

#[test]
fn an_old_list_is_a_form_of_names() {
    for text in [
        "list[]=a.example&list[]=b.example",
        "list%5B%5D=a.example\r\nlist[]=b.example\n",
    ] {
        let list = gather(&[text]).unwrap();
        assert_eq!(names(&list), ["a.example", "b.example"]);
    }
    assert!(gather(&["list[]=a.example&error=1"]).is_err());
    assert!(gather(&["list[]=a.example&total"]).is_err());
}

#[test]
fn one_thing_that_is_odd_makes_all_of_it_unknown() {
    let change = |from: &str, to: &str| {
        let changed = (FIRST.replace(from, to), LAST.replace(from, to));
        assert_ne!(changed, (FIRST.to_owned(), LAST.to_owned()), "{from}");
        gather(&[&changed.0, &changed.1])
    };
    for (from, to, told) in [
        ("c.example", "a.example", "lists \"a.example\" twice"),
        ("B.example.", "A.EXAMPLE", "twice"),
        (
            r#""total_pages":2"#,
            r#""total_pages":3"#,
            "had 2 pages and on page 2 has 3",
        ),
        (
            r#""total_pages":2"#,
            r#""total_pages":-2"#,
            "total_pages is no count",
        ),
        (r#""total_pages":2,"#, "", "no total_pages"),
        (
            r#""total_pages":"2""#,
            r#""total_pages":"99999999""#,
            "cannot have 99999999 pages",
        ),
        (
            r#""total_pages":"2""#,
            r#""total_pages":"0""#,
            "cannot have 0 pages",
        ),
        (
            r#""current_page":2"#,
            r#""current_page":1"#,
            "asked for page 2, it sent another",
        ),
        (
            r#""rows":3"#,
            r#""rows":4"#,
            "number of zones changed before page 2",
        ),
        (r#""rows":"3""#, r#""rows":"many""#, "rows is no count"),
        (
            r#","1":{"domain":"B.example."}"#,
            "",
            "lists 2 zones and says that it has 3",
        ),
        (r#""1":"#, r#""2":"#, "entries 0 to 2 have gaps"),
        (
            r#"{"domain":"c.example","username":"eve"}"#,
            "{}",
            "entry 0 has no domain",
        ),
        (
            r#"{"domain":"c.example","username":"eve"}"#,
            "\"c.example\"",
            "has no domain",
        ),
        (
            r#""0":{"domain":"c.example","username":"eve"},"#,
            "",
            "page 2 of 2 has 0 entries",
        ),
        ("c.example", "c d.example", "no name of a zone"),
        (
            r#""domain":"c.example""#,
            r#""domain":"""#,
            "no name of a zone",
        ),
        ("c.example", "<b>c", "no name of a zone"),
        ("c.example", "c..example", "no name of a zone"),
        ("c.example", "c\\u0000.example", "no name of a zone"),
        (r#","headers":[]}"#, "", "JSON is broken"),
        (r#""info""#, r#""data""#, "no info"),
    ] {
        let why = change(from, to).expect_err(to);
        assert!(why.contains(told), "{to}: {why}");
    }
    assert!(gather(&[FIRST, "list[]=c.example"]).is_err());
    assert!(gather(&["<html></html>"]).is_err());
    let longer = LAST.replace(
        r#""info""#,
        r#""1":{"domain":"d.x"},"2":{"domain":"e.x"},"info""#,
    );
    assert!(
        gather(&[FIRST, &longer])
            .unwrap_err()
            .contains("page 2 of 2 has 3 entries")
    );
}

#[test]
fn a_page_in_the_middle_that_is_shorter_than_the_first_lacks_something() {
    let page = |number: u32, names: &[&str]| {
        let entries = names.iter().zip(0..);
        let entries: String = entries
            .map(|(name, at)| format!(r#""{at}":{{"domain":"{name}"}},"#))
            .collect();
        format!(r#"{{{entries}"info":{{"total_pages":3,"current_page":{number}}}}}"#)
    };
    let (first, last) = (page(1, &["a.x", "b.x"]), page(3, &["e.x"]));
    assert_eq!(
        gather(&[&first, &page(2, &["c.x", "d.x"]), &last])
            .unwrap()
            .zones
            .len(),
        5
    );
    let why = gather(&[&first, &page(2, &["c.x"]), &last]).unwrap_err();
    assert!(
        why.contains("page 2 of 3 has 1 entries, and page 1 has 2"),
        "{why}"
    );
}

#[test]
fn names_that_cannot_be_stored_here_are_kept_apart() {
    let list = gather(&[
        "list[]=b%C3%BCcher.example&list[]=*.example&list[]=0/25.example&list[]=a.example",
    ]);
    let list = list.unwrap();
    assert_eq!(names(&list), ["a.example"]);
    let unsupported: Vec<&str> = list.unsupported.iter().map(String::as_str).collect();
    assert_eq!(unsupported, ["*.example", "0/25.example", "bücher.example"]);
    assert!(gather(&["list[]=%FF.example"]).is_err());
}

#[test]
fn a_user_name_that_no_push_could_have_is_not_taken() {
    for user in ["", "a b", "\\n", &"x".repeat(65)] {
        let text = FIRST.replace("bob", user);
        let list = gather(&[&text, LAST]).unwrap();
        assert_eq!(list.zones.values().next(), Some(&None), "{user:?}");
    }
}
