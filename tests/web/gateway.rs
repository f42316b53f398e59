//! Pages about the gateway as a whole, and operations that are begun on them.

use crate::browser::{self, Browser, gateway, push};

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
