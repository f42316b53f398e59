//! Tables whose columns are narrower than ours, and may not be widened.

use super::*;
use crate::coredns_mysql::Settings;

/// The tables as hosts have them, `data` and `ttl` as given.
async fn with_columns(server: &Mariadb, data: &str, ttl: &str) -> CorednsMysql {
    let tables = format!(
        "CREATE TABLE zones (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, \
         zone_name VARCHAR(255) NOT NULL UNIQUE) ENGINE = InnoDB; \
         CREATE TABLE records (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, zone_id INT NOT NULL, \
         hostname VARCHAR(512) NOT NULL, type VARCHAR(10) NOT NULL, data {data}, ttl {ttl}, \
         online INT DEFAULT 0) ENGINE = InnoDB; \
         CREATE TABLE dadns_changes (zone_name VARCHAR(255) NOT NULL PRIMARY KEY, \
         zone_id INT NULL, version BIGINT UNSIGNED NOT NULL, KEY (zone_id), KEY (version)) \
         ENGINE = InnoDB;"
    );
    server.sql(&tables).await;
    let settings = Settings {
        manage_schema: false,
        ..server.settings()
    };
    CorednsMysql::new("db".parse().unwrap(), settings)
}

/// A zone with a TXT record that takes this many characters.
fn long(apex: &str, serial: u32, characters: usize) -> Zone {
    // Strings of 255 octets in quotes, a space before each but the first.
    let whole = format!("\"{}\" ", "x".repeat(255)).repeat(3);
    let rest = "y".repeat(characters - whole.len() - 2);
    zone(apex, serial, &format!("long TXT {whole}\"{rest}\"\n"))
}

/// Puts `bad` among many good zones: all of those are stored, and this is why it was refused.
async fn refused_among_others(backend: &CorednsMysql, bad: &Zone) -> String {
    let good: Vec<_> = (0..40)
        .map(|number| zone(&format!("z{number}.example"), 1, "www A 192.0.2.1\n"))
        .collect();
    let mut batch: Vec<_> = good.iter().map(ZoneChange::Put).collect();
    batch.insert(17, ZoneChange::Put(bad));
    let mut results = backend.apply(&batch).await;
    let result = results.remove(17);
    results.into_iter().for_each(applied);
    for zone in good {
        assert_eq!(backend.read_one(zone.name()).await.unwrap(), Some(zone));
    }
    match result {
        ZoneResult::Refused(reasons) => {
            assert!(reasons.iter().all(|reason| reason.fatal), "{reasons:?}");
            let reasons: Vec<_> = reasons.iter().map(ToString::to_string).collect();
            reasons.join("; ")
        }
        other => panic!("a refused zone was expected: {other:?}"),
    }
}

#[tokio::test]
async fn a_zone_too_long_for_a_narrow_column_is_refused_and_no_other() {
    let Some(server) = Mariadb::start().await else {
        return;
    };
    let backend = with_columns(&server, "VARCHAR(1024)", "INT").await;
    let fits = long("long.example", 1, 1024);
    applied(put(&backend, &fits).await);

    let said = refused_among_others(&backend, &long("long.example", 2, 1025)).await;
    for part in [
        "long TXT in long.example",
        "1025 characters",
        "holds 1024",
        "manage_schema",
    ] {
        assert!(said.contains(part), "{said}");
    }
    let found = backend.read_one(fits.name()).await.unwrap();
    assert_eq!(found, Some(fits), "what was there before is untouched");
    let notes = backend.notes().join("; ");
    assert!(notes.contains("holds 1024 characters"), "{notes}");
}

#[tokio::test]
async fn a_zone_that_only_the_server_knows_not_to_fit_is_refused_and_no_other() {
    let Some(server) = Mariadb::start().await else {
        return;
    };
    let backend = with_columns(&server, "MEDIUMTEXT", "SMALLINT").await;
    let slow = zone("slow.example", 1, "www 86400 A 192.0.2.1\n");
    let said = refused_among_others(&backend, &slow).await;
    assert!(
        said.contains("slow.example") && said.contains("does not take its records"),
        "{said}"
    );
    assert_eq!(backend.read_one(slow.name()).await.unwrap(), None);
    let others = server.column("SELECT zone_name FROM zones").await;
    assert_eq!(others.len(), 40, "not even its name is left: {others:?}");
}
