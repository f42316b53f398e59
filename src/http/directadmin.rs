//! The calls of a DirectAdmin master, answered as one of its own kind would.

use std::borrow::Cow;
use std::collections::BTreeSet;

use actix_web::http::Method;
use actix_web::{HttpMessage, HttpRequest, HttpResponse, web};
use dadns_zone::{Limits, NameError, Reading, ZoneName, read};
use futures_util::future::join_all;

use super::auth::Caller;
use super::params::Params;
use super::reply;
use crate::logging::{debug, info, warning};
use crate::store::{Accepted, Author, Change, Edit, Head, Owner, Store, StoreError};

/// Zone texts up to this size are read where they arrive: that takes less than handing them over.
const READ_HERE: usize = 64 << 10;

/// The longest user name of a master that is taken.
const MAX_USER: usize = 64;

/// What the calls need to know beyond the store.
#[derive(Debug, Clone)]
pub struct Face {
    /// How this host calls itself, where a zone's master is not known.
    pub hostname: String,
    /// Whether the parent check names the parent's owner (`exists=3`) or only the host (`exists=2`).
    pub name_parent_owner: bool,
    /// What a pushed zone may take.
    pub limits: Limits,
}

/// Any command under `CMD_`.
pub async fn command(
    request: HttpRequest,
    body: Result<web::Bytes, actix_web::Error>,
    store: web::Data<Store>,
    face: web::Data<Face>,
) -> HttpResponse {
    if ![Method::GET, Method::HEAD, Method::POST].contains(request.method()) {
        return HttpResponse::MethodNotAllowed()
            .insert_header(("Allow", "GET, POST"))
            .content_type(reply::CONTENT_TYPE)
            .body(reply::error("Wrong method", "use GET or POST"));
    }
    let body = match body {
        Ok(body) => body,
        Err(error) => {
            let status = error.as_response_error().status_code().as_u16();
            let details = format!("the request could not be read: {error}");
            return respond(status, reply::error("Not done", &details));
        }
    };
    let params = Params::new(request.query_string(), &body);
    let path = request.path();
    let call = Call {
        request: &request,
        params: &params,
        store: &store,
        face: &face,
    };
    let answer = match path {
        "/CMD_API_LOGIN_TEST" => Ok(reply::ok(&[("text", "Login OK"), ("details", "none")])),
        "/CMD_API_DNS_ADMIN" | "/CMD_DNS_ADMIN" => match params.get("action") {
            Some("exists") => call.exists(),
            Some("rawsave") if request.method() == Method::POST => call.save().await,
            Some("rawsave") => Err(Refusal::WrongMethod),
            Some("delete") => call.delete().await,
            Some(action) => Err(Refusal::new(
                "Unknown action",
                format!("CMD_API_DNS_ADMIN does not know the action {action:?}"),
            )),
            None if params.is_empty() => Ok(reply::ok(&[("text", "OK")])),
            None => Err(Refusal::new(
                "No action",
                "the request names no action: exists, rawsave or delete",
            )),
        },
        "/CMD_API_USER_EXISTS" => call.user_exists(),
        "/CMD_API_SHOW_ALL_USERS" => call.all_users(),
        other => Err(Refusal::new(
            "Unknown command",
            format!(
                "{} is not a command of this server",
                other.trim_start_matches('/')
            ),
        )),
    };
    answer.map_or_else(Refusal::into_response, |text| respond(200, text))
}

fn respond(status: u16, text: String) -> HttpResponse {
    let status = actix_web::http::StatusCode::from_u16(status).unwrap_or_default();
    HttpResponse::build(status)
        .content_type(reply::CONTENT_TYPE)
        .body(text)
}

/// Why a call is answered with an error.
#[derive(Debug)]
enum Refusal {
    /// The request is at fault: HTTP 200 with `error=1`, as DirectAdmin does.
    Request {
        text: &'static str,
        details: Cow<'static, str>,
    },
    /// The call changes something and came as GET.
    WrongMethod,
    /// The store is: HTTP 503, so that a client that looks at the status retries.
    Store(StoreError),
}

impl Refusal {
    fn new(text: &'static str, details: impl Into<Cow<'static, str>>) -> Self {
        Self::Request {
            text,
            details: details.into(),
        }
    }

    fn into_response(self) -> HttpResponse {
        match self {
            Self::Request { text, details } => respond(200, reply::error(text, &details)),
            Self::WrongMethod => {
                let mut response = respond(
                    405,
                    reply::error("Wrong method", "rawsave has to be sent with POST"),
                );
                let post = actix_web::http::header::HeaderValue::from_static("POST");
                response
                    .headers_mut()
                    .insert(actix_web::http::header::ALLOW, post);
                response
            }
            Self::Store(error) => {
                crate::logging::error!("a request could not be served: {error}");
                respond(503, reply::error("Not done", &error.to_string()))
            }
        }
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<NameError> for Refusal {
    fn from(error: NameError) -> Self {
        Self::new("Invalid domain", error.to_string())
    }
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
    /// `action=exists`: fires as an administrator types, so names that are none are simply absent.
    fn exists(&self) -> Answer {
        let absent = Ok(reply::ok(&[("exists", "0")]));
        let Some(domain) = self.params.get("domain") else {
            return Err(Refusal::new("No domain", "exists needs a domain"));
        };
        let Ok(name) = ZoneName::parse(domain) else {
            return absent;
        };
        if let Some(head) = self.held(&name)? {
            let details = format!("Domain exists on {}", self.host_of(&head));
            return Ok(reply::ok(&[("exists", "1"), ("details", &details)]));
        }
        if !self.params.is_set("check_for_parent_domain") {
            return absent;
        }
        for parent in name.ancestors() {
            let Some(head) = self.held(&parent)? else {
                continue;
            };
            let host = self.host_of(&head);
            if !self.face.name_parent_owner {
                let details = format!("Parent Domain exists on {host}");
                return Ok(reply::ok(&[("exists", "2"), ("details", &details)]));
            }
            let user = head.owner.as_ref().and_then(|owner| owner.user.as_deref());
            return Ok(reply::ok(&[
                ("exists", "3"),
                ("hostname", host),
                ("username", user.unwrap_or_default()),
            ]));
        }
        absent
    }

    /// `action=rawsave`: reads the zone, and says `error=0` once it is on disk.
    async fn save(&self) -> Answer {
        let name = self.domain()?;
        let author = self.author()?;
        let Some(text) = self.params.zone_text() else {
            return Err(Refusal::new(
                "No zone text",
                format!("the push of zone {name} is empty; nothing was changed"),
            ));
        };
        let Reading { zone, warnings } = self.read(&name, text).await.map_err(|reason| {
            warning!("zone {name} from {} refused: {reason}", source(&author));
            Refusal::new("Zone not accepted", reason)
        })?;
        let warnings: Vec<_> = warnings.iter().map(ToString::to_string).collect();
        for warning in &warnings {
            warning!("zone {name}: {warning}");
        }
        let shown = source(&author);
        let edit = Edit::Push { zone, warnings };
        match self.store.accept(Change { author, edit }).await? {
            Accepted::Stored {
                revision,
                serial,
                moved_from,
            } => {
                self.note_move(&name, moved_from, &shown);
                debug!(revision, serial, "zone {name} accepted from {shown}");
            }
            Accepted::Same {
                revision,
                serial,
                moved_from,
            } => {
                self.note_move(&name, moved_from, &shown);
                debug!(
                    revision,
                    serial, "zone {name} came again unchanged from {shown}"
                );
            }
            // What follows only ever answers a removal.
            Accepted::Removed { .. } | Accepted::NotHeld | Accepted::NotOwner { .. } => {}
        }
        Ok(reply::OK.to_owned())
    }

    async fn read(&self, name: &ZoneName, text: &[u8]) -> Result<Reading, String> {
        if text.len() <= READ_HERE {
            return read(name, text, &self.face.limits).map_err(|error| error.to_string());
        }
        let (send, receive) = tokio::sync::oneshot::channel();
        let (name, text, limits) = (name.clone(), text.to_vec(), self.face.limits.clone());
        rayon::spawn(move || drop(send.send(read(&name, &text, &limits))));
        match receive.await {
            Ok(reading) => reading.map_err(|error| error.to_string()),
            Err(_) => Err("it could not be read: the reader stopped; please report this".into()),
        }
    }

    /// `action=delete` of one zone or many.
    async fn delete(&self) -> Answer {
        let author = self.author()?;
        let names = self
            .params
            .selected()
            .into_iter()
            .map(ZoneName::parse)
            .collect::<Result<BTreeSet<_>, _>>()?;
        if names.is_empty() {
            return Err(Refusal::new(
                "No domain",
                "delete names no zone: select0 or domain",
            ));
        }
        let shown = source(&author);
        // All at once, so that one sync serves them.
        let removals = names.into_iter().map(|name| {
            let change = Change {
                author: author.clone(),
                edit: Edit::Remove(name.clone()),
            };
            async move { (name, self.store.accept(change).await) }
        });
        let mut kept = Vec::new();
        for (name, accepted) in join_all(removals).await {
            match accepted? {
                Accepted::Removed { revision } => {
                    info!(revision, "zone {name} removed by {shown}");
                }
                Accepted::NotOwner { owner } => {
                    warning!(
                        "zone {name} is kept: {shown} asked to remove it, but it belongs to {owner}"
                    );
                    kept.push(format!("{name} belongs to {owner}"));
                }
                Accepted::NotHeld => debug!("zone {name} was not held; {shown} removed it"),
                // What follows only ever answers a push.
                Accepted::Stored { .. } | Accepted::Same { .. } => {}
            }
        }
        if kept.is_empty() {
            return Ok(reply::OK.to_owned());
        }
        Err(Refusal::new(
            "Not the owner",
            format!("nothing was removed of these: {}", kept.join("; ")),
        ))
    }

    fn user_exists(&self) -> Answer {
        let Some(user) = self.params.get("user") else {
            return Err(Refusal::new("No user", "CMD_API_USER_EXISTS needs a user"));
        };
        let exists = self.users()?.contains(user);
        Ok(reply::ok(&[("exists", if exists { "1" } else { "0" })]))
    }

    fn all_users(&self) -> Answer {
        let users = self.users()?;
        let encode = |user: &String| {
            let user: String = form_urlencoded::byte_serialize(user.as_bytes()).collect();
            format!("list[]={user}")
        };
        Ok(users.iter().map(encode).collect::<Vec<_>>().join("&"))
    }

    fn users(&self) -> Result<BTreeSet<String>, StoreError> {
        let mut users = BTreeSet::new();
        for found in self.store.heads() {
            let (_, head) = found?;
            if let (
                true,
                Some(Owner {
                    user: Some(user), ..
                }),
            ) = (head.held, head.owner)
            {
                users.insert(user);
            }
        }
        Ok(users)
    }

    fn held(&self, name: &ZoneName) -> Result<Option<Head>, StoreError> {
        Ok(self.store.head(name)?.filter(|head| head.held))
    }

    fn host_of<'h>(&'h self, head: &'h Head) -> &'h str {
        head.owner
            .as_ref()
            .map_or(self.face.hostname.as_str(), |owner| owner.master.as_str())
    }

    fn domain(&self) -> Result<ZoneName, Refusal> {
        match self.params.get("domain") {
            Some(domain) => Ok(ZoneName::parse(domain)?),
            None => Err(Refusal::new("No domain", "the request names no domain")),
        }
    }

    fn author(&self) -> Result<Author, Refusal> {
        let caller = self.request.extensions().get::<Caller>().cloned();
        let Some(Caller { credential, peer }) = caller else {
            return Err(Refusal::new("Login failed", "the request has no login"));
        };
        let master = match self.params.get("hostname") {
            Some(host) => Some(
                ZoneName::parse(host)
                    .map_err(|error| {
                        Refusal::new("Invalid hostname", format!("hostname: {error}"))
                    })?
                    .as_str()
                    .to_owned(),
            ),
            None => None,
        };
        let user = self.params.get("username");
        let fits =
            |user: &str| user.len() <= MAX_USER && user.bytes().all(|b| b.is_ascii_graphic());
        if !user.is_none_or(fits) {
            return Err(Refusal::new(
                "Invalid username",
                "a user name has up to 64 printable ASCII characters without blanks",
            ));
        }
        Ok(Author {
            credential,
            peer,
            master,
            user: user.map(str::to_owned),
        })
    }

    fn note_move(&self, name: &ZoneName, moved_from: Option<Owner>, shown: &str) {
        if let Some(old) = moved_from {
            info!("zone {name} has moved: it belonged to {old}, and is now pushed by {shown}");
        }
    }
}

/// A request's origin, for log lines.
fn source(author: &Author) -> String {
    match &author.master {
        Some(master) => format!("{master} ({})", author.peer),
        None => author.peer.to_string(),
    }
}
