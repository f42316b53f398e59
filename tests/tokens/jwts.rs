//! JWTs for accounts and tokens.

use serde_json::{Value, json};

use crate::http::basic;
use crate::world::{World, authorization, bearer, key, operator, run, start};

#[tokio::test(flavor = "multi_thread")]
async fn a_jwt_has_the_scope_of_its_token_and_ends_with_it() {
    let world = start("").await;
    world.push("a.example").await;
    world.push("b.example").await;
    let create = || json!({"name": "machine", "zones": ["a.example"]});
    let token = world.create(create()).await;
    let jwt = world.jwt(&authorization(&basic("machine", &token))).await;
    assert_eq!(jwt["token_type"], "Bearer");
    assert_eq!(jwt["expires_in"], 900);
    assert_eq!(jwt["username"], "machine");
    assert_eq!(jwt["message"], "Token created");
    let login = bearer(jwt["token"].as_str().unwrap());
    assert_eq!(
        world
            .ask(&login, "GET", "/api/v1/zones/a.example")
            .await
            .status,
        200
    );
    assert_eq!(
        world
            .ask(&login, "GET", "/api/v1/zones/b.example")
            .await
            .status,
        403
    );
    // It cannot be exchanged for another one.
    let answer = world.ask(&login, "POST", "/token").await;
    assert_eq!(answer.status, 401);
    let said: Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!(said["message"], "Could not verify");

    world
        .ask(&operator(), "DELETE", "/api/v1/tokens/machine")
        .await;
    assert_eq!(
        world
            .ask(&login, "GET", "/api/v1/zones/a.example")
            .await
            .status,
        401
    );
    world.create(create()).await;
    let answer = world.ask(&login, "GET", "/api/v1/zones/a.example").await;
    assert_eq!(
        answer.status, 401,
        "another token of that name does not bring it back"
    );

    let admin = world.jwt(&operator()).await;
    assert_eq!(admin["message"], "Token created, admin access granted");
    let login = bearer(admin["token"].as_str().unwrap());
    assert_eq!(world.ask(&login, "GET", "/status").await.status, 200);
    world.gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_and_jwts_are_good_after_a_restart() {
    let world = start("").await;
    let token = world.create(json!({"name": "t", "acme": true})).await;
    let jwt = world.jwt(&authorization(&basic("t", &token))).await;
    let World { gateway, directory } = world;
    gateway.stop().await;
    let world = World {
        gateway: run(&directory).await,
        directory,
    };
    for login in [key(&token), bearer(jwt["token"].as_str().unwrap())] {
        let answer = world.ask(&login, "GET", "/api/v1/zones").await;
        assert_eq!(answer.status, 200, "{answer:?}");
    }
    world.gateway.stop().await;
}
