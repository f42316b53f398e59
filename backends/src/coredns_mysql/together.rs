//! Zones that are read at the same time are read in one query.
//!
//! After a batch the gateway reads back every zone of it, many at once. Each in a query of its own cost
//! the server as much as writing them.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use dadns_zone::ZoneName;
use tokio::sync::oneshot;

use super::CorednsMysql;
use super::rows::HeldRow;
use super::statements;
use crate::BackendError;

/// What a zone that we put has; `None`: there is no such zone.
type Held = Result<Option<Vec<HeldRow>>, BackendError>;

/// Those who wait for the next query.
#[derive(Debug, Default)]
pub(super) struct Together {
    waiting: Mutex<Vec<(String, oneshot::Sender<Held>)>>,
}

impl Together {
    /// Reads `name`, with whatever else is asked for before the query is sent.
    pub async fn read(&self, place: &CorednsMysql, name: &ZoneName) -> Held {
        let (tell, told) = oneshot::channel();
        let first = {
            let mut waiting = self.lock();
            waiting.push((format!("{name}."), tell));
            waiting.len() == 1
        };
        if first {
            let leading = Leading(self);
            // Whoever is ready to ask as well comes before this goes on.
            tokio::task::yield_now().await;
            let all = std::mem::take(&mut *self.lock());
            std::mem::forget(leading);
            answer(place, all).await;
        }
        match told.await {
            Ok(held) => held,
            Err(_) => Err(BackendError::unreachable(
                format!("reading from {}", place.address()),
                "the query was given up",
            )),
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<(String, oneshot::Sender<Held>)>> {
        // A list is whole after any panic.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whoever is dropped before the query is sent lets go of those who wait for it.
struct Leading<'t>(&'t Together);

impl Drop for Leading<'_> {
    fn drop(&mut self) {
        self.0.lock().clear();
    }
}

async fn answer(place: &CorednsMysql, all: Vec<(String, oneshot::Sender<Held>)>) {
    let names: Vec<&str> = all.iter().map(|(name, _)| name.as_str()).collect();
    let (tables, names) = (&place.settings.tables, names.as_slice());
    let read = place.ask("reading from", |mut session| async move {
        let held = statements::zones(&mut session, tables, names).await?;
        session.done();
        Ok(held)
    });
    let held: Result<HashMap<String, Vec<HeldRow>>, BackendError> = read.await;
    for (name, tell) in all {
        let answer = match &held {
            Ok(held) => Ok(held.get(&name).cloned()),
            Err(error) => Err(error.clone()),
        };
        // Whoever is not there any more needs no answer.
        let _ = tell.send(answer);
    }
}
