//! On which groups of backends zones are placed, and the order to move them.

use std::fmt::Write as _;

use clap::{Args, Subcommand};

use super::arguments::Output;
use super::gateway::{AskError, Gateway, parse, zone_path};
use crate::http::v1::shape::{GroupPlan, MoveStatus, Ordered, PlacementPlan, ZonePlacement};
use crate::logging::counted;

/// What is asked about placement.
#[derive(Debug, Args)]
pub(super) struct PlacementArguments {
    /// The zone
    #[arg(required = true)]
    zone: Option<String>,
    #[command(flatten)]
    output: Output,
    #[command(subcommand)]
    command: Option<PlacementCommand>,
}

#[derive(Debug, Subcommand)]
enum PlacementCommand {
    /// Show how many zones each group has, and which would move and why
    Plan {
        #[command(flatten)]
        output: Output,
    },
    /// Order the moves of the plan: each zone leaves where it was when it is verified where it belongs
    Apply {
        #[command(flatten)]
        output: Output,
    },
}

/// Runs one of the commands.
pub(super) fn placement(
    gateway: &Gateway,
    arguments: PlacementArguments,
) -> Result<String, AskError> {
    let PlacementArguments {
        zone,
        output,
        command,
    } = arguments;
    match command {
        None => of_zone(gateway, &zone.unwrap_or_default(), output),
        Some(PlacementCommand::Plan { output }) => plan(gateway, output),
        Some(PlacementCommand::Apply { output }) => apply(gateway, output),
    }
}

fn of_zone(gateway: &Gateway, zone: &str, output: Output) -> Result<String, AskError> {
    let text = gateway.get(&zone_path(zone, "/placement"))?;
    if output.json {
        return Ok(text);
    }
    let found: ZonePlacement = parse(&text)?;
    let mut shown = format!(
        "{} is placed on {}: {}\n",
        found.zone,
        groups(&found.groups),
        found.why
    );
    let _ = writeln!(
        shown,
        "backends: {} ({} verified)",
        listed(&found.backends),
        found.verified.len()
    );
    if !found.leaves.is_empty() {
        let _ = writeln!(shown, "it leaves {}", groups(&found.leaves));
    }
    if let Some(why) = &found.would_move_because {
        let to = groups(&found.would_move_to);
        let _ = writeln!(shown, "dadns placement apply would move it to {to}: {why}");
    }
    Ok(shown)
}

fn plan(gateway: &Gateway, output: Output) -> Result<String, AskError> {
    let text = gateway.get("/api/v1/placement")?;
    if output.json {
        return Ok(text);
    }
    let plan: PlacementPlan = parse(&text)?;
    if plan.groups.is_empty() {
        return Ok(
            "no groups are configured (placement.groups): every zone goes to every backend\n"
                .to_owned(),
        );
    }
    let mut shown = format!("each zone goes to {}\n", counted(plan.factor, "group"));
    for group in &plan.groups {
        let _ = writeln!(shown, "  {}", group_line(group));
    }
    if plan.everywhere > 0 {
        let zones = counted(plan.everywhere, "zone");
        let _ = writeln!(shown, "{zones} placed on no group, and everywhere");
    }
    if plan.moving > 0 {
        let zones = counted(plan.moving, "zone");
        let _ = writeln!(shown, "{zones} on the way already");
    }
    for one in &plan.zones {
        let MoveStatus {
            zone,
            from,
            to,
            why,
        } = one;
        let _ = writeln!(shown, "  {zone}: {} to {}: {why}", groups(from), groups(to));
    }
    let more = plan.moves.saturating_sub(plan.zones.len());
    if more > 0 {
        let _ = writeln!(shown, "  and {more} more");
    }
    let _ = match plan.moves {
        0 => writeln!(shown, "nothing would move"),
        moves => writeln!(
            shown,
            "{} would move (dadns placement apply)",
            counted(moves, "zone")
        ),
    };
    Ok(shown)
}

fn group_line(group: &GroupPlan) -> String {
    let GroupPlan {
        group,
        site,
        weight,
        backends,
        zones,
        zones_after,
    } = group;
    let site = match site.as_str() {
        "" => String::new(),
        site => format!(" at {site}"),
    };
    let after = match zones == zones_after {
        true => String::new(),
        false => format!(", {zones_after} after the moves"),
    };
    format!(
        "{group}{site}, weight {weight} ({}): {}{after}",
        backends.join(", "),
        counted(*zones, "zone")
    )
}

fn apply(gateway: &Gateway, output: Output) -> Result<String, AskError> {
    let text = gateway.post("/api/v1/placement/apply", &serde_json::json!({}))?;
    if output.json {
        return Ok(text);
    }
    let Ordered { ordered, moving } = parse(&text)?;
    Ok(format!(
        "{} ordered to move; {} on the way (dadns placement plan shows how many are left)\n",
        counted(ordered, "zone"),
        counted(moving, "zone")
    ))
}

/// Groups as a sentence names them.
fn groups(names: &[String]) -> String {
    match names {
        [] => "all backends".to_owned(),
        [all] if all == "*" => "all others".to_owned(),
        [one] => format!("group {one}"),
        several => format!("groups {}", several.join(", ")),
    }
}

fn listed(names: &[String]) -> String {
    match names.is_empty() {
        true => "none of this node".to_owned(),
        false => names.join(", "),
    }
}
