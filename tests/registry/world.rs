//! A gateway with a registry and the built-in server, on free ports.

use std::net::{SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use dadns::app::Gateway;
use dadns::config::Config;
use domain::base::iana::Rtype;
use domain::base::{Message, MessageBuilder, Name};
use domain::rdata::AllRecordData;
use serde_json::Value;
use tempfile::TempDir;

use super::http::{Answer, basic, send};

/// The password of operator anna.
pub const PASSWORD: &str = "a-secret-of-tests";

/// How long anything may take.
pub const PATIENCE: Duration = Duration::from_secs(30);

pub struct World {
    pub gateway: Gateway,
    directory: TempDir,
}

fn config(directory: &TempDir, more: &str) -> Config {
    let file = directory.path().join("app.yml");
    let text = format!(
        "queue_location: {}\napp:\n  auth_password: {PASSWORD}\n  operators: [\"anna:{PASSWORD}\"]\n  \
         listen_host: 127.0.0.1\n  listen_port: 0\nrecords:\n  nameservers: [ns1.example.net]\n\
         dns:\n  backends:\n    builtin:\n      type: builtin\n      enabled: true\n      \
         listen: [\"127.0.0.1:0\"]\nregistry:\n  enabled: true\n  listen: [\"127.0.0.1:0\"]\n  \
         domain: svc.example\n{more}",
        directory.path().join("queues").display()
    );
    std::fs::write(&file, text).unwrap();
    let loaded = Config::load::<&str>(Some(&file), std::iter::empty());
    loaded.unwrap().config
}

impl World {
    /// With more keys of `registry`, each on a line with two blanks before it.
    pub async fn start(more: &str) -> Self {
        Self::start_in(TempDir::new().unwrap(), more).await
    }

    async fn start_in(directory: TempDir, more: &str) -> Self {
        let config = config(&directory, more);
        let began = Instant::now();
        // The threads that served requests let go of the store a moment after a stop.
        let gateway = loop {
            match Gateway::start(&config).await {
                Ok(gateway) => break gateway,
                Err(error) if error.to_string().contains("in use") => {
                    assert!(began.elapsed() < PATIENCE, "{error}");
                    tokio::task::yield_now().await;
                }
                Err(error) => panic!("{error}"),
            }
        };
        Self { gateway, directory }
    }

    pub async fn stop(self) {
        self.gateway.stop().await;
    }

    pub async fn restart(self, more: &str) -> Self {
        let Self { gateway, directory } = self;
        gateway.stop().await;
        Self::start_in(directory, more).await
    }

    /// Runs `dadns` beside the gateway, and returns what it prints.
    pub async fn command(&self, arguments: &[&str]) -> String {
        let file = self.directory.path().join("command.yml");
        let text = std::fs::read_to_string(self.directory.path().join("app.yml")).unwrap();
        let listen =
            |address: SocketAddr| format!("registry:\n  enabled: true\n  listen: [\"{address}\"]");
        let ours = "registry:\n  enabled: true\n  listen: [\"127.0.0.1:0\"]";
        let text = text.replace(ours, &listen(self.registry()));
        let port = format!("listen_port: {}", self.gateway.address().port());
        std::fs::write(&file, text.replace("listen_port: 0", &port)).unwrap();
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_dadns"));
        command.arg("--config").arg(file).args(arguments);
        let output = tokio::task::spawn_blocking(move || command.output()).await;
        let output = output.unwrap().unwrap();
        String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap()
    }

    pub fn registry(&self) -> SocketAddr {
        self.gateway.registry_addresses()[0]
    }

    /// A request to the registry, byte for byte but for its length.
    pub async fn raw(&self, method: &str, target: &str, head: &str, body: &str) -> Answer {
        self.raw_at(self.registry(), method, target, head, body)
            .await
    }

    pub async fn raw_at(
        &self,
        address: SocketAddr,
        method: &str,
        target: &str,
        head: &str,
        body: &str,
    ) -> Answer {
        let request = format!(
            "{method} {target} HTTP/1.0\r\nHost: 127.0.0.1\r\n{head}Content-Length: {}\r\n\r\n{body}",
            body.len()
        );
        tokio::task::spawn_blocking(move || send(address, request.as_bytes()))
            .await
            .unwrap()
    }

    /// Has an operator make a token for API clients.
    pub async fn token(&self, grant: Value) -> String {
        let login = basic("anna", PASSWORD);
        let head = format!("Authorization: {login}\r\nContent-Type: application/json\r\n");
        let made = self
            .raw_at(
                self.gateway.address(),
                "POST",
                "/api/v1/tokens",
                &head,
                &grant.to_string(),
            )
            .await;
        assert_eq!(made.status, 201, "{made:?}");
        let made: Value = serde_json::from_str(&made.body).unwrap();
        made["token"].as_str().unwrap().to_owned()
    }

    /// The JSON of an answer with this status.
    pub async fn json(&self, method: &str, target: &str, body: Value, status: u16) -> Value {
        let body = match body {
            Value::Null => String::new(),
            body => body.to_string(),
        };
        let answer = self.raw(method, target, "", &body).await;
        assert_eq!(
            answer.status, status,
            "{method} {target} {body}: {answer:?}"
        );
        serde_json::from_str(&answer.body).unwrap_or_default()
    }

    pub async fn get(&self, target: &str, status: u16) -> Value {
        self.json("GET", target, Value::Null, status).await
    }

    /// The data of the answer to a question, sorted.
    pub fn resolve(&self, name: &str, rtype: &str) -> Vec<String> {
        ask(self.gateway.dns_addresses()[0], name, rtype)
    }

    /// Waits until the answer is this.
    pub async fn until(&self, name: &str, rtype: &str, data: &[&str]) {
        let began = Instant::now();
        loop {
            let answer = self.resolve(name, rtype);
            if answer == data {
                return;
            }
            assert!(
                began.elapsed() < PATIENCE,
                "{name} {rtype} is {answer:?} and not {data:?}"
            );
            tokio::task::yield_now().await;
        }
    }
}

fn ask(server: SocketAddr, name: &str, rtype: &str) -> Vec<String> {
    let name: Name<Vec<u8>> = name.parse().unwrap();
    let rtype: Rtype = rtype.parse().unwrap();
    let mut query = MessageBuilder::new_vec().question();
    query.push((&name, rtype)).unwrap();
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    socket.send_to(query.as_slice(), server).unwrap();
    let mut answer = vec![0; 4_096];
    let length = socket.recv(&mut answer).unwrap();
    answer.truncate(length);
    let answer = Message::from_octets(answer).unwrap();
    let records = answer.answer().unwrap();
    let records = records.limit_to::<AllRecordData<_, _>>();
    // Without the DNAME and CNAME on the way.
    let records = records
        .map(Result::unwrap)
        .filter(|record| record.rtype() == rtype);
    let data = records.map(|record| record.data().to_string());
    let mut data: Vec<String> = data
        .map(|data| data.trim_end_matches('.').to_owned())
        .collect();
    data.sort();
    data
}
