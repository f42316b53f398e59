//! The dashboard.

use crate::browser::{Browser, PASSWORD, USER, gateway, push, token};
use crate::http::{basic, master_request, send};

#[tokio::test(flavor = "multi_thread")]
async fn who_has_no_zone_yet_reads_how_to_push_one_and_then_that_it_is_verified() {
    let (gateway, _kept) = gateway("").await;
    let mut browser = Browser::new(&gateway);
    browser.log_in().await;
    let page = browser.get("/web").await.body;
    let target = format!(
        "http://{}/CMD_API_DNS_ADMIN?action=rawsave&amp;domain=plain.example",
        gateway.address()
    );
    assert!(
        page.contains("No zone is here yet.") && page.contains(&target),
        "{page}"
    );
    assert!(page.contains("Multi Server Setup"), "{page}");
    assert!(!page.contains(PASSWORD), "no page has a secret");
    push(&gateway, "a.example", "192.0.2.1").await;
    let page = browser.get("/web").await.body;
    assert!(
        page.contains("The only zone is verified on 1 backend."),
        "{page}"
    );
    assert!(!page.contains("Multi Server Setup"), "{page}");
    push(&gateway, "b.example", "192.0.2.1").await;
    let page = browser.get("/web").await.body;
    assert!(
        page.contains("All 2 zones are verified on 1 backend."),
        "{page}"
    );
    assert!(
        page.contains("Only the built-in server is enabled"),
        "{page}"
    );
    // Who did what, what it took, and a picture with words.
    assert!(page.contains(&format!("{USER} from 127.0.0.1")), "{page}");
    assert!(
        page.contains("Verified after") && page.contains("DNS answers"),
        "{page}"
    );
    assert!(
        page.contains("aria-label=\"Pending, zones, all backends, in the last hour: 0 now"),
        "{page}"
    );
    assert!(
        !page.contains("style=") && !page.contains("<style"),
        "{page}"
    );
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_default_password_is_told_with_the_way_out() {
    let directory = tempfile::TempDir::new().unwrap();
    let file = directory.path().join("app.yml");
    let text = format!(
        "queue_location: {}\napp:\n  listen_port: 0\ndns:\n  backends:\n    builtin:\n      type: builtin\n      \
         enabled: false\n",
        directory.path().join("queues").display()
    );
    std::fs::write(&file, text).unwrap();
    let loaded = dadns::config::Config::load::<&str>(Some(&file), std::iter::empty()).unwrap();
    let gateway = dadns::app::Gateway::start(&loaded.config).await.unwrap();
    let mut browser = Browser::new(&gateway);
    browser.log_in_at("/web/login", USER, "changeme").await;
    let page = browser.get("/web").await.body;
    assert!(page.contains("Set a password of your own."), "{page}");
    assert!(page.contains("No backend is enabled"), "{page}");
    assert!(!page.contains("Only the built-in server"), "{page}");
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_held_or_refused_is_on_the_dashboard_of_those_who_see_the_zone() {
    let (gateway, _kept) = gateway("").await;
    push(&gateway, "a.example", "192.0.2.1").await;
    let target = "/CMD_API_DNS_ADMIN?action=rawsave&domain=a.example";
    let request = master_request(
        "POST",
        target,
        &basic(USER, PASSWORD),
        b"<script> is no zone",
    );
    let address = gateway.address();
    let refused = tokio::task::spawn_blocking(move || send(address, &request));
    assert!(refused.await.unwrap().body.contains("error=1"));
    let mut browser = Browser::new(&gateway);
    browser.log_in().await;
    let page = browser.get("/web").await.body;
    assert!(
        page.contains("Refused pushes") && page.contains("a.example"),
        "{page}"
    );
    assert!(!page.contains("<script>"), "{page}");
    let attention = browser.get("/web/zones?attention=1").await.body;
    assert!(
        attention.contains("1 zone<") && attention.contains("push refused"),
        "{attention}"
    );
    let body = r#"{"name":"other","actions":["read"],"zones":["b.example"]}"#;
    let token = token(&gateway, body).await;
    let mut browser = Browser::new(&gateway);
    browser.log_in_at("/web/login", "", &token).await;
    let page = browser.get("/web").await.body;
    assert!(
        !page.contains("Refused pushes") && !page.contains("a.example"),
        "{page}"
    );
    gateway.stop().await;
}
