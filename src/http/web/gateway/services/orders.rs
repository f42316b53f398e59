//! What an operator orders: an instance is taken out, put back, or deregistered; a loss is believed.

use actix_web::{HttpResponse, web};
use maud::html;

use super::{REASON, Services, hidden, may_order, of};
use crate::access::Principal;
use crate::http::problem::{Code, Problem};
use crate::http::web::form::{Fields, Sent};
use crate::http::web::frame::View;
use crate::http::web::session::see_other;
use crate::http::web::text::shown;
use crate::logging::info;
use crate::registry::NotDone;
use crate::registry::rules::{Client, Key, Refused};

/// `GET /web/services/SERVICE/deregister?agent=AGENT&id=ID`.
pub(in crate::http) async fn ask_deregistration(
    view: View,
    services: web::Data<Services>,
    name: web::Path<String>,
    asked: web::Query<Asked>,
) -> HttpResponse {
    let key = asked.into_inner().key();
    let known = services.registry().and_then(|registry| {
        let known = registry.look(|book, _| book.get(&key).is_some());
        let missing = || Problem::from(NotDone::from(Refused::Unknown(key.clone())));
        known.then_some(()).ok_or_else(missing)
    });
    if let Err(problem) = known {
        return view.problem(&problem);
    }
    let title = format!("Deregister {key}");
    let body = html! {
        h1 { "Deregister " (shown(&key.to_string())) }
        div.alert {
            p { strong { "It is removed from the registry and from DNS at once." } }
            p { "If it still runs, it may register again: take it out instead to keep it from DNS." }
        }
        form.actions method="post" action=(of(&name, "/deregister")) {
            (view.token())
            (hidden(&key))
            button.danger type="submit" { "Deregister" }
            a href=(of(&name, "")) { "Cancel" }
        }
    };
    view.page(&title, &body)
}

/// Which instance.
#[derive(Debug, serde::Deserialize)]
pub(in crate::http) struct Asked {
    #[serde(default)]
    agent: String,
    id: String,
}

impl Asked {
    fn key(self) -> Key {
        Key {
            agent: self.agent,
            id: self.id,
        }
    }
}

/// `POST /web/services/SERVICE/deregister`.
pub(in crate::http) async fn deregister(
    sent: Sent,
    services: web::Data<Services>,
    name: web::Path<String>,
) -> HttpResponse {
    let Sent { view, fields } = sent;
    let key = key_of(&fields);
    let done = async {
        let (registry, client) = (services.registry()?, client(&view.principal)?);
        let done = registry.step(|book, _| book.deregister(&client, &key));
        done.await?;
        info!(principal = %view.principal, "registry: {key} was deregistered by {}", view.principal);
        // It may have been the last one.
        Ok::<_, Problem>(registry.look(|book, _| book.has_service(&name)))
    };
    match done.await {
        Ok(true) => see_other(&of(&name, "")),
        Ok(false) => see_other("/web/services"),
        Err(problem) => view.problem(&problem),
    }
}

/// `POST /web/services/SERVICE/maintenance`.
pub(in crate::http) async fn maintain(
    sent: Sent,
    services: web::Data<Services>,
    name: web::Path<String>,
) -> HttpResponse {
    let Sent { view, fields } = sent;
    let key = key_of(&fields);
    let reason: String = fields.get("reason").trim().chars().take(REASON).collect();
    let why = (fields.get("enable") == "yes").then_some(&*reason);
    let done = async {
        let (registry, client) = (services.registry()?, client(&view.principal)?);
        let done = registry.step(|book, now| book.maintain(now, &client, &key, why));
        Ok::<_, Problem>(done.await?)
    };
    match done.await {
        Ok(()) => see_other(&of(&name, "")),
        Err(problem) => view.problem(&problem),
    }
}

/// `POST /web/services/SERVICE/believe`.
pub(in crate::http) async fn believe(
    sent: Sent,
    services: web::Data<Services>,
    name: web::Path<String>,
) -> HttpResponse {
    let view = sent.view;
    let done = async {
        let registry = services.registry()?;
        let done = registry.step(|book, _| Ok::<_, Refused>(book.believe(&name)));
        match done.await? {
            true => Ok(()),
            false => {
                let detail = "there is no such service, or it is not stale any more";
                Err(Problem::new(Code::NotFound, detail))
            }
        }
    };
    match done.await {
        Ok(()) => see_other(&of(&name, "")),
        Err(problem) => view.problem(&problem),
    }
}

fn key_of(fields: &Fields) -> Key {
    Key {
        agent: fields.get("agent").to_owned(),
        id: fields.get("id").to_owned(),
    }
}

/// Who orders, as the book knows it. The routes have seen to that it may.
fn client(principal: &Principal) -> Result<Client, Problem> {
    let address = principal.address().ok_or_else(Problem::not_logged_in)?;
    Ok(Client {
        account: Some(principal.account()),
        address,
        is_operator: may_order(principal),
    })
}

impl From<NotDone> for Problem {
    fn from(error: NotDone) -> Self {
        let code = match &error {
            NotDone::Refused(Refused::Unknown(_) | Refused::NoCheck { .. }) => Code::NotFound,
            NotDone::Refused(Refused::Taken { .. } | Refused::NeedsToken(_)) => Code::NotAllowed,
            NotDone::Refused(_) => Code::InvalidRequest,
            NotDone::Keep(_) => Code::StoreFailed,
        };
        Self::new(code, error.to_string())
    }
}
