//! What an operator who has never seen dadns wants to know at three in the morning.

use crate::chromium::Chromium;
use crate::needs;
use crate::support::gateway::Gateway;
use crate::support::named::Named;
use crate::{builtin, push, zone};

#[tokio::test(flavor = "multi_thread")]
async fn within_a_minute_somebody_finds_what_is_not_served_fixes_a_record_and_rolls_it_back() {
    needs!("chromium", "chromedriver", "named", "rndc");
    let mut named = Named::start();
    let mut gateway = Gateway::start(&[builtin(), named.backend("bind")]);
    push(&gateway, "shop.example", "192.0.2.1");
    named.kill();
    gateway.push("blog.example", &zone("192.0.2.2"));
    gateway.logs("bind: unavailable");
    Chromium::start()
        .window(&gateway, async |page| {
            page.log_in().await;
            // Which zone is not served where, and why.
            page.until_at(".truth", "bind is unavailable").await;
            page.until_at(".truth", "refused").await;
            page.follow("Zones").await;
            page.until("blog.example").await;
            page.follow("blog.example").await;
            page.until("bind").await;
            page.until("bind is unavailable since").await;
            // It comes back: the page says so by itself.
            page.until_live("open").await;
            named.run();
            page.until("verified").await;
            page.go("/web").await;
            page.until_at(".truth", "verified on 2 backends").await;

            page.go("/web/zones/shop.example").await;
            page.click("a[href*='/edit?'][href*='name=www']").await;
            page.fill("input[value='192.0.2.1']", "192.0.2.7").await;
            page.press("Review the change").await;
            page.until("+ www.shop.example. 300 A 192.0.2.7").await;
            page.press("Publish to 2 backends").await;
            page.until("192.0.2.7").await;
            wait(&gateway, "shop.example");
            page.until_at("main", "revision 2").await;
            page.follow("Roll back to 1…").await;
            page.until("+ www.shop.example. 300 A 192.0.2.1").await;
            page.press("Roll back to revision 1").await;
            page.until_at("main", "revision 3").await;
            wait(&gateway, "shop.example");
            page.until_at("main", "served, revision 3").await;
        })
        .await;
}

fn wait(gateway: &Gateway, zone: &str) {
    let waited = gateway.ask("GET", &format!("/api/v1/zones/{zone}/wait"), b"");
    assert!(waited.body.contains("\"verified\":true"), "{waited:?}");
}
