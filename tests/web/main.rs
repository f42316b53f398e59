//! The web page, asked as a browser without scripts asks it, at a gateway in this process.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[allow(dead_code)]
#[path = "../support/http.rs"]
mod http;

mod browser;
mod dashboard;
mod edits;
mod ended;
mod forms;
mod gateway;
mod live;
mod past;
mod second;
mod zones;

use browser::{Browser, PASSWORD, USER, gateway, push};

#[tokio::test(flavor = "multi_thread")]
async fn without_a_session_every_page_leads_to_the_login_and_from_there_to_what_was_wanted() {
    let (gateway, _kept) = gateway("").await;
    let browser = Browser::new(&gateway);
    let home = browser.get("/").await;
    assert_eq!((home.status, home.location()), (303, "/web"));
    // Once more, as the cookie of a session does not come with links of other sites.
    let first = browser.get("/web/zones?q=a").await;
    assert!(
        first.body.contains("url=/web/zones?q=a&amp;again=1"),
        "{first:?}"
    );
    let second = browser.get("/web/zones?q=a&again=1").await;
    assert_eq!(second.location(), "/web/login?next=%2Fweb%2Fzones%3Fq%3Da");
    let mut browser = browser;
    let entered = browser.log_in_at(second.location(), USER, PASSWORD).await;
    assert_eq!(
        (entered.status, entered.location()),
        (303, "/web/zones?q=a")
    );
    assert!(entered.head.contains("HttpOnly"), "{entered:?}");
    assert!(entered.head.contains("SameSite=Strict"), "{entered:?}");
    let page = browser.get("/web/zones?q=a").await;
    assert_eq!(page.status, 200);
    for header in [
        "content-security-policy: default-src 'none'",
        "x-frame-options: DENY",
        "cache-control: no-store",
    ] {
        assert!(page.head.contains(header), "{}", page.head);
    }
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_begins_no_session_and_guesses_are_counted() {
    let (gateway, _kept) = gateway("  auth_failures_per_minute: 2\n").await;
    let mut browser = Browser::new(&gateway);
    let mut last = 0;
    for _ in 0..5 {
        let answer = browser.log_in_at("/web/login", USER, "wrong").await;
        assert!(answer.body.contains("role=\"alert\""), "{answer:?}");
        assert!(
            answer.body.contains(&format!("value=\"{USER}\"")),
            "the name is kept"
        );
        last = answer.status;
    }
    assert_eq!(last, 429);
    assert_eq!(browser.get("/web?again=1").await.status, 303);
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_ends_at_log_out_and_is_worth_nothing_at_the_api() {
    let (gateway, _kept) = gateway("").await;
    let mut browser = Browser::new(&gateway);
    browser.log_in().await;
    assert_eq!(browser.get("/web").await.status, 200);
    assert_eq!(browser.get("/api/v1/zones").await.status, 401);
    let out = browser.send("/web/logout", &[]).await;
    assert_eq!(out.location(), "/web/login");
    // The cookie is still sent; the session is over.
    assert_eq!(browser.get("/web?again=1").await.status, 303);
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_form_is_taken_without_its_token_or_from_another_site() {
    let (gateway, _kept) = gateway("").await;
    push(&gateway, "a.example", "192.0.2.1").await;
    let mut browser = Browser::new(&gateway);
    browser.log_in().await;
    let before = browser.get("/web/zones/a.example").await.body;
    let fields = [
        ("step", "publish"),
        ("op", "delete"),
        ("name", "www"),
        ("type", "A"),
        ("revision", "1"),
    ];
    for path in ["edit", "rollback", "approve", "reject"] {
        let path = format!("/web/zones/a.example/{path}");
        let mut forged = browser.clone();
        forged.csrf = "0".repeat(64);
        let answer = forged.send(&path, &fields).await;
        assert_eq!(answer.status, 403, "{path}");
        assert!(answer.body.contains("not of your session"), "{answer:?}");
        let mut other = browser.clone();
        other.origin = Some("http://evil.example".to_owned());
        let answer = other.send(&path, &fields).await;
        assert_eq!(answer.status, 403, "{path}");
        assert!(answer.body.contains("another site"), "{answer:?}");
    }
    assert_eq!(browser.get("/web/zones/a.example").await.body, before);
    // With both right, the same form does what it says.
    assert_eq!(
        browser
            .send("/web/zones/a.example/edit", &fields)
            .await
            .status,
        303
    );
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_rrset_is_changed_reviewed_published_and_rolled_back() {
    let (gateway, _kept) = gateway("").await;
    push(&gateway, "a.example", "192.0.2.1").await;
    let mut browser = Browser::new(&gateway);
    browser.log_in().await;
    let form = browser
        .get("/web/zones/a.example/edit?name=www.a.example.&type=A")
        .await;
    assert!(
        form.body
            .contains("name=\"v0.address\" value=\"192.0.2.1\""),
        "{}",
        form.body
    );
    let mut fields = vec![
        ("step", "review"),
        ("op", "replace"),
        ("name", "www"),
        ("type", "A"),
        ("ttl", "60"),
        ("records", "192.0.2.9"),
        ("revision", "1"),
    ];
    let review = browser.send("/web/zones/a.example/edit", &fields).await;
    assert_eq!(review.status, 200);
    assert!(
        review.body.contains("192.0.2.9") && review.body.contains("Publish"),
        "{}",
        review.body
    );
    let zone = browser.get("/web/zones/a.example").await;
    assert!(!zone.body.contains("192.0.2.9"), "a review writes nothing");
    fields[0] = ("step", "publish");
    let done = browser.send("/web/zones/a.example/edit", &fields).await;
    assert_eq!(
        (done.status, done.location()),
        (303, "/web/zones/a.example")
    );
    let text = browser.get("/web/zones/a.example/text").await;
    assert!(
        text.body.contains("192.0.2.9") && text.head.contains("attachment"),
        "{text:?}"
    );
    // A second editor, whose form is of the first revision, overwrites nothing and keeps what was typed.
    fields[5] = ("records", "192.0.2.77");
    let late = browser.send("/web/zones/a.example/edit", &fields).await;
    assert_eq!(late.status, 412);
    assert!(
        late.body.contains("\n192.0.2.77</textarea>"),
        "{}",
        late.body
    );
    assert!(
        late.body.contains("name=\"revision\" value=\"2\""),
        "{}",
        late.body
    );
    let back = browser
        .send("/web/zones/a.example/rollback", &[("revision", "1")])
        .await;
    assert_eq!(back.status, 303);
    let text = browser.get("/web/zones/a.example/text").await;
    assert!(
        text.body.contains("192.0.2.1\n") && !text.body.contains("192.0.2.9"),
        "{text:?}"
    );
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_records_are_shown_as_text() {
    let (gateway, _kept) = gateway("").await;
    push(&gateway, "a.example", "192.0.2.1").await;
    let mut browser = Browser::new(&gateway);
    browser.log_in().await;
    let hostile = "\"<script>alert(1)</script>\" \"\\\"><img src=x onerror=alert(2)>\" \"\\226\\128\\174txt\"";
    let fields = [
        ("step", "publish"),
        ("op", "replace"),
        ("name", "t"),
        ("type", "TXT"),
        ("ttl", "60"),
        ("records", hostile),
        ("revision", "1"),
    ];
    let done = browser.send("/web/zones/a.example/edit", &fields).await;
    assert_eq!(done.status, 303, "{}", done.body);
    for path in ["", "/edit?name=t&type=TXT", "/diff?to=2"] {
        let page = browser.get(&format!("/web/zones/a.example{path}")).await;
        assert_eq!(page.status, 200, "{path}");
        assert!(
            page.body.contains("&lt;script&gt;alert(1)"),
            "{path}: {}",
            page.body
        );
        assert!(
            !page.body.contains("<script>") && !page.body.contains("<img"),
            "{path}"
        );
        assert!(!page.body.contains('\u{202e}'), "{path}");
    }
    let search = browser
        .get("/web/zones?q=%22%3E%3Cscript%3E%E2%80%AE")
        .await;
    assert!(!search.body.contains("<script>"), "{}", search.body);
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limited_token_sees_and_does_only_what_it_may_and_its_session_ends_with_it() {
    let (gateway, _kept) = gateway("").await;
    push(&gateway, "a.example", "192.0.2.1").await;
    push(&gateway, "b.example", "192.0.2.2").await;
    let token = browser::token(
        &gateway,
        r#"{"name":"limited","actions":["read"],"zones":["a.example"]}"#,
    )
    .await;
    let mut browser = Browser::new(&gateway);
    let entered = browser.log_in_at("/web/login", "", &token).await;
    assert_eq!(entered.status, 303, "{entered:?}");
    let zones = browser.get("/web/zones").await.body;
    assert!(
        zones.contains("a.example") && !zones.contains("b.example"),
        "{zones}"
    );
    let dashboard = browser.get("/web").await.body;
    assert!(
        !dashboard.contains("b.example") && !dashboard.contains("Backends"),
        "{dashboard}"
    );
    let zone = browser.get("/web/zones/a.example").await;
    assert_eq!(zone.status, 200);
    assert!(
        !zone.body.contains("/edit") && !zone.body.contains("Roll back"),
        "{}",
        zone.body
    );
    assert_eq!(browser.get("/web/zones/b.example").await.status, 403);
    assert_eq!(browser.get("/web/zones/a.example/edit").await.status, 403);
    browser.csrf = browser::csrf(&zone.body);
    let fields = [
        ("step", "publish"),
        ("op", "delete"),
        ("name", "www"),
        ("type", "A"),
        ("revision", "1"),
    ];
    assert_eq!(
        browser
            .send("/web/zones/a.example/edit", &fields)
            .await
            .status,
        403
    );
    browser::revoke(&gateway, "limited").await;
    assert_eq!(browser.get("/web?again=1").await.status, 303);
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_can_be_switched_off() {
    let (gateway, _kept) = gateway("  web: false\n").await;
    let address = gateway.address();
    for path in ["/", "/web", "/web/login", "/web/assets/style.css"] {
        let request = http::master_request("GET", path, &http::basic(USER, PASSWORD), b"");
        let answer = tokio::task::spawn_blocking(move || http::send(address, &request));
        assert_eq!(answer.await.unwrap().status, 404, "{path}");
    }
    gateway.stop().await;
}
