//! One zone: where it is served, its RRsets with their layers, its history.

mod edit;
mod history;
mod past;
mod rrsets;

use self::rrsets::Search;
pub(in crate::http) use edit::{ask as ask_edit, ask_removal, check, edit};
pub(in crate::http) use history::{ask_rollback, diff, list as history, roll_back};

use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use actix_web::{HttpResponse, web};
use dadns_zone::ZoneName;
use maud::{Markup, html};

use crate::access::Right;
use crate::cluster::ElsewhereStatus;
use crate::http::problem::{Code, Problem, reading, unknown};
use crate::http::status::shape::{ReceiptStatus, ZoneStatus};
use crate::http::status::{Identity, zones};
use crate::http::v1::history::some_revisions;
use crate::http::v1::records::rrsets;
use crate::http::web::frame::View;
use crate::http::web::gateway::verify_form;
use crate::http::web::text::{encoded, of_zone, shown, state, table, time};
use crate::store::Store;

/// `GET /web/zones/NAME`.
pub(in crate::http) async fn show(
    view: View,
    store: web::Data<Store>,
    identity: web::Data<Identity>,
    name: web::Path<String>,
    search: web::Query<Search>,
) -> HttpResponse {
    let search = search.into_inner();
    let query = search.query();
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
            let signed = store.is_signed(&name)?;
            let newest = some_revisions(store, &name, None, past::NEWEST + 1)?;
            Ok((zone, rrsets, signed, newest))
        })
        .await
    };
    let (zone, rrsets, signed, newest) = match read.await {
        Ok(read) => read,
        Err(problem) => return view.problem(&problem),
    };
    let parsed = ZoneName::parse(&zone.zone);
    let may = |right| {
        parsed
            .as_ref()
            .is_ok_and(|name| view.principal.may(right, name).is_ok())
    };
    let editable = may(Right::Edit) && !signed;
    let body = html! {
        h1 { (shown(&zone.zone)) }
        div id="summary" data-live { (summary(&zone)) }
        div id="receipts" data-live {
            (receipts(&zone.backends))
            @if !zone.elsewhere.is_empty() { (elsewhere(&zone.elsewhere)) }
        }
        @if may(Right::Operate) {
            (verify_form(&view, &zone.zone, zone.backends.iter().any(|one| one.next_try.is_some())))
        }
        @if let Some(page) = &rrsets { (rrsets::table(page, &search, editable, signed)) }
        div id="newest" data-live { (past::newest(&zone, &newest, may(Right::Decide))) }
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

/// How the zone stands at the backends of the other nodes.
fn elsewhere(backends: &[ElsewhereStatus]) -> Markup {
    let rows = html! {
        @for one in backends {
            tr {
                td { @if one.node.is_empty() { "none at the moment" } @else { (shown(&one.node)) } }
                td { (shown(&one.backend)) }
                td { (state(&one.state)) }
                td {
                    @if let Some(cause) = &one.cause { p { (shown(cause)) } }
                    @if let Some(since) = one.absent_since { p { "The node is absent since " (time(since)) } }
                }
            }
        }
    };
    html! {
        h2 { "Other nodes" }
        (table("Other nodes", "What is verified at other nodes", &["Node", "Backend", "State", "Cause"], &rows))
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
