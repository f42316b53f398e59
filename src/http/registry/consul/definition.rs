//! Definitions of services and checks, as clients send them.

use std::net::IpAddr;
use std::time::Duration;

use serde_json::{Map, Value, json};

use super::fields::Fields;
use super::node_at;
use crate::http::registry::fault::Fault;
use crate::http::registry::terms;
use crate::registry::probe_interval;
use crate::registry::rules::{Check, Key, Kind, Probe, Registration, Status, Target, Tls};

/// How long a probe may take where nothing is said.
const TIMEOUT: Duration = Duration::from_secs(10);
const LONGEST_TIMEOUT: Duration = Duration::from_secs(60);

/// No service is removed sooner for being critical.
const LEAST_REMOVAL: Duration = Duration::from_secs(60);

/// What would run something on the machine of the agent: never taken.
const RUNS: [&str; 4] = ["args", "scriptargs", "script", "dockercontainerid"];

/// Kinds of checks that are not asked here.
const UNKNOWN: [&str; 5] = ["h2ping", "udp", "aliasservice", "aliasnode", "osservice"];

/// What a definition registers for a client at `from`.
pub(super) fn service(object: Map<String, Value>, from: IpAddr) -> Result<Registration, Fault> {
    let mut fields = Fields::of(object);
    let name = fields.text("name")?;
    if name.is_empty() {
        return Err(Fault::invalid("Missing service name"));
    }
    for name in ["connect", "proxy"] {
        let empty = |value: &Value| value.as_object().is_some_and(Map::is_empty);
        if fields.take(name).is_some_and(|value| !empty(&value)) {
            return Err(Fault::invalid(format!("{name} is not supported")));
        }
    }
    let id = Some(fields.text("id")?).filter(|id| !id.is_empty());
    let id = id.unwrap_or_else(|| name.clone());
    let address = fields.text("address")?;
    if address
        .parse::<IpAddr>()
        .is_ok_and(|ip| ip.is_unspecified())
    {
        return Err(Fault::invalid("Invalid service address"));
    }
    let port = fields.number("port")?.unwrap_or_default();
    let port = u16::try_from(port).map_err(|_| Fault::invalid("Invalid service port"))?;
    let meta = fields.object("meta")?;
    if meta.values().any(|value| !value.is_string()) {
        return Err(Fault::invalid("meta has a value that is no text"));
    }
    let weights = Fields::of(fields.object("weights")?);
    let weight = |name| {
        let weight = weights.number(name)?.unwrap_or(1);
        u16::try_from(weight).map_err(|_| Fault::invalid("a weight is above 65535"))
    };
    let weights = (weight("passing")?, weight("warning")?);
    let (checks, deregister_after) = all_checks(&mut fields, &id, &name)?;
    let node = node_at(from);
    let mut extra = Map::new();
    extra.insert("Address".to_owned(), address.clone().into());
    let override_tags = fields.flag("enabletagoverride")?;
    extra.insert("EnableTagOverride".to_owned(), override_tags.into());
    let tagged = fields.object("taggedaddresses")?;
    if !tagged.is_empty() {
        extra.insert("TaggedAddresses".to_owned(), tagged.into());
    }
    let key = Key {
        agent: node.clone(),
        id,
    };
    Ok(Registration {
        node,
        port: (port > 0).then_some(port),
        tags: fields.texts("tags")?,
        meta,
        weights,
        checks,
        deregister_after,
        pool: Some(fields.text("pool")?).filter(|pool| !pool.is_empty()),
        extra,
        ..Registration::new(key, name, terms::address(Some(&address), from))
    })
}

/// The checks of a definition, and after how long a critical service is removed.
fn all_checks(
    fields: &mut Fields,
    id: &str,
    service: &str,
) -> Result<(Vec<Check>, Option<Duration>), Fault> {
    let one = fields.take("check").into_iter();
    let list = match fields.take("checks") {
        None => Vec::new(),
        Some(Value::Array(list)) => list,
        Some(_) => return Err(Fault::invalid("checks is no list")),
    };
    let all: Vec<Value> = one.chain(list).collect();
    let several = all.len() > 1;
    let mut checks: Vec<Check> = Vec::new();
    let mut removal: Option<Duration> = None;
    for (number, object) in (1..).zip(all) {
        let Value::Object(object) = object else {
            return Err(Fault::invalid("a check is no object"));
        };
        let fields = Fields::of(object);
        let otherwise = match several {
            true => format!("service:{id}:{number}"),
            false => format!("service:{id}"),
        };
        let check = check(&fields, &otherwise, &format!("Service '{service}' check"))?;
        if checks.iter().any(|other| other.id == check.id) {
            return Err(Fault::invalid("two checks have the same id"));
        }
        let after = fields.duration("deregistercriticalserviceafter")?;
        let after = after.map(|after| after.max(LEAST_REMOVAL));
        removal = removal.into_iter().chain(after).min();
        checks.push(check);
    }
    Ok((checks, removal))
}

/// One check; `id` and `name` are those of one that names none.
pub(super) fn check(fields: &Fields, id: &str, name: &str) -> Result<Check, Fault> {
    if RUNS.iter().any(|name| fields.has(name)) {
        return Err(Fault::invalid(
            "Scripts are disabled on this agent; nothing is run here",
        ));
    }
    if let Some(kind) = UNKNOWN.iter().find(|name| fields.has(name)) {
        return Err(Fault::invalid(format!(
            "checks of kind {kind} are not supported"
        )));
    }
    let or = |text: String, otherwise: &str| match text.is_empty() {
        true => otherwise.to_owned(),
        false => text,
    };
    let given = or(fields.text("checkid")?, &fields.text("id")?);
    let (id, name) = (or(given, id), or(fields.text("name")?, name));
    let status = match fields.text("status")?.as_str() {
        "" => Status::Critical,
        word => status(word)?,
    };
    Ok(Check {
        name,
        notes: fields.text("notes")?,
        ..Check::new(id, kind(fields)?, status)
    })
}

/// Where a check learns from.
fn kind(fields: &Fields) -> Result<Kind, Fault> {
    let (ttl, every) = (fields.duration("ttl")?, fields.duration("interval")?);
    let target = target(fields)?;
    match (ttl, every, target) {
        (Some(ttl), None, None) if !ttl.is_zero() => Ok(Kind::Lease { ttl, grows: false }),
        (None, Some(every), Some(target)) => {
            let count = |name| {
                let count = fields.number(name)?.unwrap_or_default();
                // So many more than one.
                Ok::<_, Fault>(u32::try_from(count).unwrap_or(u32::MAX).saturating_add(1))
            };
            Ok(Kind::Probe(Probe {
                target,
                every: probe_interval(every),
                timeout: fields
                    .duration("timeout")?
                    .unwrap_or(TIMEOUT)
                    .clamp(Duration::from_millis(10), LONGEST_TIMEOUT),
                successes: count("successbeforepassing")?,
                failures: count("failuresbeforecritical")?,
            }))
        }
        (None, None, Some(_)) => Err(Fault::invalid(
            "Interval must be > 0 for HTTP, TCP or gRPC checks",
        )),
        (Some(_), Some(_), _) => Err(Fault::invalid("TTL and Interval cannot both be specified")),
        _ => Err(Fault::invalid("TTL must be > 0 for TTL checks")),
    }
}

/// What a check asks, if it does.
fn target(fields: &Fields) -> Result<Option<Target>, Fault> {
    let (http, tcp, grpc) = (
        fields.text("http")?,
        fields.text("tcp")?,
        fields.text("grpc")?,
    );
    let tls = Tls {
        verified: !fields.flag("tlsskipverify")?,
        name: fields.text("tlsservername")?,
    };
    match (http.is_empty(), tcp.is_empty(), grpc.is_empty()) {
        (true, true, true) => Ok(None),
        (false, true, true) => {
            if !["http://", "https://"]
                .iter()
                .any(|scheme| http.starts_with(scheme))
            {
                return Err(Fault::invalid("HTTP is no URL with http:// or https://"));
            }
            Ok(Some(Target::Http {
                method: method(&fields.text("method")?)?,
                headers: headers(&fields.object("header")?)?,
                body: fields.text("body")?,
                url: http,
                tls,
            }))
        }
        (true, false, true) if fields.flag("tcpusetls")? => {
            Err(Fault::invalid("TCPUseTLS is not supported"))
        }
        (true, false, true) => Ok(Some(Target::Tcp(tcp))),
        (true, true, false) => {
            let (endpoint, service) = grpc.split_once('/').unwrap_or((&grpc, ""));
            Ok(Some(Target::Grpc {
                endpoint: endpoint.to_owned(),
                service: service.to_owned(),
                tls: fields.flag("grpcusetls")?.then_some(tls),
            }))
        }
        _ => Err(Fault::invalid("a check has two of HTTP, TCP and GRPC")),
    }
}

/// One word, which is all that a method is.
fn method(word: &str) -> Result<String, Fault> {
    match word {
        "" => Ok("GET".to_owned()),
        word if word.len() <= 16 && word.bytes().all(|byte| byte.is_ascii_uppercase()) => {
            Ok(word.to_owned())
        }
        _ => Err(Fault::invalid("Method is none of HTTP")),
    }
}

/// Headers of a probe. None may end its line, nor change what the request is.
fn headers(object: &Map<String, Value>) -> Result<Vec<(String, String)>, Fault> {
    let wrong = || Fault::invalid("Header has what is no header");
    let mut found = Vec::new();
    for (name, values) in object {
        let token = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        let framing = [
            "connection",
            "content-length",
            "host",
            "transfer-encoding",
            "upgrade",
        ];
        if name.is_empty()
            || !name.bytes().all(token)
            || framing.contains(&&*name.to_ascii_lowercase())
        {
            return Err(wrong());
        }
        for value in values.as_array().ok_or_else(wrong)? {
            let value = value.as_str().ok_or_else(wrong)?;
            if value.chars().any(char::is_control) {
                return Err(wrong());
            }
            found.push((name.clone(), value.to_owned()));
        }
    }
    Ok(found)
}

/// The status that a word means.
pub(super) fn status(word: &str) -> Result<Status, Fault> {
    match word {
        "passing" | "pass" => Ok(Status::Passing),
        "warning" | "warn" => Ok(Status::Warning),
        "critical" | "fail" => Ok(Status::Critical),
        _ => Err(Fault::invalid(format!(
            "Invalid check status: {}",
            json!(word)
        ))),
    }
}
