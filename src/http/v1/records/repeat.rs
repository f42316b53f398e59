//! `Idempotency-Key`: a request that is sent again, because its answer was lost, is answered again and not made
//! again.
//!
//! Answers are remembered in memory, the newest of them: after a restart a repeated request is made again, which
//! changes nothing where the zone is like that already.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use actix_web::body::to_bytes;
use actix_web::http::StatusCode;
use actix_web::http::header::ETAG;
use actix_web::{HttpRequest, HttpResponse, web};
use parking_lot::Mutex;
use serde::Serialize;
use tokio::sync::OwnedMutexGuard;

use crate::access::Principal;
use crate::http::problem::{Code, Problem};

/// How many answers are remembered.
const MOST: usize = 10_000;

/// The most octets of a key.
const KEY: usize = 255;

/// The answers that may be asked for again.
#[derive(Debug, Default)]
pub(in crate::http) struct Repeats(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    answers: HashMap<blake3::Hash, Slot>,
    order: VecDeque<blake3::Hash>,
}

/// Whoever repeats a request while the first is being made waits here.
type Slot = Arc<tokio::sync::Mutex<Option<Answered>>>;

#[derive(Debug, Clone)]
struct Answered {
    /// What was asked.
    request: blake3::Hash,
    status: StatusCode,
    tag: Option<actix_web::http::header::HeaderValue>,
    body: web::Bytes,
}

/// One request that is made once.
pub(in crate::http) struct Once {
    request: blake3::Hash,
    slot: Option<OwnedMutexGuard<Option<Answered>>>,
}

impl Repeats {
    /// Begins a request; waits while the same is being made.
    pub(super) async fn begin(
        &self,
        request: &HttpRequest,
        principal: &Principal,
        body: &impl Serialize,
    ) -> Result<Once, Problem> {
        let mut hasher = blake3::Hasher::new();
        for part in [
            request.method().as_str(),
            request.path(),
            request.query_string(),
        ] {
            hasher.update(&(part.len() as u64).to_be_bytes());
            hasher.update(part.as_bytes());
        }
        hasher.update(&serde_json::to_vec(body).map_err(Problem::invalid)?);
        let asked = hasher.finalize();
        let Some(key) = request.headers().get("Idempotency-Key") else {
            return Ok(Once {
                request: asked,
                slot: None,
            });
        };
        if key.is_empty() || key.len() > KEY {
            let detail = format!("Idempotency-Key has 1 to {KEY} octets");
            return Err(Problem::invalid(detail));
        }
        // Keys of different principals have nothing to do with each other, whatever address they come from.
        let mut of = blake3::Hasher::new();
        of.update(&(key.len() as u64).to_be_bytes());
        of.update(key.as_bytes());
        of.update(principal.account().as_bytes());
        let slot = self.slot(of.finalize());
        let slot = slot.lock_owned().await;
        match slot.as_ref() {
            Some(answered) if answered.request != asked => {
                let detail = "another request was made with this Idempotency-Key";
                Err(Problem::new(Code::KeyReused, detail))
            }
            _ => Ok(Once {
                request: asked,
                slot: Some(slot),
            }),
        }
    }

    fn slot(&self, key: blake3::Hash) -> Slot {
        let mut known = self.0.lock();
        if let Some(slot) = known.answers.get(&key) {
            return Arc::clone(slot);
        }
        let slot = Slot::default();
        known.answers.insert(key, Arc::clone(&slot));
        known.order.push_back(key);
        if known.order.len() > MOST
            && let Some(oldest) = known.order.pop_front()
        {
            known.answers.remove(&oldest);
        }
        slot
    }
}

impl Once {
    /// The answer, if the request was made before.
    pub fn answer(&self) -> Option<HttpResponse> {
        let answered = self.slot.as_ref()?.as_ref()?;
        let mut response = HttpResponse::build(answered.status);
        response
            .content_type("application/json")
            .insert_header(("Idempotent-Replayed", "true"));
        if let Some(tag) = &answered.tag {
            response.insert_header((ETAG, tag.clone()));
        }
        Some(response.body(answered.body.clone()))
    }

    /// Remembers the answer. A request that failed may be sent again with its key.
    pub(super) async fn end(mut self, response: HttpResponse) -> Result<HttpResponse, Problem> {
        let Some(slot) = self.slot.as_mut() else {
            return Ok(response);
        };
        let (head, body) = response.into_parts();
        let body = to_bytes(body).await.map_err(Problem::invalid)?;
        **slot = Some(Answered {
            request: self.request,
            status: head.status(),
            tag: head.headers().get(ETAG).cloned(),
            body: body.clone(),
        });
        Ok(head.set_body(body).map_into_boxed_body())
    }
}
