//! Why a backend could not do what was asked.

use dadns_zone::ZoneName;

/// Why a backend could not do what was asked, in words for an operator.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BackendError {
    /// The backend is unavailable: no zone is at fault. The gateway probes it and sends everything that is
    /// pending as soon as it answers.
    #[error("{doing}: {cause}")]
    Unreachable {
        /// What was being done, with the address or path.
        doing: String,
        /// What the system or the other side said.
        cause: String,
    },
    /// Another node has written there since, with a greater fence: this one is to stop.
    #[error("{doing}: {cause}")]
    Overtaken {
        /// What was being done, with the address or path.
        doing: String,
        /// Which fence the backend has seen.
        cause: String,
    },
    /// The backend is available, but this zone failed on it. The gateway retries the zone alone.
    #[error("{doing} for zone {zone}: {cause}")]
    Zone {
        /// The zone at fault.
        zone: ZoneName,
        /// What was being done.
        doing: String,
        /// What the system or the other side said.
        cause: String,
    },
}

impl BackendError {
    /// The backend as a whole failed while `doing`.
    pub fn unreachable(doing: impl Into<String>, cause: impl ToString) -> Self {
        Self::Unreachable {
            doing: doing.into(),
            cause: cause.to_string(),
        }
    }

    /// `zone` failed while `doing`; the backend is available.
    pub fn zone(zone: &ZoneName, doing: impl Into<String>, cause: impl ToString) -> Self {
        Self::Zone {
            zone: zone.clone(),
            doing: doing.into(),
            cause: cause.to_string(),
        }
    }

    /// Whether the whole backend is unavailable rather than one zone at fault.
    pub fn is_unreachable(&self) -> bool {
        matches!(self, Self::Unreachable { .. } | Self::Overtaken { .. })
    }

    /// Whether another node has taken over.
    pub fn is_overtaken(&self) -> bool {
        matches!(self, Self::Overtaken { .. })
    }
}
