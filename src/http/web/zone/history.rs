//! What a revision changed, and the way back.

use actix_web::{HttpResponse, web};
use dadns_zone::ZoneName;
use maud::html;

use crate::http::problem::{Problem, reading};
use crate::http::v1::history;
use crate::http::v1::shape::Sides;
use crate::http::web::form::Sent;
use crate::http::web::frame::View;
use crate::http::web::session::see_other;
use crate::http::web::text::{lines, of_zone, shown};
use crate::store::Store;

/// `GET /web/zones/NAME/diff`.
pub(in crate::http) async fn diff(
    view: View,
    store: web::Data<Store>,
    name: web::Path<String>,
    sides: web::Query<Sides>,
) -> HttpResponse {
    let sides = sides.into_inner();
    let read = async {
        let name = ZoneName::parse(&name)?;
        let found = reading(store, {
            let name = name.clone();
            move |store| history::compare(store, &name, &sides)
        });
        Ok::<_, Problem>((found.await?, name))
    };
    let (found, name) = match read.await {
        Ok(read) => read,
        Err(problem) => return view.problem(&problem),
    };
    let body = html! {
        h1 { "Difference in " (shown(name.as_str())) }
        p { "From revision " (found.from) " to " (found.to) "." }
        (lines(&found.lines))
        p { a href=(of_zone(name.as_str(), "")) { "Back to the zone" } }
    };
    view.page(&format!("Difference in {name}"), &body)
}

/// `POST /web/zones/NAME/rollback`.
pub(in crate::http) async fn roll_back(
    sent: Sent,
    store: web::Data<Store>,
    name: web::Path<String>,
) -> HttpResponse {
    let Sent { view, fields } = sent;
    let made = async {
        let name = ZoneName::parse(&name)?;
        let revision = fields.get("revision").parse().map_err(Problem::invalid)?;
        history::roll_back(&store, view.principal.clone(), &name, revision).await
    };
    match made.await {
        Ok(made) => see_other(&of_zone(&made.zone, "")),
        Err(problem) => view.problem(&problem),
    }
}
