//! Services that register themselves: which there are, and how they are.

use std::fmt::Write as _;

use clap::{Args, Subcommand};
use serde_json::json;

use super::arguments::Output;
use super::gateway::{AskError, Gateway, encoded, parse};
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
    /// Believe that most of a service did vanish at once, and publish it as its instances are
    Believe {
        /// The service
        name: String,
        #[command(flatten)]
        output: Output,
    },
}

/// Runs `dadns services`.
pub(super) fn run(gateway: &Gateway, arguments: Arguments) -> Result<String, AskError> {
    match arguments {
        Arguments {
            command: Some(Order::Believe { name, output }),
            ..
        } => believe(gateway, &name, output),
        Arguments {
            name: Some(name),
            output,
            ..
        } => one(gateway, &name, output),
        Arguments { output, .. } => list(gateway, output),
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
    Ok(match output.json {
        true => text,
        false => format!("service {name} is published as its instances are, again\n"),
    })
}

fn path(name: &str) -> String {
    // A blank in a path is no plus sign.
    format!("/services/{}", encoded(name).replace('+', "%20"))
}
