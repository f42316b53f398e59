//! What an edit comes to: all or nothing, only the end counts, pushes leave it alone.

use serde_json::{Value, json};

use super::{Answer, World, ZONES, contents, set, zone_body};

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
    let tag = tag_of(&edited);
    assert!(tag.starts_with("\"2-"), "{tag}");
    for header in ["x-pdns-old-serial: ", "x-pdns-new-serial: "] {
        assert!(head.contains(header), "{header}: {head}");
    }
    assert!(!head.contains("content-type"), "{head}");
    let same = world
        .ask_as(&with(&format!("If-None-Match: {tag}")), "GET", &target, "")
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

#[tokio::test(flavor = "multi_thread")]
async fn a_zone_that_would_have_too_many_records_is_neither_made_nor_edited() {
    let world = World::start_with("  max_records: 6\n").await;
    let some = |count: u8| {
        let hosts: Vec<_> = (1..=count).map(|host| format!("192.0.2.{host}")).collect();
        let hosts: Vec<_> = hosts.iter().map(String::as_str).collect();
        set("REPLACE", "x.a.example.", "A", 60, &hosts)
    };
    let mut new = zone_body("a.example");
    new["rrsets"].as_array_mut().unwrap().push(some(4));
    let refused = world.ask("POST", ZONES, &new.to_string()).await;
    assert_eq!(refused.status, 422, "{refused:?}");
    let why = "the zone would have 7 records, more than the 6 that app.max_records allows";
    assert!(refused.body.contains(why), "{refused:?}");
    // A zone file in the request has the same limit.
    let lines: Vec<_> = (1..=5)
        .map(|host| format!("x A 192.0.2.{host}\\n"))
        .collect();
    let text = format!(
        "{{\"name\": \"a.example.\", \"nameservers\": [\"ns1.b.example.\"], \"zone\": \"@ SOA ns1.b.example. host 1 1 1 1 1\\n@ NS ns1.b.example.\\n{}\"}}",
        lines.concat()
    );
    let refused = world.ask("POST", ZONES, &text).await;
    assert_eq!(refused.status, 422, "{refused:?}");
    assert!(
        refused.body.contains("more records than are allowed"),
        "{refused:?}"
    );

    world.make("a.example").await;
    let refused = world.patch("a.example", json!([some(4)]), 422).await;
    assert!(refused.body.contains(why), "{refused:?}");
    world.patch("a.example", json!([some(3)]), 204).await;
    let mut whole = world.zone("a.example").await;
    whole["rrsets"].as_array_mut().unwrap().push(set(
        "REPLACE",
        "y.a.example.",
        "A",
        60,
        &["192.0.2.1"],
    ));
    let target = format!("{ZONES}/a.example.");
    let refused = world.ask("PUT", &target, &whole.to_string()).await;
    assert!(
        refused.status == 422 && refused.body.contains(why),
        "{refused:?}"
    );
    world.gateway.stop().await;
}

/// The tag of an answer, with its quotes.
fn tag_of(answer: &Answer) -> String {
    let lines = answer.head.lines();
    let mut tags = lines.filter_map(|line| line.split_once(": "));
    let tag = tags.find(|(name, _)| name.eq_ignore_ascii_case("etag"));
    tag.expect("the answer has a tag").1.trim().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tag_tells_of_comments_settings_and_metadata_which_make_no_revision() {
    let world = World::start().await;
    world.make("a.example").await;
    let target = format!("{ZONES}/a.example.");
    let with = |more: &str| format!("{}{more}\r\n", world.login);
    let comment = json!([{"changetype": "REPLACE", "name": "ns1.a.example.", "type": "A",
        "comments": [{"account": "anna", "content": "the first"}]}]);
    let metadata = json!({"kind": "X-Owner", "metadata": ["anna"]}).to_string();
    for (method, path, body) in [
        (
            "PATCH",
            target.clone(),
            json!({"rrsets": comment}).to_string(),
        ),
        (
            "PUT",
            target.clone(),
            json!({"account": "anna"}).to_string(),
        ),
        ("POST", format!("{target}/metadata"), metadata),
    ] {
        let before = tag_of(&world.ask("GET", &target, "").await);
        let known = with(&format!("If-None-Match: {before}"));
        assert_eq!(world.ask_as(&known, "GET", &target, "").await.status, 304);
        assert!(before.starts_with("\"1-"), "{before}");
        let made = world.ask(method, &path, &body).await;
        assert!(matches!(made.status, 201 | 204), "{made:?}");
        let again = world.ask_as(&known, "GET", &target, "").await;
        assert_eq!(again.status, 200, "{path} {body}");
        // Who has not seen it changes and deletes nothing.
        let stale = with(&format!("If-Match: {before}"));
        let refused = world.ask_as(&stale, method, &path, &body).await;
        assert_eq!(refused.status, 412, "{refused:?}");
        let refused = world.ask_as(&stale, "DELETE", &target, "").await;
        assert_eq!(refused.status, 412, "{refused:?}");
    }
    let tag = tag_of(&world.ask("GET", &target, "").await);
    let fresh = with(&format!("If-Match: {tag}"));
    let one =
        |host| json!({"rrsets": [set("REPLACE", "x.a.example.", "A", 60, &[host])]}).to_string();
    let edited = world
        .ask_as(&fresh, "PATCH", &target, &one("192.0.2.1"))
        .await;
    assert_eq!(edited.status, 204, "{edited:?}");
    let shown = tag_of(&world.ask("GET", &target, "").await);
    assert_eq!(
        tag_of(&edited),
        shown,
        "an edit answers with the tag that it made"
    );
    // A number alone is the revision, and a zone is deleted by the tag that it has.
    let edited = world
        .ask_as(
            &with("If-Match: \"2\""),
            "PATCH",
            &target,
            &one("192.0.2.2"),
        )
        .await;
    assert_eq!(edited.status, 204, "{edited:?}");
    let fresh = with(&format!("If-Match: {}", tag_of(&edited)));
    assert_eq!(
        world.ask_as(&fresh, "DELETE", &target, "").await.status,
        204
    );
    world.gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn metadata_of_many_clients_at_once_is_all_kept() {
    let world = World::start().await;
    world.make("a.example").await;
    let target = format!("{ZONES}/a.example./metadata");
    let bodies: Vec<_> = (0..24)
        .map(|number| {
            let kind = format!("X-Kind{}", number % 3);
            json!({"kind": kind, "metadata": [number.to_string()]}).to_string()
        })
        .collect();
    let set = bodies.iter().map(|body| world.ask("POST", &target, body));
    for answer in futures_util::future::join_all(set).await {
        assert_eq!(answer.status, 201, "{answer:?}");
    }
    let kept = world.ask("GET", &target, "").await;
    let kept: Vec<Value> = serde_json::from_str(&kept.body).unwrap();
    let ours = kept
        .iter()
        .filter(|kind| kind["kind"].as_str().unwrap().starts_with("X-"));
    let counts: Vec<_> = ours
        .map(|kind| kind["metadata"].as_array().unwrap().len())
        .collect();
    assert_eq!(counts, [8, 8, 8]);
    world.gateway.stop().await;
}
