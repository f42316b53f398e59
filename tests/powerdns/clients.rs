//! The bodies of clients that no registry has, and what those look for in answers.

use serde_json::{Value, json};

use super::{World, ZONES, contents, set};

#[tokio::test(flavor = "multi_thread")]
async fn dnscontrol_makes_a_zone_and_deletes_with_null_records() {
    let world = World::start().await;
    let mut body = super::zone_body("a.example");
    body["type"] = json!("Zone");
    body["soa_edit_api"] = json!("DEFAULT");
    assert_eq!(
        world.ask("POST", ZONES, &body.to_string()).await.status,
        201
    );
    let name = "x.a.example.";
    let mut add = set("REPLACE", name, "A", 300, &["192.0.2.1"]);
    add["comments"] = Value::Null;
    world.patch("a.example.", json!([add]), 204).await;
    let gone = json!({"name": name, "type": "A", "ttl": 0, "changetype": "DELETE", "records": null, "comments": null});
    world.patch("a.example.", json!([gone]), 204).await;
    assert!(contents(&world.zone("a.example.").await, name, "A").is_empty());
    world.gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn terraform_finds_its_settings_as_it_set_them() {
    let world = World::start().await;
    let body = json!({"id": "", "url": "", "name": "a.example.", "kind": "Master", "dnsssec": false,
        "soa_edit_api": "", "account": "admin", "nameservers": ["ns.example.net."]});
    let made = world.ask("POST", ZONES, &body.to_string()).await;
    assert_eq!(made.status, 201, "{made:?}");
    let made: Value = serde_json::from_str(&made.body).unwrap();
    let zone = world.zone(made["id"].as_str().unwrap()).await;
    assert_eq!(
        (&zone["kind"], &zone["account"]),
        (&json!("Master"), &json!("admin"))
    );
    assert_eq!(zone.get("soa_edit_api"), None);
    // `set-ptr`, and name, type and TTL in the record.
    let record = json!({"content": "192.0.2.1", "disabled": false, "name": "x.a.example.", "type": "A",
        "ttl": 60, "set-ptr": false});
    let sets = json!([{"name": "x.a.example.", "type": "A", "changetype": "REPLACE", "ttl": 60, "records": [record]}]);
    world.patch("a.example", sets, 204).await;
    world.gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_webhook_of_cert_manager_sends_ttl_0_and_an_empty_list_and_ansible_a_ttl_as_text() {
    let world = World::start().await;
    world.make("a.example").await;
    let name = "_acme-challenge.a.example.";
    world
        .patch(
            "a.example",
            json!([set("REPLACE", name, "TXT", 0, &["\"x\""])]),
            204,
        )
        .await;
    world
        .patch(
            "a.example",
            json!([set("REPLACE", name, "TXT", 0, &[])]),
            204,
        )
        .await;
    let mut text = set("replace", "x.a.example.", "a", 0, &["192.0.2.1"]);
    text["ttl"] = json!("3600");
    world.patch("a.example", json!([text]), 204).await;
    let zone = world.zone("a.example").await;
    assert!(contents(&zone, name, "TXT").is_empty());
    let sets = zone["rrsets"].as_array().unwrap();
    assert!(
        sets.iter()
            .any(|set| set["name"] == "x.a.example." && set["ttl"] == 3600)
    );
    world.gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn powerdns_admin_finds_what_it_wrote_and_nothing_else() {
    let world = World::start().await;
    world.make("a.example").await;
    let listed = world.ask("GET", ZONES, "").await;
    let listed: Value = serde_json::from_str(&listed.body).unwrap();
    for key in [
        "masters",
        "kind",
        "serial",
        "notified_serial",
        "last_check",
        "dnssec",
    ] {
        assert!(listed[0].get(key).is_some(), "{key}");
    }
    let mut wrote = set("REPLACE", "x.a.example.", "A", 60, &["192.0.2.1"]);
    wrote["comments"] = json!([]);
    world.patch("a.example", json!([wrote.clone()]), 204).await;
    let zone = world.zone("a.example").await;
    let sets = zone["rrsets"].as_array().unwrap();
    wrote.as_object_mut().unwrap().remove("changetype");
    assert!(sets.contains(&wrote), "{zone}");
    world.gateway.stop().await;
}

/// acme.sh takes answers apart without a JSON parser: it removes blanks, and looks for an ID that is followed by
/// more keys, and for an RRset whose name stands before its records with no bracket between.
#[tokio::test(flavor = "multi_thread")]
async fn the_regular_expressions_of_acme_sh_find_zones_and_records() {
    let world = World::start().await;
    world.make("a.example").await;
    let name = "_acme-challenge.a.example.";
    world
        .patch(
            "a.example",
            json!([set("REPLACE", name, "TXT", 60, &["\"one\"", "\"two\""])]),
            204,
        )
        .await;
    let squeezed = |text: &str| text.replace(['\n', ' '], "");
    let list = squeezed(&world.ask("GET", ZONES, "").await.body);
    assert!(list.contains("\"name\":\"a.example.\""), "{list}");
    let zone = squeezed(
        &world
            .ask("GET", &format!("{ZONES}/a.example."), "")
            .await
            .body,
    );
    // `"name":"NAME","records":\[[^]]*\]`, in which `"content":"\"VALUE\""`.
    let (_, after) = zone
        .split_once(&format!("\"name\":\"{name}\",\"records\":["))
        .unwrap();
    let (records, _) = after.split_once(']').unwrap();
    let values: Vec<_> = records.split("\"content\":\"\\\"").skip(1).collect();
    assert_eq!(values.len(), 2, "{records}");
    assert!(values[0].starts_with("one\\\"\""), "{records}");
    world.gateway.stop().await;
}
