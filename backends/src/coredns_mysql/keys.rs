//! The keys of a database in the configuration, and the rules between them.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use dadns_keys::{
    Report, Secret, Text, any, boolean, checked, keys, many, millis, one, one_of, optional, secret,
    socket, text, whole,
};

use super::{CorednsMysql, Password, Plugin, Settings, TableName, Tables, Tls};
use crate::{BackendError, BackendId, Configured, Instance, Opened};

keys! {
    /// A MySQL or MariaDB database that CoreDNS servers read. Any number of them, under names such as
    /// coredns_mysql_1. Two names for one database would undo each other's work.
    pub struct Keys("") {
        /// The database server, by name or address.
        host: String = one(text()), "127.0.0.1";
        /// The port of the database server.
        port: u16 = whole(1, 65_535), "3306";
        /// The database that holds the tables.
        database: String = one(text()), "coredns";
        /// The database user. It needs SELECT, INSERT, UPDATE and DELETE on the tables, and for manage_schema CREATE,
        /// ALTER, INDEX and REFERENCES.
        username: String = one(text()), "coredns";
        /// The password of that user.
        password: Secret = secret(), "changeme";
        /// off; preferred: where the server supports it; required: always, with any certificate; verify_ca:
        /// a known CA must have signed the certificate; verify_identity: and it must name this host. MySQL 8
        /// users with caching_sha2_password need TLS, whichever certificate.
        tls: Tls = one_of(&["off", "preferred", "required", "verify_ca", "verify_identity"]), "preferred";
        /// PEM file of the known CAs. Empty: those of the system.
        tls_ca: Option<PathBuf> = optional(any()), "\"\"";
        /// Most connections at once.
        pool_size: usize = whole(1, 100), "4";
        /// How long connecting may take, in milliseconds.
        connect_timeout "connect_timeout_ms": Duration = millis(100, 600_000), "5000";
        /// How long one statement may take, in milliseconds.
        timeout "timeout_ms": Duration = millis(100, 600_000), "30000";
        /// Table of zones, as the CoreDNS servers know it.
        zones_table: TableName = one(checked::<TableName>()), "zones";
        /// Table of records, as the CoreDNS servers know it.
        records_table: TableName = one(checked::<TableName>()), "records";
        /// Table of the change feed, which says which zones are managed by dadns and tells the plugin of
        /// dadns what is new.
        changes_table: TableName = one(checked::<TableName>()), "dadns_changes";
        /// Table of the fence, where several nodes share the database (shared: true): a node that another has taken
        /// over from cannot write any more.
        owner_table: TableName = one(checked::<TableName>()), "dadns_owner";
        /// Whether dadns creates missing tables and indexes, and widens the column data where it cannot
        /// hold every record. false: it only checks them, and the log says what to run.
        manage_schema: bool = boolean(), "true";
        /// The plugin of the CoreDNS servers: mysql_extend, or dadns (docker/coredns). It decides which
        /// records are reported as unsupported, and what an answer verifies.
        plugin: Plugin = one_of(&["mysql_extend", "dadns"]), "mysql_extend";
        /// Where those servers answer DNS, such as `192.0.2.53:53` and `[2001:db8::53]:53`: each is asked
        /// after each batch. Empty: dadns verifies the rows by reading them back, and asks nobody.
        dns_address: Vec<SocketAddr> = many(Text::Read(socket)), "[]";
    }
}

impl Configured for CorednsMysql {
    const NAME: &'static str = "coredns_mysql";
    const PREFIXES: &'static [&'static str] = &["coredns_mysql", "coredns"];
    const ENABLED: bool = false;
    const FENCED: bool = true;
    type Keys = Keys;
    type Settings = Settings;

    fn settings(keys: Keys, _: &str, _: &mut Report) -> Option<Settings> {
        Some(Settings {
            host: keys.host,
            port: keys.port,
            database: keys.database,
            username: keys.username,
            password: Password(keys.password.expose().to_owned()),
            tls: keys.tls,
            tls_ca: keys.tls_ca,
            pool_size: keys.pool_size,
            connect_timeout: keys.connect_timeout,
            timeout: keys.timeout,
            tables: Tables {
                zones: keys.zones_table,
                records: keys.records_table,
                changes: keys.changes_table,
            },
            owner_table: keys.owner_table,
            manage_schema: keys.manage_schema,
            plugin: keys.plugin,
            dns_address: keys.dns_address,
        })
    }

    fn check(all: &[Instance<'_, Settings>], report: &mut Report) {
        let mut taken = BTreeMap::new();
        for database in all {
            let settings = database.settings;
            let same = (
                settings.host.to_ascii_lowercase(),
                settings.port,
                settings.database.as_str(),
                settings.tables.records.as_str(),
            );
            // Two instances over the same tables would undo each other's work for ever.
            if let Some(other) = taken.insert(same, database.path()) {
                let path = database.path();
                let message = format!(
                    "{path} and {other} are the same tables of one database: they would undo each \
                     other's work"
                );
                report.fail(path, message);
            }
            // A CA says nothing where certificates are not checked.
            let checks = matches!(settings.tls, Tls::VerifyCa | Tls::VerifyIdentity);
            if settings.tls_ca.is_some() && !checks {
                let path = database.key("tls_ca");
                let message = format!(
                    "{path} is set, but no certificate is checked: that takes tls: verify_ca or \
                     verify_identity"
                );
                report.warn(&path, message);
            }
        }
    }

    fn open(id: BackendId, settings: Settings) -> Result<Opened, BackendError> {
        Ok(Opened::backend(Self::new(id, settings)))
    }
}
