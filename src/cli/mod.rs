//! The command line: serving, checking the configuration, asking a running gateway.

mod gateway;
mod operate;
mod past;
mod show;

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, Subcommand};

use self::gateway::{AskError, Gateway};
use self::operate::Went;
use crate::config::{Config, Loaded};
use crate::{app, logging};

/// How long the end of the process waits for calls that hang.
const LAST_WAIT: Duration = Duration::from_secs(1);

/// A DNS gateway for DirectAdmin: takes zone pushes, makes them durable, serves them everywhere,
/// provably.
#[derive(Debug, Parser)]
#[command(version, about)]
struct Arguments {
    /// The configuration file [default: /etc/dadns/app.yml, ./app.yml or ./config/app.yml]
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
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
    Zones {
        /// The zone
        name: Option<String>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Wait until every backend has proven a zone; exit with 1 when the time is over before
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
    /// Compare with the masters now, and mend what differs here; exit with 1 if something did
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
enum ConfigCommand {
    /// Print every value and where it comes from; exit with 1 if something is wrong
    Check,
}

/// Runs the command of this process.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let loaded = match Config::load(arguments.config.as_deref(), std::env::vars_os()) {
        Ok(loaded) => loaded,
        Err(errors) => return failed(&errors),
    };
    let command = arguments.command.unwrap_or(Command::Serve);
    match command {
        Command::Serve => serve(loaded),
        Command::Config(ConfigCommand::Check) => print(&loaded.to_string()),
        command => match ask(&Gateway::of(&loaded.config.app), command) {
            Ok(Went { text, well }) => {
                let printed = print(&text);
                if well { printed } else { ExitCode::FAILURE }
            }
            Err(error) => failed(&error),
        },
    }
}

/// Asks the running gateway.
fn ask(gateway: &Gateway, command: Command) -> Result<Went, AskError> {
    let shown = match command {
        Command::Serve | Command::Config(_) => Ok(String::new()),
        Command::Status { json } => show::status(gateway, json),
        Command::Zones { name: None, json } => show::zones(gateway, json),
        Command::Zones {
            name: Some(name),
            json,
        } => show::zone(gateway, &name, json),
        Command::Wait {
            name,
            revision,
            timeout,
            json,
        } => {
            let timeout = Duration::from_secs_f64(timeout);
            return operate::wait(gateway, &name, revision, timeout, json);
        }
        Command::Verify {
            zones,
            dry_run,
            json,
            ..
        } => return operate::verify(gateway, zones, dry_run, json),
        Command::Reconcile {
            dry_run,
            confirm,
            json,
        } => return operate::reconcile(gateway, dry_run, confirm, json),
        Command::Import {
            backend,
            dry_run,
            json,
        } => return operate::import(gateway, backend, dry_run, json),
        Command::History { zone, json } => past::history(gateway, &zone, json),
        Command::Diff {
            zone,
            from,
            to,
            held,
            json,
        } => past::diff(gateway, &zone, from, to, held, json),
        Command::Rollback {
            zone,
            revision,
            json,
        } => past::rollback(gateway, &zone, revision, json),
        Command::Refused { json } => show::refused(gateway, json),
        Command::Held { json } => past::held(gateway, json),
        Command::Approve { zone, json } => past::approve(gateway, &zone, json),
        Command::Reject { zone, json } => past::reject(gateway, &zone, json),
    };
    shown.map(|text| Went { text, well: true })
}

/// A number of seconds that a wait can take.
fn seconds(text: &str) -> Result<f64, String> {
    const MOST: f64 = 86_400.0;
    match text.parse::<f64>() {
        Ok(seconds) if (0.0..=MOST).contains(&seconds) => Ok(seconds),
        _ => Err(format!("it takes seconds, from 0 to {MOST}")),
    }
}

fn serve(loaded: Loaded) -> ExitCode {
    let _guard = match logging::init(&loaded.config.logging) {
        Ok(guard) => guard,
        Err(error) => return failed(&error),
    };
    let source = loaded.source_file.as_deref();
    match source {
        Some(file) => logging::info!("configuration: {}", file.display()),
        None => logging::info!("configuration: no file found, built-in defaults"),
    }
    for warning in &loaded.warnings {
        logging::warning!("{warning}");
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .thread_name("dadns")
        .build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => return failed(&error),
    };
    let ended = runtime.block_on(app::run(loaded.config));
    // A call that hangs on a dead disk must not keep the process from ending.
    runtime.shutdown_timeout(LAST_WAIT);
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            logging::critical!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn print(text: &str) -> ExitCode {
    // A reader that goes away, such as `head`, is no failure.
    drop(writeln!(std::io::stdout(), "{}", text.trim_end()));
    ExitCode::SUCCESS
}

fn failed(error: &dyn std::fmt::Display) -> ExitCode {
    drop(writeln!(std::io::stderr(), "dadns: {error}"));
    ExitCode::FAILURE
}
