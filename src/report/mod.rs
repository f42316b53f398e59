//! How an operation reports what it finds and does, line by line, to whoever requested it.

pub mod shape;

use std::time::Duration;

use dadns_backends::BackendId;
use dadns_zone::ZoneName;
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::store::StoreError;
use shape::{Item, Line};

/// How long a line waits for a client that reads none: one that hangs must not hold up others.
const PATIENCE: Duration = Duration::from_secs(30);

/// Why an operation ended early.
#[derive(Debug)]
pub enum Ended {
    /// Nobody reads its lines any more.
    Unheard,
    /// It cannot go on.
    Failed(String),
}

impl From<StoreError> for Ended {
    fn from(error: StoreError) -> Self {
        Self::Failed(error.to_string())
    }
}

/// Where an operation reports what it finds and does.
#[derive(Debug, Clone)]
pub struct Report(mpsc::Sender<Line>);

impl Report {
    /// To whoever reads `lines`.
    pub fn new(lines: mpsc::Sender<Line>) -> Self {
        Self(lines)
    }

    /// Sends one line.
    ///
    /// # Errors
    /// When nobody reads it.
    pub async fn line(&self, line: Line) -> Result<(), Ended> {
        match timeout(PATIENCE, self.0.send(line)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(Ended::Unheard),
        }
    }

    /// How far the operation is.
    ///
    /// # Errors
    /// As [`line`](Self::line).
    pub async fn progress(&self, done: usize, total: usize) -> Result<(), Ended> {
        self.line(Line::Progress { done, total }).await
    }

    /// Something about a zone, or all zones, of a backend.
    ///
    /// # Errors
    /// As [`line`](Self::line).
    pub async fn backend(
        &self,
        zone: Option<&ZoneName>,
        backend: &BackendId,
        result: &str,
        detail: impl ToString,
    ) -> Result<(), Ended> {
        self.line(Line::Item(Item {
            zone: zone.map(ToString::to_string),
            backend: Some(backend.to_string()),
            master: None,
            result: result.to_owned(),
            detail: detail.to_string(),
        }))
        .await
    }

    /// Something about a zone, or all zones, of a master; or about all masters.
    ///
    /// # Errors
    /// As [`line`](Self::line).
    pub async fn master(
        &self,
        zone: Option<&ZoneName>,
        master: Option<&str>,
        result: &str,
        detail: impl ToString,
    ) -> Result<(), Ended> {
        self.line(Line::Item(Item {
            zone: zone.map(ToString::to_string),
            backend: None,
            master: master.map(str::to_owned),
            result: result.to_owned(),
            detail: detail.to_string(),
        }))
        .await
    }
}
