//! A gateway in this process, and requests with the logins of clients.

use std::net::SocketAddr;
use std::time::Instant;

use dadns::app::Gateway;
use dadns::config::Config;
use serde_json::Value;
use tempfile::TempDir;

use crate::http::{Answer, basic, send};

pub const PASSWORD: &str = "a-secret-of-tests";

pub struct World {
    pub gateway: Gateway,
    pub directory: TempDir,
}

/// A gateway with an operator, on free ports; `more` are further lines of its configuration.
pub async fn start(more: &str) -> World {
    let directory = TempDir::new().unwrap();
    let text = format!(
        "queue_location: {}\napp:\n  auth_password: {PASSWORD}\n  operators: [\"anna:{PASSWORD}\"]\n  \
         listen_host: 127.0.0.1\n  listen_port: 0\ndns:\n  backends:\n    builtin:\n      \
         enabled: false\n{more}",
        directory.path().join("queues").display()
    );
    std::fs::write(directory.path().join("app.yml"), text).unwrap();
    let gateway = run(&directory).await;
    World { gateway, directory }
}

pub async fn run(directory: &TempDir) -> Gateway {
    let file = directory.path().join("app.yml");
    let loaded = Config::load::<&str>(Some(&file), std::iter::empty()).unwrap();
    let began = Instant::now();
    loop {
        match Gateway::start(&loaded.config).await {
            Ok(gateway) => return gateway,
            // The threads that served requests let go of the store a moment after the stop.
            Err(error) if error.to_string().contains("in use") => {
                assert!(began.elapsed().as_secs() < 20, "{error}");
                tokio::task::yield_now().await;
            }
            Err(error) => panic!("{error}"),
        }
    }
}

pub async fn ask_at(
    address: SocketAddr,
    login: &str,
    method: &str,
    target: &str,
    body: Option<&Value>,
) -> Answer {
    let body = body.map(Value::to_string);
    let body = match &body {
        Some(body) => format!(
            "Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        ),
        None => "Content-Length: 0\r\n\r\n".to_owned(),
    };
    let request = format!("{method} {target} HTTP/1.0\r\nHost: 127.0.0.1\r\n{login}{body}");
    tokio::task::spawn_blocking(move || send(address, request.as_bytes()))
        .await
        .unwrap()
}

impl World {
    pub async fn ask(&self, login: &str, method: &str, target: &str) -> Answer {
        ask_at(self.gateway.address(), login, method, target, None).await
    }

    /// Creates a token.
    pub async fn create(&self, body: Value) -> String {
        let address = self.gateway.address();
        let answer = ask_at(address, &operator(), "POST", "/api/v1/tokens", Some(&body)).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        let made: Value = serde_json::from_str(&answer.body).unwrap();
        made["token"].as_str().unwrap().to_owned()
    }

    pub async fn push(&self, zone: &str) {
        let target = format!("/CMD_API_DNS_ADMIN?action=rawsave&domain={zone}");
        let text = "$TTL 300\n@ SOA ns1 host 1 3600 600 86400 300\n@ NS ns1\nns1 A 192.0.2.1\n";
        let login = authorization(&basic("directdnsonly", PASSWORD));
        let request = format!(
            "POST {target} HTTP/1.0\r\n{login}Content-Length: {}\r\n\r\n{text}",
            text.len()
        );
        let address = self.gateway.address();
        let pushed = tokio::task::spawn_blocking(move || send(address, request.as_bytes()));
        assert_eq!(pushed.await.unwrap().body, "error=0");
    }

    /// A JWT for whoever logs in like this.
    pub async fn jwt(&self, login: &str) -> Value {
        let answer = self.ask(login, "POST", "/token").await;
        assert_eq!(answer.status, 200, "{answer:?}");
        serde_json::from_str(&answer.body).unwrap()
    }
}

pub fn authorization(value: &str) -> String {
    format!("Authorization: {value}\r\n")
}

pub fn operator() -> String {
    authorization(&basic("anna", PASSWORD))
}

pub fn key(token: &str) -> String {
    format!("X-API-Key: {token}\r\n")
}

pub fn bearer(token: &str) -> String {
    authorization(&format!("Bearer {token}"))
}

pub fn detail(answer: &Answer) -> String {
    let problem: Value = serde_json::from_str(&answer.body).unwrap();
    problem["detail"].as_str().unwrap().to_owned()
}
