//! A gateway with a zone that a master pushed, and everything that a client needs to edit it.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};

use serde_json::Value;
use tempfile::TempDir;

use crate::client::{client, run};
use crate::powerdns::PowerDns;
use crate::support::builtin::Builtin;
use crate::support::dns::{Key, NameServer};
use crate::support::gateway::Gateway;
use crate::support::http::{Answer, api_request, send};
use crate::support::named::Named;
use crate::support::{eventually, zone_text};

/// The zone of all tests.
pub const ZONE: &str = "example.com";

/// Who serves the zone to those who ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Served {
    ByBuiltin,
    ByBind,
}

pub struct World {
    server: Server,
    /// Who serves the zone.
    pub dns: SocketAddr,
    /// Who takes dynamic updates and gives transfers.
    pub updates: SocketAddr,
    /// Who takes API calls.
    pub api: SocketAddr,
    pub token: String,
    pub key: Key,
    /// A key that may change challenges and nothing else. PowerDNS has none of that kind.
    pub acme_key: Key,
    directory: TempDir,
    pushes: AtomicU8,
}

enum Server {
    Dadns(
        Box<Gateway>,
        #[expect(dead_code, reason = "it lives as long as the test")] Option<Named>,
    ),
    PowerDns(#[expect(dead_code, reason = "it lives as long as the test")] PowerDns),
}

impl World {
    pub fn new(served: Served) -> Self {
        Self::with("", served)
    }

    /// With further keys of the configuration, below `app`.
    pub fn with(app: &str, served: Served) -> Self {
        let key = key_of("clients", "c2VjcmV0IG9mIGEgdGVzdCwgMzIgYnl0ZXMgbG9uZyE=");
        let directory = TempDir::new().unwrap();
        let pushes = AtomicU8::new(1);
        if std::env::var("DADNS_TEST_TOOLS_AGAINST").as_deref() == Ok("powerdns") {
            let token = "a-token-of-tests".to_owned();
            let text = zone_text(ZONE, 1, "192.0.2.1");
            let powerdns = PowerDns::start(ZONE, &text, &key, &token);
            return Self {
                dns: powerdns.dns,
                updates: powerdns.dns,
                api: powerdns.api,
                server: Server::PowerDns(powerdns),
                token,
                acme_key: key.clone(),
                key,
                directory,
                pushes,
            };
        }
        let acme_key = key_of("acme", "YSBrZXkgZm9yIGNoYWxsZW5nZXMgYW5kIG5vIG1vcmU=");
        let builtin = Builtin::new();
        let keys = [&key, &acme_key].map(|key| {
            let Key {
                name,
                algorithm,
                secret,
            } = key;
            format!("\"{algorithm}:{name}:{secret}\"")
        });
        let mut backends = vec![builtin.backend(&format!(
            "      tsig_keys: [{}]\n      allow_transfer: [\"127.0.0.1 clients\"]\n      \
             allow_update: [\"127.0.0.1 clients\", \"127.0.0.1 acme\"]\n",
            keys.join(", ")
        ))];
        let named = (served == Served::ByBind).then(Named::start);
        backends.extend(named.iter().map(|named| named.backend("bind")));
        let grants = "records:\n  nameservers: [ns1.example.com.]\nupdates:\n  grants:\n    - key: acme\n      \
                      names: [_acme-challenge, _acme-challenge.*]\n      types: [TXT]\n";
        let gateway = Gateway::start_with(&format!("{app}{grants}"), &backends);
        let all = ["--zones", "*", "--actions", "read,edit,create,delete"];
        let token = token(&gateway, "clients", &all);
        let world = Self {
            dns: named.as_ref().map_or(builtin.dns, |named| named.dns),
            updates: builtin.dns,
            api: gateway.address,
            server: Server::Dadns(Box::new(gateway), named),
            token,
            key,
            acme_key,
            directory,
            pushes,
        };
        world.push(&zone_text(ZONE, 1, "192.0.2.1"));
        world
    }

    /// Where the registry listens.
    pub fn registry(&mut self) -> SocketAddr {
        let Server::Dadns(gateway, _) = &mut self.server else {
            panic!("PowerDNS has no registry");
        };
        let line = gateway.logs("The registry takes services at http://127");
        let rest = line.split("http://").nth(1).unwrap();
        rest.split(' ').next().unwrap().parse().unwrap()
    }

    /// A token that can do no more than clients of ACME need. PowerDNS has one key for everything.
    pub fn acme_token(&self) -> String {
        match &self.server {
            Server::Dadns(gateway, _) => token(gateway, "acme", &["--acme", "--zones", ZONE]),
            Server::PowerDns(_) => self.token.clone(),
        }
    }

    /// The URL of the API, with this path.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.api)
    }

    /// A file for the client.
    pub fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        let private = std::os::unix::fs::PermissionsExt::from_mode(0o600);
        std::fs::set_permissions(&path, private).unwrap();
        path
    }

    /// A path for the client.
    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// A call below `/api/v1/servers/localhost`.
    pub fn call(&self, method: &str, path: &str, body: &str) -> Answer {
        let target = format!("/api/v1/servers/localhost{path}");
        send(self.api, &api_request(method, &target, &self.token, body))
    }

    /// The zone as the API has it.
    pub fn zone(&self) -> Value {
        let answer = self.call("GET", &format!("/zones/{ZONE}."), "");
        assert_eq!(answer.status, 200, "{answer:?}");
        serde_json::from_str(&answer.body).unwrap()
    }

    /// What the API has of one RRset, sorted.
    pub fn rrset(&self, name: &str, rtype: &str) -> Vec<String> {
        let zone = self.zone();
        let sets = zone["rrsets"].as_array().unwrap().iter();
        let mut set = sets.filter(|set| set["name"] == name && set["type"] == rtype);
        let Some(set) = set.next() else {
            return Vec::new();
        };
        let records = set["records"].as_array().unwrap().iter();
        let mut contents: Vec<_> = records
            .map(|record| record["content"].as_str().unwrap().to_owned())
            .collect();
        contents.sort();
        contents
    }

    /// Waits until DNS answers with this; several records are sorted.
    pub fn serves(&self, name: &str, rtype: &str, wanted: &[&str]) {
        eventually(&format!("{name} {rtype} is {wanted:?}"), || {
            let answer = self.dns.dig(&["+norecurse", "+short", name, rtype]);
            let mut lines: Vec<_> = answer.lines().collect();
            lines.sort_unstable();
            (lines == wanted).then_some(())
        });
    }

    /// A push of the zone by its master, until it is served. PowerDNS has no master that pushes.
    pub fn push(&self, text: &str) {
        if let Server::Dadns(gateway, _) = &self.server {
            assert_eq!(gateway.push(ZONE, text), "error=0");
            let waited = gateway.get(&format!("/api/v1/zones/{ZONE}/wait"));
            assert!(waited.contains("\"verified\":true"), "{waited}");
        }
    }

    /// Whether pushes change the zone.
    pub fn is_pushed(&self) -> bool {
        matches!(self.server, Server::Dadns(..))
    }

    /// A dynamic update of one line.
    pub fn update(&self, line: &str) {
        let Key {
            name,
            algorithm,
            secret,
        } = &self.key;
        let (host, port) = (self.updates.ip(), self.updates.port());
        let file = self.file(
            "nsupdate",
            &format!("server {host} {port}\nzone {ZONE}\n{line}\nsend\n"),
        );
        run(client("nsupdate")
            .args(["-y", &format!("{algorithm}:{name}:{secret}")])
            .arg(file));
    }

    /// Runs a client while the master pushes the zone again and again, and sees that nothing is lost: neither
    /// what was edited before, nor the last push.
    pub fn while_pushing<T>(&self, client: impl FnOnce() -> T) -> T {
        let kept = format!("kept.{ZONE}.");
        self.update(&format!("add {kept} 300 TXT \"kept\""));
        let done = AtomicBool::new(false);
        let before = self.pushes.load(Ordering::SeqCst);
        let result = std::thread::scope(|scope| {
            scope.spawn(|| {
                while self.is_pushed() && !done.load(Ordering::SeqCst) {
                    self.push_next();
                }
            });
            // The pushes end when the client does, however it ends.
            let _ends = Ends(&done);
            client()
        });
        if self.is_pushed() {
            assert!(
                self.pushes.load(Ordering::SeqCst) != before,
                "no push came between"
            );
            self.push_next();
        }
        self.serves(&format!("www.{ZONE}"), "A", &[&self.address()]);
        self.serves(&kept, "TXT", &["\"kept\""]);
        result
    }

    fn push_next(&self) {
        let pushes = self.pushes.fetch_add(1, Ordering::SeqCst).wrapping_add(1);
        self.push(&zone_text(ZONE, u32::from(pushes), &self.address()));
    }

    /// The address of `www` in the last push.
    fn address(&self) -> String {
        format!("192.0.2.{}", self.pushes.load(Ordering::SeqCst))
    }
}

fn key_of(name: &str, secret: &str) -> Key {
    Key {
        name: name.to_owned(),
        algorithm: "hmac-sha256".to_owned(),
        secret: secret.to_owned(),
    }
}

/// A new token of these scopes.
pub fn token(gateway: &Gateway, name: &str, scopes: &[&str]) -> String {
    let arguments = [&["token", "create", name], scopes, &["--json"]].concat();
    let (status, printed, errors) = gateway.command(&arguments);
    assert!(status.success(), "{errors}");
    let made: Value = serde_json::from_str(&printed).unwrap();
    made["token"].as_str().unwrap().to_owned()
}

struct Ends<'a>(&'a AtomicBool);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}
