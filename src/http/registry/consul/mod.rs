//! The part of Consul's HTTP API that clients register, report and discover with. What is not here answers 404, and
//! what cannot be done of a call that is here is refused: nothing is taken and then ignored but what changes nothing.
//!
//! Each client's address stands for an agent, as an agent runs on each machine: ids are unique with it, and it sees its
//! own services at `/v1/agent`. docs/registry.md lists the calls, and what differs.

mod agent;
mod blocking;
mod catalog;
mod checks;
mod definition;
mod fields;
mod filter;
mod look;
mod shown;
mod state;

pub(super) use fields::duration;

use std::net::IpAddr;

use actix_web::guard::{GuardContext, fn_guard};
use actix_web::http::header::USER_AGENT;
use actix_web::web::{self, ServiceConfig};

/// Its routes. Ids may have anything in them.
pub(super) fn routes(service: &mut ServiceConfig) {
    let put = || web::put();
    // Before `agent/service/ID`, which would take these for ids.
    by_get(service);
    service
        .route("/v1/agent/self", web::get().to(agent::own))
        .route("/v1/agent/services", web::get().to(agent::services))
        .route("/v1/agent/checks", web::get().to(agent::checks))
        .route("/v1/agent/members", web::get().to(agent::members))
        .route("/v1/agent/service/{id:.+}", web::get().to(state::one))
        .route(
            "/v1/agent/health/service/id/{id:.+}",
            web::get().to(state::of_id),
        )
        .route(
            "/v1/agent/health/service/name/{name:.+}",
            web::get().to(state::of_name),
        )
        .route("/v1/agent/service/register", put().to(agent::register))
        .route(
            "/v1/agent/service/deregister/{id:.+}",
            put().to(agent::deregister),
        )
        .route(
            "/v1/agent/service/maintenance/{id:.+}",
            put().to(agent::maintenance),
        )
        .route("/v1/agent/check/register", put().to(checks::register))
        .route(
            "/v1/agent/check/deregister/{id:.+}",
            put().to(checks::deregister),
        )
        .route("/v1/agent/check/pass/{id:.+}", put().to(checks::pass))
        .route("/v1/agent/check/warn/{id:.+}", put().to(checks::warn))
        .route("/v1/agent/check/fail/{id:.+}", put().to(checks::fail))
        .route("/v1/agent/check/update/{id:.+}", put().to(checks::update))
        .route(
            "/v1/health/service/{name:.+}",
            web::get().to(look::health_of_service),
        )
        .route(
            "/v1/health/checks/{name:.+}",
            web::get().to(look::checks_of_service),
        )
        .route(
            "/v1/health/state/{status}",
            web::get().to(look::checks_in_state),
        )
        .route(
            "/v1/health/node/{node}",
            web::get().to(look::checks_of_node),
        )
        .route("/v1/catalog/register", put().to(catalog::register))
        .route("/v1/catalog/deregister", put().to(catalog::deregister))
        .route("/v1/catalog/services", web::get().to(look::services))
        .route(
            "/v1/catalog/service/{name:.+}",
            web::get().to(look::service),
        )
        .route("/v1/catalog/nodes", web::get().to(look::nodes))
        .route("/v1/catalog/node/{node}", web::get().to(look::node))
        .route("/v1/catalog/datacenters", web::get().to(look::datacenters))
        .route("/v1/status/leader", web::get().to(look::leader))
        .route("/v1/status/peers", web::get().to(look::peers));
}

/// What consulate sends by GET, as agents took it before Consul 1.0. No page that somebody looks at may do that: a link
/// to it is enough, and an image sends neither a token nor an `Origin`.
fn by_get(service: &mut ServiceConfig) {
    let get = || web::get().guard(fn_guard(is_no_browser));
    service
        .route(
            "/v1/agent/service/deregister/{id:.+}",
            get().to(agent::deregister),
        )
        .route(
            "/v1/agent/check/deregister/{id:.+}",
            get().to(checks::deregister),
        )
        .route("/v1/agent/check/pass/{id:.+}", get().to(checks::pass))
        .route("/v1/agent/check/warn/{id:.+}", get().to(checks::warn))
        .route("/v1/agent/check/fail/{id:.+}", get().to(checks::fail));
}

/// Every browser calls itself Mozilla, and no page can change that for an image or a link.
fn is_no_browser(context: &GuardContext<'_>) -> bool {
    let agent = context.head().headers().get(USER_AGENT);
    let agent = agent.and_then(|agent| agent.to_str().ok());
    agent.is_some_and(|agent| !agent.is_empty() && !agent.starts_with("Mozilla/"))
}

/// The node that an address stands for.
fn node_at(address: IpAddr) -> String {
    match address {
        IpAddr::V4(ip) => format!("ip-{}", ip.to_string().replace('.', "-")),
        IpAddr::V6(ip) => format!("ip-{:032x}", u128::from(ip)),
    }
}

/// The address that a node of this name stands for, however it is written: in DNS, case makes no difference.
pub(super) fn address_of_node(name: &str) -> Option<IpAddr> {
    let name = name.to_lowercase();
    let rest = name.strip_prefix("ip-")?;
    let found = match rest.len() {
        32 => IpAddr::V6(u128::from_str_radix(rest, 16).ok()?.into()),
        _ => rest.replace('-', ".").parse().ok()?,
    };
    (node_at(found) == name).then_some(found)
}

/// An id of a path, in which clients may escape what need not be.
fn decoded(id: &str) -> String {
    percent_encoding::percent_decode_str(id)
        .decode_utf8_lossy()
        .into_owned()
}
