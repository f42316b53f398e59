//! The API of PowerDNS, as far as the clients of that use it: `/api`, `/api/docs` and `/api/v1/servers/…`.
//!
//! lego, certbot, acme.sh, cert-manager, external-dns, octoDNS, dnscontrol, Terraform, Ansible and
//! PowerDNS-Admin speak it. They compare texts, look for keys in their order, and conclude from a version, so
//! this face answers as PowerDNS 4.9 does, down to the order of keys and the words of some errors. Where it
//! differs, it does so on purpose: docs/powerdns-api.md lists it.
//!
//! Edits go to layer `records`, so that the next push of a master leaves them alone. Only what all changes of a
//! request come to is judged, on the store's thread, against the zone as it stands.

mod body;
mod fault;
mod id;
pub(super) mod rrsets;
pub(super) mod search;
pub(super) mod server;
mod terms;
pub(super) mod zones;

use actix_web::web;

use super::problem::Problem;
pub(super) use fault::Fault;

/// Whether a path is one of this face, where every error is one of PowerDNS.
pub(super) fn is_powerdns(path: &str) -> bool {
    let below = path.strip_prefix("/api/v1/servers");
    matches!(path, "/api" | "/api/docs" | "/api/v1")
        || below.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Computes or reads where that may take its time.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Fault> + Send + 'static,
) -> Result<T, Fault> {
    match web::block(work).await {
        Ok(done) => done,
        Err(_) => Err(Problem::stopping().into()),
    }
}
