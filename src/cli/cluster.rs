//! Several nodes: how this one stands to the others, and what an operator decides there.

use std::fmt::Write as _;

use clap::Subcommand;

use super::arguments::Output;
use super::gateway::{AskError, Gateway, parse};
use super::show::node_backend_line;
use crate::cluster::{ClusterStatus, MemberStatus, NodeStatus, does};
use crate::http::v1::shape::{JoinRequest, Membership, RecoverRequest, Side};
use crate::logging::counted;

#[derive(Debug, Subcommand)]
pub(super) enum ClusterCommand {
    /// Show the nodes, the engine, and what is not shared yet
    Status {
        #[command(flatten)]
        output: Output,
    },
    /// Make a cluster of all zones that this node has
    Init {
        #[command(flatten)]
        output: Output,
    },
    /// Join the cluster of the engine; refused with a list if this node has other zones
    Join {
        /// Replace zones that differ by those of the cluster
        #[arg(long)]
        take_theirs: bool,
        /// Share zones that only this node has
        #[arg(long)]
        share_ours: bool,
        #[command(flatten)]
        output: Output,
    },
    /// Leave the cluster and go on alone, with all zones
    Leave {
        #[command(flatten)]
        output: Output,
    },
    /// Decide who is right where this node and the engine do not fit together, as after an old backup
    #[command(group(clap::ArgGroup::new("side").required(true)))]
    Recover {
        /// Share what this node has newer
        #[arg(long, group = "side")]
        from_here: bool,
        /// Take what the engine has, also where this node has newer
        #[arg(long, group = "side")]
        from_engine: bool,
        #[command(flatten)]
        output: Output,
    },
}

/// Runs one of the commands.
pub fn cluster(gateway: &Gateway, command: ClusterCommand) -> Result<String, AskError> {
    let nothing = serde_json::json!({});
    match command {
        ClusterCommand::Status { output } => status(gateway, output),
        ClusterCommand::Init { output } => {
            let text = gateway.post("/api/v1/cluster/init", &nothing)?;
            told(&text, output, "made")
        }
        ClusterCommand::Join {
            take_theirs,
            share_ours,
            output,
        } => {
            let request = JoinRequest {
                take_theirs,
                share_ours,
            };
            let text = gateway.post("/api/v1/cluster/join", &request)?;
            told(&text, output, "joined")
        }
        ClusterCommand::Leave { output } => {
            let text = gateway.post("/api/v1/cluster/leave", &nothing)?;
            told(&text, output, "left")
        }
        ClusterCommand::Recover {
            from_here, output, ..
        } => {
            let from = match from_here {
                true => Side::Here,
                false => Side::Engine,
            };
            let text = gateway.post("/api/v1/cluster/recover", &RecoverRequest { from })?;
            told(&text, output, "recovered")
        }
    }
}

fn told(text: &str, output: Output, what: &str) -> Result<String, AskError> {
    if output.json {
        return Ok(text.to_owned());
    }
    let Membership {
        cluster,
        taken,
        to_be_shared,
    } = parse(text)?;
    let mut shown = format!("cluster {cluster} {what}");
    if taken > 0 {
        let _ = write!(shown, "; {} taken over", counted(taken, "zone"));
    }
    if to_be_shared > 0 {
        let shared = counted(to_be_shared, "zone");
        let _ = write!(
            shown,
            "; {shared} to be shared (dadns cluster status shows how many are left)"
        );
    }
    Ok(shown)
}

fn status(gateway: &Gateway, output: Output) -> Result<String, AskError> {
    let text = gateway.get("/api/v1/cluster")?;
    if output.json {
        return Ok(text);
    }
    let status: ClusterStatus = parse(&text)?;
    let cluster = match &status.cluster {
        Some(cluster) => format!("belongs to cluster {cluster}"),
        None => {
            "belongs to no cluster yet, and works alone (dadns cluster init, dadns cluster join)"
                .to_owned()
        }
    };
    let mut shown = format!("node {}{} {cluster}\n", status.node, at(&status.site));
    match status.behind {
        _ if status.cluster.is_none() => {}
        Some(behind) => {
            let _ = writeln!(
                shown,
                "  has followed up to write {}, {behind} behind",
                status.cursor
            );
        }
        None => {
            let _ = writeln!(shown, "  has followed up to write {}", status.cursor);
        }
    }
    if let (Some(since), Some(cause)) = (status.outage_since, &status.outage) {
        let _ = writeln!(shown, "  the engine does not answer since {since}: {cause}");
    }
    if let (Some(since), Some(cause)) = (status.full_since, &status.full) {
        let _ = writeln!(shown, "  the engine is full since {since}: {cause}");
    }
    if status.unshared > 0 {
        let zones = counted(status.unshared, "zone");
        let since = status
            .unshared_since
            .map_or_else(String::new, |since| format!(", the first since {since}"));
        let _ = writeln!(
            shown,
            "  {zones} not shared with the other nodes yet{since}"
        );
    }
    if let Some(why) = &status.diverged {
        let _ = writeln!(
            shown,
            "  nothing is shared until an operator decides (dadns cluster recover): {why}"
        );
    }
    shown.push_str("Members of the engine:\n");
    for member in &status.members {
        let _ = writeln!(shown, "  {}", member_line(member));
    }
    shown.push_str("Nodes:\n");
    for node in &status.nodes {
        let _ = writeln!(shown, "  {}", node_line(node));
    }
    if !status.owners.is_empty() {
        shown.push_str("Whose turn it is:\n");
    }
    for owner in &status.owners {
        let does = does(&owner.backend);
        let _ = writeln!(
            shown,
            "  {}: {} {does} (fence {})",
            owner.backend, owner.node, owner.fence
        );
    }
    if !status.backends.is_empty() {
        shown.push_str("Backends of other nodes:\n");
    }
    for backend in &status.backends {
        let _ = writeln!(shown, "  {}", node_backend_line(backend));
    }
    Ok(shown)
}

fn at(site: &str) -> String {
    match site {
        "" => String::new(),
        site => format!(" at {site}"),
    }
}

fn member_line(member: &MemberStatus) -> String {
    let MemberStatus {
        endpoint,
        version,
        leads,
        size,
        error,
        ..
    } = member;
    match error {
        Some(error) => format!("{endpoint}: {error}"),
        None => {
            let role = if *leads { "leads" } else { "follows" };
            format!(
                "{endpoint}: {role}, version {version}, database {} MiB",
                size >> 20
            )
        }
    }
}

fn node_line(node: &NodeStatus) -> String {
    let presence = match (node.present, &node.version) {
        (true, Some(version)) => format!("present, dadns {version}"),
        (true, None) => "present".to_owned(),
        (false, _) => "absent".to_owned(),
    };
    let address = node.address.as_deref().unwrap_or_default();
    let text = format!(
        "{}{} ({}): {presence} {address}",
        node.node,
        at(&node.site),
        node.role
    );
    text.trim_end().to_owned()
}
