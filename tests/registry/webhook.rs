//! The webhook provider, asked as external-dns asks: bodies and headers are those that its Go client writes.

use serde_json::{Value, json};

use super::http::{Answer, basic};
use super::world::{PASSWORD, World};

const ON: &str = "  webhook_zones: [k8s.example, other.example]\n";

const MEDIA_TYPE: &str = "application/external.dns.webhook+json;version=1";

const ACCEPT: &str =
    "User-Agent: Go-http-client/1.1\r\nAccept: application/external.dns.webhook+json;version=1\r\n";

const SEND: &str = "User-Agent: Go-http-client/1.1\r\nContent-Type: application/external.dns.webhook+json;version=1\r\n";

fn has(answer: &Answer, name: &str, value: &str) -> bool {
    let mut lines = answer.head.lines().filter_map(|line| line.split_once(": "));
    lines.any(|(known, has)| known.eq_ignore_ascii_case(name) && has == value)
}

fn value(answer: &Answer) -> Value {
    assert_eq!(answer.status, 200, "{answer:?}");
    assert!(has(answer, "Content-Type", MEDIA_TYPE), "{answer:?}");
    assert!(has(answer, "Vary", "Content-Type"), "{answer:?}");
    serde_json::from_str(&answer.body).unwrap()
}

async fn zone(world: &World, name: &str) {
    let login = basic("anna", PASSWORD);
    let head = format!("Authorization: {login}\r\nContent-Type: application/json\r\n");
    let body = json!({"zone": name, "rrsets": [
        {"name": "www", "type": "A", "ttl": 300, "records": ["192.0.2.80"]},
    ]});
    let address = world.gateway.address();
    let made = world
        .raw_at(address, "POST", "/api/v1/zones", &head, &body.to_string())
        .await;
    assert_eq!(made.status, 201, "{made:?}");
}

/// What `GET /records` has of a name, by type.
async fn records(world: &World, name: &str) -> Vec<Value> {
    let all = value(&world.raw("GET", "/records", ACCEPT, "").await);
    let all = all.as_array().unwrap().iter();
    all.filter(|endpoint| endpoint["dnsName"] == name)
        .cloned()
        .collect()
}

async fn apply(world: &World, body: &str) -> Answer {
    world.raw("POST", "/records", SEND, body).await
}

#[tokio::test(flavor = "multi_thread")]
async fn external_dns_negotiates_reads_adjusts_and_changes_the_records_of_its_zones() {
    let world = World::start(ON).await;
    zone(&world, "k8s.example").await;
    zone(&world, "other.example").await;
    let filter = value(&world.raw("GET", "/", ACCEPT, "").await);
    assert_eq!(
        filter,
        json!({"include": ["k8s.example", "other.example"], "exclude": []})
    );
    assert_eq!(world.raw("GET", "/", "", "").await.status, 406);
    assert_eq!(world.raw("GET", "/healthz", "", "").await.status, 200);

    let asked = r#"[{"dnsName":"App.k8s.example","targets":["192.0.2.10"],"recordType":"A","recordTTL":60,"labels":{"resource":"service/default/app"},"providerSpecific":[{"name":"alias","value":"false"}]},{"dnsName":"txt.k8s.example","targets":["plain text"],"recordType":"TXT"},{"dnsName":"alias.k8s.example","targets":["www.example.net"],"recordType":"CNAME"},{"dnsName":"one.k8s.example","targets":["192.0.2.11"],"recordType":"A","setIdentifier":"eu"},{"dnsName":"bad.k8s.example","targets":["no address"],"recordType":"A"}]"#;
    let adjusted = value(&world.raw("POST", "/adjustendpoints", ACCEPT, asked).await);
    assert_eq!(
        adjusted,
        json!([
            {"dnsName": "app.k8s.example", "targets": ["192.0.2.10"], "recordType": "A", "recordTTL": 60, "labels": {"resource": "service/default/app"}},
            {"dnsName": "txt.k8s.example", "targets": ["\"plain text\""], "recordType": "TXT", "recordTTL": 0, "labels": {}},
            {"dnsName": "alias.k8s.example", "targets": ["www.example.net"], "recordType": "CNAME", "recordTTL": 0, "labels": {}},
        ])
    );

    // A service that was made: its records, and those in which its owner is noted.
    let create = r#"{"create":[{"dnsName":"app.k8s.example","targets":["192.0.2.10","192.0.2.11"],"recordType":"A","recordTTL":60,"labels":{"owner":"default","resource":"service/default/app"}},{"dnsName":"a-app.k8s.example","targets":["\"heritage=external-dns,external-dns/owner=default,external-dns/resource=service/default/app\""],"recordType":"TXT","labels":{"ownedRecord":"app.k8s.example"}},{"dnsName":"alias.other.example","targets":["www.example.net"],"recordType":"CNAME"}],"updateOld":null,"updateNew":null,"delete":null}"#;
    let made = apply(&world, create).await;
    assert_eq!((made.status, made.body.as_str()), (204, ""), "{made:?}");
    world
        .until("app.k8s.example", "A", &["192.0.2.10", "192.0.2.11"])
        .await;
    world
        .until("alias.other.example", "CNAME", &["www.example.net"])
        .await;
    assert_eq!(
        records(&world, "app.k8s.example").await,
        [
            json!({"dnsName": "app.k8s.example", "targets": ["192.0.2.10", "192.0.2.11"], "recordType": "A", "recordTTL": 60, "labels": {}})
        ]
    );
    let owner = records(&world, "a-app.k8s.example").await;
    let heritage = "\"heritage=external-dns,external-dns/owner=default,external-dns/resource=service/default/app\"";
    assert_eq!(owner[0]["targets"], json!([heritage]));
    let alias = records(&world, "alias.other.example").await;
    assert_eq!(alias[0]["targets"], json!(["www.example.net"]));

    // Again: what is done already is no new revision.
    let revision = |world: &World| {
        let login = basic("anna", PASSWORD);
        let head = format!("Authorization: {login}\r\n");
        let address = world.gateway.address();
        let asked = format!("GET /api/v1/zones/k8s.example HTTP/1.0\r\n{head}\r\n");
        let shown = super::http::send(address, asked.as_bytes());
        let shown: Value = serde_json::from_str(&shown.body).unwrap();
        shown["revision"].as_u64().unwrap()
    };
    let before = revision(&world);
    assert_eq!(apply(&world, create).await.status, 204);
    assert_eq!(revision(&world), before);

    // Older clients begin members with upper-case letters. An A record becomes a CNAME.
    let change = r#"{"Create":[{"dnsName":"moved.k8s.example","targets":["www.example.net"],"recordType":"CNAME"}],"UpdateOld":[{"dnsName":"app.k8s.example","targets":["192.0.2.10","192.0.2.11"],"recordType":"A","recordTTL":60}],"UpdateNew":[{"dnsName":"app.k8s.example","targets":["192.0.2.12"],"recordType":"A","recordTTL":60}],"Delete":[{"dnsName":"a-app.k8s.example","targets":["\"heritage=external-dns,external-dns/owner=default,external-dns/resource=service/default/app\""],"recordType":"TXT"},{"dnsName":"www.k8s.example","targets":["192.0.2.80"],"recordType":"A","recordTTL":300}]}"#;
    let made = apply(&world, change).await;
    assert_eq!(made.status, 204, "{made:?}");
    assert_eq!(revision(&world), before + 1);
    world.until("app.k8s.example", "A", &["192.0.2.12"]).await;
    assert_eq!(records(&world, "a-app.k8s.example").await, [Value::Null; 0]);
    assert_eq!(records(&world, "www.k8s.example").await, [Value::Null; 0]);
    let swap = r#"{"create":[{"dnsName":"app.k8s.example","targets":["www.example.net"],"recordType":"CNAME"}],"delete":[{"dnsName":"app.k8s.example","targets":["192.0.2.12"],"recordType":"A"}]}"#;
    assert_eq!(apply(&world, swap).await.status, 204);
    world
        .until("app.k8s.example", "CNAME", &["www.example.net"])
        .await;
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_the_next_try_may_do_is_answered_with_5xx() {
    let world = World::start(ON).await;
    // The zones are not there yet.
    assert_eq!(world.raw("GET", "/records", ACCEPT, "").await.status, 503);
    let a =
        |name: &str, target: &str| json!({"dnsName": name, "targets": [target], "recordType": "A"});
    let create = |endpoint: Value| json!({"create": [endpoint]}).to_string();
    let early = apply(&world, &create(a("app.k8s.example", "192.0.2.1"))).await;
    assert_eq!(early.status, 503, "{early:?}");
    zone(&world, "k8s.example").await;
    zone(&world, "other.example").await;
    for (body, status, why) in [
        ("{".to_owned(), 400, "JSON"),
        (r#"{"create": 1}"#.to_owned(), 400, "invalid type"),
        (
            create(a("app.example.org", "192.0.2.1")),
            422,
            "webhook_zones",
        ),
        (create(a("k8s.example.", "no address")), 422, "no address"),
        (
            create(
                json!({"dnsName": "x.k8s.example", "targets": ["x"], "recordType": "CNAME", "recordTTL": -1}),
            ),
            422,
            "recordTTL",
        ),
        (
            create(
                json!({"dnsName": "www.k8s.example", "targets": ["x.example"], "recordType": "CNAME"}),
            ),
            409,
            "CNAME",
        ),
        (
            create(json!({"dnsName": "x.k8s.example", "targets": ["x"], "recordType": "CAA"})),
            422,
            "CAA",
        ),
    ] {
        let answer = apply(&world, &body).await;
        assert_eq!(answer.status, status, "{body}: {answer:?}");
        assert!(answer.body.contains(why), "{body}: {answer:?}");
    }
    // What is wrong with one endpoint keeps all others from being made.
    let half = json!({"create": [a("app.k8s.example", "192.0.2.1"), a("bad.other.example", "x")]});
    assert_eq!(apply(&world, &half.to_string()).await.status, 422);
    assert_eq!(records(&world, "app.k8s.example").await, [Value::Null; 0]);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_limits_the_zones_and_without_zones_there_is_no_such_face() {
    let world = World::start(ON).await;
    zone(&world, "k8s.example").await;
    let login = format!(
        "Authorization: {}\r\nContent-Type: application/json\r\n",
        basic("anna", PASSWORD)
    );
    let mut tokens = Vec::new();
    for zone in ["k8s.example", "svc.example"] {
        let grant =
            json!({"name": zone, "zones": [zone], "actions": ["read", "edit"], "types": ["A"]});
        let address = world.gateway.address();
        let made = world
            .raw_at(
                address,
                "POST",
                "/api/v1/tokens",
                &login,
                &grant.to_string(),
            )
            .await;
        let made: Value = serde_json::from_str(&made.body).unwrap();
        // As a part of the address: http://any:TOKEN@host:port
        let login = basic("any", made["token"].as_str().unwrap());
        tokens.push(format!("{ACCEPT}Authorization: {login}\r\n"));
    }
    let filter = value(&world.raw("GET", "/", &tokens[0], "").await);
    assert_eq!(filter["include"], json!(["k8s.example"]));
    assert_eq!(world.raw("GET", "/", &tokens[1], "").await.status, 403);
    let txt = r#"{"create":[{"dnsName":"a.k8s.example","targets":["\"x\""],"recordType":"TXT"}]}"#;
    let refused = world.raw("POST", "/records", &tokens[0], txt).await;
    assert_eq!(refused.status, 403, "{refused:?}");
    let world = world.restart("").await;
    for path in ["/", "/records", "/healthz"] {
        assert_eq!(
            world.raw("GET", path, ACCEPT, "").await.status,
            404,
            "{path}"
        );
    }
    world.stop().await;
}
