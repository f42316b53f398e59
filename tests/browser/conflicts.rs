//! Two editors of one zone, a session that ends in mid-form, and a browser without scripts.

use crate::chromium::{Chromium, Window};
use crate::needs;
use crate::support::gateway::Gateway;
use crate::{builtin, push};

async fn begin_change(page: &Window, address: &str) {
    page.go("/web/zones/shop.example/edit?name=www.shop.example.&type=A")
        .await;
    page.fill("input[value='192.0.2.1']", address).await;
    page.press("Review the change").await;
    page.until(&format!("+ www.shop.example. 300 A {address}"))
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_second_of_two_editors_keeps_what_was_typed_and_sees_what_the_first_changed() {
    needs!("chromium", "chromedriver");
    let gateway = Gateway::start(&[builtin()]);
    push(&gateway, "shop.example", "192.0.2.1");
    let (one, other) = (Chromium::start(), Chromium::start());
    one.window(&gateway, async |first| {
        other
            .window(&gateway, async |second| {
                first.log_in().await;
                second.log_in().await;
                begin_change(&first, "192.0.2.7").await;
                begin_change(&second, "192.0.2.8").await;
                first.click("button[value=publish]").await;
                first.until("192.0.2.7").await;
                second.click("button[value=publish]").await;
                second.until("192.0.2.7").await;
                assert!(
                    second.has("input[value='192.0.2.8']").await,
                    "{}",
                    second.text().await
                );
            })
            .await;
    })
    .await;
    let served = gateway.get("/api/v1/zones/shop.example/rrsets");
    assert!(
        served.contains("192.0.2.7") && !served.contains("192.0.2.8"),
        "{served}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_outlives_the_session_that_it_was_begun_in() {
    needs!("chromium", "chromedriver");
    let mut gateway = Gateway::start(&[builtin()]);
    push(&gateway, "shop.example", "192.0.2.1");
    Chromium::start()
        .window(&gateway, async |page| {
            page.log_in().await;
            page.go("/web/zones/shop.example/edit?name=www.shop.example.&type=A")
                .await;
            page.fill("input[value='192.0.2.1']", "192.0.2.7").await;
            // All sessions end with the process; the address stays.
            page.tab.delete_all_cookies().await.unwrap();
            page.press("Review the change").await;
            page.until("Nothing").await;
            page.fill("input[name=user]", crate::support::gateway::USER)
                .await;
            page.fill("input[name=password]", crate::support::gateway::PASSWORD)
                .await;
            page.click("main button[type=submit]").await;
            page.element("input[value='192.0.2.7']").await;
        })
        .await;
    gateway.terminate();
}

#[tokio::test(flavor = "multi_thread")]
async fn without_scripts_a_record_is_changed_as_well() {
    needs!("chromium", "chromedriver");
    let gateway = Gateway::start(&[builtin()]);
    push(&gateway, "shop.example", "192.0.2.1");
    Chromium::start()
        .window(&gateway, async |page| {
            page.without_scripts().await;
            page.log_in().await;
            begin_change(&page, "192.0.2.7").await;
            page.click("button[value=publish]").await;
            page.until("192.0.2.7").await;
        })
        .await;
}
