//! Unmanaged zones: those in the tables that dadns did not put there, read as they are.

use std::collections::BTreeSet;

use async_trait::async_trait;
use dadns_zone::{Zone, ZoneName};

use super::rows::{self, Repeated};
use super::{CorednsMysql, reading};
use crate::{BackendError, Unmanaged};

#[async_trait]
impl Unmanaged for CorednsMysql {
    async fn list(&self) -> Result<BTreeSet<ZoneName>, BackendError> {
        let tables = &self.settings.tables;
        let doing = "listing the unmanaged zones in";
        let names = self
            .ask(doing, |mut session| async move {
                let names = reading::list_unmanaged(&mut session, tables).await?;
                session.done();
                Ok(names)
            })
            .await?;
        Ok(names.iter().filter_map(|name| name.parse().ok()).collect())
    }

    async fn read(&self, names: &[ZoneName]) -> Vec<Result<Zone, BackendError>> {
        let mut stored = match self.stored(names).await {
            Ok(stored) => stored,
            Err(error) => return names.iter().map(|_| Err(error.clone())).collect(),
        };
        let doing = format!("reading unmanaged rows in {}", self.address());
        let zones = names.iter().map(|name| {
            let none = || "the tables have no unmanaged zone of this name".to_owned();
            // A repeated row is no reason to leave the zone behind: putting it removes the row.
            let zone = stored
                .remove(name.as_str())
                .filter(|zone| !zone.ours)
                .ok_or_else(none)
                .and_then(|zone| rows::to_zone(name, &zone.rows, Repeated::Harmless));
            zone.map_err(|why| BackendError::zone(name, doing.as_str(), why))
        });
        zones.collect()
    }
}
