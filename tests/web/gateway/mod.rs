//! Pages about the gateway as a whole, and operations that are begun on them.

mod process;
mod query;
mod services;

use crate::browser::{self, Browser, gateway, gateway_with, operator, push, push_from, with_token};

/// A browser of a token that sees one zone only, and may do all there.
async fn limited(gateway: &dadns::app::Gateway) -> Browser {
    let token = browser::token(
        gateway,
        r#"{"name":"limited","actions":["read","edit","operate"],"zones":["a.example"]}"#,
    )
    .await;
    let mut browser = Browser::new(gateway);
    let entered = browser.log_in_at("/web/login", "", &token).await;
    assert_eq!(entered.status, 303, "{entered:?}");
    browser.csrf = browser::csrf(&browser.get("/web").await.body);
    browser
}

/// Sends a form with the token of another session, and without one.
async fn is_refused_without_its_token(browser: &Browser, path: &str, fields: &[(&str, &str)]) {
    for csrf in ["", &*"0".repeat(64)] {
        let forged = Browser {
            csrf: csrf.to_owned(),
            ..browser.clone()
        };
        let answer = forged.send(path, fields).await;
        assert_eq!(answer.status, 403, "{path}");
        assert!(answer.body.contains("not of your session"), "{answer:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_zone_is_verified_on_demand_and_its_page_says_what_was_found() {
    let (gateway, _kept) = gateway("").await;
    push(&gateway, "a.example", "192.0.2.1").await;
    push(&gateway, "b.example", "192.0.2.2").await;
    let mut browser = Browser::new(&gateway);
    browser.log_in().await;
    let zone = browser.get("/web/zones/a.example").await.body;
    assert!(
        zone.contains("action=\"/web/zones/a.example/verify\""),
        "{zone}"
    );
    is_refused_without_its_token(&browser, "/web/zones/a.example/verify", &[]).await;
    let begun = browser.send("/web/zones/a.example/verify", &[]).await;
    assert_eq!(begun.status, 303, "{begun:?}");
    let page = browser.get(begun.location()).await;
    assert!(
        page.body
            .contains("checked 1 zone on 1 backend: 1 in sync, 0 drifted"),
        "{}",
        page.body
    );
    let all = browser.send("/web/verify", &[]).await;
    let all = browser.get(all.location()).await.body;
    assert!(all.contains("checked 2 zones on 1 backend"), "{all}");
    let unknown = browser.send("/web/zones/never.example/verify", &[]).await;
    let unknown = browser.get(unknown.location()).await.body;
    assert!(unknown.contains("role=\"alert\""), "{unknown}");
    // The same by API, for those who operate one zone only.
    let limited = limited(&gateway).await;
    assert_eq!(limited.send("/web/verify", &[]).await.status, 403);
    assert_eq!(
        limited
            .send("/web/zones/b.example/verify", &[])
            .await
            .status,
        403
    );
    assert_eq!(limited.get(begun.location()).await.status, 404);
    let own = limited.send("/web/zones/a.example/verify", &[]).await;
    assert!(limited.get(own.location()).await.body.contains("1 in sync"));
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limited_token_neither_sees_nor_reaches_pages_about_the_gateway() {
    let (gateway, _kept) = gateway("").await;
    push(&gateway, "a.example", "192.0.2.1").await;
    let limited = limited(&gateway).await;
    let dashboard = limited.get("/web").await.body;
    assert!(dashboard.contains("href=\"/web/drift\""), "{dashboard}");
    for page in ["masters", "tokens", "configuration", "log", "about"] {
        let path = format!("/web/{page}");
        assert!(
            !dashboard.contains(&format!("href=\"{path}\"")),
            "{path}: {dashboard}"
        );
        assert_eq!(limited.get(&path).await.status, 403, "{path}");
    }
    for path in [
        "/web/tokens",
        "/web/tokens/limited/revoke",
        "/web/reconcile",
        "/web/masters/da1.example.net/forget",
    ] {
        assert_eq!(limited.send(path, &[]).await.status, 403, "{path}");
    }
    for path in [
        "/web/tokens/limited/revoke",
        "/web/masters/da1.example.net/forget",
    ] {
        assert_eq!(limited.get(path).await.status, 403, "{path}");
    }
    let token = browser::token(
        &gateway,
        r#"{"name":"other","actions":["read","operate"],"zones":["a.example"]}"#,
    )
    .await;
    for path in ["configuration", "log", "about", "reconcile", "masters"] {
        let answer = with_token(&gateway, "GET", &format!("/api/v1/{path}"), &token).await;
        assert_eq!(answer.status, 403, "{path}");
    }
    let own = with_token(&gateway, "POST", "/api/v1/zones/a.example/verify", &token).await;
    assert!(own.body.contains("1 in sync"), "{own:?}");
    let other = with_token(&gateway, "POST", "/api/v1/zones/b.example/verify", &token).await;
    assert_eq!(other.status, 403);
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_master_that_is_gone_is_forgotten_after_its_consequence_was_read() {
    let (gateway, _kept) = gateway("").await;
    push_from(&gateway, "da1.example.net", "a.example").await;
    push_from(&gateway, "da1.example.net", "b.example").await;
    push_from(&gateway, "da2.example.net", "c.example").await;
    let mut browser = Browser::new(&gateway);
    browser.log_in().await;
    let masters = browser.get("/web/masters").await.body;
    assert!(
        masters.contains("da1.example.net") && masters.contains("No pass was made"),
        "{masters}"
    );
    assert!(
        !masters.contains("not since dadns started"),
        "a push is seen: {masters}"
    );
    let path = "/web/masters/da1.example.net/forget";
    let asked = browser.get(path).await.body;
    for shown in [
        "2 zones will be removed",
        "<bdi>a.example</bdi>",
        "<bdi>b.example</bdi>",
        "rolling the zone back",
    ] {
        assert!(asked.contains(shown), "{shown}: {asked}");
    }
    assert!(!asked.contains("c.example"), "{asked}");
    is_refused_without_its_token(&browser, path, &[("confirm", "yes")]).await;
    // Without the confirmation nothing is removed.
    let begun = browser.send(path, &[]).await;
    let page = browser.get(begun.location()).await.body;
    assert!(page.contains("and none was"), "{page}");
    let begun = browser.send(path, &[("confirm", "yes")]).await;
    assert_eq!(begun.status, 303, "{begun:?}");
    let page = browser.get(begun.location()).await.body;
    assert!(
        page.contains("2 zones of da1.example.net removed"),
        "{page}"
    );
    let masters = browser.get("/web/masters").await.body;
    assert!(
        !masters.contains("da1.example.net") && masters.contains("da2.example.net"),
        "{masters}"
    );
    assert_eq!(browser.get("/web/masters/%3Cb%3E/forget").await.status, 400);
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn reconciliation_is_begun_on_its_page_which_shows_what_the_last_pass_found() {
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = nobody.local_addr().unwrap().port();
    drop(nobody);
    let masters = format!(
        "reconciliation:\n  directadmin_servers:\n    - hostname: 127.0.0.1\n      port: {port}\n      \
         username: admin\n      password: a-password-of-a-master\n      ssl: false\n"
    );
    let (gateway, _kept) = gateway_with("", "", &masters).await;
    let mut browser = Browser::new(&gateway);
    browser.log_in().await;
    is_refused_without_its_token(&browser, "/web/reconcile", &[]).await;
    let before = browser.get("/web/masters").await.body;
    assert!(
        before.contains("No pass was made") && before.contains("127.0.0.1"),
        "{before}"
    );
    let begun = browser.send("/web/reconcile", &[("dry_run", "yes")]).await;
    let page = browser.get(begun.location()).await.body;
    assert!(
        page.contains("1 master asked: 1 unknown (dry run"),
        "{page}"
    );
    let after = browser.get("/web/masters").await.body;
    assert!(
        after.contains("Last pass") && after.contains("1 unknown"),
        "{after}"
    );
    let last = operator(&gateway, "GET", "/api/v1/reconcile", "").await;
    let last: serde_json::Value = serde_json::from_str(&last.body).unwrap();
    assert_eq!(last["last"]["items"][0]["master"], "127.0.0.1", "{last}");
    assert_eq!(last["last"]["requested"], true);
    gateway.stop().await;
}
