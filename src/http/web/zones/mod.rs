//! The list of zones: searched, filtered, sorted and paged by the gateway.

mod bulk;
mod search;

pub(in crate::http) use bulk::{remove as bulk_remove, verify as bulk_verify};

use actix_web::{HttpResponse, web};
use maud::{Markup, html};

use super::frame::View;
use super::text::{ago, count, number, of_zone, shown, state};
use crate::access::Right;
use crate::http::problem::{Problem, reading};
use crate::http::status::list::{self, Found};
use crate::http::status::shape::ZoneStatus;
use crate::http::status::{Identity, attention};
use crate::store::{Store, StoreError};
use search::{SORTS, Search};

/// How many zones a page has.
const PAGE: usize = 100;

/// Up to how many masters are offered to choose from.
const MASTERS: usize = 100;

/// A zone in the list, and why it needs attention.
struct Listed {
    zone: ZoneStatus,
    attention: Vec<String>,
}

/// `GET /web/zones`.
pub(in crate::http) async fn list(
    view: View,
    store: web::Data<Store>,
    identity: web::Data<Identity>,
    search: web::Query<Search>,
) -> HttpResponse {
    let (query, order, principal) = (search.query(), search.order(), view.principal.clone());
    let backends: Vec<_> = identity.backends.keys().map(ToString::to_string).collect();
    let everywhere = principal.may_everywhere(Right::Read).is_ok();
    let read = reading(store, move |store| {
        let sees = |zone: &_| principal.sees(zone);
        let found = list::find(store, &identity, &query, &order, PAGE, sees)?;
        let masters = if everywhere {
            store.masters()
        } else {
            Vec::new()
        };
        let zones = listed(store, &identity, &found)?;
        Ok::<_, Problem>((found, zones, masters))
    });
    let (found, zones, masters) = match read.await {
        Ok(read) => read,
        Err(problem) => return view.problem(&problem),
    };
    let body = html! {
        h1 { "Zones" }
        (filters(&search, &backends, &masters))
        (tally(&found, &search))
        @if !zones.is_empty() && view.principal.has(Right::Operate).is_ok() {
            form method="post" action="/web/bulk/verify" {
                (view.token())
                (table(&zones, &search, true))
                div.actions {
                    "Those that are ticked: "
                    button.plain type="submit" { "Verify" }
                    button.plain type="submit" formaction="/web/bulk/remove" { "Remove" }
                    span.soft { "The next page says what comes of it." }
                }
            }
        } @else if !zones.is_empty() {
            (table(&zones, &search, false))
        }
        p.actions {
            @if found.more { a href=(search.page_after(found.zones.last())) rel="next" { "Next zones" } }
            @if !search.after.is_empty() { a href=(search.page_after(None)) { "First zones" } }
        }
    };
    view.page("Zones", &body)
}

fn listed(store: &Store, identity: &Identity, found: &Found) -> Result<Vec<Listed>, StoreError> {
    let zones = found.zones.iter().map(|(_, name)| {
        let zone = list::shown(store, identity, name)?;
        Ok(zone.map(|zone| Listed {
            attention: attention::reasons(store, identity, name, zone.serial),
            zone,
        }))
    });
    zones.filter_map(Result::transpose).collect()
}

fn choice(label: &str, name: &str, chosen: &str, values: &[&str]) -> Markup {
    html! {
        label { (label)
            select name=(name) {
                option value="" { "any" }
                @for value in values { option value=(value) selected[*value == chosen] { (shown(value)) } }
            }
        }
    }
}

fn texts(all: &[String]) -> Vec<&str> {
    all.iter().map(String::as_str).collect()
}

fn filters(search: &Search, backends: &[String], masters: &[String]) -> Markup {
    let states = ["failed", "pending", "served", "kept", "removed"];
    html! {
        form.search role="search" aria-label="List of zones" method="get" action="/web/zones" {
            div.row {
                label.wide-field { "Name contains" input type="search" name="q" value=(search.q); }
                (choice("State", "state", &search.state, &states))
                label.tick { input type="checkbox" name="attention" value="1" checked[search.needs_attention()]; " Needs attention" }
                button type="submit" { "Search" }
                @if search.is_any() { a href="/web/zones" { "Clear" } }
            }
            details open[search.is_refined()] {
                summary { "More filters" }
                div.row {
                    @if masters.len() > MASTERS || masters.is_empty() {
                        label { "Master" input name="master" value=(search.master); }
                    } @else {
                        (choice("Master", "master", &search.master, &texts(masters)))
                    }
                    label { "Owner (user of the master)" input name="user" value=(search.user); }
                    (choice("Pending on", "backend", &search.backend, &texts(backends)))
                    (choice("Signed", "signed", &search.signed, &["yes", "no"]))
                    (choice("Push held or edited", "only", &search.only, &["held", "edited"]))
                }
            }
        }
    }
}

/// How many there are, and what to do where there are none.
fn tally(found: &Found, search: &Search) -> Markup {
    html! {
        p id="count" role="status" data-live {
            strong { (count(found.total, "zone")) }
            @if search.needs_attention() { " that " (if found.total == 1 { "needs" } else { "need" }) " attention" }
            @if found.unlooked > 0 {
                ". It is not known yet of " (count(found.unlooked, "more zone")) " whether they are signed: search again to go on looking"
            }
        }
        @if found.total == 0 {
            @if search.is_any() {
                p { "No zone is like this. " a href="/web/zones" { "Show all zones" } }
            } @else {
                p { "A zone is here as soon as a master pushes it, or somebody creates it by the API. "
                    a href="/web" { "The dashboard" } " shows how." }
            }
        }
    }
}

fn table(zones: &[Listed], search: &Search, ticks: bool) -> Markup {
    html! {
        div.wide tabindex="0" role="region" aria-label="Zones" {
            table.zones {
                caption.hidden { "Zones, sorted by a column" }
                thead { tr {
                    @if ticks {
                        td.tick-box { label data-script hidden { input id="tick-all" type="checkbox"; span.hidden { "Tick all on this page" } } }
                    }
                    (heading(search, 0, "Zone"))
                    (heading(search, 1, "State"))
                    (heading(search, 2, "Owner"))
                    th.number scope="col" { "Records" }
                    th.number scope="col" { "Serial" }
                    (heading(search, 3, "Changed"))
                } }
                tbody id="rows" data-live { @for listed in zones { (row(listed, ticks)) } }
            }
        }
    }
}

/// The head of a column that can be sorted by.
fn heading(search: &Search, column: usize, word: &str) -> Markup {
    let Some((sort, name)) = SORTS.get(column) else {
        return html! { th scope="col" { (word) } };
    };
    let sorted = (search.sort() == *sort).then(|| match search.is_reversed() {
        true => "descending",
        false => "ascending",
    });
    html! {
        th scope="col" aria-sort=[sorted] {
            a href=(search.sorted(*sort, name)) { (word)
                @match sorted {
                    Some("ascending") => { span aria-hidden="true" { " ▲" } }
                    Some(_) => { span aria-hidden="true" { " ▼" } }
                    None => {}
                }
            }
        }
    }
}

fn row(listed: &Listed, ticks: bool) -> Markup {
    let Listed { zone, attention } = listed;
    html! {
        tr id={ "z-" (zone.zone) } {
            @if ticks { td.tick-box { label { input type="checkbox" name="zone" value=(zone.zone); span.hidden { "Tick " (shown(&zone.zone)) } } } }
            th scope="row" { a href=(of_zone(&zone.zone, "")) { (shown(&zone.zone)) } }
            td {
                (state(&zone.state))
                @if !zone.present && zone.state != "removed" { " (removal)" }
                @for reason in attention { " " span.flag { (shown(reason)) } }
            }
            td {
                @if let Some(user) = &zone.user { (shown(user)) " on " }
                @match &zone.master { Some(master) => (shown(master)), None => span.soft { "nobody" } }
            }
            td.number { (number(zone.records)) }
            td.number { (zone.serial) }
            td { (ago(zone.changed)) }
        }
    }
}
