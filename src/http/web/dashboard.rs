//! The dashboard: whether what should be served is served, and where not.

use actix_web::{HttpResponse, web};
use dadns_zone::ZoneName;
use maud::{Markup, html};

use super::frame::View;
use super::text::{of_zone, shown, state, table, time};
use crate::access::Right;
use crate::http::problem::{Problem, reading};
use crate::http::status::Identity;
use crate::http::status::overview::backends;
use crate::http::status::shape::BackendStatus;
use crate::store::Store;

/// How many pending zones of each backend are shown.
const LISTED: usize = 10;

/// `GET /web`.
pub(in crate::http) async fn show(
    view: View,
    store: web::Data<Store>,
    identity: web::Data<Identity>,
) -> HttpResponse {
    let everywhere = view.principal.may_everywhere(Right::Read).is_ok();
    let principal = view.principal.clone();
    let read = reading(store, move |store| {
        let sees = |zone: &ZoneName| principal.sees(zone);
        let recent = store.recent().into_iter();
        let recent: Vec<_> = recent.filter(|change| sees(&change.zone)).collect();
        let held = store.held_zones().into_iter().filter(sees).count();
        Ok::<_, Problem>((backends(store, &identity, LISTED), recent, held))
    });
    let (backends, recent, held) = match read.await {
        Ok(read) => read,
        Err(problem) => return view.problem(&problem),
    };
    let rows = html! {
                        @for change in &recent {
                            tr {
                                td { a href=(of_zone(change.zone.as_str(), "")) { (shown(change.zone.as_str())) } }
                                td { (change.revision) }
                                td { (time(change.at)) }
                            }
                        }
    };
    let body = html! {
        h1 { "Dashboard" }
        @if everywhere {
            (truth(&backends))
            h2 { "Backends" }
            ul.cards { @for backend in &backends { (card(backend)) } }
        }
        @if held > 0 {
            p.alert { a href="/web/held" { (count(held, "push")) " held" } " until somebody approves or rejects." }
        }
        h2 { "Recent changes" }
        @if recent.is_empty() {
            p { "No change since the start. A zone is here as soon as a master pushes one." }
        } @else {
            (table("Recent changes", "Newest first", &["Zone", "Revision", "Accepted"], &rows))
        }
    };
    view.page("Dashboard", &body)
}

/// `1 zone`, `2 pushes`.
fn count(number: usize, word: &str) -> String {
    let end = match (number, word.ends_with("sh")) {
        (1, _) => "",
        (_, true) => "es",
        _ => "s",
    };
    format!("{number} {word}{end}")
}

/// One sentence about all.
fn truth(backends: &[BackendStatus]) -> Markup {
    let mut bad: Vec<Markup> = Vec::new();
    for backend in backends {
        let BackendStatus {
            id,
            pending,
            drifted,
            ..
        } = backend;
        if let Some(unavailable) = &backend.unavailable {
            bad.push(html! {
                (id) " is unavailable since " (time(unavailable.since)) ": " (shown(&unavailable.cause)) "; "
                (count(*pending, "zone")) " pending."
            });
        } else if *pending > 0 {
            bad.push(html! { (id) " may be behind on " (count(*pending, "zone")) "." });
        } else if *drifted > 0 {
            bad.push(html! { (count(*drifted, "zone")) " drifted on " (id) "." });
        }
    }
    html! {
        @if backends.is_empty() {
            p.truth.bad { "No backend is enabled: zones are stored, but served by nobody." }
        } @else if bad.is_empty() {
            p.truth { "All zones are verified on " (count(backends.len(), "backend")) "." }
        } @else {
            div.truth.bad { @for one in &bad { p { (one) } } }
        }
    }
}

fn card(backend: &BackendStatus) -> Markup {
    html! {
        li {
            h3 { (backend.id) " " (state(&backend.state)) }
            p.soft { (shown(&backend.description)) }
            p { (count(backend.pending, "zone")) " pending"
                @if let Some(seconds) = backend.oldest_pending_s { ", the oldest for " (seconds) " s" }
                ", " (backend.drifted) " drifted" }
            @if let Some(at) = backend.last_verified { p { "Last verified " (time(at)) } }
            @if !backend.queue.is_empty() {
                ul {
                    @for zone in &backend.queue {
                        li {
                            a href=(of_zone(&zone.zone, "")) { (shown(&zone.zone)) }
                            @if let Some(cause) = &zone.cause { ": " (shown(cause)) }
                            ", next try " (time(zone.next_try))
                        }
                    }
                }
            }
        }
    }
}
