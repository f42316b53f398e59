//! What scopes hold back.

use serde_json::{Value, json};

use crate::http::basic;
use crate::world::{PASSWORD, ask_at, authorization, bearer, detail, key, start};

#[tokio::test(flavor = "multi_thread")]
async fn a_token_sees_its_zones_only_and_a_refusal_says_what_it_lacks() {
    let world = start("").await;
    for zone in ["a.example", "b.example", "sub.a.example"] {
        world.push(zone).await;
    }
    let token = world
        .create(json!({"name": "t", "zones": ["a.example", "*.a.example"], "actions": ["read"]}))
        .await;
    let token = key(&token);
    let list = world.ask(&token, "GET", "/api/v1/zones").await;
    let list: Value = serde_json::from_str(&list.body).unwrap();
    let zones = list["zones"].as_array().unwrap().iter();
    let zones: Vec<_> = zones.map(|zone| zone["zone"].as_str().unwrap()).collect();
    assert_eq!(zones, ["a.example", "sub.a.example"]);
    for (target, status, says) in [
        ("/api/v1/zones/a.example", 200, ""),
        ("/api/v1/zones/A.Example.", 200, ""),
        ("/api/v1/zones/a.example/history", 200, ""),
        ("/api/v1/held", 200, ""),
        ("/api/v1/refused", 200, ""),
        (
            "/api/v1/zones/b.example",
            403,
            "zone b.example is not among its zones",
        ),
        (
            "/api/v1/zones/B%2Eexample/history",
            403,
            "zone b.example is not among its zones",
        ),
        (
            "/api/v1/zones/missing.example",
            403,
            "zone missing.example is not among",
        ),
        ("/api/v1/zones/a..example", 403, "that takes all zones"),
        ("/api/v1/zones/%ff", 403, "that takes all zones"),
        ("/api/v1/zones/a%252Eexample", 403, "that takes all zones"),
        ("/api/v1/masters", 403, "that takes all zones"),
        ("/api/v1/tokens", 403, "it lacks the action \"operate\""),
    ] {
        let answer = world.ask(&token, "GET", target).await;
        assert_eq!(answer.status, status, "{target} {answer:?}");
        if status == 403 {
            let detail = detail(&answer);
            assert!(detail.starts_with("this token may not "), "{detail}");
            assert!(detail.contains(says), "{detail}");
        }
    }
    // These have the words of DirectAdmin.
    for target in [
        "/status",
        "/metrics",
        "/CMD_API_DNS_ADMIN?action=exists&domain=a.example",
    ] {
        let answer = world.ask(&token, "GET", target).await;
        assert_eq!(answer.status, 403, "{target} {answer:?}");
        assert!(answer.body.starts_with("error=1&"), "{target} {answer:?}");
    }
    let rollback = world
        .ask(&token, "POST", "/api/v1/zones/a.example/rollback")
        .await;
    assert_eq!(rollback.status, 403, "{rollback:?}");
    assert!(detail(&rollback).contains("it lacks the action \"operate\""));
    world.gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_token_makes_tokens_or_pushes_whatever_its_actions() {
    let world = start("").await;
    let all = json!(["read", "edit", "create", "delete", "operate"]);
    let token = world
        .create(json!({"name": "all", "zones": ["*"], "actions": all}))
        .await;
    let jwt = world.jwt(&authorization(&basic("all", &token))).await;
    for login in [key(&token), bearer(jwt["token"].as_str().unwrap())] {
        let wider = json!({"name": "wider", "zones": ["*"]});
        let address = world.gateway.address();
        let answer = ask_at(address, &login, "POST", "/api/v1/tokens", Some(&wider)).await;
        assert_eq!(answer.status, 403, "{answer:?}");
        assert!(
            detail(&answer).contains("only the accounts of operators"),
            "{answer:?}"
        );
        let push = "/CMD_API_DNS_ADMIN?action=rawsave&domain=a.example";
        assert_eq!(world.ask(&login, "POST", push).await.status, 403);
        assert_eq!(world.ask(&login, "GET", "/status").await.status, 200);
        assert_eq!(world.ask(&login, "GET", "/metrics").await.status, 200);
    }
    world.gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_operates_decides_on_its_zones_and_history_names_it() {
    let world = start("").await;
    for zone in ["a.example", "b.example"] {
        world.push(zone).await;
    }
    let token = world
        .create(json!({"name": "night", "zones": ["a.example"], "actions": ["read", "operate"]}))
        .await;
    let login = key(&token);
    let address = world.gateway.address();
    let remove = json!({"owner": null});
    for (zone, status) in [("b.example", 403), ("a.example", 200)] {
        let target = format!("/api/v1/zones/{zone}/remove");
        let answer = ask_at(address, &login, "POST", &target, Some(&remove)).await;
        assert_eq!(answer.status, status, "{answer:?}");
    }
    let back = json!({"revision": 1});
    let target = "/api/v1/zones/a.example/rollback";
    let answer = ask_at(address, &login, "POST", target, Some(&back)).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let history = world
        .ask(&login, "GET", "/api/v1/zones/a.example/history")
        .await;
    let by = "\"by\":\"token night from 127.0.0.1\"";
    assert_eq!(history.body.matches(by).count(), 2, "{history:?}");
    // The gateway as a whole is not in its scope.
    for target in ["/api/v1/verify", "/api/v1/reconcile"] {
        let answer = ask_at(address, &login, "POST", target, Some(&json!({}))).await;
        assert_eq!(answer.status, 403, "{answer:?}");
    }
    world.gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn beside_operators_the_account_of_masters_makes_no_tokens() {
    let world = start("").await;
    let master = authorization(&basic("directdnsonly", PASSWORD));
    let address = world.gateway.address();
    let wanted = json!({"name": "mine", "zones": ["*"]});
    let jwt = world.jwt(&master).await;
    for login in [master, bearer(jwt["token"].as_str().unwrap())] {
        let answer = ask_at(address, &login, "POST", "/api/v1/tokens", Some(&wanted)).await;
        assert_eq!(answer.status, 403, "{answer:?}");
        let answer = world.ask(&login, "GET", "/api/v1/tokens").await;
        assert_eq!(answer.status, 403, "{answer:?}");
    }
    world.gateway.stop().await;
}
