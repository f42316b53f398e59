//! The shapes of events, for those who send and those who read them.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::feed::{News, Numbered};

/// An event of `GET /api/v1/events`: the JSON of its `data`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Event {
    /// When it was published; none: it is about this stream.
    pub at: Option<Timestamp>,
    /// What has happened.
    #[serde(flatten)]
    pub what: What,
}

/// What has happened; its name is that of the event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum What {
    /// A zone has a new revision. Of several that come at the same moment, the last is told.
    ZoneChanged {
        /// The zone.
        zone: String,
        /// Its revision.
        revision: u64,
        /// The serial to serve.
        serial: u32,
        /// Whether it is present; `false`: it was removed.
        present: bool,
        /// Who changed it.
        by: String,
    },
    /// The guard holds a push of a zone.
    PushHeld {
        /// The zone.
        zone: String,
        /// Why.
        reasons: Vec<String>,
    },
    /// No push of a zone is held any more: it was approved or rejected, or another came.
    PushReleased {
        /// The zone.
        zone: String,
    },
    /// What happened to a zone on a backend.
    ZoneResult {
        /// The zone.
        zone: String,
        /// The backend.
        backend: String,
        /// The revision that was applied or tried.
        revision: u64,
        /// Whether the backend has verified that revision.
        verified: bool,
        /// `applied`, `unchanged`, `repaired`, `removed`, `differs`, `refused`, `failed` or `unavailable`.
        result: String,
        /// Why it is not verified.
        cause: Option<String>,
    },
    /// A zone has drifted on a backend.
    ZoneDrifted {
        /// The zone.
        zone: String,
        /// The backend.
        backend: String,
        /// The revision that should be there.
        revision: u64,
        /// What was found.
        found: String,
    },
    /// A backend as a whole is unavailable, or for another reason than before.
    BackendUnavailable {
        /// The backend.
        backend: String,
        /// Why.
        cause: String,
    },
    /// A backend answers again.
    BackendAvailable {
        /// The backend.
        backend: String,
    },
    /// Events before this one are gone: read the zones again.
    Lagged {
        /// How many, where that is known.
        missed: Option<u64>,
    },
}

impl What {
    /// The name of the event.
    pub fn name(&self) -> &'static str {
        match self {
            Self::ZoneChanged { .. } => "zone_changed",
            Self::PushHeld { .. } => "push_held",
            Self::PushReleased { .. } => "push_released",
            Self::ZoneResult { .. } => "zone_result",
            Self::ZoneDrifted { .. } => "zone_drifted",
            Self::BackendUnavailable { .. } => "backend_unavailable",
            Self::BackendAvailable { .. } => "backend_available",
            Self::Lagged { .. } => "lagged",
        }
    }
}

impl From<&Numbered> for Event {
    fn from(numbered: &Numbered) -> Self {
        Self {
            at: Some(numbered.at),
            what: What::from(&numbered.news),
        }
    }
}

impl From<&News> for What {
    fn from(news: &News) -> Self {
        match news {
            News::Changed {
                zone,
                revision,
                serial,
                present,
                by,
            } => Self::ZoneChanged {
                zone: zone.to_string(),
                revision: *revision,
                serial: *serial,
                present: *present,
                by: by.clone(),
            },
            News::Held { zone, reasons } => Self::PushHeld {
                zone: zone.to_string(),
                reasons: reasons.clone(),
            },
            News::Released { zone } => Self::PushReleased {
                zone: zone.to_string(),
            },
            News::Result {
                zone,
                backend,
                revision,
                removed,
                result,
            } => Self::ZoneResult {
                zone: zone.to_string(),
                backend: backend.to_string(),
                revision: *revision,
                verified: result.is_verified(),
                result: match (*removed && result.is_verified(), result.word()) {
                    (true, "applied" | "unchanged") => "removed".into(),
                    (_, word) => word.into(),
                },
                cause: result.cause(),
            },
            News::Drifted {
                zone,
                backend,
                revision,
                found,
            } => Self::ZoneDrifted {
                zone: zone.to_string(),
                backend: backend.to_string(),
                revision: *revision,
                found: found.clone(),
            },
            News::Unavailable { backend, cause } => Self::BackendUnavailable {
                backend: backend.to_string(),
                cause: cause.clone(),
            },
            News::Available { backend } => Self::BackendAvailable {
                backend: backend.to_string(),
            },
        }
    }
}
