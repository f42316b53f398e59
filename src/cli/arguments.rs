//! The commands and what they take.

use std::path::PathBuf;

use clap::{Parser, Subcommand};

/// A DNS gateway for DirectAdmin: takes zone pushes, makes them durable, serves them everywhere,
/// verifiably.
#[derive(Debug, Parser)]
#[command(version, about)]
pub(super) struct Arguments {
    /// The configuration file [default: /etc/dadns/app.yml, ./app.yml or ./config/app.yml]
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    #[command(subcommand)]
    pub command: Option<Command>,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Take pushes and serve them (the default)
    Serve,
    /// Look at the configuration
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Ask the running gateway how it and its backends are
    Status {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Ask the running gateway for its zones, or for all about one
    #[command(args_conflicts_with_subcommands = true)]
    Zones {
        /// The zone
        name: Option<String>,
        /// Print JSON
        #[arg(long)]
        json: bool,
        #[command(subcommand)]
        command: Option<ZonesCommand>,
    },
    /// Ask the running gateway which masters own zones
    #[command(args_conflicts_with_subcommands = true)]
    Masters {
        /// Print JSON
        #[arg(long)]
        json: bool,
        #[command(subcommand)]
        command: Option<MastersCommand>,
    },
    /// Wait until every backend has verified a zone; exit with 1 when the time is over before
    Wait {
        /// The zone
        name: String,
        /// The revision to wait for [default: the present one]
        #[arg(long, value_name = "N")]
        revision: Option<u64>,
        /// How long, in seconds
        #[arg(long, value_name = "S", default_value_t = 60.0, value_parser = seconds)]
        timeout: f64,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Look whether zones are everywhere as they should be, and repair what is not; exit with 1 then
    Verify {
        /// The zones
        #[arg(required_unless_present = "all", conflicts_with = "all")]
        zones: Vec<String>,
        /// All zones
        #[arg(long)]
        all: bool,
        /// Only look
        #[arg(long)]
        dry_run: bool,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Compare with the masters now, and repair what differs here; exit with 1 if something did
    Reconcile {
        /// Only show what would be done
        #[arg(long)]
        dry_run: bool,
        /// Remove zones that their masters no longer have, however many that are
        #[arg(long, conflicts_with = "dry_run")]
        confirm: bool,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Take in the zones of a backend that were not put there by this gateway, as they are
    Import {
        /// The backend
        backend: String,
        /// Only show what would be done
        #[arg(long)]
        dry_run: bool,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Show the revisions of a zone that are kept
    History {
        /// The zone
        zone: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Show what changed between two revisions of a zone
    Diff {
        /// The zone
        zone: String,
        /// The older revision [default: the one before the newer one]
        from: Option<u64>,
        /// The newer revision [default: the present one]
        to: Option<u64>,
        /// Show what a push that is held would change
        #[arg(long, conflicts_with_all = ["from", "to"])]
        held: bool,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Serve an earlier revision of a zone again, as a new one with a higher serial
    Rollback {
        /// The zone
        zone: String,
        /// The earlier revision
        revision: u64,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Show the pushes that the guard holds, and what they would change
    Held {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Show the zones whose last push was refused, and why
    Refused {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Accept the push of a zone that is held
    Approve {
        /// The zone
        zone: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Throw the push of a zone away that is held
    Reject {
        /// The zone
        zone: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum ConfigCommand {
    /// Print every value and where it comes from; exit with 1 if something is wrong
    Check,
}

#[derive(Debug, Subcommand)]
pub(super) enum ZonesCommand {
    /// Remove a zone everywhere, as if its master had asked for that; `dadns rollback` brings it back
    Remove {
        /// The zone
        zone: String,
        /// The master that it belongs to
        #[arg(long, value_name = "HOST", required_unless_present = "no_owner")]
        owner: Option<String>,
        /// It belongs to nobody
        #[arg(long, conflicts_with = "owner")]
        no_owner: bool,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum MastersCommand {
    /// Remove every zone of a master that is gone, everywhere; `dadns rollback` brings each back
    Forget {
        /// The host name of the master
        #[arg(value_name = "HOST")]
        master: String,
        /// Only show what would be done
        #[arg(long)]
        dry_run: bool,
        /// Remove them, however many that are
        #[arg(long, conflicts_with = "dry_run")]
        confirm: bool,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

/// A number of seconds that a wait can take.
fn seconds(text: &str) -> Result<f64, String> {
    const MOST: f64 = 86_400.0;
    match text.parse::<f64>() {
        Ok(seconds) if (0.0..=MOST).contains(&seconds) => Ok(seconds),
        _ => Err(format!("it takes seconds, from 0 to {MOST}")),
    }
}
