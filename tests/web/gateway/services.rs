//! Services of the registry.

use super::is_refused_without_its_token;
use crate::browser::{self, Browser, gateway, gateway_with};
use crate::http::{Answer, send};

const REGISTRY: &str = "records:\n  nameservers: [ns1.example.net]\nregistry:\n  enabled: true\n  \
                        listen: [\"127.0.0.1:0\"]\n  domain: svc.example\n  lease_seconds: 1\n  guard_from: 2\n";

/// Sends a client's request to the registry.
async fn client(gateway: &dadns::app::Gateway, path: &str, body: &str) -> Answer {
    let address = gateway.registry_addresses()[0];
    let request = format!(
        "POST {path} HTTP/1.0\r\nHost: 127.0.0.1\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let answer = tokio::task::spawn_blocking(move || send(address, request.as_bytes()));
    answer.await.unwrap()
}

async fn register(gateway: &dadns::app::Gateway, service: &str, number: u8) {
    let body = format!(
        "{{\"server\": \"{service}\", \"instance_id\": {number}, \"host\": \"192.0.2.{number}\", \"port\": 80}}"
    );
    let answer = client(gateway, "/register", &body).await;
    assert_eq!(answer.status, 200, "{answer:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn instances_are_shown_with_why_they_are_not_in_dns_and_taken_out_and_deregistered() {
    let (gateway, _kept) =
        gateway_with("", "", &REGISTRY.replace("seconds: 1", "seconds: 3600")).await;
    register(&gateway, "shop", 1).await;
    register(&gateway, "shop", 2).await;
    let dead = "{\"server\": \"shop\", \"instance_id\": 2, \"status\": \"dead\", \"error\": \"<b>full</b>\"}";
    client(&gateway, "/status", dead).await;
    let mut browser = Browser::new(&gateway);
    browser.log_in().await;
    let list = browser.get("/web/services").await.body;
    assert!(
        list.contains("2 instances") && list.contains("href=\"/web/services/shop\""),
        "{list}"
    );
    let page = browser.get("/web/services/shop").await.body;
    assert!(
        page.contains("critical by") && page.contains("&lt;b&gt;full"),
        "{page}"
    );
    assert!(!page.contains("<b>"), "{page}");

    let first = [("agent", ""), ("id", "shop:1")];
    let out = [
        first[0],
        first[1],
        ("enable", "yes"),
        ("reason", "new disk"),
    ];
    is_refused_without_its_token(&browser, "/web/services/shop/maintenance", &out).await;
    let answer = browser.send("/web/services/shop/maintenance", &out).await;
    assert_eq!(answer.location(), "/web/services/shop", "{answer:?}");
    let page = browser.get("/web/services/shop").await.body;
    assert!(
        page.contains("it was taken out: new disk") && page.contains("Take back in"),
        "{page}"
    );
    let back = [first[0], first[1], ("enable", "no")];
    browser.send("/web/services/shop/maintenance", &back).await;
    let page = browser.get("/web/services/shop").await.body;
    assert!(!page.contains("it was taken out:"), "{page}");

    let asked = browser
        .get("/web/services/shop/deregister?agent=&id=shop%3A1")
        .await;
    assert!(
        asked.status == 200 && asked.body.contains("at once"),
        "{asked:?}"
    );
    is_refused_without_its_token(&browser, "/web/services/shop/deregister", &first).await;
    browser.send("/web/services/shop/deregister", &first).await;
    let page = browser.get("/web/services/shop").await.body;
    assert!(
        !page.contains("192.0.2.1<") && page.contains("192.0.2.2"),
        "{page}"
    );
    let gone = browser.send("/web/services/shop/deregister", &first).await;
    assert_eq!(gone.status, 404, "{gone:?}");
    assert_eq!(browser.get("/web/services/none").await.status, 404);

    // Who may only read sees all of it, and no form.
    let token = browser::token(
        &gateway,
        "{\"name\": \"eyes\", \"zones\": [\"*\"], \"actions\": [\"read\"]}",
    )
    .await;
    let mut reader = Browser::new(&gateway);
    let entered = reader.log_in_at("/web/login", "", &token).await;
    assert_eq!(entered.status, 303, "{entered:?}");
    reader.csrf = browser::csrf(&reader.get("/web").await.body);
    let page = reader.get("/web/services/shop").await;
    assert!(
        page.status != 200 || !page.body.contains("Take out"),
        "{page:?}"
    );
    let refused = reader.send("/web/services/shop/maintenance", &out).await;
    assert_eq!(refused.status, 403, "{refused:?}");
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_is_stale_says_so_until_an_operator_believes_it() {
    let (gateway, _kept) = gateway_with("", "", REGISTRY).await;
    register(&gateway, "shop", 1).await;
    register(&gateway, "shop", 2).await;
    let mut browser = Browser::new(&gateway);
    browser.log_in().await;
    let began = std::time::Instant::now();
    while !browser.get("/web/services").await.body.contains("stale") {
        assert!(began.elapsed().as_secs() < 30, "its heartbeats have ended");
    }
    let page = browser.get("/web/services/shop").await.body;
    assert!(
        page.contains("Most of this service became critical at once"),
        "{page}"
    );
    is_refused_without_its_token(&browser, "/web/services/shop/believe", &[]).await;
    let answer = browser.send("/web/services/shop/believe", &[]).await;
    assert_eq!(answer.location(), "/web/services/shop", "{answer:?}");
    let page = browser.get("/web/services/shop").await.body;
    assert!(
        page.contains("critical by") && !page.contains("Most of this"),
        "{page}"
    );
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_registry_there_is_no_page_of_services() {
    let (gateway, _kept) = gateway("").await;
    let mut browser = Browser::new(&gateway);
    browser.log_in().await;
    let page = browser.get("/web").await.body;
    assert!(
        page.contains("/web/masters") && !page.contains("/web/services"),
        "{page}"
    );
    let answer = browser.get("/web/services").await;
    assert_eq!(answer.status, 404);
    assert!(answer.body.contains("the registry is off"), "{answer:?}");
    gateway.stop().await;
}
