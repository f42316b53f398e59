//! The faces of the registry, on listeners of their own: each speaks as one kind of client expects it, and all of them
//! keep one book ([`registry`](crate::registry)).
//!
//! Who sends a token or the login of an account is who that says; who sends nothing is taken by its address, if that
//! is in `registry.allow`.

mod body;
mod browser;
mod client;
mod consul;
mod counts;
mod fault;
mod jarvis;
mod keys;
mod own;
mod pools;
pub mod shape;
mod terms;
mod webhook;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use actix_web::body::BoxBody;
use actix_web::dev::{Server, ServiceRequest, ServiceResponse};
use actix_web::middleware::{Next, from_fn};
use actix_web::{App, HttpRequest, HttpResponse, web};

use self::fault::{Dialect, Fault};
pub(super) use self::own::{instance, why_not};
use super::auth::Gate;
use super::notices::Notices;
use super::server::bind;
use super::{HttpError, Identity, Settings, connection, tls};
use crate::metrics::Metrics;
use crate::records;
use crate::registry::{self, Registry};
use crate::store::Store;

/// How long the body of a request may take.
const BODY_TIMEOUT: Duration = Duration::from_secs(10);

/// The same, where it may be as large as a zone.
const ZONE_TIMEOUT: Duration = Duration::from_secs(60);

/// Listens as `registry.listen` says. Returns the servers with their addresses, which have the real ports.
///
/// # Errors
/// When an address is taken, or the TLS files cannot be used.
pub fn listen(
    app: &Settings,
    registry: &Registry,
    store: &Store,
    identity: &Identity,
    records: &records::Settings,
    metrics: &Metrics,
) -> Result<Vec<(Server, SocketAddr)>, HttpError> {
    let settings: &registry::Settings = registry.settings();
    let gate = web::Data::new(Gate::new(app).with_tokens(store.clone()));
    let tls = match settings.tls {
        true => app.tls().map(tls::configuration).transpose()?,
        false => None,
    };
    let (max_body, limits) = (settings.max_body_bytes, app.limits());
    let identity = web::Data::new(identity.clone());
    let counts = web::Data::new(counts::Counts::new(metrics));
    let face = webhook::Face::new(settings, records);
    let serve = |address: &SocketAddr| {
        let (listener, bound) = bind(*address)?;
        let (gate, identity, face) = (gate.clone(), identity.clone(), face.clone());
        let counts = counts.clone();
        let (registry, store) = (
            web::Data::new(registry.clone()),
            web::Data::new(store.clone()),
        );
        let notices = Arc::new(Notices::default());
        let server = connection::serve(listener, tls.clone(), notices, move || {
            App::new()
                .app_data(gate.clone())
                .app_data(registry.clone())
                .app_data(store.clone())
                .app_data(identity.clone())
                .app_data(counts.clone())
                .app_data(web::PayloadConfig::new(max_body))
                .configure(routes)
                .configure(keys::routes(limits))
                .configure(webhook::routes(face.clone(), limits.max_bytes))
                .default_service(web::to(nothing))
                .wrap(from_fn(enter))
        });
        let server = server.map_err(|cause| HttpError::Listen {
            address: *address,
            cause,
        })?;
        Ok((server, bound))
    };
    settings.listen.iter().map(serve).collect()
}

/// Middleware: lets a request pass of whom it is known who sends it, answers in the words of that kind of client, and
/// counts how. One for all three: each costs some of the time of a heartbeat.
async fn enter(
    request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let asked = counts::Asked::of(&request);
    let dialect = Dialect::of(request.path());
    let answer = client::require(request, next).await?;
    let answer = fault::in_dialect(answer, dialect);
    asked.answered(answer.status());
    Ok(answer)
}

/// The routes of faces that need no more than the registry.
fn routes(service: &mut web::ServiceConfig) {
    service
        .configure(jarvis::routes)
        .configure(consul::routes)
        .configure(own::routes)
        .configure(pools::routes);
}

async fn nothing(request: HttpRequest) -> HttpResponse {
    let (method, path) = (request.method(), request.path());
    Fault::nothing_here(method, path).in_the_words_of(Dialect::of(path))
}
