//! One RRset is changed: asked for, reviewed as a difference, published. Nobody overwrites another, as the
//! form says which revision it was made at.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use dadns_zone::ZoneName;
use maud::{Markup, html};
use serde::Deserialize;

use crate::http::problem::{Problem, reading};
use crate::http::v1::records::shape::{Change, Changes, Op, RrsetQuery};
use crate::http::v1::records::{Parts, make, rrsets};
use crate::http::web::form::{Fields, Sent};
use crate::http::web::frame::View;
use crate::http::web::session::see_other;
use crate::http::web::text::{lines, of_zone, shown, visible};
use crate::store::{Mode, Store};

/// Which RRset is changed; none: a new one.
#[derive(Debug, Deserialize)]
pub(in crate::http) struct Which {
    name: Option<String>,
    #[serde(rename = "type")]
    rtype: Option<String>,
}

/// What a form has.
struct Typed {
    op: Op,
    name: String,
    rtype: String,
    ttl: String,
    records: String,
    revision: u64,
}

impl Typed {
    fn of(fields: &Fields) -> Self {
        let get = |name: &str| fields.get(name).trim().to_owned();
        Self {
            op: match fields.get("op") {
                "add" => Op::Add,
                "delete" => Op::Delete,
                "release" => Op::Release,
                _ => Op::Replace,
            },
            name: get("name"),
            rtype: get("type"),
            ttl: get("ttl"),
            records: get("records"),
            revision: fields.get("revision").parse().unwrap_or(0),
        }
    }

    fn changes(&self) -> Result<Changes, Problem> {
        let writes = matches!(self.op, Op::Replace | Op::Add);
        let ttl = match writes && !self.ttl.is_empty() {
            true => Some(
                self.ttl
                    .parse()
                    .map_err(|_| Problem::invalid("a TTL is a number of seconds"))?,
            ),
            false => None,
        };
        let lines = self.records.lines().map(str::trim);
        let lines = lines.filter(|line| writes && !line.is_empty());
        Ok(Changes {
            changes: vec![Change {
                op: self.op,
                name: self.name.clone(),
                rtype: self.rtype.clone(),
                ttl,
                records: lines.map(str::to_owned).collect(),
            }],
        })
    }
}

const fn word(op: Op) -> &'static str {
    match op {
        Op::Replace => "replace",
        Op::Add => "add",
        Op::Remove => "remove",
        Op::Delete => "delete",
        Op::Release => "release",
    }
}

/// `GET /web/zones/NAME/edit`.
pub(in crate::http) async fn ask(
    view: View,
    store: web::Data<Store>,
    name: web::Path<String>,
    which: web::Query<Which>,
) -> HttpResponse {
    let which = which.into_inner();
    let read = async {
        let zone = ZoneName::parse(&name)?;
        let typed = standing(store, zone.clone(), which).await?;
        Ok::<_, Problem>((zone, typed))
    };
    match read.await {
        Ok((zone, typed)) => form(&view, &zone, &typed, StatusCode::OK, None),
        Err(problem) => view.problem(&problem),
    }
}

/// An RRset as it stands.
async fn standing(store: web::Data<Store>, zone: ZoneName, which: Which) -> Result<Typed, Problem> {
    let Which { name, rtype } = which;
    let known = name.is_some() && rtype.is_some();
    let query = RrsetQuery {
        name: name.clone(),
        rtype: rtype.clone(),
        limit: Some(10),
        ..RrsetQuery::default()
    };
    let page = reading(store, move |store| rrsets(store, &zone, &query)).await?;
    let set = page.rrsets.into_iter().find(|set| known && set.served);
    let ttl = set.as_ref().and_then(|set| set.ttl);
    Ok(Typed {
        op: if known { Op::Replace } else { Op::Add },
        name: name.unwrap_or_default(),
        rtype: rtype.unwrap_or_default(),
        ttl: ttl.map_or_else(String::new, |ttl| ttl.to_string()),
        records: set.map_or_else(String::new, |set| set.records.join("\n")),
        revision: page.revision,
    })
}

/// `POST /web/zones/NAME/edit`: reviews, and with `step=publish` publishes.
pub(in crate::http) async fn edit(
    sent: Sent,
    parts: Parts,
    name: web::Path<String>,
) -> HttpResponse {
    let Sent { view, fields } = sent;
    let zone = match ZoneName::parse(&name) {
        Ok(zone) => zone,
        Err(error) => return view.problem(&error.into()),
    };
    let typed = Typed::of(&fields);
    let mode = match fields.get("step") {
        "publish" => Mode::Make,
        _ => Mode::DryRun,
    };
    if fields.get("step") == "again" {
        return form(&view, &zone, &typed, StatusCode::OK, None);
    }
    let made = async {
        let changes = typed.changes()?;
        let at = Some(vec![typed.revision]);
        make(&parts, &view.principal, &zone, &changes, at, mode).await
    };
    match (made.await, mode) {
        (Ok(_), Mode::Make) => see_other(&of_zone(zone.as_str(), "")),
        (Ok(edited), Mode::DryRun) => {
            let diff = edited.diff.to_string();
            let diff: Vec<_> = diff.lines().map(str::to_owned).collect();
            review(&view, &zone, &typed, &diff)
        }
        (Err(problem), _) if problem.revision().is_some() => {
            let newest = Typed {
                revision: problem.revision().unwrap_or_default(),
                ..typed
            };
            form(&view, &zone, &newest, problem.status(), Some(&problem))
        }
        (Err(problem), _) => form(&view, &zone, &typed, problem.status(), Some(&problem)),
    }
}

/// The fields of a form, which its reader does not see.
fn carried(typed: &Typed) -> Markup {
    html! {
        input type="hidden" name="op" value=(word(typed.op));
        input type="hidden" name="name" value=(typed.name);
        input type="hidden" name="type" value=(typed.rtype);
        input type="hidden" name="ttl" value=(typed.ttl);
        input type="hidden" name="records" value=(typed.records);
        input type="hidden" name="revision" value=(typed.revision);
    }
}

fn review(view: &View, zone: &ZoneName, typed: &Typed, diff: &[String]) -> HttpResponse {
    let body = html! {
        h1 { "Review the change of " (shown(zone.as_str())) }
        (lines(diff))
        form.actions method="post" action=(of_zone(zone.as_str(), "/edit")) {
            (view.token())
            (carried(typed))
            button name="step" value="publish" type="submit" { "Publish to every backend" }
            button.plain name="step" value="again" type="submit" { "Change it again" }
            a href=(of_zone(zone.as_str(), "")) { "Cancel" }
        }
    };
    view.page(&format!("Review the change of {zone}"), &body)
}

fn form(
    view: &View,
    zone: &ZoneName,
    typed: &Typed,
    status: StatusCode,
    problem: Option<&Problem>,
) -> HttpResponse {
    let ops = [
        (Op::Replace, "The RRset is exactly these records"),
        (Op::Add, "Add these records"),
        (
            Op::Delete,
            "Remove the RRset; one that was pushed is hidden",
        ),
        (Op::Release, "Drop the edit; what was pushed shows again"),
    ];
    let changed = problem.and_then(Problem::revision);
    let body = html! {
        h1 { "Change an RRset of " (shown(zone.as_str())) }
        @if let Some(revision) = changed {
            div.alert role="alert" {
                p { "Somebody changed the zone meanwhile; it is at revision " (revision) " now. Nothing was written, and what you typed is still here." }
                p { a href=(of_zone(zone.as_str(), &format!("/diff?to={revision}"))) { "See what changed" } ", then review yours again." }
            }
        } @else if let Some(problem) = problem {
            p.alert role="alert" { (visible(problem.detail())) }
        }
        form.stack method="post" action=(of_zone(zone.as_str(), "/edit")) {
            (view.token())
            input type="hidden" name="revision" value=(typed.revision);
            label { "What happens"
                select name="op" {
                    @for (op, text) in ops { option value=(word(op)) selected[op == typed.op] { (text) } }
                }
            }
            label { "Owner name, relative to the zone; @ is the zone itself" input name="name" value=(typed.name) required; }
            label { "Type" input name="type" value=(typed.rtype) required; }
            label { "TTL in seconds; empty: the one that it has" input name="ttl" value=(typed.ttl) inputmode="numeric"; }
            label { "Data, one record on each line" textarea name="records" rows="6" { (typed.records) } }
            div.actions {
                button name="step" value="review" type="submit" { "Review the change" }
                a href=(of_zone(zone.as_str(), "")) { "Cancel" }
            }
        }
    };
    view.page_with(status, &format!("Change an RRset of {zone}"), &body)
}
