//! Fills the built-in servers from the store before they answer their first query: what they serve is in
//! memory, and a restart must not make a zone vanish for a moment.

use std::time::Instant;

use dadns_backends::Backend;
use dadns_backends::builtin::Builtin;
use dadns_zone::ZoneName;
use rayon::prelude::*;

use crate::logging::{error, info};
use crate::store::{Store, StoreError};

/// Loads every zone that is wanted into all of `servers`. One that cannot be loaded is told of and left
/// out until it is pushed again.
///
/// # Errors
/// When the store cannot be read as a whole.
pub fn all(store: &Store, servers: &[Builtin]) -> Result<(), StoreError> {
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
            error!(
                "{}: catalog_zone is so long a name that nothing fits below it: there is no catalog",
                server.id()
            );
        }
    }
    info!(
        "{loaded} zone(s) loaded into {} built-in server(s) in {:.1} s",
        servers.len(),
        start.elapsed().as_secs_f64()
    );
    Ok(())
}

fn one(store: &Store, servers: &[Builtin], name: &ZoneName) -> bool {
    let desired = match store.desired(name) {
        Ok(desired) => desired,
        Err(cause) => {
            servers.iter().for_each(|server| server.not_loaded(name));
            error!(
                "zone {name} cannot be loaded for the built-in servers: {cause}; it is not served until it is pushed again"
            );
            return false;
        }
    };
    let Some(zone) = desired.zone else {
        return false;
    };
    for server in servers {
        if server.unsupported(&zone).iter().any(|found| found.fatal) {
            // Its lane has said so.
            continue;
        }
        if let Err(cause) = server.load(&zone) {
            server.not_loaded(name);
            error!(
                "{}: {cause}; it is not served until it is pushed again",
                server.id()
            );
        }
    }
    true
}
