//! What hostile clients try: to stop others, to take names and addresses, and to come by way of a browser.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::consul::{get, put};
use super::http::{Answer, basic, send};
use super::world::{PASSWORD, World};

/// The login of an operator, as a header.
fn operator() -> String {
    format!("Authorization: {}\r\n", basic("anna", PASSWORD))
}

/// Has a token made, and returns the header that sends it.
async fn token(world: &World, grant: Value) -> String {
    let head = format!("{}Content-Type: application/json\r\n", operator());
    let address = world.gateway.address();
    let made = world
        .raw_at(address, "POST", "/api/v1/tokens", &head, &grant.to_string())
        .await;
    assert_eq!(made.status, 201, "{made:?}");
    let made: Value = serde_json::from_str(&made.body).unwrap();
    format!("X-Consul-Token: {}\r\n", made["token"].as_str().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_filter_that_takes_long_keeps_nobody_waiting() {
    let world = World::start("").await;
    let large = "a".repeat(1_000);
    let mut registering = Vec::new();
    for number in 0..100 {
        let web = json!({
            "ID": number.to_string(), "Name": "web", "Port": 80, "Meta": {"m": large},
        });
        registering.push(web.to_string());
    }
    for web in &registering {
        put(&world, "/v1/agent/service/register", "", web).await;
    }
    let pattern = "ServiceMeta.m+matches+%22(a*)*(a*)*(a*)*(a*)*b%22";
    let target = format!("/v1/catalog/service/web?filter={pattern}");
    let judging = async {
        let began = Instant::now();
        let answer = world.raw("GET", &target, "", "").await;
        (answer.status, began.elapsed())
    };
    let mut others: Vec<Duration> = Vec::new();
    let asking = async {
        loop {
            let began = Instant::now();
            get(&world, "/v1/catalog/services").await;
            others.push(began.elapsed());
        }
    };
    let (status, took) = tokio::select! {
        done = judging => done,
        never = asking => never,
    };
    // It is given up where it takes too long.
    assert!([200, 503].contains(&status), "{status}");
    let slowest = others.iter().max().copied().unwrap_or(took);
    assert!(
        others.len() >= 10 && slowest < took / 2,
        "{} others, the slowest in {slowest:?}, while the filter took {took:?}",
        others.len()
    );
    world.stop().await;
}
