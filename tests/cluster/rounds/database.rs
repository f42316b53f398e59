//! A database that all nodes reach: it ends up like them, and one node writes at a time.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use crate::client::head;
use crate::support::have;
use crate::support::mariadb::{Mariadb, USER};
use crate::world::NAMES;

/// How long it may be behind: a node that died has its turn until its lease is over.
const BEHIND: Duration = Duration::from_secs(40);

/// Each node has a user of its own there, so that the database can tell who writes.
pub struct Database(Mariadb);

impl Database {
    /// One with no rows; `None`: there is no MariaDB here.
    pub fn start() -> Option<Self> {
        let programs = ["mariadbd", "mariadb-install-db", "mariadb"];
        if !have(&programs, "the shared database of the rounds") {
            return None;
        }
        let database = Mariadb::start();
        NAMES.iter().for_each(|name| database.add_user(name));
        Some(Self(database))
    }

    /// It as a backend of every node.
    pub fn backend(&self) -> String {
        let keys = "      plugin: dadns\n      shared: true\n";
        let backend = self.0.backend("db", keys);
        backend.replace(&format!("username: {USER}"), "username: NODE")
    }

    /// From now on it notes who writes by which fence.
    pub fn watch(&self) {
        let noted = "INSERT INTO writers (fence, who) SELECT fence, SUBSTRING_INDEX(USER(), '@', 1) FROM dadns_owner";
        self.0.query(&format!(
            "CREATE TABLE writers (id BIGINT AUTO_INCREMENT PRIMARY KEY, fence BIGINT NOT NULL, who TEXT NOT NULL); \
             CREATE TRIGGER inserted AFTER INSERT ON dadns_changes FOR EACH ROW {noted}; \
             CREATE TRIGGER updated AFTER UPDATE ON dadns_changes FOR EACH ROW {noted}"
        ));
    }

    /// Waits until it has these zones as a node has them; then one node has written at a time.
    pub fn is_like(&self, node: SocketAddr, zones: &[String]) -> Result<(), String> {
        let began = Instant::now();
        loop {
            let wanted: BTreeMap<_, _> = zones
                .iter()
                .filter_map(|zone| {
                    let (_, serial, present) = head(node, zone)?;
                    present.then(|| (zone.clone(), serial))
                })
                .collect();
            let there = self.serials();
            if there == wanted {
                return self.had_one_writer_at_a_time();
            }
            if began.elapsed() > BEHIND {
                return Err(format!("the database has {there:?}, not {wanted:?}"));
            }
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    fn serials(&self) -> BTreeMap<String, u32> {
        let rows = self.0.query(
            "SELECT zone_name, data FROM records JOIN zones ON zones.id = zone_id \
             WHERE hostname = '@' AND type = 'SOA'",
        );
        let serial = |data: &str| data.split(' ').nth(2)?.parse().ok();
        rows.iter()
            .filter_map(|row| {
                let zone = row[0].trim_end_matches('.').to_owned();
                Some((zone, serial(&row[1])?))
            })
            .collect()
    }

    fn had_one_writer_at_a_time(&self) -> Result<(), String> {
        let rows = self.0.query("SELECT fence, who FROM writers ORDER BY id");
        let mut writers = BTreeMap::new();
        let mut last = 0;
        for row in &rows {
            let (fence, who) = (row[0].parse::<u64>().unwrap_or_default(), &row[1]);
            if fence < last {
                return Err(format!("{who} wrote by fence {fence} after fence {last}"));
            }
            last = fence;
            let first = *writers.entry(fence).or_insert(who);
            if first != who {
                return Err(format!("{first} and {who} wrote by fence {fence}"));
            }
        }
        match rows.is_empty() {
            true => Err("nobody wrote to the database".to_owned()),
            false => Ok(()),
        }
    }
}
