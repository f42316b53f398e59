//! Masters as owners of zones, what the last reconciliation found, and forgetting a master that is gone.

use std::time::Duration;

use actix_web::{HttpResponse, web};
use maud::{Markup, html};

use super::running::{COLUMNS as ITEMS, Running, items_of};
use crate::access::Right;
use crate::http::problem::{Problem, reading};
use crate::http::status::Identity;
use crate::http::v1::masters::{forgetting, masters};
use crate::http::v1::shape::MasterStatus;
use crate::http::web::form::Sent;
use crate::http::web::frame::View;
use crate::http::web::text::{encoded, shown, state, table, time};
use crate::logging::counted;
use crate::operations::{Operations, Task};
use crate::report::shape::{PastPass, Reconciliation};
use crate::store::Store;

/// How many zones are named before they are removed.
const NAMED: usize = 100;

const COLUMNS: [&str; 6] = [
    "Master",
    "Zones",
    "Users",
    "Last push",
    "Last change",
    "Gone?",
];

/// `GET /web/masters`.
pub(in crate::http) async fn list(
    view: View,
    store: web::Data<Store>,
    identity: web::Data<Identity>,
    operations: web::Data<Operations>,
) -> HttpResponse {
    let overview = operations.reconciliation();
    let configured = overview.masters.clone();
    let read = reading(store, move |store| {
        Ok(masters(store, &identity, &configured))
    });
    let all = match read.await {
        Ok(all) => all,
        Err(problem) => return view.problem(&problem),
    };
    let operates = view.principal.may_everywhere(Right::Operate).is_ok();
    let own = |host: &String| all.iter().any(|one| one.master.as_ref() == Some(host));
    let without: Vec<_> = overview.masters.iter().filter(|host| !own(host)).collect();
    let body = html! {
        h1 { "Masters" }
        @if all.is_empty() && without.is_empty() {
            p { "No master is known: one is here as soon as it has pushed a zone. In DirectAdmin, register this host as a server of the cluster (Multi Server Setup)." }
        } @else {
            (table("Masters", "Those that own zones here, and those of the configuration", &COLUMNS[..if operates { 6 } else { 5 }], &html! {
                @for one in &all { (row(one, operates)) }
                @for host in &without {
                    tr {
                        td { (shown(host)) p.soft { "in the configuration" } }
                        td { "0" } td { "0" } td { "never" } td { "never" }
                        @if operates { td {} }
                    }
                }
            }))
        }
        (reconciliation(&view, &overview, operates))
    };
    view.page("Masters", &body)
}

fn row(one: &MasterStatus, operates: bool) -> Markup {
    html! {
        tr {
            td {
                @match &one.master { Some(host) => (shown(host)), None => "nobody" }
                @if one.configured { p.soft { "in the configuration" } }
                @if one.master.is_none() { p.soft { "created here, imported, or pushed without a host name" } }
            }
            td { (one.zones) }
            td { (one.users) }
            td { @match one.last_push { Some(at) => (time(at)), None => { span.soft { "not since dadns started" } } } }
            td { (time(one.last_change)) }
            @if operates {
                td { @if let (Some(host), false) = (&one.master, one.configured) {
                    a href=(format!("/web/masters/{}/forget", encoded(host))) { "Forget" span.unseen { " " (shown(host)) } "…" }
                } }
            }
        }
    }
}

fn reconciliation(view: &View, overview: &Reconciliation, operates: bool) -> Markup {
    let stopped = overview
        .last
        .as_ref()
        .is_some_and(|pass| pass.summary.of("stopped") > 0);
    html! {
        h2 { "Reconciliation" }
        p {
            @if overview.masters.is_empty() {
                "No master is in the configuration (reconciliation.directadmin_servers): nobody is asked for a list."
            } @else if overview.enabled {
                "dadns asks " (counted(overview.masters.len(), "master")) " for their zones every "
                (counted(usize::try_from(overview.every_s / 60).unwrap_or_default(), "minute"))
                @if overview.dry_run { ", and only reports what differs (reconciliation.dry_run)" } "."
            } @else {
                "It is off (reconciliation.enabled): masters are asked only when somebody says so here."
            }
        }
        @if operates && !overview.masters.is_empty() {
            form.actions method="post" action="/web/reconcile" {
                (view.token())
                @if stopped {
                    label.check { input type="checkbox" name="confirm" value="yes"; " also remove what is gone at the masters, however much that is" }
                }
                button type="submit" name="dry_run" value="" { "Reconcile now" }
                button.plain type="submit" name="dry_run" value="yes" { "Only report what would be done" }
            }
        }
        @if overview.running { p role="status" { "A pass is in progress." } }
        @match &overview.last {
            Some(pass) => (last(pass)),
            None => { p.soft { "No pass was made since dadns started." } }
        }
    }
}

fn last(pass: &PastPass) -> Markup {
    let took = pass.ended.duration_since(pass.began);
    let took = Duration::try_from(took).unwrap_or_default().as_secs_f64();
    html! {
        h3 { "Last pass " (state(if pass.summary.ok { "ok" } else { "differs" })) }
        p {
            "Ended " (time(pass.ended)) " after " (format!("{took:.1}")) " s, "
            @if pass.requested { "requested by an operator" } @else { "at its usual time" }
            ": " (shown(&pass.summary.detail)) "."
        }
        @if !pass.items.is_empty() {
            (table("What the last pass found", "What it found and did", &ITEMS, &items_of(&pass.items)))
            @if pass.more > 0 { p { "And " (pass.more) " more, which are in the log only." } }
        }
    }
}

/// `POST /web/reconcile`.
pub(in crate::http) async fn reconcile(
    sent: Sent,
    running: web::Data<Running>,
    operations: web::Data<Operations>,
) -> HttpResponse {
    let Sent { view, fields } = sent;
    let dry_run = fields.get("dry_run") == "yes";
    let task = Task::Reconcile {
        dry_run,
        confirm: fields.get("confirm") == "yes",
    };
    let title = match dry_run {
        true => "What reconciliation would do",
        false => "Reconciliation",
    };
    let from = ("/web/masters".to_owned(), "masters".to_owned());
    let began = running.begin(&view.principal, &operations, task, title.to_owned(), from);
    began.await.unwrap_or_else(|problem| view.problem(&problem))
}

/// `GET /web/masters/HOST/forget`: what would be removed.
pub(in crate::http) async fn ask_forget(
    view: View,
    store: web::Data<Store>,
    host: web::Path<String>,
) -> HttpResponse {
    let read = async {
        let host = host.into_inner();
        // As it is done later.
        forgetting(&view.principal, &host, true, false)?;
        let of = host.clone();
        let zones = reading(store, move |store| {
            let rows = store.rows(None).filter(|(_, row)| {
                let owner = row.owner.as_ref();
                row.present && owner.is_some_and(|owner| owner.master == of)
            });
            Ok(rows.map(|(name, _)| name).collect::<Vec<_>>())
        });
        Ok::<_, Problem>((host, zones.await?))
    };
    let (host, zones) = match read.await {
        Ok(read) => read,
        Err(problem) => return view.problem(&problem),
    };
    let many = counted(zones.len(), "zone");
    let body = html! {
        h1 { "Forget " (shown(&host)) }
        @if zones.is_empty() {
            p { (shown(&host)) " owns no zone here: there is nothing to forget." }
            p { a href="/web/masters" { "Back to masters" } }
        } @else {
            div.alert {
                p { strong { (many) " will be removed from every backend" } ", and no name server answers for them any more." }
                p { "Do this only if the master is gone for good and its zones with it. If it still pushes, it will bring them back. Each removal can be undone by rolling the zone back, while its history is kept." }
            }
            h2 { "These zones" }
            ul.names { @for zone in zones.iter().take(NAMED) { li { (shown(zone.as_str())) } } }
            @if zones.len() > NAMED { p { "and " (zones.len() - NAMED) " more" } }
            form.actions method="post" action=(format!("/web/masters/{}/forget", encoded(&host))) {
                (view.token())
                button.danger type="submit" name="confirm" value="yes" { "Remove " (many) " of " (shown(&host)) }
                a href="/web/masters" { "Cancel" }
            }
        }
    };
    view.page(&format!("Forget {host}"), &body)
}

/// `POST /web/masters/HOST/forget`.
pub(in crate::http) async fn forget(
    sent: Sent,
    running: web::Data<Running>,
    operations: web::Data<Operations>,
    host: web::Path<String>,
) -> HttpResponse {
    let Sent { view, fields } = sent;
    let confirm = fields.get("confirm") == "yes";
    let began = async {
        let task = forgetting(&view.principal, &host, false, confirm)?;
        let from = ("/web/masters".to_owned(), "masters".to_owned());
        let title = format!("Forgetting {host}");
        running
            .begin(&view.principal, &operations, task, title, from)
            .await
    };
    began.await.unwrap_or_else(|problem| view.problem(&problem))
}
