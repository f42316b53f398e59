//! The HTTP face: the DirectAdmin calls, status as JSON, and the server around them.

pub mod api;
mod auth;
mod body;
mod connection;
mod directadmin;
mod hostname;
mod metrics;
mod notices;
mod params;
mod problem;
mod reply;
pub mod status;
mod tls;

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::{Server, Service as _};
use actix_web::middleware::{NormalizePath, from_fn};
use actix_web::{App as Service, HttpMessage, HttpRequest, HttpResponse, web};

use dadns_zone::Excerpt;

pub use status::Identity;
pub use tls::TlsError;

use crate::config::App;
use crate::metrics::Metrics;
use crate::operations::Operations;
use crate::store::Store;
use auth::{Caller, Gate};
use connection::Beginning;
use directadmin::Face;
use notices::{Kind, Notices};
use params::Params;

/// How long the body of a request may take: a zone of the greatest size over a slow line takes less.
const BODY_TIMEOUT: Duration = Duration::from_secs(60);

/// Why the server could not start.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {cause}; is another server running there?")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        cause: io::Error,
    },
    /// The TLS files cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
}

/// A server that listens, and where.
pub struct Listening {
    /// The server; it runs while it is polled.
    pub server: Server,
    /// Where it listens: the port is the real one where any was asked for.
    pub address: SocketAddr,
}

/// Starts to listen as `app` says.
///
/// # Errors
/// When the address is taken, or the TLS files cannot be used.
pub fn listen(
    app: &App,
    store: Store,
    identity: Identity,
    metrics: Metrics,
    operations: Operations,
) -> Result<Listening, HttpError> {
    let address = app.listen_addr().address;
    let failed = |cause| HttpError::Listen { address, cause };
    let listener = TcpListener::bind(address)
        .or_else(|error| match address.ip() {
            // A host without IPv6.
            IpAddr::V6(ip) if ip.is_unspecified() => {
                TcpListener::bind((Ipv4Addr::UNSPECIFIED, address.port()))
            }
            _ => Err(error),
        })
        .map_err(failed)?;
    let bound = listener.local_addr().map_err(failed)?;

    let notices = Arc::new(Notices::default());
    let gate = web::Data::new(Gate::new(app));
    let face = web::Data::new(Face {
        hostname: app.hostname(),
        name_parent_owner: app.check_subdomain_owner_in_cluster_domainowners,
        limits: app.limits(),
        body_timeout: BODY_TIMEOUT,
        counts: directadmin::Counts::new(&metrics),
        notices: Arc::clone(&notices),
    });
    let (metrics, operations) = (web::Data::new(metrics), web::Data::new(operations));
    let (store, identity) = (web::Data::new(store), web::Data::new(identity));
    let max_body = app.max_body_bytes;
    let tls = app.tls().map(tls::configuration).transpose()?;
    let told = web::Data::from(Arc::clone(&notices));
    let server = connection::serve(listener, tls, notices, move || {
        Service::new()
            .wrap_fn(|request, service| {
                if let Some(beginning) = request.conn_data::<Beginning>() {
                    beginning.is_understood();
                }
                service.call(request)
            })
            .app_data(told.clone())
            .app_data(gate.clone())
            .app_data(face.clone())
            .app_data(store.clone())
            .app_data(identity.clone())
            .app_data(metrics.clone())
            .app_data(operations.clone())
            .app_data(web::PayloadConfig::new(max_body))
            .service(
                web::resource("/health")
                    .wrap(from_fn(body::ignore))
                    .route(web::get().to(status::health))
                    .route(web::head().to(status::health)),
            )
            .service(
                web::scope("")
                    // Within the login: what is open to anybody has one path only.
                    .wrap(NormalizePath::trim())
                    .wrap(from_fn(auth::require))
                    .route("/status", web::get().to(status::status))
                    .route("/metrics", web::get().to(metrics::metrics))
                    .route("/queue_status", web::get().to(status::queue_status))
                    .route("/api/v1/zones", web::get().to(status::list))
                    .route("/api/v1/refused", web::get().to(status::refused))
                    .configure(api::routes)
                    .route("/CMD_{command:.*}", web::route().to(directadmin::command))
                    .default_service(web::route().to(nothing_here)),
            )
    });
    Ok(Listening {
        server: server.map_err(failed)?,
        address: bound,
    })
}

async fn nothing_here(request: HttpRequest, notices: web::Data<Notices>) -> HttpResponse {
    let path = Excerpt::new(request.path().as_bytes());
    if let Some(Caller { peer, .. }) = request.extensions().get::<Caller>() {
        notices.write(*peer, Kind::Path, || {
            let params = Params::new(request.query_string(), b"");
            let domain = params.get("domain").map_or_else(String::new, |domain| {
                format!(" for zone {}", Excerpt::new(domain.as_bytes()))
            });
            format!(
                "a request from {peer}{domain} is lost: there is nothing at {path}; masters have to use \
                 /CMD_API_DNS_ADMIN"
            )
        });
    }
    let details = format!("there is nothing at {}", request.path());
    HttpResponse::NotFound()
        .content_type(reply::CONTENT_TYPE)
        .body(reply::error("Not found", &details))
}
