//! Instances as clients of Consul read them.

use serde_json::{Map, Value, json};

use super::node_at;
use crate::registry::rules::{
    Address, Check, Instance, Kind, NODE_ADDRESS, NODE_META, Status, Target,
};

/// The node that an instance is on.
pub(super) fn node(instance: &Instance) -> String {
    let registered = &instance.registered;
    match (&registered.address, registered.node.is_empty()) {
        (_, false) => registered.node.clone(),
        (Address::Ip(ip), true) => node_at(*ip),
        (Address::Host(name), true) => name.clone(),
    }
}

/// The address of the node that an instance is on.
pub(super) fn node_address(instance: &Instance) -> String {
    let sent = instance.registered.extra.get(NODE_ADDRESS);
    if let Some(sent) = sent.and_then(Value::as_str) {
        return sent.to_owned();
    }
    match instance.key().agent.is_empty() {
        true => instance.registered.address.to_string(),
        false => instance.owner.address.to_string(),
    }
}

/// The address as it was sent, which may be none.
fn address(instance: &Instance) -> Value {
    let registered = &instance.registered;
    let sent = registered.extra.get("Address").cloned();
    let sent = sent.filter(|_| registered.pool.is_none());
    sent.unwrap_or_else(|| instance.registered.address.to_string().into())
}

fn extra(instance: &Instance, name: &str, otherwise: Value) -> Value {
    let sent = instance.registered.extra.get(name).cloned();
    sent.unwrap_or(otherwise)
}

fn weights(instance: &Instance) -> Value {
    let (passing, warning) = instance.registered.weights;
    json!({"Passing": passing, "Warning": warning})
}

/// As `/v1/agent/services` has it.
pub(super) fn service(instance: &Instance, datacenter: &str) -> Value {
    let registered = &instance.registered;
    json!({
        "ID": instance.key().id,
        "Service": registered.service,
        "Tags": registered.tags,
        "Meta": texts(&registered.meta),
        "Port": registered.port.unwrap_or_default(),
        "Address": address(instance),
        "TaggedAddresses": extra(instance, "TaggedAddresses", json!({})),
        "Weights": weights(instance),
        "EnableTagOverride": extra(instance, "EnableTagOverride", false.into()),
        "CreateIndex": instance.created,
        "ModifyIndex": instance.modified,
        "Datacenter": datacenter,
    })
}

/// As `/v1/catalog/nodes` has it.
pub(super) fn node_entry(instance: &Instance, datacenter: &str) -> Value {
    let address = node_address(instance);
    json!({
        "ID": "",
        "Node": node(instance),
        "Address": address,
        "Datacenter": datacenter,
        "TaggedAddresses": {"lan": address, "wan": address},
        "Meta": node_meta(instance),
        "CreateIndex": instance.created,
        "ModifyIndex": instance.created,
    })
}

/// What is known of the node that an instance is on.
pub(super) fn node_meta(instance: &Instance) -> Value {
    extra(instance, NODE_META, json!({}))
}

/// As `/v1/health/service` has it.
pub(super) fn health(instance: &Instance, datacenter: &str) -> Value {
    let mut checks = vec![alive(instance)];
    checks.extend(all_checks(instance));
    json!({
        "Node": node_entry(instance, datacenter),
        "Service": service(instance, datacenter),
        "Checks": checks,
    })
}

/// As `/v1/catalog/service` has it.
pub(super) fn catalog(instance: &Instance, datacenter: &str) -> Value {
    let registered = &instance.registered;
    let node_address = node_address(instance);
    json!({
        "ID": "",
        "Node": node(instance),
        "Address": node_address,
        "Datacenter": datacenter,
        "TaggedAddresses": {"lan": node_address, "wan": node_address},
        "NodeMeta": node_meta(instance),
        "ServiceID": instance.key().id,
        "ServiceName": registered.service,
        "ServiceAddress": address(instance),
        "ServiceTaggedAddresses": extra(instance, "TaggedAddresses", json!({})),
        "ServicePort": registered.port.unwrap_or_default(),
        "ServiceTags": registered.tags,
        "ServiceMeta": texts(&registered.meta),
        "ServiceWeights": weights(instance),
        "ServiceEnableTagOverride": extra(instance, "EnableTagOverride", false.into()),
        "CreateIndex": instance.created,
        "ModifyIndex": instance.modified,
    })
}

/// All checks of an instance; that it is taken out is one more.
pub(super) fn all_checks(instance: &Instance) -> Vec<Value> {
    let checks = instance.registered.checks.iter();
    let mut all: Vec<_> = checks.map(|one| check(instance, one)).collect();
    if let Some(why) = &instance.maintenance {
        let id = format!("_service_maintenance:{}", instance.key().id);
        let maintenance = Check {
            name: "Service Maintenance Mode".to_owned(),
            notes: match why.as_str() {
                "" => "Maintenance mode is enabled for this service".to_owned(),
                why => why.to_owned(),
            },
            ..Check::new(id, Kind::Told, Status::Critical)
        };
        all.push(check(instance, &maintenance));
    }
    all
}

fn check(instance: &Instance, check: &Check) -> Value {
    let kind = match &check.kind {
        Kind::Lease { .. } => "ttl",
        Kind::Told => "",
        Kind::Probe(probe) => match probe.target {
            Target::Http { .. } => "http",
            Target::Tcp(_) => "tcp",
            Target::Grpc { .. } => "grpc",
        },
    };
    json!({
        "Node": node(instance),
        "CheckID": check.id,
        "Name": check.name,
        "Status": check.status,
        "Notes": check.notes,
        "Output": check.output,
        "ServiceID": instance.key().id,
        "ServiceName": instance.registered.service,
        "ServiceTags": instance.registered.tags,
        "Type": kind,
        "Definition": {},
        "CreateIndex": instance.created,
        "ModifyIndex": instance.modified,
    })
}

/// That the node of an instance is there, which clients expect to be told.
pub(super) fn alive(instance: &Instance) -> Value {
    json!({
        "Node": node(instance),
        "CheckID": "serfHealth",
        "Name": "Serf Health Status",
        "Status": "passing",
        "Notes": "",
        "Output": "Agent alive and reachable",
        "ServiceID": "",
        "ServiceName": "",
        "ServiceTags": [],
        "Type": "",
        "Definition": {},
        "CreateIndex": instance.created,
        "ModifyIndex": instance.created,
    })
}

/// Objects by a text in each.
pub(super) fn by(name: &str, objects: Vec<Value>) -> Value {
    let text = |object: &Value| object[name].as_str().unwrap_or_default().to_owned();
    let members = objects.into_iter().map(|object| (text(&object), object));
    members.collect::<Map<_, _>>().into()
}

/// Metadata as these clients can read it, whose values are all texts: others are written as JSON.
fn texts(meta: &Map<String, Value>) -> Map<String, Value> {
    let text = |value: &Value| match value {
        Value::String(_) => value.clone(),
        value => Value::String(value.to_string()),
    };
    let all = meta.iter().map(|(name, value)| (name.clone(), text(value)));
    all.collect()
}
