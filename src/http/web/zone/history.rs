//! What a zone was before, what its revisions changed, and the way back.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use dadns_zone::ZoneName;
use maud::{Markup, html};
use serde::Deserialize;

use super::edit::way;
use super::past::line;
use crate::access::Right;
use crate::http::problem::{Problem, reading, unknown};
use crate::http::v1::history;
use crate::http::v1::shape::{Difference, Sides};
use crate::http::web::form::Sent;
use crate::http::web::frame::View;
use crate::http::web::session::see_other;
use crate::http::web::text::{lines, of_zone, shown};
use crate::store::Store;

/// How many revisions a page has.
const PAGE: usize = 25;

/// The most lines of a difference that are shown.
const MOST: usize = 2_000;

/// Where a page of revisions begins.
#[derive(Debug, Deserialize)]
pub(in crate::http) struct Before {
    before: Option<u64>,
}

/// `GET /web/zones/NAME/history`.
pub(in crate::http) async fn list(
    view: View,
    store: web::Data<Store>,
    name: web::Path<String>,
    before: web::Query<Before>,
) -> HttpResponse {
    let before = before.before;
    let read = async {
        let name = ZoneName::parse(&name)?;
        let found = reading(store, {
            let name = name.clone();
            move |store| {
                let head = store.head(&name)?.ok_or_else(|| unknown(store, &name))?;
                let found = history::some_revisions(store, &name, before, PAGE + 1)?;
                Ok((head.revision, found))
            }
        });
        Ok::<_, Problem>((found.await?, name))
    };
    let ((head, found), name) = match read.await {
        Ok(read) => read,
        Err(problem) => return view.problem(&problem),
    };
    let zone = name.as_str();
    let decides = view.principal.may(Right::Decide, &name).is_ok();
    let next = found.get(PAGE).and_then(|_| found.get(PAGE - 1));
    let body = html! {
        (way(&name))
        h1 { "History of " (shown(zone)) }
        @if found.is_empty() {
            p { "No revision is kept from then." }
        } @else {
            form method="get" action=(of_zone(zone, "/diff")) {
                p { "Choose two revisions. " button type="submit" { "Compare" } }
                (line(zone, head, found.iter().take(PAGE), decides, true))
                @if found.len() > 1 { button type="submit" { "Compare" } }
            }
        }
        p.actions {
            @if before.is_some() { a href=(of_zone(zone, "/history")) { "Newest revisions" } }
            @if let Some(last) = next { a href=(of_zone(zone, &format!("/history?before={}", last.revision))) { "Older revisions" } }
        }
    };
    view.page(&format!("History of {name}"), &body)
}

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
        (way(&name))
        h1 { "Difference in " (shown(name.as_str())) }
        p { "From " (side(&found.from)) " to " (side(&found.to)) ": what is gone (−) and new (+)." }
        (some(&found))
        p { a href=(of_zone(name.as_str(), "/history")) { "Back to the history" } }
    };
    view.page(&format!("Difference in {name}"), &body)
}

fn side(side: &str) -> Markup {
    html! { @match side { "nothing" => "nothing", "held" => "the held push", number => { "revision " (number) } } }
}

/// A difference, or as much of it as a page can hold.
fn some(found: &Difference) -> Markup {
    let more = found.lines.len().saturating_sub(MOST);
    let first = found.lines.get(..MOST).unwrap_or(&found.lines);
    html! {
        (lines(first))
        @if more > 0 { p { "And " (more) " lines more, which the API and dadns diff show." } }
    }
}

/// The revision to go back to.
#[derive(Debug, Deserialize)]
pub(in crate::http) struct Back {
    revision: u64,
}

/// `GET /web/zones/NAME/rollback`: what it would change.
pub(in crate::http) async fn ask_rollback(
    view: View,
    store: web::Data<Store>,
    name: web::Path<String>,
    back: web::Query<Back>,
) -> HttpResponse {
    match ZoneName::parse(&name) {
        Ok(name) => review(&view, store, &name, back.revision, false).await,
        Err(error) => view.problem(&error.into()),
    }
}

async fn review(
    view: &View,
    store: web::Data<Store>,
    name: &ZoneName,
    revision: u64,
    meanwhile: bool,
) -> HttpResponse {
    let read = reading(store, {
        let name = name.clone();
        move |store| {
            let head = store.head(&name)?.ok_or_else(|| unknown(store, &name))?;
            let sides = Sides {
                from: Some(head.revision),
                to: Some(revision),
                held: false,
            };
            Ok((head.revision, history::compare(store, &name, &sides)?))
        }
    });
    let (at, found) = match read.await {
        Ok(read) => read,
        Err(problem) => return view.problem(&problem),
    };
    let body = html! {
        (way(name))
        h1 { "Roll " (shown(name.as_str())) " back to revision " (revision) }
        @if meanwhile {
            p.alert role="alert" { "Somebody changed the zone meanwhile. Nothing was rolled back. Please look again:" }
        }
        p { "It is at revision " (at) ". This is what would be gone (−) and new (+) on every backend, edits of all layers included:" }
        (some(&found))
        p { "The rollback is a revision of its own, which can be rolled back again. The next push of a master replaces what it pushed." }
        form.actions method="post" action=(of_zone(name.as_str(), "/rollback")) {
            (view.token())
            input type="hidden" name="revision" value=(revision);
            input type="hidden" name="at" value=(at);
            button.danger type="submit" { "Roll back to revision " (revision) }
            a href=(of_zone(name.as_str(), "")) { "Cancel" }
        }
    };
    let status = match meanwhile {
        true => StatusCode::PRECONDITION_FAILED,
        false => StatusCode::OK,
    };
    view.page_with(status, &format!("Roll {name} back"), &body)
}

/// `POST /web/zones/NAME/rollback`.
pub(in crate::http) async fn roll_back(
    sent: Sent,
    store: web::Data<Store>,
    name: web::Path<String>,
) -> HttpResponse {
    let Sent { view, fields } = sent;
    let read = || {
        let name = ZoneName::parse(&name)?;
        let revision = fields.get("revision").parse().map_err(Problem::invalid)?;
        let head = store.head(&name)?.map_or(0, |head| head.revision);
        Ok::<_, Problem>((name, revision, head))
    };
    let (name, revision, head) = match read() {
        Ok(read) => read,
        Err(problem) => return view.problem(&problem),
    };
    // As it was looked at.
    let at = fields.get("at");
    if !at.is_empty() && at.parse() != Ok(head) {
        return review(&view, store, &name, revision, true).await;
    }
    match history::roll_back(&store, view.principal.clone(), &name, revision).await {
        Ok(made) => see_other(&of_zone(&made.zone, "")),
        Err(problem) => view.problem(&problem),
    }
}
