//! Drift: what others changed on backends, whether it is repaired, and verifying at once.

use actix_web::{HttpResponse, web};
use dadns_zone::ZoneName;
use maud::{Markup, html};

use crate::access::Right;
use crate::http::problem::reading;
use crate::http::status::Identity;
use crate::http::v1::drift::drift;
use crate::http::v1::shape::DriftStatus;
use crate::http::web::frame::View;
use crate::http::web::text::{of_zone, shown, state, table, time};
use crate::store::Store;

/// `GET /web/drift`.
pub(in crate::http) async fn list(
    view: View,
    store: web::Data<Store>,
    identity: web::Data<Identity>,
) -> HttpResponse {
    let principal = view.principal.clone();
    let read = reading(store, move |store| Ok(drift(store, &identity, &principal)));
    let all = match read.await {
        Ok(all) => all,
        Err(problem) => return view.problem(&problem),
    };
    let open = all.iter().filter(|one| one.state == "drifted").count();
    let body = html! {
        h1 { "Drift" }
        p.soft { "Drift is what somebody else changed on a backend. dadns finds it by comparing each backend with what should be served, and puts it right." }
        @match (open, all.is_empty()) {
            (0, true) => { p.truth { "No drift was found since dadns started." } }
            (0, false) => { p.truth { "No drift is open." } }
            (1, _) => { p.truth.bad { "1 zone has drifted on a backend and is being repaired." } }
            (open, _) => { p.truth.bad { (open) " zones have drifted on backends and are being repaired." } }
        }
        @if view.principal.may_everywhere(Right::Operate).is_ok() {
            form.actions method="post" action="/web/verify" {
                (view.token())
                button type="submit" { "Verify all zones now" }
                span.soft { "compares every zone on every backend at full speed, and repairs what differs" }
            }
        }
        @if !all.is_empty() {
            h2 { "Found on backends" }
            (table("Found on backends", "What is open first, then the newest", &COLUMNS, &rows(&view, &all)))
        }
    };
    view.page("Drift", &body)
}

const COLUMNS: [&str; 6] = ["Zone", "Backend", "Now", "Found", "What differed", "Verify"];

fn rows(view: &View, all: &[DriftStatus]) -> Markup {
    let operates = |zone: &str| {
        let name = ZoneName::parse(zone);
        name.is_ok_and(|name| view.principal.may(Right::Operate, &name).is_ok())
    };
    html! {
        @for one in all {
            tr {
                td { a href=(of_zone(&one.zone, "")) { (shown(&one.zone)) } }
                td { (one.backend) }
                td { (state(&one.state)) }
                td { (time(one.at)) @if one.times > 1 { p.soft { (one.times) " times" } } }
                td { (shown(&one.found)) p.soft { "should have had revision " (one.revision) } }
                td {
                    @if operates(&one.zone) {
                        form method="post" action=(of_zone(&one.zone, "/verify")) {
                            (view.token())
                            button.plain type="submit" { "Verify now" span.unseen { " " (shown(&one.zone)) } }
                        }
                    }
                }
            }
        }
    }
}
