//! One zone: where it is served, its RRsets with their layers, its history.

mod edit;
mod history;

pub(in crate::http) use edit::{ask as ask_edit, edit};
pub(in crate::http) use history::{diff, roll_back};

use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use actix_web::{HttpResponse, web};
use dadns_zone::ZoneName;
use maud::{Markup, html};
use serde::Deserialize;

use crate::access::Right;
use crate::http::problem::{Code, Problem, reading, unknown};
use crate::http::status::shape::{ReceiptStatus, ZoneStatus};
use crate::http::status::{Identity, zones};
use crate::http::v1::history::revisions;
use crate::http::v1::records::rrsets;
use crate::http::v1::records::shape::{Rrset, RrsetQuery, Rrsets};
use crate::http::v1::shape::Revision;
use crate::http::web::frame::View;
use crate::http::web::gateway::verify_form;
use crate::http::web::text::{encoded, of_zone, shown, state, table, time};
use crate::store::Store;

/// How many RRsets a page has.
const PAGE: usize = 200;

/// Where a page of RRsets begins.
#[derive(Debug, Deserialize)]
pub(in crate::http) struct Begin {
    after: Option<String>,
}

/// `GET /web/zones/NAME`.
pub(in crate::http) async fn show(
    view: View,
    store: web::Data<Store>,
    identity: web::Data<Identity>,
    name: web::Path<String>,
    begin: web::Query<Begin>,
) -> HttpResponse {
    let query = RrsetQuery {
        after: begin.into_inner().after,
        limit: Some(PAGE),
        ..RrsetQuery::default()
    };
    let read = async {
        let name = ZoneName::parse(&name)?;
        reading(store, move |store| {
            let head = store.head(&name)?.ok_or_else(|| unknown(store, &name))?;
            let present = head.present;
            let zone = zones::with_receipts(store, &identity, &name, head)?;
            let rrsets = match present {
                true => Some(rrsets(store, &name, &query)?),
                false => None,
            };
            Ok((zone, rrsets, revisions(store, &name)?))
        })
        .await
    };
    let (zone, rrsets, history) = match read.await {
        Ok(read) => read,
        Err(problem) => return view.problem(&problem),
    };
    let parsed = ZoneName::parse(&zone.zone);
    let may = |right| {
        parsed
            .as_ref()
            .is_ok_and(|name| view.principal.may(right, name).is_ok())
    };
    let body = html! {
        h1 { (shown(&zone.zone)) }
        (summary(&zone))
        (receipts(&zone.backends))
        @if may(Right::Operate) {
            (verify_form(&view, &zone.zone, zone.backends.iter().any(|one| one.next_try.is_some())))
        }
        @if let Some(rrsets) = &rrsets { (records(rrsets, may(Right::Edit))) }
        (past(&view, &zone, &history, may(Right::Decide)))
    };
    view.page(&zone.zone, &body)
}

fn summary(zone: &ZoneStatus) -> Markup {
    html! {
        p {
            (state(&zone.state)) ", revision " (zone.revision) ", serial " (zone.serial) ", "
            (zone.records) " records. Changed " (time(zone.changed)) " by " (shown(&zone.changed_by)) ". "
            @if zone.present { a href=(of_zone(&zone.zone, "/text")) { "Download the zone" } }
        }
        @if !zone.push_held_because.is_empty() {
            div.alert {
                p { a href="/web/held" { "A newer push is held" } ":" }
                ul { @for reason in &zone.push_held_because { li { (shown(reason)) } } }
            }
        }
        @if let Some(refused) = &zone.last_refused { p.alert { (shown(&refused.to_string())) } }
        @if !zone.notes.is_empty() { ul { @for note in &zone.notes { li { (shown(note)) } } } }
    }
}

fn receipts(backends: &[ReceiptStatus]) -> Markup {
    let rows = html! {
                    @for backend in backends {
                        tr {
                            td { (backend.id) }
                            td { (state(&backend.state)) }
                            td {
                                @match backend.verified_revision {
                                    Some(revision) => { "revision " (revision) }
                                    None => "never",
                                }
                                @if let Some(at) = backend.verified_at { " at " (time(at)) }
                            }
                            td {
                                @if let Some(cause) = &backend.cause { (shown(cause)) }
                                @for note in &backend.notes { p { (shown(note)) } }
                            }
                            td {
                                @if let Some(at) = backend.next_try { (time(at)) @if backend.attempts > 0 { ", failed " (backend.attempts) " times" } }
                            }
                        }
                    }
    };
    html! {
        h2 { "Backends" }
        (table("Backends", "What was verified where", &["Backend", "State", "Verified", "Cause", "Next try"], &rows))
    }
}

fn records(page: &Rrsets, editable: bool) -> Markup {
    let edit = |set: &Rrset| {
        let query = format!(
            "/edit?name={}&type={}",
            encoded(&set.name),
            encoded(&set.rtype)
        );
        of_zone(&page.zone, &query)
    };
    let columns = ["Name", "Type", "TTL", "Data", "Layer", "Change"];
    let columns = &columns[..if editable { 6 } else { 5 }];
    let rows = html! {
                    @for set in &page.rrsets {
                        tr {
                            td { (shown(&set.name)) }
                            td { (set.rtype) }
                            td { @if let Some(ttl) = set.ttl { (ttl) } }
                            td {
                                ul { @for record in &set.records { li { code { (shown(record)) } } } }
                                @if !set.served { span.soft { "not served" } }
                                @if let Some(why) = &set.shadowed { p.soft { (shown(why)) } }
                                @if let Some(below) = &set.below {
                                    p.soft { "hides, of below: " @for record in &below.records { code { (shown(record)) } " " } }
                                }
                            }
                            td {
                                (set.layer)
                                @if let Some(by) = &set.by { ", by " (shown(by)) }
                                @if let Some(at) = set.at { ", " (time(at)) }
                            }
                            @if editable {
                                td { @if set.rtype != "SOA" { a href=(edit(set)) { "Change" span.soft { " " (set.rtype) } } } }
                            }
                        }
                    }
    };
    html! {
        h2 { "Records" }
        @if editable { p { a href=(of_zone(&page.zone, "/edit")) { "Add an RRset" } } }
        (table("Records", "RRsets of all layers", columns, &rows))
        @if let Some(next) = &page.next {
            p { a href=(of_zone(&page.zone, &format!("?after={}", encoded(next)))) { "Next RRsets" } }
        }
    }
}

fn past(view: &View, zone: &ZoneStatus, history: &[Revision], decides: bool) -> Markup {
    let rows = html! {
                    @for one in history {
                        tr {
                            td { (one.revision) }
                            td { (one.how) }
                            td { (shown(&one.by)) }
                            td { (time(one.at)) }
                            td {
                                div.actions {
                                    a href=(of_zone(&zone.zone, &format!("/diff?to={}", one.revision))) { "Difference" }
                                    @if decides && one.revision != zone.revision && one.how != "removed" {
                                        form method="post" action=(of_zone(&zone.zone, "/rollback")) {
                                            (view.token())
                                            input type="hidden" name="revision" value=(one.revision);
                                            button.plain type="submit" { "Roll back to " (one.revision) }
                                        }
                                    }
                                }
                            }
                        }
                    }
    };
    html! {
        h2 { "History" }
        (table("History", "Revisions that are kept, newest first", &["Revision", "How", "By", "Accepted", "What"], &rows))
    }
}

/// `GET /web/zones/NAME/text`: the zone as a file.
pub(in crate::http) async fn text(
    view: View,
    store: web::Data<Store>,
    name: web::Path<String>,
) -> HttpResponse {
    let read = async {
        let name = ZoneName::parse(&name)?;
        let text = reading(store, {
            let name = name.clone();
            move |store| match store.desired(&name)?.zone {
                Some(zone) => Ok(zone.to_string()),
                None => Err(Problem::new(
                    Code::ZoneNotPresent,
                    format!("zone {name} is not present"),
                )),
            }
        });
        Ok::<_, Problem>((text.await?, name))
    };
    match read.await {
        Ok((text, name)) => HttpResponse::Ok()
            .insert_header((CONTENT_TYPE, "text/plain; charset=utf-8"))
            .insert_header((
                CONTENT_DISPOSITION,
                format!("attachment; filename=\"{}.zone\"", encoded(name.as_str())),
            ))
            .body(text),
        Err(problem) => view.problem(&problem),
    }
}
