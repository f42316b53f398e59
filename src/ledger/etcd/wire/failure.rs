//! What became of a request that failed.

use std::error::Error;

use tonic::{Code, ConnectError, Status};

use crate::ledger::{LedgerError, Refused};

/// Why one request failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::ledger::etcd) struct Failure {
    pub kind: Kind,
    /// For an operator, with the next step where there is one.
    pub cause: String,
}

/// No member did what it was asked.
#[derive(Debug, Clone)]
pub(in crate::ledger::etcd) struct Trouble {
    /// Whether one of them may have done it.
    pub unsure: bool,
    pub failure: Failure,
}

impl Trouble {
    pub fn error(self, what: impl Into<String>) -> LedgerError {
        LedgerError::new(what, self.failure.cause)
    }

    /// Why documents were not written.
    pub fn refused(self) -> Refused {
        let (unsure, kind) = (self.unsure, self.failure.kind);
        let is_of_member = self.failure.is_of_member();
        let error = self.error("write to etcd");
        match kind {
            _ if unsure => Refused::Unknown(error),
            _ if is_of_member => Refused::Unavailable(error),
            Kind::Full => Refused::Full(error),
            _ => Refused::Rejected(error),
        }
    }
}

/// What can be done about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::ledger::etcd) enum Kind {
    /// Certainly not carried out: another member may be asked.
    NotSent,
    /// Perhaps carried out: another member may be asked what is now.
    Unsure,
    /// The token is refused: log in again.
    Token,
    /// etcd asks nobody to log in.
    NoLogin,
    /// The revision is compacted.
    Compacted,
    /// The lease is over.
    NoLease,
    /// The answer is larger than we take at once.
    TooMuch,
    /// The database of the members is full.
    Full,
    /// No member would do it.
    Rejected,
}

impl Failure {
    pub fn new(kind: Kind, cause: impl Into<String>) -> Self {
        Self {
            kind,
            cause: cause.into(),
        }
    }

    /// Whether another member may do better.
    pub fn is_of_member(&self) -> bool {
        matches!(self.kind, Kind::NotSent | Kind::Unsure)
    }
}

/// Texts of etcd (`api/v3rpc/rpctypes/error.go`), which are kept for its clients, and what they mean. All of
/// [`Kind::NotSent`] are given before a request is proposed to the members.
const KNOWN: &[(&str, Kind, &str)] = &[
    ("etcdserver: no leader", Kind::NotSent, ""),
    ("etcdserver: too many requests", Kind::NotSent, ""),
    (
        "etcdserver: rpc not supported for learner",
        Kind::NotSent,
        "",
    ),
    ("etcdserver: invalid auth token", Kind::Token, ""),
    ("etcdserver: revision of auth store is old", Kind::Token, ""),
    (
        "etcdserver: user name is empty",
        Kind::Token,
        "set cluster.username and cluster.password",
    ),
    (
        "etcdserver: authentication is not enabled",
        Kind::NoLogin,
        "",
    ),
    (
        "etcdserver: mvcc: required revision has been compacted",
        Kind::Compacted,
        "",
    ),
    // A member that lags: another has it.
    (
        "etcdserver: mvcc: required revision is a future revision",
        Kind::NotSent,
        "",
    ),
    ("etcdserver: requested lease not found", Kind::NoLease, ""),
    (
        "etcdserver: mvcc: database space exceeded",
        Kind::Full,
        "raise --quota-backend-bytes where zones need the room, or compact and defragment its members one by one; then \
         `etcdctl alarm disarm`",
    ),
    (
        "etcdserver: request is too large",
        Kind::Rejected,
        "its --max-request-bytes is below the default of 1.5 MiB: raise it",
    ),
    (
        "etcdserver: authentication failed, invalid user ID or password",
        Kind::Rejected,
        "correct cluster.username or cluster.password",
    ),
    (
        "etcdserver: permission denied",
        Kind::Rejected,
        "grant the user of cluster.username read and write on all keys that begin with cluster.prefix",
    ),
    (
        "etcdserver: corrupt cluster",
        Kind::Rejected,
        "find the member that differs with `etcdctl alarm list` and replace it",
    ),
];

impl From<&Status> for Failure {
    fn from(status: &Status) -> Self {
        let text = status.message();
        let known = KNOWN.iter().find(|(known, ..)| text == *known);
        let (kind, next) = match known {
            Some((_, kind, next)) => (*kind, *next),
            None => (kind(status), ""),
        };
        let cause = match (text, next) {
            ("", _) => status.code().description().to_owned(),
            (text, "") => text.to_owned(),
            (text, next) => format!("{text}; {next}"),
        };
        Self { kind, cause }
    }
}

/// What an error means whose text is not known. In doubt the request may have been carried out.
fn kind(status: &Status) -> Kind {
    if was_not_connected(status) {
        return Kind::NotSent;
    }
    match status.code() {
        Code::OutOfRange if status.message().contains("message length too large") => Kind::TooMuch,
        Code::Unauthenticated => Kind::Token,
        Code::InvalidArgument
        | Code::FailedPrecondition
        | Code::PermissionDenied
        | Code::NotFound
        | Code::OutOfRange
        | Code::Unimplemented => Kind::Rejected,
        _ => Kind::Unsure,
    }
}

fn was_not_connected(status: &Status) -> bool {
    let mut source = status.source();
    while let Some(error) = source {
        if error.is::<ConnectError>() {
            return true;
        }
        source = error.source();
    }
    false
}

/// An error with all that is behind it.
pub(super) fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        let next = error.to_string();
        if !text.contains(&next) {
            text = format!("{text}: {next}");
        }
        source = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind_of(code: Code, text: &str) -> Kind {
        Failure::from(&Status::new(code, text)).kind
    }

    #[test]
    fn a_request_may_have_been_carried_out_unless_the_engine_says_that_it_was_not() {
        assert_eq!(
            kind_of(Code::Unavailable, "etcdserver: no leader"),
            Kind::NotSent
        );
        for text in [
            "etcdserver: request timed out",
            "etcdserver: request timed out, possibly due to previous leader failure",
            "etcdserver: server stopped",
            "connection reset",
        ] {
            assert_eq!(kind_of(Code::Unavailable, text), Kind::Unsure, "{text}");
        }
        assert_eq!(
            kind_of(Code::Unknown, "raft proposal dropped"),
            Kind::Unsure
        );
    }

    #[test]
    fn a_full_engine_says_what_to_do() {
        let full = Status::new(
            Code::ResourceExhausted,
            "etcdserver: mvcc: database space exceeded",
        );
        let failure = Failure::from(&full);
        assert_eq!(failure.kind, Kind::Full);
        assert!(
            failure.cause.contains("etcdctl alarm disarm"),
            "{}",
            failure.cause
        );
    }
}
