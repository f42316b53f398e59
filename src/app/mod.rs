//! Puts the gateway together (`wire`), owns every task (`tasks`), and takes it down in order.

mod backends;
mod cluster;
mod error;
mod gateway;
mod tasks;
mod wire;

use tokio::signal::unix::{SignalKind, signal};

pub use error::AppError;
pub use gateway::Gateway;

use crate::config::Config;
use crate::logging::{info, warning};

/// Serves until SIGTERM or SIGINT, or until something fails for good.
///
/// # Errors
/// Why it could not start or go on.
pub async fn run(config: Config) -> Result<(), AppError> {
    let mut terminate = handler(SignalKind::terminate())?;
    let mut interrupt = handler(SignalKind::interrupt())?;
    let mut gateway = Gateway::start(&config).await?;
    let ended = tokio::select! {
        _ = terminate.recv() => Ok("SIGTERM"),
        _ = interrupt.recv() => Ok("SIGINT"),
        reason = gateway.watch() => Err(reason),
    };
    match &ended {
        Ok(signal) => info!("{signal}: stopping; batches in progress are finished first"),
        Err(_) => warning!("stopping, because a task that must go on has ended"),
    }
    tokio::select! {
        () = gateway.stop() => {}
        _ = terminate.recv() => warning!("SIGTERM again: stopping at once"),
        _ = interrupt.recv() => warning!("SIGINT again: stopping at once"),
    }
    if ended.is_ok() {
        info!("stopped; what is pending is on disk and continues at the next start");
    }
    ended.map(drop)
}

fn handler(kind: SignalKind) -> Result<tokio::signal::unix::Signal, AppError> {
    signal(kind).map_err(|cause| AppError::System {
        what: "signals cannot be handled",
        cause,
    })
}
