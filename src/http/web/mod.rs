//! The web page: pages that are made here, work without a script, and ask no other host for anything.
//!
//! A page calls what the API calls, as the same principal; its session stands for an account or a token, and
//! what that may do is looked up at each request.

mod assets;
mod dashboard;
mod form;
mod frame;
mod gateway;
mod held;
mod live;
mod session;
mod text;
mod zone;
mod zones;

pub(super) use assets::asset;
pub(super) use dashboard::show as dashboard;
pub(super) use form::MOST;
pub(super) use gateway::{
    Running, Services, about, ask_deregistration, ask_forget, ask_revoke, believe, configuration,
    create_token, deregister, drift, forget, log, maintain, masters, operation, query, reconcile,
    revoke, service, services, tokens, verify, verify_zone,
};
pub(super) use held::{approve, list as held, reject};
pub(super) use live::{session, stream};
pub(super) use session::{
    Pages, ask as ask_login, enter, home, log_in, log_out, nothing_here, permit,
};
pub(super) use zone::{
    ask_edit, ask_removal, ask_rollback, check, diff, edit, history, roll_back, show as zone,
    text as zone_text,
};
pub(super) use zones::{bulk_remove, bulk_verify, list as zones};

/// Where all pages are.
pub(super) const BASE: &str = "/web";
/// Where what they load is.
const ASSETS: &str = "/web/assets/";
