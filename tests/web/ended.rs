//! A session ends while somebody types: nothing is lost, and nothing is done without them.

use crate::browser::{Browser, PASSWORD, USER, csrf, gateway, hidden, push};

const EDIT: &str = "/web/zones/a.example/edit";

const TYPED: [(&str, &str); 7] = [
    ("step", "publish"),
    ("op", "replace"),
    ("name", "www.a.example."),
    ("type", "A"),
    ("ttl", "60"),
    ("revision", "1"),
    ("v0.address", "192.0.2.99"),
];

/// The page's own form, as a browser would send it.
fn form<'a>(body: &str, fields: &[(&'a str, &'a str)]) -> bool {
    fields
        .iter()
        .all(|(name, value)| body.contains(&format!("name=\"{name}\" value=\"{value}\"")))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_of_an_ended_session_is_sent_after_the_login_without_typing_it_again() {
    let (gateway, _kept) = gateway("").await;
    push(&gateway, "a.example", "192.0.2.1").await;
    let mut browser = Browser::new(&gateway);
    browser.log_in().await;
    let old = browser.csrf.clone();
    browser.send("/web/logout", &[]).await;
    let ended = browser.send(EDIT, &TYPED).await;
    assert_eq!(ended.status, 401);
    assert!(ended.body.contains("Nothing was changed"), "{}", ended.body);
    assert!(!hidden(&ended.body, "kept").is_empty());
    let kept = hidden(&ended.body, "kept").replace("&amp;", "&");
    let fields = [
        ("form", &*hidden(&ended.body, "form")),
        ("next", "/web"),
        ("kept_to", &*hidden(&ended.body, "kept_to")),
        ("kept", &*kept),
        ("user", USER),
        ("password", "wrong"),
    ];
    // Kept over a wrong password too.
    let wrong = browser.send("/web/login", &fields).await;
    assert!(
        wrong.status == 401 && wrong.body.contains("name=\"kept\""),
        "{}",
        wrong.body
    );
    let mut fields = fields;
    fields[5].1 = PASSWORD;
    let page = browser.send("/web/login", &fields).await;
    browser.keep_cookie(&page);
    assert_eq!(page.status, 200, "{}", page.body);
    assert!(form(&page.body, &TYPED), "{}", page.body);
    assert!(
        !page.body.contains(&old),
        "the token of the ended session is not carried on"
    );
    let text = browser.get("/web/zones/a.example/text").await.body;
    assert!(
        !text.contains("192.0.2.99"),
        "a login publishes nothing: {text}"
    );
    browser.csrf = csrf(&page.body);
    assert_eq!(browser.send(EDIT, &TYPED).await.status, 303);
    let text = browser.get("/web/zones/a.example/text").await.body;
    assert!(text.contains("192.0.2.99"), "{text}");
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_logged_in_again_in_another_tab_sends_the_old_form_after_looking_at_it() {
    let (gateway, _kept) = gateway("").await;
    push(&gateway, "a.example", "192.0.2.1").await;
    let mut browser = Browser::new(&gateway);
    browser.log_in().await;
    let old = browser.csrf.clone();
    browser.log_in().await;
    let fresh = std::mem::replace(&mut browser.csrf, old);
    let page = browser.send(EDIT, &TYPED).await;
    assert_eq!(page.status, 403);
    assert!(
        form(&page.body, &TYPED) && page.body.contains(&fresh),
        "{}",
        page.body
    );
    let text = browser.get("/web/zones/a.example/text").await.body;
    assert!(!text.contains("192.0.2.99"), "{text}");
    browser.csrf = fresh.clone();
    assert_eq!(browser.send(EDIT, &TYPED).await.status, 303);
    // Neither another site nor who does not say where a form is from gets the token.
    for origin in ["http://evil.example", "null", ""] {
        let mut other = browser.clone();
        other.csrf = "0".repeat(64);
        other.origin = Some(origin.to_owned());
        let answer = other.send(EDIT, &TYPED).await;
        assert_eq!(answer.status, 403, "{origin}");
        assert!(
            !answer.body.contains("192.0.2.99"),
            "{origin}: {}",
            answer.body
        );
    }
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_kept_goes_nowhere_but_to_pages_of_ours_and_is_shown_as_text() {
    let (gateway, _kept) = gateway("").await;
    let mut browser = Browser::new(&gateway);
    let login = browser.get("/web/login").await.body;
    for to in [
        "https://evil.example/",
        "//evil.example",
        "/web/logout",
        "/web/login",
        "/api/v1/tokens",
        "/web\\x",
    ] {
        let fields = [
            ("form", &*hidden(&login, "form")),
            ("next", ""),
            ("kept_to", to),
            ("kept", "a=b"),
            ("user", USER),
            ("password", PASSWORD),
        ];
        let entered = browser.send("/web/login", &fields).await;
        assert_eq!((entered.status, entered.location()), (303, "/web"), "{to}");
    }
    let hostile = [("x\"><script>", "</dd><script>alert(1)</script>\u{202e}")];
    let ended = browser.send("/web/zones/a.example/edit", &hostile).await;
    assert!(
        ended.status == 401 && !ended.body.contains("<script>") && !ended.body.contains("</dd><"),
        "{}",
        ended.body
    );
    browser.log_in().await;
    browser.csrf = "0".repeat(64);
    let page = browser.send("/web/zones/a.example/edit", &hostile).await;
    assert!(
        page.body.contains("&lt;script&gt;") && !page.body.contains("<script>"),
        "{}",
        page.body
    );
    gateway.stop().await;
}
