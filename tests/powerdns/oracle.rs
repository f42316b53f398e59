//! The same calls to this face and to a real PowerDNS 4.7.3; status and body are compared field by field but for
//! what differs on purpose.

use serde_json::{Value, json};

use super::{World, ZONES, ask, set};
use crate::needs;
use crate::support::powerdns::{KEY, PowerDns};

/// Fields that differ: versions and serials (ours belong to the gateway), and what PowerDNS counts otherwise.
const DIFFERENT: &[&str] = &[
    "serial",
    "edited_serial",
    "notified_serial",
    "version",
    "modified_at",
    "autoprimaries_url",
];

/// A call: method, path, body; `true`: the words of a 2xx answer are compared too.
struct Call(&'static str, String, Value, bool);

fn calls() -> Vec<Call> {
    let zone = format!("{ZONES}/a.example.");
    let get = |path: &str| Call("GET", path.to_owned(), Value::Null, true);
    let patch = |sets: Value| {
        Call(
            "PATCH",
            format!("{ZONES}/a.example."),
            json!({"rrsets": sets}),
            true,
        )
    };
    let soa = set(
        "REPLACE",
        "a.example.",
        "SOA",
        3600,
        &["ns1.a.example. host.a.example. 2026010101 10800 3600 604800 3600"],
    );
    let create = json!({"name": "a.example.", "kind": "master", "account": "admin", "masters": [],
        "nameservers": ["ns1.a.example."],
        "rrsets": [soa, set("REPLACE", "ns1.a.example.", "A", 300, &["192.0.2.53"])]});
    let mut calls = vec![
        get("/api"),
        get("/api/v1/servers"),
        get("/api/v1/servers/localhost"),
        get("/api/v1/servers/other"),
        get(ZONES),
        get(&zone),
        Call("POST", ZONES.into(), create.clone(), true),
        Call("POST", ZONES.into(), create, true),
        get(ZONES),
        get(&format!("{ZONES}?zone=a.example.")),
        get(&format!("{ZONES}?zone=b.example.")),
        get(&format!("{ZONES}?zone=a.example")),
        get(&format!("{ZONES}?dnssec=false")),
        get(&zone),
        get(&format!("{ZONES}/A.Example")),
        get(&format!("{zone}?rrsets=false")),
        get(&format!("{zone}?rrsets=maybe")),
    ];
    for (name, rtype, contents) in [
        ("www.a.example.", "A", vec!["192.0.2.2", "192.0.2.1"]),
        ("www.a.example.", "AAAA", vec!["2001:db8::1"]),
        ("*.w.a.example.", "CNAME", vec!["www.a.example."]),
        (
            "a.example.",
            "MX",
            vec!["10 mail.example.net.", "20 mail2.example.net."],
        ),
        ("a.example.", "CAA", vec!["0 issue \"letsencrypt.org\""]),
        (
            "_sip._tcp.a.example.",
            "SRV",
            vec!["0 5 5060 sip.example.net."],
        ),
        (
            "t.a.example.",
            "TXT",
            vec!["\"one\"", "\"two words\" \"three\""],
        ),
        (
            "s.a.example.",
            "SSHFP",
            vec!["4 1 0a0b0c0d0e0f0a0b0c0d0e0f0a0b0c0d0e0f0a0b"],
        ),
    ] {
        calls.push(patch(json!([set("REPLACE", name, rtype, 300, &contents)])));
        calls.push(get(&zone));
    }
    let long = format!("\"{}\"", "x".repeat(300));
    let no_ttl = json!({"changetype": "REPLACE", "name": "n.a.example.", "type": "A", "records": [{"content": "192.0.2.1"}]});
    let priority = json!({"changetype": "REPLACE", "name": "n.a.example.", "type": "MX", "ttl": 1,
        "records": [{"content": "mail.example.net.", "priority": 10}]});
    for sets in [
        json!([set("REPLACE", "l.a.example.", "TXT", 60, &[&long])]),
        json!([set("DELETE", "www.a.example.", "AAAA", 0, &[])]),
        json!([set("DELETE", "nothing.a.example.", "AAAA", 0, &[])]),
        json!([set("REPLACE", "t.a.example.", "TXT", 0, &[])]),
        // Refused.
        json!([set("REPLACE", "www.b.example.", "A", 300, &["192.0.2.1"])]),
        json!([set("REPLACE", "www.a.example", "A", 300, &["192.0.2.1"])]),
        json!([set(
            "REPLACE",
            "www.a.example.",
            "CNAME",
            300,
            &["ns1.a.example."]
        )]),
        json!([set("REPLACE", "c.a.example.", "CNAME", 300, &["www"])]),
        json!([set(
            "REPLACE",
            "c.a.example.",
            "CNAME",
            300,
            &["x.a.example.", "y.a.example."]
        )]),
        json!([set("REPLACE", "c.a.example.", "TXT", 300, &["unquoted"])]),
        json!([set(
            "REPLACE",
            "c.a.example.",
            "A",
            300,
            &["192.0.2.1", "192.0.2.1"]
        )]),
        json!([set("REPLACE", "c.a.example.", "A", 300, &["192.0.2.256"])]),
        json!([set("REPLACE", "c.a.example.", "NOTYPE", 300, &["x"])]),
        json!([set("REPLACE", "c.a.example.", "ANY", 300, &["x"])]),
        json!([set("REPLACE", "c c.a.example.", "A", 300, &["192.0.2.1"])]),
        json!([set("SOMETHING", "c.a.example.", "A", 300, &["192.0.2.1"])]),
        json!([
            set("REPLACE", "c.a.example.", "A", 1, &["192.0.2.1"]),
            set("REPLACE", "c.a.example.", "A", 1, &["192.0.2.2"])
        ]),
        json!([no_ttl]),
        json!([priority]),
        json!([{"changetype": "REPLACE", "name": "c.a.example.", "type": "A", "ttl": 1}]),
        json!("no list"),
    ] {
        calls.push(patch(sets));
        calls.push(get(&zone));
    }
    calls.extend([
        get(&format!("{zone}?rrset_name=www.a.example.&rrset_type=A")),
        get(&format!("{zone}?rrset_name=nothing.a.example.")),
        Call("PUT", format!("{zone}/notify"), Value::Null, false),
        Call(
            "PUT",
            zone.clone(),
            json!({"kind": "Native", "account": "b"}),
            true,
        ),
        get(&zone),
        get(&format!("{zone}/cryptokeys")),
        get(&format!("{zone}/metadata")),
        get(&format!("{zone}/metadata/X-OWN")),
        Call(
            "PUT",
            format!("{zone}/metadata/X-OWN"),
            json!({"metadata": ["one", "two"]}),
            true,
        ),
        get(&format!("{zone}/metadata/X-OWN")),
        get("/api/v1/servers/localhost/tsigkeys"),
        get("/api/v1/servers/localhost/search-data?q=www.a.example&object_type=record"),
        get("/api/v1/servers/localhost/search-data?q=a.exa*&object_type=zone"),
        get("/api/v1/servers/localhost/search-data?q="),
        get("/api/v1/servers/localhost/search-data?q=x&object_type=other"),
        Call("DELETE", zone.clone(), Value::Null, true),
        Call("DELETE", zone.clone(), Value::Null, true),
        get(&zone),
    ]);
    calls
}

/// A body without what differs, its lists in an order of their own.
fn comparable(value: Value) -> Value {
    match value {
        Value::Object(object) => Value::Object(
            object
                .into_iter()
                .filter(|(key, _)| !DIFFERENT.contains(&key.as_str()))
                .map(|(key, value)| (key, comparable(value)))
                .collect(),
        ),
        Value::Array(list) => {
            let mut list: Vec<_> = list.into_iter().map(comparable).collect();
            list.sort_by_key(Value::to_string);
            Value::Array(list)
        }
        // The serial of a SOA.
        Value::String(text) if text.starts_with("ns1.a.example. host") => {
            let words = text.split(' ').enumerate().filter(|(at, _)| *at != 2);
            Value::String(words.map(|(_, word)| word).collect::<Vec<_>>().join(" "))
        }
        other => other,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_are_those_of_a_real_powerdns_but_for_what_differs_on_purpose() {
    needs!("pdns_server", "sqlite3");
    let (powerdns, world) = (PowerDns::start(), World::start().await);
    let key = format!("X-API-Key: {KEY}\r\n");
    let mut found = Vec::new();
    for Call(method, path, body, words) in calls() {
        let body = match body {
            Value::Null => String::new(),
            body => body.to_string(),
        };
        let theirs = ask(powerdns.api, &key, method, &path, &body).await;
        let ours = world.ask(method, &path, &body).await;
        let call = format!("{method} {path} {body}");
        if theirs.status != ours.status {
            found.push(format!(
                "{call}\n    theirs {} {}\n    ours {} {}",
                theirs.status, theirs.body, ours.status, ours.body
            ));
            continue;
        }
        if !words || ours.status >= 400 {
            // Errors are objects with one text.
            if ours.status >= 400 {
                let error: Value = serde_json::from_str(&ours.body).expect(&ours.body);
                assert!(error["error"].is_string(), "{call}: {}", ours.body);
            }
            continue;
        }
        let read = |text: &str| {
            comparable(serde_json::from_str(text).unwrap_or(Value::String(text.into())))
        };
        let (theirs, ours) = (read(&theirs.body), read(&ours.body));
        if theirs != ours {
            found.push(format!("{call}\n    theirs {theirs}\n    ours   {ours}"));
        }
    }
    assert!(
        found.is_empty(),
        "{} differences:\n{}",
        found.len(),
        found.join("\n")
    );
    world.gateway.stop().await;
}
