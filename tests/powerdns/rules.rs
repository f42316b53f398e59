//! What an edit comes to: all or nothing, only the end counts, pushes leave it alone.

use serde_json::{Value, json};

use super::{World, ZONES, contents, set};

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_of_a_pushed_zone_survives_the_next_push() {
    let world = World::start().await;
    world.push("a.example", "www A 192.0.2.2\n").await;
    let name = "_acme-challenge.a.example.";
    world
        .patch(
            "a.example",
            json!([set("REPLACE", name, "TXT", 60, &["\"token\""])]),
            204,
        )
        .await;
    world.push("a.example", "www A 192.0.2.3\n").await;
    let zone = world.zone("a.example").await;
    assert_eq!(contents(&zone, name, "TXT"), ["\"token\""]);
    assert_eq!(contents(&zone, "www.a.example.", "A"), ["192.0.2.3"]);
    let refused = world.ask("DELETE", &format!("{ZONES}/a.example"), "").await;
    assert_eq!(refused.status, 422, "{refused:?}");
    let deleted = world
        .ask("DELETE", &format!("{ZONES}/a.example?pushed=true"), "")
        .await;
    assert_eq!((deleted.status, deleted.body.as_str()), (204, ""));
    world.gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_all_changes_come_to_is_judged_and_an_alias_needs_its_name_alone() {
    let world = World::start().await;
    world.push("a.example", "www A 192.0.2.2\n").await;
    let alias = set(
        "REPLACE",
        "www.a.example.",
        "CNAME",
        60,
        &["ns1.a.example."],
    );
    let address = set("DELETE", "www.a.example.", "A", 0, &[]);
    let refused = world.patch("a.example", json!([alias]), 422).await;
    assert!(
        refused.body.contains("Conflicts with another RRset"),
        "{refused:?}"
    );
    assert_eq!(world.zone("a.example").await["serial"], 1);
    world.patch("a.example", json!([alias, address]), 204).await;
    let zone = world.zone("a.example").await;
    assert_eq!(
        contents(&zone, "www.a.example.", "CNAME"),
        ["ns1.a.example."]
    );
    assert!(contents(&zone, "www.a.example.", "A").is_empty());
    world.gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_wrong_rrset_keeps_all_others_out_and_every_error_is_told() {
    let world = World::start().await;
    world.make("a.example").await;
    let sets = json!([
        set("REPLACE", "x.a.example.", "A", 60, &["192.0.2.1"]),
        set("REPLACE", "y.a.example.", "ALIAS", 60, &["z.example."]),
        set("REPLACE", "z.a.example.", "A", 60, &["no address"]),
    ]);
    let refused = world.patch("a.example", sets, 422).await;
    let told: Value = serde_json::from_str(&refused.body).unwrap();
    assert_eq!(told["errors"].as_array().unwrap().len(), 2, "{refused:?}");
    assert!(
        refused.body.contains("y.a.example. IN ALIAS"),
        "{refused:?}"
    );
    assert!(contents(&world.zone("a.example").await, "x.a.example.", "A").is_empty());
    world.gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn records_are_added_and_removed_one_by_one_and_no_change_makes_no_serial() {
    let world = World::start().await;
    world.make("a.example").await;
    let name = "_acme-challenge.a.example.";
    let one = |changetype, ttl, content| json!([set(changetype, name, "TXT", ttl, &[content])]);
    world
        .patch("a.example", one("EXTEND", 60, "\"one\""), 204)
        .await;
    world
        .patch("a.example", one("EXTEND", 60, "\"two\""), 204)
        .await;
    world
        .patch("a.example", one("EXTEND", 61, "\"three\""), 422)
        .await;
    let before = world.zone("a.example").await;
    assert_eq!(contents(&before, name, "TXT"), ["\"one\"", "\"two\""]);
    let again = world
        .patch("a.example", one("EXTEND", 60, "\"two\""), 204)
        .await;
    assert_eq!(again.body, "");
    assert_eq!(world.zone("a.example").await, before);
    world
        .patch("a.example", one("PRUNE", 60, "\"one\""), 204)
        .await;
    world
        .patch("a.example", one("PRUNE", 60, "\"two\""), 204)
        .await;
    assert!(contents(&world.zone("a.example").await, name, "TXT").is_empty());
    world.gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_zone_that_has_changed_is_not_edited_and_headers_tell_what_came_of_an_edit() {
    let world = World::start().await;
    world.make("a.example").await;
    let target = format!("{ZONES}/a.example.");
    let body =
        json!({"rrsets": [set("REPLACE", "x.a.example.", "A", 60, &["192.0.2.1"])]}).to_string();
    let with = |more: &str| format!("{}{more}\r\n", world.login);
    let stale = world
        .ask_as(&with("If-Match: \"7\""), "PATCH", &target, &body)
        .await;
    assert_eq!(stale.status, 412, "{stale:?}");
    let edited = world
        .ask_as(&with("If-Match: \"1\""), "PATCH", &target, &body)
        .await;
    assert_eq!(edited.status, 204);
    let head = edited.head.to_ascii_lowercase();
    for header in ["etag: \"2\"", "x-pdns-old-serial: ", "x-pdns-new-serial: "] {
        assert!(head.contains(header), "{header}: {head}");
    }
    assert!(!head.contains("content-type"), "{head}");
    let same = world
        .ask_as(&with("If-None-Match: \"2\""), "GET", &target, "")
        .await;
    assert_eq!(same.status, 304);
    let waited = world
        .ask_as(&with("Prefer: wait=5"), "PATCH", &target, &body)
        .await;
    assert_eq!(waited.status, 200, "{waited:?}");
    world.gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn comments_stay_until_their_rrset_goes_and_make_no_serial() {
    let world = World::start().await;
    world.make("a.example").await;
    let before = world.zone("a.example").await["serial"].clone();
    let name = "ns1.a.example.";
    let comment = json!([{"changetype": "REPLACE", "name": name, "type": "A",
        "comments": [{"content": "why", "account": "anna"}]}]);
    world.patch("a.example", comment, 204).await;
    let zone = world.zone("a.example").await;
    let sets = zone["rrsets"].as_array().unwrap();
    let set = sets.iter().find(|set| set["name"] == name).unwrap();
    assert_eq!(set["comments"][0]["content"], "why");
    assert_eq!(zone["serial"], before);
    world.gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn errors_below_these_paths_are_those_of_powerdns_whatever_went_wrong() {
    let world = World::start().await;
    let refused = world.ask_as("", "GET", ZONES, "").await;
    assert_eq!(refused.status, 401);
    assert!(refused.head.contains("X-API-Key"), "{refused:?}");
    let mut answers = vec![refused];
    for (method, target, body, status) in [
        (
            "GET",
            "/api/v1/servers/localhost/nothing".to_owned(),
            "",
            404,
        ),
        ("GET", format!("{ZONES}/nothing.example."), "", 404),
        ("PATCH", ZONES.to_owned(), "{}", 405),
        ("POST", ZONES.to_owned(), "{", 400),
        ("POST", ZONES.to_owned(), "[]", 422),
    ] {
        let answer = world.ask(method, &target, body).await;
        assert_eq!(answer.status, status, "{method} {target}: {answer:?}");
        answers.push(answer);
    }
    for answer in answers {
        let head = answer.head.to_ascii_lowercase();
        assert!(
            head.contains("content-type: application/json\r\n")
                || head.ends_with("content-type: application/json"),
            "{head}"
        );
        let body: Value = serde_json::from_str(&answer.body).unwrap();
        assert!(body["error"].is_string(), "{answer:?}");
    }
    world.gateway.stop().await;
}
