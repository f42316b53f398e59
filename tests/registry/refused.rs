//! What clients of Consul may not do, and what is asked of their services.

use std::time::{Duration, Instant};

use serde_json::json;

use super::consul::{get, put};
use super::world::World;

#[tokio::test(flavor = "multi_thread")]
async fn what_is_asked_over_http_leaves_dns_when_it_fails_and_the_gateway_asks_not_itself() {
    let world = World::start("  probe_networks: [127.0.0.0/8]\n").await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let serving = tokio::spawn(async move {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut asked = [0; 1_024];
            let _ = stream.read(&mut asked).await;
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\nfine").await;
        }
    });
    let check = |port: u16| {
        json!({"Name": "web", "ID": port.to_string(), "Port": port, "Check": {
            "HTTP": format!("http://127.0.0.1:{port}/health"), "Interval": "1s", "Timeout": "1s",
        }})
        .to_string()
    };
    put(&world, "/v1/agent/service/register", "", &check(port)).await;
    let own = world.registry().port();
    put(&world, "/v1/agent/service/register", "", &check(own)).await;
    let srv = format!("1 1 {port} 7f000001.addr.dc1.svc.example");
    world.until("_web._tcp.svc.example", "SRV", &[&srv]).await;
    let began = Instant::now();
    let refused = loop {
        let (_, checks) = get(&world, "/v1/health/state/critical").await;
        let output = checks[0]["Output"].as_str().unwrap_or_default().to_owned();
        if !output.is_empty() || began.elapsed() > Duration::from_secs(20) {
            break output;
        }
        tokio::task::yield_now().await;
    };
    assert!(refused.contains("it is the gateway itself"), "{refused}");
    serving.abort();
    world.until("_web._tcp.svc.example", "SRV", &[]).await;
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_would_run_something_or_is_not_supported_is_refused_in_short_text() {
    let world = World::start("").await;
    for (body, why) in [
        (r#"{"Port": 1}"#, "Missing service name"),
        (
            r#"{"Name": "a", "Address": "0.0.0.0"}"#,
            "Invalid service address",
        ),
        (
            r#"{"Name": "a", "Check": {"Args": ["/bin/sh"], "Interval": "1s"}}"#,
            "Scripts are disabled",
        ),
        (
            r#"{"Name": "a", "check": {"script": "x", "interval": "1s"}}"#,
            "Scripts are disabled",
        ),
        (
            r#"{"Name": "a", "Check": {"H2PING": "x:1", "Interval": "1s"}}"#,
            "h2ping are not supported",
        ),
        (
            r#"{"Name": "a", "Check": {"HTTP": "ftp://x/", "Interval": "1s"}}"#,
            "no URL with http://",
        ),
        (
            r#"{"Name": "a", "Check": {"HTTP": "http://x/"}}"#,
            "Interval must be > 0",
        ),
        (
            r#"{"Name": "a", "Check": {"TTL": "1s", "Interval": "1s"}}"#,
            "cannot both",
        ),
        (r#"{"Name": "a", "Check": {}}"#, "TTL must be > 0"),
        (
            r#"{"Name": "a", "Check": {"HTTP": "http://x/", "Interval": "1s", "Header": {"X": ["a\r\nb"]}}}"#,
            "no header",
        ),
        (
            r#"{"Name": "a", "Connect": {"Native": true}}"#,
            "connect is not supported",
        ),
        ("{", "the body is no JSON"),
    ] {
        let answer = world
            .raw("PUT", "/v1/agent/service/register", "", body)
            .await;
        assert_eq!(answer.status, 400, "{body}: {answer:?}");
        assert!(answer.body.contains(why), "{body}: {answer:?}");
    }
    let filter = world
        .raw("GET", "/v1/health/service/a?filter=x", "", "")
        .await;
    assert_eq!(filter.status, 400);
    for missing in ["/v1/kv/a", "/v1/session/list", "/v1/acl/tokens"] {
        assert_eq!(world.raw("GET", missing, "", "").await.status, 404);
    }
    assert_eq!(get(&world, "/v1/catalog/services").await.1, json!({}));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_registered_with_a_token_may_report_without_it_and_others_may_not() {
    let world = World::start("").await;
    let grant = json!({
        "name": "web", "zones": ["svc.example"], "names": ["web.service"], "actions": ["read", "edit"],
    });
    let token = world.token(grant).await;
    let web = r#"{"name": "web", "port": 80, "check": {"ttl": "10s"}}"#;
    let target = format!("/v1/agent/service/register?token={token}");
    put(&world, &target, "", web).await;
    // python-consul sends its token only here.
    put(&world, "/v1/agent/check/pass/service:web", "", "").await;
    world
        .until("web.service.svc.example", "A", &["127.0.0.1"])
        .await;
    // Its scope ends at its name.
    let head = format!("X-Consul-Token: {token}\r\n");
    let other = web.replace("web", "oauth");
    let refused = world
        .raw("PUT", "/v1/agent/service/register", &head, &other)
        .await;
    assert_eq!(refused.status, 403, "{refused:?}");
    assert!(refused.body.starts_with("Permission denied"), "{refused:?}");
    let taken = world
        .raw("PUT", "/v1/agent/service/register", "", web)
        .await;
    assert_eq!(taken.status, 403, "{taken:?}");
    let wrong = "X-Consul-Token: dadns_guessed\r\n";
    let guessed = world
        .raw("PUT", "/v1/agent/service/register", wrong, web)
        .await;
    assert_eq!(guessed.status, 403, "{guessed:?}");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn consulate_reports_by_get_and_a_page_that_somebody_looks_at_cannot() {
    let world = World::start("").await;
    let body = r#"{"Name": "web", "Port": 80, "Check": {"TTL": "60s"}}"#;
    put(&world, "/v1/agent/service/register", "", body).await;
    let image = "User-Agent: Mozilla/5.0 (X11; Linux x86_64)\r\n";
    for target in [
        "/v1/agent/check/pass/service:web",
        "/v1/agent/service/deregister/web",
    ] {
        for head in [image, ""] {
            let answer = world.raw("GET", target, head, "").await;
            assert_eq!(answer.status, 404, "{answer:?}");
        }
    }
    let consulate = "User-Agent: python-requests/2.34.2\r\n";
    let passed = "/v1/agent/check/pass/service:web";
    assert_eq!(world.raw("GET", passed, consulate, "").await.status, 200);
    world
        .until("web.service.svc.example", "A", &["127.0.0.1"])
        .await;
    let gone = "/v1/agent/service/deregister/web";
    assert_eq!(world.raw("GET", gone, consulate, "").await.status, 200);
    world.until("web.service.svc.example", "A", &[]).await;
    world.stop().await;
}
