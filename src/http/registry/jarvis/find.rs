//! Calls by which services look for each other.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::{Map, Value, json};

use super::{asked, literal, shown};
use crate::http::registry::body::object;
use crate::http::registry::client::Asking;
use crate::http::registry::fault::Fault;
use crate::registry::Registry;
use crate::registry::rules::{Strategy, Wish};

/// How many instances a list for failover has at most.
const MOST: usize = 16;

/// `POST /discover`.
pub(super) async fn discover(
    request: HttpRequest,
    asking: Asking,
    registry: web::Data<Registry>,
    payload: web::Payload,
) -> Result<HttpResponse, Fault> {
    asking.may_look()?;
    let body = object(&request, payload).await?;
    let requirements = match body.get("requirements") {
        None | Some(Value::Null) => Map::new(),
        Some(Value::Object(requirements)) => requirements.clone(),
        Some(_) => return Err(Fault::invalid("requirements is no object")),
    };
    let strategy = asked::text(&body, &["strategy"])?;
    let wish = Wish {
        tags: asked::tags(&body)?,
        ..wish(asked::service(&body)?, requirements, strategy.as_deref())?
    };
    answer(&registry, &wish)
}

/// `GET /service/SERVICE`: the requirements are in the query, as JSON or as Python writes them, or in the body.
pub(super) async fn service(
    request: HttpRequest,
    asking: Asking,
    registry: web::Data<Registry>,
    path: web::Path<String>,
    payload: web::Payload,
) -> Result<HttpResponse, Fault> {
    asking.may_look()?;
    let query = form_urlencoded::parse(request.query_string().as_bytes());
    let mut requirements = None;
    let mut strategy = None;
    for (name, value) in query {
        match &*name {
            "requirements" if !value.is_empty() => requirements = Some(literal::read(&value)?),
            "strategy" => strategy = Some(value.into_owned()),
            _ => {}
        }
    }
    let body = object(&request, payload).await?;
    let requirements = match (requirements, body.get("requirements")) {
        (Some(Value::Object(requirements)), _) => requirements,
        (Some(Value::Null), _) | (None, None | Some(Value::Null)) if body.len() < 2 => Map::new(),
        (None, Some(Value::Object(requirements))) => requirements.clone(),
        (None, None) => body,
        _ => return Err(Fault::invalid("requirements is no object")),
    };
    let wish = wish(path.into_inner(), requirements, strategy.as_deref())?;
    answer(&registry, &wish)
}

fn wish(
    service: String,
    mut requirements: Map<String, Value>,
    strategy: Option<&str>,
) -> Result<Wish, Fault> {
    // Whether an instance is busy is no metadata.
    let busy = match requirements.remove("busy") {
        None | Some(Value::Null) => None,
        Some(Value::Bool(busy)) => Some(busy),
        Some(_) => return Err(Fault::invalid("busy is neither true nor false")),
    };
    let strategy = match strategy {
        Some(word) => word
            .parse()
            .map_err(|words| Fault::invalid(format!("strategy is none of {words}")))?,
        None => Strategy::default(),
    };
    Ok(Wish {
        service,
        requirements,
        busy,
        tags: Vec::new(),
        strategy,
    })
}

/// The best instance, and those to turn to when it fails.
fn answer(registry: &Registry, wish: &Wish) -> Result<HttpResponse, Fault> {
    let found = registry.pick(|book, now| {
        let found = book.find(wish, fastrand::f64);
        let all = found.iter().take(MOST).filter_map(|key| book.get(key));
        let all: Vec<Value> = all.map(|one| shown::instance(book, one, now)).collect();
        let service = wish.service.as_str();
        let any = book.of_service(service).any(|one| book.is_published(one));
        (all, book.has_service(service), any, book.is_stale(service))
    });
    let service = &wish.service;
    let (all, known, any, stale) = found;
    let Some(Value::Object(first)) = all.first() else {
        return Err(match (known, any) {
            (false, _) => Fault::not_found(format!("No {service} service available")),
            (true, false) => Fault::new(
                StatusCode::SERVICE_UNAVAILABLE,
                format!("No healthy {service} service available"),
            ),
            (true, true) => {
                Fault::not_found(format!("No {service} service meets the requirements"))
            }
        });
    };
    let mut answer = first.clone();
    let others = all.iter().skip(1).filter_map(|one| one.get("url").cloned());
    answer.insert("failover".to_owned(), others.collect());
    answer.insert("stale".to_owned(), json!(stale));
    Ok(HttpResponse::Ok().json(answer))
}
