//! Tokens of API clients: created with what they may do, shown this one time, revoked.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use maud::{Markup, html};

use crate::access::check_token_name;
use crate::http::problem::{Code, Problem};
use crate::http::v1::shape::{NewToken, TokenRequest, TokenStatus};
use crate::http::v1::tokens::{all, created, revoked};
use crate::http::web::form::{Fields, Sent};
use crate::http::web::frame::View;
use crate::http::web::session::see_other;
use crate::http::web::text::{encoded, shown, state, table, time, visible};
use crate::store::Store;

/// The actions, and what each allows.
const ACTIONS: [(&str, &str); 5] = [
    ("read", "read zones, records and what is served where"),
    ("edit", "edit records"),
    ("create", "create zones"),
    ("delete", "delete zones"),
    (
        "operate",
        "verify, approve and reject pushes, roll back, reconcile",
    ),
];

const COLUMNS: [&str; 6] = ["Token", "May", "Where", "Created", "Last used", "Revoke"];

/// What a form has.
#[derive(Default)]
struct Typed {
    name: String,
    acme: bool,
    actions: Vec<String>,
    zones: String,
    names: String,
    types: String,
    from: String,
    ttl_max: String,
    expires: String,
}

impl Typed {
    fn of(fields: &Fields) -> Self {
        let get = |name: &str| fields.get(name).trim().to_owned();
        let actions = ACTIONS.iter().map(|(action, _)| *action);
        let actions = actions.filter(|action| fields.get(&format!("may-{action}")) == "yes");
        Self {
            name: get("name"),
            acme: fields.get("acme") == "yes",
            actions: actions.map(str::to_owned).collect(),
            zones: get("zones"),
            names: get("names"),
            types: get("types"),
            from: get("from"),
            ttl_max: get("ttl_max"),
            expires: get("expires"),
        }
    }

    /// The same as a request of the API.
    fn request(&self) -> Result<TokenRequest, Problem> {
        let list = |text: &str| {
            let words = text.split([' ', ',', '\n', '\r', '\t']);
            let words = words.filter(|word| !word.is_empty()).map(str::to_owned);
            Some(words.collect::<Vec<_>>()).filter(|words| !words.is_empty())
        };
        let ttl_max = match self.ttl_max.as_str() {
            "" => None,
            text => Some(
                text.parse()
                    .map_err(|_| Problem::invalid("the highest TTL is a number of seconds"))?,
            ),
        };
        if !self.acme && self.actions.is_empty() {
            return Err(Problem::invalid("tick at least one thing that it may do"));
        }
        Ok(TokenRequest {
            name: self.name.clone(),
            acme: self.acme,
            zones: list(&self.zones),
            names: list(&self.names),
            types: list(&self.types),
            // Those of an ACME client are known.
            actions: Some(self.actions.clone()).filter(|_| !self.acme),
            from: list(&self.from),
            ttl_max,
            expires: expiry(&self.expires)?,
        })
    }
}

/// A moment in UTC, as a browser sends it, or as RFC 3339 writes it.
fn expiry(text: &str) -> Result<Option<Timestamp>, Problem> {
    if text.is_empty() {
        return Ok(None);
    }
    let zoned = text.parse::<Timestamp>().ok();
    let civil = || {
        let civil = text.parse::<DateTime>().ok()?;
        Some(civil.to_zoned(TimeZone::UTC).ok()?.timestamp())
    };
    match zoned.or_else(civil) {
        Some(at) => Ok(Some(at)),
        None => Err(Problem::invalid(
            "expires: a date and time in UTC, such as 2027-01-31T12:00",
        )),
    }
}

/// `GET /web/tokens`.
pub(in crate::http) async fn list(view: View, store: web::Data<Store>) -> HttpResponse {
    let typed = Typed {
        actions: vec!["read".to_owned()],
        ..Typed::default()
    };
    page(&view, &store, &typed, StatusCode::OK, None)
}

fn page(
    view: &View,
    store: &Store,
    typed: &Typed,
    status: StatusCode,
    problem: Option<&Problem>,
) -> HttpResponse {
    let tokens = all(store);
    let body = html! {
        h1 { "Tokens" }
        @if tokens.is_empty() {
            p { "No token yet. A token lets a program use the API, or a person log in here, with fewer rights than an account." }
        } @else {
            (table("Tokens", "By name", &COLUMNS, &html! { @for token in &tokens { (row(token)) } }))
        }
        h2 id="new" { "Create a token" }
        @if let Some(problem) = problem { p.alert id="problem" role="alert" { (visible(problem.detail())) } }
        (form(view, typed, problem.is_some()))
    };
    view.page_with(status, "Tokens", &body)
}

fn row(token: &TokenStatus) -> Markup {
    let grant = &token.grant;
    let some = |what: &str, list: &[String]| {
        let limited = !(list.is_empty() || list.iter().any(|one| one == "*"));
        html! { @if limited { div { span.soft { (what) " " } (shown(&list.join(", "))) } } }
    };
    html! {
        tr {
            td { strong { (shown(&token.name)) } div { (state(&token.state)) } }
            td { (shown(&grant.actions.join(", "))) }
            td {
                div { span.soft { "zones " } @if grant.zones.iter().any(|zone| zone == "*") { "all" } @else { (shown(&grant.zones.join(", "))) } }
                (some("names", &grant.names))
                (some("types", &grant.types))
                (some("from", &grant.from))
                @if let Some(ttl) = grant.ttl_max { div { span.soft { "TTL up to " } (ttl) } }
            }
            td {
                (time(token.created)) div.soft { "by " (shown(&token.created_by)) }
                @match grant.expires { Some(at) => { div { "expires " (time(at)) } } None => { div.soft { "does not expire" } } }
            }
            td {
                @match token.last_used { Some(at) => (time(at)), None => { span.soft { "never" } } }
                @if let Some(from) = token.last_used_from { div.soft { "from " (from) } }
            }
            td { a href=(path(&token.name)) { "Revoke" span.unseen { " " (shown(&token.name)) } "…" } }
        }
    }
}

fn path(name: &str) -> String {
    format!("/web/tokens/{}/revoke", encoded(name))
}

fn form(view: &View, typed: &Typed, wrong: bool) -> Markup {
    let text = |name: &str, label: &str, value: &str, example: &str| {
        html! {
            label { (label) input name=(name) value=(value) placeholder=(example) autocomplete="off" spellcheck="false"; }
        }
    };
    html! {
        form.stack method="post" action="/web/tokens" aria-describedby=[wrong.then_some("problem")] {
            (view.token())
            label { "Name: 1 to 64 letters, digits, -, _ and ." input name="name" value=(typed.name) required maxlength="64" autocomplete="off" spellcheck="false"; }
            fieldset {
                legend { "It may" }
                @for (action, about) in ACTIONS {
                    @let on = typed.actions.iter().any(|one| one == action);
                    label.check { input type="checkbox" name=(format!("may-{action}")) value="yes" checked[on]; strong { (action) } span.soft { (about) } }
                }
                label.check { input type="checkbox" name="acme" value="yes" checked[typed.acme]; strong { "ACME client" } span.soft { "instead of these: reads zones, and edits only the TXT records of challenges" } }
            }
            (text("zones", "In zones; * is all", &typed.zones, "example.com *.example.net"))
            details open[!(typed.names.is_empty() && typed.types.is_empty() && typed.from.is_empty() && typed.ttl_max.is_empty())] {
                summary { "More limits" }
                div.stack {
                    (text("names", "Only these owner names", &typed.names, "_acme-challenge"))
                    (text("types", "Only these types", &typed.types, "TXT A AAAA"))
                    (text("from", "Only from these networks", &typed.from, "192.0.2.0/24"))
                    (text("ttl_max", "TTL at most, in seconds", &typed.ttl_max, "3600"))
                }
            }
            label { "Expires, in UTC; empty: never" input type="datetime-local" name="expires" value=(typed.expires); }
            div.actions { button type="submit" { "Create the token" } }
        }
    }
}

/// `POST /web/tokens`: the only answer that has the token.
pub(in crate::http) async fn create(sent: Sent, store: web::Data<Store>) -> HttpResponse {
    let Sent { view, fields } = sent;
    let typed = Typed::of(&fields);
    let made = async { created(&view.principal, &store, typed.request()?).await };
    match made.await {
        Ok(made) => show_once(&view, &made),
        Err(problem) => page(&view, &store, &typed, problem.status(), Some(&problem)),
    }
}

fn show_once(view: &View, made: &NewToken) -> HttpResponse {
    let name = &made.status.name;
    let body = html! {
        h1 { "Token " (shown(name)) " is created" }
        div.truth role="status" {
            p { "Copy it now: it is shown this one time, and dadns keeps only its hash." }
            p { label { "The token" input.secret readonly value=(made.token) autocomplete="off" spellcheck="false"; } }
        }
        p { "Programs send it as " code { "X-API-Key" } ", as " code { "Authorization: Bearer" } ", or as the password of HTTP Basic." }
        p { a href="/web/tokens" { "Back to tokens" } }
    };
    view.page_with(StatusCode::CREATED, "Token created", &body)
}

/// `GET /web/tokens/NAME/revoke`.
pub(in crate::http) async fn ask_revoke(
    view: View,
    store: web::Data<Store>,
    name: web::Path<String>,
) -> HttpResponse {
    let token = all(&store).into_iter().find(|token| token.name == *name);
    let Some(token) = token.filter(|token| check_token_name(&token.name).is_ok()) else {
        let detail = "there is no such token";
        return view.problem(&Problem::new(Code::UnknownToken, detail));
    };
    let body = html! {
        h1 { "Revoke token " (shown(&token.name)) }
        div.alert {
            p { strong { "Whoever uses this token is refused from now on" } ", and sessions that were begun with it end at once. It cannot be brought back: a new token has another text." }
            p {
                @match token.last_used {
                    Some(at) => { "It was last used " (time(at)) @if let Some(from) = token.last_used_from { " from " (from) } "." }
                    None => "It was never used.",
                }
            }
        }
        form.actions method="post" action=(path(&token.name)) {
            (view.token())
            button.danger type="submit" { "Revoke " (shown(&token.name)) }
            a href="/web/tokens" { "Cancel" }
        }
    };
    view.page(&format!("Revoke token {}", token.name), &body)
}

/// `POST /web/tokens/NAME/revoke`.
pub(in crate::http) async fn revoke(
    sent: Sent,
    store: web::Data<Store>,
    name: web::Path<String>,
) -> HttpResponse {
    let view = sent.view;
    match revoked(&view.principal, &store, &name).await {
        Ok(()) => see_other("/web/tokens"),
        Err(problem) => view.problem(&problem),
    }
}
