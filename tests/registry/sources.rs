//! Directories of zone files that are watched, in a gateway with the built-in server.

use std::path::Path;
use std::time::Instant;

use serde_json::Value;
use tempfile::TempDir;

use super::http::{basic, master_request, send};
use super::world::{PASSWORD, PATIENCE, World};

/// A zone with one address.
fn zone(serial: u32, address: &str) -> String {
    format!(
        "$TTL 300\n@ IN SOA ns1.example.net. admin.example.net. {serial} 7200 3600 604800 300\n@ NS ns1.example.net.\n\
         www A {address}\n"
    )
}

/// A gateway that watches `directory`.
async fn watching(directory: &Path, more: &str) -> World {
    World::start(&keys(directory, more)).await
}

fn keys(directory: &Path, more: &str) -> String {
    format!(
        "sources:\n  unchanged_ms: 20\n  watched:\n    - name: zones\n      path: {}\n{more}",
        directory.display()
    )
}

impl World {
    /// A request to the gateway's own address, as operator anna.
    async fn ask(&self, method: &str, target: &str, body: &str) -> (u16, String) {
        let address = self.gateway.address();
        let request = format!(
            "{method} {target} HTTP/1.0\r\nHost: 127.0.0.1\r\nAuthorization: {}\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n{body}",
            basic("anna", PASSWORD),
            body.len()
        );
        let answer = tokio::task::spawn_blocking(move || send(address, request.as_bytes()));
        let answer = answer.await.unwrap();
        (answer.status, answer.body)
    }

    /// A request to the gateway's own address, as a master.
    async fn ask_as_master(&self, target: &str, body: &str) -> (u16, String) {
        let login = basic("directdnsonly", PASSWORD);
        let request = master_request("POST", target, &login, body.as_bytes());
        let address = self.gateway.address();
        let answer = tokio::task::spawn_blocking(move || send(address, &request));
        let answer = answer.await.unwrap();
        (answer.status, answer.body)
    }

    async fn source(&self) -> Value {
        let (status, body) = self.ask("GET", "/api/v1/sources", "").await;
        assert_eq!(status, 200, "{body}");
        let all: Value = serde_json::from_str(&body).unwrap();
        all[0].clone()
    }

    /// Waits until the source is as `fits` says.
    async fn until_source(&self, fits: impl Fn(&Value) -> bool) -> Value {
        let began = Instant::now();
        loop {
            let source = self.source().await;
            if fits(&source) {
                return source;
            }
            assert!(began.elapsed() < PATIENCE, "{source:#}");
        }
    }

    /// Waits until a file is in this state, and returns what is said of it.
    async fn until_file(&self, file: &str, state: &str) -> Value {
        let of = |source: &Value| {
            let files = source["files"].as_array().unwrap();
            let found = files.iter().find(|known| known["file"] == file);
            found.filter(|found| found["state"] == state).cloned()
        };
        let source = self.until_source(|source| of(source).is_some()).await;
        of(&source).unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn zone_files_are_served_as_they_are_written_and_changed() {
    let directory = TempDir::new().unwrap();
    let path = directory.path();
    std::fs::write(path.join("a.example.zone"), zone(1, "192.0.2.1")).unwrap();
    let world = watching(path, "").await;
    world.until("www.a.example", "A", &["192.0.2.1"]).await;

    // A new one, and one that takes the place of another as editors do it.
    std::fs::write(path.join("db.b.example"), zone(1, "192.0.2.2")).unwrap();
    world.until("www.b.example", "A", &["192.0.2.2"]).await;
    std::fs::write(path.join(".a.example.zone.swp"), "half a").unwrap();
    std::fs::write(path.join("new~"), zone(2, "192.0.2.3")).unwrap();
    std::fs::rename(path.join("new~"), path.join("a.example.zone")).unwrap();
    world.until("www.a.example", "A", &["192.0.2.3"]).await;

    // A name that says nothing: $ORIGIN does.
    let text = format!("$ORIGIN c.example.\n{}", zone(1, "192.0.2.4"));
    std::fs::write(path.join("manifest"), text).unwrap();
    world.until("www.c.example", "A", &["192.0.2.4"]).await;

    let source = world.source().await;
    assert_eq!(
        (&source["total"], &source["not_accepted"]),
        (&3.into(), &0.into()),
        "{source}"
    );
    let (_, shown) = world.ask("GET", "/api/v1/zones/a.example", "").await;
    assert!(shown.contains("\"source zones\""), "{shown}");
    let shown = world.command(&["sources"]).await;
    assert!(
        shown.contains("a.example.zone  a.example  accepted as revision 2"),
        "{shown}"
    );
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_that_is_refused_is_reported_with_its_line_and_changes_nothing() {
    let directory = TempDir::new().unwrap();
    let path = directory.path();
    std::fs::write(path.join("a.example.zone"), zone(1, "192.0.2.1")).unwrap();
    let world = watching(path, "").await;
    world.until("www.a.example", "A", &["192.0.2.1"]).await;
    std::fs::write(path.join("a.example.zone"), zone(2, "192.0.2.256")).unwrap();
    let file = world.until_file("a.example.zone", "refused").await;
    let detail = file["detail"].as_str().unwrap();
    assert!(
        detail.contains("line 4") && detail.contains("192.0.2.256"),
        "{detail}"
    );
    assert_eq!(world.resolve("www.a.example", "A"), ["192.0.2.1"]);
    let shown = world.command(&["sources"]).await;
    assert!(
        shown.contains("1 not accepted") && shown.contains("line 4"),
        "{shown}"
    );
    let (_, shown) = world.ask("GET", "/api/v1/refused", "").await;
    assert!(
        shown.contains("source zones") && shown.contains("line 4"),
        "{shown}"
    );
    let (_, shown) = world.ask("GET", "/metrics", "").await;
    assert!(
        shown.contains("dadns_source_files_not_accepted{source=\"zones\"} 1"),
        "{shown}"
    );

    // A link that leads out, and a text that nothing can be made of, are said too.
    std::os::unix::fs::symlink("/etc/passwd", path.join("b.example.zone")).unwrap();
    let file = world.until_file("b.example.zone", "refused").await;
    assert!(
        file["detail"].as_str().unwrap().contains("leads out"),
        "{file}"
    );
    std::fs::write(path.join("what"), "x").unwrap();
    let file = world.until_file("what", "refused").await;
    assert!(
        file["detail"].as_str().unwrap().contains("$ORIGIN"),
        "{file}"
    );
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_zone_goes_with_its_file_only_if_that_is_asked_for_and_never_all_of_them() {
    let directory = TempDir::new().unwrap();
    let path = directory.path();
    let (a, b) = (path.join("a.example.zone"), path.join("b.example.zone"));
    std::fs::write(&a, zone(1, "192.0.2.1")).unwrap();
    std::fs::write(&b, zone(1, "192.0.2.2")).unwrap();
    let world = watching(path, "").await;
    world.until("www.a.example", "A", &["192.0.2.1"]).await;
    world.until("www.b.example", "A", &["192.0.2.2"]).await;
    std::fs::remove_file(&b).unwrap();
    world.until_source(|source| source["total"] == 1).await;
    assert_eq!(world.resolve("www.b.example", "A"), ["192.0.2.2"]);

    // It went while nobody looked.
    let world = world.restart(&keys(path, "      remove: true\n")).await;
    world.until("www.b.example", "A", &[]).await;
    assert_eq!(world.resolve("www.a.example", "A"), ["192.0.2.1"]);

    // An empty directory is more likely one that is not mounted.
    std::fs::remove_file(&a).unwrap();
    let told = |source: &Value| {
        source["trouble"]
            .as_str()
            .is_some_and(|trouble| trouble.contains("no zone file at all"))
    };
    world.until_source(told).await;
    assert_eq!(world.resolve("www.a.example", "A"), ["192.0.2.1"]);
    drop(directory);
    let told = |source: &Value| {
        source["trouble"]
            .as_str()
            .is_some_and(|trouble| trouble.contains("cannot be"))
    };
    world.until_source(told).await;
    assert_eq!(world.resolve("www.a.example", "A"), ["192.0.2.1"]);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_takes_no_zone_from_a_master_and_waits_for_it() {
    let directory = TempDir::new().unwrap();
    let world = watching(directory.path(), "").await;
    let target =
        "/CMD_API_DNS_ADMIN?action=rawsave&domain=a.example&hostname=da1.example.net&username=u";
    let (_, body) = world.ask_as_master(target, &zone(1, "192.0.2.1")).await;
    assert!(body.contains("error=0"), "{body}");
    world.until("www.a.example", "A", &["192.0.2.1"]).await;
    std::fs::write(
        directory.path().join("a.example.zone"),
        zone(9, "192.0.2.9"),
    )
    .unwrap();
    let file = world.until_file("a.example.zone", "not_owner").await;
    assert!(
        file["detail"].as_str().unwrap().contains("da1.example.net"),
        "{file}"
    );
    assert_eq!(world.resolve("www.a.example", "A"), ["192.0.2.1"]);
    // Two files of one zone: the first that came.
    std::fs::write(
        directory.path().join("b.example.zone"),
        zone(1, "192.0.2.2"),
    )
    .unwrap();
    world.until("www.b.example", "A", &["192.0.2.2"]).await;
    std::fs::write(directory.path().join("b.example.db"), zone(1, "192.0.2.3")).unwrap();
    let file = world.until_file("b.example.db", "not_owner").await;
    assert!(
        file["detail"].as_str().unwrap().contains("b.example.zone"),
        "{file}"
    );
    world.stop().await;
}
