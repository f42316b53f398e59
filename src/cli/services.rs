//! Services that register themselves: which there are, and how they are.

use std::fmt::Write as _;

use clap::{Args, Subcommand};
use serde_json::{Map, Value, json};

use super::arguments::Output;
use super::gateway::{AskError, Gateway, Verb, encoded, parse};
use crate::http::services::{InstanceStatus, ServiceStatus};
use crate::logging::counted;

/// What `dadns services` takes.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct Arguments {
    /// The service
    name: Option<String>,
    #[command(flatten)]
    output: Output,
    #[command(subcommand)]
    command: Option<Order>,
}

#[derive(Debug, Subcommand)]
enum Order {
    /// Register an instance of a service, or replace it; without a check it is passing until it is deregistered
    Register(New),
    /// Remove an instance of a service
    Deregister {
        #[command(flatten)]
        which: Which,
        #[command(flatten)]
        output: Output,
    },
    /// Take an instance out of DNS for a while, or back in
    Maintenance {
        #[command(flatten)]
        which: Which,
        /// Back in
        #[arg(long)]
        off: bool,
        /// Why, for others who look
        #[arg(long, value_name = "TEXT", default_value = "", conflicts_with = "off")]
        reason: String,
        #[command(flatten)]
        output: Output,
    },
    /// Believe that most of a service did vanish at once, and publish it as its instances are
    Believe {
        /// The service
        name: String,
        #[command(flatten)]
        output: Output,
    },
}

/// One instance.
#[derive(Debug, Args)]
struct Which {
    /// The service
    service: String,
    /// The id of the instance
    id: String,
    /// The node that registered it, where several have an instance with this id
    #[arg(long)]
    node: Option<String>,
}

/// An instance to register.
#[derive(Debug, Args)]
struct New {
    /// The service
    service: String,
    /// The id of the instance [default: the service]
    id: Option<String>,
    /// Its address, or the name of its host
    #[arg(long)]
    address: String,
    /// Its port
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..))]
    port: Option<u16>,
    /// Its tags
    #[arg(long, value_name = "TAG", num_args = 1.., value_delimiter = ',')]
    tags: Vec<String>,
    /// What is said of it, as NAME=VALUE
    #[arg(long, value_name = "NAME=VALUE", num_args = 1.., value_parser = pair)]
    meta: Vec<(String, String)>,
    /// It is critical when nobody reported it for so many seconds
    #[arg(long, value_name = "S", value_parser = clap::value_parser!(u32).range(1..=86_400), conflicts_with_all = ["http", "tcp"])]
    ttl: Option<u32>,
    /// It is passing while this URL answers 2xx
    #[arg(long, value_name = "URL", conflicts_with = "tcp")]
    http: Option<String>,
    /// It is passing while this takes connections
    #[arg(long, value_name = "HOST:PORT")]
    tcp: Option<String>,
    /// How often --http or --tcp is asked, in seconds
    #[arg(long, value_name = "S", value_parser = clap::value_parser!(u32).range(1..=86_400), default_value_t = 10)]
    interval: u32,
    #[command(flatten)]
    output: Output,
}

fn pair(text: &str) -> Result<(String, String), String> {
    let pair = text.split_once('=').filter(|(name, _)| !name.is_empty());
    let (name, value) = pair.ok_or("it is written as NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

/// Runs `dadns services`.
pub(super) fn run(gateway: &Gateway, arguments: Arguments) -> Result<String, AskError> {
    match arguments {
        Arguments {
            command: Some(order),
            ..
        } => carry_out(gateway, order),
        Arguments {
            name: Some(name),
            output,
            ..
        } => one(gateway, &name, output),
        Arguments { output, .. } => list(gateway, output),
    }
}

fn carry_out(gateway: &Gateway, order: Order) -> Result<String, AskError> {
    match order {
        Order::Believe { name, output } => believe(gateway, &name, output),
        Order::Register(new) => register(gateway, new),
        Order::Deregister { which, output } => {
            let text = gateway.delete(&which.path(""))?;
            let Which { service, id, .. } = which;
            Ok(said(
                text,
                output,
                &format!("instance {id} of {service} is removed"),
            ))
        }
        Order::Maintenance {
            which,
            off,
            reason,
            output,
        } => {
            let body = json!({"enable": !off, "reason": reason});
            let text = gateway.post(&which.path("/maintenance"), &body)?;
            let Which { service, id, .. } = which;
            let done = match off {
                true => "back in",
                false => "taken out",
            };
            Ok(said(
                text,
                output,
                &format!("instance {id} of {service} is {done}"),
            ))
        }
    }
}

/// `dadns services register`.
fn register(gateway: &Gateway, new: New) -> Result<String, AskError> {
    let interval = format!("{}s", new.interval);
    let check = match (new.ttl, new.http, new.tcp) {
        (Some(seconds), ..) => Some(json!({"TTL": format!("{seconds}s")})),
        (_, Some(url), _) => Some(json!({"HTTP": url, "Interval": interval})),
        (.., Some(endpoint)) => Some(json!({"TCP": endpoint, "Interval": interval})),
        _ => None,
    };
    let meta = new
        .meta
        .into_iter()
        .map(|(name, value)| (name, Value::String(value)));
    let id = new.id.unwrap_or_else(|| new.service.clone());
    let body = json!({
        "Name": new.service,
        "ID": id,
        "Address": new.address,
        "Port": new.port.unwrap_or_default(),
        "Tags": new.tags,
        "Meta": meta.collect::<Map<_, _>>(),
        "Check": check,
    });
    gateway.edit(Verb::Put, "/v1/agent/service/register", &body, None)?;
    let done = format!("instance {id} of {} is registered", new.service);
    let text = json!({"status": "registered", "service": new.service, "id": id});
    Ok(said(text.to_string(), new.output, &done))
}

/// The answer, or what it says.
fn said(text: String, output: Output, done: &str) -> String {
    match output.json {
        true => text,
        false => format!("{done}\n"),
    }
}

impl Which {
    fn path(&self, what: &str) -> String {
        let node = self.node.as_deref();
        let node = node.map(|node| format!("?node={}", encoded(node)));
        format!(
            "{}/instances/{}{what}{}",
            path(&self.service),
            encoded(&self.id),
            node.unwrap_or_default()
        )
    }
}

/// `dadns services`: one line for each.
fn list(gateway: &Gateway, output: Output) -> Result<String, AskError> {
    let text = gateway.get("/services")?;
    if output.json {
        return Ok(text);
    }
    let services: Vec<ServiceStatus> = parse(&text)?;
    let mut shown = String::new();
    for service in &services {
        let all = &service.instances;
        let published = all.iter().filter(|one| one.published).count();
        let stale = if service.stale { "; stale" } else { "" };
        let instances = counted(all.len(), "instance");
        // A text takes whatever is written.
        let _ = writeln!(
            shown,
            "{}  {instances}, {published} published{stale}",
            service.name
        );
    }
    let _ = writeln!(shown, "{}", counted(services.len(), "service"));
    Ok(shown)
}

/// `dadns services NAME`: its instances, and why each is as it is.
fn one(gateway: &Gateway, name: &str, output: Output) -> Result<String, AskError> {
    let text = gateway.get(&path(name))?;
    if output.json {
        return Ok(text);
    }
    let service: ServiceStatus = parse(&text)?;
    let mut shown = String::new();
    if service.stale {
        let _ = writeln!(
            shown,
            "stale: most of it became critical at once, so that what was published stays; dadns services believe {name} lets it go"
        );
    }
    for instance in &service.instances {
        put(&mut shown, instance);
    }
    Ok(shown)
}

fn put(shown: &mut String, instance: &InstanceStatus) {
    let port = instance.port.map(|port| format!(" port {port}"));
    let published = if instance.published {
        "published"
    } else {
        "not published"
    };
    let _ = writeln!(
        shown,
        "{}  {}, {published}  {}{}  registered by {}",
        instance.id,
        instance.status,
        instance.address,
        port.unwrap_or_default(),
        instance.owner,
    );
    if let Some(why) = &instance.maintenance {
        let _ = writeln!(shown, "  maintenance: {why}");
    }
    for check in &instance.checks {
        let _ = writeln!(
            shown,
            "  check {}: {}  {}",
            check.id, check.status, check.output
        );
    }
    for change in &instance.changes {
        let at = change.at.strftime("%F %T UTC");
        let _ = writeln!(shown, "  {at}  {}: {}", change.status, change.why);
    }
}

/// `dadns services believe NAME`.
fn believe(gateway: &Gateway, name: &str, output: Output) -> Result<String, AskError> {
    let text = gateway.post(&format!("{}/believe", path(name)), &json!({}))?;
    let done = format!("service {name} is published as its instances are, again");
    Ok(said(text, output, &done))
}

fn path(name: &str) -> String {
    format!("/services/{}", encoded(name))
}
