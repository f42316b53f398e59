//! The HTTP faces: the DirectAdmin calls, status and the record API as JSON, and the server around them.

mod acme_dns;
mod api;
mod auth;
mod body;
mod connection;
mod directadmin;
mod hostname;
mod metrics;
mod notices;
mod params;
mod powerdns;
pub mod problem;
mod registry;
mod reply;
mod rest;
mod routes;
mod server;
mod settings;
mod slashes;
pub mod status;
mod terms;
mod tls;
pub mod v1;
mod web;

pub use acme_dns::AcmeDns;
pub use api::Api;
pub use auth::prepare as prepare_signing_key;
pub use registry::{listen as listen_for_services, shape as services};
pub use rest::Rest;
pub use server::{Faces, HttpError, Listening, listen};
pub use settings::{Account, DEFAULT_PASSWORD, Listen, Settings, Tls};
pub use status::Identity;
pub use tls::TlsError;
