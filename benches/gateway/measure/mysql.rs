//! Many new zones of 22 records into MariaDB, beside what it takes in transactions of 100 zones.

use std::time::Instant;

use sqlx::mysql::{MySqlConnectOptions, MySqlSslMode};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, MySqlConnection};

use super::Measurement;
use crate::arguments::Run;
use crate::figures::{Row, Sink, Times};
use crate::setup::{MARIADB, Way};
use crate::support::mariadb::{DATABASE, Mariadb, PASSWORD, USER};
use crate::zones::{RECORDS, name};

pub const MYSQL: Measurement = Measurement {
    names: &["mysql"],
    about: "many new zones of 22 rows into MariaDB, from the first push until all rows are verified",
    needs: &["mariadbd", "mariadb-install-db", "mariadb"],
    on_request: false,
    gateway: |run, sink| sink(super::bulk::bulk("mysql", run, Way::Mysql)),
    limits,
};

/// Zones of one transaction.
const BATCH: usize = 100;

fn limits(run: &Run, sink: &mut Sink) {
    let (took, _) = transactions(run.zones, BATCH);
    let row = Row::new("mysql", "MariaDB alone, 100 zones a transaction", run.zones);
    sink(row.with("per s", run.zones as f64 / took));
}

/// One zone in a transaction of its own.
pub fn one_alone(run: &Run) -> Row {
    let (_, times) = transactions(run.samples, 1);
    Row::new("new", "MariaDB alone, one transaction", 0)
        .with("verified p50 ms", times.at(0.5))
        .with("verified p99 ms", times.at(0.99))
}

/// Writes zones with their records; all in all seconds, and each transaction.
fn transactions(zones: usize, batch: usize) -> (f64, Times) {
    let server = Mariadb::start_with(MARIADB);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let options = MySqlConnectOptions::new()
            .host("127.0.0.1")
            .port(server.address.port())
            .username(USER)
            .password(PASSWORD)
            .database(DATABASE)
            .ssl_mode(MySqlSslMode::Disabled);
        let mut connection = options.connect().await.unwrap();
        // The tables of CoreDNS's plugin `mysql_extend`.
        run_sql(&mut connection, "CREATE TABLE zones (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, \
             zone_name VARCHAR(255) NOT NULL UNIQUE) ENGINE = InnoDB").await;
        run_sql(&mut connection, "CREATE TABLE records (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, \
             zone_id INT NOT NULL, hostname VARCHAR(512) NOT NULL, type VARCHAR(10) NOT NULL, data MEDIUMTEXT, \
             ttl INT DEFAULT 120, online INT DEFAULT 0, INDEX lookup (zone_id, hostname, type), \
             FOREIGN KEY (zone_id) REFERENCES zones (id)) ENGINE = InnoDB").await;
        let (began, mut times) = (Instant::now(), Times::default());
        for first in (0..zones).step_by(batch) {
            let numbers = first..zones.min(first + batch);
            let zones = numbers.clone().map(|number| format!("({},'{}')", number + 1, name(number)));
            let zones: Vec<_> = zones.collect();
            let records = numbers.flat_map(|number| (0..RECORDS).map(move |host| (number + 1, host)));
            let records = records.map(|(id, host)| format!("({id},'host{host}','A','{}',14400,1)", "x".repeat(40)));
            let records: Vec<_> = records.collect();
            let sql = [
                format!("INSERT INTO zones (id, zone_name) VALUES {}", zones.join(",")),
                format!("INSERT INTO records (zone_id, hostname, type, data, ttl, online) VALUES {}", records.join(",")),
            ];
            let began = Instant::now();
            let mut transaction = connection.begin().await.unwrap();
            for statement in &sql {
                run_sql(&mut transaction, statement).await;
            }
            transaction.commit().await.unwrap();
            times.0.push(began.elapsed());
        }
        (began.elapsed().as_secs_f64(), times)
    })
}

async fn run_sql(connection: &mut MySqlConnection, sql: &str) {
    let done = sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))
        .execute(connection)
        .await;
    done.unwrap_or_else(|error| panic!("{sql:.200}: {error}"));
}
