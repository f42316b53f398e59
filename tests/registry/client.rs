//! The crate `dadns-client`, the module for Python and the commands that register, against a gateway.

use std::path::Path;
use std::time::{Duration, Instant};

use dadns_client::api::{Change, Op};
use dadns_client::{Api, Connection, Finder, Login, Registration, Registry, Wish};
use serde_json::json;

use super::world::{PASSWORD, World};

fn registry(world: &World) -> Registry {
    let url = format!("http://{}", world.registry());
    Registry::new(Connection::new(url, Login::Nothing))
}

/// Waits for something without a limit of its own: that of the test is enough.
async fn until(what: &str, mut condition: impl AsyncFnMut() -> bool) {
    let began = Instant::now();
    while !condition().await {
        assert!(
            began.elapsed() < Duration::from_secs(30),
            "in vain until {what}"
        );
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_crate_keeps_an_instance_registered_whatever_the_registry_forgets() {
    let world = World::start("").await;
    let registry = registry(&world);
    let web = Registration::new("web", "1/a b", 8080)
        .host("192.0.2.1")
        .tag("blue")
        .meta("version", 2);
    let kept = registry.keep(web, Duration::from_millis(50)).await.unwrap();
    world
        .until("blue.web.service.svc.example", "A", &["192.0.2.1"])
        .await;
    kept.busy(true).await.unwrap();
    let busy = registry.discover(&Wish::of("web")).await.unwrap_err();
    assert_eq!(busy.status(), Some(404), "{busy}");
    kept.busy(false).await.unwrap();
    // With all that was said of it, and not only where it is.
    registry.deregister("web", "1/a b").await.unwrap();
    let wish = Wish::of("web").require("version", 2).tag("blue");
    until("it is registered again", async || {
        registry.discover(&wish).await.is_ok()
    })
    .await;
    assert_eq!(kept.trouble(), None);
    registry
        .maintenance("web", "1/a b", Some("a disk"))
        .await
        .unwrap();
    world.until("web.service.svc.example", "A", &[]).await;
    registry.maintenance("web", "1/a b", None).await.unwrap();
    world
        .until("web.service.svc.example", "A", &["192.0.2.1"])
        .await;
    kept.close().await.unwrap();
    let gone = registry.discover(&wish).await.unwrap_err();
    assert_eq!(gone.to_string(), "No web service available");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_finder_remembers_turns_to_others_and_answers_while_the_gateway_is_stopped() {
    let world = World::start("").await;
    let registry = registry(&world);
    for number in 1..=2 {
        let new = Registration::new("db", number.to_string(), 5432);
        let new = new.host(format!("192.0.2.{number}"));
        registry.register(&new).await.unwrap();
    }
    let fresh = Finder::new(registry.clone(), Duration::from_secs(3_600));
    let old = Finder::new(registry.clone(), Duration::ZERO);
    let wish = Wish::of("db").strategy("round_robin");
    let first = fresh.find(&wish).await.unwrap();
    assert_eq!(fresh.find(&wish).await.unwrap(), first, "it is remembered");
    old.find(&wish).await.unwrap();
    world.stop().await;
    fresh.failed(&wish, &first.url);
    let second = fresh.find(&wish).await.unwrap();
    assert_eq!(second.url, first.failover[0]);
    assert!(old.find(&wish).await.is_ok(), "old, and better than none");
    let other = old.find(&Wish::of("other")).await.unwrap_err();
    assert_eq!(other.status(), None, "{other}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_crate_creates_a_zone_edits_it_and_waits_until_it_is_verified() {
    let world = World::start("").await;
    let login = Login::Account {
        name: "anna".to_owned(),
        password: PASSWORD.to_owned(),
    };
    let url = format!("http://{}", world.gateway.address());
    let api = Api::new(Connection::new(url, login));
    api.create("example.org", &[]).await.unwrap();
    let www = Change::new(Op::Replace, "www", "A")
        .ttl(300)
        .record("192.0.2.7");
    let changed = api.edit("example.org", vec![www]).await.unwrap();
    assert!(changed.changed && changed.revision == 2, "{changed:?}");
    let patience = Duration::from_secs(30);
    let waited = api.wait("example.org", Some(2), patience).await.unwrap();
    assert!(waited.verified, "{waited:?}");
    assert_eq!(world.resolve("www.example.org", "A"), ["192.0.2.7"]);
    let records = api.records("example.org").await.unwrap();
    let www = records.iter().find(|set| set.name == "www.example.org.");
    assert_eq!(www.unwrap().layer, "records");
    let zones = api.zones().await.unwrap();
    assert!(zones.iter().any(|zone| zone.zone == "example.org"));
    let wrong = Change::new(Op::Add, "www", "A").record("no address");
    let refused = api.edit("example.org", vec![wrong]).await.unwrap_err();
    assert!(refused.to_string().contains("www A"), "{refused}");
    api.delete("example.org").await.unwrap();
    assert!(!api.zone("example.org").await.unwrap().present);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_line_registers_takes_out_and_removes_whoever_registered() {
    let world = World::start("").await;
    // One of a client that knows no agents.
    let other = json!({"server": "web", "instance_id": 2, "port": 81, "host": "192.0.2.2"});
    world.json("POST", "/register", other.clone(), 200).await;
    let web = [
        "services",
        "register",
        "web",
        "web/1",
        "--address",
        "192.0.2.1",
        "--port",
        "80",
        "--tags",
        "blue,v1",
        "--meta",
        "rack=7",
    ];
    let done = world.command(&web).await;
    assert_eq!(done, "instance web/1 of web is registered\n");
    world
        .until("blue.web.service.svc.example", "A", &["192.0.2.1"])
        .await;
    // It was there before, and needs no token from now on either.
    world.json("POST", "/register", other, 200).await;
    let both = ["192.0.2.1", "192.0.2.2"];
    world.until("web.service.svc.example", "A", &both).await;
    let out = ["services", "maintenance", "web", "2", "--reason", "a disk"];
    let done = world.command(&out).await;
    assert_eq!(done, "instance 2 of web is taken out\n");
    world
        .until("web.service.svc.example", "A", &both[..1])
        .await;
    let shown = world.command(&["services", "web"]).await;
    assert!(shown.contains("maintenance: a disk"), "{shown}");
    let back = ["services", "maintenance", "web", "2", "--off"];
    assert_eq!(world.command(&back).await, "instance 2 of web is back in\n");
    world.until("web.service.svc.example", "A", &both).await;
    for id in ["web/1", "2"] {
        let done = world.command(&["services", "deregister", "web", id]).await;
        assert_eq!(done, format!("instance {id} of web is removed\n"));
    }
    world.until("web.service.svc.example", "A", &[]).await;
    let missing = world.command(&["services", "deregister", "web", "3"]).await;
    assert_eq!(missing, "dadns: there is no such instance\n");
    let scripted = ["services", "register", "web", "--address", "0.0.0.0"];
    let refused = world.command(&scripted).await;
    assert!(refused.contains("Invalid service address"), "{refused}");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_module_for_python_does_what_the_examples_of_jarvis_dns_show() {
    if !super::support::have(&["python3"], "the module for Python") {
        return;
    }
    let world = World::start("").await;
    let top = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut command = std::process::Command::new("timeout");
    command
        .args(["100", "python3"])
        .arg(top.join("tests/registry/python.py"))
        .arg(format!("http://{}", world.registry()))
        .env("PYTHONPATH", top.join("client/python"))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env_remove("DNS_SERVER_URL")
        .env_remove("HOST");
    let output = tokio::task::spawn_blocking(move || command.output()).await;
    let output = output.unwrap().unwrap();
    let printed = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{printed}");
    assert!(printed.contains("all as the examples say"), "{printed}");
    world.stop().await;
}
