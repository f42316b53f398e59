//! The login, and its end.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use jiff::Timestamp;
use maud::html;
use serde::Deserialize;

use super::door::{Pages, see_other};
use crate::access::Right;
use crate::http::auth::Gate;
use crate::http::problem::{Code, Problem};
use crate::http::web::form::{Fields, Sent};
use crate::http::web::frame::answer;
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
    form(&pages, StatusCode::OK, &wanted.next, "", None)
}

/// `POST /web/login`.
pub(in crate::http) async fn log_in(
    request: HttpRequest,
    pages: web::Data<Pages>,
    gate: web::Data<Gate>,
    body: web::Bytes,
) -> HttpResponse {
    let fields = Fields::read(&body);
    let (next, user) = (fields.get("next"), fields.get("user"));
    if !is_ours(&pages, fields.get("form")) {
        let why = "This form is too old, or was not sent from this page. Please log in again.";
        return form(&pages, StatusCode::BAD_REQUEST, next, user, Some(why));
    }
    let entered = gate.log_in(&request, user, fields.get("password"));
    let entered = entered.and_then(|(principal, holder)| {
        principal.has(Right::Read)?;
        let id = pages
            .sessions
            .begin(holder)
            .map_err(|_| Problem::new(Code::StoreFailed, "the system gives no random numbers"))?;
        Ok((principal, id))
    });
    match entered {
        Ok((principal, id)) => {
            info!(principal = %principal, "a session of the web page was begun by {principal}");
            let mut response = see_other(checked(next));
            let cookie = pages.cookie(&request, id);
            match response.add_cookie(&cookie) {
                Ok(()) => response,
                Err(_) => HttpResponse::InternalServerError().finish(),
            }
        }
        Err(problem) => {
            let wait = problem.wait().map(|wait| wait.as_secs().max(1));
            let why = match wait {
                Some(wait) => format!("Too many failed logins. Try again in {wait} s."),
                None => problem.detail().to_owned(),
            };
            form(&pages, problem.status(), next, user, Some(&why))
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
fn checked(next: &str) -> &str {
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

fn form(
    pages: &Pages,
    status: StatusCode,
    next: &str,
    user: &str,
    why: Option<&str>,
) -> HttpResponse {
    let body = html! {
        h1 { "Log in to dadns" }
        @if let Some(why) = why { p.alert role="alert" { (visible(why)) } }
        form.stack method="post" action="/web/login" {
            input type="hidden" name="form" value=[signed(pages, Timestamp::now().as_second())];
            input type="hidden" name="next" value=(checked(next));
            label { "User name" input name="user" value=(user) autocomplete="username" autofocus; }
            label {
                "Password or token"
                input type="password" name="password" autocomplete="current-password" required;
            }
            div { button type="submit" { "Log in" } }
            p.soft { "An account of the configuration, or a token that may read; with a token, leave the user name empty." }
        }
    };
    answer(status, "Log in", None, &body)
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
