//! What happens while a page is open.

use crate::chromium::Chromium;
use crate::needs;
use crate::support::gateway::Gateway;
use crate::support::named::Named;
use crate::{builtin, push, zone};

#[tokio::test(flavor = "multi_thread")]
async fn a_push_shows_on_the_pages_that_are_open_until_they_are_paused() {
    needs!("chromium", "chromedriver");
    let gateway = Gateway::start(&[builtin()]);
    push(&gateway, "a.example", "192.0.2.1");
    Chromium::start()
        .window(&gateway, async |page| {
            page.log_in().await;
            page.until_live("open").await;
            page.until_at(".truth", "only zone is verified").await;
            gateway.push("b.example", &zone("192.0.2.2"));
            page.until("b.example").await;
            page.until_at(".truth", "2 zones").await;
            page.press("Pause updates").await;
            page.until_live("paused").await;
            push(&gateway, "c.example", "192.0.2.3");
            page.press("Resume updates").await;
            page.until_live("open").await;
            page.until("c.example").await;
        })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backend_that_is_unavailable_and_comes_back_is_told_without_a_reload() {
    needs!("chromium", "chromedriver", "named", "rndc");
    let mut named = Named::start();
    let gateway = Gateway::start(&[builtin(), named.backend("bind")]);
    push(&gateway, "a.example", "192.0.2.1");
    Chromium::start()
        .window(&gateway, async |page| {
            page.log_in().await;
            page.until_live("open").await;
            page.until_at(".truth", "verified on 2 backends").await;
            named.kill();
            gateway.push("b.example", &zone("192.0.2.2"));
            page.until_at(".truth", "bind is unavailable").await;
            named.run();
            page.until_at(".truth", "verified on 2 backends").await;
        })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_search_is_one_key_away_unless_somebody_is_typing() {
    needs!("chromium", "chromedriver");
    let gateway = Gateway::start(&[builtin()]);
    push(&gateway, "a.example", "192.0.2.1");
    Chromium::start()
        .window(&gateway, async |page| {
            page.log_in().await;
            page.until_live("open").await;
            page.element("body").await.send_keys("/").await.unwrap();
            let focused = "return document.activeElement.name + document.activeElement.value";
            assert_eq!(page.script(focused).await, "q");
            page.element("input[name=q]")
                .await
                .send_keys("a/")
                .await
                .unwrap();
            assert_eq!(page.script(focused).await, "qa/");
        })
        .await;
}
