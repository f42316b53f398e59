//! The code of a second factor, which the login asks for after the password. Only after both a session begins.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};
use jiff::Timestamp;
use maud::html;

use super::door::Pages;
use super::login::{Asked, begin, why};
use crate::http::auth::{Account, Gate};
use crate::http::web::form::Fields;
use crate::http::web::frame::answer;
use crate::http::web::text::visible;

/// For how many seconds a password is good until its code comes.
const OPEN: i64 = 5 * 60;

/// The page that asks for a code.
pub(super) fn ask(
    pages: &Pages,
    status: StatusCode,
    asked: &Asked,
    account: &Account,
    wrong: Option<&str>,
) -> HttpResponse {
    let body = html! {
        h1 { "Your code" }
        @if let Some(wrong) = wrong { p.alert role="alert" { (visible(wrong)) } }
        form.stack method="post" action="/web/login" {
            input type="hidden" name="half" value=[half(pages, account, Timestamp::now().as_second())];
            (asked.hidden())
            label {
                "The six digits that your authenticator shows now"
                input name="code" required inputmode="numeric" autocomplete="one-time-code" autofocus;
            }
            div.actions { button type="submit" { "Log in" } a href="/web/login" { "Start over" } }
            p.soft { "Each code is taken once. Without your authenticator, have the second factor taken out of the configuration." }
        }
    };
    answer(status, "Your code", None, &body)
}

/// `POST /web/login` with a code.
pub(super) fn log_in(
    request: &HttpRequest,
    pages: &Pages,
    gate: &Gate,
    asked: &Asked,
    fields: &Fields,
) -> HttpResponse {
    let Some(account) = account(pages, gate, fields.get("half")) else {
        let body = html! {
            h1 { "Too late" }
            p.alert role="alert" { "The code has to come within five minutes after the password." }
            p { a href="/web/login" { "Log in again" } }
        };
        return answer(StatusCode::UNAUTHORIZED, "Too late", None, &body);
    };
    match gate.take_code(request, account.clone(), fields.get("code")) {
        Ok((principal, holder)) => begin(request, pages, asked, &principal, holder),
        Err(problem) => ask(
            pages,
            problem.status(),
            asked,
            &account,
            Some(&why(&problem)),
        ),
    }
}

/// Says, signed, that the password of an account was right at `at`.
fn half(pages: &Pages, account: &Account, at: i64) -> Option<String> {
    let mut hasher = blake3::Hasher::new_keyed(pages.key.as_ref()?);
    // Apart from what else this key signs.
    hasher.update(b"half of a login");
    hasher.update(&at.to_be_bytes());
    hasher.update(account.digest.as_bytes());
    Some(format!("{at}.{}", hasher.finalize().to_hex()))
}

/// The account of which that says it, if it did not say it too long ago.
fn account(pages: &Pages, gate: &Gate, text: &str) -> Option<Account> {
    let (at, _) = text.split_once('.')?;
    let at: i64 = at.parse().ok()?;
    let age = Timestamp::now().as_second().saturating_sub(at);
    if !(0..OPEN).contains(&age) {
        return None;
    }
    gate.with_second_factor(|account| {
        let signed = half(pages, account, at);
        signed
            .is_some_and(|signed| blake3::hash(signed.as_bytes()) == blake3::hash(text.as_bytes()))
    })
}
