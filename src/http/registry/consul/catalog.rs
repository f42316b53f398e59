//! `/v1/catalog/register` and `deregister`: services of nodes on which nothing registers itself, such as a router or a
//! database that somebody else runs.

use std::net::IpAddr;

use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::{Map, Value};

use super::address_of_node;
use super::definition;
use super::fields::Fields;
use crate::http::registry::body::object;
use crate::http::registry::client::Asking;
use crate::http::registry::fault::Fault;
use crate::http::registry::terms;
use crate::registry::Registry;
use crate::registry::rules::{
    Check, Key, Kind, NODE_ADDRESS, NODE_META, Refused, Registration, Renewal,
};
use crate::store::Store;

/// The checks of a service that is registered again stay, and keep their status unless they are sent.
const RENEWAL: Renewal = Renewal {
    keeps_status: false,
    keeps_checks: true,
};

/// `PUT /v1/catalog/register`: one service of a node.
pub(super) async fn register(
    request: HttpRequest,
    asking: Asking,
    registry: web::Data<Registry>,
    store: web::Data<Store>,
    payload: web::Payload,
) -> Result<HttpResponse, Fault> {
    let mut new = registration(object(&request, payload).await?, asking.client.address)?;
    asking.admit(&registry, &store, &mut new)?;
    asking.may_register_node(&registry, &store, &new.node)?;
    let registered = registry.step(|book, now| {
        asking.owns_node(book, &new.node)?;
        book.register(now, &asking.client, new, RENEWAL)
    });
    registered.await?;
    Ok(HttpResponse::Ok().json(true))
}

/// `PUT /v1/catalog/deregister`: a service of a node, one of its checks, or all of the node.
pub(super) async fn deregister(
    request: HttpRequest,
    asking: Asking,
    registry: web::Data<Registry>,
    payload: web::Payload,
) -> Result<HttpResponse, Fault> {
    asking.may_report()?;
    let fields = Fields::of(object(&request, payload).await?);
    let (node, id) = (fields.text("node")?, fields.text("serviceid")?);
    let check = fields.text("checkid")?;
    if node.is_empty() {
        return Err(Fault::invalid("Must provide node"));
    }
    let agent = agent_of(&node);
    let removed = registry.step(|book, now| {
        let suits = |key: &Key| id.is_empty() || key.id == id;
        let of_node = book.of_agent(&agent);
        let found: Vec<_> = of_node.filter(|one| suits(one.key())).cloned().collect();
        if let Some(other) = found
            .iter()
            .find(|one| !asking.client.may_report(&one.owner))
        {
            return Err(Refused::taken(other));
        }
        for instance in found {
            match check.is_empty() {
                true => book.deregister(&asking.client, instance.key())?,
                false => book.remove_check(now, &asking.client, instance.key(), &check)?,
            }
        }
        Ok(())
    });
    removed.await?;
    Ok(HttpResponse::Ok().json(true))
}

/// The ids of a node are not those of the machine whose address gave another node the same name.
fn agent_of(node: &str) -> String {
    format!("node {node}")
}

fn registration(body: Map<String, Value>, from: IpAddr) -> Result<Registration, Fault> {
    let mut fields = Fields::of(body);
    let (node, address) = (fields.text("node")?, fields.text("address")?);
    if node.is_empty() || address.is_empty() {
        return Err(Fault::invalid("Must provide node and address"));
    }
    let ip = address.parse::<IpAddr>().ok();
    if address_of_node(&node).is_some_and(|meant| Some(meant) != ip) {
        return Err(Fault::invalid(
            "the name of the node stands for another address",
        ));
    }
    let mut service = match fields.take("service") {
        Some(Value::Object(service)) => service,
        _ => {
            return Err(Fault::invalid(
                "a node without a service is not registered: Service is missing",
            ));
        }
    };
    let name = Fields::of(service.clone()).text("service")?;
    service.insert("Name".to_owned(), name.into());
    // Checks stand beside the service, and not in it.
    service.retain(|name, _| !["check", "checks"].contains(&&*name.to_ascii_lowercase()));
    let mut new = definition::service(service, ip.unwrap_or(from))?;
    let sent = new.extra.get("Address").and_then(Value::as_str);
    if sent.is_none_or(str::is_empty) {
        new.address = terms::address(Some(&address), from);
    }
    new.checks = checks(&mut fields, &new.key.id, &new.service)?;
    new.extra.insert(NODE_ADDRESS.to_owned(), address.into());
    let meta = fields.object("nodemeta")?;
    if meta.values().any(|value| !value.is_string()) {
        return Err(Fault::invalid("NodeMeta has a value that is no text"));
    }
    if !meta.is_empty() {
        new.extra.insert(NODE_META.to_owned(), meta.into());
    }
    new.key.agent = agent_of(&node);
    new.node = node;
    Ok(new)
}

/// The checks of a service. One that says what to ask is asked; of others it is known what was sent.
fn checks(fields: &mut Fields, id: &str, service: &str) -> Result<Vec<Check>, Fault> {
    let one = fields.take("check").into_iter();
    let list = match fields.take("checks") {
        None => Vec::new(),
        Some(Value::Array(list)) => list,
        Some(_) => return Err(Fault::invalid("checks is no list")),
    };
    let mut found: Vec<Check> = Vec::new();
    for check in one.chain(list) {
        let Value::Object(check) = check else {
            return Err(Fault::invalid("a check is no object"));
        };
        let mut sent = Fields::of(check.clone());
        let of = sent.text("serviceid")?;
        if !of.is_empty() && of != id {
            return Err(Fault::invalid(
                "a check is of another service than the one that is registered",
            ));
        }
        let mut all = check;
        if let Some(Value::Object(more)) = sent.take("definition") {
            all.extend(more);
        }
        let all = Fields::of(all);
        let (id, name) = (
            format!("service:{id}"),
            format!("Service '{service}' check"),
        );
        let asks = ["http", "tcp", "grpc"].iter().any(|kind| all.has(kind));
        let check = match asks {
            true => definition::check(&all, &id, &name)?,
            false => told(&sent, &id, &name)?,
        };
        if found.iter().any(|other| other.id == check.id) {
            return Err(Fault::invalid("two checks have the same id"));
        }
        found.push(check);
    }
    Ok(found)
}

fn told(fields: &Fields, id: &str, name: &str) -> Result<Check, Fault> {
    let or = |text: String, otherwise: &str| match text.is_empty() {
        true => otherwise.to_owned(),
        false => text,
    };
    let status = or(fields.text("status")?, "critical");
    let check = Check::new(
        or(fields.text("checkid")?, id),
        Kind::Told,
        definition::status(&status)?,
    );
    Ok(Check {
        name: or(fields.text("name")?, name),
        notes: fields.text("notes")?,
        output: fields.text("output")?,
        ..check
    })
}
