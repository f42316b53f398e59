//! What went wrong with a statement, sorted by what has to follow.

use std::time::Duration;

use sqlx::mysql::MySqlDatabaseError;

/// Why a statement, or the connection that it needs, failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    pub kind: Kind,
    pub cause: String,
}

/// What has to follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// The connection is gone, and nobody knows how far the server came.
    Lost,
    /// Somebody else was in the way: the same may work at once.
    Again,
    /// A rule between rows was broken: by somebody who was in the way, or by what was to be written.
    Constraint,
    /// The server does not take something of what was to be written.
    Data,
    /// Another node has taken over.
    Overtaken,
    /// The server does not do it, whatever the zones are.
    Server,
}

/// Errors that say that somebody else was in the way: a changed row, a lock, a deadlock.
const AGAIN: [u16; 3] = [1020, 1205, 1213];
/// Errors of keys and foreign keys.
const CONSTRAINT: [u16; 4] = [1062, 1217, 1451, 1452];
/// Errors that say that the server ends the connection.
const LOST: [u16; 6] = [1053, 1077, 1080, 1317, 1927, 3169];
/// Errors that a value brings about: too long, not of the type, not of the character set, against
/// a CHECK; or a statement that is too long for a packet.
const DATA: [u16; 11] = [
    1105, 1153, 1264, 1265, 1292, 1301, 1366, 1406, 3819, 3988, 4025,
];

impl Fault {
    /// Nothing came for this long.
    pub fn silent(waited: Duration) -> Self {
        Self {
            kind: Kind::Lost,
            cause: format!("no answer within {} ms", waited.as_millis()),
        }
    }

    /// The server does not do it.
    pub fn server(cause: impl Into<String>) -> Self {
        Self {
            kind: Kind::Server,
            cause: cause.into(),
        }
    }
}

impl From<sqlx::Error> for Fault {
    fn from(error: sqlx::Error) -> Self {
        let number = match &error {
            sqlx::Error::Database(said) => said
                .try_downcast_ref::<MySqlDatabaseError>()
                .map(MySqlDatabaseError::number),
            _ => None,
        };
        let (kind, cause) = match (number, error) {
            (Some(number), error) => {
                let kind = match number {
                    _ if AGAIN.contains(&number) => Kind::Again,
                    _ if CONSTRAINT.contains(&number) => Kind::Constraint,
                    _ if LOST.contains(&number) => Kind::Lost,
                    _ if DATA.contains(&number) => Kind::Data,
                    _ => Kind::Server,
                };
                let message = error.as_database_error().map(|said| said.message());
                let message = message.unwrap_or_default();
                (kind, format!("it says {message:?} (error {number})"))
            }
            (None, sqlx::Error::Io(error)) => (Kind::Lost, error.to_string()),
            (None, error @ sqlx::Error::Protocol(_)) => (Kind::Lost, error.to_string()),
            // Without TLS, caching_sha2_password and sha256_password need RSA, whose one crate for it has
            // an open advisory (RUSTSEC-2023-0071): so it is not built in.
            (None, error) if error.to_string().contains("RSA") => (
                Kind::Server,
                "this user logs in with a password that has to be encrypted: set tls to preferred or \
                 required, or let the user log in with mysql_native_password"
                    .to_owned(),
            ),
            (None, error) => (Kind::Server, error.to_string()),
        };
        Self { kind, cause }
    }
}
