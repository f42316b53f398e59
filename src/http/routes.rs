//! Every route: its method, its path, the right that it needs, and who answers it.

mod gateway;

use actix_web::http::Method;
use actix_web::http::header::ALLOW;
use actix_web::middleware::{Next, from_fn};
use actix_web::{
    HttpMessage, HttpRequest, HttpResponse, Resource, Route as Handler, Scope, guard, web,
};
use dadns_zone::Excerpt;

use super::api::Listener;
use super::notices::{Kind, Notices};
use super::params::Params;
use super::powerdns::is_powerdns;
use super::powerdns::{rrsets, search, server, zones};
use super::problem::{Code, Problem, bad_body, is_api};
use super::v1::{events, held, history, masters, openapi, operations, records, tokens, wait};
use super::web as pages;
use super::{acme_dns, auth, body, directadmin, metrics, reply, rest, status};
use crate::access::{Principal, Right};

/// One route.
pub(super) struct Route {
    /// `None`: whoever answers looks at the method.
    pub method: Option<Method>,
    pub path: &'static str,
    /// `None`: it is open to anybody.
    pub right: Option<Right>,
    /// How far it reaches.
    pub reach: auth::Reach,
    /// The face that it belongs to.
    door: Door,
    handler: fn() -> Handler,
}

/// A face that can be switched off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Door {
    Always,
    Rest,
    AcmeDns,
    Web,
}

/// Which of these faces are on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Doors {
    pub rest: bool,
    pub acme_dns: bool,
    pub web: bool,
}

impl Doors {
    fn has(self, door: Door) -> bool {
        match door {
            Door::Always => true,
            Door::Rest => self.rest,
            Door::AcmeDns => self.acme_dns,
            Door::Web => self.web,
        }
    }
}

#[rustfmt::skip]
static ROUTES: &[Route] = &[
    open(Method::GET, "/health", || web::to(status::health)),
    open(Method::HEAD, "/health", || web::to(status::health)),
    // The commands of DirectAdmin: LOGIN_TEST, DNS_ADMIN, USER_EXISTS and SHOW_ALL_USERS.
    any("/CMD_{command:.*}", Right::Push, || web::to(directadmin::command)).everywhere(),
    // A JWT for an account or token; it looks at the login itself, as every answer of it is JSON.
    open(Method::POST, "/token", || web::to(auth::token)),
    get("/status", Right::Read, || web::to(status::status)).everywhere(),
    get("/queue_status", Right::Read, || web::to(status::queue_status)).everywhere(),
    get("/metrics", Right::Read, || web::to(metrics::metrics)).everywhere(),
    get("/api/v1/tokens", Right::Operate, || web::to(tokens::list)).unlimited(),
    post("/api/v1/tokens", Right::Operate, || web::to(tokens::create)).unlimited(),
    delete("/api/v1/tokens/{token:[^/]+}", Right::Operate, || web::to(tokens::revoke)).unlimited(),
    get("/api/v1/zones", Right::Read, || web::to(status::list)),
    post("/api/v1/zones", Right::Create, || web::to(records::create)),
    get("/api/v1/zones/{zone:[^/]+}", Right::Read, || web::to(status::zone)),
    delete("/api/v1/zones/{zone:[^/]+}", Right::Delete, || web::to(records::delete)),
    get("/api/v1/zones/{zone:[^/]+}/rrsets", Right::Read, || web::to(records::list)),
    patch("/api/v1/zones/{zone:[^/]+}/rrsets", Right::Edit, || web::to(records::edit)),
    get("/api/v1/zones/{zone:[^/]+}/history", Right::Read, || web::to(history::history)),
    get("/api/v1/zones/{zone:[^/]+}/diff", Right::Read, || web::to(history::diff)),
    get("/api/v1/zones/{zone:[^/]+}/wait", Right::Read, || web::to(wait::wait)),
    post("/api/v1/zones/{zone:[^/]+}/rollback", Right::Decide, || web::to(history::rollback)),
    post("/api/v1/zones/{zone:[^/]+}/approve", Right::Decide, || web::to(held::approve)),
    post("/api/v1/zones/{zone:[^/]+}/reject", Right::Decide, || web::to(held::reject)),
    post("/api/v1/zones/{zone:[^/]+}/remove", Right::Operate, || web::to(masters::remove)),
    get("/api/v1/search", Right::Read, || web::to(records::search)),
    get("/api/v1/held", Right::Read, || web::to(held::list)),
    get("/api/v1/refused", Right::Read, || web::to(status::refused)),
    get("/api/v1/masters", Right::Read, || web::to(masters::list)).everywhere(),
    post("/api/v1/masters/{host:[^/]+}/forget", Right::Operate, || web::to(masters::forget)).everywhere(),
    post("/api/v1/verify", Right::Operate, || web::to(operations::verify)).everywhere(),
    post("/api/v1/import", Right::Operate, || web::to(operations::import)).everywhere(),
    get("/api/v1/reconcile", Right::Read, || web::to(masters::reconciliation)).everywhere(),
    post("/api/v1/reconcile", Right::Operate, || web::to(operations::reconcile)).everywhere(),
    // Only what its principal sees.
    get("/api/v1/events", Right::Read, || web::to(events::events)),
    get("/api/openapi.json", Right::Read, || web::to(openapi::document)),
    get("/api/openapi", Right::Read, || web::to(openapi::page)),
    // The API of PowerDNS.
    get("/api", Right::Read, || web::to(server::api)),
    get("/api/docs", Right::Read, || web::to(server::docs)),
    get("/api/v1", Right::Read, || web::to(server::v1)),
    get("/api/v1/servers", Right::Read, || web::to(server::servers)),
    get("/api/v1/servers/localhost", Right::Read, || web::to(server::server)),
    get("/api/v1/servers/localhost/config", Right::Read, || web::to(server::nothing)),
    get("/api/v1/servers/localhost/statistics", Right::Read, || web::to(server::statistics)),
    get("/api/v1/servers/localhost/search-data", Right::Read, || web::to(search::search)),
    put("/api/v1/servers/localhost/cache/flush", Right::Read, || web::to(server::flush)),
    get("/api/v1/servers/localhost/tsigkeys", Right::Read, || web::to(server::nothing)),
    post("/api/v1/servers/localhost/tsigkeys", Right::Edit, || web::to(server::no_tsig_keys)),
    get("/api/v1/servers/localhost/zones", Right::Read, || web::to(zones::list)),
    post("/api/v1/servers/localhost/zones", Right::Create, || web::to(zones::create)),
    get("/api/v1/servers/localhost/zones/{id:[^/]+}", Right::Read, || web::to(zones::get)),
    patch("/api/v1/servers/localhost/zones/{id:[^/]+}", Right::Edit, || web::to(rrsets::patch::patch)),
    put("/api/v1/servers/localhost/zones/{id:[^/]+}", Right::Edit, || web::to(zones::put)),
    delete("/api/v1/servers/localhost/zones/{id:[^/]+}", Right::Delete, || web::to(zones::delete)),
    put("/api/v1/servers/localhost/zones/{id:[^/]+}/notify", Right::Read, || web::to(zones::notify)),
    put("/api/v1/servers/localhost/zones/{id:[^/]+}/rectify", Right::Read, || web::to(zones::rectify)),
    put("/api/v1/servers/localhost/zones/{id:[^/]+}/axfr-retrieve", Right::Read, || web::to(zones::axfr)),
    get("/api/v1/servers/localhost/zones/{id:[^/]+}/export", Right::Read, || web::to(zones::export)),
    get("/api/v1/servers/localhost/zones/{id:[^/]+}/metadata", Right::Read, || web::to(zones::list_metadata)),
    post("/api/v1/servers/localhost/zones/{id:[^/]+}/metadata", Right::Edit, || web::to(zones::add_metadata)),
    get("/api/v1/servers/localhost/zones/{id:[^/]+}/metadata/{kind:[^/]+}", Right::Read, || web::to(zones::get_metadata)),
    put("/api/v1/servers/localhost/zones/{id:[^/]+}/metadata/{kind:[^/]+}", Right::Edit, || web::to(zones::put_metadata)),
    delete("/api/v1/servers/localhost/zones/{id:[^/]+}/metadata/{kind:[^/]+}", Right::Edit, || web::to(zones::delete_metadata)),
    get("/api/v1/servers/localhost/zones/{id:[^/]+}/cryptokeys", Right::Read, || web::to(server::cryptokeys)),
    post("/api/v1/servers/localhost/zones/{id:[^/]+}/cryptokeys", Right::Edit, || web::to(server::no_cryptokeys)),
    put("/api/v1/servers/localhost/zones/{id:[^/]+}/cryptokeys/{key:[^/]+}", Right::Edit, || web::to(server::no_cryptokeys)),
    delete("/api/v1/servers/localhost/zones/{id:[^/]+}/cryptokeys/{key:[^/]+}", Right::Edit, || web::to(server::no_cryptokeys)),
    // The API of acme-dns, which looks at credentials itself.
    open(Method::POST, "/register", || web::to(acme_dns::register)).of(Door::AcmeDns),
    open(Method::POST, "/update", || web::to(acme_dns::update)).of(Door::AcmeDns),
    // Pages, for those who have a session.
    get("/web", Right::Read, || web::to(pages::dashboard)).of(Door::Web),
    get("/web/zones", Right::Read, || web::to(pages::zones)).of(Door::Web),
    get("/web/zones/{zone:[^/]+}", Right::Read, || web::to(pages::zone)).of(Door::Web),
    get("/web/zones/{zone:[^/]+}/text", Right::Read, || web::to(pages::zone_text)).of(Door::Web),
    get("/web/zones/{zone:[^/]+}/diff", Right::Read, || web::to(pages::diff)).of(Door::Web),
    get("/web/zones/{zone:[^/]+}/edit", Right::Edit, || web::to(pages::ask_edit)).of(Door::Web),
    post("/web/zones/{zone:[^/]+}/edit", Right::Edit, || web::to(pages::edit)).of(Door::Web),
    post("/web/zones/{zone:[^/]+}/check", Right::Edit, || web::to(pages::check)).of(Door::Web),
    get("/web/zones/{zone:[^/]+}/remove", Right::Edit, || web::to(pages::ask_removal)).of(Door::Web),
    get("/web/zones/{zone:[^/]+}/history", Right::Read, || web::to(pages::history)).of(Door::Web),
    get("/web/zones/{zone:[^/]+}/rollback", Right::Decide, || web::to(pages::ask_rollback)).of(Door::Web),
    post("/web/zones/{zone:[^/]+}/rollback", Right::Decide, || web::to(pages::roll_back)).of(Door::Web),
    post("/web/zones/{zone:[^/]+}/approve", Right::Decide, || web::to(pages::approve)).of(Door::Web),
    post("/web/zones/{zone:[^/]+}/reject", Right::Decide, || web::to(pages::reject)).of(Door::Web),
    post("/web/bulk/verify", Right::Operate, || web::to(pages::bulk_verify)).of(Door::Web),
    post("/web/bulk/remove", Right::Operate, || web::to(pages::bulk_remove)).of(Door::Web),
    get("/web/held", Right::Read, || web::to(pages::held)).of(Door::Web),
    // Only what its principal sees.
    get("/web/events", Right::Read, || web::to(pages::stream)).of(Door::Web),
    get("/web/session", Right::Read, || web::to(pages::session)).of(Door::Web),
    post("/web/logout", Right::Read, || web::to(pages::log_out)).of(Door::Web),
    // Plain REST. Last, as its paths match others.
    get("/", Right::Read, || web::to(rest::whole)).of(Door::Rest),
    get("/{type:[a-z0-9-]+}", Right::Read, || web::to(rest::list)).of(Door::Rest),
    post("/{type:[a-z0-9-]+}", Right::Edit, || web::to(rest::create)).of(Door::Rest),
    get("/{type:[a-z0-9-]+}/{name:[^/]+}", Right::Read, || web::to(rest::get)).of(Door::Rest),
    put("/{type:[a-z0-9-]+}/{name:[^/]+}", Right::Edit, || web::to(rest::replace)).of(Door::Rest),
    delete("/{type:[a-z0-9-]+}/{name:[^/]+}", Right::Edit, || web::to(rest::remove)).of(Door::Rest),
];

/// All routes. Those of plain REST come last.
static TABLES: [&[Route]; 2] = [gateway::ROUTES, ROUTES];

fn all() -> impl Iterator<Item = &'static Route> {
    TABLES.into_iter().flatten()
}

const fn open(method: Method, path: &'static str, handler: fn() -> Handler) -> Route {
    route(Some(method), path, None, handler)
}

const fn any(path: &'static str, right: Right, handler: fn() -> Handler) -> Route {
    route(None, path, Some(right), handler)
}

const fn get(path: &'static str, right: Right, handler: fn() -> Handler) -> Route {
    route(Some(Method::GET), path, Some(right), handler)
}

const fn post(path: &'static str, right: Right, handler: fn() -> Handler) -> Route {
    route(Some(Method::POST), path, Some(right), handler)
}

const fn put(path: &'static str, right: Right, handler: fn() -> Handler) -> Route {
    route(Some(Method::PUT), path, Some(right), handler)
}

const fn patch(path: &'static str, right: Right, handler: fn() -> Handler) -> Route {
    route(Some(Method::PATCH), path, Some(right), handler)
}

const fn delete(path: &'static str, right: Right, handler: fn() -> Handler) -> Route {
    route(Some(Method::DELETE), path, Some(right), handler)
}

const fn route(
    method: Option<Method>,
    path: &'static str,
    right: Option<Right>,
    handler: fn() -> Handler,
) -> Route {
    Route {
        method,
        path,
        right,
        reach: auth::Reach::Zone,
        door: Door::Always,
        handler,
    }
}

/// The routes of the record API that is this program's own.
pub(super) fn native() -> impl Iterator<Item = &'static Route> {
    let native = |path: &str| path.starts_with("/api/v1/") && !is_powerdns(path);
    all().filter(move |route| native(route.path))
}

/// What is open to anybody on a listener. It reads no body, or only a small one.
pub(super) fn open_to_all(on: Listener, doors: Doors, service: &mut web::ServiceConfig) {
    let wanted = |route: &Route| route.right.is_none() && on.answers(route.path);
    for (resource, _) in resources(|route| wanted(route) && route.door == Door::Always) {
        service.service(resource.wrap(from_fn(body::ignore)));
    }
    let switched = |route: &Route| route.door != Door::Always && doors.has(route.door);
    for (resource, _) in resources(|route| wanted(route) && switched(route)) {
        service.service(resource.app_data(web::PayloadConfig::new(acme_dns::MAX_BODY)));
    }
}

/// What needs a login on a listener; the server wraps it in one.
pub(super) fn with_login(on: Listener, doors: Doors) -> Scope {
    let scope = web::scope("")
        .app_data(web::JsonConfig::default().error_handler(|error, _| bad_body(&error)))
        .app_data(
            web::QueryConfig::default().error_handler(|error, _| Problem::invalid(error).into()),
        );
    let wanted = |route: &Route| {
        route.right.is_some()
            && on.answers(route.path)
            && doors.has(route.door)
            && route.door != Door::Web
    };
    resources(wanted)
        .into_iter()
        .fold(scope, |scope, (resource, allowed)| {
            scope.service(resource.default_service(web::to(move |request, notices| {
                wrong_method(request, notices, allowed.clone())
            })))
        })
        .default_service(web::to(nothing_here))
}

/// What needs a session of the web page on a listener, and what begins one.
pub(super) fn with_session(on: Listener, doors: Doors, service: &mut web::ServiceConfig) {
    if !doors.web || !on.answers(pages::BASE) {
        return;
    }
    if !doors.rest {
        let home = web::resource("/").guard(guard::Get());
        service.service(home.to(pages::home));
    }
    let scope = web::scope(pages::BASE)
        .app_data(web::PayloadConfig::new(pages::MOST))
        .route("/login", web::get().to(pages::ask_login))
        .route("/login", web::post().to(pages::log_in))
        .route("/assets/{name}", web::get().to(pages::asset));
    let scope = resources(|route| route.door == Door::Web)
        .into_iter()
        .fold(scope, |scope, (resource, _)| scope.service(resource));
    let scope = scope.default_service(web::to(pages::nothing_here));
    service.service(scope.wrap(from_fn(pages::enter)));
}

/// The routes that are `wanted`: one resource for each path, with its methods.
fn resources(wanted: impl Fn(&Route) -> bool) -> Vec<(Resource, String)> {
    TABLES
        .iter()
        .flat_map(|table| table.chunk_by(|one, other| one.path == other.path))
        .filter(|routes| routes.iter().any(&wanted))
        .map(resource)
        .collect()
}

fn resource(routes: &'static [Route]) -> (Resource, String) {
    let path = routes.first().map_or("", |route| match route.door {
        Door::Web => route.path.strip_prefix(pages::BASE).unwrap_or(route.path),
        _ => route.path,
    });
    let resource = routes.iter().fold(web::resource(path), |resource, route| {
        resource.route(route.handler())
    });
    let methods = routes.iter().filter_map(|route| route.method.as_ref());
    let methods: Vec<_> = methods.map(Method::as_str).collect();
    (resource, methods.join(", "))
}

impl Route {
    /// The same, which concerns the gateway as a whole.
    const fn everywhere(mut self) -> Self {
        self.reach = auth::Reach::Everywhere;
        self
    }

    /// The same, which could give others more than a scope allows.
    const fn unlimited(mut self) -> Self {
        self.reach = auth::Reach::Unlimited;
        self
    }

    /// The same, of a face that can be switched off.
    const fn of(mut self, door: Door) -> Self {
        self.door = door;
        self
    }

    fn handler(&self) -> Handler {
        let handler = (self.handler)();
        let handler = match &self.method {
            Some(method) => handler.method(method.clone()),
            None => handler,
        };
        let reach = self.reach;
        match self.right {
            Some(right) if self.door == Door::Web => {
                handler.wrap(from_fn(move |request, next: Next<_>| {
                    pages::permit(right, reach, request, next)
                }))
            }
            Some(right) => handler.wrap(from_fn(move |request, next: Next<_>| {
                auth::permit(right, reach, request, next)
            })),
            None => handler,
        }
    }
}

/// The path is there, but not with this method.
async fn wrong_method(
    request: HttpRequest,
    notices: web::Data<Notices>,
    allowed: String,
) -> HttpResponse {
    if !is_api(request.path()) {
        return nothing_here(request, notices).await;
    }
    let detail = format!(
        "{} does not take {}; it takes {allowed}",
        request.path(),
        request.method()
    );
    let mut response = Problem::new(Code::MethodNotAllowed, detail).response_at(request.path());
    if let Ok(allowed) = allowed.parse() {
        response.headers_mut().insert(ALLOW, allowed);
    }
    response
}

/// The path names nothing. A master that sends its pushes there loses them, which the log tells.
async fn nothing_here(request: HttpRequest, notices: web::Data<Notices>) -> HttpResponse {
    let path = Excerpt::new(request.path().as_bytes());
    let address = request
        .extensions()
        .get::<Principal>()
        .and_then(Principal::address);
    if let Some(address) = address {
        notices.write(address, Kind::Path, || {
            let params = Params::new(request.query_string(), b"");
            let domain = params.get("domain").map_or_else(String::new, |domain| {
                format!(" for zone {}", Excerpt::new(domain.as_bytes()))
            });
            format!(
                "a request from {address}{domain} is lost: there is nothing at {path}; masters have to use \
                 /CMD_API_DNS_ADMIN"
            )
        });
    }
    let detail = format!("there is nothing at {}", request.path());
    if is_api(request.path()) {
        return Problem::new(Code::NotFound, detail).response_at(request.path());
    }
    HttpResponse::NotFound()
        .content_type(reply::CONTENT_TYPE)
        .body(reply::error("Not found", &detail))
}

#[cfg(test)]
mod tests;
