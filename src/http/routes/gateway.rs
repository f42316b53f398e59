//! The routes about the gateway as a whole, and the pages that show the same.

use actix_web::web;

use super::{Door, Route, get, pages, post};
use crate::access::Right;
use crate::http::v1::{cluster, drift, operations, placement, process, query, sources};

#[rustfmt::skip]
pub(super) static ROUTES: &[Route] = &[
    // Only names in zones that its principal sees.
    get("/api/v1/query", Right::Read, || web::to(query::query)),
    get("/api/v1/drift", Right::Read, || web::to(drift::list)),
    get("/api/v1/configuration", Right::Operate, || web::to(process::configuration)).everywhere(),
    get("/api/v1/log", Right::Operate, || web::to(process::log)).everywhere(),
    get("/api/v1/about", Right::Read, || web::to(process::about)).everywhere(),
    post("/api/v1/zones/{zone:[^/]+}/verify", Right::Operate, || web::to(operations::verify_zone)),
    get("/api/v1/cluster", Right::Read, || web::to(cluster::status)).everywhere(),
    post("/api/v1/cluster/init", Right::Operate, || web::to(cluster::init)).everywhere(),
    post("/api/v1/cluster/join", Right::Operate, || web::to(cluster::join)).everywhere(),
    post("/api/v1/cluster/leave", Right::Operate, || web::to(cluster::leave)).everywhere(),
    post("/api/v1/cluster/recover", Right::Operate, || web::to(cluster::recover)).everywhere(),
    get("/api/v1/sources", Right::Read, || web::to(sources::list)).everywhere(),
    get("/api/v1/placement", Right::Read, || web::to(placement::plan)).everywhere(),
    post("/api/v1/placement/apply", Right::Operate, || web::to(placement::apply)).everywhere(),
    get("/api/v1/zones/{zone:[^/]+}/placement", Right::Read, || web::to(placement::zone)),
    get("/web/query", Right::Read, || web::to(pages::query)).of(Door::Web),
    get("/web/drift", Right::Read, || web::to(pages::drift)).of(Door::Web),
    get("/web/masters", Right::Read, || web::to(pages::masters)).everywhere().of(Door::Web),
    get("/web/masters/{host:[^/]+}/forget", Right::Operate, || web::to(pages::ask_forget)).everywhere().of(Door::Web),
    post("/web/masters/{host:[^/]+}/forget", Right::Operate, || web::to(pages::forget)).everywhere().of(Door::Web),
    post("/web/reconcile", Right::Operate, || web::to(pages::reconcile)).everywhere().of(Door::Web),
    get("/web/services", Right::Read, || web::to(pages::services)).everywhere().of(Door::Web),
    get("/web/services/{service:[^/]+}", Right::Read, || web::to(pages::service)).everywhere().of(Door::Web),
    post("/web/services/{service:[^/]+}/maintenance", Right::Operate, || web::to(pages::maintain)).unlimited().of(Door::Web),
    get("/web/services/{service:[^/]+}/deregister", Right::Operate, || web::to(pages::ask_deregistration)).unlimited().of(Door::Web),
    post("/web/services/{service:[^/]+}/deregister", Right::Operate, || web::to(pages::deregister)).unlimited().of(Door::Web),
    post("/web/services/{service:[^/]+}/believe", Right::Operate, || web::to(pages::believe)).unlimited().of(Door::Web),
    get("/web/tokens", Right::Operate, || web::to(pages::tokens)).unlimited().of(Door::Web),
    post("/web/tokens", Right::Operate, || web::to(pages::create_token)).unlimited().of(Door::Web),
    get("/web/tokens/{token:[^/]+}/revoke", Right::Operate, || web::to(pages::ask_revoke)).unlimited().of(Door::Web),
    post("/web/tokens/{token:[^/]+}/revoke", Right::Operate, || web::to(pages::revoke)).unlimited().of(Door::Web),
    get("/web/configuration", Right::Operate, || web::to(pages::configuration)).everywhere().of(Door::Web),
    get("/web/log", Right::Operate, || web::to(pages::log)).everywhere().of(Door::Web),
    get("/web/about", Right::Read, || web::to(pages::about)).everywhere().of(Door::Web),
    post("/web/verify", Right::Operate, || web::to(pages::verify)).everywhere().of(Door::Web),
    post("/web/zones/{zone:[^/]+}/verify", Right::Operate, || web::to(pages::verify_zone)).of(Door::Web),
    // Shown to whoever began it, and to those who may operate everywhere.
    get("/web/operations/{id:[0-9a-f]+}", Right::Operate, || web::to(pages::operation)).of(Door::Web),
];
