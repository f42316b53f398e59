//! The page of a zone, its history, and pushes that are held.

use crate::browser::{Browser, gateway, push, push_text, sent_push};

fn zone(records: &str) -> String {
    format!("$TTL 300\n@ SOA ns1 host 1 3600 600 86400 300\n@ NS ns1\nns1 A 192.0.2.200\n{records}")
}

async fn publish(browser: &Browser, revision: u64, address: &str) {
    let revision = revision.to_string();
    let fields = [
        ("step", "publish"),
        ("op", "replace"),
        ("name", "www.a.example."),
        ("type", "A"),
        ("ttl", "60"),
        ("revision", &*revision),
        ("v0.address", address),
    ];
    let done = browser.send("/web/zones/a.example/edit", &fields).await;
    assert_eq!(done.status, 303, "{}", done.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_of_a_zone_says_which_layer_each_rrset_is_of_and_what_it_hides() {
    let (gateway, _kept) = gateway("").await;
    push(&gateway, "a.example", "192.0.2.1").await;
    let mut browser = Browser::new(&gateway);
    browser.log_in().await;
    publish(&browser, 1, "192.0.2.9").await;
    push(&gateway, "a.example", "192.0.2.5").await;
    let page = browser.get("/web/zones/a.example").await.body;
    for part in [
        "192.0.2.9",
        "Hides what was pushed: <code><bdi>192.0.2.5",
        "Pushed anew under this edit",
        ">records</span>",
        "Drop the edit",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    let other = browser.get("/web/zones/a.example?layer=push").await.body;
    assert!(
        !other.contains("192.0.2.9") && other.contains("192.0.2.200"),
        "{other}"
    );
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rrsets_are_filtered_and_come_a_page_at_a_time() {
    let (gateway, _kept) = gateway("").await;
    let many: String = (0..250)
        .map(|at| format!("h{at:03} A 192.0.2.1\nh{at:03} TXT x{at}\n"))
        .collect();
    push_text(&gateway, "a.example", &zone(&many)).await;
    let mut browser = Browser::new(&gateway);
    browser.log_in().await;
    let mut path = "/web/zones/a.example?type=TXT".to_owned();
    let mut seen = 0;
    for page_number in 0..3 {
        let page = browser.get(&path).await.body;
        let rows = page.matches("&quot;x").count();
        assert_eq!(
            rows,
            if page_number < 2 { 100 } else { 50 },
            "{page_number}"
        );
        assert!(!page.contains(">192.0.2.1<"), "only TXT records");
        seen += rows;
        let next = page
            .split("Next RRsets")
            .next()
            .unwrap()
            .rsplit("href=\"")
            .next()
            .unwrap();
        let next = next.split('"').next().unwrap().replace("&amp;", "&");
        assert_eq!(page.contains("Next RRsets"), page_number < 2);
        path = next.split('#').next().unwrap().to_owned();
    }
    assert_eq!(seen, 250);
    let found = browser.get("/web/zones/a.example?q=H24&type=a").await.body;
    assert_eq!(found.matches(">192.0.2.1<").count(), 10, "{found}");
    let wrong = browser.get("/web/zones/a.example?type=%3Cscript%3E").await;
    assert!(
        wrong.status == 400 && !wrong.body.contains("<script>"),
        "{wrong:?}"
    );
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn any_two_revisions_are_compared_and_a_rollback_is_reviewed_first() {
    let (gateway, _kept) = gateway("").await;
    push(&gateway, "a.example", "192.0.2.1").await;
    let mut browser = Browser::new(&gateway);
    browser.log_in().await;
    for revision in 1..40 {
        publish(&browser, revision, &format!("192.0.2.{}", revision + 10)).await;
    }
    let page = browser.get("/web/zones/a.example/history").await.body;
    // As many as are kept, in two pages at most.
    assert!(
        page.contains("name=\"from\" value=\"39\" checked")
            && page.contains("name=\"to\" value=\"40\" checked"),
        "{page}"
    );
    assert!(
        !page.contains("value=\"41\"") && page.contains("operator directdnsonly")
            || page.contains("directdnsonly from"),
        "{page}"
    );
    let older = browser
        .get("/web/zones/a.example/history?before=30")
        .await
        .body;
    assert!(
        older.contains("Revision 29") && !older.contains("Revision 30<"),
        "{older}"
    );
    let diff = browser
        .get("/web/zones/a.example/diff?from=35&to=38")
        .await
        .body;
    assert!(
        diff.contains("- www.a.example. 60 A 192.0.2.44")
            && diff.contains("+ www.a.example. 60 A 192.0.2.47"),
        "{diff}"
    );
    let review = browser
        .get("/web/zones/a.example/rollback?revision=35")
        .await
        .body;
    assert!(
        review.contains("- www.a.example. 60 A 192.0.2.49")
            && review.contains("+ www.a.example. 60 A 192.0.2.44"),
        "{review}"
    );
    let text = browser.get("/web/zones/a.example/text").await.body;
    assert!(
        text.contains("192.0.2.49"),
        "a review rolls nothing back: {text}"
    );
    publish(&browser, 40, "192.0.2.99").await;
    let back = [("revision", "35"), ("at", "40")];
    let late = browser.send("/web/zones/a.example/rollback", &back).await;
    assert!(
        late.status == 412 && late.body.contains("- www.a.example. 60 A 192.0.2.99"),
        "{}",
        late.body
    );
    let back = [("revision", "35"), ("at", "41")];
    assert_eq!(
        browser
            .send("/web/zones/a.example/rollback", &back)
            .await
            .status,
        303
    );
    let text = browser.get("/web/zones/a.example/text").await.body;
    assert!(text.contains("192.0.2.44"), "{text}");
    assert_eq!(
        browser
            .get("/web/zones/a.example/rollback?revision=1")
            .await
            .status,
        409
    );
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signed_zone_says_why_it_cannot_be_edited() {
    let (gateway, _kept) = gateway("guard:\n  expired_signatures: false\n").await;
    let signed = zone(
        "www A 192.0.2.1\nwww RRSIG A 13 3 300 20370101000000 20200101000000 7 a.example. AAAA\n",
    );
    push_text(&gateway, "a.example", &signed).await;
    let mut browser = Browser::new(&gateway);
    browser.log_in().await;
    let page = browser.get("/web/zones/a.example").await.body;
    assert!(
        page.contains("is signed where it comes from") && !page.contains("/edit"),
        "{page}"
    );
    let form = browser
        .get("/web/zones/a.example/edit?name=www&type=A")
        .await;
    assert!(
        form.status == 422 && form.body.contains("break its signatures"),
        "{form:?}"
    );
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_held_push_is_approved_or_rejected_from_its_page() {
    let (gateway, _kept) = gateway("guard:\n  removed_percent: 20\n").await;
    let full = zone("www A 192.0.2.1\nmail A 192.0.2.2\nftp A 192.0.2.3\n");
    let shrunk = zone("www A 192.0.2.1\n");
    push_text(&gateway, "a.example", &full).await;
    let mut browser = Browser::new(&gateway);
    browser.log_in().await;
    for (decision, left) in [("reject", true), ("approve", false)] {
        sent_push(&gateway, "a.example", &shrunk).await;
        let page = browser.get("/web/held").await.body;
        for part in [
            "- mail.a.example. 300 A 192.0.2.2",
            "by <bdi>",
            "directdnsonly",
            "to the backend",
            "not answered any more",
            "the zone stays as it is",
        ] {
            assert!(page.contains(part), "{part}: {page}");
        }
        let whole = browser
            .get("/web/zones/a.example/diff?held=true")
            .await
            .body;
        assert!(
            whole.contains("- ftp.a.example.") && whole.contains("the held push"),
            "{whole}"
        );
        let text = browser.get("/web/zones/a.example/text").await.body;
        assert!(text.contains("mail"), "it is held: {text}");
        let path = format!("/web/zones/a.example/{decision}");
        // What was shown is what is decided on, and no push that came since.
        let older = browser.send(&path, &[("at", "2026-01-01T00:00:00Z")]).await;
        assert!(older.body.contains("another push"), "{older:?}");
        let (_, at) = page.split_once("name=\"at\" value=\"").unwrap();
        let (at, _) = at.split_once('"').unwrap();
        let done = browser.send(&path, &[("at", at)]).await;
        assert_eq!(done.status, 303, "{}", done.body);
        let text = browser.get("/web/zones/a.example/text").await.body;
        assert_eq!(text.contains("mail"), left, "{decision}: {text}");
        let page = browser.get("/web/held").await.body;
        assert!(page.contains("No push is held"), "{page}");
    }
    gateway.stop().await;
}
