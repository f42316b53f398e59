//! The face of JARVIS DNS: services register with a type and a number, send heartbeats, and look for each other by type
//! and metadata. There were two servers of that name whose calls differ, and clients that speak a mixture: all of it is
//! answered here. docs/registry.md has the table.

mod asked;
mod find;
mod literal;
mod report;
mod shown;
mod status;

pub(super) use asked::{tags, text};

use actix_web::web::{self, ServiceConfig};

/// Its routes.
pub(super) fn routes(service: &mut ServiceConfig) {
    service
        .route("/register", web::post().to(report::register))
        .route("/deregister", web::post().to(report::deregister))
        .route("/heartbeat", web::post().to(report::heartbeat))
        .route(
            "/heartbeat/{service}/{instance}",
            web::post().to(report::heartbeat_at),
        )
        .route("/status", web::post().to(report::status))
        .route(
            "/status/{service}/{instance}",
            web::post().to(report::status_at),
        )
        .route("/discover", web::post().to(find::discover))
        .route("/service/{service}", web::get().to(find::service))
        .route("/status", web::get().to(status::all))
        .route("/status/{service}", web::get().to(status::of_service))
        .route("/servers/status", web::get().to(status::servers))
        .route(
            "/history/{service}/{instance}",
            web::get().to(status::history),
        )
        .route("/health", web::get().to(status::health))
        .route("/cleanup", web::post().to(status::cleanup));
}
