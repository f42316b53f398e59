//! Who asks the registry: by a token or account, or by an address that needs neither.

use std::future::{Ready, ready};
use std::net::IpAddr;

use actix_web::body::BoxBody;
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::{FromRequest, HttpMessage, HttpRequest, web};
use dadns_zone::{RrsetKey, Rtype, owner_name};

use super::browser;
use super::fault::{Dialect, Fault};
use crate::access::{Denied, Principal, Right};
use crate::http::auth::{Gate, Sent};
use crate::http::body;
use crate::http::problem::Problem;
use crate::registry::rules::{Book, Client, Group, Refused, Registration};
use crate::registry::{Registry, reverse_name};
use crate::store::Store;

/// Headers in which clients send tokens, beside those that every face takes.
const HEADERS: [&str; 2] = ["X-Consul-Token", "token"];

/// Who asks.
#[derive(Debug, Clone)]
pub(super) struct Asking {
    /// As the book knows it.
    pub client: Client,
    /// With its rights; `None`: it sent nothing, and its address is in `registry.allow`.
    principal: Option<Principal>,
}

/// Lets a request pass of which it is known who sends it, before its body is read.
pub(super) async fn require(
    request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    if is_open(&request) {
        return next.call(request).await;
    }
    match enter(request.request()) {
        Ok(asking) => {
            request.extensions_mut().insert(asking);
            next.call(request).await
        }
        Err(fault) => {
            let answer = fault.in_the_words_of(Dialect::of(request.path()));
            Ok(body::unread(request, answer))
        }
    }
}

/// Whether anybody may ask: a login is judged by what answers it, and that this is alive is no secret.
fn is_open(request: &ServiceRequest) -> bool {
    let open = [
        (Method::POST, "/token"),
        (Method::GET, "/heartbeat"),
        (Method::GET, "/healthz"),
    ];
    let asked = (request.method(), request.path());
    open.iter().any(|(method, path)| asked == (method, *path))
}

fn enter(request: &HttpRequest) -> Result<Asking, Fault> {
    let missing = || {
        let why =
            "this address is not in registry.allow: a token or the login of an account is missing";
        Fault::new(StatusCode::UNAUTHORIZED, why)
    };
    let gate = request.app_data::<web::Data<Gate>>().ok_or_else(missing)?;
    let registry = request
        .app_data::<web::Data<Registry>>()
        .ok_or_else(missing)?;
    let address = gate.client(request).ok_or_else(missing)?;
    let sent = sent(request);
    if let Sent::Nothing = sent {
        let settings = registry.settings();
        let mut allow = settings.allow.iter();
        if !allow.any(|network| network.contains(&address)) {
            return Err(missing());
        }
        if let Some(why) = browser::suspected(request, &settings.host_names) {
            return Err(Fault::new(StatusCode::FORBIDDEN, why));
        }
        return Ok(Asking {
            client: Client {
                account: None,
                address,
                is_operator: false,
            },
            principal: None,
        });
    }
    let entered = gate.enter_with(request, &sent);
    let (principal, _) = entered.map_err(|stopped| Fault::from(Problem::from(stopped)))?;
    Ok(Asking {
        client: Client {
            account: Some(principal.account()),
            address,
            is_operator: principal.may_unlimited(Right::Operate).is_ok(),
        },
        principal: Some(principal),
    })
}

/// The credentials of a request, in any of the ways of any face.
fn sent(request: &HttpRequest) -> Sent {
    let headers = HEADERS
        .iter()
        .filter_map(|name| request.headers().get(*name));
    let in_header = headers
        .filter_map(|value| value.to_str().ok())
        .map(str::trim);
    let in_query = form_urlencoded::parse(request.query_string().as_bytes())
        .find(|(name, _)| name == "token")
        .map(|(_, value)| value.into_owned());
    let mut all = in_header.map(str::to_owned).chain(in_query);
    match all.find(|text| !text.is_empty()) {
        Some(token) => Sent::Token(token),
        None => Sent::of(request),
    }
}

impl Asking {
    /// Whether it may look at services.
    ///
    /// # Errors
    /// That it may not.
    pub fn may_look(&self) -> Result<(), Fault> {
        self.check(|principal| principal.has(Right::Read))
    }

    /// Whether it may report on instances, each of which the book judges besides.
    ///
    /// # Errors
    /// That it may not.
    pub fn may_report(&self) -> Result<(), Fault> {
        self.check(|principal| principal.has(Right::Edit))
    }

    /// Whether it may register instances of a service: whether it may edit what they are published as.
    ///
    /// # Errors
    /// What it lacks.
    pub fn may_register(
        &self,
        registry: &Registry,
        store: &Store,
        service: &str,
    ) -> Result<(), Fault> {
        self.may_publish(registry, store, &format!("{service}.service"))
    }

    /// Whether it may register this; notes of which of the addresses in it PTR records may be published.
    ///
    /// # Errors
    /// What it lacks.
    pub fn admit(
        &self,
        registry: &Registry,
        store: &Store,
        new: &mut Registration,
    ) -> Result<(), Fault> {
        self.may_register(registry, store, &new.service)?;
        let mut pointers = Vec::new();
        for ip in new.addresses() {
            if self.may_point(registry, store, ip)? {
                pointers.push(ip);
            }
        }
        new.pointers = Some(pointers);
        Ok(())
    }

    /// Whether it may have the PTR records of an address: it is there, or may edit them.
    fn may_point(&self, registry: &Registry, store: &Store, ip: IpAddr) -> Result<bool, Fault> {
        let Some(principal) = &self.principal else {
            return Ok(true);
        };
        if ip == self.client.address || self.client.is_operator {
            return Ok(true);
        }
        let (settings, name) = (registry.settings(), reverse_name(ip));
        let mut domains = settings.reverse.iter();
        let Some(domain) = domains.find(|domain| owner_name(domain, &name).is_ok()) else {
            return Ok(false);
        };
        let zone = store.zone_of(domain)?.unwrap_or_else(|| domain.clone());
        Ok(owner_name(&zone, &name).is_ok_and(|owner| {
            let key = RrsetKey::new(&owner, Rtype::PTR);
            principal.may_edit(&zone, &key, Some(settings.ttl)).is_ok()
        }))
    }

    /// Whether it may register services of a node by its name.
    ///
    /// # Errors
    /// What it lacks.
    pub fn may_register_node(
        &self,
        registry: &Registry,
        store: &Store,
        node: &str,
    ) -> Result<(), Fault> {
        self.may_publish(registry, store, &format!("{node}.node"))
    }

    /// Whether a node is nobody else's: its name belongs to whoever registered the first of what is there.
    ///
    /// # Errors
    /// That it is.
    pub fn owns_node(&self, book: &Book, node: &str) -> Result<(), Refused> {
        let on_node = book.published(&Group::node(node));
        let mut others = on_node.into_iter();
        match others.find(|one| !self.client.may_replace(&one.owner)) {
            Some(other) => Err(Refused::taken(other)),
            None => Ok(()),
        }
    }

    /// Whether it may edit what is published at a name below the domain of services.
    fn may_publish(&self, registry: &Registry, store: &Store, name: &str) -> Result<(), Fault> {
        if self.principal.is_none() {
            return Ok(());
        }
        let settings = registry.settings();
        let Some(domain) = &settings.domain else {
            return self.check(|principal| principal.may_everywhere(Right::Edit));
        };
        // Where there is none, one of this name is made.
        let zone = store.zone_of(domain)?.unwrap_or_else(|| domain.clone());
        self.check(|principal| {
            let name = format!("{}.{domain}.", name.to_lowercase());
            match owner_name(&zone, &name) {
                Ok(owner) => {
                    let key = RrsetKey::new(&owner, Rtype::SRV);
                    principal.may_edit(&zone, &key, Some(settings.ttl))
                }
                // It is not published.
                Err(_) => principal.may(Right::Edit, &zone),
            }
        })
    }

    /// Who asks, where that has to send a token or a login wherever it comes from.
    ///
    /// # Errors
    /// That it sent neither.
    pub fn principal(&self) -> Result<Principal, Fault> {
        let principal = self.principal.clone();
        principal.ok_or_else(|| {
            let why = "Invalid or Expired token: POST /token gives one to an account";
            Fault::new(StatusCode::UNAUTHORIZED, why)
        })
    }

    /// Who asks; a client that sent nothing may read and edit `zones`, and is called `name`.
    ///
    /// # Errors
    /// That these are no zones.
    pub fn principal_or(&self, name: &str, zones: &[String]) -> Result<Principal, Fault> {
        match &self.principal {
            Some(principal) => Ok(principal.clone()),
            None => Principal::allowed(name, self.client.address, zones)
                .map_err(|errors| Fault::new(StatusCode::FORBIDDEN, errors.to_string())),
        }
    }

    fn check(&self, may: impl FnOnce(&Principal) -> Result<(), Denied>) -> Result<(), Fault> {
        let judged = self.principal.as_ref().map_or(Ok(()), may);
        Ok(judged?)
    }
}

impl FromRequest for Asking {
    type Error = Fault;
    type Future = Ready<Result<Self, Self::Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let asking = request.extensions().get::<Self>().cloned();
        ready(asking.ok_or_else(|| Fault::new(StatusCode::UNAUTHORIZED, "not logged in")))
    }
}
