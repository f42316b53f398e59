//! The backends of the configuration, opened; those among them that are servers, run.

use std::sync::Arc;

use dadns_backends::{Notice, NoticeSink, Opened, Server};

use super::AppError;
use crate::config::{BackendConfig, Config};
use crate::health::Health;
use crate::logging::{debug, info, success, warning};

/// Opens the enabled backends.
pub(super) fn open_backends(config: &Config) -> Result<Vec<Opened>, AppError> {
    let open = |BackendConfig { id, chosen, .. }: &BackendConfig| {
        let opened = chosen.open(id.clone());
        opened.map_err(|cause| AppError::Backend {
            id: id.clone(),
            cause,
        })
    };
    config.dns.enabled().map(open).collect()
}

/// Runs a server; what it has to tell goes to the log, and what it finds at secondaries also to `health`,
/// where the zone is looked up.
pub(super) async fn serve(server: Arc<dyn Server>, health: Health) -> String {
    let id = server.id().clone();
    for address in server.addresses() {
        success!(backend = %id, "{id}: answers DNS at {address}");
    }
    let sink: NoticeSink = Arc::new(move |notice| match notice {
        Notice::Trouble(what) => warning!(backend = %id, "{id}: {what}"),
        Notice::Recovered(what) => success!(backend = %id, "{id}: {what}"),
        Notice::LeftBehind {
            zone,
            secondary,
            report,
            quiet,
        } => {
            match quiet {
                true => debug!(backend = %id, %zone, "{id}: {report}"),
                false => warning!(backend = %id, %zone, "{id}: {report}"),
            }
            health.note_left_behind(&zone, &id, secondary.to_string(), Some(report));
        }
        Notice::CaughtUp { zone, secondary } => {
            info!(
                backend = %id,
                %zone,
                "{id}: secondary {secondary} has no old records of zone {zone} any more"
            );
            health.note_left_behind(&zone, &id, secondary.to_string(), None);
        }
    });
    server.run(sink).await
}
