//! The stable codes of problems: what a client may compare.

use actix_web::http::StatusCode;

/// What a problem is, for programs. A code never changes its meaning; new ones may come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Code {
    /// The path of the request names nothing.
    NotFound,
    /// The path has other methods.
    MethodNotAllowed,
    /// Wrong or missing credentials.
    NotLoggedIn,
    /// Too many wrong credentials came from this address.
    TooManyFailures,
    /// A client has too many streams of events open.
    TooManyStreams,
    /// The account lacks a right.
    NotAllowed,
    /// There is a token of this name.
    TokenExists,
    /// There is no token of this name.
    UnknownToken,
    /// The request cannot be read.
    InvalidRequest,
    /// The body is larger than is taken.
    BodyTooLarge,
    /// A name cannot be that of a zone.
    InvalidZoneName,
    /// There never was such a zone.
    UnknownZone,
    /// There is no such zone, and a push of it was refused.
    PushRefused,
    /// There is no such backend.
    UnknownBackend,
    /// The zone is removed already, or not present.
    ZoneNotPresent,
    /// The zone belongs to somebody else.
    NotOwner,
    /// A push of the zone is held, and has to be decided on first.
    PushHeld,
    /// No push of the zone is held.
    NothingHeld,
    /// The zone has changed meanwhile.
    ChangedMeanwhile,
    /// The history does not have this revision.
    NoSuchRevision,
    /// The revision is a removal.
    RevisionIsRemoval,
    /// The zone is signed: its serial cannot be raised.
    ZoneIsSigned,
    /// The zone has another revision than the request names.
    RevisionDiffers,
    /// Records cannot be read, or the zone would not be one with them.
    InvalidRecords,
    /// The zone would have more records than are allowed.
    TooManyRecords,
    /// There is a zone of this name.
    ZoneExists,
    /// Other records of the name stand in the way.
    RrsetConflicts,
    /// A master pushed the zone, and the request does not say that it goes all the same.
    ZonePushed,
    /// The Idempotency-Key stands for another request.
    KeyReused,
    /// The engine of the cluster cannot be used now.
    NoQuorum,
    /// Whether the change is made is not known.
    AnswerLost,
    /// The cluster does not take what was asked.
    ClusterRefused,
    /// The disk of the store is full.
    NoRoom,
    /// The store cannot be read or written.
    StoreFailed,
    /// The gateway is stopping.
    Stopping,
}

impl Code {
    /// Every code.
    pub const ALL: [Self; 35] = [
        Self::NotFound,
        Self::MethodNotAllowed,
        Self::NotLoggedIn,
        Self::TooManyFailures,
        Self::TooManyStreams,
        Self::NotAllowed,
        Self::TokenExists,
        Self::UnknownToken,
        Self::InvalidRequest,
        Self::BodyTooLarge,
        Self::InvalidZoneName,
        Self::UnknownZone,
        Self::PushRefused,
        Self::UnknownBackend,
        Self::ZoneNotPresent,
        Self::NotOwner,
        Self::PushHeld,
        Self::NothingHeld,
        Self::ChangedMeanwhile,
        Self::NoSuchRevision,
        Self::RevisionIsRemoval,
        Self::ZoneIsSigned,
        Self::RevisionDiffers,
        Self::InvalidRecords,
        Self::TooManyRecords,
        Self::ZoneExists,
        Self::RrsetConflicts,
        Self::ZonePushed,
        Self::KeyReused,
        Self::NoQuorum,
        Self::AnswerLost,
        Self::ClusterRefused,
        Self::NoRoom,
        Self::StoreFailed,
        Self::Stopping,
    ];

    /// The code as it is sent, and its title.
    const fn texts(self) -> (&'static str, &'static str) {
        match self {
            Self::NotFound => ("not_found", "Not found"),
            Self::MethodNotAllowed => ("method_not_allowed", "Wrong method"),
            Self::NotLoggedIn => ("not_logged_in", "Login failed"),
            Self::TooManyFailures => ("too_many_failures", "Too many failed logins"),
            Self::TooManyStreams => ("too_many_streams", "Too many streams of events"),
            Self::NotAllowed => ("not_allowed", "Not allowed"),
            Self::TokenExists => ("token_exists", "Token exists"),
            Self::UnknownToken => ("unknown_token", "Unknown token"),
            Self::InvalidRequest => ("invalid_request", "Invalid request"),
            Self::BodyTooLarge => ("body_too_large", "Body too large"),
            Self::InvalidZoneName => ("invalid_zone_name", "Invalid zone name"),
            Self::UnknownZone => ("unknown_zone", "Unknown zone"),
            Self::PushRefused => ("push_refused", "Last push refused"),
            Self::UnknownBackend => ("unknown_backend", "Unknown backend"),
            Self::ZoneNotPresent => ("zone_not_present", "Zone not present"),
            Self::NotOwner => ("not_owner", "Not the owner"),
            Self::PushHeld => ("push_held", "Push held"),
            Self::NothingHeld => ("nothing_held", "No push held"),
            Self::ChangedMeanwhile => ("changed_meanwhile", "Zone changed meanwhile"),
            Self::NoSuchRevision => ("no_such_revision", "No such revision"),
            Self::RevisionIsRemoval => ("revision_is_removal", "Revision is a removal"),
            Self::ZoneIsSigned => ("zone_is_signed", "Zone is signed"),
            Self::RevisionDiffers => ("revision_differs", "Other revision"),
            Self::InvalidRecords => ("invalid_records", "Invalid records"),
            Self::TooManyRecords => ("too_many_records", "Too many records"),
            Self::ZoneExists => ("zone_exists", "Zone exists"),
            Self::RrsetConflicts => ("rrset_conflicts", "Records in the way"),
            Self::ZonePushed => ("zone_pushed", "Zone pushed by a master"),
            Self::KeyReused => ("key_reused", "Idempotency key reused"),
            Self::NoQuorum => ("no_quorum", "Engine without a majority"),
            Self::AnswerLost => ("answer_lost", "Answer lost"),
            Self::ClusterRefused => ("cluster_refused", "Refused by the cluster"),
            Self::NoRoom => ("no_room", "No room on disk"),
            Self::StoreFailed => ("store_failed", "Store failed"),
            Self::Stopping => ("stopping", "Gateway stopping"),
        }
    }

    /// As it is sent.
    pub const fn as_str(self) -> &'static str {
        self.texts().0
    }

    /// What it means, in a few words.
    pub const fn title(self) -> &'static str {
        self.texts().1
    }

    /// What to do next, where a problem does not say it better.
    pub const fn hint(self) -> &'static str {
        match self {
            Self::NotFound => "docs/http.md lists the routes",
            Self::MethodNotAllowed => "the header Allow has the methods that it takes",
            Self::NotLoggedIn => {
                "app.auth_username and app.operators name the accounts, dadns token list the tokens"
            }
            Self::TooManyFailures => "the header Retry-After has the seconds to wait",
            Self::TooManyStreams => "close streams that are not read, or share one",
            Self::NotAllowed => {
                "app.operators names the accounts that may; the command line uses the first of them"
            }
            Self::TokenExists => "choose another name, or revoke that token first",
            Self::UnknownToken => "dadns token list lists the tokens",
            Self::InvalidRequest => "docs/http.md shows what each route takes",
            Self::BodyTooLarge => "send a smaller body",
            Self::InvalidZoneName => {
                "write the name as in DNS, an international one as A-labels (xn--…)"
            }
            Self::UnknownZone | Self::ZoneNotPresent => "dadns zones lists the zones",
            Self::PushRefused => "correct the zone at its master and push it again",
            Self::UnknownBackend => "dadns status lists the backends",
            Self::NotOwner => "dadns zones ZONE shows the owner",
            Self::PushHeld => "approve or reject that push first (dadns held)",
            Self::NothingHeld => "dadns held lists the held pushes",
            Self::ChangedMeanwhile => "look at the zone again",
            Self::NoSuchRevision | Self::RevisionIsRemoval => {
                "dadns history ZONE lists the revisions"
            }
            Self::ZoneIsSigned => "have its master sign and push the older content again",
            Self::RevisionDiffers => "read the zone again: its ETag has the revision",
            Self::InvalidRecords => "errors lists all that is wrong",
            Self::TooManyRecords => {
                "remove records first, or have an operator raise app.max_records"
            }
            Self::ZoneExists => "edit it, or choose another name",
            Self::RrsetConflicts => "replace or delete what is there first",
            Self::ZonePushed => "remove it at its master, or ask again with pushed=true",
            Self::KeyReused => "send a new Idempotency-Key with a new request",
            Self::NoQuorum => "dadns cluster status shows the members of the engine",
            Self::AnswerLost => "look at the zone, and ask again if the change is not there",
            Self::ClusterRefused => "dadns cluster status shows how this node stands to the others",
            Self::NoRoom => "free space on the disk of queue_location",
            Self::StoreFailed => "the log of the gateway has the cause",
            Self::Stopping => "ask again when it has started again",
        }
    }

    /// The status that goes with it.
    pub const fn status(self) -> StatusCode {
        match self {
            Self::InvalidRequest | Self::InvalidZoneName => StatusCode::BAD_REQUEST,
            Self::NotLoggedIn => StatusCode::UNAUTHORIZED,
            Self::NotAllowed => StatusCode::FORBIDDEN,
            Self::NotFound
            | Self::UnknownZone
            | Self::PushRefused
            | Self::UnknownBackend
            | Self::UnknownToken => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::ZoneNotPresent
            | Self::TokenExists
            | Self::NotOwner
            | Self::PushHeld
            | Self::NothingHeld
            | Self::ChangedMeanwhile
            | Self::NoSuchRevision
            | Self::RevisionIsRemoval
            | Self::ZoneExists
            | Self::RrsetConflicts
            | Self::ZonePushed
            | Self::ClusterRefused => StatusCode::CONFLICT,
            Self::RevisionDiffers => StatusCode::PRECONDITION_FAILED,
            Self::InvalidRecords | Self::TooManyRecords | Self::KeyReused | Self::ZoneIsSigned => {
                StatusCode::UNPROCESSABLE_ENTITY
            }
            Self::BodyTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooManyFailures | Self::TooManyStreams => StatusCode::TOO_MANY_REQUESTS,
            Self::StoreFailed => StatusCode::INTERNAL_SERVER_ERROR,
            Self::NoRoom | Self::NoQuorum | Self::AnswerLost | Self::Stopping => {
                StatusCode::SERVICE_UNAVAILABLE
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn codes_are_distinct_words_that_programs_can_compare() {
        let codes: BTreeSet<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(codes.len(), Code::ALL.len());
        for code in Code::ALL {
            let plain = |octet| matches!(octet, b'a'..=b'z' | b'_');
            assert!(code.as_str().bytes().all(plain), "{code:?}");
            assert!(code.status().is_client_error() || code.status().is_server_error());
        }
    }
}
