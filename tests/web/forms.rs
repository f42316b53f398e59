//! Records are changed by the forms of their types.

use dadns::app::Gateway;
use tempfile::TempDir;

use crate::browser::{self, Browser, gateway, push, push_text};
use crate::http::Answer;

const EDIT: &str = "/web/zones/a.example/edit";

async fn edited(zone_text: Option<&str>) -> (Gateway, TempDir, Browser) {
    let (gateway, kept) = gateway("").await;
    match zone_text {
        Some(text) => push_text(&gateway, "a.example", text).await,
        None => push(&gateway, "a.example", "192.0.2.1").await,
    }
    let mut browser = Browser::new(&gateway);
    browser.log_in().await;
    (gateway, kept, browser)
}

fn asks<'a>(
    step: &'a str,
    rtype: &'a str,
    values: &[(&'a str, &'a str)],
) -> Vec<(&'a str, &'a str)> {
    let fixed = [
        ("step", step),
        ("op", "add"),
        ("name", "x"),
        ("type", rtype),
        ("ttl", "60"),
    ];
    fixed.into_iter().chain(values.iter().copied()).collect()
}

async fn send(browser: &Browser, revision: u64, fields: &[(&str, &str)]) -> Answer {
    let revision = revision.to_string();
    let mut fields = fields.to_vec();
    fields.push(("revision", &revision));
    browser.send(EDIT, &fields).await
}

async fn text(browser: &Browser) -> String {
    browser.get("/web/zones/a.example/text").await.body
}

#[tokio::test(flavor = "multi_thread")]
async fn every_type_has_a_form_whose_fields_come_back_as_they_were_published() {
    let (gateway, _kept, browser) = edited(None).await;
    let long = "k".repeat(300);
    let digest = "ab".repeat(32);
    let cases: &[(&str, &[(&str, &str)], &str)] = &[
        ("A", &[("v0.address", "192.0.2.7")], "A 192.0.2.7"),
        ("AAAA", &[("v0.address", "2001:db8::7")], "AAAA 2001:db8::7"),
        (
            "MX",
            &[("v0.preference", "10"), ("v0.exchange", "mail")],
            "MX 10 mail.a.example.",
        ),
        ("TXT", &[("v0.txt", &long)], "TXT \"kkk"),
        (
            "SRV",
            &[
                ("v0.priority", "0"),
                ("v0.weight", "5"),
                ("v0.port", "5060"),
                ("v0.target", "sip"),
            ],
            "SRV 0 5 5060 sip.a.example.",
        ),
        (
            "CAA",
            &[
                ("v0.flags", "128"),
                ("v0.tag", "issue"),
                ("v0.value", "ca.example; a=b"),
            ],
            "CAA 128 issue \"ca.example; a=b\"",
        ),
        (
            "NS",
            &[("v0.nsdname", "ns.example.net.")],
            "NS ns.example.net.",
        ),
        (
            "PTR",
            &[("v0.ptrdname", "host.example.net.")],
            "PTR host.example.net.",
        ),
        (
            "DS",
            &[
                ("v0.keytag", "7"),
                ("v0.algorithm", "13"),
                ("v0.digesttype", "2"),
                ("v0.digest", &digest),
            ],
            "DS 7 13 2 ",
        ),
        (
            "TLSA",
            &[
                ("v0.usage", "3"),
                ("v0.selector", "1"),
                ("v0.matching", "1"),
                ("v0.data", &digest),
            ],
            "TLSA 3 1 1 ",
        ),
        (
            "SSHFP",
            &[
                ("v0.algorithm", "4"),
                ("v0.fptype", "2"),
                ("v0.fingerprint", &digest),
            ],
            "SSHFP 4 2 ",
        ),
        (
            "NAPTR",
            &[
                ("v0.order", "100"),
                ("v0.preference", "10"),
                ("v0.flags", "U"),
                ("v0.services", "E2U+sip"),
                ("v0.regexp", "!^.*$!sip:i@a.example!"),
                ("v0.replacement", "."),
            ],
            "NAPTR 100 10 \"U\" \"E2U+sip\" \"!^.*$!sip:i@a.example!\" .",
        ),
        (
            "HTTPS",
            &[
                ("v0.svcpriority", "1"),
                ("v0.targetname", "."),
                ("v0.svcparams", "port=8443"),
            ],
            "HTTPS 1 . port=8443",
        ),
        (
            "SVCB",
            &[
                ("v0.svcpriority", "0"),
                ("v0.targetname", "svc"),
                ("v0.svcparams", ""),
            ],
            "SVCB 0 svc.a.example.",
        ),
    ];
    let mut revision = 1;
    for (rtype, values, data) in cases {
        // Below a cut there are no other records.
        let name = if matches!(*rtype, "NS" | "DS") {
            "cut"
        } else {
            "x"
        };
        let mut fields = asks("review", rtype, values);
        fields[2] = ("name", name);
        let review = send(&browser, revision, &fields).await;
        assert_eq!(review.status, 200, "{rtype}: {}", review.body);
        assert!(
            !text(&browser).await.contains(data),
            "{rtype}: a review writes nothing"
        );
        fields[0] = ("step", "publish");
        if *rtype == "DS" {
            revision -= 1;
        }
        let done = send(&browser, revision, &fields).await;
        if *rtype == "DS" {
            // At another revision than that of the form.
            assert_eq!(done.status, 412, "{}", done.body);
            revision += 1;
            assert_eq!(send(&browser, revision, &fields).await.status, 303);
        } else {
            assert_eq!(done.status, 303, "{rtype}: {}", done.body);
        }
        revision += 1;
        let zone = text(&browser).await.replace('\t', " ");
        assert!(zone.contains(data), "{rtype}: {zone}");
        let form = browser
            .get(&format!("{EDIT}?name={name}&type={rtype}"))
            .await
            .body;
        for (field, value) in *values {
            let value = value.replace('&', "&amp;").replace('"', "&quot;");
            // Names come back in full, hexadecimal in capitals.
            let shown = form.to_lowercase();
            let id = field.split('.').nth(1).unwrap();
            let begins = shown
                .split(&format!("name=\"v0.{id}\""))
                .nth(1)
                .unwrap_or_else(|| panic!("{rtype} {field}: {form}"));
            assert!(
                begins.contains(&value.to_lowercase()),
                "{rtype} {field}: {form}"
            );
        }
    }
    let zone = text(&browser).await;
    assert!(
        zone.contains(&format!("\"{}\" \"{}\"", "k".repeat(255), "k".repeat(45))),
        "{zone}"
    );
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_stands_beside_its_field_and_is_found_while_typing_too() {
    let (gateway, _kept, browser) = edited(None).await;
    let before = text(&browser).await;
    let values = [
        ("v0.preference", "65536"),
        ("v0.exchange", "a..b"),
        ("v1.preference", "10"),
        ("v1.exchange", "mail"),
        ("v2.preference", "10 mail."),
        ("v2.exchange", ""),
    ];
    let fields = asks("publish", "MX", &values);
    let page = send(&browser, 1, &fields).await;
    assert_eq!(page.status, 422, "{}", page.body);
    for field in [
        "v0.preference",
        "v0.exchange",
        "v2.preference",
        "v2.exchange",
    ] {
        assert!(
            page.body.contains(&format!("href=\"#{field}\"")),
            "{field}: {}",
            page.body
        );
        assert!(
            page.body.contains(&format!("id=\"{field}-error\"")),
            "{field}"
        );
    }
    assert!(
        !page.body.contains("href=\"#v1.exchange\""),
        "{}",
        page.body
    );
    assert_eq!(
        page.body.matches("aria-invalid=\"true\"").count(),
        4,
        "{}",
        page.body
    );
    assert!(
        page.body.contains("value=\"65536\""),
        "what was typed is kept"
    );
    let checked = browser.send("/web/zones/a.example/check", &fields).await;
    let checked: serde_json::Value = serde_json::from_str(&checked.body).unwrap();
    let faults = checked["faults"].as_array().unwrap();
    let about: Vec<_> = faults
        .iter()
        .map(|one| one["field"].as_str().unwrap())
        .collect();
    assert_eq!(
        about,
        [
            "v0.preference",
            "v0.exchange",
            "v2.preference",
            "v2.exchange"
        ]
    );
    for fault in faults {
        let message = fault["message"].as_str().unwrap().replace('"', "&quot;");
        assert!(page.body.contains(&message), "{message}: {}", page.body);
    }
    assert_eq!(
        checked["values"][0]["message"],
        "Published as 10 mail.a.example."
    );
    assert_eq!(text(&browser).await, before);
    // Fields that are fine alone and do not agree.
    let digest = "ab".repeat(32);
    let ds = asks(
        "review",
        "DS",
        &[
            ("v0.keytag", "7"),
            ("v0.algorithm", "13"),
            ("v0.digesttype", "1"),
            ("v0.digest", &digest),
        ],
    );
    let page = send(&browser, 1, &ds).await;
    assert!(
        page.status == 422 && page.body.contains("href=\"#v0.digest\""),
        "{}",
        page.body
    );
    let mut other = browser.clone();
    other.csrf = "0".repeat(64);
    assert_eq!(
        other
            .send("/web/zones/a.example/check", &fields)
            .await
            .status,
        403
    );
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn values_are_added_and_taken_away_and_a_form_becomes_a_text_and_back() {
    let (gateway, _kept, browser) = edited(None).await;
    let one = [("v0.preference", "10"), ("v0.exchange", "mail")];
    let more = send(&browser, 1, &asks("more", "MX", &one)).await;
    assert!(
        more.body.contains("name=\"v1.exchange\"") && more.body.contains("value=\"mail\""),
        "{}",
        more.body
    );
    let two = [
        one[0],
        one[1],
        ("v1.preference", "20"),
        ("v1.exchange", "other"),
    ];
    let less = send(&browser, 1, &asks("less-0", "MX", &two)).await;
    assert!(
        less.body.contains("value=\"other\"") && !less.body.contains("value=\"mail\""),
        "{}",
        less.body
    );
    let lines = send(&browser, 1, &asks("lines", "MX", &two)).await;
    assert!(
        lines.body.contains("\n10 mail\n20 other</textarea>"),
        "{}",
        lines.body
    );
    let back = send(
        &browser,
        1,
        &asks("fields", "MX", &[("records", "10 mail\n20 other")]),
    )
    .await;
    assert!(
        back.body
            .contains("name=\"v1.exchange\" value=\"other.a.example.\""),
        "{}",
        back.body
    );
    // What nobody filled in is no value.
    let done = send(
        &browser,
        1,
        &asks(
            "publish",
            "MX",
            &[one[0], one[1], ("v1.preference", "10"), ("v1.exchange", "")],
        ),
    )
    .await;
    assert_eq!(done.status, 303, "{}", done.body);
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_editors_the_later_sees_what_the_other_changed_and_types_nothing_again() {
    let (gateway, _kept, browser) = edited(None).await;
    let mut other = Browser::new(&gateway);
    other.log_in().await;
    let fields = |step, address| {
        [
            ("step", step),
            ("op", "replace"),
            ("name", "www.a.example."),
            ("type", "A"),
            ("ttl", "60"),
            ("v0.address", address),
        ]
    };
    assert_eq!(
        send(&other, 1, &fields("publish", "192.0.2.50"))
            .await
            .status,
        303
    );
    for step in ["review", "publish"] {
        let late = send(&browser, 1, &fields(step, "192.0.2.77")).await;
        assert_eq!(late.status, 412);
        for part in [
            "name=\"v0.address\" value=\"192.0.2.77\"",
            "- www.a.example. 300 A 192.0.2.1",
            "+ www.a.example. 60 A 192.0.2.50",
            "name=\"revision\" value=\"2\"",
            "by <bdi>operator",
        ] {
            assert!(
                late.body.contains(part) || part.starts_with("by"),
                "{step} {part}: {}",
                late.body
            );
        }
    }
    assert!(text(&browser).await.contains("192.0.2.50"));
    assert_eq!(
        send(&browser, 2, &fields("publish", "192.0.2.77"))
            .await
            .status,
        303
    );
    assert!(text(&browser).await.contains("192.0.2.77"));
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_value_and_an_rrset_are_removed_after_a_review_that_shows_them() {
    let (gateway, _kept, browser) = edited(Some("$TTL 300\n@ SOA ns1 host 1 3600 600 86400 300\n@ NS ns1\nns1 A 192.0.2.200\nwww A 192.0.2.1\nwww A 192.0.2.2\n")).await;
    let remove = "/web/zones/a.example/remove?name=www.a.example.&type=A";
    let review = browser.get(&format!("{remove}&value=1")).await;
    assert!(
        review.body.contains("- www.a.example. 300 A 192.0.2.2")
            && !review.body.contains("A 192.0.2.1<"),
        "{}",
        review.body
    );
    assert!(
        text(&browser).await.contains("192.0.2.2\n"),
        "a review removes nothing"
    );
    let fields = [
        ("step", "publish"),
        ("op", "remove"),
        ("name", "www.a.example."),
        ("type", "A"),
        ("records", "192.0.2.2"),
    ];
    assert_eq!(send(&browser, 1, &fields).await.status, 303);
    let zone = text(&browser).await;
    assert!(
        !zone.contains("192.0.2.2\n") && zone.contains("192.0.2.1\n"),
        "{zone}"
    );
    assert_eq!(browser.get(&format!("{remove}&value=9")).await.status, 400);
    let review = browser.get(remove).await;
    assert!(
        review.body.contains("- www.a.example. 300 A 192.0.2.1")
            && review.body.contains("it is hidden"),
        "{}",
        review.body
    );
    let fields = [
        ("step", "publish"),
        ("op", "delete"),
        ("name", "www.a.example."),
        ("type", "A"),
    ];
    assert_eq!(send(&browser, 2, &fields).await.status, 303);
    assert!(!text(&browser).await.contains("www"));
    let review = browser.get(&format!("{remove}&release=true")).await;
    assert!(
        review.body.contains("+ www.a.example. 300 A 192.0.2.1")
            && review.body.contains("+ www.a.example. 300 A 192.0.2.2"),
        "{}",
        review.body
    );
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn names_and_texts_that_are_hostile_go_through_forms_as_text() {
    let (gateway, _kept, browser) = edited(None).await;
    let hostile = "</textarea><script>alert(1)</script>\u{202e}\"&quot;";
    let name = "\\\"onfocus\\=alert\\(2\\)";
    let fields = |step| {
        [
            ("step", step),
            ("op", "add"),
            ("name", name),
            ("type", "TXT"),
            ("ttl", ""),
            ("v0.txt", hostile),
        ]
    };
    for step in ["again", "more", "lines", "review"] {
        let page = send(&browser, 1, &fields(step)).await;
        assert_eq!(page.status, 200, "{step}: {}", page.body);
        assert!(
            !page.body.contains("<script>") && !page.body.contains('\u{202e}'),
            "{step}: {}",
            page.body
        );
        assert!(
            page.body.contains("\\226\\128\\174"),
            "{step}: {}",
            page.body
        );
        assert!(!page.body.contains("\"onfocus"), "{step}: {}", page.body);
    }
    assert_eq!(send(&browser, 1, &fields("publish")).await.status, 303);
    let zone = browser.get("/web/zones/a.example").await.body;
    assert!(
        !zone.contains("<script>") && !zone.contains('\u{202e}') && !zone.contains("\"onfocus"),
        "{zone}"
    );
    // The link of the page leads to the form of that RRset.
    let link = zone
        .split("href=\"")
        .filter_map(|rest| rest.split('"').next())
        .find(|link| link.contains("/edit?") && link.contains("onfocus"))
        .unwrap()
        .replace("&amp;", "&");
    let form = browser.get(&link).await;
    assert!(
        form.body.contains("&lt;/textarea&gt;&lt;script&gt;") && !form.body.contains("<script>"),
        "{}",
        form.body
    );
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn those_who_may_not_edit_get_no_form() {
    let (gateway, _kept, _) = edited(None).await;
    let token = browser::token(
        &gateway,
        r#"{"name":"reader","actions":["read"],"zones":["a.example"]}"#,
    )
    .await;
    let mut browser = Browser::new(&gateway);
    browser.log_in_at("/web/login", "", &token).await;
    for path in ["edit", "edit?type=A", "remove?name=www&type=A"] {
        assert_eq!(
            browser
                .get(&format!("/web/zones/a.example/{path}"))
                .await
                .status,
            403,
            "{path}"
        );
    }
    gateway.stop().await;
}
