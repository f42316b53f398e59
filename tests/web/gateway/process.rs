//! Tokens, the configuration, the log, and what the process is.

use super::is_refused_without_its_token;
use crate::browser::{self, Browser, PASSWORD, gateway, operator, push, with_token};

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_created_shown_once_used_and_revoked() {
    let (gateway, _kept) = gateway("").await;
    push(&gateway, "a.example", "192.0.2.1").await;
    let mut browser = Browser::new(&gateway);
    browser.log_in().await;
    let fields = [
        ("name", "certbot"),
        ("may-read", "yes"),
        ("may-edit", "yes"),
        ("zones", "a.example, *.a.example"),
        ("types", "TXT"),
        ("ttl_max", "300"),
        ("expires", "2100-01-31T12:00"),
    ];
    is_refused_without_its_token(&browser, "/web/tokens", &fields).await;
    for (field, value, said) in [
        ("name", "<b>", "the name of a token"),
        ("zones", "a..b", "zones"),
        ("ttl_max", "many", "number of seconds"),
        ("expires", "2001-01-01T00:00", "past already"),
        ("expires", "soon", "a date and time"),
        ("may-read", "no", "at least one"),
    ] {
        let mut wrong = fields.to_vec();
        wrong.retain(|(name, _)| *name != field && (field != "may-read" || *name != "may-edit"));
        wrong.push((field, value));
        let page = browser.send("/web/tokens", &wrong).await;
        assert_eq!(page.status, 400, "{field}: {}", page.body);
        assert!(
            page.body.contains(said) && !page.body.contains("<b>"),
            "{said}: {}",
            page.body
        );
        assert!(
            page.body.contains("value=\"TXT\""),
            "what was typed is kept: {}",
            page.body
        );
    }
    let made = browser.send("/web/tokens", &fields).await;
    assert_eq!(made.status, 201, "{made:?}");
    assert!(made.head.contains("cache-control: no-store") && !made.head.contains("dadns_"));
    let (_, secret) = made.body.split_once("value=\"dadns_").unwrap();
    let secret = format!("dadns_{}", secret.split('"').next().unwrap());
    let again = browser.send("/web/tokens", &fields).await;
    assert_eq!(again.status, 409);
    let used = with_token(&gateway, "GET", "/api/v1/zones/a.example", &secret).await;
    assert_eq!(used.status, 200, "{used:?}");
    let list = browser.get("/web/tokens").await.body;
    assert!(!list.contains(&secret), "it is shown once");
    for shown in [
        "certbot",
        "read, edit",
        "a.example, *.a.example",
        "TTL up to",
        "2100-01-31 12:00:00 UTC",
        "from 127.0.0.1",
    ] {
        assert!(list.contains(shown), "{shown}: {list}");
    }
    let path = "/web/tokens/certbot/revoke";
    let asked = browser.get(path).await.body;
    assert!(asked.contains("refused from now on"), "{asked}");
    is_refused_without_its_token(&browser, path, &[]).await;
    assert_eq!(browser.send(path, &[]).await.location(), "/web/tokens");
    let refused = with_token(&gateway, "GET", "/api/v1/zones/a.example", &secret).await;
    assert_eq!(refused.status, 401);
    assert_eq!(browser.get(path).await.status, 404);
    assert!(!browser.get("/web/tokens").await.body.contains("certbot"));
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_configuration_is_shown_with_the_origin_of_each_value_and_no_secret() {
    let (gateway, kept) = gateway("").await;
    let mut browser = Browser::new(&gateway);
    browser.log_in().await;
    let page = browser.get("/web/configuration").await;
    assert_eq!(page.status, 200);
    let file = kept.path().join("app.yml");
    for shown in [
        "app.auth_password",
        "app.web_idle_minutes",
        "built-in default",
        &format!("{}:3", file.display()),
    ] {
        assert!(page.body.contains(shown), "{shown}: {}", page.body);
    }
    let json = operator(&gateway, "GET", "/api/v1/configuration", "").await;
    for body in [&page.body, &json.body] {
        assert!(!body.contains(PASSWORD), "{body}");
    }
    let keys: Vec<serde_json::Value> = serde_json::from_str(&json.body).unwrap();
    let key = keys
        .iter()
        .find(|key| key["key"] == "app.listen_host")
        .unwrap();
    assert_eq!(
        (&key["value"], &key["default"]),
        (&"127.0.0.1".into(), &false.into())
    );
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_newest_lines_of_the_log_are_shown_by_level_zone_and_backend() {
    // The log is that of the process, with the gateways of other tests in it.
    let guard = dadns::logging::init(&dadns_keys::defaults().unwrap()).unwrap();
    let (gateway, _kept) = gateway("").await;
    let mut browser = Browser::new(&gateway);
    browser.log_in().await;
    let text = "$TTL 300\n@ SOA ns1 host 1 3600 600 86400 300\n@ NS ns1\nns1 A <script>alert(1)</script>\n";
    let target = "/CMD_API_DNS_ADMIN?action=rawsave&domain=logged.example";
    let request = crate::http::master_request(
        "POST",
        target,
        &crate::http::basic(browser::USER, PASSWORD),
        text.as_bytes(),
    );
    let address = gateway.address();
    let refused = tokio::task::spawn_blocking(move || crate::http::send(address, &request))
        .await
        .unwrap();
    assert!(refused.body.starts_with("error=1"), "{refused:?}");
    let page = browser
        .get("/web/log?zone=logged.example.&level=warning")
        .await
        .body;
    assert!(
        page.contains("zone logged.example from") && page.contains("&lt;script&gt;"),
        "{page}"
    );
    assert!(!page.contains("<script>"), "{page}");
    let none = browser
        .get("/web/log?zone=logged.example&level=CRITICAL")
        .await
        .body;
    assert!(none.contains("No line that is kept"), "{none}");
    let backend = operator(&gateway, "GET", "/api/v1/log?backend=builtin&limit=5", "").await;
    let lines: Vec<serde_json::Value> = serde_json::from_str(&backend.body).unwrap();
    assert!(!lines.is_empty() && lines.len() <= 5, "{backend:?}");
    assert!(
        lines
            .iter()
            .all(|line| line["fields"]["backend"] == "builtin"),
        "{backend:?}"
    );
    let all = browser.get("/web/log").await.body;
    assert!(all.contains("Listening on http://"), "{all}");
    assert!(!all.contains(PASSWORD));
    assert_eq!(browser.get("/web/log?level=loud").await.status, 400);
    gateway.stop().await;
    drop(guard);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_gateway_says_what_it_is_and_that_nothing_has_drifted() {
    let (gateway, kept) = gateway("").await;
    let mut browser = Browser::new(&gateway);
    browser.log_in().await;
    let about = browser.get("/web/about").await.body;
    let store = kept.path().join("queues/store");
    for shown in [
        env!("CARGO_PKG_VERSION"),
        store.to_str().unwrap(),
        "href=\"/metrics\"",
        "docs/operations.md",
    ] {
        assert!(about.contains(shown), "{shown}: {about}");
    }
    let answer = operator(&gateway, "GET", "/api/v1/about", "").await;
    let answer: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
    assert!(
        answer["files"]
            .as_array()
            .unwrap()
            .iter()
            .any(|file| file["bytes"].as_u64() > Some(0)),
        "{answer}"
    );
    let drift = browser.get("/web/drift").await.body;
    assert!(
        drift.contains("No drift was found") && drift.contains("action=\"/web/verify\""),
        "{drift}"
    );
    is_refused_without_its_token(&browser, "/web/verify", &[]).await;
    gateway.stop().await;
}
