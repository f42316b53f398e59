//! What happened to a zone on a backend: what was last verified there, and a bounded history of results.

use std::collections::VecDeque;

use dadns_backends::ZoneResult;
use dadns_zone::ZoneName;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// How many results a receipt remembers.
const HISTORY: usize = 10;

/// What a lane tries of one zone of its batch.
#[derive(Debug, Clone)]
pub struct Tried {
    /// The zone.
    pub zone: ZoneName,
    /// The revision that was applied or tried.
    pub revision: u64,
    /// How often that had failed before.
    pub attempts: u32,
    /// The serial and the digest of the zone at that revision; `None`: it is removed.
    pub content: Option<(u32, [u8; 32])>,
    /// What the backend cannot serve of that revision.
    pub notes: Vec<String>,
    /// What happened.
    pub result: ZoneResult,
    /// When it is tried again, unless it is verified.
    pub retry: Timestamp,
}

/// What is known of one zone on one backend.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// The revision last verified there.
    pub revision: Option<u64>,
    /// The serial last verified there; `None` with a revision: verified to be gone.
    pub serial: Option<u32>,
    /// The digest of the zone that was last verified there.
    pub digest: Option<[u8; 32]>,
    /// When that was.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::optional")]
    pub verified: Option<Timestamp>,
    /// What the backend cannot serve of that revision; or which other node has verified it.
    pub notes: Vec<String>,
    /// The last results, newest last.
    pub history: VecDeque<Event>,
}

/// One result, with when it was. Whether anything was waited for is not remembered, and of a failure only
/// its cause.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "StoredEvent", into = "StoredEvent")]
pub struct Event {
    /// When.
    pub at: Timestamp,
    /// Of which revision.
    pub revision: u64,
    /// Whether that revision is a removal.
    pub removed: bool,
    /// What happened.
    pub result: ZoneResult,
}

impl Event {
    /// One word for it: that of its result, but `removed` for a removal that is verified.
    pub fn word(&self) -> &'static str {
        match &self.result {
            ZoneResult::Verified { repaired: None, .. } if self.removed => "removed",
            result => result.word(),
        }
    }
}

/// An event as stores have it since the first layout: in this order.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct StoredEvent {
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    at: Timestamp,
    revision: u64,
    kind: StoredKind,
}

/// postcard writes the place of a variant: none may move.
#[derive(Debug, Clone, Serialize, Deserialize)]
enum StoredKind {
    Applied,
    Unchanged,
    Removed,
    Failed(String),
    Repaired(String),
}

impl From<StoredEvent> for Event {
    fn from(stored: StoredEvent) -> Self {
        let verified = |changed, repaired| ZoneResult::Verified { changed, repaired };
        let removed = matches!(stored.kind, StoredKind::Removed);
        Self {
            at: stored.at,
            revision: stored.revision,
            removed,
            result: match stored.kind {
                StoredKind::Applied | StoredKind::Removed => verified(true, None),
                StoredKind::Unchanged => verified(false, None),
                StoredKind::Failed(cause) => ZoneResult::Failed(cause),
                StoredKind::Repaired(found) => verified(true, Some(found)),
            },
        }
    }
}

impl From<Event> for StoredEvent {
    fn from(event: Event) -> Self {
        Self {
            at: event.at,
            revision: event.revision,
            kind: match event.result {
                ZoneResult::Verified {
                    repaired: Some(found),
                    ..
                } => StoredKind::Repaired(found),
                ZoneResult::Verified { .. } if event.removed => StoredKind::Removed,
                ZoneResult::Verified { changed: true, .. } => StoredKind::Applied,
                ZoneResult::Verified { changed: false, .. } => StoredKind::Unchanged,
                failed => StoredKind::Failed(failed.to_string()),
            },
        }
    }
}

impl Receipt {
    /// Adds what has just happened. What is still unverified is not worth remembering.
    pub(super) fn note(&mut self, tried: &Tried, now: Timestamp) {
        if tried.result.is_unverified() {
            return;
        }
        if tried.result.is_verified() {
            self.revision = Some(tried.revision);
            self.serial = tried.content.map(|(serial, _)| serial);
            self.digest = tried.content.map(|(_, digest)| digest);
            self.verified = Some(now);
            self.notes.clone_from(&tried.notes);
        }
        self.add(Event {
            at: now,
            revision: tried.revision,
            removed: tried.content.is_none(),
            result: tried.result.clone(),
        });
    }

    /// Adds a result to those that are remembered.
    pub(super) fn add(&mut self, event: Event) {
        self.history.push_back(event);
        while self.history.len() > HISTORY {
            self.history.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The bytes that the first release wrote for these events.
    #[test]
    fn events_are_stored_as_they_always_were() {
        let at = Timestamp::from_millisecond(0).unwrap();
        let event = |removed, result| Event {
            at,
            revision: 3,
            removed,
            result,
        };
        let verified = |changed, repaired: Option<&str>| ZoneResult::Verified {
            changed,
            repaired: repaired.map(str::to_owned),
        };
        for (event, kind) in [
            (event(false, verified(true, None)), &b"\x00"[..]),
            (event(false, verified(false, None)), b"\x01"),
            (event(true, verified(true, None)), b"\x02"),
            (event(false, ZoneResult::Failed("no".into())), b"\x03\x02no"),
            (event(false, verified(true, Some("x"))), b"\x04\x01x"),
        ] {
            let stored = postcard::to_stdvec(&event).unwrap();
            assert_eq!(stored, [&b"\x00\x03"[..], kind].concat());
            assert_eq!(postcard::from_bytes::<Event>(&stored).unwrap(), event);
        }
    }

    #[test]
    fn what_was_refused_is_remembered_with_its_reasons() {
        let reason = dadns_backends::Unsupported {
            record: "www TYPE999".into(),
            reason: "unknown type".into(),
            fatal: true,
        };
        let event = Event {
            at: Timestamp::UNIX_EPOCH,
            revision: 1,
            removed: false,
            result: ZoneResult::Refused(vec![reason]),
        };
        let stored = postcard::to_stdvec(&event).unwrap();
        let read: Event = postcard::from_bytes(&stored).unwrap();
        let cause = "refused: www TYPE999: unknown type";
        assert_eq!(read.result, ZoneResult::Failed(cause.into()));
    }
}
