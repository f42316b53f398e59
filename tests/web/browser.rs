//! A browser without scripts, and a gateway for it.

use std::net::SocketAddr;

use dadns::app::Gateway;
use dadns::config::Config;
use tempfile::TempDir;

use crate::http::{Answer, api_request, basic, master_request, send};

pub const USER: &str = "directdnsonly";
pub const PASSWORD: &str = "a-secret-of-tests";

/// A gateway with the built-in server, and more keys of `app`.
pub async fn gateway(app: &str) -> (Gateway, TempDir) {
    gateway_with(app, "", "").await
}

/// The same with more backends, in which `DIRECTORY` is one of its own, and more sections.
pub async fn gateway_with(app: &str, backends: &str, more: &str) -> (Gateway, TempDir) {
    let directory = TempDir::new().unwrap();
    let backends = backends.replace("DIRECTORY", directory.path().to_str().unwrap());
    let file = directory.path().join("app.yml");
    let text = format!(
        "queue_location: {}\napp:\n  auth_password: {PASSWORD}\n  listen_host: 127.0.0.1\n  \
         listen_port: 0\n{app}dns:\n  backends:\n    builtin:\n      type: builtin\n      enabled: true\n      \
         listen: [\"127.0.0.1:0\"]\n{backends}{more}",
        directory.path().join("queues").display()
    );
    std::fs::write(&file, text).unwrap();
    let loaded = Config::load::<&str>(Some(&file), std::iter::empty()).unwrap();
    (Gateway::start(&loaded.config).await.unwrap(), directory)
}

async fn sent(address: SocketAddr, request: Vec<u8>) -> Answer {
    let answer = tokio::task::spawn_blocking(move || send(address, &request));
    answer.await.unwrap()
}

/// Pushes a zone and waits until it is verified.
pub async fn push(gateway: &Gateway, zone: &str, address: &str) {
    let text = format!(
        "$TTL 300\n@ SOA ns1 host 1 3600 600 86400 300\n@ NS ns1\nns1 A 192.0.2.200\nwww A {address}\n"
    );
    push_text(gateway, zone, &text).await;
}

/// Pushes a zone as it is written, and waits until it is verified.
pub async fn push_text(gateway: &Gateway, zone: &str, text: &str) {
    assert_eq!(sent_push(gateway, zone, text).await, "error=0");
    let login = basic(USER, PASSWORD);
    let target = format!("/api/v1/zones/{zone}/wait");
    let waited = sent(
        gateway.address(),
        master_request("GET", &target, &login, b""),
    )
    .await;
    assert!(waited.body.contains("\"verified\":true"), "{waited:?}");
}

/// Pushes a zone, and says what its master is told.
pub async fn sent_push(gateway: &Gateway, zone: &str, text: &str) -> String {
    let target = format!("/CMD_API_DNS_ADMIN?action=rawsave&domain={zone}");
    let login = basic(USER, PASSWORD);
    let request = master_request("POST", &target, &login, text.as_bytes());
    sent(gateway.address(), request).await.body
}

/// Asks the API as an operator.
pub async fn operator(gateway: &Gateway, method: &str, target: &str, body: &str) -> Answer {
    let request = String::from_utf8(api_request(method, target, "", body)).unwrap();
    let login = format!("Authorization: {}", basic(USER, PASSWORD));
    let request = request.replacen("X-API-Key: ", &login, 1);
    sent(gateway.address(), request.into_bytes()).await
}

/// Creates a token.
pub async fn token(gateway: &Gateway, body: &str) -> String {
    let made = operator(gateway, "POST", "/api/v1/tokens", body).await;
    let made: serde_json::Value = serde_json::from_str(&made.body).unwrap();
    made["token"]
        .as_str()
        .unwrap_or_else(|| panic!("{made}"))
        .to_owned()
}

/// Asks the API with a token.
pub async fn with_token(gateway: &Gateway, method: &str, target: &str, token: &str) -> Answer {
    sent(gateway.address(), api_request(method, target, token, "{}")).await
}

/// Sends a push as a master named `host`.
pub async fn push_from(gateway: &Gateway, host: &str, zone: &str) {
    let text = "$TTL 300\n@ SOA ns1 host 1 3600 600 86400 300\n@ NS ns1\nns1 A 192.0.2.200\n";
    let target =
        format!("/CMD_API_DNS_ADMIN?action=rawsave&domain={zone}&hostname={host}&username=anna");
    let request = master_request("POST", &target, &basic(USER, PASSWORD), text.as_bytes());
    assert_eq!(sent(gateway.address(), request).await.body, "error=0");
}

/// Revokes one.
pub async fn revoke(gateway: &Gateway, name: &str) {
    let answer = operator(gateway, "DELETE", &format!("/api/v1/tokens/{name}"), "").await;
    assert_eq!(answer.status, 200, "{answer:?}");
}

/// The value of a hidden field.
pub fn hidden(body: &str, name: &str) -> String {
    let begin = format!("name=\"{name}\" value=\"");
    let (_, rest) = body
        .split_once(&begin)
        .unwrap_or_else(|| panic!("no {name} in {body}"));
    rest.split('"').next().unwrap().to_owned()
}

/// The token of the forms of a page.
pub fn csrf(body: &str) -> String {
    hidden(body, "csrf")
}

#[derive(Clone)]
pub struct Browser {
    pub address: SocketAddr,
    pub cookie: String,
    pub csrf: String,
    pub origin: Option<String>,
}

impl Browser {
    pub fn new(gateway: &Gateway) -> Self {
        Self {
            address: gateway.address(),
            cookie: String::new(),
            csrf: String::new(),
            origin: None,
        }
    }

    async fn ask(&self, method: &str, path: &str, body: &str) -> Answer {
        let origin = match (&self.origin, method) {
            (Some(origin), _) => format!("Origin: {origin}\r\n"),
            (None, "POST") => format!("Origin: http://{}\r\n", self.address),
            (None, _) => String::new(),
        };
        let request = format!(
            "{method} {path} HTTP/1.0\r\nHost: {}\r\nCookie: {}\r\n{origin}\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
            self.address,
            self.cookie,
            body.len()
        );
        sent(self.address, request.into_bytes()).await
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, "").await
    }

    /// Sends a form of the session.
    pub async fn send(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("csrf", &self.csrf).extend_pairs(fields);
        self.ask("POST", path, &form.finish()).await
    }

    /// Logs in by the form at `page`.
    pub async fn log_in_at(&mut self, page: &str, user: &str, password: &str) -> Answer {
        let form = self.get(page).await.body;
        let fields = [
            ("form", &*hidden(&form, "form")),
            ("next", &*hidden(&form, "next")),
            ("user", user),
            ("password", password),
        ];
        let answer = self.send("/web/login", &fields).await;
        self.keep_cookie(&answer);
        answer
    }

    /// As a browser does with every answer.
    pub fn keep_cookie(&mut self, answer: &Answer) {
        if let Some((_, cookie)) = answer.head.split_once("set-cookie: ") {
            self.cookie = cookie.split(';').next().unwrap().to_owned();
        }
    }

    /// A request of a program, with its credentials.
    pub async fn api(&self, method: &str, path: &str, login: &str) -> Answer {
        let request = master_request(method, path, login, b"");
        sent(self.address, request).await
    }

    /// Logs in as an operator.
    pub async fn log_in(&mut self) {
        let answer = self.log_in_at("/web/login", USER, PASSWORD).await;
        assert_eq!(answer.status, 303, "{answer:?}");
        self.csrf = csrf(&self.get("/web").await.body);
    }
}

impl Answer {
    pub fn location(&self) -> &str {
        let rest = self.head.split_once("location: ").map(|(_, rest)| rest);
        rest.and_then(|rest| rest.lines().next())
            .unwrap_or_default()
    }
}
