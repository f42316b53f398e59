//! Who comes in: the session of a request, and the headers of every answer.

use std::net::IpAddr;
use std::time::Duration;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::cookie::{Cookie, SameSite};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{HeaderName, HeaderValue, LOCATION, ORIGIN};
use actix_web::middleware::Next;
use actix_web::{HttpMessage, HttpRequest, HttpResponse, web};
use maud::html;

use super::kept::Kept;
use super::login::session_ended;
use super::sessions::{Sessions, Use};
use crate::access::Right;
use crate::http::Settings;
use crate::http::auth::{Gate, Reach, judge};
use crate::http::problem::{Code, Problem};
use crate::http::web::ASSETS;
use crate::http::web::frame::{View, refused};
use crate::http::web::text::encoded;

/// On every answer.
const HEADERS: &[(&str, &str)] = &[
    (
        "content-security-policy",
        "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; \
         frame-ancestors 'none'",
    ),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    // Under no-referrer, forms would be sent with the origin null.
    ("referrer-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("cache-control", "no-store"),
];

/// The header of requests by which a page that is open keeps itself up to date: nobody need be there.
const WATCHING: &str = "x-dadns-live";

/// Where a page that is open hears of events.
const EVENTS: &str = "/web/events";

/// Where the script of a page asks how long its session lasts.
const SESSION: &str = "/web/session";

/// The mark of a request that has been sent once more: see [`enter`].
const MARK: &str = "again=1";

/// What pages work with.
pub(in crate::http) struct Pages {
    pub(super) sessions: Sessions,
    /// What the forms of those who have no session are signed with; `None`: the system gave no random numbers,
    /// and nobody can log in.
    pub(super) key: Option<[u8; 32]>,
    tls: bool,
    /// Whether the registry is on.
    pub(super) services: bool,
    /// What to say to who has just begun.
    pub(in crate::http::web) begin: Begin,
}

/// What those need who have no zone yet.
pub(in crate::http::web) struct Begin {
    /// Whether the password of masters is the one that is shipped.
    pub default_password: bool,
    /// The user name of masters.
    pub user: String,
    /// The port for masters, where it is not that of the page.
    pub port: Option<u16>,
    /// How masters speak to it.
    pub scheme: &'static str,
}

impl Pages {
    /// Pages as `app` says, and the port for masters, where it is another one. `services`: the registry is on.
    pub fn new(app: &Settings, masters: Option<u16>, services: bool) -> Self {
        let minutes = |minutes: u64| Duration::from_secs(minutes * 60);
        let idle = minutes(app.web_idle_minutes);
        Self {
            sessions: Sessions::new(idle, minutes(app.web_session_hours * 60)),
            key: crate::access::random().ok(),
            tls: app.tls().is_some(),
            services,
            begin: Begin {
                default_password: app.has_default_password(),
                user: app.auth_username.clone(),
                port: masters,
                scheme: match app.tls() {
                    Some(_) => "https",
                    None => "http",
                },
            },
        }
    }

    /// Whether a session lasts: that of who reads a stream, at this address. It is not used by that.
    pub(in crate::http) fn lasts(&self, gate: &Gate, id: &str, address: IpAddr) -> bool {
        let still = |holder: &_| {
            let principal = gate.still_at(address, holder)?;
            principal.has(Right::Read).ok()
        };
        self.sessions.find(id, Use::Watching, still).is_some()
    }

    /// The cookie of a session. Its name has the port, as cookies of one host are not kept apart by it.
    pub(in crate::http) fn cookie(&self, request: &HttpRequest, id: String) -> Cookie<'static> {
        Cookie::build(name(request), id)
            .path("/")
            .http_only(true)
            .same_site(SameSite::Strict)
            .secure(self.tls)
            .finish()
    }
}

fn name(request: &HttpRequest) -> String {
    let connection = request.connection_info();
    let port = connection.host().rsplit_once(':').map(|(_, port)| port);
    let port = port.filter(|port| port.len() < 6 && port.bytes().all(|c| c.is_ascii_digit()));
    format!("dadns-{}", port.unwrap_or("web"))
}

/// Middleware of all pages: those who have a session come in, others are shown to the login.
///
/// A browser sends a cookie of `SameSite=Strict` with no link of another site, so who follows one looks as if
/// they had no session. They are made to ask once more, by a page of ours.
pub(in crate::http) async fn enter(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let mut request = request;
    let mut response = match admit(&request) {
        Ok(()) => next.call(request).await?.map_into_boxed_body(),
        Err(Turned::Away(response)) => request.into_response(*response),
        Err(Turned::Ended) => {
            let body = request.extract::<web::Bytes>().await.unwrap_or_default();
            let kept = Kept::of(request.path(), &body);
            let page = session_ended(request.request(), kept);
            request.into_response(page)
        }
    };
    for (name, value) in HEADERS {
        let name = HeaderName::from_static(name);
        let value = HeaderValue::from_static(value);
        response.headers_mut().insert(name, value);
    }
    Ok(response)
}

/// Why a request does not come in.
enum Turned {
    Away(Box<HttpResponse>),
    /// It is a form of a session that is over.
    Ended,
}

fn away(response: HttpResponse) -> Turned {
    Turned::Away(Box::new(response))
}

fn admit(request: &ServiceRequest) -> Result<(), Turned> {
    let changes = !matches!(*request.method(), Method::GET | Method::HEAD);
    if changes && !same_origin(request.request()) {
        let detail = "this form was sent by a page of another site";
        return Err(away(refused(&Problem::new(Code::NotAllowed, detail), None)));
    }
    let path = request.path();
    if path == "/web/login" || path.starts_with(ASSETS) {
        return Ok(());
    }
    if let Some(view) = view_of(request.request()) {
        request.extensions_mut().insert(view.principal.clone());
        request.extensions_mut().insert(view);
        return Ok(());
    }
    if changes {
        return Err(Turned::Ended);
    }
    // A script of ours, which shows no page.
    if is_watching(request.request()) || path == SESSION {
        return Err(away(HttpResponse::Unauthorized().finish()));
    }
    let query = request.query_string();
    let marked = query.split('&').any(|part| part == MARK);
    let plain: Vec<_> = query
        .split('&')
        .filter(|part| *part != MARK && !part.is_empty())
        .collect();
    let plain = plain.join("&");
    let path = request.path();
    if !marked {
        let divider = if plain.is_empty() { "" } else { "&" };
        let again = format!("0; url={path}?{plain}{divider}{MARK}");
        let page = html! {
            (maud::DOCTYPE)
            html lang="en" {
                head { meta charset="utf-8"; link rel="icon" href="/web/assets/icon.svg"; meta http-equiv="refresh" content=(again); title { "dadns" } }
                body { p { "One moment." } }
            }
        };
        let page = HttpResponse::Ok()
            .content_type("text/html; charset=utf-8")
            .body(page.into_string());
        return Err(away(page));
    }
    let wanted = match plain.is_empty() {
        true => path.to_owned(),
        false => format!("{path}?{plain}"),
    };
    let login = format!("/web/login?next={}", encoded(&wanted));
    Err(away(see_other(&login)))
}

/// The session that a request was sent with, if it may still read anything.
fn view_of(request: &HttpRequest) -> Option<View> {
    let pages = request.app_data::<web::Data<Pages>>()?;
    let gate = request.app_data::<web::Data<Gate>>()?;
    let id = request.cookie(&name(request))?.value().to_owned();
    let how = match is_watching(request) {
        true => Use::Watching,
        false => Use::Active,
    };
    let known = pages.sessions.find(&id, how, |holder| {
        let principal = gate.still(request, holder)?;
        principal.has(Right::Read).ok()?;
        Some(principal)
    });
    let known = known?;
    Some(View {
        principal: known.holder,
        csrf: known.csrf,
        ends: known.ends,
        id,
        services: pages.services,
    })
}

/// Whether a request is one of a page that is open, which nobody need have asked for. What changes anything never is.
fn is_watching(request: &HttpRequest) -> bool {
    let marked = request.headers().contains_key(WATCHING) || request.path() == EVENTS;
    request.method() == Method::GET && marked
}

/// Whether the headers of a form say that a page of ours sent it.
pub(in crate::http) fn is_of_ours(request: &HttpRequest) -> bool {
    let says = [ORIGIN.as_str(), "sec-fetch-site"];
    let says = says.iter().any(|name| {
        request
            .headers()
            .get(*name)
            .is_some_and(|value| value != "none")
    });
    says && same_origin(request)
}

/// Whether a form was sent by a page of ours, as far as its headers say: forms carry a token besides.
fn same_origin(request: &HttpRequest) -> bool {
    let headers = request.headers();
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    let site = text("sec-fetch-site");
    if site.is_some_and(|site| !matches!(site, "same-origin" | "none")) {
        return false;
    }
    text(ORIGIN.as_str()).is_none_or(|origin| {
        let host = origin.split_once("://").map(|(_, host)| host);
        host == Some(request.connection_info().host())
    })
}

/// Middleware of one page: as that of the routes of the API, with a page as its refusal.
pub(in crate::http) async fn permit(
    right: Right,
    reach: Reach,
    request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    match judge(right, reach, &request) {
        Ok(()) => next.call(request).await,
        Err(problem) => {
            let view = request.extensions().get::<View>().cloned();
            let response = refused(&problem, view.as_ref());
            Ok(request.into_response(response))
        }
    }
}

/// Sends the browser to another page.
pub(in crate::http) fn see_other(to: &str) -> HttpResponse {
    HttpResponse::SeeOther()
        .insert_header((LOCATION, to))
        .finish()
}

/// `GET /`.
pub(in crate::http) async fn home() -> HttpResponse {
    see_other(crate::http::web::BASE)
}

/// Whatever no page is at.
pub(in crate::http) async fn nothing_here(view: View) -> HttpResponse {
    view.problem(&Problem::new(Code::NotFound, "there is no such page"))
}
