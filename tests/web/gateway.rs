//! Pages about the gateway as a whole, and operations that are begun on them.

use crate::browser::{
    self, Browser, PASSWORD, gateway, gateway_with, operator, push, push_from, with_token,
};

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
    let foreign = browser.get("/web/query?name=elsewhere.test").await.body;
    assert!(
        foreign.contains("REFUSED") && foreign.contains("in no zone"),
        "{foreign}"
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
    assert!(!hostile.contains("<script"), "{hostile}");
    let answer = operator(
        &gateway,
        "GET",
        "/api/v1/query?name=www.a.example.&type=a",
        "",
    )
    .await;
    let answer: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!(answer["zone"], "a.example");
    assert_eq!(answer["agree"], false, "one cannot be asked");
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
async fn a_limited_token_neither_sees_nor_reaches_pages_about_the_gateway() {
    let (gateway, _kept) = gateway("").await;
    push(&gateway, "a.example", "192.0.2.1").await;
    let limited = limited(&gateway).await;
    let dashboard = limited.get("/web").await.body;
    assert!(dashboard.contains("href=\"/web/drift\""), "{dashboard}");
    for page in ["masters", "tokens", "configuration", "log", "about"] {
        let path = format!("/web/{page}");
        assert!(
            !dashboard.contains(&format!("href=\"{path}\"")),
            "{path}: {dashboard}"
        );
        assert_eq!(limited.get(&path).await.status, 403, "{path}");
    }
    for path in [
        "/web/tokens",
        "/web/tokens/limited/revoke",
        "/web/reconcile",
        "/web/masters/da1.example.net/forget",
    ] {
        assert_eq!(limited.send(path, &[]).await.status, 403, "{path}");
    }
    for path in [
        "/web/tokens/limited/revoke",
        "/web/masters/da1.example.net/forget",
    ] {
        assert_eq!(limited.get(path).await.status, 403, "{path}");
    }
    let token = browser::token(
        &gateway,
        r#"{"name":"other","actions":["read","operate"],"zones":["a.example"]}"#,
    )
    .await;
    for path in ["configuration", "log", "about", "reconcile", "masters"] {
        let answer = with_token(&gateway, "GET", &format!("/api/v1/{path}"), &token).await;
        assert_eq!(answer.status, 403, "{path}");
    }
    let own = with_token(&gateway, "POST", "/api/v1/zones/a.example/verify", &token).await;
    assert!(own.body.contains("1 in sync"), "{own:?}");
    let other = with_token(&gateway, "POST", "/api/v1/zones/b.example/verify", &token).await;
    assert_eq!(other.status, 403);
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_master_that_is_gone_is_forgotten_after_its_consequence_was_read() {
    let (gateway, _kept) = gateway("").await;
    push_from(&gateway, "da1.example.net", "a.example").await;
    push_from(&gateway, "da1.example.net", "b.example").await;
    push_from(&gateway, "da2.example.net", "c.example").await;
    let mut browser = Browser::new(&gateway);
    browser.log_in().await;
    let masters = browser.get("/web/masters").await.body;
    assert!(
        masters.contains("da1.example.net") && masters.contains("No pass was made"),
        "{masters}"
    );
    assert!(
        !masters.contains("not since dadns started"),
        "a push is seen: {masters}"
    );
    let path = "/web/masters/da1.example.net/forget";
    let asked = browser.get(path).await.body;
    for shown in [
        "2 zones will be removed",
        "<bdi>a.example</bdi>",
        "<bdi>b.example</bdi>",
        "rolling the zone back",
    ] {
        assert!(asked.contains(shown), "{shown}: {asked}");
    }
    assert!(!asked.contains("c.example"), "{asked}");
    is_refused_without_its_token(&browser, path, &[("confirm", "yes")]).await;
    // Without the confirmation nothing is removed.
    let begun = browser.send(path, &[]).await;
    let page = browser.get(begun.location()).await.body;
    assert!(page.contains("and none was"), "{page}");
    let begun = browser.send(path, &[("confirm", "yes")]).await;
    assert_eq!(begun.status, 303, "{begun:?}");
    let page = browser.get(begun.location()).await.body;
    assert!(
        page.contains("2 zones of da1.example.net removed"),
        "{page}"
    );
    let masters = browser.get("/web/masters").await.body;
    assert!(
        !masters.contains("da1.example.net") && masters.contains("da2.example.net"),
        "{masters}"
    );
    assert_eq!(browser.get("/web/masters/%3Cb%3E/forget").await.status, 400);
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn reconciliation_is_begun_on_its_page_which_shows_what_the_last_pass_found() {
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = nobody.local_addr().unwrap().port();
    drop(nobody);
    let masters = format!(
        "reconciliation:\n  directadmin_servers:\n    - hostname: 127.0.0.1\n      port: {port}\n      \
         username: admin\n      password: a-password-of-a-master\n      ssl: false\n"
    );
    let (gateway, _kept) = gateway_with("", "", &masters).await;
    let mut browser = Browser::new(&gateway);
    browser.log_in().await;
    is_refused_without_its_token(&browser, "/web/reconcile", &[]).await;
    let before = browser.get("/web/masters").await.body;
    assert!(
        before.contains("No pass was made") && before.contains("127.0.0.1"),
        "{before}"
    );
    let begun = browser.send("/web/reconcile", &[("dry_run", "yes")]).await;
    let page = browser.get(begun.location()).await.body;
    assert!(
        page.contains("1 master asked: 1 unknown (dry run"),
        "{page}"
    );
    let after = browser.get("/web/masters").await.body;
    assert!(
        after.contains("Last pass") && after.contains("1 unknown"),
        "{after}"
    );
    let last = operator(&gateway, "GET", "/api/v1/reconcile", "").await;
    let last: serde_json::Value = serde_json::from_str(&last.body).unwrap();
    assert_eq!(last["last"]["items"][0]["master"], "127.0.0.1", "{last}");
    assert_eq!(last["last"]["requested"], true);
    gateway.stop().await;
}

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
        ("zones", "a b/", "zones"),
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
    assert!(!page.contains("<script"), "{page}");
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
