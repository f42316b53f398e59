//! The backends of the configuration, opened; the built-in ones among them as servers that run.

use std::sync::Arc;

use dadns_backends::Backend;
use dadns_backends::bind::Bind;
use dadns_backends::builtin::{Builtin, News, Tell};
use dadns_backends::coredns_mysql::CorednsMysql;

use super::AppError;
use crate::config::{BackendConfig, Config, Kind};
use crate::health::Health;
use crate::logging::{debug, info, success, warning};

/// The enabled backends.
pub(super) struct Opened {
    pub backends: Vec<Arc<dyn Backend>>,
    /// Those of them that are servers to be run.
    pub servers: Vec<Builtin>,
}

pub(super) fn open_backends(config: &Config) -> Result<Opened, AppError> {
    let mut opened = Opened {
        backends: Vec::new(),
        servers: Vec::new(),
    };
    for BackendConfig { id, kind, .. } in config.dns.enabled() {
        match kind {
            Kind::Bind(settings) => {
                let bind = Bind::open(id.clone(), settings.clone());
                let bind = bind.map_err(|cause| AppError::Backend {
                    id: id.clone(),
                    cause,
                })?;
                opened.backends.push(Arc::new(bind));
            }
            Kind::Builtin(settings) => {
                let builtin = Builtin::open(id.clone(), settings.clone());
                opened.backends.push(Arc::new(builtin.clone()));
                opened.servers.push(builtin);
            }
            Kind::CorednsMysql(settings) => {
                let database = CorednsMysql::new(id.clone(), settings.clone());
                opened.backends.push(Arc::new(database));
            }
        }
    }
    Ok(opened)
}

/// Runs a built-in server; what it has to tell goes to the log, and what it finds at secondaries also to
/// `health`, where the zone is looked up.
pub(super) async fn serve(server: Builtin, health: Health) -> String {
    let id = server.id().clone();
    for address in server.addresses() {
        success!("{id}: answers DNS at {address}");
    }
    let tell: Tell = Arc::new(move |news| match news {
        News::Trouble(what) => warning!("{id}: {what}"),
        News::Well(what) => success!("{id}: {what}"),
        News::LeftBehind {
            zone,
            secondary,
            said,
            quiet,
        } => {
            match quiet {
                true => debug!("{id}: {said}"),
                false => warning!("{id}: {said}"),
            }
            health.note_left_behind(&zone, &id, secondary.to_string(), Some(said));
        }
        News::CaughtUp { zone, secondary } => {
            info!("{id}: secondary {secondary} has no old records of zone {zone} any more");
            health.note_left_behind(&zone, &id, secondary.to_string(), None);
        }
    });
    server.run(tell).await
}
