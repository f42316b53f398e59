//! How tokens log in, from where and until when.

use std::time::Instant;

use serde_json::{Value, json};

use crate::http::basic;
use crate::world::{ask_at, authorization, bearer, detail, key, operator, start};

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_taken_in_every_way_that_clients_send_one_until_it_is_revoked() {
    let world = start("").await;
    let token = world
        .create(json!({"name": "octodns", "zones": ["*"]}))
        .await;
    let ways = [
        key(&token),
        bearer(&token),
        authorization(&basic("octodns", &token)),
        authorization(&basic("", &token)),
        format!(
            "x-api-key: {token}\r\n{}",
            authorization(&basic("proxy", "its own"))
        ),
    ];
    for way in &ways {
        let answer = world.ask(way, "GET", "/api/v1/zones").await;
        assert_eq!(answer.status, 200, "{way} {answer:?}");
    }
    let list = world.ask(&operator(), "GET", "/api/v1/tokens").await;
    let list: Value = serde_json::from_str(&list.body).unwrap();
    assert_eq!(list[0]["name"], "octodns");
    assert_eq!(list[0]["last_used_from"], "127.0.0.1");
    assert!(
        list[0].get("token").is_none() && list[0].get("hash").is_none(),
        "{list}"
    );

    let revoked = world
        .ask(&operator(), "DELETE", "/api/v1/tokens/octodns")
        .await;
    assert_eq!(revoked.status, 200, "{revoked:?}");
    for way in &ways[..1] {
        let answer = world.ask(way, "GET", "/api/v1/zones").await;
        assert_eq!(answer.status, 401, "{way} {answer:?}");
        let head = answer.head.to_ascii_lowercase();
        assert!(head.contains("www-authenticate: basic realm"), "{head}");
        assert!(head.contains("www-authenticate: x-api-key realm"), "{head}");
        assert!(!answer.body.contains(&token), "{answer:?}");
    }
    let again = world
        .ask(&operator(), "DELETE", "/api/v1/tokens/octodns")
        .await;
    assert_eq!(again.status, 404, "{again:?}");
    world.gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_good_from_its_networks_and_until_it_expires() {
    let world = start("").await;
    let elsewhere =
        json!({"name": "far", "zones": ["*"], "from": ["192.0.2.0/24", "2001:db8::/32"]});
    let far = world.create(elsewhere).await;
    let answer = world.ask(&key(&far), "GET", "/api/v1/zones").await;
    assert_eq!(answer.status, 403);
    assert_eq!(
        detail(&answer),
        "token far cannot be used: it may not be used from 127.0.0.1"
    );
    let near = world
        .create(json!({"name": "near", "zones": ["*"], "from": ["127.0.0.0/8"]}))
        .await;
    assert_eq!(
        world.ask(&key(&near), "GET", "/api/v1/zones").await.status,
        200
    );

    let soon = (jiff::Timestamp::now() + jiff::SignedDuration::from_millis(300)).to_string();
    let short = world
        .create(json!({"name": "short", "zones": ["*"], "expires": soon}))
        .await;
    let login = authorization(&basic("short", &short));
    let jwt = world.jwt(&login).await;
    assert!(jwt["expires_in"].as_i64().unwrap() <= 1, "{jwt}");
    let began = Instant::now();
    loop {
        let answer = world.ask(&key(&short), "GET", "/api/v1/zones").await;
        if answer.status == 401 {
            assert!(detail(&answer).starts_with("token short cannot be used: it expired at"));
            break;
        }
        assert!(began.elapsed().as_secs() < 10, "{answer:?}");
    }
    let answer = world
        .ask(
            &bearer(jwt["token"].as_str().unwrap()),
            "GET",
            "/api/v1/zones",
        )
        .await;
    assert_eq!(answer.status, 401, "{answer:?}");
    assert_eq!(world.ask(&login, "POST", "/token").await.status, 401);
    // None of that was a guess.
    assert_eq!(
        world.ask(&key(&near), "GET", "/api/v1/zones").await.status,
        200
    );
    world.gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_credentials_get_no_jwt_and_whoever_guesses_tokens_has_to_wait() {
    let world = start("").await;
    let answer = world.ask("", "POST", "/token").await;
    assert_eq!(answer.status, 401);
    assert!(
        answer
            .head
            .to_ascii_lowercase()
            .contains("www-authenticate: basic"),
        "{answer:?}"
    );
    let mut statuses = Vec::new();
    for attempt in 0..12 {
        let login = match attempt % 3 {
            0 => authorization(&basic("anna", "wrong")),
            1 => key("dadns_wrong"),
            _ => bearer("a.b.c"),
        };
        let target = if attempt % 3 == 0 {
            "/token"
        } else {
            "/api/v1/zones"
        };
        let method = if attempt % 3 == 0 { "POST" } else { "GET" };
        let answer = world.ask(&login, method, target).await;
        let said: Value = serde_json::from_str(&answer.body).unwrap();
        assert!(said.is_object(), "{answer:?}");
        statuses.push(answer.status);
    }
    assert_eq!(statuses[..3], [401, 401, 401]);
    assert_eq!(statuses.last(), Some(&429));
    // Right or wrong: a guess must not be told from the others.
    assert_eq!(world.ask(&operator(), "POST", "/token").await.status, 429);
    world.gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_a_token_is_refused_with_all_reasons() {
    let world = start("").await;
    for (body, status, says) in [
        (
            json!({"name": "a/b", "zones": ["*"]}),
            400,
            "the name of a token",
        ),
        (json!({"name": "x"}), 400, "zones: there have to be some"),
        (
            json!({"name": "x", "zones": ["a..b"], "types": ["NOPE"]}),
            400,
            "types: ",
        ),
        (
            json!({"name": "x", "zones": ["*"], "rights": ["read"]}),
            400,
            "unknown field",
        ),
        (
            json!({"name": "x", "zones": ["*"], "expires": "2001-01-01T00:00:00Z"}),
            400,
            "past",
        ),
        (json!({"name": "x", "zones": ["*"]}), 201, ""),
        (json!({"name": "x", "zones": ["*"]}), 409, "already"),
    ] {
        let address = world.gateway.address();
        let answer = ask_at(address, &operator(), "POST", "/api/v1/tokens", Some(&body)).await;
        assert_eq!(answer.status, status, "{body} {answer:?}");
        assert!(answer.body.contains(says), "{body} {answer:?}");
    }
    world.gateway.stop().await;
}
