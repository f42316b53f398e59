//! Fills the built-in servers from the store before they answer their first query: what they serve is in
//! memory, and a restart must not make a zone vanish for a moment.

use std::sync::Arc;
use std::time::Instant;

use dadns_backends::Server;
use dadns_zone::ZoneName;
use rayon::prelude::*;

use crate::logging::{counted, error, info};
use crate::store::{Store, StoreError};

/// Loads every zone that is present into all of `servers`. One that cannot be loaded is logged and left out
/// until it is pushed again.
///
/// # Errors
/// When the store cannot be read as a whole.
pub fn all(store: &Store, servers: &[Arc<dyn Server>]) -> Result<(), StoreError> {
    let start = Instant::now();
    let loaded = store
        .heads()
        .par_bridge()
        .map(|found| {
            let (name, head) = found?;
            Ok(usize::from(head.present && one(store, servers, &name)))
        })
        .sum::<Result<usize, StoreError>>()?;
    for server in servers {
        if !server.loaded() {
            let id = server.id();
            error!(
                backend = %id,
                "{id}: catalog_zone is too long: the names of its members do not fit below it, so no catalog zone is served; choose a shorter name"
            );
        }
    }
    info!(
        "{} loaded into {} in {:.1} s",
        counted(loaded, "zone"),
        counted(servers.len(), "built-in server"),
        start.elapsed().as_secs_f64()
    );
    Ok(())
}

fn one(store: &Store, servers: &[Arc<dyn Server>], name: &ZoneName) -> bool {
    let servers: Vec<_> = servers
        .iter()
        .filter(|server| store.is_placed(server.id(), name))
        .collect();
    if servers.is_empty() {
        return false;
    }
    let desired = match store.desired(name) {
        Ok(desired) => desired,
        Err(cause) => {
            servers.iter().for_each(|server| server.not_loaded(name));
            error!(
                zone = %name,
                "zone {name} cannot be loaded for the built-in servers: {cause}; it is not served until it is \
                 pushed again"
            );
            return false;
        }
    };
    let Some(zone) = desired.zone else {
        return false;
    };
    store.note_signed(name, desired.revision, zone.is_signed());
    for server in servers {
        if server.unsupported(&zone).iter().any(|found| found.fatal) {
            // Its lane has said so.
            continue;
        }
        if let Err(cause) = server.load(&zone) {
            server.not_loaded(name);
            let id = server.id();
            error!(
                backend = %id,
                zone = %name,
                "{id}: {cause}; it is not served until it is pushed again"
            );
        }
    }
    true
}
