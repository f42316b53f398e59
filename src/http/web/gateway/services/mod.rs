//! Services of the registry: their instances, how each is and why, and what an operator orders.

mod orders;

use actix_web::{HttpResponse, web};
use maud::{Markup, html};

use crate::access::{Principal, Right};
use crate::http::problem::{Code, Problem};
use crate::http::registry::{instance, why_not};
use crate::http::services::InstanceStatus;
use crate::http::web::frame::View;
use crate::http::web::text::{count, encoded, shown, state, table, time};
use crate::registry::Registry;
use crate::registry::rules::{Book, Instance, Key};

pub(in crate::http) use orders::{ask_deregistration, believe, deregister, maintain};

/// How many services, and instances of one, a page shows.
const SHOWN: usize = 1_000;

/// How many changes it shows, of all instances together.
const CHANGES: usize = 100;

/// The longest reason of a maintenance.
const REASON: usize = 200;

/// The registry, if there is one.
#[derive(Debug, Clone, Default)]
pub(in crate::http) struct Services(pub Option<Registry>);

impl Services {
    fn registry(&self) -> Result<&Registry, Problem> {
        let off = || Problem::new(Code::NotFound, "the registry is off (registry.enabled)");
        self.0.as_ref().ok_or_else(off)
    }
}

/// What a list shows of a service.
struct Summary {
    name: String,
    instances: usize,
    published: usize,
    stale: bool,
}

/// An instance, with what its forms carry.
struct Row {
    key: Key,
    status: InstanceStatus,
    why_not: Option<String>,
}

/// `GET /web/services`.
pub(in crate::http) async fn list(view: View, services: web::Data<Services>) -> HttpResponse {
    let registry = match services.registry() {
        Ok(registry) => registry,
        Err(problem) => return view.problem(&problem),
    };
    let (all, total) = registry.look(|book, _| {
        let names: Vec<_> = book.services().collect();
        let all = names.iter().take(SHOWN).map(|name| summary(book, name));
        (all.collect::<Vec<_>>(), names.len())
    });
    let rows = html! {
        @for one in &all {
            tr {
                th scope="row" { a href=(of(&one.name, "")) { (shown(&one.name)) } }
                td { (count(one.instances, "instance")) }
                td { (one.published) }
                td { @if one.stale { (state("stale")) } @else if one.published == 0 { (state("not in DNS")) } @else { (state("ok")) } }
            }
        }
    };
    let body = html! {
        h1 { "Services" }
        @match &registry.settings().domain {
            Some(domain) => { p.soft { "Healthy instances are published below " code { "service." (domain) } "." } }
            None => { p.truth.bad { "Nothing is published in DNS, as registry.domain is empty." } }
        }
        @if all.is_empty() {
            p { "No service has registered." }
        } @else {
            (table("Services", "Each service with its instances", &COLUMNS, &rows))
            @if total > all.len() { p { "And " (total - all.len()) " more: dadns services lists all." } }
        }
    };
    view.page("Services", &body)
}

const COLUMNS: [&str; 4] = ["Service", "Instances", "In DNS", "Now"];

fn summary(book: &Book, name: &str) -> Summary {
    let mut summary = Summary {
        name: name.to_owned(),
        instances: 0,
        published: 0,
        stale: book.is_stale(name),
    };
    for one in book.of_service(name) {
        summary.instances += 1;
        summary.published += usize::from(book.is_published(one));
    }
    summary
}

/// `GET /web/services/SERVICE`.
pub(in crate::http) async fn one(
    view: View,
    services: web::Data<Services>,
    name: web::Path<String>,
) -> HttpResponse {
    let found = services.registry().and_then(|registry| {
        let domain = registry.settings().domain.is_some();
        let found = registry.look(|book, _| {
            let row = |one| Row {
                key: Instance::key(one).clone(),
                status: instance(book, one, true),
                why_not: why_not(book, one, domain),
            };
            let rows = book.of_service(&name).take(SHOWN).map(row);
            let total = book.of_service(&name).count();
            book.has_service(&name)
                .then(|| (rows.collect::<Vec<_>>(), total, book.is_stale(&name)))
        });
        let missing = || Problem::new(Code::NotFound, format!("no service {name} has registered"));
        found.ok_or_else(missing)
    });
    let (rows, total, stale) = match found {
        Ok(found) => found,
        Err(problem) => return view.problem(&problem),
    };
    let operates = may_order(&view.principal);
    let columns = &COLUMNS_OF_ONE[..if operates { 6 } else { 5 }];
    let body = html! {
        h1 { "Service " (shown(&name)) }
        @if stale { (believing(&view, &name, operates)) }
        (table("Instances", "Each instance, how it is and why", columns, &html! {
            @for row in &rows { (row_of(&view, &name, row, operates)) }
        }))
        @if total > rows.len() { p { "And " (total - rows.len()) " more: dadns services SERVICE lists all." } }
        (changes(&rows))
        p { a href="/web/services" { "Back to services" } }
    };
    view.page(&format!("Service {name}"), &body)
}

const COLUMNS_OF_ONE: [&str; 6] = ["Instance", "Now", "In DNS", "Address", "Checks", "Orders"];

fn believing(view: &View, name: &str, operates: bool) -> Markup {
    html! {
        div.alert {
            p { strong { "Most of this service became critical at once." } " It is more likely that their heartbeats do not come through, so what was published stays. It ends by itself when most of them work again." }
            @if operates {
                form.actions method="post" action=(of(name, "/believe")) {
                    (view.token())
                    button.danger type="submit" { "They are gone: publish only what is healthy" }
                }
            }
        }
    }
}

fn row_of(view: &View, service: &str, row: &Row, operates: bool) -> Markup {
    let status = &row.status;
    html! {
        tr {
            th scope="row" {
                (shown(&status.id))
                @if !status.node.is_empty() { p.soft { "on " (shown(&status.node)) } }
                p.soft { "registered by " (shown(&status.owner)) }
            }
            td { (state(&status.status)) @if status.busy { p.soft { "busy" } } }
            td {
                @if status.published { "yes" } @else { "no" }
                @if let Some(why) = &row.why_not { p.soft { (shown(why)) } }
            }
            td {
                (shown(&status.address))
                @if let Some(port) = status.port { " port " (port) }
                @if !status.tags.is_empty() { p.soft { (shown(&status.tags.join(", "))) } }
            }
            td {
                @for check in &status.checks {
                    p { (shown(&check.id)) ": " (state(&check.status)) " " (shown(&check.output)) }
                }
                @if status.checks.is_empty() { span.soft { "none" } }
            }
            @if operates { td { (orders(view, service, row)) } }
        }
    }
}

/// Maintenance on or off, and the way to the removal.
fn orders(view: &View, service: &str, row: &Row) -> Markup {
    let id = &row.status.id;
    let taken_out = row.status.maintenance.is_some();
    let query = format!(
        "?agent={}&id={}",
        encoded(&row.key.agent),
        encoded(&row.key.id)
    );
    html! {
        form method="post" action=(of(service, "/maintenance")) {
            (view.token())
            (hidden(&row.key))
            @if taken_out {
                input type="hidden" name="enable" value="no";
                button.plain type="submit" { "Take back in" span.unseen { " " (shown(id)) } }
            } @else {
                input type="hidden" name="enable" value="yes";
                input type="text" name="reason" maxlength=(REASON) aria-label=(format!("Why {id} is taken out")) placeholder="Why";
                button.plain type="submit" { "Take out" span.unseen { " " (shown(id)) } }
            }
        }
        p { a href=(of(service, "/deregister") + query.as_str()) { "Deregister" span.unseen { " " (shown(id)) } "…" } }
    }
}

fn hidden(key: &Key) -> Markup {
    html! {
        input type="hidden" name="agent" value=(key.agent);
        input type="hidden" name="id" value=(key.id);
    }
}

/// The newest changes of all instances.
fn changes(rows: &[Row]) -> Markup {
    let all = rows.iter().flat_map(|row| {
        let changes = row.status.changes.iter();
        changes.map(|change| (&row.status.id, change))
    });
    let mut all: Vec<_> = all.collect();
    all.sort_by_key(|(_, change)| std::cmp::Reverse(change.at));
    all.truncate(CHANGES);
    let rows = html! {
        @for (id, change) in &all {
            tr {
                td { (time(change.at)) }
                th scope="row" { (shown(id)) }
                td { (state(&change.status)) }
                td { (shown(&change.why)) }
            }
        }
    };
    html! {
        h2 { "Last changes" }
        (table("Last changes", "The newest first", &["When", "Instance", "Status", "Why"], &rows))
    }
}

/// The path of a page about a service.
fn of(service: &str, below: &str) -> String {
    format!("/web/services/{}{below}", encoded(service))
}

fn may_order(principal: &Principal) -> bool {
    principal.may_unlimited(Right::Operate).is_ok()
}
