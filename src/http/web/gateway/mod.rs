//! Pages about the gateway as a whole, and operations on it.

mod about;
mod configuration;
mod drift;
mod log;
mod masters;
mod query;
mod running;
mod services;
mod tokens;
mod verify;

pub(in crate::http) use about::show as about;
pub(in crate::http) use configuration::show as configuration;
pub(in crate::http) use drift::list as drift;
pub(in crate::http) use log::show as log;
pub(in crate::http) use masters::{ask_forget, forget, list as masters, reconcile};
pub(in crate::http) use query::ask as query;
pub(in crate::http) use running::{Running, show as operation};
pub(in crate::http) use services::{
    Services, ask_deregistration, believe, deregister, list as services, maintain, one as service,
};
pub(in crate::http) use tokens::{ask_revoke, create as create_token, list as tokens, revoke};
pub(super) use verify::form as verify_form;
pub(in crate::http) use verify::{all as verify, zone as verify_zone};

use crate::access::{Principal, Right};

/// The pages that a principal may see: where each is, and its name.
/// `services`: the registry is on.
pub(super) fn links(principal: &Principal, services: bool) -> Vec<(&'static str, &'static str)> {
    let reads = principal.may_everywhere(Right::Read).is_ok();
    let operates = principal.may_everywhere(Right::Operate).is_ok();
    let unlimited = principal.may_unlimited(Right::Operate).is_ok();
    let all = [
        ("/web/drift", "Drift", true),
        ("/web/masters", "Masters", reads),
        ("/web/services", "Services", reads && services),
        ("/web/tokens", "Tokens", unlimited),
        ("/web/configuration", "Configuration", operates),
        ("/web/log", "Log", operates),
        ("/web/about", "About", reads),
    ];
    let seen = all.into_iter().filter(|(.., seen)| *seen);
    seen.map(|(to, name, _)| (to, name)).collect()
}
