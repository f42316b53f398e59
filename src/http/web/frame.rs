//! What stands around every page: its head, the way to other pages, and how errors look.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::{FromRequest, HttpMessage, HttpRequest, HttpResponse};
use maud::{DOCTYPE, Markup, html};

use super::gateway;
use super::session::Ends;
use super::text::visible;
use crate::access::Principal;
use crate::http::problem::Problem;

/// Who looks at a page, and what its forms carry.
#[derive(Clone)]
pub(in crate::http) struct View {
    pub principal: Principal,
    pub csrf: String,
    /// The cookie of the session.
    pub id: String,
    /// When the session ends.
    pub ends: Ends,
    /// Whether there are services to be shown.
    pub services: bool,
}

impl FromRequest for View {
    type Error = actix_web::Error;
    type Future = Ready<Result<Self, Self::Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let extensions = request.extensions();
        let view = extensions.get::<Self>().cloned();
        // As the route has it act.
        let principal = extensions.get::<Principal>().cloned();
        let view = view.zip(principal);
        let view = view.map(|(view, principal)| Self { principal, ..view });
        ready(view.ok_or_else(|| Problem::not_logged_in().into()))
    }
}

impl View {
    /// A page.
    pub fn page(&self, title: &str, body: &Markup) -> HttpResponse {
        self.page_with(StatusCode::OK, title, body)
    }

    /// A page, with the status of its answer.
    pub fn page_with(&self, status: StatusCode, title: &str, body: &Markup) -> HttpResponse {
        answer(status, title, Some(self), body)
    }

    /// What every form carries.
    pub fn token(&self) -> Markup {
        html! { input type="hidden" name="csrf" value=(self.csrf); }
    }

    /// What cannot be done, and the way on.
    pub fn problem(&self, problem: &Problem) -> HttpResponse {
        refused(problem, Some(self))
    }
}

/// The page of something that cannot be done.
pub(in crate::http) fn refused(problem: &Problem, view: Option<&View>) -> HttpResponse {
    answer(
        problem.status(),
        problem.title(),
        view,
        &html! {
            h1 { (problem.title()) }
            p.alert role="alert" { (visible(problem.detail())) }
            p { "Nothing was changed. " a href="/web" { "Go to the dashboard" } " or back to the page before." }
        },
    )
}

/// A page; without a `view`, of nobody.
pub(in crate::http) fn answer(
    status: StatusCode,
    title: &str,
    view: Option<&View>,
    body: &Markup,
) -> HttpResponse {
    let session = view.map(|view| view.ends);
    let extend = |ends: Ends| if ends.extendable { "yes" } else { "no" };
    let page = html! {
        (DOCTYPE)
        html lang="en" data-left=[session.map(|ends| ends.left.as_secs())] data-extend=[session.map(extend)] {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (visible(title)) " · dadns" }
                link rel="icon" type="image/svg+xml" href="/web/assets/icon.svg";
                link rel="stylesheet" href="/web/assets/style.css";
                @if view.is_some() { script src="/web/assets/live.js" defer {} }
            }
            body {
                a.skip href="#main" { "Skip to the content" }
                @if let Some(view) = view { (head(view, title)) }
                main id="main" tabindex="-1" { (body) }
                @if view.is_some() { (comfort()) }
            }
        }
    };
    HttpResponse::build(status)
        .content_type("text/html; charset=utf-8")
        .body(page.into_string())
}

/// What only a script fills: see `assets/live.js`.
fn comfort() -> Markup {
    html! {
        p id="told" .hidden role="status" {}
        div.ended id="ended" role="alert" hidden {
            "Your session has ended. What you see is out of date. "
            a href="/web/login" { "Log in again" }
        }
        footer data-script hidden {
            kbd { "/" } " goes to the search field. "
            button.plain id="keys-switch" type="button" {}
        }
        dialog id="ending" aria-labelledby="ending-title" {
            h2 id="ending-title" { "Your session is about to end" }
            p { "It ends at " span id="ends-at" {} ". Forms that are not sent by then have to be sent again after a new login." }
            div.actions {
                button id="stay" type="button" autofocus { "Stay logged in" }
                button.plain id="leave" type="button" { "Close" }
            }
        }
    }
}

/// The pages that are reached from everywhere: what is served, and each push that the guard holds.
fn head(view: &View, title: &str) -> Markup {
    let link = |to: &str, name: &str| {
        let here = (name == title).then_some("page");
        html! { a href=(to) aria-current=[here] { (name) } }
    };
    html! {
        header {
            nav aria-label="Pages" {
                (link("/web", "Dashboard"))
                (link("/web/zones", "Zones"))
                (link("/web/held", "Held pushes"))
                (link("/web/query", "Query"))
                (more(view, title))
            }
            @if title != "Zones" {
                form role="search" aria-label="Find a zone" method="get" action="/web/zones" {
                    input type="search" name="q" aria-label="Find a zone" placeholder="Find a zone";
                }
            }
            div.live id="live" hidden {
                span.live-state id="live-state" {}
                button.plain id="live-pause" type="button" { "Pause updates" }
            }
            form.actions method="post" action="/web/logout" {
                (view.token())
                span.soft { (visible(&view.principal.account())) }
                button.plain type="submit" { "Log out" }
            }
        }
    }
}

/// The pages about the gateway, as far as whoever looks may see them: folded, as there are many.
fn more(view: &View, title: &str) -> Markup {
    let links = gateway::links(&view.principal, view.services);
    let here = links.iter().any(|(_, name)| *name == title);
    html! {
        @if !links.is_empty() {
            details.more {
                summary class=[here.then_some("here")] { "Gateway" }
                ul {
                    @for (to, name) in links {
                        li { a href=(to) aria-current=[(name == title).then_some("page")] { (name) } }
                    }
                }
            }
        }
    }
}
