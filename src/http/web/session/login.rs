//! The login, and its end.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use jiff::Timestamp;
use maud::{Markup, html};
use serde::Deserialize;

use super::door::{Pages, see_other};
use super::kept::Kept;
use super::second;
use super::sessions::Use;
use crate::access::{Principal, Right};
use crate::http::auth::{Entered, Gate, Holder};
use crate::http::problem::{Code, Problem};
use crate::http::web::form::{Fields, Sent};
use crate::http::web::frame::{View, answer};
use crate::http::web::text::visible;
use crate::logging::info;

/// For how long the form of a login may be open, in seconds; one that is older is shown anew.
const OPEN: i64 = 24 * 60 * 60;

/// The page that is wanted.
#[derive(Debug, Deserialize)]
pub(in crate::http) struct Wanted {
    #[serde(default)]
    next: String,
}

/// `GET /web/login`.
pub(in crate::http) async fn ask(
    pages: web::Data<Pages>,
    wanted: web::Query<Wanted>,
) -> HttpResponse {
    let asked = Asked {
        next: wanted.into_inner().next,
        ..Asked::default()
    };
    form(&pages, StatusCode::OK, &asked, None)
}

/// `POST /web/login`: the password, or the code that is asked for after it.
pub(in crate::http) async fn log_in(
    request: HttpRequest,
    pages: web::Data<Pages>,
    gate: web::Data<Gate>,
    body: web::Bytes,
) -> HttpResponse {
    let fields = Fields::read(&body);
    let asked = Asked::of(&fields);
    if !fields.get("half").is_empty() {
        return second::log_in(&request, &pages, &gate, &asked, &fields);
    }
    if !is_ours(&pages, fields.get("form")) {
        let why = "This form is too old, or was not sent from this page. Please log in again.";
        return form(&pages, StatusCode::BAD_REQUEST, &asked, Some(why));
    }
    match gate.log_in(&request, &asked.user, fields.get("password")) {
        Ok(Entered::Whole(principal, holder)) => {
            begin(&request, &pages, &asked, &principal, holder)
        }
        Ok(Entered::Half(account)) => second::ask(&pages, StatusCode::OK, &asked, &account, None),
        Err(problem) => form(&pages, problem.status(), &asked, Some(&why(&problem))),
    }
}

/// Begins the session of who has shown all that is needed.
pub(super) fn begin(
    request: &HttpRequest,
    pages: &Pages,
    asked: &Asked,
    principal: &Principal,
    holder: Holder,
) -> HttpResponse {
    let begun = principal.has(Right::Read).map_err(Problem::from);
    let begun = begun.and_then(|()| {
        let no_numbers = |_| Problem::new(Code::StoreFailed, "the system gives no random numbers");
        let id = pages.sessions.begin(holder).map_err(no_numbers)?;
        let session = pages.sessions.find(&id, Use::Active, |_| Some(()));
        let session = session.ok_or_else(Problem::not_logged_in)?;
        Ok(View {
            principal: principal.clone(),
            csrf: session.csrf,
            ends: session.ends,
            id,
            services: pages.services,
        })
    });
    let view = match begun {
        Ok(view) => view,
        Err(problem) => return form(pages, problem.status(), asked, Some(problem.detail())),
    };
    info!(principal = %principal, "a session of the web page was begun by {principal}");
    let mut response = match &asked.kept {
        Some(kept) => {
            let first = "You are logged in again. This is what you had typed; nothing was done with it yet.";
            kept.page(&view, StatusCode::OK, first)
        }
        None => see_other(checked(&asked.next)),
    };
    let cookie = pages.cookie(request, view.id);
    match response.add_cookie(&cookie) {
        Ok(()) => response,
        Err(_) => HttpResponse::InternalServerError().finish(),
    }
}

/// Why a login was refused.
pub(super) fn why(problem: &Problem) -> String {
    let wait = problem.wait().map(|wait| wait.as_secs().max(1));
    match wait {
        Some(wait) => format!("Too many failed logins. Try again in {wait} s."),
        None => problem.detail().to_owned(),
    }
}

/// The page of a form whose session is over: nothing that was typed is lost.
pub(super) fn session_ended(request: &HttpRequest, kept: Option<Kept>) -> HttpResponse {
    let Some(pages) = request.app_data::<web::Data<Pages>>() else {
        return HttpResponse::InternalServerError().finish();
    };
    let asked = Asked {
        kept,
        ..Asked::default()
    };
    let body = html! {
        h1 { "Session ended" }
        p.alert role="alert" {
            "Nothing was changed."
            @if asked.kept.is_some() { " What you typed is kept in this page: log in here, and send it again." }
        }
        (fields(pages, &asked))
        @if let Some(kept) = &asked.kept {
            h2 { "Or log in in another tab" }
            (kept.when_logged_in())
        }
    };
    answer(StatusCode::UNAUTHORIZED, "Session ended", None, &body)
}

/// What a login is for.
#[derive(Default)]
pub(super) struct Asked {
    pub user: String,
    next: String,
    /// A form that waits for it.
    pub kept: Option<Kept>,
}

impl Asked {
    fn of(fields: &Fields) -> Self {
        Self {
            user: fields.get("user").to_owned(),
            next: fields.get("next").to_owned(),
            kept: Kept::carried(fields),
        }
    }

    /// For the next form of the same login.
    pub fn hidden(&self) -> Markup {
        html! {
            input type="hidden" name="next" value=(checked(&self.next));
            @if let Some(kept) = &self.kept { (kept.hidden()) }
        }
    }
}

/// `POST /web/logout`.
pub(in crate::http) async fn log_out(
    request: HttpRequest,
    pages: web::Data<Pages>,
    sent: Sent,
) -> HttpResponse {
    pages.sessions.end(&sent.view.id);
    let mut response = see_other("/web/login");
    let cookie = pages.cookie(&request, String::new());
    match response.add_removal_cookie(&cookie) {
        Ok(()) => response,
        Err(_) => HttpResponse::InternalServerError().finish(),
    }
}

/// A path of ours; the dashboard instead of any other.
pub(super) fn checked(next: &str) -> &str {
    let below = next.strip_prefix("/web");
    let fine = below.is_some_and(|below| below.is_empty() || below.starts_with(['/', '?']));
    let plain = next
        .bytes()
        .all(|octet| octet.is_ascii_graphic() && octet != b'\\');
    match fine && plain && !next.contains("//") {
        true => next,
        false => "/web",
    }
}

fn form(pages: &Pages, status: StatusCode, asked: &Asked, why: Option<&str>) -> HttpResponse {
    let body = html! {
        h1 { "Log in to dadns" }
        @if let Some(why) = why { p.alert role="alert" { (visible(why)) } }
        (fields(pages, asked))
    };
    answer(status, "Log in", None, &body)
}

fn fields(pages: &Pages, asked: &Asked) -> Markup {
    html! {
        form.stack method="post" action="/web/login" {
            input type="hidden" name="form" value=[signed(pages, Timestamp::now().as_second())];
            (asked.hidden())
            label { "User name" input name="user" value=(asked.user) autocomplete="username" autofocus; }
            label {
                "Password or token"
                input type="password" name="password" autocomplete="current-password" required;
            }
            div { button type="submit" { "Log in" } }
            p.soft { "An account of the configuration, or a token that may read; with a token, leave the user name empty." }
        }
    }
}

fn signed(pages: &Pages, at: i64) -> Option<String> {
    let mac = blake3::keyed_hash(pages.key.as_ref()?, &at.to_be_bytes());
    Some(format!("{at}.{}", mac.to_hex()))
}

fn is_ours(pages: &Pages, text: &str) -> bool {
    let at = text.split_once('.');
    let Some(at) = at.and_then(|(at, _)| at.parse::<i64>().ok()) else {
        return false;
    };
    let age = Timestamp::now().as_second().saturating_sub(at);
    let same = |signed: String| blake3::hash(signed.as_bytes()) == blake3::hash(text.as_bytes());
    (0..OPEN).contains(&age) && signed(pages, at).is_some_and(same)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pages_of_ours_are_gone_to_after_a_login() {
        for fine in [
            "/web",
            "/web/zones?q=a&again=0",
            "/web/zones/a.example/edit",
        ] {
            assert_eq!(checked(fine), fine);
        }
        for other in [
            "",
            "//evil.example",
            "/webb",
            "/web\\evil",
            "https://evil.example",
            "/web//x",
            "/web/\r\nX: y",
        ] {
            assert_eq!(checked(other), "/web", "{other}");
        }
    }
}
