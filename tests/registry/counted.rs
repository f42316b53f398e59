//! What `/metrics` says of the registry.

use std::collections::BTreeMap;
use std::time::Instant;

use serde_json::{Value, json};

use super::http::{basic, master_request, send};
use super::instance;
use super::world::{PASSWORD, PATIENCE, World};

impl World {
    /// The series of the registry, with their values.
    async fn scrape(&self) -> BTreeMap<String, f64> {
        let login = basic("directdnsonly", PASSWORD);
        let request = master_request("GET", "/metrics", &login, b"");
        let address = self.gateway.address();
        let answer = tokio::task::spawn_blocking(move || send(address, &request));
        let answer = answer.await.unwrap();
        assert_eq!(answer.status, 200, "{answer:?}");
        let series = answer.body.lines().filter_map(|line| {
            let series = line.strip_prefix("dadns_registry_")?;
            let (series, value) = series.rsplit_once(' ')?;
            Some((series.to_owned(), value.parse().unwrap()))
        });
        series.collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_registered_refused_probed_and_published_is_counted() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    let world = World::start("  lease_seconds: 1\n  probe_networks: [127.0.0.0/8]\n").await;
    // Three of a service whose heartbeats end at once, after one each of one of them.
    for number in [1, 2, 3] {
        world.json("POST", "/register", instance(number), 200).await;
    }
    world.json("POST", "/register", json!({}), 400).await;
    let beat = json!({"server": "oauth", "instance_id": 1});
    world.json("POST", "/heartbeat", beat, 200).await;
    let probed = json!({"Name": "db", "Port": at.port(), "Check": {"TCP": at, "Interval": "1s"}});
    world
        .json("PUT", "/v1/agent/service/register", probed, 200)
        .await;
    world
        .json("PUT", "/v1/agent/service/register", Value::Null, 400)
        .await;
    world.get("/v1/nothing", 404).await;

    let began = Instant::now();
    let found = loop {
        let found = world.scrape().await;
        let is_probed = found[r#"probes_total{kind="tcp",result="passing"}"#] > 0.0;
        let are_out = found[r#"instances{status="critical"}"#] == 3.0;
        if is_probed && are_out && found["stale_services"] > 0.0 {
            break found;
        }
        assert!(began.elapsed() < PATIENCE, "{found:#?}");
    };
    let expected = [
        (r#"instances{status="passing"}"#, 1.0),
        (r#"instances{status="critical"}"#, 3.0),
        (r#"instances{status="warning"}"#, 0.0),
        (r#"instances{status="maintenance"}"#, 0.0),
        ("stale_services", 1.0),
        ("heartbeats_total", 1.0),
        (r#"registrations_total{face="jarvis",result="done"}"#, 3.0),
        (
            r#"registrations_total{face="jarvis",result="refused"}"#,
            1.0,
        ),
        (r#"registrations_total{face="consul",result="done"}"#, 1.0),
        (
            r#"registrations_total{face="consul",result="refused"}"#,
            1.0,
        ),
        (r#"registrations_total{face="pools",result="done"}"#, 0.0),
        (r#"requests_total{face="jarvis",result="done"}"#, 4.0),
        (r#"requests_total{face="consul",result="refused"}"#, 2.0),
        (r#"probes_total{kind="http",result="passing"}"#, 0.0),
    ];
    for (series, value) in expected {
        assert_eq!(found.get(series), Some(&value), "{series} {found:#?}");
    }
    assert!(found["published_seconds_count"] >= 1.0, "{found:#?}");
    assert!(found["published_seconds_sum"] > 0.0, "{found:#?}");

    // The example alerts ask for what there is.
    let alerts = concat!(env!("CARGO_MANIFEST_DIR"), "/docker/prometheus/alerts.yml");
    let alerts = std::fs::read_to_string(alerts).unwrap();
    let words = alerts.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let asked: Vec<_> = words
        .filter_map(|word| word.strip_prefix("dadns_registry_"))
        .collect();
    assert!(asked.len() >= 3, "{asked:?}");
    for name in asked {
        let mut series = found.keys();
        assert!(series.any(|known| known.starts_with(name)), "{name}");
    }
    world.stop().await;
}
