//! Pushes that the guard holds: what they would change, and whether they shall.

use actix_web::{HttpResponse, web};
use dadns_zone::ZoneName;
use maud::{Markup, html};

use super::form::Sent;
use super::frame::View;
use super::session::see_other;
use super::text::{lines, of_zone, shown, time};
use crate::access::Right;
use crate::http::problem::{Code, Problem, reading};
use crate::http::status::Identity;
use crate::http::v1::held;
use crate::http::v1::shape::HeldPush;
use crate::store::Store;

/// `GET /web/held`.
pub(in crate::http) async fn list(
    view: View,
    store: web::Data<Store>,
    identity: web::Data<Identity>,
) -> HttpResponse {
    let principal = view.principal.clone();
    let read = reading(store, move |store| {
        Ok::<_, Problem>(held::all(store, &principal)?)
    });
    let held = match read.await {
        Ok(held) => held,
        Err(problem) => return view.problem(&problem),
    };
    let body = html! {
        h1 { "Held pushes" }
        @if held.is_empty() {
            p { "No push is held. The guard holds a push that looks like an accident, such as one of a zone that lost most of its records." }
        }
        @for push in &held { (one(&view, push, identity.backends.len())) }
    };
    view.page("Held pushes", &body)
}

fn one(view: &View, push: &HeldPush, backends: usize) -> Markup {
    let name = ZoneName::parse(&push.zone);
    let decides = name.is_ok_and(|name| view.principal.may(Right::Decide, &name).is_ok());
    let button = |action: &str, word: &str, class: &str| {
        html! {
            form method="post" action=(of_zone(&push.zone, action)) {
                (view.token())
                input type="hidden" name="at" value=(push.at);
                button class=(class) type="submit" { (word) span.unseen { " the push of " (push.zone) } }
            }
        }
    };
    html! {
        section.push {
            h2 { a href=(of_zone(&push.zone, "")) { (shown(&push.zone)) } }
            p {
                "Pushed " (time(push.at)) " by " (shown(&push.by))
                @if let Some(user) = &push.user { ", for the user " (shown(user)) }
                @if let Some(master) = &push.master { " of " (shown(master)) }
                ", and held because:"
            }
            ul { @for reason in &push.reasons { li { (shown(reason)) } } }
            h3 { "What it would change" }
            (lines(&push.lines))
            p { a href=(of_zone(&push.zone, "/diff?held=true")) { "The whole difference" span.unseen { " of " (push.zone) } } }
            @if decides {
                dl.choice {
                    dt { (button("/approve", "Approve", "danger")) }
                    dd { "The changes above are published "
                        @match backends { 0 => "as soon as a backend is enabled", 1 => "to the backend", _ => { "to all " (backends) " backends" } }
                        ". What is gone (−) is not answered any more. The history keeps the zone as it is now, and a rollback brings it back." }
                    dt { (button("/reject", "Reject", "plain")) }
                    dd { "This push is dropped, and the zone stays as it is. Its master is not told: the next push of it is looked at anew." }
                }
            } @else {
                p.soft { "You may not decide on it." }
            }
        }
    }
}

/// Whether the push that is held is still the one that was shown: its master may have pushed again since.
async fn is_shown(store: &web::Data<Store>, name: &ZoneName, at: &str) -> Result<(), Problem> {
    let (name, at) = (name.clone(), at.to_owned());
    reading(store.clone(), move |store| match store.held(&name)? {
        Some(held) if held.at.to_string() != at => Err(Problem::new(
            Code::ChangedMeanwhile,
            format!("another push of {name} is held since this page was shown; look at that one"),
        )),
        _ => Ok(()),
    })
    .await
}

/// `POST /web/zones/NAME/approve`.
pub(in crate::http) async fn approve(
    sent: Sent,
    store: web::Data<Store>,
    name: web::Path<String>,
) -> HttpResponse {
    let view = sent.view;
    let made = async {
        let name = ZoneName::parse(&name)?;
        is_shown(&store, &name, sent.fields.get("at")).await?;
        held::approved(&store, view.principal.clone(), &name).await
    };
    match made.await {
        Ok(made) => see_other(&of_zone(&made.zone, "")),
        Err(problem) => view.problem(&problem),
    }
}

/// `POST /web/zones/NAME/reject`.
pub(in crate::http) async fn reject(
    sent: Sent,
    store: web::Data<Store>,
    name: web::Path<String>,
) -> HttpResponse {
    let view = sent.view;
    let made = async {
        let name = ZoneName::parse(&name)?;
        is_shown(&store, &name, sent.fields.get("at")).await?;
        held::rejected(&store, view.principal.clone(), &name).await
    };
    match made.await {
        Ok(()) => see_other("/web/held"),
        Err(problem) => view.problem(&problem),
    }
}
