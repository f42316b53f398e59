//! What the faces count: which kind of client asked, and what it was answered.

use std::sync::Arc;

use actix_web::dev::ServiceRequest;
use actix_web::http::{Method, StatusCode};
use actix_web::web;

use crate::metrics::{Counters, Metrics, choice};

choice! {
    /// How a request was answered.
    Answered as "result":
    Done = "done", "it was answered, or done";
    Refused = "refused", "it was wrong, or not allowed, or there is no such thing (a status of 4xx)";
    Failed = "failed", "the registry could not do it, or none is healthy (5xx)";
}

/// The kinds of clients, as the label says.
const FACES: [&str; 6] = ["jarvis", "consul", "pools", "keys", "webhook", "own"];

/// What is counted. Cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Counts(Arc<Vec<Face>>);

#[derive(Debug)]
struct Face {
    name: &'static str,
    requests: Counters<Answered>,
    /// Those of the requests that register an instance.
    registrations: Counters<Answered>,
}

impl Counts {
    /// Declares it in `metrics`.
    pub fn new(metrics: &Metrics) -> Self {
        let requests = metrics.choices(
            "registry_requests",
            "Requests to the registry by the kind of client and how they were answered",
        );
        let registrations = metrics.choices(
            "registry_registrations",
            "Requests that register an instance, new or again, by the kind of client and how they were answered",
        );
        let face = |name| Face {
            name,
            requests: requests.of(&[("face", name)]),
            registrations: registrations.of(&[("face", name)]),
        };
        Self(Arc::new(FACES.map(face).into()))
    }
}

/// A request whose answer is to be counted.
pub(super) struct Asked {
    counts: Option<web::Data<Counts>>,
    face: &'static str,
    registers: bool,
}

impl Asked {
    pub fn of(request: &ServiceRequest) -> Self {
        let (method, path) = (request.method(), request.path());
        Self {
            counts: request.app_data::<web::Data<Counts>>().cloned(),
            face: face(method, path),
            registers: registers(method, path),
        }
    }

    /// Counts how it was answered.
    pub fn answered(self, status: StatusCode) {
        let answered = answered(status);
        let mut faces = self.counts.iter().flat_map(|counts| counts.0.iter());
        if let Some(face) = faces.find(|face| face.name == self.face) {
            face.requests.count(&answered);
            if self.registers {
                face.registrations.count(&answered);
            }
        }
    }
}

fn answered(status: StatusCode) -> Answered {
    match status.as_u16() {
        500.. => Answered::Failed,
        400.. => Answered::Refused,
        _ => Answered::Done,
    }
}

/// The kind of client that asks for this.
fn face(method: &Method, path: &str) -> &'static str {
    let mut parts = path.split('/').skip(1);
    match (parts.next().unwrap_or_default(), parts.next()) {
        ("v1", Some("pools")) => "pools",
        ("v1", _) => "consul",
        ("key" | "token", _) => "keys",
        ("heartbeat", None) if *method == Method::GET => "keys",
        ("" | "records" | "adjustendpoints" | "healthz", None) => "webhook",
        ("services", _) => "own",
        _ => "jarvis",
    }
}

/// Whether an instance is registered by this.
fn registers(method: &Method, path: &str) -> bool {
    match *method {
        Method::POST => path == "/register" || path.starts_with("/v1/pools/"),
        Method::PUT => matches!(path, "/v1/agent/service/register" | "/v1/catalog/register"),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_path_is_of_the_kind_of_client_that_asks_there() {
        let get = |path| face(&Method::GET, path);
        assert_eq!(get("/v1/health/service/web"), "consul");
        assert_eq!(get("/v1/pools"), "pools");
        assert_eq!(get("/heartbeat"), "keys");
        assert_eq!(face(&Method::POST, "/heartbeat"), "jarvis");
        assert_eq!(face(&Method::POST, "/heartbeat/web/1"), "jarvis");
        assert_eq!(get("/"), "webhook");
        assert_eq!(get("/services/web"), "own");
        assert_eq!(get("/service/web"), "jarvis");
        assert_eq!(get("/nothing"), "jarvis");
        for name in [
            "/v1/x",
            "/key/x",
            "/records",
            "/services",
            "/x",
            "/v1/pools/x",
        ]
        .map(get)
        {
            assert!(FACES.contains(&name));
        }
        assert!(registers(&Method::PUT, "/v1/agent/service/register"));
        assert!(!registers(&Method::GET, "/register"));
    }
}
