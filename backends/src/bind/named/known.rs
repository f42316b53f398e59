//! Whether what is known of `named` still holds, found out without asking for its status.
//!
//! For its status `named` counts its zones, several times over. With 100,000 zones that takes 90 ms, in which one
//! of its threads answers nobody. So a batch asks less, of which the cost does not grow with the zones:
//!
//! - Is it the same process? Its own zone `version.bind` was loaded as it was started.
//! - Has it read another configuration? Then the files that it reads have changed. What was changed and not
//!   read yet does not tell when it is, so the status is asked for until then.
//!
//! Where the configuration cannot be read from here, no batch that removes zones goes without the status: a
//! `named` that does not allow new zones any more says that it has none, and still has them in its database.
//! Probes always ask for it.
//!
//! Rejected: to know the process by its connection. `named` closes one that was not used for 30 seconds.

use std::time::{Duration, SystemTime};

use tokio::time::Instant;

use super::Running;
use crate::BackendError;
use crate::bind::channel::Rndc;

/// Asks when a zone of `named` itself was loaded. It has that in every view of 9.18 and later.
const OWN_ZONE: &str = "zonestatus version.bind CH _bind";
const LOADED: &str = "last loaded: ";
/// For how long a status is good for batches. An idle backend is probed twice in this time.
const GOOD_FOR: Duration = Duration::from_mins(2);

/// What tells whether a status still holds.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    at: Instant,
    /// What `named` said of its own zone before that.
    loaded: Option<String>,
}

impl Asked {
    /// What has to be known before the status is asked for: a `named` that is started in between then differs.
    ///
    /// # Errors
    /// When `named` does not answer.
    pub(super) async fn begin(rndc: &Rndc) -> Result<Self, BackendError> {
        Ok(Self {
            at: Instant::now(),
            loaded: loaded(rndc).await?,
        })
    }

    /// Whether the same process answers, and was asked not long ago.
    ///
    /// # Errors
    /// When `named` does not answer.
    async fn holds(&self, rndc: &Rndc) -> Result<bool, BackendError> {
        if self.loaded.is_none() || self.at.elapsed() > GOOD_FOR {
            return Ok(false);
        }
        Ok(loaded(rndc).await? == self.loaded)
    }
}

/// When `named` has loaded a zone of its own, as it says it.
async fn loaded(rndc: &Rndc) -> Result<Option<String>, BackendError> {
    let answer = rndc.call(OWN_ZONE).await?.unwrap_or_default();
    let loaded = answer.lines().find_map(|line| line.strip_prefix(LOADED));
    Ok(loaded.map(str::to_owned))
}

impl Running {
    /// Whether all of this still holds. `removes`: zones are to be removed, or are not certainly gone.
    ///
    /// # Errors
    /// When `named` does not answer.
    pub(super) async fn holds(&self, rndc: &Rndc, removes: bool) -> Result<bool, BackendError> {
        let Some(asked) = &self.asked else {
            return Ok(false);
        };
        Ok(!(removes && self.files().is_none()) && asked.holds(rndc).await?)
    }

    /// When it last read its configuration, as far as it says it.
    pub(super) fn configured(&self) -> Option<SystemTime> {
        httpdate::parse_http_date(&self.status.last_configured).ok()
    }
}
