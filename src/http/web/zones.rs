//! The list of zones: searched, filtered and paged by the gateway.

use actix_web::{HttpResponse, web};
use maud::{Markup, html};
use serde::Deserialize;

use super::frame::View;
use super::text::{encoded, of_zone, shown, state, table, time};
use crate::http::problem::{Problem, reading};
use crate::http::status::shape::ZonePage;
use crate::http::status::{Identity, PageQuery, zones};
use crate::store::Store;

/// How many zones a page has.
const PAGE: usize = 100;

const COLUMNS: [&str; 6] = ["Zone", "State", "Owner", "Records", "Serial", "Changed"];

/// What is looked for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::http) struct Search {
    q: String,
    state: String,
    backend: String,
    only: String,
    after: String,
}

impl Search {
    fn query(&self) -> PageQuery {
        let some = |text: &String| (!text.is_empty()).then(|| text.clone());
        PageQuery {
            after: some(&self.after),
            limit: Some(PAGE),
            removed: self.state == "removed",
            q: some(&self.q),
            state: some(&self.state),
            backend: some(&self.backend),
            // Whether the guard holds a push of it.
            held: (self.only == "held").then_some(true),
            edited: (self.only == "edited").then_some(true),
            ..PageQuery::default()
        }
    }

    fn link(&self, after: &str) -> String {
        let parts = [
            ("q", &*self.q),
            ("state", &self.state),
            ("backend", &self.backend),
            ("only", &self.only),
            ("after", after),
        ];
        let parts = parts.iter().filter(|(_, value)| !value.is_empty());
        let parts: Vec<_> = parts
            .map(|(name, value)| format!("{name}={}", encoded(value)))
            .collect();
        format!("/web/zones?{}", parts.join("&"))
    }
}

/// `GET /web/zones`.
pub(in crate::http) async fn list(
    view: View,
    store: web::Data<Store>,
    identity: web::Data<Identity>,
    search: web::Query<Search>,
) -> HttpResponse {
    let (query, principal) = (search.query(), view.principal.clone());
    let backends: Vec<_> = identity.backends.keys().map(ToString::to_string).collect();
    let read = reading(store, move |store| {
        let sees = |zone: &_| principal.sees(zone);
        Ok::<_, Problem>(zones::page(store, &identity, &query, sees)?)
    });
    let page = match read.await {
        Ok(page) => page,
        Err(problem) => return view.problem(&problem),
    };
    let body = html! {
        h1 { "Zones" }
        (filters(&search, &backends))
        (list_of(&page))
        @if let Some(next) = &page.next { p { a href=(search.link(next)) { "Next zones" } } }
        @if !search.after.is_empty() { p { a href=(search.link("")) { "First zones" } } }
    };
    view.page("Zones", &body)
}

fn filters(search: &Search, backends: &[String]) -> Markup {
    let choice = |label: &str, name: &str, chosen: &str, values: &[&str]| {
        html! {
            label { (label)
                select name=(name) {
                    option value="" { "any" }
                    @for value in values { option value=(value) selected[*value == chosen] { (value) } }
                }
            }
        }
    };
    let backends: Vec<&str> = backends.iter().map(String::as_str).collect();
    let states = ["served", "pending", "failed", "kept", "removed"];
    html! {
        form.row role="search" method="get" action="/web/zones" {
            label { "Name contains" input type="search" name="q" value=(search.q); }
            (choice("State", "state", &search.state, &states))
            (choice("Pending on", "backend", &search.backend, &backends))
            (choice("Only", "only", &search.only, &["held", "edited"]))
            button type="submit" { "Search" }
        }
    }
}

fn list_of(page: &ZonePage) -> Markup {
    let rows = html! {
                        @for zone in &page.zones {
                            tr {
                                td { a href=(of_zone(&zone.zone, "")) { (shown(&zone.zone)) } }
                                td { (state(&zone.state)) }
                                td {
                                    @if let Some(user) = &zone.user { (shown(user)) " on " }
                                    @match &zone.master { Some(master) => (shown(master)), None => "nobody" }
                                }
                                td { (zone.records) }
                                td { (zone.serial) }
                                td { (time(zone.changed)) }
                            }
                        }
    };
    html! {
        @if page.zones.is_empty() {
            p { "No such zone. A zone is here as soon as a master pushes it, or somebody creates it by the API." }
        } @else {
            (table("Zones", "In the order of their names", &COLUMNS, &rows))
        }
    }
}
