//! The commands and what they take.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use super::cluster::ClusterCommand;
use super::placement::PlacementArguments;
use super::token::TokenCommand;

/// A DNS gateway for DirectAdmin: a zone is pushed once, and every name server that should serve it
/// does, verifiably.
#[derive(Debug, Parser)]
#[command(version, about)]
pub(super) struct Arguments {
    /// The configuration file [default: /etc/dadns/app.yml, ./app.yml or ./config/app.yml]
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// How an answer is printed.
#[derive(Debug, Clone, Copy, Args)]
pub(super) struct Output {
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// Whether anything is changed.
#[derive(Debug, Clone, Copy, Args)]
pub(super) struct Trial {
    /// Only show what would be done
    #[arg(long)]
    pub dry_run: bool,
}

/// Whether zones are removed.
#[derive(Debug, Clone, Copy, Args)]
pub(super) struct Removal {
    /// Only show what would be done
    #[arg(long)]
    pub dry_run: bool,
    /// Remove the zones, however many they are
    #[arg(long, conflicts_with = "dry_run")]
    pub confirm: bool,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Run the gateway (the default)
    Serve,
    /// Become a name server that ends with dadns
    #[command(hide = true)]
    RunChild(super::child::RunChild),
    /// Check the configuration, or write its default or its schema
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Show the state of the running gateway and of its backends
    Status {
        #[command(flatten)]
        output: Output,
    },
    /// List the zones, or show all about one
    #[command(args_conflicts_with_subcommands = true)]
    Zones {
        /// The zone
        name: Option<String>,
        #[command(flatten)]
        output: Output,
        #[command(subcommand)]
        command: Option<ZonesCommand>,
    },
    /// Show the RRsets of a zone with their layers, or edit them
    #[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
    Records {
        /// The zone
        #[arg(required = true)]
        zone: Option<String>,
        #[command(flatten)]
        output: Output,
        #[command(subcommand)]
        command: Option<RecordsCommand>,
    },
    /// List the masters that own zones
    #[command(args_conflicts_with_subcommands = true)]
    Masters {
        #[command(flatten)]
        output: Output,
        #[command(subcommand)]
        command: Option<MastersCommand>,
    },
    /// List the directories that are watched, and what became of their files; exit with 1 if one is not accepted
    Sources(Output),
    /// List the services of the registry, or show all about one
    Services(super::services::Arguments),
    /// Send one command of the line protocol; exit with 1 if it was not done
    Line(super::line::Arguments),
    /// Create, list and revoke the tokens of API clients
    #[command(subcommand)]
    Token(TokenCommand),
    /// Show how this node stands to the others, and join or leave them
    #[command(subcommand)]
    Cluster(ClusterCommand),
    /// Show on which groups of backends a zone is placed, what would move, and order the moves
    #[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
    Placement(PlacementArguments),
    /// Make the second factor of an operator
    #[command(subcommand)]
    Account(AccountCommand),
    /// Wait until every backend has verified a zone; exit with 1 if the timeout comes first
    Wait {
        /// The zone
        name: String,
        /// The revision to wait for [default: the current one]
        #[arg(long, value_name = "N")]
        revision: Option<u64>,
        /// The timeout, in seconds
        #[arg(long, value_name = "S", default_value_t = 60.0, value_parser = seconds)]
        timeout: f64,
        /// Wait for the backends of this node alone
        #[arg(long)]
        here: bool,
        #[command(flatten)]
        output: Output,
    },
    /// Verify zones on every backend and repair drift; exit with 1 if there was any
    Verify {
        /// The zones
        #[arg(required_unless_present = "all", conflicts_with = "all")]
        zones: Vec<String>,
        /// All zones
        #[arg(long)]
        all: bool,
        #[command(flatten)]
        trial: Trial,
        #[command(flatten)]
        output: Output,
    },
    /// Compare with the masters' own lists of zones now and apply the differences; exit with 1 if anything did
    Reconcile {
        #[command(flatten)]
        removal: Removal,
        #[command(flatten)]
        output: Output,
    },
    /// Import the zones of a backend that this gateway did not put there, as they are
    Import {
        /// The backend
        backend: String,
        #[command(flatten)]
        trial: Trial,
        #[command(flatten)]
        output: Output,
    },
    /// Show the revisions of a zone that its history keeps
    History {
        /// The zone
        zone: String,
        #[command(flatten)]
        output: Output,
    },
    /// Show what changed between two revisions of a zone
    Diff {
        /// The zone
        zone: String,
        /// The older revision [default: the one before the newer one]
        from: Option<u64>,
        /// The newer revision [default: the current one]
        to: Option<u64>,
        /// Show what the held push would change
        #[arg(long, conflicts_with_all = ["from", "to"])]
        held: bool,
        #[command(flatten)]
        output: Output,
    },
    /// Serve an earlier revision of a zone again, as a new one with a higher serial
    Rollback {
        /// The zone
        zone: String,
        /// The earlier revision
        revision: u64,
        #[command(flatten)]
        output: Output,
    },
    /// Show the pushes that the guard holds, and what they would change
    Held {
        #[command(flatten)]
        output: Output,
    },
    /// Show the zones whose last push was refused, and why
    Refused {
        #[command(flatten)]
        output: Output,
    },
    /// Accept the held push of a zone
    Approve {
        /// The zone
        zone: String,
        #[command(flatten)]
        output: Output,
    },
    /// Discard the held push of a zone
    Reject {
        /// The zone
        zone: String,
        #[command(flatten)]
        output: Output,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum ConfigCommand {
    /// Print every value and where it comes from; exit with 1 if something is wrong
    Check,
    /// Print the annotated default configuration, with every key
    Default,
    /// Print a JSON schema of the configuration file, for editors
    Schema,
}

#[derive(Debug, Subcommand)]
pub(super) enum ZonesCommand {
    /// Create a zone that no master has
    Create {
        /// The zone
        zone: String,
        /// Its name servers [default: records.nameservers]
        #[arg(long, value_name = "NAME", num_args = 1.., value_delimiter = ',')]
        ns: Vec<String>,
        #[command(flatten)]
        edit: EditArguments,
    },
    /// Delete a zone with all its edits; `dadns rollback` brings it back
    Delete {
        /// The zone
        zone: String,
        /// Even if a master pushed it, which may push it again
        #[arg(long)]
        pushed: bool,
        #[command(flatten)]
        trial: Trial,
        #[command(flatten)]
        output: Output,
    },
    /// Remove a zone everywhere, as if its master had removed it; `dadns rollback` brings it back
    Remove {
        /// The zone
        zone: String,
        /// The master that it belongs to
        #[arg(long, value_name = "HOST", required_unless_present = "no_owner")]
        owner: Option<String>,
        /// It has no owner
        #[arg(long, conflicts_with = "owner")]
        no_owner: bool,
        #[command(flatten)]
        output: Output,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum RecordsCommand {
    /// Make an RRset exactly these records
    Set(DataArguments),
    /// Add records to an RRset
    Add(DataArguments),
    /// Remove records from an RRset
    Remove(DataArguments),
    /// Remove an RRset; one that a master pushed is hidden
    Delete(RrsetArguments),
    /// Drop what was edited of an RRset: what a master pushed shows again
    Release(RrsetArguments),
}

/// An RRset to edit.
#[derive(Debug, Args)]
pub(super) struct RrsetArguments {
    /// The zone
    pub zone: String,
    /// The owner name, relative to the zone or with a final dot; @ is the zone itself
    pub name: String,
    /// The type, such as A or TXT
    #[arg(value_name = "TYPE")]
    pub rtype: String,
    #[command(flatten)]
    pub edit: EditArguments,
}

/// Records to edit.
#[derive(Debug, Args)]
pub(super) struct DataArguments {
    /// The zone
    pub zone: String,
    /// The owner name, relative to the zone or with a final dot; @ is the zone itself
    pub name: String,
    /// The type, such as A or TXT
    #[arg(value_name = "TYPE")]
    pub rtype: String,
    /// The data of each record, as in a zone file: '10 mail', '"v=spf1 -all"'
    #[arg(required = true, value_name = "DATA")]
    pub data: Vec<String>,
    /// The TTL in seconds [default: the one that the RRset has, or records.ttl]
    #[arg(long, value_name = "S")]
    pub ttl: Option<u32>,
    #[command(flatten)]
    pub edit: EditArguments,
}

/// How records or zones are edited.
#[derive(Debug, Clone, Copy, Args)]
pub(super) struct EditArguments {
    /// Wait up to 30 seconds until every backend has verified it; exit with 1 if one has not
    #[arg(long, conflicts_with = "dry_run")]
    pub wait: bool,
    #[command(flatten)]
    pub trial: Trial,
    #[command(flatten)]
    pub output: Output,
}

#[derive(Debug, Subcommand)]
pub(super) enum AccountCommand {
    /// Make a new secret, and show it as a picture for authenticators, this once
    Totp {
        /// The name of the operator
        name: String,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum MastersCommand {
    /// Remove every zone of a master that is gone, everywhere; `dadns rollback` brings each back
    Forget {
        /// The host name of the master
        #[arg(value_name = "HOST")]
        master: String,
        #[command(flatten)]
        removal: Removal,
        #[command(flatten)]
        output: Output,
    },
}

/// A number of seconds that a wait can take.
fn seconds(text: &str) -> Result<f64, String> {
    const MOST: f64 = 86_400.0;
    match text.parse::<f64>() {
        Ok(seconds) if (0.0..=MOST).contains(&seconds) => Ok(seconds),
        _ => Err(format!("a timeout is 0 to {MOST} seconds")),
    }
}
