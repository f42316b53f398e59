//! Zones that were ticked in the list: verified or removed together, once whoever asks has read what comes of it.

use std::collections::BTreeMap;

use actix_web::{HttpResponse, web};
use dadns_zone::ZoneName;
use maud::{Markup, html};

use crate::access::Right;
use crate::http::problem::{Problem, reading};
use crate::http::status::Identity;
use crate::http::v1::{masters, operations};
use crate::http::web::form::{Fields, Sent};
use crate::http::web::frame::View;
use crate::http::web::text::{count, of_zone, shown, table};
use crate::operations::{Operations, Task};
use crate::report::shape::{Item, Line};
use crate::store::{Owner, Store};

/// The most zones at a time.
const MOST: usize = 1_000;

/// A zone that was ticked.
struct Ticked {
    name: ZoneName,
    present: bool,
    /// Whose it is; `None`: nobody's.
    owner: Option<Owner>,
}

/// `POST /web/bulk/verify`.
pub(in crate::http) async fn verify(
    sent: Sent,
    store: web::Data<Store>,
    identity: web::Data<Identity>,
    operations: web::Data<Operations>,
) -> HttpResponse {
    let Sent { view, fields } = sent;
    let ticked = match ticked(&view, store, &fields).await {
        Ok(ticked) => ticked,
        Err(problem) => return view.problem(&problem),
    };
    if fields.get("step") != "do" {
        let title = format!("Verify {}?", count(ticked.len(), "zone"));
        let what = html! {
            li { "Each is read back from " (backends(&identity)) " and compared with what should be there, record for record." }
            li { "Where one has drifted, it is written again. One that waits for its next try is tried at once." }
            li { "What is in sync is not touched, and no serial changes." }
        };
        return ask(&view, "verify", &title, "Verify", &what, &ticked);
    }
    let task = Task::Verify {
        zones: Some(ticked.into_iter().map(|zone| zone.name).collect()),
        repair: true,
    };
    match operations::begin(&view.principal, &operations, task).await {
        Ok(lines) => view.page("Zones verified", &verified(lines).await),
        Err(problem) => view.problem(&problem),
    }
}

/// What an operation said, once it has ended.
async fn verified(mut lines: tokio::sync::mpsc::Receiver<Line>) -> Markup {
    let (mut items, mut end) = (Vec::new(), None);
    while let Some(line) = lines.recv().await {
        match line {
            Line::Progress { .. } => {}
            Line::Item(item) => items.push(item),
            Line::Summary(summary) => end = Some((summary.ok, summary.detail)),
            Line::Failed { detail } => end = Some((false, detail)),
        }
    }
    let stopped = "it was not finished: the gateway is stopping".to_owned();
    let (fine, detail) = end.unwrap_or((false, stopped));
    let rows = html! {
        @for Item { zone, backend, result, detail, .. } in &items {
            tr {
                th scope="row" { @if let Some(zone) = zone { a href=(of_zone(zone, "")) { (shown(zone)) } } }
                td { @if let Some(backend) = backend { (backend) } }
                td { (result) }
                td { (shown(detail)) }
            }
        }
    };
    let columns = ["Zone", "Backend", "Result", "Detail"];
    html! {
        h1 { "Zones verified" }
        p.truth.bad[!fine] { (shown(&detail)) "." }
        @if !items.is_empty() { (table("What was found", "What was found", &columns, &rows)) }
        p { a href="/web/zones" { "Back to the zones" } }
    }
}

/// `POST /web/bulk/remove`.
pub(in crate::http) async fn remove(
    sent: Sent,
    store: web::Data<Store>,
    identity: web::Data<Identity>,
) -> HttpResponse {
    let Sent { view, fields } = sent;
    let ticked = match ticked(&view, store.clone(), &fields).await {
        Ok(ticked) => ticked,
        Err(problem) => return view.problem(&problem),
    };
    if fields.get("step") != "do" {
        let title = format!("Remove {}?", count(ticked.len(), "zone"));
        return ask(
            &view,
            "remove",
            &title,
            "Remove",
            &comes_of(&ticked, &identity),
            &ticked,
        );
    }
    let mut results = Vec::with_capacity(ticked.len());
    for zone in ticked {
        // As it was when whoever asks read whose it is.
        let owner = fields.get(&format!("owner-{}", zone.name));
        let owner = (!owner.is_empty()).then_some(owner);
        let removed = masters::removed(&store, view.principal.clone(), &zone.name, owner);
        let before = removed.await.map(|removed| removed.before);
        results.push((zone.name, before));
    }
    let done = results.iter().filter(|(_, result)| result.is_ok()).count();
    let rows = html! {
        @for (name, result) in &results {
            tr {
                th scope="row" { a href=(of_zone(name.as_str(), "")) { (shown(name.as_str())) } }
                @match result {
                    Ok(before) => { td { "removed" } td { "Its history brings it back: roll back to revision " (before) "." } }
                    Err(problem) => { td { "not removed" } td { (shown(problem.detail())) } }
                }
            }
        }
    };
    let body = html! {
        h1 { "Zones removed" }
        p.truth.bad[done < results.len()] {
            (count(done, "zone")) " of " (results.len()) " removed. Each backend removes them now; their pages show when that is verified."
        }
        (table("Zones", "What became of each", &["Zone", "Result", "Next"], &rows))
        p { a href="/web/zones" { "Back to the zones" } }
    };
    view.page("Zones removed", &body)
}

/// What comes of a removal.
fn comes_of(ticked: &[Ticked], identity: &Identity) -> Markup {
    let mut owners = BTreeMap::<String, usize>::new();
    for zone in ticked {
        let owner = zone.owner.as_ref().map(|owner| owner.master.clone());
        *owners.entry(owner.unwrap_or_default()).or_default() += 1;
    }
    html! {
        li { strong { "They are no longer served: " } "they are removed from " (backends(identity)) ", and who asks for them gets no answer of theirs." }
        @for (master, zones) in &owners {
            @if master.is_empty() {
                li { (count(*zones, "zone")) " of no master." }
            } @else {
                li { (count(*zones, "zone")) " of " strong { (shown(master)) } ": its next push of a zone, or a comparison with its own list, brings that zone back. Remove it there as well." }
            }
        }
        li { "Edits that were made here are dropped with them, and so is a push that is held." }
        li { "Each can be brought back from its history, as long as that is kept: open the zone, and roll back to the revision before." }
    }
}

/// The zones that were ticked, of those that are here.
async fn ticked(
    view: &View,
    store: web::Data<Store>,
    fields: &Fields,
) -> Result<Vec<Ticked>, Problem> {
    let names = fields.all().filter(|(field, _)| *field == "zone");
    let names = names.map(|(_, name)| ZoneName::parse(name));
    let mut names = names.collect::<Result<Vec<_>, _>>()?;
    names.sort_unstable();
    names.dedup();
    if names.is_empty() {
        return Err(Problem::invalid(
            "no zone was ticked; go back and tick those that you mean",
        ));
    }
    if names.len() > MOST {
        return Err(Problem::invalid(format!("{MOST} zones at a time, at most")));
    }
    for name in &names {
        view.principal.may(Right::Operate, name)?;
    }
    reading(store, move |store| {
        let of = |name: ZoneName| {
            let head = store.head(&name)?;
            let head = head.ok_or_else(|| crate::http::problem::unknown(store, &name))?;
            Ok(Ticked {
                name,
                present: head.present,
                owner: head.owner,
            })
        };
        names.into_iter().map(of).collect()
    })
    .await
}

fn backends(identity: &Identity) -> String {
    let ids: Vec<_> = identity.backends.keys().map(ToString::to_string).collect();
    match ids.as_slice() {
        [] => "no backend, as none is enabled".to_owned(),
        [only] => only.clone(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}

/// Asks once more, after it was read what comes of it.
fn ask(
    view: &View,
    action: &str,
    title: &str,
    word: &str,
    what: &Markup,
    ticked: &[Ticked],
) -> HttpResponse {
    let rows = html! {
        @for zone in ticked {
            tr {
                th scope="row" { a href=(of_zone(zone.name.as_str(), "")) { (shown(zone.name.as_str())) } }
                td { @match &zone.owner { Some(owner) => (shown(&owner.to_string())), None => span.soft { "nobody" } } }
                td { @if zone.present { "present" } @else { "removed already" } }
            }
        }
    };
    let body = html! {
        h1 { (title) }
        ul.plain-list { (what) }
        form.actions method="post" action=(format!("/web/bulk/{action}")) {
            (view.token())
            input type="hidden" name="step" value="do";
            @for zone in ticked {
                input type="hidden" name="zone" value=(zone.name);
                @if let Some(owner) = &zone.owner {
                    input type="hidden" name=(format!("owner-{}", zone.name)) value=(owner.master);
                }
            }
            button.danger[action == "remove"] type="submit" { (word) " " (count(ticked.len(), "zone")) }
            a href="/web/zones" { "Cancel" }
        }
        (table("The zones", "The zones", &["Zone", "Owner", "State"], &rows))
    };
    view.page(title, &body)
}
