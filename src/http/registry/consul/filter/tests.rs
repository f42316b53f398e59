use proptest::prelude::*;
use serde_json::json;

use super::*;

fn entry() -> Value {
    json!({
        "Node": {"Node": "ip-192-0-2-1", "Address": "192.0.2.1", "Meta": {}},
        "Service": {
            "ID": "web:1", "Service": "web", "Port": 80, "Tags": ["v1", "blue"],
            "Meta": {"version": "2.1", "my-key": "a.b", "quote": "say \"hi\""},
            "TaggedAddresses": {"lan": {"Address": "10.0.0.1", "Port": 8080}},
            "EnableTagOverride": false, "Weights": {"Passing": 3, "Warning": 1},
        },
        "Checks": [{"CheckID": "a", "Status": "passing"}, {"CheckID": "b", "Status": "warning"}],
    })
}

#[test]
fn an_expression_selects_as_consul_does() {
    for (expression, suits) in [
        (r#"Service.Service == "web""#, true),
        ("Service.Service == web", true),
        (r#"Service.Service != "web""#, false),
        (r#"Service.Meta.version == `2.1`"#, true),
        (r#"Service.Meta["my-key"] == "a.b""#, true),
        (r#"Service.Meta.quote == "say \"hi\"""#, true),
        ("Service.Meta.none == x", false),
        ("Service.Meta.none != x", true),
        ("Service.Meta.none is empty", true),
        ("Service.Meta.none is not empty", false),
        ("Node.Meta is empty and Service.Meta is not empty", true),
        ("Service.Tags contains blue", true),
        ("Service.Tags not contains blue", false),
        ("blue in Service.Tags", true),
        ("blu in Service.Tags", false),
        (r#""blue" not in Service.Tags"#, false),
        (r#""version" in Service.Meta"#, true),
        (r#""192.0" in Node.Address"#, true),
        ("Service.Port == 80", true),
        ("Service.Weights.Passing == 1", false),
        ("Service.EnableTagOverride == false", true),
        ("Service.TaggedAddresses.lan.Port == 8080", true),
        (r#"Service.ID matches "^web:[0-9]+$""#, true),
        (r#"Service.ID not matches "^web""#, false),
        ("Checks.Status == warning", true),
        ("Checks.Status == critical", false),
        // `and` binds more than `or`, `not` more than both.
        (
            "Service.Port == 80 or Service.Port == 1 and Service.Port == 2",
            true,
        ),
        (
            "(Service.Port == 80 or Service.Port == 1) and Service.Port == 2",
            false,
        ),
        ("not Service.Port == 1 and Service.Port == 80", true),
        ("not (Service.Port == 80 or Service.Port == 1)", false),
        ("not not Service.Port == 80", true),
    ] {
        let read = read::expression(expression, &HEALTH).unwrap();
        assert_eq!(read.holds(&entry()), suits, "{expression}");
    }
}

#[test]
fn what_is_no_expression_or_names_no_field_says_why() {
    let deep = format!("{}Service.Port == 1{}", "(".repeat(99), ")".repeat(99));
    let long = "x".repeat(5_000);
    let many = vec!["Service.Port == 1"; 65].join(" or ");
    for (expression, why) in [
        ("x", "ends where an operator"),
        (
            "Service.Nothing == 1",
            "Selector \"Service.Nothing\" is not valid",
        ),
        ("Service.Port.x == 1", "is not valid"),
        ("Service.Port == a", "a whole number"),
        ("Service.Port is empty", "never empty"),
        ("Service.Tags == a", "contains or in"),
        ("Service.Tags matches a", "no text"),
        ("1 in Service.Port", "contains nothing"),
        ("Service.ID matches \"(\"", "no pattern"),
        ("Service.ID matches \"(a{1000}){1000}\"", "no pattern"),
        ("Service.ID == \"a", "does not end"),
        ("Service.ID == \"\\x\"", "escape"),
        ("(Service.ID == a", "a ) is missing"),
        ("Service.ID == a)", "not expected"),
        ("Service.ID == a b", "not expected"),
        ("Service.ID == and", "and"),
        ("\"a\" == Service.ID", "a field is expected"),
        ("Service.Meta[a] == 1", "no quotes"),
        ("Service.Meta[\"a\" == 1", "a ] is missing"),
        ("and", "ends where an operator"),
        ("Service.ID = a", "'='"),
        (&deep, "nested deeper"),
        (&long, "longer than"),
        (&many, "more than 64"),
    ] {
        match read::expression(expression, &HEALTH) {
            Err(error) => assert!(error.contains(why), "{expression}: {error}"),
            Ok(read) => assert!(expression.ends_with("== and"), "{expression}: {read:?}"),
        }
    }
}

proptest! {
    #[test]
    fn no_text_makes_the_reader_panic(
        text in "[ ()\"`\\\\\\[\\]=!.a-zéS]{0,60}|(Service\\.ID|not|and|or|\\(|\\)|is|empty|==|\"a\"| ){0,30}"
    ) {
        if let Ok(read) = read::expression(&text, &HEALTH) {
            read.holds(&entry());
        }
    }
}

#[test]
fn a_filter_whose_time_is_over_judges_nothing_more_and_without_one_there_is_no_limit() {
    let judge = |text: &str| {
        let query = Query::of_text(&format!("filter={text}"));
        let filter = Filter::of(&query, &HEALTH).unwrap();
        Judge::begin(Arc::new(filter), Duration::ZERO)
    };
    assert!(
        judge("Service.Service==web")
            .all([entry()].into_iter())
            .is_err()
    );
    let all = judge("").all([entry()].into_iter());
    assert_eq!(all.unwrap().len(), 1);
}
