//! The calls of a DirectAdmin master, answered as another DirectAdmin server would answer them.

mod counts;
mod origin;
mod refusal;
mod users;
mod zones;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use actix_web::http::Method;
use actix_web::{HttpMessage, HttpRequest, HttpResponse, web};
use dadns_zone::{Excerpt, Limits, ZoneName};

use super::notices::{Kind, Notices};
use super::params::Params;
use super::{body, reply};
use crate::access::Principal;
use crate::health::Health;
use crate::store::{Head, Store, StoreError};
pub use counts::Counts;
use refusal::Refusal;

/// How many characters are logged of what is wrong with a call that is not known.
const LONGEST_SHOWN: usize = 200;

/// What the calls need to know beyond the store.
#[derive(Debug, Clone)]
pub struct Face {
    /// How this host calls itself, where a zone's master is not known.
    pub hostname: String,
    /// Whether the parent check names the parent's owner (`exists=3`) or only the host (`exists=2`).
    pub name_parent_owner: bool,
    /// What a pushed zone may take.
    pub limits: Limits,
    /// How long the body of a request may take.
    pub body_timeout: Duration,
    /// Where answers are counted.
    pub counts: Counts,
    /// Where it is noted which master pushed.
    pub health: Health,
    /// Where requests that are not understood are told of.
    pub notices: Arc<Notices>,
}

/// Any command under `CMD_`.
pub async fn command(
    request: HttpRequest,
    payload: web::Payload,
    store: web::Data<Store>,
    face: web::Data<Face>,
) -> HttpResponse {
    let known = [Method::GET, Method::HEAD, Method::POST].contains(request.method());
    if !known && !changes_something(request.query_string()) {
        if let Some(address) = address_of(&request) {
            face.notices.write(address, Kind::Method, || {
                let method = Excerpt::new(request.method().as_str().as_bytes());
                format!("a request from {address} is not understood: its method is {method}; it has to be GET or POST")
            });
        }
        return HttpResponse::MethodNotAllowed()
            .insert_header(("Allow", "GET, POST"))
            .content_type(reply::CONTENT_TYPE)
            .body(reply::error("Wrong method", "use GET or POST"));
    }
    let read = match known {
        true => body::read(&request, payload, face.body_timeout).await,
        false => Ok(web::Bytes::new()),
    };
    let (body, unread) = match read {
        Ok(body) => (body, None),
        Err(unread) => (web::Bytes::new(), Some(unread)),
    };
    let params = Params::new(request.query_string(), &body);
    let call = Call {
        request: &request,
        params: &params,
        store: &store,
        face: &face,
    };
    let answer = match unread {
        Some(unread) => Err(Refusal::Unread(unread)),
        None => call.answer().await,
    };
    match answer {
        Ok(text) => respond(200, text),
        Err(refusal) => {
            call.log(&refusal);
            call.count(&refusal);
            call.remember(&refusal);
            refusal.into_response()
        }
    }
}

/// Whether a query asks for a change: one that is lost has to be told of as such, whatever its method is.
fn changes_something(query: &str) -> bool {
    let params = Params::new(query, b"");
    matches!(params.get("action"), Some("rawsave" | "delete"))
}

fn respond(status: u16, text: String) -> HttpResponse {
    let status = actix_web::http::StatusCode::from_u16(status).unwrap_or_default();
    let mut response = HttpResponse::build(status);
    if matches!(status.as_u16(), 408 | 413) {
        // The rest of the body is not waited for.
        response.force_close();
    }
    response.content_type(reply::CONTENT_TYPE).body(text)
}

fn address_of(request: &HttpRequest) -> Option<IpAddr> {
    let extensions = request.extensions();
    extensions.get::<Principal>().and_then(Principal::address)
}

type Answer = Result<String, Refusal>;

/// One call with what it needs.
struct Call<'a> {
    request: &'a HttpRequest,
    params: &'a Params<'a>,
    store: &'a Store,
    face: &'a Face,
}

impl Call<'_> {
    async fn answer(&self) -> Answer {
        match self.request.path() {
            "/CMD_API_LOGIN_TEST" => Ok(reply::ok(&[("text", "Login OK"), ("details", "none")])),
            "/CMD_API_DNS_ADMIN" | "/CMD_DNS_ADMIN" => self.dns_admin().await,
            "/CMD_API_USER_EXISTS" => self.user_exists().await,
            "/CMD_API_SHOW_ALL_USERS" => self.all_users().await,
            other => Err(self.not_understood(
                Kind::Command,
                "Unknown command",
                format!(
                    "{} is not a command of this server",
                    other.trim_start_matches('/')
                ),
            )),
        }
    }

    async fn dns_admin(&self) -> Answer {
        let posted = self.request.method() == Method::POST;
        match self.params.get("action") {
            Some("exists") => self.exists(),
            Some("rawsave") if posted => self.save().await,
            Some("rawsave") => Err(Refusal::WrongMethod("rawsave")),
            Some("delete") if posted => self.delete().await,
            Some("delete") => Err(Refusal::WrongMethod("delete")),
            Some(action) => Err(self.not_understood(
                Kind::Action,
                "Unknown action",
                format!("CMD_API_DNS_ADMIN does not know the action {action:?}"),
            )),
            None if self.params.is_empty() => Ok(reply::ok(&[("text", "OK")])),
            None => Err(self.not_understood(
                Kind::Action,
                "No action",
                "the request names no action: exists, rawsave or delete".to_owned(),
            )),
        }
    }

    /// Refuses what is no call that is known; the log has a line of it now and then.
    fn not_understood(&self, kind: Kind, text: &'static str, details: String) -> Refusal {
        if let Some(address) = address_of(self.request) {
            self.face.notices.write(address, kind, || {
                let details: String = details.chars().take(LONGEST_SHOWN).collect();
                format!(
                    "a request from {address} is not understood: {details}; nothing was changed"
                )
            });
        }
        Refusal::new(text, details)
    }

    fn principal(&self) -> Option<Principal> {
        self.request.extensions().get::<Principal>().cloned()
    }

    fn present(&self, name: &ZoneName) -> Result<Option<Head>, StoreError> {
        Ok(self.store.head(name)?.filter(|head| head.present))
    }

    fn host_of<'h>(&'h self, head: &'h Head) -> &'h str {
        head.owner
            .as_ref()
            .map_or(self.face.hostname.as_str(), |owner| owner.master.as_str())
    }

    fn domain(&self) -> Result<ZoneName, Refusal> {
        match self.params.get("domain") {
            Some(domain) => Ok(ZoneName::parse(domain.trim_ascii())?),
            None => Err(Refusal::new("No domain", "the request names no domain")),
        }
    }
}
