//! The command line: serving, checking the configuration, asking a running gateway.

mod account;
mod arguments;
mod child;
mod cluster;
mod gateway;
mod line;
mod masters;
mod operate;
mod past;
mod placement;
mod records;
mod services;
mod show;
mod sources;
mod token;

use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;

use self::arguments::{
    AccountCommand, Arguments, Command, ConfigCommand, MastersCommand, ZonesCommand,
};
use self::gateway::{AskError, Gateway};
use self::operate::Went;
use self::token::TokenCommand;
use crate::child::{become_child, through_this_program};
use crate::config::{self, Config, Loaded};
use crate::{app, logging};

/// How long the end of the process waits for calls that hang.
const LAST_WAIT: Duration = Duration::from_secs(1);

/// Runs the command of this process.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    // These say nothing of the configuration of this machine, which may be broken.
    match arguments.command {
        Some(Command::RunChild(child::RunChild { parent, words })) => {
            return failed(&become_child(parent, &words));
        }
        Some(Command::Line(ref line)) => return went(line::run(line)),
        Some(Command::Config(ConfigCommand::Default)) => return print(&config::default_file()),
        Some(Command::Config(ConfigCommand::Schema)) => {
            return print(&format!("{:#}", config::schema()));
        }
        _ => {}
    }
    let loaded = match Config::load(arguments.config.as_deref(), std::env::vars_os()) {
        Ok(loaded) => loaded,
        Err(errors) => return failed(&errors),
    };
    let command = arguments.command.unwrap_or(Command::Serve);
    match command {
        Command::Serve => serve(loaded),
        Command::Config(_) => print(&loaded.to_string()),
        Command::Account(AccountCommand::Totp { name }) => {
            match account::totp(&loaded.config.app, &name) {
                Ok(text) => print(&text),
                Err(error) => failed(&error),
            }
        }
        Command::Services(arguments) => {
            let Config { app, registry, .. } = &loaded.config;
            let asked = Gateway::registry(app, registry);
            match asked.and_then(|gateway| services::run(&gateway, arguments)) {
                Ok(text) => print(&text),
                Err(error) => failed(&error),
            }
        }
        command => went(ask(
            &Gateway::of(&loaded.config.app, &loaded.config.api),
            command,
        )),
    }
}

/// Prints how a command went.
fn went(went: Result<Went, AskError>) -> ExitCode {
    match went {
        Ok(Went { text, ok }) => {
            let printed = print(&text);
            if ok { printed } else { ExitCode::FAILURE }
        }
        Err(error) => failed(&error),
    }
}

/// Asks the running gateway.
fn ask(gateway: &Gateway, command: Command) -> Result<Went, AskError> {
    let shown = match command {
        Command::Serve
        | Command::RunChild(_)
        | Command::Config(_)
        | Command::Account(_)
        | Command::Services(_)
        | Command::Line(_) => Ok(String::new()),
        Command::Status { output } => show::status(gateway, output),
        Command::Zones {
            command:
                Some(ZonesCommand::Remove {
                    zone,
                    owner,
                    output,
                    ..
                }),
            ..
        } => masters::remove(gateway, &zone, owner, output),
        Command::Zones {
            command: Some(ZonesCommand::Create { zone, ns, edit }),
            ..
        } => return records::create(gateway, zone, ns, edit),
        Command::Zones {
            command:
                Some(ZonesCommand::Delete {
                    zone,
                    pushed,
                    trial,
                    output,
                }),
            ..
        } => records::delete(gateway, &zone, pushed, trial, output),
        Command::Records {
            command: Some(command),
            ..
        } => return records::edit(gateway, command),
        Command::Records { zone, output, .. } => {
            records::show(gateway, &zone.unwrap_or_default(), output)
        }
        Command::Zones {
            name: Some(name),
            output,
            ..
        } => show::zone(gateway, &name, output),
        Command::Zones { output, .. } => show::zones(gateway, output),
        Command::Masters {
            command: None,
            output,
        } => masters::list(gateway, output),
        Command::Masters {
            command:
                Some(MastersCommand::Forget {
                    master,
                    removal,
                    output,
                }),
            ..
        } => return masters::forget(gateway, &master, removal, output),
        Command::Sources(output) => return sources::list(gateway, output),
        Command::Cluster(command) => cluster::cluster(gateway, command),
        Command::Placement(arguments) => placement::placement(gateway, arguments),
        Command::Token(TokenCommand::Create(new)) => token::create(gateway, new),
        Command::Token(TokenCommand::List { output }) => token::list(gateway, output),
        Command::Token(TokenCommand::Revoke { name, output }) => {
            token::revoke(gateway, &name, output)
        }
        Command::Wait {
            name,
            revision,
            timeout,
            here,
            output,
        } => {
            let timeout = Duration::from_secs_f64(timeout);
            return operate::wait(gateway, &name, revision, (timeout, here), output);
        }
        Command::Verify {
            zones,
            trial,
            output,
            ..
        } => return operate::verify(gateway, zones, trial, output),
        Command::Reconcile { removal, output } => {
            return operate::reconcile(gateway, removal, output);
        }
        Command::Import {
            backend,
            trial,
            output,
        } => return operate::import(gateway, backend, trial, output),
        Command::History { zone, output } => past::history(gateway, &zone, output),
        Command::Diff {
            zone,
            from,
            to,
            held,
            output,
        } => past::diff(gateway, &zone, from, to, held, output),
        Command::Rollback {
            zone,
            revision,
            output,
        } => past::rollback(gateway, &zone, revision, output),
        Command::Refused { output } => show::refused(gateway, output),
        Command::Held { output } => past::held(gateway, output),
        Command::Approve { zone, output } => past::approve(gateway, &zone, output),
        Command::Reject { zone, output } => past::reject(gateway, &zone, output),
    };
    shown.map(|text| Went { text, ok: true })
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
    through_this_program();
    // A huge page stays in memory while anything in it is in use.
    let _ = rustix::thread::disable_transparent_huge_pages(true);
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
    // A reader that closes early, such as `head`, is no failure.
    drop(writeln!(std::io::stdout(), "{}", text.trim_end()));
    ExitCode::SUCCESS
}

fn failed(error: &dyn std::fmt::Display) -> ExitCode {
    drop(writeln!(std::io::stderr(), "dadns: {error}"));
    ExitCode::FAILURE
}
