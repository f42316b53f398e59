//! What a token sees and may.

use serde_json::{Value, json};

use super::{World, ZONES, set};

#[tokio::test(flavor = "multi_thread")]
async fn a_token_sees_its_zones_only_and_edits_what_it_covers_only() {
    let world = World::start().await;
    for zone in ["a.example", "b.example"] {
        world.make(zone).await;
    }
    let grant = json!({"name": "acme", "zones": ["a.example"], "names": ["_acme-challenge.*", "_acme-challenge"],
        "types": ["TXT"], "actions": ["read", "edit"]});
    let json = format!("{}Content-Type: application/json\r\n", world.login);
    let made = world
        .ask_as(&json, "POST", "/api/v1/tokens", &grant.to_string())
        .await;
    let made: Value = serde_json::from_str(&made.body).unwrap();
    let key = format!("X-API-Key: {}\r\n", made["token"].as_str().unwrap());
    let listed = world.ask_as(&key, "GET", ZONES, "").await;
    let listed: Value = serde_json::from_str(&listed.body).unwrap();
    assert_eq!(listed.as_array().unwrap().len(), 1, "{listed}");
    let search = "/api/v1/servers/localhost/search-data?q=*.example&object_type=zone";
    let found = world.ask_as(&key, "GET", search, "").await;
    assert!(!found.body.contains("b.example"), "{found:?}");
    let edit = |name: &str, rtype| {
        json!({"rrsets": [set("REPLACE", name, rtype, 60, &["\"x\""])]}).to_string()
    };
    let a = format!("{ZONES}/a.example.");
    let b = format!("{ZONES}/b.example.");
    let settings = json!({"account": "other"}).to_string();
    for (method, target, body, status) in [
        ("GET", &a, String::new(), 200),
        ("GET", &b, String::new(), 404),
        ("PATCH", &a, edit("_acme-challenge.a.example.", "TXT"), 204),
        ("PATCH", &a, edit("www.a.example.", "TXT"), 403),
        ("PATCH", &b, edit("_acme-challenge.b.example.", "TXT"), 403),
        ("PUT", &a, settings, 403),
        ("DELETE", &a, String::new(), 403),
        (
            "POST",
            &ZONES.to_owned(),
            json!({"name": "c.example."}).to_string(),
            403,
        ),
    ] {
        let answer = world.ask_as(&key, method, target, &body).await;
        assert_eq!(
            answer.status, status,
            "{method} {target} {body}: {answer:?}"
        );
    }
    world.gateway.stop().await;
}
