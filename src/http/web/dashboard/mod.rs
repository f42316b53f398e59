//! The dashboard: whether what should be served is served, and where not.

mod begin;
mod cards;
mod charts;
mod recent;
mod truth;

use actix_web::{HttpRequest, HttpResponse, web};
use maud::{Markup, html};

use super::frame::View;
use super::session::Pages;
use super::text::{count, shown, time};
use crate::access::Right;
use crate::http::problem::{Problem, reading};
use crate::http::status::overview::{self, backends};
use crate::http::status::shape::{BackendStatus, RefusedPush};
use crate::http::status::{Identity, attention};
use crate::samples::{Sample, Samples};
use crate::store::Store;
use recent::Change;

/// How many pending zones of each backend are shown.
const LISTED: usize = 5;

/// How many refused pushes are shown.
const REFUSED: usize = 5;

/// What the dashboard shows of the gateway as a whole.
struct Whole {
    zones: usize,
    masters: usize,
    backends: Vec<BackendStatus>,
    attention: usize,
    /// Why no change can be taken.
    failure: Option<String>,
    samples: Vec<Sample>,
}

/// `GET /web`.
pub(in crate::http) async fn show(
    view: View,
    request: HttpRequest,
    store: web::Data<Store>,
    identity: web::Data<Identity>,
    samples: web::Data<Samples>,
    pages: web::Data<Pages>,
) -> HttpResponse {
    let everywhere = view.principal.may_everywhere(Right::Read).is_ok();
    let principal = view.principal.clone();
    let read = reading(store, {
        let (identity, samples) = (identity.clone(), samples.clone());
        move |store| {
            let sees = |zone: &_| principal.sees(zone);
            let recent = recent::changes(store, &identity, sees);
            let held = store.held_zones().into_iter().filter(sees).count();
            let refused = overview::refused(store, REFUSED, sees);
            let whole = everywhere.then(|| whole(store, &identity, &samples));
            Ok::<_, Problem>((whole, recent, held, refused))
        }
    });
    let (whole, recent, held, refused) = match read.await {
        Ok(read) => read,
        Err(problem) => return view.problem(&problem),
    };
    let host = request.connection_info().host().to_owned();
    let begin = &pages.begin;
    let body = html! {
        h1 { "Dashboard" }
        @match &whole {
            Some(whole) => (of_all(whole, held, &samples, begin, &host)),
            None => @if held > 0 { (waiting(held)) },
        }
        (refusals(&refused))
        (changes(&recent))
    };
    view.page("Dashboard", &body)
}

fn whole(store: &Store, identity: &Identity, samples: &Samples) -> Whole {
    let failure = store.failure().map(|why| why.to_string());
    let room = || store.check_room().err().map(|why| why.to_string());
    Whole {
        zones: store.zone_count(),
        masters: store.masters().len(),
        backends: backends(store, identity, LISTED),
        attention: attention::all(store, identity).len(),
        failure: failure.or_else(room),
        samples: samples.all(),
    }
}

fn of_all(
    whole: &Whole,
    held: usize,
    samples: &Samples,
    begin: &super::session::Begin,
    host: &str,
) -> Markup {
    html! {
        (truth::show(whole))
        div id="begin" data-live {
            @if whole.zones == 0 || begin.default_password { (begin::steps(begin, whole.zones == 0, host)) }
        }
        (tiles(whole, held))
        h2 { "Backends" }
        ul.cards id="backends" data-live {
            @for backend in &whole.backends { (cards::card(backend, &whole.samples)) }
        }
        @if whole.backends.iter().all(|backend| samples.is_server(backend.id.as_str())) && !whole.backends.is_empty() {
            p.soft { "Only the built-in server is enabled. To serve zones from BIND, CoreDNS or secondaries as well, add a backend under "
                code { "dns.backends" } " of the configuration; it gets every zone that is here." }
        }
        h2 { "The last hour" }
        div.charts id="charts" data-live { (charts::all(&whole.samples)) }
    }
}

/// How much there is of what, each with the way there.
fn tiles(whole: &Whole, held: usize) -> Markup {
    let drifted: usize = whole.backends.iter().map(|backend| backend.drifted).sum();
    let tile = |to: &str, value: usize, word: &str, bad: bool| {
        let number = html! { strong.bad[bad] { (super::text::number(value as u64)) } " " (word) };
        html! { li { a href=(to) { (number) } } }
    };
    html! {
        ul.tiles id="tiles" data-live {
            (tile("/web/zones", whole.zones, if whole.zones == 1 { "zone" } else { "zones" }, false))
            (tile("/web/zones?attention=1", whole.attention, if whole.attention == 1 { "needs attention" } else { "need attention" }, whole.attention > 0))
            (tile("/web/held", held, if held == 1 { "held push" } else { "held pushes" }, held > 0))
            (tile("/web/drift", drifted, "drifted", drifted > 0))
            (tile("/web/masters", whole.masters, if whole.masters == 1 { "master" } else { "masters" }, false))
        }
    }
}

fn waiting(held: usize) -> Markup {
    html! { p.alert { a href="/web/held" { (count(held, "push")) " held" } " until somebody approves or rejects." } }
}

fn refusals(refused: &[RefusedPush]) -> Markup {
    html! {
        div id="refused" data-live {
            @if !refused.is_empty() {
                h2 { "Refused pushes" }
                ul.plain-list { @for push in refused {
                    li {
                        strong { (shown(&push.zone)) } ", " (time(push.at)) " by " (shown(&push.by)) ": " (shown(&push.reason))
                        @if push.times > 1 { span.soft { " (refused " (push.times) " times)" } }
                    }
                } }
            }
        }
    }
}

fn changes(recent: &[Change]) -> Markup {
    html! {
        h2 { "Recent changes" }
        div id="recent" data-live {
            @if recent.is_empty() {
                p.soft { "No change since the start. A zone is here as soon as a master pushes one." }
            } @else {
                (recent::table(recent))
            }
        }
    }
}
