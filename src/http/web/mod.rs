//! The web page: pages that are made here, work without a script, and ask no other host for anything.
//!
//! A page calls what the API calls, as the same principal; its session stands for an account or a token, and
//! what that may do is looked up at each request.

mod dashboard;
mod door;
mod edit;
mod form;
mod frame;
mod held;
mod history;
mod login;
mod sessions;
mod text;
mod zone;
mod zones;

pub(super) use dashboard::show as dashboard;
pub(super) use door::{Pages, enter, home, nothing_here, permit};
pub(super) use edit::{ask as ask_edit, edit};
pub(super) use form::MOST;
pub(super) use held::{approve, list as held, reject};
pub(super) use history::{diff, roll_back};
pub(super) use login::{ask as ask_login, log_in, log_out};
pub(super) use zone::{show as zone, text as zone_text};
pub(super) use zones::list as zones;

use actix_web::HttpResponse;

/// Where all pages are.
pub(super) const BASE: &str = "/web";

/// `GET /web/icon.svg`.
pub(super) async fn icon() -> HttpResponse {
    HttpResponse::Ok()
        .content_type("image/svg+xml")
        .body(include_str!("icon.svg"))
}

/// `GET /web/style.css`.
pub(super) async fn style() -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/css; charset=utf-8")
        .body(include_str!("style.css"))
}
