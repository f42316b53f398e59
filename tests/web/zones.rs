//! The list of zones: sorted, filtered, and what is done to those that are ticked.

use dadns::app::Gateway;

use crate::browser::{Browser, PASSWORD, USER, csrf, gateway, token};
use crate::http::{basic, master_request, send};

/// Pushes a zone of a user of a master, with more records.
async fn push(gateway: &Gateway, zone: &str, owner: (&str, &str), more: &str) {
    let text = format!(
        "$TTL 300\n@ SOA ns1 host 1 3600 600 86400 300\n@ NS ns1\nns1 A 192.0.2.200\n{more}"
    );
    let (master, user) = owner;
    let target = format!(
        "/CMD_API_DNS_ADMIN?action=rawsave&domain={zone}&hostname={master}&username={user}"
    );
    let login = basic(USER, PASSWORD);
    for request in [
        master_request("POST", &target, &login, text.as_bytes()),
        master_request("GET", &format!("/api/v1/zones/{zone}/wait"), &login, b""),
    ] {
        let address = gateway.address();
        let answer = tokio::task::spawn_blocking(move || send(address, &request));
        let body = answer.await.unwrap().body;
        assert!(
            body == "error=0" || body.contains("\"verified\":true"),
            "{body}"
        );
    }
}

/// The zones of a page, in its order.
fn zones(page: &str) -> Vec<&str> {
    let rows = page.split("<tr id=\"z-").skip(1);
    rows.map(|row| row.split('"').next().unwrap()).collect()
}

/// A gateway with three zones, and somebody who is logged in.
async fn three() -> (Gateway, tempfile::TempDir, Browser) {
    let (gateway, kept) = gateway("").await;
    push(&gateway, "b.example", ("da1.example", "anna"), "").await;
    let signature = "ns1 RRSIG A 8 3 300 20301231000000 20201231000000 1 c.example. AAAA\n";
    push(&gateway, "c.example", ("da2.example", "bert"), signature).await;
    push(&gateway, "a.example", ("da1.example", "carl"), "").await;
    let mut browser = Browser::new(&gateway);
    browser.log_in().await;
    (gateway, kept, browser)
}

#[tokio::test(flavor = "multi_thread")]
async fn zones_are_sorted_by_name_owner_state_or_change_and_the_column_says_so() {
    let (gateway, _kept, browser) = three().await;
    for (query, order) in [
        ("", ["a.example", "b.example", "c.example"]),
        ("?dir=desc", ["c.example", "b.example", "a.example"]),
        ("?sort=owner", ["b.example", "a.example", "c.example"]),
        ("?sort=changed", ["b.example", "c.example", "a.example"]),
        (
            "?sort=changed&dir=desc",
            ["a.example", "c.example", "b.example"],
        ),
        ("?sort=state", ["a.example", "b.example", "c.example"]),
        (
            "?sort=%22nonsense&dir=x",
            ["a.example", "b.example", "c.example"],
        ),
    ] {
        let page = browser.get(&format!("/web/zones{query}")).await.body;
        assert_eq!(zones(&page), order, "{query}");
        let sorted = match query.contains("dir=desc") {
            true => "aria-sort=\"descending\"",
            false => "aria-sort=\"ascending\"",
        };
        assert_eq!(page.matches(sorted).count(), 1, "{query}: {page}");
        assert_eq!(page.matches("aria-sort").count(), 1, "{query}");
    }
    let after = browser.get("/web/zones?sort=owner&after=b.example&at=da1.example%20anna");
    assert_eq!(zones(&after.await.body), ["a.example", "c.example"]);
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn zones_are_filtered_and_counted() {
    let (gateway, _kept, browser) = three().await;
    let edit = [
        ("step", "publish"),
        ("op", "add"),
        ("name", "new"),
        ("type", "A"),
        ("ttl", "60"),
        ("records", "192.0.2.9"),
        ("revision", "1"),
    ];
    let edited = browser.send("/web/zones/b.example/edit", &edit).await;
    assert_eq!(edited.status, 303, "{}", edited.body);
    for (query, found) in [
        ("q=B.Example.", &["b.example"][..]),
        ("master=da1.example", &["a.example", "b.example"]),
        ("master=da1.example&user=carl", &["a.example"]),
        ("signed=yes", &["c.example"]),
        ("signed=no", &["a.example", "b.example"]),
        ("only=edited", &["b.example"]),
        ("only=held", &[]),
        ("attention=1", &[]),
        ("state=served", &["a.example", "b.example", "c.example"]),
        ("state=failed", &[]),
        ("backend=nothing", &[]),
    ] {
        // The edit may still be on its way.
        let page = loop {
            let page = browser.get(&format!("/web/zones?{query}")).await.body;
            if !query.contains("state") || zones(&page).len() == found.len() {
                break page;
            }
        };
        assert_eq!(zones(&page), found, "{query}");
        let (_, count) = page.split_once("role=\"status\" data-live").unwrap();
        let count = count.split("<strong>").nth(1).unwrap();
        let expected = match found.len() {
            1 => "1 zone<".to_owned(),
            several => format!("{several} zones<"),
        };
        assert!(count.starts_with(&expected), "{query}: {count}");
    }
    // The API finds the same.
    let request = master_request(
        "GET",
        "/api/v1/zones?signed=true",
        &basic(USER, PASSWORD),
        b"",
    );
    let address = gateway.address();
    let answer = tokio::task::spawn_blocking(move || send(address, &request));
    let body = answer.await.unwrap().body;
    assert!(
        body.contains("c.example") && !body.contains("a.example"),
        "{body}"
    );
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn zones_that_are_ticked_are_removed_once_the_consequences_were_read() {
    let (gateway, _kept, browser) = three().await;
    let ticked = [("zone", "a.example"), ("zone", "c.example")];
    let asked = browser.send("/web/bulk/remove", &ticked).await.body;
    for part in [
        "Remove 2 zones?",
        "1 zone of <strong><bdi>da1.example</bdi></strong>: its next push",
        "removed from builtin",
        "roll back to the revision before",
        "name=\"owner-c.example\" value=\"da2.example\"",
    ] {
        assert!(asked.contains(part), "{part}: {asked}");
    }
    let page = browser.get("/web/zones").await.body;
    assert_eq!(zones(&page).len(), 3, "to ask removes nothing");
    // Of one of them the owner is another than was read: it stays.
    let fields = [
        ("step", "do"),
        ("zone", "a.example"),
        ("owner-a.example", "da1.example"),
        ("zone", "c.example"),
        ("owner-c.example", "da9.example"),
    ];
    let done = browser.send("/web/bulk/remove", &fields).await.body;
    assert!(done.contains("1 zone of 2 removed"), "{done}");
    assert!(
        done.contains("belongs to bert on da2.example; nothing was removed"),
        "{done}"
    );
    assert_eq!(
        zones(&browser.get("/web/zones").await.body),
        ["b.example", "c.example"]
    );
    let removed = browser.get("/web/zones?state=removed").await.body;
    let back = [("revision", "1")];
    let back = browser.send("/web/zones/a.example/rollback", &back).await;
    assert_eq!(back.status, 303, "{removed}");
    assert_eq!(zones(&browser.get("/web/zones").await.body).len(), 3);
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn zones_that_are_ticked_are_verified() {
    let (gateway, _kept, browser) = three().await;
    let ticked = [("zone", "a.example"), ("zone", "b.example")];
    let asked = browser.send("/web/bulk/verify", &ticked).await.body;
    assert!(
        asked.contains("Verify 2 zones?") && asked.contains("read back from builtin"),
        "{asked}"
    );
    let fields = [("step", "do"), ticked[0], ticked[1]];
    let done = browser.send("/web/bulk/verify", &fields).await.body;
    assert!(
        done.contains("checked 2 zones on 1 backend: 2 in sync"),
        "{done}"
    );
    let nothing = browser.send("/web/bulk/verify", &[]).await;
    assert_eq!(nothing.status, 400);
    assert!(
        nothing.body.contains("no zone was ticked"),
        "{}",
        nothing.body
    );
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_those_who_may_operate_a_zone_tick_and_remove_it() {
    let (gateway, _kept, owner) = three().await;
    let fields = [
        ("step", "do"),
        ("zone", "a.example"),
        ("owner-a.example", "da1.example"),
    ];
    let mut forged = owner.clone();
    forged.csrf = "0".repeat(64);
    assert_eq!(forged.send("/web/bulk/remove", &fields).await.status, 403);
    for (name, body, ticks) in [
        (
            "reader",
            r#"{"name":"reader","actions":["read"],"zones":["*"]}"#,
            false,
        ),
        (
            "limited",
            r#"{"name":"limited","actions":["read","operate"],"zones":["b.example"]}"#,
            true,
        ),
    ] {
        let token = token(&gateway, body).await;
        let mut browser = Browser::new(&gateway);
        browser.log_in_at("/web/login", "", &token).await;
        let page = browser.get("/web/zones").await.body;
        browser.csrf = csrf(&page);
        assert_eq!(page.contains("name=\"zone\""), ticks, "{name}");
        for path in ["/web/bulk/remove", "/web/bulk/verify"] {
            assert_eq!(
                browser.send(path, &fields).await.status,
                403,
                "{name} {path}"
            );
        }
    }
    assert_eq!(zones(&owner.get("/web/zones").await.body).len(), 3);
    gateway.stop().await;
}
