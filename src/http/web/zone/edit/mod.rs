//! One RRset is changed: asked for in a form of its type, reviewed as a difference, published. Nobody overwrites
//! another, as the form says which revision it was made at.

mod check;
mod forms;
mod kinds;
mod page;
mod review;
mod typed;
mod values;

pub(in crate::http) use check::check;
pub(in crate::http::web) use page::way;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use dadns_zone::ZoneName;
use maud::{Markup, html};
use serde::Deserialize;

use self::page::Shown;
use self::typed::{Data, Fault, Typed};
use crate::http::problem::{Code, Problem, reading};
use crate::http::status::Identity;
use crate::http::v1::history::compare;
use crate::http::v1::records::shape::{Op, Rrset, RrsetQuery};
use crate::http::v1::records::{Parts, make, rrsets};
use crate::http::v1::shape::{Difference, Sides};
use crate::http::web::form::Sent;
use crate::http::web::frame::View;
use crate::http::web::session::see_other;
use crate::http::web::text::{lines, of_zone, shown, visible};
use crate::store::{Mode, Store};

/// Which RRset is changed; without a type: a new one.
#[derive(Debug, Deserialize)]
pub(in crate::http) struct Which {
    name: Option<String>,
    #[serde(rename = "type")]
    rtype: Option<String>,
}

/// What is removed.
#[derive(Debug, Deserialize)]
pub(in crate::http) struct Removal {
    name: String,
    #[serde(rename = "type")]
    rtype: String,
    /// Which of its values; none: all.
    value: Option<usize>,
    /// Whether only what was edited is dropped.
    #[serde(default)]
    release: bool,
}

/// `GET /web/zones/NAME/edit`.
pub(in crate::http) async fn ask(
    view: View,
    store: web::Data<Store>,
    name: web::Path<String>,
    which: web::Query<Which>,
) -> HttpResponse {
    let Which { name: owner, rtype } = which.into_inner();
    let read = async {
        let zone = ZoneName::parse(&name)?;
        refuse_signed(&store, &zone).await?;
        let typed = match (&owner, rtype.filter(|rtype| !rtype.is_empty())) {
            (_, None) => None,
            (owner, Some(rtype)) => {
                let owner = owner.clone().unwrap_or_default();
                Some(standing(store, &zone, owner, rtype).await?)
            }
        };
        Ok::<_, Problem>((zone, typed))
    };
    match read.await {
        Ok((zone, None)) => page::which_type(&view, &zone, owner.as_deref().unwrap_or_default()),
        Ok((zone, Some((typed, _)))) => {
            let shown = Shown {
                view: &view,
                zone: &zone,
                typed: &typed,
                faults: &[],
            };
            shown.page(StatusCode::OK, &html! {})
        }
        Err(problem) => view.problem(&problem),
    }
}

/// Nobody is asked to fill in what cannot be published.
async fn refuse_signed(store: &web::Data<Store>, zone: &ZoneName) -> Result<(), Problem> {
    let name = zone.clone();
    match reading(store.clone(), move |store| Ok(store.is_signed(&name)?)).await? {
        true => Err(Problem::new(
            Code::ZoneIsSigned,
            format!(
                "zone {zone} is signed: any edit would break its signatures. Edit it where it is signed, and push it again."
            ),
        )),
        false => Ok(()),
    }
}

/// An RRset as it stands, or a new one if it does not.
async fn standing(
    store: web::Data<Store>,
    zone: &ZoneName,
    name: String,
    rtype: String,
) -> Result<(Typed, Vec<String>), Problem> {
    let query = RrsetQuery {
        name: Some(match name.is_empty() {
            true => "@".to_owned(),
            false => name.clone(),
        }),
        rtype: Some(rtype.clone()),
        limit: Some(10),
        ..RrsetQuery::default()
    };
    let zone = zone.clone();
    let page = reading(store, move |store| rrsets(store, &zone, &query)).await?;
    let served = |set: &Rrset| set.served && !name.is_empty();
    Ok(match page.rrsets.into_iter().find(served) {
        Some(set) => {
            let typed = Typed::new(Op::Replace, set.name, set.rtype, page.revision);
            let ttl = set.ttl.map_or_else(String::new, |ttl| ttl.to_string());
            let typed = Typed { ttl, ..typed }.with(&set.records);
            (typed, set.records)
        }
        None => (Typed::new(Op::Add, name, rtype, page.revision), Vec::new()),
    })
}

/// `GET /web/zones/NAME/remove`: what it would be to remove an RRset or one value, or to drop an edit.
pub(in crate::http) async fn ask_removal(
    view: View,
    parts: Parts,
    store: web::Data<Store>,
    identity: web::Data<Identity>,
    name: web::Path<String>,
    removal: web::Query<Removal>,
) -> HttpResponse {
    let Removal {
        name: owner,
        rtype,
        value,
        release,
    } = removal.into_inner();
    let read = async {
        let zone = ZoneName::parse(&name)?;
        let (typed, records) = standing(store.clone(), &zone, owner, rtype).await?;
        let chosen = match value {
            None => None,
            Some(at) => Some(records.get(at).cloned().ok_or_else(|| {
                Problem::invalid("this value is not there any more; open the zone again")
            })?),
        };
        Ok::<_, Problem>((
            zone,
            Typed {
                op: match (&chosen, release) {
                    (_, true) => Op::Release,
                    (Some(_), _) => Op::Remove,
                    (None, _) => Op::Delete,
                },
                data: Data::Lines(chosen.unwrap_or_default()),
                ..typed
            },
        ))
    };
    match read.await {
        Ok((zone, typed)) => run(view, &parts, store, &identity, &zone, typed, Mode::DryRun).await,
        Err(problem) => view.problem(&problem),
    }
}

/// `POST /web/zones/NAME/edit`: reviews, and with `step=publish` publishes.
pub(in crate::http) async fn edit(
    sent: Sent,
    parts: Parts,
    store: web::Data<Store>,
    identity: web::Data<Identity>,
    name: web::Path<String>,
) -> HttpResponse {
    let Sent { view, fields } = sent;
    let zone = match ZoneName::parse(&name) {
        Ok(zone) => zone,
        Err(error) => return view.problem(&error.into()),
    };
    let typed = Typed::of(&fields);
    let step = fields.get("step");
    let less = step.strip_prefix("less-").and_then(|at| at.parse().ok());
    let typed = match (step, less) {
        ("publish", _) => {
            return run(view, &parts, store, &identity, &zone, typed, Mode::Make).await;
        }
        ("again", _) => typed,
        ("more", _) => typed.with_one_more(),
        ("lines", _) => typed.in_lines(),
        ("fields", _) => typed.in_fields(&zone),
        (_, Some(at)) => typed.without(at),
        _ => return run(view, &parts, store, &identity, &zone, typed, Mode::DryRun).await,
    };
    let shown = Shown {
        view: &view,
        zone: &zone,
        typed: &typed,
        faults: &[],
    };
    shown.page(StatusCode::OK, &html! {})
}

/// Makes a change or tries it, and shows what comes of it.
async fn run(
    view: View,
    parts: &Parts,
    store: web::Data<Store>,
    identity: &Identity,
    zone: &ZoneName,
    typed: Typed,
    mode: Mode,
) -> HttpResponse {
    let form = |typed: &Typed, faults: &[Fault], status, first: &Markup| {
        let shown = Shown {
            view: &view,
            zone,
            typed,
            faults,
        };
        shown.page(status, first)
    };
    let faults = typed.faults(zone);
    if !faults.is_empty() {
        return form(&typed, &faults, StatusCode::UNPROCESSABLE_ENTITY, &html! {});
    }
    let at = Some(vec![typed.revision]);
    let made = make(parts, &view.principal, zone, &typed.changes(), at, mode).await;
    match (made, mode) {
        (Ok(_), Mode::Make) => see_other(&of_zone(zone.as_str(), "")),
        (Ok(edited), Mode::DryRun) => review::page(&view, zone, &typed, &edited, identity),
        (Err(problem), _) => match problem.revision() {
            Some(revision) => {
                let first = meanwhile(store, zone, &typed, revision).await;
                let newest = Typed { revision, ..typed };
                form(&newest, &[], problem.status(), &first)
            }
            None if typed.writes() && typed.op != Op::Remove => {
                let first = html! { p.alert role="alert" { (visible(problem.detail())) } };
                form(&typed, &[], problem.status(), &first)
            }
            None => view.problem(&problem),
        },
    }
}

/// What others did to the zone since a form was opened.
async fn meanwhile(
    store: web::Data<Store>,
    zone: &ZoneName,
    typed: &Typed,
    revision: u64,
) -> Markup {
    let sides = Sides {
        from: Some(typed.revision).filter(|from| (1..revision).contains(from)),
        to: Some(revision),
        held: false,
    };
    let (name, rtype) = (typed.name.clone(), typed.rtype.clone());
    let found = reading(store.clone(), {
        let zone = zone.clone();
        move |store| {
            let since = store.history(&zone)?.into_iter();
            let since = since.take_while(|(of, _)| sides.from.is_none_or(|from| *of > from));
            let by: Vec<_> = since.map(|(_, version)| version.by).take(5).collect();
            Ok((compare(store, &zone, &sides)?, by))
        }
    });
    let found: Option<(Difference, Vec<String>)> = found.await.ok();
    let now = standing(store, zone, name, rtype).await;
    let now = now.map(|(_, records)| records).unwrap_or_default();
    html! {
        div.alert role="alert" tabindex="-1" autofocus {
            p {
                strong { "Somebody changed the zone meanwhile. Nothing was published." }
                " It is at revision " (revision) " now, your form was made at " (typed.revision) ". What you typed is still below."
            }
            @match &found {
                Some((difference, by)) => {
                    p { "Changed since"
                        @for (at, by) in by.iter().enumerate() { @if at > 0 { "," } " by " (shown(by)) } ":" }
                    (lines(&difference.lines))
                }
                None => p { "What changed is not kept any more." },
            }
            p { "This RRset is now:" }
            @if now.is_empty() { p { "not there" } } @else {
                ul { @for record in &now { li { code { (shown(record)) } } } }
            }
            p { "Look at both, then review yours again: what you publish replaces this RRset as it is now." }
        }
    }
}
