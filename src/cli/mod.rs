//! The command line: serving, checking the configuration, asking a running gateway.

mod ask;

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, Subcommand};

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
    match arguments.command.unwrap_or(Command::Serve) {
        Command::Serve => serve(loaded),
        Command::Config(ConfigCommand::Check) => print(&loaded.to_string()),
        Command::Status { json } => asked(ask::status(&loaded.config.app, json)),
        Command::Zones { name: None, json } => asked(ask::zones(&loaded.config.app, json)),
        Command::Zones {
            name: Some(name),
            json,
        } => asked(ask::zone(&loaded.config.app, &name, json)),
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

fn asked(answer: Result<String, ask::AskError>) -> ExitCode {
    match answer {
        Ok(text) => print(&text),
        Err(error) => failed(&error),
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
