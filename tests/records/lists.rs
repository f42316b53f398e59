//! Lists and searches, and what a token may not hide.

use serde_json::json;

use super::http::{api_request, send};
use super::{RRSETS, start};

#[tokio::test(flavor = "multi_thread")]
async fn rrsets_come_a_page_at_a_time() {
    let world = start().await;
    world
        .push(1, "a A 192.0.2.1\nb A 192.0.2.1\nc A 192.0.2.1\n")
        .await;
    let (mut names, mut after) = (Vec::new(), String::new());
    loop {
        let page = world
            .json("GET", &format!("{RRSETS}?limit=2{after}"), None, 200)
            .await;
        names.extend(page["rrsets"].as_array().unwrap().iter().map(|set| {
            format!(
                "{} {}",
                set["name"].as_str().unwrap(),
                set["type"].as_str().unwrap()
            )
        }));
        match page["next"].as_str() {
            Some(next) => after = format!("&after={}", next.replace(' ', "%20")),
            None => break,
        }
    }
    assert_eq!(
        names,
        [
            "a.example. SOA",
            "a.example. NS",
            "a.a.example. A",
            "b.a.example. A",
            "c.a.example. A",
            "ns1.a.example. A"
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn zones_are_listed_as_they_are_asked_for_and_records_are_searched() {
    let world = start().await;
    world.push(1, "www A 192.0.2.7\n").await;
    for zone in ["one.test", "two.test"] {
        let new = json!({"zone": zone, "rrsets": [{"name": "www", "type": "TXT", "records": ["\"a Needle\""]}]});
        world.json("POST", "/api/v1/zones", Some(new), 201).await;
    }
    for (query, expected) in [
        ("", vec!["a.example", "one.test", "two.test"]),
        ("?q=TEST", vec!["one.test", "two.test"]),
        ("?edited=false", vec!["a.example"]),
        ("?master=da1.example.net", vec!["a.example"]),
        ("?held=true", vec![]),
        ("?q=test&limit=1", vec!["one.test"]),
        ("?after=one.test", vec!["two.test"]),
    ] {
        let page = world
            .json("GET", &format!("/api/v1/zones{query}"), None, 200)
            .await;
        let zones = page["zones"].as_array().unwrap().iter();
        let names: Vec<_> = zones.map(|zone| zone["zone"].as_str().unwrap()).collect();
        assert_eq!(names, expected, "{query}");
    }
    let found = world
        .json("GET", "/api/v1/search?q=needle", None, 200)
        .await;
    assert_eq!(found["found"].as_array().unwrap().len(), 2, "{found}");
    let found = world
        .json("GET", "/api/v1/search?q=www&type=A", None, 200)
        .await;
    assert_eq!(found["found"][0]["record"], "192.0.2.7");
    let found = world
        .json("GET", "/api/v1/search?q=needle&limit=1", None, 200)
        .await;
    assert_eq!(found["more"], true);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_hides_no_records_that_it_may_not_edit() {
    let world = start().await;
    world
        .push(
            1,
            "_acme-challenge CNAME elsewhere.example.net.\nwww A 192.0.2.7\n",
        )
        .await;
    let edits = |name: &str, rtype: &str, record: &str| {
        Some(json!({"changes": [{"op": "add", "name": name, "type": rtype, "records": [record]}]}))
    };
    for (grant, changes) in [
        (
            json!({"name": "acme", "zones": ["*"], "names": ["_acme-challenge"], "types": ["TXT"], "actions": ["read", "edit"]}),
            edits("_acme-challenge", "TXT", "\"x\""),
        ),
        (
            json!({"name": "alias", "zones": ["*"], "types": ["CNAME"], "actions": ["read", "edit"]}),
            edits("www", "CNAME", "x.example.net."),
        ),
    ] {
        let made = world.json("POST", "/api/v1/tokens", Some(grant), 201).await;
        let token = made["token"].as_str().unwrap().to_owned();
        let body = changes.unwrap().to_string();
        let request = api_request("PATCH", RRSETS, &token, &body);
        let address = world.gateway.address();
        let answer = tokio::task::spawn_blocking(move || send(address, &request));
        let answer = answer.await.unwrap();
        assert_eq!(answer.status, 403, "{answer:?}");
    }
    assert_eq!(world.at("www").await.len(), 1);
}
