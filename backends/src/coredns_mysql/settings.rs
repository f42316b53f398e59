//! What an operator can set of one database, and how the texts of it read.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use sqlx::ConnectOptions;
use sqlx::mysql::{MySqlConnectOptions, MySqlSslMode};

/// Where one database is, and what the CoreDNS servers that read it can do.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Name or address of the database server. A name is looked up on every connect.
    pub host: String,
    /// Its TCP port.
    pub port: u16,
    /// The database that holds the tables.
    pub database: String,
    /// Who logs in.
    pub username: String,
    /// With what.
    pub password: Password,
    /// Whether and how far the connection is encrypted.
    pub tls: Tls,
    /// A file of CA certificates (PEM) that the server's has to be signed by; `None`: those of the
    /// system.
    pub tls_ca: Option<PathBuf>,
    /// Most connections at once.
    pub pool_size: usize,
    /// How long connecting may take, with TLS and login.
    pub connect_timeout: Duration,
    /// How long one statement may take.
    pub timeout: Duration,
    /// The tables.
    pub tables: Tables,
    /// The table of the fence, where several nodes share the database.
    pub owner_table: TableName,
    /// Whether missing tables and indexes are created and columns widened; otherwise they are only
    /// checked.
    pub manage_schema: bool,
    /// What reads the database.
    pub plugin: Plugin,
    /// Where those that read it answer DNS, to verify what they serve. Empty: the rows alone are verified.
    pub dns_address: Vec<SocketAddr>,
}

/// A password that no output shows.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(pub String);

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// The names of the tables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tables {
    /// One row for each zone.
    pub zones: TableName,
    /// One row for each record.
    pub records: TableName,
    /// The change feed: one row for each zone that was ever put here by us.
    pub changes: TableName,
}

/// The name of a table: letters, digits, `_` and `$`, 64 at most; so it can stand in SQL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableName(String);

/// Most characters of a table's name in MySQL.
const MAX_TABLE_NAME: usize = 64;

impl FromStr for TableName {
    type Err = SettingError;

    fn from_str(text: &str) -> Result<Self, SettingError> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$');
        match (1..=MAX_TABLE_NAME).contains(&text.len()) && text.bytes().all(plain) {
            true => Ok(Self(text.to_owned())),
            false => Err(SettingError(
                "the name of a table: letters, digits, _ and $, at most 64",
            )),
        }
    }
}

impl TableName {
    /// The bare name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TableName {
    /// As SQL has it, quoted.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`", self.0)
    }
}

/// Whether and how far a connection is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tls {
    /// Never.
    Off,
    /// Where the server can. Whoever sits between can prevent it.
    Preferred,
    /// Always, whatever the server's certificate is.
    Required,
    /// Always, and the certificate has to be signed by a known CA.
    VerifyCa,
    /// As `VerifyCa`, and it has to be of the host that was asked for.
    VerifyIdentity,
}

impl FromStr for Tls {
    type Err = SettingError;

    fn from_str(text: &str) -> Result<Self, SettingError> {
        match text {
            "off" => Ok(Self::Off),
            "preferred" => Ok(Self::Preferred),
            "required" => Ok(Self::Required),
            "verify_ca" => Ok(Self::VerifyCa),
            "verify_identity" => Ok(Self::VerifyIdentity),
            _ => Err(SettingError(
                "off, preferred, required, verify_ca or verify_identity",
            )),
        }
    }
}

/// The CoreDNS plugin that reads the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plugin {
    /// `mysql_extend`, which hosts run today: it looks up rows for each question.
    MysqlExtend,
    /// Ours, `docker/coredns`: it follows the change feed and answers from memory.
    Dadns,
}

impl FromStr for Plugin {
    type Err = SettingError;

    fn from_str(text: &str) -> Result<Self, SettingError> {
        match text {
            "mysql_extend" => Ok(Self::MysqlExtend),
            "dadns" => Ok(Self::Dadns),
            _ => Err(SettingError("mysql_extend or dadns")),
        }
    }
}

impl fmt::Display for Plugin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::MysqlExtend => "mysql_extend",
            Self::Dadns => "dadns",
        })
    }
}

/// A text that does not read; the message says what was expected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SettingError(&'static str);

impl Settings {
    /// How sqlx connects with these.
    pub(super) fn connect_options(&self) -> MySqlConnectOptions {
        let mut options = MySqlConnectOptions::new()
            .host(&self.host)
            .port(self.port)
            .username(&self.username)
            .password(&self.password.0)
            .database(&self.database)
            .ssl_mode(match self.tls {
                Tls::Off => MySqlSslMode::Disabled,
                Tls::Preferred => MySqlSslMode::Preferred,
                Tls::Required => MySqlSslMode::Required,
                Tls::VerifyCa => MySqlSslMode::VerifyCa,
                Tls::VerifyIdentity => MySqlSslMode::VerifyIdentity,
            })
            .disable_statement_logging();
        if let Some(ca) = &self.tls_ca {
            options = options.ssl_ca(ca);
        }
        options
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_tables_that_could_leave_their_quotes_are_refused() {
        for good in ["zones", "dadns_changes", "Zones$1"] {
            assert_eq!(
                good.parse::<TableName>().map(|name| name.to_string()),
                Ok(format!("`{good}`"))
            );
        }
        for bad in [
            "",
            "a b",
            "a`b",
            "a.b",
            "zones;--",
            "zönes",
            &"x".repeat(65),
        ] {
            assert!(bad.parse::<TableName>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_password_is_never_shown() {
        assert_eq!(format!("{:?}", Password("geheim".into())), "***");
    }
}
