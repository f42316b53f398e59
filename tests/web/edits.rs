//! Two editors of one zone, removals, hostile names and texts, and those who may not.

use crate::browser::{self, Browser};
use crate::forms::{edited, send, text};

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
