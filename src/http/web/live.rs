//! Updates of a page that is open: a stream of events, and how long the session still lasts.

use actix_web::{HttpRequest, HttpResponse, web};

use super::frame::View;
use super::session::Pages;
use crate::http::auth::Gate;
use crate::http::problem::Problem;
use crate::http::v1::events;
use crate::store::Store;

/// `GET /web/events`: the events of the API, for who has a session, as long as that lasts. It does not make it
/// last longer.
pub(in crate::http) async fn stream(
    view: View,
    request: HttpRequest,
    pages: web::Data<Pages>,
    gate: web::Data<Gate>,
    store: web::Data<Store>,
) -> Result<HttpResponse, Problem> {
    let View { principal, id, .. } = view;
    let address = principal.address();
    let lasts = move || address.is_some_and(|address| pages.lasts(&gate, &id, address));
    events::answer(principal, &request, &store, None, lasts)
}

/// `GET /web/session`: uses the session, and says for how long it lasts.
pub(in crate::http) async fn session(view: View) -> HttpResponse {
    HttpResponse::Ok().json(serde_json::json!({
        "left": view.ends.left.as_secs(),
        "extend": view.ends.extendable,
    }))
}
