//! One question at every backend, and drift that others made there.

use super::limited;
use crate::browser::{Browser, gateway, gateway_with, operator, push};

/// A BIND that nobody runs: dadns writes its files, and has no address to ask it at.
const FILES: &str = "    files:\n      type: bind\n      enabled: true\n      zones_dir: DIRECTORY/zones\n      \
    named_conf: DIRECTORY/named.conf\n      control: none\n      dns_address: none\n";

#[tokio::test(flavor = "multi_thread")]
async fn one_question_is_asked_at_every_backend_and_each_says_what_it_answers_or_why_not() {
    let (gateway, _kept) = gateway_with("", FILES, "").await;
    push(&gateway, "a.example", "192.0.2.1").await;
    push(&gateway, "b.example", "192.0.2.2").await;
    let mut browser = Browser::new(&gateway);
    browser.log_in().await;
    let page = browser.get("/web/query?name=www.a.example&type=A").await;
    assert_eq!(page.status, 200);
    for shown in [
        "NOERROR",
        "<bdi>192.0.2.1</bdi>",
        ">300<",
        "aa",
        "no DNS address",
        "cannot be compared",
        "The only server that can be asked answers",
        "/web/zones/a.example\"",
    ] {
        assert!(page.body.contains(shown), "{shown}: {}", page.body);
    }
    let absent = browser
        .get("/web/query?name=no.a.example&type=TXT&transport=tcp")
        .await
        .body;
    assert!(
        absent.contains("NXDOMAIN") && absent.contains("over TCP"),
        "{absent}"
    );
    // A name of no zone here may be asked for by those who see all.
    let elsewhere = browser.get("/web/query?name=elsewhere.test").await.body;
    assert!(
        elsewhere.contains("REFUSED") && elsewhere.contains("in no zone"),
        "{elsewhere}"
    );
    for wrong in [
        "name=a..b",
        "name=a.example&type=AXFR",
        "name=a.example&type=%3Cb%3E",
        "name=a.example&transport=dot",
    ] {
        let page = browser.get(&format!("/web/query?{wrong}")).await;
        assert_eq!(page.status, 400, "{wrong}");
        assert!(
            page.body.contains("role=\"alert\"") && !page.body.contains("<b>"),
            "{page:?}"
        );
    }
    let hostile = browser
        .get("/web/query?name=%22%3E%3Cscript%3E%E2%80%AE.a.example")
        .await
        .body;
    assert!(!hostile.contains("<script>"), "{hostile}");
    let answer = operator(
        &gateway,
        "GET",
        "/api/v1/query?name=www.a.example.&type=a",
        "",
    )
    .await;
    let answer: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!(answer["zone"], "a.example");
    assert_eq!(answer["agree"], true, "one cannot be asked");
    let first = &answer["answers"][0];
    assert_eq!(
        (&first["backend"], &first["records"][0]["data"]),
        (&"builtin".into(), &"192.0.2.1".into())
    );
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limited_token_asks_for_names_of_its_zones_only() {
    let (gateway, _kept) = gateway("").await;
    push(&gateway, "a.example", "192.0.2.1").await;
    push(&gateway, "secret.a.example", "192.0.2.3").await;
    push(&gateway, "b.example", "192.0.2.2").await;
    let limited = limited(&gateway).await;
    let own = limited.get("/web/query?name=www.a.example").await;
    assert!(own.body.contains("NOERROR"), "{own:?}");
    for name in ["www.b.example", "www.secret.a.example", "elsewhere.test"] {
        let page = limited.get(&format!("/web/query?name={name}")).await;
        assert_eq!(page.status, 403, "{name}");
        assert!(page.body.contains("no zone that you may read"), "{page:?}");
    }
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn drift_is_shown_with_what_differed_and_that_it_is_repaired() {
    let (gateway, kept) = gateway_with("", FILES, "").await;
    push(&gateway, "a.example", "192.0.2.1").await;
    push(&gateway, "b.example", "192.0.2.2").await;
    for zone in ["a.example", "b.example"] {
        let file = kept.path().join(format!("zones/{zone}.db"));
        let text = std::fs::read_to_string(&file).unwrap();
        std::fs::write(&file, text + "drifted TXT \"<b>by hand</b>\"\n").unwrap();
    }
    let mut browser = Browser::new(&gateway);
    browser.log_in().await;
    let begun = browser.send("/web/verify", &[]).await;
    let run = browser.get(begun.location()).await.body;
    assert!(
        run.contains("2 drifted") && run.contains("something differs"),
        "{run}"
    );
    for zone in ["a.example", "b.example"] {
        let waited = operator(&gateway, "GET", &format!("/api/v1/zones/{zone}/wait"), "").await;
        assert!(waited.body.contains("\"verified\":true"), "{waited:?}");
    }
    let drift = browser.get("/web/drift").await.body;
    for shown in [
        "No drift is open",
        "1 extra and 0 missing",
        "&lt;b&gt;by hand",
        "in sync",
        "/web/zones/a.example/verify",
    ] {
        assert!(drift.contains(shown), "{shown}: {drift}");
    }
    assert!(!drift.contains("<b>"), "{drift}");
    let limited = limited(&gateway).await;
    let own = limited.get("/web/drift").await.body;
    assert!(
        own.contains("a.example") && !own.contains("b.example"),
        "{own}"
    );
    gateway.stop().await;
}
